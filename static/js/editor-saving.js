// What is put down goes to the server; what the server answers is taken in, and how things stand is read again.

import { clock, fill } from "./editor-board.js";
import { ask, paragraph, versions } from "./editor-dialog.js";
import { read, send } from "./editor-server.js";

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
    this.undoForm = root.querySelector("[data-undo]");
    this.searchForm = root.querySelector("[data-search]");
    this.isLost = false;
    this.changes = 0; // how many answers were taken in: a state read before the last of them is old
    this.readLater = false; // a card was in the hand when a fresh state came
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
    const body = {
      room: to.room,
      start: to.room ? `${this.board.day}T${clock(to.minute)}` : null,
      length: to.length,
      revision: from.revision,
      day: this.board.day,
      ...more,
    };
    const before = { code: from.code, room: from.room, start: from.start, html: card.outerHTML };
    this.board.settle(card, to);
    card.classList.add("card--pending");
    this.focus.keepFocus(card);
    this.say(this.words.saving);
    const { status, data } = await send(`${this.here}/slots/${from.code}`, body);
    if (status === 200) {
      this.take(data);
      return;
    }
    const again = this.focus.upgrade(this.board.adopt(before)); // back where it was
    this.focus.keepFocus(again);
    if (data.choices) await this.whichHour(again, from, to, data);
    else if (status === 409 && data.card) await this.stale(from, to, data);
    else if (status === 0) this.lost(from.title);
    else if (status === 401) this.say(this.words.signed_out, "bad");
    else {
      this.say([data.message, fill(this.words.failed, from)].filter(Boolean).join(" "), "bad");
      if (status === 404) this.refresh();
    }
  }

  /** Take in what the server says has changed. */
  take(data) {
    this.changes += 1;
    Object.assign(this.board.zones, data.differences ?? {});
    const focused = this.focus.inFocus();
    for (const item of data.changed ?? []) this.focus.upgrade(this.board.adopt(item));
    if (focused) this.focus.keepFocus(this.board.card(focused));
    this.focus.rove();
    this.sides(data);
    const tone = data.conflicts?.length ? "clash" : "";
    this.say(data.said ?? "", tone);
    this.back();
    this.catchUp();
  }

  sides(data) {
    const put = (selector, html) => {
      const part = this.root.querySelector(selector);
      const isOpen = part.querySelector("details")?.open;
      part.innerHTML = html; // our own template, escaped on the server
      const details = part.querySelector("details");
      if (details && isOpen) details.open = true;
    };
    put("[data-clashes]", data.clashes);
    put("[data-tabs]", data.tabs);
    this.undoForm.elements.move.value = data.undo?.move ?? "";
    this.undoForm.querySelector("button").disabled = !data.undo;
    this.undoForm.querySelector("[data-undo-label]").textContent = data.undo?.label ?? this.words.nothing;
  }

  async whichHour(card, from, to, data) {
    const choices = [...data.choices.map(({ fold, label }) => ({ label, value: fold })), { label: this.words.cancel, value: null }];
    const fold = await ask(this.words.which, [paragraph(data.message)], choices);
    if (fold === null) this.say(this.words.cancelled);
    else await this.save(card, from, to, { fold });
    this.focus.keepFocus(this.board.card(from.code));
  }

  /** Someone else was first: their version stands, both are shown, and the organiser decides. */
  async stale(from, to, data) {
    const card = this.focus.upgrade(this.board.adopt(data.card));
    this.say(data.message, "bad");
    const answer = await ask(
      this.words.stale,
      [paragraph(`${from.title}: ${data.message}`), versions(data.mine, data.theirs, this.words.mine, this.words.theirs)],
      [
        { label: this.words.keep_theirs, value: "theirs" },
        { label: this.words.use_mine, value: "mine" },
      ],
    );
    if (answer === "mine" && card) await this.save(card, this.board.facts(card), to);
    else await this.refresh();
    this.focus.keepFocus(this.board.card(from.code));
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

  async refresh(text = "") {
    const asOf = this.changes;
    const query = new URLSearchParams({ day: this.board.day, q: this.searchForm.elements.q.value });
    const { status, data } = await read(`${this.here}.json?${query}`);
    if (status !== 200) return false;
    if (this.isBusy()) {
      this.readLater = true; // nothing is taken out of the hand, nor from under a finger that has just come down
      return true;
    }
    if (asOf !== this.changes) return this.refresh(text);
    const focused = this.focus.inFocus();
    Object.assign(this.board.zones, data.differences);
    for (const card of this.root.querySelectorAll("[data-slot]")) card.remove();
    for (const item of [...data.cards, ...data.waiting]) this.focus.upgrade(this.board.adopt(item));
    this.root.querySelector("[data-waiting-note]").textContent = data.waiting_note;
    this.sides(data);
    this.back();
    this.focus.rove();
    if (focused) this.focus.keepFocus(this.board.card(focused));
    if (text) this.say(text);
    return true;
  }

  async undo() {
    if (this.undoForm.querySelector("button").disabled) return;
    this.hand.putBack();
    const { status, data } = await send(this.undoForm.action, { day: this.board.day, move: this.undoForm.elements.move.value });
    if (status === 200) {
      this.take(data);
      this.focus.keepFocus(this.board.card(data.slot.code));
    } else if (status === 0) this.lost("");
    else {
      await this.refresh();
      this.say(data.message ?? fill(this.words.failed, { title: "" }), "bad");
    }
  }
}
