// The schedule editor in the hand: drag, or pick up by key or click, and put down. The page works without this;
// what is done here goes to the same rules as the plain forms, shows at once, and goes back when the server refuses.

import { Board, clock, fill, span } from "./editor-board.js";
import { ask, paragraph, versions } from "./editor-dialog.js";
import { read, send } from "./editor-server.js";

const STEP = 15; // minutes
const FINE = 5;
const THRESHOLD = 4; // pixels before a press becomes a drag
const EDGE = 44; // pixels from the grid's edge where it scrolls along

const root = document.querySelector("[data-editor]");
if (root?.querySelector("[data-grid]")) start(new Board(root), root.dataset.editor);

function start(board, here) {
  const { words } = board;
  const says = root.querySelector("[data-says]");
  const undoForm = root.querySelector("[data-undo]");
  const searchForm = root.querySelector("[data-search]");
  const ghost = makeGhost();
  const chip = document.createElement("div");
  chip.className = "chip";
  let held = null; // the card in the hand
  let press = null; // a press that may become a drag
  let isLost = false;
  let changes = 0; // how many answers were taken in: a state read before the last of them is old
  let readLater = false; // a card was in the hand when a fresh state came

  const say = (text, tone = "") => {
    says.textContent = text;
    says.dataset.tone = tone;
  };

  // --- the card in the hand ---------------------------------------------------------------------------------------

  function pickUp(card, by, more = {}) {
    if (card.classList.contains("card--pending")) {
      say(words.wait);
      return;
    }
    putBack();
    const facts = board.facts(card);
    held = { ...facts, card, by, from: facts, offset: 0, resizes: false, others: board.placed(), ...more };
    card.classList.add("card--held");
    card.querySelector("[data-pick]").setAttribute("aria-pressed", "true");
    root.classList.add("editor--holding");
    board.grid.dataset.by = by;
    if (by === "keys" && !held.room) {
      held.room = board.columns[0].dataset.column;
      held.minute = board.freeFrom(Math.max(board.first, Math.min(9 * 60, board.end - held.length)), held, held.others);
    }
    show();
    if (by === "keys") {
      say(`${fill(words.picked, held)} ${placeWords()}`);
      ghost.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else if (by === "click") say(fill(words.picked, held));
  }

  function letGo() {
    if (!held) return;
    held.card.classList.remove("card--held");
    held.card.querySelector("[data-pick]")?.setAttribute("aria-pressed", "false");
    root.classList.remove("editor--holding");
    board.tray.classList.remove("tray--target");
    ghost.remove();
    chip.remove();
    held = null;
    setTimeout(catchUp);
  }

  function isBusy() {
    return held || press || root.querySelector(".card--pending");
  }

  function catchUp() {
    if (!readLater || isBusy()) return;
    readLater = false;
    refresh();
  }

  function putBack(text = "") {
    if (!held) return;
    const { card, resizes, from } = held;
    if (resizes) board.stretch(card, from.minute, from.length);
    letGo();
    if (text) say(text);
  }

  function show() {
    const list = held.room && board.list(held.room);
    board.tray.classList.toggle("tray--target", held.over === "tray" && held.from.room !== null);
    if (!list) {
      ghost.remove();
      return;
    }
    const titles = board.clashes(held, held.others);
    const hours = board.hours(held.zones, held.minute);
    ghost.querySelector("[data-time]").textContent = span(held.minute, held.length);
    ghost.querySelector("[data-name]").textContent = held.title;
    ghost.querySelector("[data-clash]").textContent = titles.length ? fill(words.clash, { titles: titles.join("; ") }) : "";
    ghost.querySelector("[data-hours]").replaceChildren(
      ...hours.map(({ time, place, kind, word }) => {
        const line = document.createElement("span");
        line.className = `hour hour--${kind}`;
        line.textContent = [time, place, word].filter(Boolean).join(" ");
        return line;
      }),
    );
    ghost.classList.toggle("ghost--clash", titles.length > 0);
    board.stretch(ghost, held.minute, held.length);
    if (ghost.parentElement !== list) list.append(ghost);
  }

  function placeWords() {
    if (!held.room) return words.off;
    const titles = board.clashes(held, held.others);
    const parts = [
      fill(words.at, { room: board.column(held.room).dataset.name, times: span(held.minute, held.length) }),
      ...board.hours(held.zones, held.minute).map(({ time, place, word }) => fill(words.here, { time, place, word: word && `, ${word}` })),
    ];
    if (titles.length) parts.push(fill(words.clash, { titles: titles.join("; ") }));
    return parts.join(" ");
  }

  // --- putting down: at once on the page, then on the server ------------------------------------------------------

  function drop() {
    const { card, from, room, minute, length } = held;
    letGo();
    const unchanged = room === from.room && length === from.length && (room === null || minute === from.minute);
    if (unchanged) {
      board.stretch(card, from.minute ?? 0, from.length);
      say(words.cancelled);
      return Promise.resolve();
    }
    return save(card, from, { room, minute: room ? minute : null, length });
  }

  async function save(card, from, to, more = {}) {
    const body = {
      room: to.room,
      start: to.room ? `${board.day}T${clock(to.minute)}` : null,
      length: to.length,
      revision: from.revision,
      day: board.day,
      ...more,
    };
    const before = { code: from.code, room: from.room, start: from.start, html: card.outerHTML };
    board.settle(card, to);
    card.classList.add("card--pending");
    keepFocus(card);
    say(words.saving);
    const { status, data } = await send(`${here}/slots/${from.code}`, body);
    if (status === 200) {
      take(data);
      return;
    }
    const again = upgrade(board.adopt(before)); // back where it was
    keepFocus(again);
    if (data.choices) await whichHour(again, from, to, data);
    else if (status === 409 && data.card) await stale(from, to, data);
    else if (status === 0) lost(from.title);
    else if (status === 401) say(words.signed_out, "bad");
    else {
      say([data.message, fill(words.failed, from)].filter(Boolean).join(" "), "bad");
      if (status === 404) refresh();
    }
  }

  /** Take in what the server says has changed. */
  function take(data) {
    changes += 1;
    Object.assign(board.zones, data.differences ?? {});
    const focused = inFocus();
    for (const item of data.changed ?? []) upgrade(board.adopt(item));
    if (focused) keepFocus(board.card(focused));
    rove();
    sides(data);
    const tone = data.conflicts?.length ? "clash" : "";
    say(data.said ?? "", tone);
    back();
    catchUp();
  }

  function sides(data) {
    const put = (selector, html) => {
      const part = root.querySelector(selector);
      const isOpen = part.querySelector("details")?.open;
      part.innerHTML = html; // our own template, escaped on the server
      const details = part.querySelector("details");
      if (details && isOpen) details.open = true;
    };
    put("[data-clashes]", data.clashes);
    put("[data-tabs]", data.tabs);
    undoForm.elements.move.value = data.undo?.move ?? "";
    undoForm.querySelector("button").disabled = !data.undo;
    undoForm.querySelector("[data-undo-label]").textContent = data.undo?.label ?? words.nothing;
  }

  async function whichHour(card, from, to, data) {
    const choices = [...data.choices.map(({ fold, label }) => ({ label, value: fold })), { label: words.cancel, value: null }];
    const fold = await ask(words.which, [paragraph(data.message)], choices);
    if (fold === null) say(words.cancelled);
    else await save(card, from, to, { fold });
    keepFocus(board.card(from.code));
  }

  /** Someone else was first: their version stands, both are shown, and the organiser decides. */
  async function stale(from, to, data) {
    const card = upgrade(board.adopt(data.card));
    say(data.message, "bad");
    const answer = await ask(
      words.stale,
      [paragraph(`${from.title}: ${data.message}`), versions(data.mine, data.theirs, words.mine, words.theirs)],
      [
        { label: words.keep_theirs, value: "theirs" },
        { label: words.use_mine, value: "mine" },
      ],
    );
    if (answer === "mine" && card) await save(card, board.facts(card), to);
    else await refresh();
    keepFocus(board.card(from.code));
  }

  // --- connection -------------------------------------------------------------------------------------------------

  function lost(title) {
    say(fill(words.lost, { title }), "bad");
    if (isLost) return;
    isLost = true;
    root.classList.add("editor--lost");
    const again = async () => {
      // The answer may have been lost rather than the change: read how things stand.
      if (!(await refresh(words.found))) setTimeout(again, 3000);
    };
    setTimeout(again, 3000);
  }

  function back() {
    isLost = false;
    root.classList.remove("editor--lost");
  }

  async function refresh(text = "") {
    const asOf = changes;
    const query = new URLSearchParams({ day: board.day, q: searchForm.elements.q.value });
    const { status, data } = await read(`${here}.json?${query}`);
    if (status !== 200) return false;
    if (isBusy()) {
      readLater = true; // nothing is taken out of the hand, nor from under a finger that has just come down
      return true;
    }
    if (asOf !== changes) return refresh(text);
    const focused = inFocus();
    Object.assign(board.zones, data.differences);
    for (const card of root.querySelectorAll("[data-slot]")) card.remove();
    for (const item of [...data.cards, ...data.waiting]) upgrade(board.adopt(item));
    root.querySelector("[data-waiting-note]").textContent = data.waiting_note;
    sides(data);
    back();
    rove();
    if (focused) keepFocus(board.card(focused));
    if (text) say(text);
    return true;
  }

  // --- undo -------------------------------------------------------------------------------------------------------

  async function undo() {
    if (undoForm.querySelector("button").disabled) return;
    putBack();
    const { status, data } = await send(undoForm.action, { day: board.day, move: undoForm.elements.move.value });
    if (status === 200) {
      take(data);
      keepFocus(board.card(data.slot.code));
    } else if (status === 0) lost("");
    else {
      await refresh();
      say(data.message ?? fill(words.failed, { title: "" }), "bad");
    }
  }

  undoForm.addEventListener("submit", (event) => {
    event.preventDefault();
    undo();
  });

  // --- pointer ----------------------------------------------------------------------------------------------------

  root.addEventListener("pointerdown", (event) => {
    const card = event.target.closest("[data-slot]");
    if (held?.by === "click" || !card || event.button !== 0 || event.target.closest("a, button, input")) return;
    const grip = event.target.closest("[data-grip], [data-edge]");
    if (event.pointerType !== "mouse" && !grip) return; // a finger on the card scrolls; on its grip it drags
    const box = card.getBoundingClientRect();
    const resizes = Boolean(event.target.closest("[data-edge]")) && Boolean(card.dataset.start);
    press = { card, x: event.clientX, y: event.clientY, offset: event.clientY - box.top, id: event.pointerId, resizes };
    if (grip) event.preventDefault();
  });

  window.addEventListener("pointermove", (event) => {
    if (press && !held && event.pointerId === press.id) {
      if (Math.hypot(event.clientX - press.x, event.clientY - press.y) < THRESHOLD) return;
      // In the list a card is as high as its text: on the grid its top follows the pointer.
      const offset = press.card.dataset.start ? press.offset : 0;
      pickUp(press.card, "pointer", { offset, resizes: press.resizes });
      if (!held) {
        press = null;
        setTimeout(catchUp);
        return;
      }
      chip.textContent = held.title;
      if (!held.resizes) document.body.append(chip);
      requestAnimationFrame(scrollAlong);
    }
    if (held?.by === "pointer" || held?.by === "click") {
      held.x = event.clientX;
      held.y = event.clientY;
      held.step = event.shiftKey ? FINE : STEP;
      follow();
    }
  });

  function follow() {
    if (held.resizes) {
      const end = board.minuteAt(held.y, held.step);
      held.length = Math.max(held.step, Math.round((end - held.minute) / held.step) * held.step);
      board.stretch(held.card, held.minute, held.length);
      show();
      return;
    }
    chip.style.transform = `translate(${held.x + 12}px, ${held.y + 12}px)`;
    held.over = board.targetAt(held.x, held.y);
    if (held.over === "tray") held.room = null;
    else if (held.over) {
      held.room = held.over;
      held.minute = board.minuteAt(held.y - held.offset, held.step, held.length);
    } else {
      held.room = held.from.room;
      held.minute = held.from.minute;
    }
    chip.hidden = held.room !== null;
    show();
  }

  function scrollAlong() {
    if (held?.by !== "pointer") return;
    const box = board.grid.getBoundingClientRect();
    const near = (value, low, high) => (value < low + EDGE ? -1 : value > high - EDGE ? 1 : 0);
    const inside = held.x > box.left && held.x < box.right && held.y > box.top - EDGE && held.y < box.bottom + EDGE;
    if (inside) {
      const [dx, dy] = [near(held.x, box.left, box.right), near(held.y, box.top, box.bottom)];
      if (dx || dy) {
        board.grid.scrollBy({ left: dx * 10, top: dy * 10, behavior: "instant" });
        follow();
      }
    }
    requestAnimationFrame(scrollAlong);
  }

  window.addEventListener("pointerup", (event) => {
    if (!press || event.pointerId !== press.id) return;
    press = null;
    if (held?.by !== "pointer") {
      setTimeout(catchUp);
      return;
    }
    swallowClick();
    if (held.resizes || held.over) drop();
    else putBack(words.cancelled);
  });

  window.addEventListener("pointercancel", () => {
    press = null;
    if (held?.by === "pointer") putBack(words.cancelled);
    else setTimeout(catchUp);
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
    if (held?.by === "click") {
      held.x = event.clientX;
      held.y = event.clientY;
      held.step ??= STEP;
      if (event.target.closest("a, button")) return;
      const isItself = event.target.closest("[data-slot]") === held.card;
      if (isItself || !board.targetAt(held.x, held.y)) {
        putBack(words.cancelled);
        return;
      }
      follow();
      drop();
      return;
    }
    const pick = event.target.closest("[data-pick]");
    if (pick && !held) pickUp(pick.closest("[data-slot]"), "click");
  });

  // --- keys -------------------------------------------------------------------------------------------------------

  root.addEventListener("keydown", (event) => {
    const pick = event.target.closest("[data-pick]");
    if (!pick || event.altKey || event.metaKey || event.ctrlKey) return;
    const card = pick.closest("[data-slot]");
    const done = held ? keyWhileHeld(event) : keyOnCard(event, card);
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
      if (!held.room) toRoom(0);
      moves[key]();
      held.by = "keys";
      show();
      ghost.scrollIntoView({ block: "nearest", inline: "nearest" });
      say(placeWords(), board.clashes(held, held.others).length ? "clash" : "");
      return true;
    }
    if (key === "Enter" || key === " ") drop();
    else if (key === "u" || key === "U") takeOff(held.card);
    else return false;
    return true;
  }

  function shift(minutes) {
    // From any minute to the next full step.
    const size = Math.abs(minutes);
    const next = minutes > 0 ? Math.floor(held.minute / size) * size + size : Math.ceil(held.minute / size) * size - size;
    held.minute = board.within(size === 60 ? held.minute + minutes : next, held.length);
  }

  function toRoom(by) {
    const at = board.columns.findIndex((column) => column.dataset.column === held.room);
    const to = Math.max(0, Math.min(board.columns.length - 1, at + by));
    held.room = board.columns[to].dataset.column;
    held.minute ??= board.freeFrom(Math.max(board.first, 9 * 60), held, held.others);
  }

  function lengthen(by) {
    const next = by > 0 ? Math.floor(held.length / by) * by + by : Math.ceil(held.length / -by) * -by + by;
    held.length = Math.max(FINE, Math.min(24 * 60, next));
  }

  function takeOff(card) {
    const from = board.facts(card);
    letGo();
    if (from.room) save(card, from, { room: null, minute: null, length: from.length });
    else say(words.cancelled);
  }

  function keyOnCard({ key }, card) {
    if (key === "Enter" || key === " ") pickUp(card, "keys");
    else if (key === "u" || key === "U") takeOff(card);
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
    if (event.key === "Escape" && held) {
      event.preventDefault();
      const { card } = held;
      putBack(words.cancelled);
      keepFocus(card);
    }
    const typing = event.target.closest?.("input, textarea, select, dialog");
    if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !typing) {
      event.preventDefault();
      undo();
    }
  });

  // --- the list's search ------------------------------------------------------------------------------------------

  let waiting = 0;
  searchForm.addEventListener("submit", (event) => {
    event.preventDefault();
    refresh();
  });
  searchForm.elements.q.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => refresh(), 250);
  });

  // --- cards as the script has them -------------------------------------------------------------------------------

  function upgrade(card) {
    if (!card) return null;
    const pick = card.querySelector("[data-pick]");
    pick.setAttribute("role", "button");
    pick.setAttribute("aria-pressed", "false");
    pick.setAttribute("aria-describedby", "editor-keys");
    pick.tabIndex = -1;
    card.querySelector(".card__move").tabIndex = -1;
    for (const part of card.querySelectorAll("[data-grip], [data-edge]")) part.hidden = false;
    return card;
  }

  /** The code of the card that has the focus: what replaces it gets the focus again. */
  function inFocus() {
    return document.activeElement?.closest("[data-slot]")?.dataset.slot;
  }

  function keepFocus(card) {
    const pick = card?.querySelector("[data-pick]");
    if (pick && document.querySelector("dialog[open]") === null) pick.focus({ preventScroll: true });
    rove();
  }

  /** One stop for the tab key in the list and one on the grid; arrow keys go from card to card. */
  function rove() {
    for (const area of [board.tray, board.grid]) {
      const picks = [...area.querySelectorAll("[data-pick]")];
      if (picks.length && !picks.some((pick) => pick.tabIndex === 0)) picks[0].tabIndex = 0;
    }
  }

  root.addEventListener("focusin", (event) => {
    const pick = event.target.closest("[data-pick]");
    const area = pick?.closest("[data-tray], [data-grid]");
    if (!area) return;
    for (const other of area.querySelectorAll("[data-pick][tabindex='0'], .card__move[tabindex='0']")) other.tabIndex = -1;
    pick.tabIndex = 0;
    pick.closest("[data-slot]").querySelector(".card__move").tabIndex = 0;
  });

  for (const card of root.querySelectorAll("[data-slot]")) upgrade(card);
  rove();
  root.classList.add("editor--ready");
  say(words.ready, "quiet");
}

function makeGhost() {
  const ghost = document.createElement("li");
  ghost.className = "card ghost";
  ghost.setAttribute("aria-hidden", "true");
  ghost.innerHTML =
    '<div class="card__sheet"><p class="card__time"><bdi data-time></bdi></p><h4 class="card__title" data-name dir="auto"></h4><p class="ghost__hours" data-hours></p><p class="ghost__clash" data-clash></p></div>';
  return ghost;
}
