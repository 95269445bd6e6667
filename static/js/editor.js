// The schedule editor in the hand: drag, or pick up by key or click, and put down. The page works without this;
// what is done here goes to the same rules as the plain forms, shows at once, and goes back when the server refuses.

import { Board } from "./editor-board.js";
import { Focus } from "./editor-focus.js";
import { Hand } from "./editor-hand.js";
import { listenToKeys } from "./editor-keys.js";
import { followPointer } from "./editor-pointer.js";
import { Saving } from "./editor-saving.js";

const root = document.querySelector("[data-editor]");
if (root?.querySelector("[data-grid]")) start(new Board(root), root.dataset.editor);

function start(board, here) {
  const says = root.querySelector("[data-says]");
  const say = (text, tone = "") => {
    says.textContent = text;
    says.dataset.tone = tone;
  };
  const focus = new Focus(root, board);
  const hand = new Hand(root, board, say);
  const saving = new Saving(root, board, here, hand, focus, say);
  hand.save = (...what) => saving.save(...what);
  hand.freed = () => saving.catchUp();

  saving.undoForm.addEventListener("submit", (event) => {
    event.preventDefault();
    saving.undo();
  });

  followPointer(root, board, hand);
  listenToKeys(root, board, hand, focus, saving);

  let waiting = 0;
  saving.searchForm.addEventListener("submit", (event) => {
    event.preventDefault();
    saving.refresh();
  });
  saving.searchForm.elements.q.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => saving.refresh(), 250);
  });

  for (const card of root.querySelectorAll("[data-slot]")) focus.upgrade(card);
  focus.rove();
  root.classList.add("editor--ready");
  say(board.words.ready, "quiet");
}
