// The public programme's scripts. Everything on the page works without them.
import "./now.js";
import "./news.js";
import { followStars } from "./stars.js";

followStars();
// What htmx puts in place of the list has plain links for stars again.
document.body.addEventListener("htmx:afterSwap", followStars);

// htmx weighs more than the rest of the page: it is fetched when somebody turns to the search or the filters.
const form = document.querySelector("[data-htmx]");
const TURNED_TO = ["focusin", "pointerenter", "input"];

function asked() {
  return new URLSearchParams(new FormData(form)).toString();
}

const shown = form && asked();

function fetchHtmx() {
  for (const event of TURNED_TO) form.removeEventListener(event, fetchHtmx);
  const script = document.createElement("script");
  script.src = form.dataset.htmx;
  script.addEventListener("load", () => {
    // What was typed or chosen while it was on its way.
    setTimeout(() => asked() !== shown && window.htmx.trigger(form, "change"), 0);
  });
  document.head.append(script);
}

for (const event of TURNED_TO) form?.addEventListener(event, fetchHtmx);
