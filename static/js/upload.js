// Shows how far an upload is, and lets it be stopped. Without this the browser sends the same form by itself.
// Listens on the document: after an answer the page's content is replaced, form and all.

const percent = new Intl.NumberFormat(document.documentElement.lang || "en", { maximumFractionDigits: 0 });
let leaving = null; // asks before the page is left while something is on its way

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("[data-upload]");
  if (form && event.target.type === "file") event.target.setCustomValidity(tooLarge(form, event.target));
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-upload]");
  if (!form || event.defaultPrevented) return;
  event.preventDefault();
  send(form);
});

function tooLarge(form, input) {
  const octets = [...input.files].reduce((sum, file) => sum + file.size, 0);
  return octets > Number(form.dataset.most) ? form.dataset.tooLarge : "";
}

function send(form) {
  const request = new XMLHttpRequest();
  const place = form.querySelector("[data-progress]");
  const bar = place.querySelector("progress");
  const words = place.querySelector("[data-words]");
  const button = form.querySelector("button:not([type=button])");
  const stop = place.querySelector("[data-stop-button]");
  let told = -1;

  const rest = (message) => {
    window.removeEventListener("beforeunload", leaving);
    button.disabled = false;
    stop.hidden = true;
    words.textContent = message;
    bar.hidden = true;
  };

  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    const share = Math.floor((event.loaded / event.total) * 100);
    bar.value = share;
    // Said in steps of ten: a screen reader would otherwise talk without end.
    if (Math.floor(share / 10) !== told) {
      told = Math.floor(share / 10);
      words.textContent = form.dataset.sending.replace("%s", percent.format(share));
    }
  });
  request.upload.addEventListener("load", () => {
    bar.removeAttribute("value");
    words.textContent = form.dataset.keeping;
  });
  request.addEventListener("error", () => rest(form.dataset.broken));
  request.addEventListener("abort", () => rest(""));
  request.addEventListener("load", () => {
    rest("");
    show(request);
  });
  stop.onclick = () => request.abort();

  leaving = (event) => event.preventDefault();
  window.addEventListener("beforeunload", leaving);
  place.hidden = bar.hidden = stop.hidden = false;
  bar.value = 0;
  button.disabled = true;
  request.open("POST", form.action);
  request.send(new FormData(form)); // its fields keep their order: the token comes first
}

// The answer is a whole page, after a redirect or with what is wrong: it takes this page's place. It cannot simply be
// loaded again, for what it says ("2 files are added") is said once.
function show(request) {
  const answer = new DOMParser().parseFromString(request.responseText, "text/html");
  if (!answer.querySelector("main")) {
    location.reload();
    return;
  }
  document.title = answer.title;
  document.body.replaceWith(document.importNode(answer.body, true));
  if (request.status < 400) history.replaceState(null, "", request.responseURL);
  const told = document.querySelector(".summary, .flashes .notice");
  if (told) {
    told.tabIndex = -1;
    told.focus();
    told.scrollIntoView({ block: "center" });
  }
}
