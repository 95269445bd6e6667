// Keeps "now and next" true. The server wrote it; here only the minutes are counted on, and the server is asked again
// when something starts or ends. Time is the server's: a device's clock may be wrong by minutes, or by a day.

const EVERY = 15000; // between looks at the clock, in milliseconds
const AT_LEAST_EVERY = 5 * 60000; // the server is asked anew, should the programme have changed

const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
let block = document.querySelector("[data-now]");
let ahead = block ? Date.parse(block.dataset.at) - Date.now() : 0; // of the server's clock before this one
let asked = Date.now();
let asking = false;

/** As the server writes it: minutes up to two hours, hours up to two days, rounded down. */
function left(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 60) return words.format(1, "minute");
  if (seconds < 7200) return words.format(Math.floor(seconds / 60), "minute");
  if (seconds < 172800) return words.format(Math.floor(seconds / 3600), "hour");
  return words.format(Math.floor(seconds / 86400), "day");
}

function tick() {
  const now = Date.now() + ahead;
  const into = block.querySelector("[data-in]");
  if (into && block.dataset.next) {
    const text = left(Date.parse(block.dataset.next) - now);
    if (into.textContent !== text) into.textContent = text;
  }
  const change = Date.parse(block.dataset.change);
  if ((change && now >= change) || Date.now() - asked > AT_LEAST_EVERY) refresh();
}

async function refresh() {
  if (asking || document.hidden) return;
  asking = true;
  asked = Date.now();
  try {
    const answer = await fetch(block.dataset.now, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const told = Date.parse(answer.headers.get("date"));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-now]");
    if (!fresh) return;
    ahead = (told || Date.parse(fresh.dataset.at)) - Date.now();
    if (fresh.dataset.change !== block.dataset.change || fresh.dataset.next !== block.dataset.next) {
      const held = block.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      block.replaceWith(document.adoptNode(fresh));
      block = fresh;
      if (held) [...block.querySelectorAll("a")].find((link) => link.getAttribute("href") === held)?.focus();
    }
  } catch {
    // Offline: the next look tries again.
  } finally {
    asking = false;
  }
}

if (block) {
  refresh(); // the page may have waited in a cache; only an answer of this moment knows the time
  setInterval(tick, EVERY);
  document.addEventListener("visibilitychange", () => document.hidden || tick());
}
