// The grid and the list as they stand in the page: where a card is, what is at a point, what overlaps.
// A place is a day, a room and a minute; minutes count from midnight of that day, on the conference's clock.

import { clock, fill, span } from "./editor-words.js";

export { clock, fill, span };

const MOST_LANES = 6;

export class Board {
  constructor(root) {
    this.root = root;
    this.grid = root.querySelector("[data-grid]");
    this.tray = root.querySelector("[data-tray]");
    this.words = JSON.parse(root.dataset.words);
    this.zones = JSON.parse(root.dataset.differences);
    this.measured = null;
    this.readBands();
    for (const [target, name] of [[window, "scroll"], [window, "resize"], [this.grid, "scroll"]]) {
      target.addEventListener(name, () => (this.measured = null), { passive: true });
    }
  }

  /** What the address calls what is shown: a day, or "all". */
  get day() {
    return this.root.dataset.day;
  }

  readBands() {
    this.bands = [...this.grid.querySelectorAll("[data-band]")].map((element) => ({
      element,
      day: element.dataset.band,
      first: Number(element.dataset.first) * 60,
      end: Number(element.dataset.end) * 60,
      columns: [...element.querySelectorAll("[data-column]")].map((column) => ({
        element: column,
        code: column.dataset.column,
        name: column.dataset.name,
        list: column.querySelector("[data-cards]"),
      })),
    }));
    this.measured = null;
  }

  /** Make the grid show these days: [{day, label, first, end}], hours. Cards stay where they are the same day's. */
  setBands(wanted) {
    const same = wanted.length === this.bands.length && wanted.every((one, at) => {
      const band = this.bands[at];
      return one.day === band.day && one.first * 60 === band.first && one.end * 60 === band.end;
    });
    if (same) return;
    const known = new Map(this.bands.map((band) => [band.day, band.element]));
    const spare = this.bands.filter((band) => !wanted.some((one) => one.day === band.day)).map((band) => band.element);
    const elements = wanted.map(({ day, label, first, end }) => {
      const element = known.get(day) ?? emptied(spare.pop() ?? this.bands[0].element.cloneNode(true));
      Object.assign(element.dataset, { band: day, label, first, end });
      element.className = `band from${first} to${end}`;
      element.setAttribute("aria-label", label);
      element.querySelector("[data-band-label]").textContent = label;
      element.querySelector("[data-hours-list]").replaceChildren(
        ...Array.from({ length: end - first }, (_one, at) => {
          const line = document.createElement("li");
          line.className = `h${first + at} m0`;
          const text = document.createElement("span");
          text.textContent = clock((first + at) * 60);
          line.append(text);
          return line;
        }),
      );
      return element;
    });
    this.grid.replaceChildren(...elements);
    this.readBands();
  }

  band(day) {
    return this.bands.find((band) => band.day === day);
  }

  /** The rooms in their order, the hidden ones among them. */
  get rooms() {
    return this.bands[0].columns;
  }

  column(room, day) {
    return (this.band(day) ?? this.bands[0]).columns.find(({ code }) => code === room);
  }

  isShown(room) {
    return !this.column(room, this.bands[0].day)?.element.hidden;
  }

  /** The list that holds the cards of a room on a day, or, for null, those that wait for a place. Null when not on this page. */
  list(room, day) {
    if (!room) return this.tray.querySelector("[data-cards]");
    return this.band(day) ? (this.column(room, day)?.list ?? null) : null;
  }

  card(code) {
    return document.getElementById(`slot-${code}`);
  }

  /** What the page knows of a card. `day`, `minute` and `room` are null off the grid. */
  facts(card) {
    const { slot, session, kind, revision, room, start, length, title, people, speakers, zones } = card.dataset;
    return {
      code: slot,
      session,
      kind,
      isRepeated: Boolean(card.querySelector(".card__number")),
      revision: Number(revision),
      room: room || null,
      day: start ? start.slice(0, 10) : null,
      minute: start ? Number(start.slice(11, 13)) * 60 + Number(start.slice(14, 16)) : null,
      length: Number(length),
      title,
      people,
      speakers: speakers ? speakers.split(" ") : [],
      zones: zones ? zones.split(" ") : [],
    };
  }

