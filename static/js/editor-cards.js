// Cards as the server writes them: taken into the page, left alone when they are the same, removed.

import { make } from "./editor-board.js";

export class Cards {
  constructor(root, board, focus) {
    this.root = root;
    this.board = board;
    this.focus = focus;
    this.elsewhere = new Set(); // cards known to stand on a day that is not shown
    this.written = new Map(); // the HTML each card was last written with: what is the same stays in place
  }

  isElsewhere(code) {
    return this.elsewhere.has(code);
  }

  /** What puts a card back as it stands before a change: where it is, and its HTML. */
  asItStands(card, { code, room }) {
    return { code, room, start: card.dataset.start, html: this.written.get(code) ?? asWritten(card) };
  }

  forget(code) {
    this.written.delete(code);
  }

  /** Write cards anew; the new elements by code. */
  adopt(items) {
    const touched = new Set();
    const cards = new Map();
    for (const item of items) {
      const there = this.board.card(item.code);
      if (there && this.written.get(item.code) === item.html && this.isThere(there, item)) {
        cards.set(item.code, there);
        continue;
      }
      this.written.set(item.code, item.html);
      const card = this.board.put(item, touched);
      if (card) {
        this.focus.upgrade(card);
        this.elsewhere.delete(item.code);
      } else this.elsewhere.add(item.code);
      cards.set(item.code, card);
    }
    for (const list of touched) this.board.tidy(list);
    return cards;
  }

  /** Whether the card is as it was written: where it stands, and not pending or half moved. */
  isThere(card, { room, start }) {
    const list = start ? this.board.list(room, start.slice(0, 10)) : this.board.list(null);
    return card.parentElement === list && card.dataset.start === (start || "") && !card.classList.contains("card--pending");
  }

  remove(codes) {
    for (const code of codes) {
      const card = this.board.card(code);
      const list = card?.parentElement;
      card?.remove();
      this.written.delete(code);
      this.elsewhere.delete(code);
      this.board.tidy(list);
    }
  }

  /** Sessions that have a slot more or less now: their other slots say "1 of 2" no longer. */
  renumbered(changed, removed) {
    const come = changed.filter(({ code }) => !this.board.card(code) && !this.isElsewhere(code)).map(({ html }) => make(html).dataset.session);
    const gone = removed.map((code) => this.board.card(code)?.dataset.session).filter(Boolean);
    return new Set([...come, ...gone]);
  }

  slotsOf(sessions, except) {
    if (!sessions.size) return [];
    const known = new Set(except.map(({ code }) => code));
    return [...this.root.querySelectorAll("[data-slot]")].filter(({ dataset }) => sessions.has(dataset.session) && !known.has(dataset.slot)).map(({ dataset }) => dataset.slot);
  }
}

/** The card as the server wrote it: without what the script has set, which no page may carry in its HTML. */
function asWritten(card) {
  const copy = card.cloneNode(true);
  copy.removeAttribute("style");
  copy.querySelector("[data-edge=start]")?.remove();
  copy.classList.remove("card--held", "card--selected", "card--pending");
  return copy.outerHTML;
}
