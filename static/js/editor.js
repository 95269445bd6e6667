// The schedule editor in the hand: drag, or pick up by key or click, and put down. The page works without this;
// what is done here goes to the same rules as the plain forms, shows at once, and goes back when the server refuses.

import { offerActions } from "./editor-actions.js";
import { Board } from "./editor-board.js";
import { Focus } from "./editor-focus.js";
import { Hand } from "./editor-hand.js";
import { listenToKeys } from "./editor-keys.js";
import { followOthers } from "./editor-live.js";
import { Nights } from "./editor-night.js";
import { openCards } from "./editor-open.js";
import { followPointer } from "./editor-pointer.js";
import { Saving } from "./editor-saving.js";
import { View } from "./editor-view.js";

const root = document.querySelector("[data-editor]");
if (root?.querySelector("[data-grid]")) start(new Board(root), root.dataset.editor);

function start(board, here) {
  const isReadOnly = "readOnly" in root.dataset;
  const says = root.querySelector("[data-says]");
  const say = (text, tone = "") => {
    says.textContent = text;
    says.dataset.tone = tone;
  };
  const focus = new Focus(root, board, isReadOnly);
  const hand = new Hand(root, board, say);
  const saving = new Saving(root, board, here, hand, focus, say);
  const view = new View(root, board, hand, saving, say);
  view.sessionAddress = (session) => `${here.replace(/\/schedule$/, "")}/sessions/${session}`;
  view.openSession = (card) => location.assign(view.sessionAddress(card.dataset.session));
  const nights = new Nights(root, here);
  const drawn = saving.redrawn;
  saving.redrawn = () => {
    drawn();
    nights.start(); // another day may be shown now
  };
  hand.nights = nights;
  hand.save = (...what) => saving.save(...what);
  hand.together = (...what) => saving.together(...what);
  const showOpen = openCards(root, hand);
  hand.taken = showOpen;
  hand.freed = () => {
    showOpen();
    saving.catchUp();
  };

  if (isReadOnly) root.classList.add("editor--looking");
  else {
    offerActions(root, board, here, hand, saving, view, focus, say);
    for (const which of ["undo", "redo"]) {
      saving.steps.form(which).addEventListener("submit", (event) => {
        event.preventDefault();
        saving.turn(which);
      });
    }
    followPointer(root, board, hand, view);
  }
  listenToKeys(root, board, hand, focus, saving, view);

  for (const card of root.querySelectorAll("[data-slot]")) focus.upgrade(card);
  focus.rove();
  root.classList.add("editor--ready");
  nights.start();
  if (!isReadOnly) say(board.words.ready, "quiet");
  followOthers(root, here, saving, board, say);
}
