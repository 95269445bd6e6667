// The grid and the list as they stand in the page: where a card is, what is at a point, what overlaps.
// Minutes count from midnight of the day shown, on the conference's clock.

const MOST_LANES = 6;

export class Board {
  constructor(root) {
    this.root = root;
    this.grid = root.querySelector("[data-grid]");
    this.tray = root.querySelector("[data-tray]");
    this.day = root.dataset.day;
    this.first = Number(root.dataset.first) * 60;
    this.end = Number(root.dataset.end) * 60;
    this.words = JSON.parse(root.dataset.words);
    this.zones = JSON.parse(root.dataset.differences);
    this.columns = [...root.querySelectorAll("[data-column]")];
  }

  column(code) {
    return this.columns.find((column) => column.dataset.column === code);
  }

  /** The list that holds the cards of a room, or, for null, those that wait for a place. */
  list(code) {
    return (code ? this.column(code) : this.tray)?.querySelector("[data-cards]");
  }

  card(code) {
    return this.root.querySelector(`[data-slot="${CSS.escape(code)}"]`);
  }

  /** What the page knows of a card. `minute` and `room` are null off the grid. */
  facts(card) {
    const { slot, revision, room, start, length, title, people, speakers, zones } = card.dataset;
    return {
      code: slot,
      revision: Number(revision),
      room: room || null,
      start,
      minute: start ? Number(start.slice(11, 13)) * 60 + Number(start.slice(14, 16)) : null,
      length: Number(length),
      title,
      people,
      speakers: speakers ? speakers.split(" ") : [],
      zones: zones ? zones.split(" ") : [],
    };
  }

  /** Stand the card where it is dropped, before the server has answered. */
  settle(card, { room, minute, length }) {
    const left = card.parentElement;
    card.dataset.room = room ?? "";
    card.dataset.length = length;
    card.dataset.start = room ? `${this.day}T${clock(minute)}` : "";
    this.stretch(card, minute ?? 0, length);
    const time = card.querySelector(".card__time");
    time.textContent = room ? span(minute, length) : fill(this.words.minutes, { count: length });
    const list = this.list(room);
    if (list !== left) list.append(card);
    this.tidy(left);
    this.tidy(list);
  }

  stretch(card, minute, length) {
    const place = { h: Math.floor(minute / 60), m: minute % 60, lh: Math.floor(length / 60), lm: length % 60 };
    for (const [name, value] of Object.entries(place)) card.style.setProperty(`--${name}`, value);
  }

  /** Take in a card as the server writes it: anew, elsewhere, or not on this page any more. */
  adopt({ code, html, room, start }) {
    const old = this.card(code);
    const from = old?.parentElement;
    const here = !start || start.slice(0, 10) === this.day;
    const list = here ? this.list(start ? room : null) : null;
    const card = here ? make(html) : null;
    if (card && list) {
      if (old && from === list) old.replaceWith(card);
      else {
        old?.remove();
        list.append(card);
      }
    } else old?.remove();
    if (from) this.tidy(from);
    if (list) this.tidy(list);
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

  /** The room under a point, "tray", or null. */
  targetAt(x, y) {
    for (const element of document.elementsFromPoint(x, y)) {
      const column = element.closest?.("[data-column]");
      if (column && this.grid.contains(column)) return column.dataset.column;
      if (element.closest?.("[data-tray]")) return "tray";
    }
    return null;
  }

  /** The minute at a height of the window, snapped to `step`, so that `length` stays on the grid. */
  minuteAt(y, step, length = step) {
    const box = this.columns[0].querySelector("[data-cards]").getBoundingClientRect();
    const minute = this.first + ((y - box.top) / box.height) * (this.end - this.first);
    return this.within(Math.round(minute / step) * step, length);
  }

  within(minute, length) {
    const latest = Math.min(this.end, 24 * 60) - Math.min(length, 5);
    return Math.max(this.first, Math.min(minute, latest));
  }

  /** What stands on the day and could be in the way. */
  placed() {
    return [...this.grid.querySelectorAll("[data-slot]:not([data-cancelled])")].map((card) => this.facts(card));
  }

  /** Titles of what a placing would clash with on this day: its room, or one of its speakers elsewhere. */
  clashes({ code, room, minute, length, speakers }, others) {
    if (!room) return [];
    return others
      .filter(
        (other) =>
          other.code !== code &&
          other.minute < minute + length &&
          minute < other.minute + other.length &&
          (other.room === room || other.speakers.some((speaker) => speakers.includes(speaker))),
      )
      .map((other) => other.title);
  }

  /** The first quarter of an hour from `minute` on at which nothing would clash, else `minute`. */
  freeFrom(minute, facts, others) {
    for (let at = minute; at + facts.length <= this.end; at += 15) {
      if (!this.clashes({ ...facts, minute: at }, others).length) return at;
    }
    return minute;
  }

  /** What hour it would be for the speakers: {time, place, kind, word} for each zone that is not the conference's own. */
  hours(zones, minute) {
    return zones
      .filter((zone) => this.zones[zone])
      .map((zone) => {
        const { place, steps } = this.zones[zone];
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

export function make(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim(); // our own template, escaped on the server
  return template.content.firstElementChild;
}

export function clock(minute) {
  const pad = (number) => String(number).padStart(2, "0");
  return `${pad(Math.floor(minute / 60) % 24)}:${pad(minute % 60)}`;
}

export function span(minute, length) {
  return `${clock(minute)}–${clock(minute + length)}`;
}

export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_whole, name) => values[name] ?? "");
}
