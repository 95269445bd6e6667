// The card in the hand: picked up, shown where it would stand, put down, taken off, put back. With several cards
// selected the hand holds all of them, and they keep their distances.

import { daysBetween, fill, span } from "./editor-words.js";

export const FINE = 5; // minutes, with Shift

export class Hand {
  /** `save` and `together` take what was put down to the server, `taken` and `freed` are told when the hand is full and empty again. */
  constructor(root, board, say) {
    this.root = root;
    this.board = board;
    this.words = board.words;
    this.say = say;
    this.step = 15; // minutes, as chosen in the toolbar
    this.held = null; // the card in the hand
    this.press = null; // a press that may become a drag
    this.ghost = makeGhost();
    this.also = []; // ghosts of the other cards in the hand
    this.chip = document.createElement("div");
    this.chip.className = "chip";
    this.save = async () => {};
    this.together = async () => {};
    this.taken = () => {};
    this.freed = () => {};
    this.company = () => []; // the other selected cards, when this one is among them
    this.nights = { show() {}, clear() {} }; // the overlay of everyone's night
  }

  pickUp(card, by, more = {}) {
    if (card.classList.contains("card--pending")) {
      this.say(this.words.wait);
      return;
    }
    this.putBack();
    const { board } = this;
    const facts = board.facts(card);
    const group = more.resizes || !facts.room ? [] : this.company(card).map((other) => board.facts(other)).filter((other) => other.room);
    const inHand = new Set([facts.code, ...group.map(({ code }) => code)]);
    const others = board.placed().filter(({ code }) => !inHand.has(code));
    this.held = { ...facts, card, by, from: facts, offset: 0, resizes: "", group, others, ...more };
    for (const code of inHand) board.card(code)?.classList.add("card--held");
    card.querySelector("[data-pick]").setAttribute("aria-pressed", "true");
    this.root.classList.add("editor--holding");
    board.grid.dataset.by = by;
    this.taken();
    this.also = group.map(makeGhost);
    for (const ghost of this.also) ghost.classList.add("ghost--also");
    if (by === "keys" && !this.held.room) this.firstPlace();
    this.show();
    const sentence = group.length ? fill(this.words.picked_many, { count: group.length + 1, title: facts.title }) : fill(this.words.picked, this.held);
    if (by === "keys") {
      this.say(`${sentence} ${this.placeWords()}`);
      this.intoView();
    } else if (by === "click") this.say(sentence);
  }

  /** A card from the list gets a place to start from: the first room shown, the first free time from nine on. */
  firstPlace() {
    const { board, held } = this;
    const band = board.bands.find(({ element }) => element.getBoundingClientRect().bottom > board.grid.getBoundingClientRect().top + 80) ?? board.bands[0];
    held.day = band.day;
    held.room = board.rooms.find(({ code }) => board.isShown(code)).code;
    held.minute = board.freeFrom(Math.max(band.first, Math.min(9 * 60, band.end - held.length)), held, held.others);
  }

  letGo() {
    if (!this.held) return;
    const { card, group } = this.held;
    for (const code of [card.dataset.slot, ...group.map((one) => one.code)]) this.board.card(code)?.classList.remove("card--held");
    card.classList.remove("card--held");
    card.querySelector("[data-pick]")?.setAttribute("aria-pressed", "false");
    this.root.classList.remove("editor--holding");
    this.board.tray.classList.remove("tray--target");
    for (const tab of this.root.querySelectorAll(".days--target")) tab.classList.remove("days--target");
    for (const ghost of [this.ghost, ...this.also]) ghost.remove();
    this.chip.remove();
    this.held = null;
    this.nights.clear();
    setTimeout(this.freed);
  }

  putBack(text = "") {
    if (!this.held) return;
    const { card, resizes, from } = this.held;
    if (resizes) this.board.stretch(card, from.minute, from.length);
    this.letGo();
    if (text) this.say(text);
  }

  /** How far the card in the hand is from where it was: what all the others in the hand move by as well. */
  distance() {
    const { from, room, day, minute } = this.held;
    const at = (code) => this.board.rooms.findIndex((column) => column.code === code);
    return { minutes: minute - from.minute, days: daysBetween(from.day, day), rooms: at(room) - at(from.room) };
  }

