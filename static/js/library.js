// The library's script: what is found follows the typing and the filters.
import { followTyping } from "./live-form.js";

followTyping(document.getElementById("library"), document.getElementById("facets"));
