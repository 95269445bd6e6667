// What is put down goes to the server; what the server answers is taken in, and how things stand is read again.

import { make, wall } from "./editor-board.js";
import { Cards } from "./editor-cards.js";
import { ask, paragraph, versions } from "./editor-dialog.js";
import { read, send } from "./editor-server.js";
import { Steps } from "./editor-steps.js";
import { fill } from "./editor-words.js";

const MANY = 100; // cards: more than these are not asked for one by one

export class Saving {
  /** `here` is the address of the editor. */
  constructor(root, board, here, hand, focus, say) {
    this.root = root;
    this.board = board;
    this.words = board.words;
    this.here = here;
    this.hand = hand;
    this.focus = focus;
    this.say = say;
    this.steps = new Steps(root, this.words);
    this.searchForm = root.querySelector("[data-search]");
    this.version = Number(root.dataset.version);
    this.isLost = false;
    this.changes = 0; // how many answers were taken in: a state read before the last of them is old
    this.readLater = false; // a card was in the hand when a fresh state came
    this.cards = new Cards(root, board, focus);
    this.redrawn = () => {};
  }

  isBusy() {
    return this.hand.held || this.hand.press || this.root.querySelector(".card--pending");
  }

  catchUp() {
    if (!this.readLater || this.isBusy()) return;
    this.readLater = false;
    this.refresh();
  }

  async save(card, from, to, more = {}) {
    const { board } = this;
    const body = {
      room: to.room,
      start: to.room ? wall(to.day, to.minute) : null,
      length: to.length,
      revision: from.revision,
      day: board.day,
      ...more,
    };
    const before = this.cards.asItStands(card, from);
    board.settle(card, to);
    card.classList.add("card--pending");
    this.focus.keepFocus(card);
    this.say(this.words.saving);
    const { status, data } = await send(`${this.here}/slots/${from.code}`, body);
    if (status === 200) {
      this.take(data);
      return true;
    }
    this.cards.forget(from.code);
    const again = this.cards.adopt([before]).get(from.code); // back where it was
    this.focus.keepFocus(again);
    if (data.choices) return this.whichHour(again, from, to, data);
    if (status === 409 && data.card) return this.stale(from, to, data);
    this.failed(status, data, from.title);
    return false;
  }

  /** Several cards at once: all of it is done, or none. Resolves to true, or to the sentence that says why not. */
  async together(body, slots, again = 0) {
    const { board } = this;
    for (const { code } of slots) board.card(code)?.classList.add("card--pending");
    this.say(this.words.saving);
    const sent = { ...body, slots: slots.map(({ code, revision }) => ({ code, revision })), day: body.day ?? board.day };
    const { status, data } = await send(`${this.here}/together`, sent);
    for (const { code } of slots) board.card(code)?.classList.remove("card--pending");
    if (status === 200) {
      this.take(data);
      return true;
    }
    if (status === 409 && again < 3 && (data.card || data.cards)) return this.staleTogether(body, slots, data, again);
    this.failed(status, data, slots.length === 1 ? slots[0].title : "");
    return data.message ?? this.words.not_done;
  }

  failed(status, data, title) {
    if (status === 0) this.lost(title);
    else if (status === 401) this.say(this.words.signed_out, "bad");
    else {
      this.say([data.message, title ? fill(this.words.failed, { title }) : this.words.not_done].filter(Boolean).join(" "), "bad");
      if (status === 404) this.refresh();
    }
  }

  /** Take in what the server says has changed. */
  take(data) {
    this.changes += 1;
    this.learn(data);
    const focused = this.focus.inFocus();
    const renumbered = this.cards.renumbered(data.changed ?? [], data.removed ?? []);
    this.cards.adopt(data.changed ?? []);
    this.cards.remove(data.removed ?? []);
    if (focused) this.focus.keepFocus(this.board.card(focused));
    this.focus.rove();
    this.sides(data);
    this.say(data.said ?? "", data.conflicts?.length ? "clash" : "");
    this.back();
    this.redrawn();
    this.catchUp();
    const siblings = this.cards.slotsOf(renumbered, data.changed ?? []);
    if (siblings.length) this.takeSlots(siblings);
  }

  learn({ differences, version }) {
    for (const [zone, known] of Object.entries(differences ?? {})) this.board.zones[zone] ??= known;
    if (version) this.version = Math.max(this.version, version);
  }

