// The editor by keyboard: picking up, moving, stretching, putting down, selecting, going from card to card, undoing.

import { FINE } from "./editor-hand.js";

export function listenToKeys(root, board, hand, focus, saving, view) {
  const { words } = board;

  root.addEventListener("keydown", (event) => {
    const pick = event.target.closest("[data-pick]");
    if (event.metaKey || event.ctrlKey || event.target.closest("[role=menu], dialog, input, select, textarea")) return;
    if (hand.held) {
      if (keyWhileHeld(event)) event.preventDefault();
      return;
    }
    if (!pick || event.altKey) return;
    if (keyOnCard(event, pick.closest("[data-slot]"))) event.preventDefault();
  });

  function keyWhileHeld({ key, shiftKey, altKey }) {
    const step = shiftKey ? FINE : hand.step;
    const sideways = document.dir === "rtl" ? -1 : 1;
    const moves = {
      ArrowUp: () => shift(-step),
      ArrowDown: () => shift(step),
      PageUp: () => shift(-60),
      PageDown: () => shift(60),
      ArrowLeft: () => toRoom(-sideways),
      ArrowRight: () => toRoom(sideways),
      "+": () => lengthen(hand.step),
      "=": () => lengthen(hand.step),
      "-": () => lengthen(-hand.step),
    };
    if (altKey) {
      const days = { ArrowLeft: -sideways, ArrowRight: sideways, PageUp: -1, PageDown: 1 }[key];
      if (days) toDay(days);
      return Boolean(days);
    }
    if (moves[key]) {
      if (!hand.held.room) hand.firstPlace();
      else moves[key]();
      shown();
      return true;
    }
    if (key === "Enter" || key === " ") hand.drop();
    else if (key === "u" || key === "U" || key === "Delete") hand.takeOff(hand.held.card);
    else return false;
    return true;
  }

  function shown() {
    hand.held.by = "keys";
    hand.show();
    hand.intoView();
    hand.say(hand.placeWords(), board.clashes(hand.held, hand.held.others).length ? "clash" : "");
  }

  function shift(minutes) {
    // From any minute to the next full step.
    const { held } = hand;
    const size = Math.abs(minutes);
    const next = minutes > 0 ? Math.floor(held.minute / size) * size + size : Math.ceil(held.minute / size) * size - size;
    held.minute = board.within(size === 60 ? held.minute + minutes : next, held.length, held.day);
  }

  function toRoom(by) {
    const rooms = board.rooms.filter(({ code }) => board.isShown(code));
    const at = rooms.findIndex(({ code }) => code === hand.held.room);
    hand.held.room = rooms[Math.max(0, Math.min(rooms.length - 1, at + by))].code;
  }

  async function toDay(by) {
    if (!hand.held.room) hand.firstPlace();
    const days = view.days();
    const next = days[days.indexOf(hand.held.day) + by];
    if (!next) return;
    if (!board.band(next) && !(await view.openDay(next))) return;
    if (!hand.held) return;
    hand.held.day = next;
    hand.held.minute = board.within(hand.held.minute, hand.held.length, next);
    shown();
  }

  function lengthen(by) {
    const size = Math.abs(by);
    const { length } = hand.held;
    const next = by > 0 ? Math.floor(length / size) * size + size : Math.ceil(length / size) * size - size;
    hand.held.length = Math.max(FINE, Math.min(24 * 60, next));
  }

  function keyOnCard({ key, shiftKey }, card) {
    const isLooking = view.isReadOnly;
    if (shiftKey && (key === "ArrowDown" || key === "ArrowUp") && !isLooking) {
      view.selection.add(card);
      const next = key === "ArrowDown" ? card.nextElementSibling : card.previousElementSibling;
      if (next?.dataset.slot) {
        view.selection.add(next);
        next.querySelector("[data-pick]").focus();
      }
      view.selection.tell();
      return true;
    }
    if (key.startsWith("Arrow")) neighbour(card, key);
    else if (key === "Enter" || key === " " || key === "o" || key === "O") {
      if (isLooking || key === "o" || key === "O") view.openSession(card);
      else if (hand.asking) hand.asking(card);
      else if (view.isSelecting && key === " ") view.select(card);
      else hand.pickUp(card, "keys");
    } else if (isLooking) return false;
    else if (key === "u" || key === "U" || key === "Delete") hand.takeOff(card);
    else if (key === "m" || key === "M") view.openForm(card);
    else if (key === "x" || key === "X") view.select(card);
    else if (key === "." || key === "ContextMenu") view.menu.open(card);
    else return false;
    return true;
  }

  function neighbour(card, key) {
    const forward = key === "ArrowDown" || key === "ArrowRight";
    if (key === "ArrowUp" || key === "ArrowDown" || !card.dataset.start) {
      const next = forward ? card.nextElementSibling : card.previousElementSibling;
      if (next?.dataset.slot) next.querySelector("[data-pick]").focus();
      else if (card.dataset.start) otherDay(card, forward ? 1 : -1);
      return;
    }
    const by = (forward ? 1 : -1) * (document.dir === "rtl" ? -1 : 1);
    const { minute, day } = board.facts(card);
    const { columns } = board.band(day) ?? board.bands[0];
    for (let at = columns.findIndex(({ list }) => list === card.parentElement) + by; columns[at]; at += by) {
      if (columns[at].element.hidden) continue;
      const others = [...columns[at].list.querySelectorAll("[data-slot]")];
      if (!others.length) continue;
      const apart = (other) => Math.abs(board.facts(other).minute - minute);
      others.reduce((best, other) => (apart(other) < apart(best) ? other : best)).querySelector("[data-pick]").focus();
      return;
    }
  }

  /** From the last card of a room's day to the first of the next day that has any, where all days are shown. */
  function otherDay(card, by) {
    const { room, day } = board.facts(card);
    for (let at = board.bands.findIndex((band) => band.day === day) + by; board.bands[at]; at += by) {
      const cards = board.list(room, board.bands[at].day).querySelectorAll("[data-slot]");
      if (!cards.length) continue;
      cards[by > 0 ? 0 : cards.length - 1].querySelector("[data-pick]").focus();
      return;
    }
  }

  window.addEventListener("keydown", (event) => {
    if (event.target.closest?.("input, textarea, select, dialog, [role=menu]")) return;
    const isCommand = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (event.key === "Escape") escape(event);
    else if (view.isReadOnly) return;
    else if (isCommand && key === "z") {
      event.preventDefault();
      saving.turn(event.shiftKey ? "redo" : "undo");
    } else if (isCommand && key === "y") {
      event.preventDefault();
      saving.turn("redo");
    } else if (event.key === "?" && !isCommand) {
      event.preventDefault();
      view.help();
    }
  });

  function escape(event) {
    if (hand.held) {
      event.preventDefault();
      const { card } = hand.held;
      hand.putBack(words.cancelled);
      focus.keepFocus(card.isConnected ? card : null);
    } else if (hand.asking) {
      event.preventDefault();
      hand.asking(null);
    } else if (view.selection?.codes.size) {
      view.selection.clear();
      hand.say(words.selected_none);
    }
  }
}
