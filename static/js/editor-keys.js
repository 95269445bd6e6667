// The editor by keyboard: picking up, moving, stretching, putting down, going from card to card, undoing.

import { FINE, STEP } from "./editor-hand.js";

export function listenToKeys(root, board, hand, focus, saving) {
  const { words } = board;

  root.addEventListener("keydown", (event) => {
    const pick = event.target.closest("[data-pick]");
    if (!pick || event.altKey || event.metaKey || event.ctrlKey) return;
    const card = pick.closest("[data-slot]");
    const done = hand.held ? keyWhileHeld(event) : keyOnCard(event, card);
    if (done) event.preventDefault();
  });

  function keyWhileHeld({ key, shiftKey }) {
    const step = shiftKey ? FINE : STEP;
    const sideways = document.dir === "rtl" ? -1 : 1;
    const moves = {
      ArrowUp: () => shift(-step),
      ArrowDown: () => shift(step),
      PageUp: () => shift(-60),
      PageDown: () => shift(60),
      ArrowLeft: () => toRoom(-sideways),
      ArrowRight: () => toRoom(sideways),
      "+": () => lengthen(STEP),
      "-": () => lengthen(-STEP),
    };
    if (moves[key]) {
      if (!hand.held.room) toRoom(0);
      moves[key]();
      hand.held.by = "keys";
      hand.show();
      hand.ghost.scrollIntoView({ block: "nearest", inline: "nearest" });
      hand.say(hand.placeWords(), board.clashes(hand.held, hand.held.others).length ? "clash" : "");
      return true;
    }
    if (key === "Enter" || key === " ") hand.drop();
    else if (key === "u" || key === "U") hand.takeOff(hand.held.card);
    else return false;
    return true;
  }

  function shift(minutes) {
    // From any minute to the next full step.
    const size = Math.abs(minutes);
    const next = minutes > 0 ? Math.floor(hand.held.minute / size) * size + size : Math.ceil(hand.held.minute / size) * size - size;
    hand.held.minute = board.within(size === 60 ? hand.held.minute + minutes : next, hand.held.length);
  }

  function toRoom(by) {
    const at = board.columns.findIndex((column) => column.dataset.column === hand.held.room);
    const to = Math.max(0, Math.min(board.columns.length - 1, at + by));
    hand.held.room = board.columns[to].dataset.column;
    hand.held.minute ??= board.freeFrom(Math.max(board.first, 9 * 60), hand.held, hand.held.others);
  }

  function lengthen(by) {
    const next = by > 0 ? Math.floor(hand.held.length / by) * by + by : Math.ceil(hand.held.length / -by) * -by + by;
    hand.held.length = Math.max(FINE, Math.min(24 * 60, next));
  }

  function keyOnCard({ key }, card) {
    if (key === "Enter" || key === " ") hand.pickUp(card, "keys");
    else if (key === "u" || key === "U") hand.takeOff(card);
    else if (key === "m" || key === "M") card.querySelector(".card__move").click();
    else if (key.startsWith("Arrow")) neighbour(card, key);
    else return false;
    return true;
  }

  function neighbour(card, key) {
    const forward = key === "ArrowDown" || key === "ArrowRight";
    if (key === "ArrowUp" || key === "ArrowDown" || !card.dataset.start) {
      const next = forward ? card.nextElementSibling : card.previousElementSibling;
      next?.querySelector("[data-pick]")?.focus();
      return;
    }
    const by = (forward ? 1 : -1) * (document.dir === "rtl" ? -1 : 1);
    let at = board.columns.indexOf(card.closest("[data-column]")) + by;
    const { minute } = board.facts(card);
    for (; board.columns[at]; at += by) {
      const others = [...board.columns[at].querySelectorAll("[data-slot]")];
      if (!others.length) continue;
      const apart = (other) => Math.abs(board.facts(other).minute - minute);
      others.reduce((best, other) => (apart(other) < apart(best) ? other : best)).querySelector("[data-pick]").focus();
      return;
    }
  }

  window.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && hand.held) {
      event.preventDefault();
      const { card } = hand.held;
      hand.putBack(words.cancelled);
      focus.keepFocus(card);
    }
    const typing = event.target.closest?.("input, textarea, select, dialog");
    if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !typing) {
      event.preventDefault();
      saving.undo();
    }
  });
}