  /** Stand the card where it is dropped, before the server has answered. */
  settle(card, { room, day, minute, length }) {
    const left = card.parentElement;
    card.dataset.room = room ?? "";
    card.dataset.length = length;
    card.dataset.start = room ? wall(day, minute) : "";
    this.stretch(card, minute ?? 0, length);
    const time = card.querySelector(".card__time bdi, .card__time");
    if (time.matches("bdi")) time.textContent = room ? span(minute, length) : fill(this.words.minutes, { count: length });
    const list = this.list(room, day);
    if (!list) card.remove();
    else if (list !== left) list.append(card);
    this.tidy(left);
    this.tidy(list);
  }

  stretch(card, minute, length) {
    const place = { h: Math.floor(minute / 60), m: minute % 60, lh: Math.floor(length / 60), lm: length % 60 };
    for (const [name, value] of Object.entries(place)) card.style.setProperty(`--${name}`, value);
  }

  /** Take in a card as the server writes it: anew, elsewhere, or not on this page any more. Tidies nothing yet. */
  put({ code, html, room, start }, touched) {
    const old = this.card(code);
    const from = old?.parentElement ?? null;
    const list = start ? this.list(room, start.slice(0, 10)) : this.list(null);
    if (from) touched.add(from);
    if (!list) {
      old?.remove();
      return null;
    }
    touched.add(list);
    const card = make(html);
    if (from === list) old.replaceWith(card);
    else {
      old?.remove();
      list.append(card);
    }
    return card;
  }

  /** Order the cards of a list by time, and stand those that overlap side by side. */
  tidy(list) {
    if (!list || list.closest("[data-tray]")) return;
    const placed = [...list.children]
      .filter((card) => card.dataset.slot)
      .map((card) => ({ card, ...this.facts(card) }))
      .sort((a, b) => a.minute - b.minute || (a.code < b.code ? -1 : 1));
    const focused = document.activeElement;
    placed.forEach(({ card }, index) => {
      if (list.children[index] !== card) list.insertBefore(card, list.children[index]);
    });
    if (list.contains(focused) && document.activeElement !== focused) focused.focus({ preventScroll: true });
    let cluster = [];
    let ends = [];
    const close = () => {
      for (const [card, lane] of cluster) {
        card.style.setProperty("--lane", Math.min(lane, MOST_LANES - 1));
        card.style.setProperty("--of", Math.min(ends.length, MOST_LANES));
      }
      cluster = [];
      ends = [];
    };
    for (const { card, minute, length } of placed) {
      if (ends.length && Math.max(...ends) <= minute) close();
      let lane = ends.findIndex((end) => end <= minute);
      if (lane < 0) lane = ends.length;
      ends[lane] = minute + length;
      cluster.push([card, lane]);
    }
    close();
  }

  /** Where everything lies in the window, read once until something scrolls: a drag asks for it with every frame. */
  geometry() {
    if (this.measured) return this.measured;
    const box = this.grid.getBoundingClientRect();
    const { scrollLeft, scrollTop } = this.grid;
    const shown = this.bands[0].columns.filter(({ element }) => !element.hidden);
    const inside = (rect) => ({ left: rect.left - box.left + scrollLeft, right: rect.right - box.left + scrollLeft, top: rect.top - box.top + scrollTop, bottom: rect.bottom - box.top + scrollTop });
    this.measured = {
      box,
      scrollLeft,
      scrollTop,
      columns: shown.map(({ code, element }) => ({ code, ...inside(element.getBoundingClientRect()) })),
      bands: this.bands.map((band) => ({ day: band.day, first: band.first, end: band.end, ...inside(band.columns.find(({ element }) => !element.hidden).list.getBoundingClientRect()) })),
      tray: this.tray.getBoundingClientRect(),
      tabs: [...this.root.querySelectorAll("[data-day-tab]")].map((tab) => ({ tab, day: tab.dataset.dayTab, box: tab.getBoundingClientRect() })),
    };
    return this.measured;
  }

