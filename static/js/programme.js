// The public programme's scripts. Everything on the page works without them.
import "./now.js";
import { followStars } from "./stars.js";

followStars();
// What htmx puts in place of the list has plain links for stars again.
document.body.addEventListener("htmx:afterSwap", followStars);

// htmx weighs more than the rest of the page: it is fetched when somebody turns to the search or the filters.
const form = document.querySelector("[data-htmx]");

function fetchHtmx() {
  form.removeEventListener("focusin", fetchHtmx);
  form.removeEventListener("pointerenter", fetchHtmx);
  const search = form.querySelector("input[type=search]");
  const before = search.value;
  const script = document.createElement("script");
  script.src = form.dataset.htmx;
  script.addEventListener("load", () => {
    // What was typed while it was on its way.
    if (search.value !== before) setTimeout(() => window.htmx.trigger(form, "change"), 0);
  });
  document.head.append(script);
}

form?.addEventListener("focusin", fetchHtmx);
form?.addEventListener("pointerenter", fetchHtmx);
