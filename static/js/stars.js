// Stars kept in this browser. The page is the same for everyone and says nothing of them: this script shows them.
// Without it each star is a link to a small page with a button.
//
// The cookie `stars` holds codes of slots joined by dots. "me" among them means that somebody has signed in here: then
// their agenda counts as well, and the server is asked for it.

const MOST = 200;
const A_YEAR = 31536000;
const SIGNED_IN = "me";

let theirs = null; // of someone signed in: {codes: Set, seats: Set, token, news} as the server told it
let asking = null;

export const hasSignedIn = () => kept().includes(SIGNED_IN);

function kept() {
  const found = document.cookie.split("; ").find((pair) => pair.startsWith("stars="));
  return found ? found.slice(6).split(".").filter(Boolean) : [];
}

function keep(codes, home) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  const life = codes.length ? A_YEAR : 0;
  document.cookie = `stars=${codes.join(".")}; path=${home}; max-age=${life}; samesite=lax${secure}`;
}

/** What the server knows of whoever is signed in; null for nobody. Asked once for each page. */
export function ask(home) {
  asking ??= fetch(`${home}/programme/stars.json?lang=${document.documentElement.lang}`, { headers: { accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : null))
    .then((told) => {
      if (told?.signed_in) theirs = { codes: new Set(told.stars), seats: new Set(told.seats), token: told.token, news: told.news };
      return theirs;
    })
    .catch(() => {}); // offline: what this browser knows must do
  return asking;
}

function all() {
  const codes = new Set(kept().filter((code) => code !== SIGNED_IN));
  for (const code of theirs?.codes ?? []) codes.add(code);
  return codes;
}

function show() {
  const starred = all();
  for (const star of document.querySelectorAll("button[data-star]")) {
    star.setAttribute("aria-pressed", String(starred.has(star.dataset.star)));
  }
  for (const count of document.querySelectorAll("[data-star-count]")) {
    const number = new Intl.NumberFormat(document.documentElement.lang).format(starred.size);
    count.textContent = starred.size ? ` (${number})` : "";
  }
}

async function toggle(home, words, star) {
  const code = star.dataset.star;
  const starring = star.getAttribute("aria-pressed") !== "true";
  if (theirs) {
    const answer = await fetch(`${home}/programme/star/${code}`, {
      method: "POST",
      headers: { accept: "application/json", "x-csrftoken": theirs.token },
      body: new URLSearchParams({ starred: starring ? "yes" : "no" }),
    }).catch(() => null);
    const told = answer && (await answer.json().catch(() => null));
    if (!answer?.ok) {
      words.textContent = told?.message ?? told?.detail ?? words.dataset.failed;
      return;
    }
    theirs.codes = new Set(told.stars);
  } else {
    const others = kept().filter((other) => other !== code);
    keep(starring ? [...others, code].slice(-MOST) : others, home);
  }
  show();
  words.textContent = starring ? words.dataset.starred : words.dataset.unstarred;
}

/** Make the stars on the page buttons, and show which are on. */
export function followStars() {
  const words = document.querySelector("[data-stars]");
  if (!words || !navigator.cookieEnabled) return;
  const home = words.dataset.stars;
  for (const link of document.querySelectorAll("a[data-star]")) {
    const star = document.createElement("button");
    star.type = "button";
    star.className = link.className;
    star.dataset.star = link.dataset.star;
    star.setAttribute("aria-label", link.getAttribute("aria-label"));
    star.append(...link.childNodes);
    star.addEventListener("click", () => toggle(home, words, star));
    link.replaceWith(star);
  }
  show();
  if (hasSignedIn() && !theirs) ask(home).then(show);
}

// Back from another page, or changed in another tab.
addEventListener("pageshow", (event) => event.persisted && show());
document.addEventListener("visibilitychange", () => document.hidden || show());
