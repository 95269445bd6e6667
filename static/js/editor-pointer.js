// The editor by mouse, pen or finger: dragging across rooms and days, stretching at both edges, and clicks alone.

import { FINE } from "./editor-hand.js";

const THRESHOLD = 4; // pixels before a press becomes a drag
const EDGE = 44; // pixels from the grid's edge where it scrolls along
const DWELL = 600; // milliseconds over a day before it opens

export function followPointer(root, board, hand, view) {
  const { words } = board;
  let frame = 0;
  let dwelling = null; // {day, timer}

  root.addEventListener("pointerdown", (event) => {
    const card = event.target.closest("[data-slot]");
    if (hand.held?.by === "click" || hand.asking || !card || event.button !== 0 || event.target.closest("a, button, input")) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || view.isSelecting) return; // that selects
    const edge = event.target.closest("[data-edge]");
    const grip = edge ?? event.target.closest("[data-grip]");
    if (event.pointerType !== "mouse" && !grip) return; // a finger on the card scrolls; on its grip it drags
    const box = card.getBoundingClientRect();
    const resizes = edge && card.dataset.start ? edge.dataset.edge || "end" : "";
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
      const { group, title } = hand.held;
      hand.chip.textContent = group.length ? `${title} +${group.length}` : title;
      if (!hand.held.resizes) document.body.append(hand.chip);
      requestAnimationFrame(scrollAlong);
    }
    if (hand.held?.by === "pointer" || hand.held?.by === "click") {
      hand.held.x = event.clientX;
      hand.held.y = event.clientY;
      hand.held.fine = event.shiftKey;
      // Once a frame is enough, however often the mouse tells where it is.
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        if (hand.held?.by === "pointer" || hand.held?.by === "click") follow();
      });
    }
  });

  function follow() {
    const { held } = hand;
    const step = held.fine ? FINE : hand.step;
    if (held.resizes) {
      stretchTo(held, step);
      board.stretch(held.card, held.minute, held.length);
      hand.show();
      return;
    }
    const over = board.targetAt(held.x, held.y);
    held.over = over;
    if (over?.room) {
      held.room = over.room;
      held.day = over.day;
      held.minute = board.minuteAt(held.y - held.offset, held.day, step, held.length);
    } else if (over?.tray) held.room = null;
    else {
      held.room = held.from.room;
      held.day = held.from.day;
      held.minute = held.from.minute;
    }
    dwell(over);
    hand.chip.hidden = Boolean(over?.room);
    if (!hand.chip.hidden) hand.chip.style.transform = `translate(${held.x + 12}px, ${held.y + 12}px)`;
    hand.show();
  }

  function stretchTo(held, step) {
    const { from } = held;
    const end = from.minute + from.length;
    if (held.resizes === "end") {
      held.length = Math.max(step, Math.round((board.minuteAt(held.y, held.day, step) - held.minute) / step) * step);
      return;
    }
    held.minute = Math.min(board.minuteAt(held.y, held.day, step), end - FINE);
    held.length = end - held.minute;
  }

  /** A card held over the name of a day for a moment opens that day. */
  function dwell(over) {
    const day = over?.tab ? over.day : null;
    if (dwelling?.day === day || (!dwelling && !day)) return;
    clearTimeout(dwelling?.timer);
    for (const tab of root.querySelectorAll(".days--target")) tab.classList.remove("days--target");
    if (!day) {
      dwelling = null;
      return;
    }
    over.tab.classList.add("days--target");
    const timer = setTimeout(() => {
      if (hand.held?.by === "pointer" && hand.held.over?.day === day && day !== board.day) view.openDay(day);
    }, DWELL);
    dwelling = { day, timer };
  }

  function scrollAlong() {
    if (hand.held?.by !== "pointer") return;
    const { box } = board.geometry();
    const { x, y } = hand.held;
    const near = (value, low, high) => (value < low + EDGE ? -1 : value > high - EDGE ? 1 : 0);
    if (x > box.left && x < box.right && y > box.top - EDGE && y < box.bottom + EDGE) {
      const [dx, dy] = [near(x, box.left, box.right), near(y, Math.max(box.top, 0), Math.min(box.bottom, window.innerHeight))];
      if (dx || dy) {
        board.grid.scrollBy({ left: dx * 12, top: dy * 12, behavior: "instant" });
        board.measured = null;
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
    cancelAnimationFrame(frame);
    frame = 0;
    hand.held.x = event.clientX;
    hand.held.y = event.clientY;
    follow();
    finish();
  });

  function finish() {
    const { held } = hand;
    clearTimeout(dwelling?.timer);
    dwelling = null;
    if (held.over?.tab) toDay(held.over.day);
    else if (held.resizes || held.over) hand.drop();
    else hand.putBack(words.cancelled);
  }

  /** Dropped on the name of a day: the same room and time on that day. */
  function toDay(day) {
    const { held } = hand;
    if (day === "all" || !held.from.room) {
      hand.putBack(words.cancelled);
      return;
    }
    held.room = held.from.room;
    held.minute = held.from.minute;
    held.day = day;
    hand.drop();
  }

  window.addEventListener("pointercancel", () => {
    hand.press = null;
    clearTimeout(dwelling?.timer);
    dwelling = null;
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

  // Clicks alone: a click on the title picks up, a click on a place or on a day puts down.
  root.addEventListener("click", (event) => {
    const card = event.target.closest("[data-slot]");
    if (hand.asking) {
      if (event.target.closest("a, button, summary, input, select")) return;
      event.preventDefault();
      hand.asking(card);
      return;
    }
    if (hand.held?.by === "click") {
      const tab = event.target.closest("[data-day-tab]");
      if (tab) return; // opens the day, with the card still in the hand
      if (event.target.closest("a, button, summary, input, select, label")) return;
      hand.held.x = event.clientX;
      hand.held.y = event.clientY;
      if (card === hand.held.card || !board.targetAt(event.clientX, event.clientY)) {
        hand.putBack(words.cancelled);
        return;
      }
      follow();
      finish();
      return;
    }
    if (!card || event.target.closest("a, button, input")) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || view.isSelecting) {
      event.preventDefault();
      view.select(card, event.shiftKey);
    } else if (event.target.closest("[data-pick]") && !hand.held) hand.pickUp(card, "click");
  });
}
