// Everyone's night: beside the hours, for how many people each time of the day is by day, early or late, or at night,
// and what that is for the card in the hand. The server sends people by clock; weighing them is a matter of minutes.

import { fill } from "./editor-words.js";

const ROW = 15; // minutes
const LENGTH = 60; // of a session that nobody holds
const SVG = "http://www.w3.org/2000/svg";
const KINDS = ["day", "edge", "night"];
const LISTED = 3; // places named at most

export class Nights {
  constructor(root, here) {
    this.root = root;
    this.here = here;
    this.of = new Map(); // by day
    this.line = document.createElement("p");
    this.line.className = "nights-line";
    this.line.hidden = true;
    this.root.querySelector("[data-says]").before(this.line);
  }

  /** Draw the strip beside the hours of every day on the page that has none yet. */
  start() {
    for (const band of this.root.querySelectorAll("[data-band]")) if (!band.querySelector(".nights-strip")) this.draw(band, LENGTH);
  }

  async facts(day) {
    if (!this.of.has(day)) {
      this.of.set(day, null);
      try {
        const response = await fetch(`${this.here}/nights.json?day=${day}`, { headers: { accept: "application/json" } });
        if (response.ok) this.of.set(day, await response.json());
        else this.of.delete(day);
      } catch {
        this.of.delete(day); // asked again when a card is next picked up
      }
    }
    return this.of.get(day);
  }

  /** What the card in the hand would be for everyone. */
  async show({ day, minute, length, room }) {
    const band = this.root.querySelector(`[data-band="${day}"]`);
    const facts = await this.facts(day);
    if (!facts?.groups.length || room === null) {
      this.line.hidden = true;
      return;
    }
    if (band && band.dataset.nights !== String(length)) await this.draw(band, length);
    this.line.textContent = this.words(facts, minute, length);
    this.line.hidden = false;
  }

  clear() {
    this.line.hidden = true;
    for (const band of this.root.querySelectorAll("[data-band]")) if (band.dataset.nights !== String(LENGTH)) this.draw(band, LENGTH);
  }

  /** "62 % by day, 20 % early or late, 18 % at night. Night for Auckland, Wellington." */
  words(facts, minute, length) {
    const shares = weigh(facts, minute, length);
    const percent = new Intl.NumberFormat(document.documentElement.lang || "en", { style: "percent" });
    const text = fill(facts.words.shares, Object.fromEntries(KINDS.map((kind) => [kind, percent.format(shares[kind])])));
    const asleep = facts.groups.filter((group) => kindAt(facts, group, minute, length) === "night").slice(0, LISTED);
    const places = asleep.map((group) => group.places).join("; ");
    return places ? `${text}. ${fill(facts.words.night_for, { places })}` : `${text}.`;
  }

  async draw(band, length) {
    const facts = await this.facts(band.dataset.band);
    const hours = band.querySelector("[data-hours-list]");
    if (!facts?.groups.length || !hours) return;
    band.dataset.nights = length;
    const [first, end] = [Number(band.dataset.first) * 60, Number(band.dataset.end) * 60];
    const picture = document.createElementNS(SVG, "svg");
    picture.setAttribute("class", "nights-strip");
    picture.setAttribute("viewBox", `0 0 1 ${end - first}`);
    picture.setAttribute("preserveAspectRatio", "none");
    for (let minute = first; minute < end; minute += ROW) {
      const shares = weigh(facts, minute, length);
      let x = 0;
      for (const kind of KINDS) {
        if (shares[kind] <= 0) continue;
        const bar = document.createElementNS(SVG, "rect");
        const place = { x, y: minute - first, width: shares[kind], height: ROW };
        for (const [name, value] of Object.entries(place)) bar.setAttribute(name, value);
        bar.setAttribute("class", `shares__${kind}`);
        picture.append(bar);
        x += shares[kind];
      }
    }
    const title = document.createElementNS(SVG, "title");
    title.textContent = [facts.words.title, facts.about].filter(Boolean).join(". ");
    picture.prepend(title);
    hours.querySelector(".nights-strip")?.remove();
    hours.prepend(picture);
  }
}

/** The shares of everyone for whom a time is by day, early or late, at night. */
export function weigh(facts, minute, length) {
  const shares = { day: 0, edge: 0, night: 0 };
  for (const group of facts.groups) shares[kindAt(facts, group, minute, length)] += group.share;
  return shares;
}

/** What the whole of a time is on a group's clock: the worst of its minutes counts. */
function kindAt(facts, { steps }, minute, length) {
  const [, ahead] = steps.findLast(([from]) => from <= minute) ?? steps[0];
  const begins = mod(minute + ahead);
  if (within(begins, length, facts.from, facts.until)) return "day";
  const [earliest, latest] = [facts.from - facts.edge, facts.until + facts.edge];
  const reaches = latest - earliest >= 1440 ? within(begins, length, 0, 1440) : within(begins, length, earliest, latest);
  return reaches ? "edge" : "night";
}

/** Whether a time lies within hours of one day, which may run past midnight. */
function within(begins, length, earliest, latest) {
  const open = mod(latest - earliest) || 1440;
  return [begins - earliest, begins + 1440 - earliest].some((after) => after >= 0 && after + length <= open);
}

function mod(minute) {
  return ((minute % 1440) + 1440) % 1440;
}