  /** The lists around the grid. */
  sides(data) {
    const put = (selector, html) => {
      const part = this.root.querySelector(selector);
      if (html === undefined || part.dataset.html === html) return;
      const isOpen = part.querySelector("details")?.open;
      const hadFocus = part.contains(document.activeElement);
      part.dataset.html = html;
      part.innerHTML = html; // our own template, escaped on the server
      const details = part.querySelector("details");
      if (details && isOpen) details.open = true;
      if (hadFocus) (part.querySelector("[aria-current], summary, a") ?? part).focus({ preventScroll: true });
    };
    put("[data-clashes]", data.clashes);
    put("[data-tabs]", data.tabs);
    this.steps.show(data);
  }

  async whichHour(card, from, to, data) {
    const choices = [...data.choices.map(({ fold, label }) => ({ label, value: fold })), { label: this.words.cancel, value: null }];
    const fold = await ask(this.words.which, [paragraph(data.message)], choices);
    if (fold === null) this.say(this.words.cancelled);
    else await this.save(card ?? this.board.card(from.code), from, to, { fold });
    this.focus.keepFocus(this.board.card(from.code));
    return fold !== null;
  }

  /** Someone else was first: their version stands, both are shown, and the organiser decides. */
  async stale(from, to, data) {
    const card = this.cards.adopt([data.card]).get(data.card.code);
    this.say(data.message, "bad");
    const answer = await this.whichVersion(data, from.title);
    if (answer === "mine") {
      const facts = card ? this.board.facts(card) : { ...from, revision: data.card.revision };
      await this.save(card ?? this.focus.upgrade(make(data.card.html)), facts, to);
    } else await this.refresh();
    this.focus.keepFocus(this.board.card(from.code));
    return answer === "mine";
  }

  async staleTogether(body, slots, data, again) {
    const theirs = data.cards ?? [data.card];
    this.cards.adopt(theirs);
    this.say(data.message, "bad");
    const { code: changed } = data.card ?? theirs[0];
    const title = slots.find(({ code }) => code === changed)?.title ?? this.board.card(changed)?.dataset.title ?? "";
    if ((await this.whichVersion(data, title)) !== "mine") {
      await this.refresh();
      return data.message;
    }
    const fresh = new Map(theirs.map(({ code, revision }) => [code, revision]));
    return this.together(body, slots.map((slot) => ({ ...slot, revision: fresh.get(slot.code) ?? slot.revision })), again + 1);
  }

  whichVersion(data, title) {
    const { words } = this;
    const told = data.mine && data.theirs ? [versions(data.mine, data.theirs, words.mine, words.theirs)] : [];
    return ask(words.stale, [paragraph(`${title}: ${data.message}`), ...told], [
      { label: words.keep_theirs, value: "theirs" },
      { label: words.use_mine, value: "mine" },
    ]);
  }

  lost(title) {
    this.say(fill(this.words.lost, { title }), "bad");
    if (this.isLost) return;
    this.isLost = true;
    this.root.classList.add("editor--lost");
    const again = async () => {
      // The answer may have been lost rather than the change: read how things stand.
      if (!(await this.refresh(this.words.found))) setTimeout(again, 3000);
    };
    setTimeout(again, 3000);
  }

  back() {
    this.isLost = false;
    this.root.classList.remove("editor--lost");
  }

  /** What is asked for, as the address has it. */
  query(more = {}) {
    const query = new URLSearchParams(location.search);
    query.delete("room"); // every room is in the page, the hidden ones too
    for (const [name, value] of [...new FormData(this.searchForm), ["day", this.board.day], ...Object.entries(more)]) {
      if (["day", "q", "sort", "track", "kind", "length", "language", "unconfirmed", "slots", "part"].includes(name)) query.set(name, value);
    }
    if (!this.searchForm.elements.unconfirmed.checked) query.delete("unconfirmed");
    return query;
  }

  async refresh(text = "", day = this.board.day) {
    const asOf = this.changes;
    const { status, data } = await read(`${this.here}.json?${this.query({ day })}`);
    if (status !== 200) return false;
    // Nothing is taken out of the hand, nor from under a finger that has just come down.
    if (this.isBusy() && day === this.board.day) {
      this.readLater = true;
      return true;
    }
    if (asOf !== this.changes) return this.refresh(text, day);
    this.takeAll(data);
    if (text) this.say(text);
    return true;
  }