  /** What is under a point: {room, day} of the grid, {tray: true}, {tab, day}, or null. */
  targetAt(x, y) {
    const { box, scrollLeft, scrollTop, columns, bands, tray, tabs } = this.geometry();
    const within = (rect) => x >= rect.left && x < rect.right && y >= rect.top && y < rect.bottom;
    const over = tabs.find((tab) => within(tab.box));
    if (over) return { tab: over.tab, day: over.day };
    if (within(box)) {
      const [left, top] = [x - box.left + scrollLeft, y - box.top + scrollTop];
      const column = columns.find((one) => left >= one.left && left < one.right);
      const band = bands.findLast((one) => top >= one.top - 40) ?? bands[0];
      if (column) return { room: column.code, day: band.day };
    }
    return within(tray) ? { tray: true } : null;
  }

  /** The minute of a day at a height of the window, snapped to `step`, so that `length` stays on the grid. */
  minuteAt(y, day, step, length = step) {
    const { box, scrollTop, bands } = this.geometry();
    const band = bands.find((one) => one.day === day) ?? bands[0];
    const along = (y - box.top + scrollTop - band.top) / (band.bottom - band.top);
    return this.within(Math.round((band.first + along * (band.end - band.first)) / step) * step, length, day);
  }

  within(minute, length, day) {
    const band = this.band(day) ?? this.bands[0];
    const latest = Math.min(band.end, 24 * 60) - Math.min(length, 5);
    return Math.max(band.first, Math.min(minute, latest));
  }

  /** What stands on the grid and could be in the way. */
  placed() {
    return [...this.grid.querySelectorAll("[data-slot]:not([data-cancelled])")].map((card) => this.facts(card));
  }

  /** Titles of what a placing would clash with: its room, or one of its speakers elsewhere. */
  clashes({ code, room, day, minute, length, speakers }, others) {
    if (!room) return [];
    return others
      .filter(
        (other) =>
          other.day === day &&
          other.minute < minute + length &&
          minute < other.minute + other.length &&
          other.code !== code &&
          (other.room === room || other.speakers.some((speaker) => speakers.includes(speaker))),
      )
      .map((other) => other.title);
  }

  /** The first quarter of an hour from `minute` on at which nothing would clash, else `minute`. */
  freeFrom(minute, facts, others) {
    const { end } = this.band(facts.day) ?? this.bands[0];
    for (let at = minute; at + facts.length <= end; at += 15) {
      if (!this.clashes({ ...facts, minute: at }, others).length) return at;
    }
    return minute;
  }

  /** What hour it would be for the speakers: {time, place, kind, word} for each zone that is not the conference's own. */
  hours(zones, minute, day) {
    return zones
      .filter((zone) => this.zones[zone])
      .map((zone) => {
        const { place, on, steps: usual } = this.zones[zone];
        const steps = on?.[day] ?? usual;
        const [, ahead] = steps.findLast(([from]) => from <= minute) ?? steps[0];
        const local = (((minute + ahead) % 1440) + 1440) % 1440;
        const hour = Math.floor(local / 60);
        const kind = hour >= 8 && hour < 20 ? "day" : hour >= 6 && hour < 23 ? "edge" : "night";
        const word = kind === "night" ? this.words.night : hour < 12 ? this.words.early : this.words.late;
        return { time: clock(local), place, kind, word: kind === "day" ? "" : word, ahead };
      })
      .filter(({ ahead, kind }) => ahead || kind !== "day");
  }
}

function emptied(element) {
  for (const card of element.querySelectorAll("[data-slot]")) card.remove();
  return element;
}

/** The wall clock of a minute of a day, as the server reads it. A minute past midnight belongs to the next day. */
export function wall(day, minute) {
  if (minute < 24 * 60) return `${day}T${clock(minute)}`;
  const next = new Date(`${day}T12:00:00Z`);
  next.setUTCDate(next.getUTCDate() + Math.floor(minute / 1440));
  return `${next.toISOString().slice(0, 10)}T${clock(minute)}`;
}

export function make(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim(); // our own template, escaped on the server
  return template.content.firstElementChild;
}
