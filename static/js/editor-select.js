// Several cards at once: which are selected, the bar that says so, and what is done with all of them together.

import { openDialog } from "./editor-dialog.js";
import { fill } from "./editor-words.js";

export class Selection {
  constructor(root, board, hand, saving, say) {
    this.board = board;
    this.hand = hand;
    this.saving = saving;
    this.say = say;
    this.codes = new Set();
    this.last = null;
    this.bar = root.querySelector("[data-selection]");
    this.mode = root.querySelector("[data-select-mode]");
    this.dialog = root.querySelector("[data-move-dialog]");
    this.mode.hidden = false;
    this.mode.addEventListener("click", () => this.setMode(!this.isMode));
    this.bar.addEventListener("click", (event) => {
      const action = event.target.closest("[data-together]")?.dataset.together;
      if (action) this.act(action);
    });
  }

  get isMode() {
    return this.mode.getAttribute("aria-pressed") === "true";
  }

  setMode(isOn) {
    this.mode.setAttribute("aria-pressed", String(isOn));
    if (isOn) this.say(this.board.words.select_mode);
    else this.clear();
  }

  has(code) {
    return this.codes.has(code);
  }

  get cards() {
    return [...this.codes].map((code) => this.board.card(code)).filter(Boolean);
  }

  /** The other cards that are picked up with this one. */
  company(card) {
    return this.has(card.dataset.slot) ? this.cards.filter((other) => other !== card) : [];
  }

  /** Select a card, or no longer; with `isRange` all from the last one to it, within a room. */
  toggle(card, isRange = false) {
    const { slot } = card.dataset;
    const last = this.last && this.board.card(this.last);
    if (isRange && last && last !== card && last.parentElement === card.parentElement) {
      const cards = [...card.parentElement.children].filter((one) => one.dataset.slot);
      const [from, to] = [cards.indexOf(last), cards.indexOf(card)].sort((a, b) => a - b);
      for (const one of cards.slice(from, to + 1)) this.codes.add(one.dataset.slot);
    } else if (this.has(slot)) this.codes.delete(slot);
    else this.codes.add(slot);
    this.last = slot;
    this.show();
    this.tell();
  }

  tell() {
    this.say(fill(this.board.words.selected, { count: this.codes.size }), "quiet");
  }

  add(card) {
    this.codes.add(card.dataset.slot);
    this.last = card.dataset.slot;
    this.show();
  }

  clear() {
    this.codes.clear();
    this.last = null;
    this.mode.setAttribute("aria-pressed", "false");
    this.show();
  }

  /** Cards that are no more are no longer selected. */
  show() {
    for (const code of this.codes) if (!this.board.card(code) && !this.saving.cards.isElsewhere(code)) this.codes.delete(code);
    for (const card of this.board.root.querySelectorAll(".card--selected")) card.classList.toggle("card--selected", this.has(card.dataset.slot));
    for (const card of this.cards) card.classList.add("card--selected");
    const { size } = this.codes;
    this.bar.hidden = size === 0;
    this.bar.querySelector("[data-selection-count]").textContent = fill(this.board.words.selected, { count: size });
    const placed = this.placed().length;
    this.bar.querySelector("[data-together=swap]").disabled = size !== 2 || placed !== 2;
    this.bar.querySelector("[data-together=move]").disabled = placed === 0;
    this.bar.querySelector("[data-together=unschedule]").disabled = placed === 0;
  }

  placed() {
    return this.cards.map((card) => this.board.facts(card)).filter(({ room }) => room);
  }

  async act(action) {
    if (action === "none") {
      this.clear();
      this.say(this.board.words.selected_none);
      return;
    }
    const slots = this.placed();
    if (action !== "move") {
      if (await this.saving.together({ action }, slots)) this.clear();
      return;
    }
    const { words } = this.board;
    this.dialog.querySelector("[data-preview]").textContent = fill(words.selected, { count: slots.length });
    openDialog(this.dialog, async (form) => {
      const body = { action, minutes: Number(form.minutes.value), days: Number(form.days.value), rooms: Number(form.rooms.value) };
      return this.saving.together(body, slots);
    });
  }
}