  /** Take in everything that is shown. A card in the hand stays in the hand. */
  takeAll(data) {
    const focused = this.focus.inFocus();
    this.root.dataset.day = data.day;
    this.board.zones = { ...this.board.zones, ...data.differences };
    this.board.setBands(data.bands);
    const there = new Set([...data.cards, ...data.waiting].map(({ code }) => code));
    for (const card of this.root.querySelectorAll("[data-slot]")) {
      if (there.has(card.dataset.slot)) continue;
      this.cards.forget(card.dataset.slot);
      card.remove();
    }
    this.cards.adopt(data.cards);
    this.takeWaiting(data);
    if (data.version) this.version = Math.max(this.version, data.version);
    this.sides(data);
    this.back();
    this.focus.rove();
    if (focused) this.focus.keepFocus(this.board.card(focused));
    this.redrawn();
  }

  /** The list of what waits, in the order the server gives it. */
  takeWaiting({ waiting, waiting_note: note, waiting_total: total }) {
    const there = new Set(waiting.map(({ code }) => code));
    const list = this.board.list(null);
    for (const card of [...list.children]) if (!there.has(card.dataset.slot)) card.remove();
    this.cards.adopt(waiting);
    waiting.forEach(({ code }, index) => {
      const card = this.board.card(code);
      if (card && list.children[index] !== card) list.insertBefore(card, list.children[index] ?? null);
    });
    this.root.querySelector("[data-waiting-note]").textContent = note;
    this.root.querySelector("[data-waiting-total]").textContent = total;
  }

  /** Another search or order: only the list is read anew. */
  async readWaiting() {
    const asOf = this.changes;
    const { status, data } = await read(`${this.here}.json?${this.query({ part: "waiting" })}`);
    if (status !== 200 || this.isBusy()) return false;
    if (asOf !== this.changes) return this.readWaiting();
    this.takeWaiting(data);
    this.focus.rove();
    this.redrawn();
    return true;
  }

  /** Read these slots anew, as somebody else has changed them. False when it has to be asked again. */
  async takeSlots(codes) {
    if (this.isBusy()) {
      this.readLater = true;
      return true;
    }
    const asOf = this.changes;
    // A change of one card may take the badge from another: those that clash are read along.
    const clashing = [...this.root.querySelectorAll(".card--clash")].map((card) => card.dataset.slot);
    if (clashing.length > MANY) return this.refresh();
    const asked = new Set([...codes, ...clashing]);
    const { status, data } = await read(`${this.here}.json?${this.query({ slots: [...asked].join(",") })}`);
    if (status !== 200) return false;
    if (this.isBusy()) {
      this.readLater = true;
      return true;
    }
    if (asOf !== this.changes) return this.takeSlots(codes);
    const focused = this.focus.inFocus();
    this.learn(data);
    const bands = data.bands.map(({ day }) => day).join();
    if (bands !== this.board.bands.map(({ day }) => day).join()) return this.refresh();
    this.board.setBands(data.bands);
    const items = [...data.cards, ...data.waiting];
    const siblings = this.cards.slotsOf(this.cards.renumbered(items, data.removed), items);
    this.cards.adopt(items);
    this.cards.remove(data.removed);
    this.root.querySelector("[data-waiting-note]").textContent = data.waiting_note;
    this.root.querySelector("[data-waiting-total]").textContent = data.waiting_total;
    this.sides(data);
    if (focused) this.focus.keepFocus(this.board.card(focused));
    this.focus.rove();
    this.redrawn();
    return siblings.length ? this.takeSlots(siblings) : true;
  }

  /** Undo or redo. */
  async turn(which) {
    const form = this.steps.form(which);
    if (form.querySelector("button").disabled || this.isTurning) return;
    this.hand.putBack();
    this.isTurning = true;
    const { status, data } = await send(form.action, { day: this.board.day, step: form.elements.step.value });
    this.isTurning = false;
    if (status === 200) {
      this.take(data);
      const first = data.changed?.find(({ code }) => this.board.card(code));
      if (first && !document.activeElement?.closest("[data-undo], [data-redo]")) this.focus.keepFocus(this.board.card(first.code));
    } else if (status === 0) this.lost("");
    else {
      await this.refresh();
      this.say(data.message ?? this.words.not_done, "bad");
    }
  }
}