  show() {
    const { board, held, ghost } = this;
    const list = held.room && board.list(held.room, held.day);
    board.tray.classList.toggle("tray--target", Boolean(held.over?.tray) && held.from.room !== null);
    const place = `${held.day} ${held.room} ${held.minute} ${held.length}`;
    if (!list) {
      ghost.remove();
      for (const one of this.also) one.remove();
      this.placeShown = "";
      return;
    }
    if (place === this.placeShown && ghost.parentElement === list) return;
    this.placeShown = place;
    const titles = board.clashes(held, held.others);
    const hours = board.hours(held.zones, held.minute, held.day);
    ghost.querySelector("[data-time]").textContent = span(held.minute, held.length);
    ghost.querySelector("[data-name]").textContent = held.title;
    ghost.querySelector("[data-clash]").textContent = titles.length ? fill(this.words.clash, { titles: titles.join("; ") }) : "";
    ghost.querySelector("[data-hours]").replaceChildren(
      ...hours.map(({ time, place: city, kind, word }) => {
        const line = document.createElement("span");
        line.className = `hour hour--${kind}`;
        line.textContent = [time, city, word].filter(Boolean).join(" ");
        return line;
      }),
    );
    ghost.classList.toggle("ghost--clash", titles.length > 0);
    board.stretch(ghost, held.minute, held.length);
    if (ghost.parentElement !== list) list.append(ghost);
    if (held.group.length) this.showCompany();
    this.nights.show(held);
  }

  showCompany() {
    const { minutes, days, rooms } = this.distance();
    this.held.group.forEach((other, index) => {
      const ghost = this.also[index];
      const room = this.board.rooms[this.board.rooms.findIndex(({ code }) => code === other.room) + rooms]?.code;
      const date = new Date(`${other.day}T12:00Z`);
      date.setUTCDate(date.getUTCDate() + days);
      const list = room && this.board.list(room, date.toISOString().slice(0, 10));
      if (!list) {
        ghost.remove();
        return;
      }
      ghost.querySelector("[data-time]").textContent = span(other.minute + minutes, other.length);
      ghost.querySelector("[data-name]").textContent = other.title;
      this.board.stretch(ghost, other.minute + minutes, other.length);
      if (ghost.parentElement !== list) list.append(ghost);
    });
  }

  intoView() {
    this.ghost.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Where it would stand, in words. */
  placeWords() {
    const { board, held, words } = this;
    const titles = board.clashes(held, held.others);
    const where = { room: board.column(held.room, held.day).name, times: span(held.minute, held.length), day: board.band(held.day)?.element.dataset.label };
    const parts = [
      fill(board.bands.length > 1 || (held.from.day && held.day !== held.from.day) ? words.at_day : words.at, where),
      ...board.hours(held.zones, held.minute, held.day).map(({ time, place, word }) => fill(words.here, { time, place, word: word && `, ${word}` })),
    ];
    if (titles.length) parts.push(fill(words.clash, { titles: titles.join("; ") }));
    return parts.join(" ");
  }

  drop() {
    const { card, from, room, day, minute, length, group } = this.held;
    const distance = from.room && room ? this.distance() : null;
    this.letGo();
    const unchanged = room === from.room && length === from.length && (room === null || (minute === from.minute && day === from.day));
    if (unchanged) {
      this.board.stretch(card, from.minute ?? 0, from.length);
      this.say(this.words.cancelled);
      return Promise.resolve();
    }
    if (group.length) return this.together(room ? { action: "move", ...distance } : { action: "unschedule" }, [from, ...group]);
    return this.save(card, from, { room, day: room ? day : null, minute: room ? minute : null, length });
  }

  takeOff(card) {
    const from = this.board.facts(card);
    const group = this.held ? this.held.group : [];
    this.letGo();
    if (group.length) this.together({ action: "unschedule" }, [from, ...group]);
    else if (from.room) this.save(card, from, { room: null, day: null, minute: null, length: from.length });
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
