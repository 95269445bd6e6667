// The editor by mouse, pen or finger: dragging, stretching, and clicks alone.

import { FINE, STEP } from "./editor-hand.js";

const THRESHOLD = 4; // pixels before a press becomes a drag
const EDGE = 44; // pixels from the grid's edge where it scrolls along

export function followPointer(root, board, hand) {
  const { words } = board;

  root.addEventListener("pointerdown", (event) => {
    const card = event.target.closest("[data-slot]");
    if (hand.held?.by === "click" || !card || event.button !== 0 || event.target.closest("a, button, input")) return;
    const grip = event.target.closest("[data-grip], [data-edge]");
    if (event.pointerType !== "mouse" && !grip) return; // a finger on the card scrolls; on its grip it drags
    const box = card.getBoundingClientRect();
    const resizes = Boolean(event.target.closest("[data-edge]")) && Boolean(card.dataset.start);
    hand.press = { card, x: event.clientX, y: event.clientY, offset: event.clientY - box.top, id: event.pointerId, resizes };
    if (grip) event.preventDefault();
  });

  window.addEventListener("pointermove", (event) => {
    if (hand.press && !hand.held && event.pointerId === hand.press.id) {
      if (Math.hypot(event.clientX - hand.press.x, event.clientY - hand.press.y) < THRESHOLD) return;
      // In the list a card is as high as its text: on the grid its top follows the pointer.
      const offset = hand.press.card.dataset.start ? hand.press.offset : 0;
      hand.pickUp(hand.press.card, "pointer", { offset, resizes: hand.press.resizes });
      if (!hand.held) {
        hand.press = null;
        setTimeout(hand.freed);
        return;
      }
      hand.chip.textContent = hand.held.title;
      if (!hand.held.resizes) document.body.append(hand.chip);
      requestAnimationFrame(scrollAlong);
    }
    if (hand.held?.by === "pointer" || hand.held?.by === "click") {
      hand.held.x = event.clientX;
      hand.held.y = event.clientY;
      hand.held.step = event.shiftKey ? FINE : STEP;
      follow();
    }
  });

  function follow() {
    if (hand.held.resizes) {
      const end = board.minuteAt(hand.held.y, hand.held.step);
      hand.held.length = Math.max(hand.held.step, Math.round((end - hand.held.minute) / hand.held.step) * hand.held.step);
      board.stretch(hand.held.card, hand.held.minute, hand.held.length);
      hand.show();
      return;
    }
    hand.chip.style.transform = `translate(${hand.held.x + 12}px, ${hand.held.y + 12}px)`;
    hand.held.over = board.targetAt(hand.held.x, hand.held.y);
    if (hand.held.over === "tray") hand.held.room = null;
    else if (hand.held.over) {
      hand.held.room = hand.held.over;
      hand.held.minute = board.minuteAt(hand.held.y - hand.held.offset, hand.held.step, hand.held.length);
    } else {
      hand.held.room = hand.held.from.room;
      hand.held.minute = hand.held.from.minute;
    }
    hand.chip.hidden = hand.held.room !== null;
    hand.show();
  }

  function scrollAlong() {
    if (hand.held?.by !== "pointer") return;
    const box = board.grid.getBoundingClientRect();
    const near = (value, low, high) => (value < low + EDGE ? -1 : value > high - EDGE ? 1 : 0);
    const inside = hand.held.x > box.left && hand.held.x < box.right && hand.held.y > box.top - EDGE && hand.held.y < box.bottom + EDGE;
    if (inside) {
      const [dx, dy] = [near(hand.held.x, box.left, box.right), near(hand.held.y, box.top, box.bottom)];
      if (dx || dy) {
        board.grid.scrollBy({ left: dx * 10, top: dy * 10, behavior: "instant" });
        follow();
      }
    }
    requestAnimationFrame(scrollAlong);
  }

  window.addEventListener("pointerup", (event) => {
    if (!hand.press || event.pointerId !== hand.press.id) return;
    hand.press = null;
    if (hand.held?.by !== "pointer") {
      setTimeout(hand.freed);
      return;
    }
    swallowClick();
    if (hand.held.resizes || hand.held.over) hand.drop();
    else hand.putBack(words.cancelled);
  });

  window.addEventListener("pointercancel", () => {
    hand.press = null;
    if (hand.held?.by === "pointer") hand.putBack(words.cancelled);
    else setTimeout(hand.freed);
  });

  /** The click that ends a drag means nothing more. */
  function swallowClick() {
    const swallow = (event) => {
      event.stopPropagation();
      event.preventDefault();
    };
    window.addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => window.removeEventListener("click", swallow, { capture: true }), 0);
  }

  // Clicks alone: a click on the title picks up, a click on a place puts down.
  root.addEventListener("click", (event) => {
    if (hand.held?.by === "click") {
      hand.held.x = event.clientX;
      hand.held.y = event.clientY;
      hand.held.step ??= STEP;
      if (event.target.closest("a, button")) return;
      const isItself = event.target.closest("[data-slot]") === hand.held.card;
      if (isItself || !board.targetAt(hand.held.x, hand.held.y)) {
        hand.putBack(words.cancelled);
        return;
      }
      follow();
      hand.drop();
      return;
    }
    const pick = event.target.closest("[data-pick]");
    if (pick && !hand.held) hand.pickUp(pick.closest("[data-slot]"), "click");
  });
}
