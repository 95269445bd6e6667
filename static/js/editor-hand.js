// The card in the hand: picked up, shown where it would stand, put down, taken off, put back.

import { fill, span } from "./editor-board.js";

export const STEP = 15; // minutes
export const FINE = 5; // with Shift

export class Hand {
  /** `save` takes what was put down to the server, `freed` is told when the hand is empty again. */
  constructor(root, board, say) {
    this.root = root;
    this.board = board;
    this.words = board.words;
    this.say = say;
    this.held = null; // the card in the hand
    this.press = null; // a press that may become a drag
    this.ghost = makeGhost();
    this.chip = document.createElement("div");
    this.chip.className = "chip";
    this.save = async () => {};
    this.freed = () => {};
  }

  pickUp(card, by, more = {}) {
    if (card.classList.contains("card--pending")) {
      this.say(this.words.wait);
      return;
    }
    this.putBack();
    const facts = this.board.facts(card);
    this.held = { ...facts, card, by, from: facts, offset: 0, resizes: false, others: this.board.placed(), ...more };
    card.classList.add("card--held");
    card.querySelector("[data-pick]").setAttribute("aria-pressed", "true");
    this.root.classList.add("editor--holding");
    this.board.grid.dataset.by = by;
    if (by === "keys" && !this.held.room) {
      this.held.room = this.board.columns[0].dataset.column;
      this.held.minute = this.board.freeFrom(Math.max(this.board.first, Math.min(9 * 60, this.board.end - this.held.length)), this.held, this.held.others);
    }
    this.show();
    if (by === "keys") {
      this.say(`${fill(this.words.picked, this.held)} ${this.placeWords()}`);
      this.ghost.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else if (by === "click") this.say(fill(this.words.picked, this.held));
  }

  letGo() {
    if (!this.held) return;
    this.held.card.classList.remove("card--held");
    this.held.card.querySelector("[data-pick]")?.setAttribute("aria-pressed", "false");
    this.root.classList.remove("editor--holding");
    this.board.tray.classList.remove("tray--target");
    this.ghost.remove();
    this.chip.remove();
    this.held = null;
    setTimeout(this.freed);
  }

  putBack(text = "") {
    if (!this.held) return;
    const { card, resizes, from } = this.held;
    if (resizes) this.board.stretch(card, from.minute, from.length);
    this.letGo();
    if (text) this.say(text);
  }

  show() {
    const list = this.held.room && this.board.list(this.held.room);
    this.board.tray.classList.toggle("tray--target", this.held.over === "tray" && this.held.from.room !== null);
    if (!list) {
      this.ghost.remove();
      return;
    }
    const titles = this.board.clashes(this.held, this.held.others);
    const hours = this.board.hours(this.held.zones, this.held.minute);
    this.ghost.querySelector("[data-time]").textContent = span(this.held.minute, this.held.length);
    this.ghost.querySelector("[data-name]").textContent = this.held.title;
    this.ghost.querySelector("[data-clash]").textContent = titles.length ? fill(this.words.clash, { titles: titles.join("; ") }) : "";
    this.ghost.querySelector("[data-hours]").replaceChildren(
      ...hours.map(({ time, place, kind, word }) => {
        const line = document.createElement("span");
        line.className = `hour hour--${kind}`;
        line.textContent = [time, place, word].filter(Boolean).join(" ");
        return line;
      }),
    );
    this.ghost.classList.toggle("ghost--clash", titles.length > 0);
    this.board.stretch(this.ghost, this.held.minute, this.held.length);
    if (this.ghost.parentElement !== list) list.append(this.ghost);
  }

  placeWords() {
    if (!this.held.room) return this.words.off;
    const titles = this.board.clashes(this.held, this.held.others);
    const parts = [
      fill(this.words.at, { room: this.board.column(this.held.room).dataset.name, times: span(this.held.minute, this.held.length) }),
      ...this.board.hours(this.held.zones, this.held.minute).map(({ time, place, word }) => fill(this.words.here, { time, place, word: word && `, ${word}` })),
    ];
    if (titles.length) parts.push(fill(this.words.clash, { titles: titles.join("; ") }));
    return parts.join(" ");
  }

  drop() {
    const { card, from, room, minute, length } = this.held;
    this.letGo();
    const unchanged = room === from.room && length === from.length && (room === null || minute === from.minute);
    if (unchanged) {
      this.board.stretch(card, from.minute ?? 0, from.length);
      this.say(this.words.cancelled);
      return Promise.resolve();
    }
    return this.save(card, from, { room, minute: room ? minute : null, length });
  }

  takeOff(card) {
    const from = this.board.facts(card);
    this.letGo();
    if (from.room) this.save(card, from, { room: null, minute: null, length: from.length });
    else this.say(this.words.cancelled);
  }
}

function makeGhost() {
  const ghost = document.createElement("li");
  ghost.className = "card ghost";
  ghost.setAttribute("aria-hidden", "true");
  ghost.innerHTML =
    '<div class="card__sheet"><p class="card__time"><bdi data-time></bdi></p><h4 class="card__title" data-name dir="auto"></h4><p class="ghost__hours" data-hours></p><p class="ghost__clash" data-clash></p></div>';
  return ghost;
}
