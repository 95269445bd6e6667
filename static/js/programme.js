// The public programme's scripts. Everything on the page works without them.
import "./now.js";
import "./news.js";
import { followTyping } from "./live-form.js";
import { followStars } from "./stars.js";

followStars();
// What htmx puts in place of the list has plain links for stars again.
document.body.addEventListener("htmx:afterSwap", followStars);

const form = document.querySelector("[data-htmx]");
if (form) followTyping(form);
