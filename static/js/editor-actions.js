// What a card's menu and the page's buttons do, each by the same address as its plain form.

import { openDialog } from "./editor-dialog.js";
import { Forms } from "./editor-forms.js";
import { Menu } from "./editor-menu.js";
import { Selection } from "./editor-select.js";
import { clock, fill } from "./editor-words.js";

export function offerActions(root, board, here, hand, saving, view, focus, say) {
  const { words } = board;
  const selection = new Selection(root, board, hand, saving, say);
  view.selection = selection;
  focus.isSelected = (code) => selection.has(code);
  hand.company = (card) => selection.company(card);
  Object.defineProperty(view, "isSelecting", { get: () => selection.isMode });
  view.select = (card, isRange) => selection.toggle(card, isRange);

  const forms = new Forms(root, words, say, async (text) => {
    await saving.refresh(text || words.saved);
  });
  const timesOf = (code, day) => `${here}/slots/${code}/times?day=${day}`;
  const formOf = (card) => `${here}/slots/${card.dataset.slot}`;
  view.openForm = (card) => forms.open(formOf(card), card.querySelector("[data-pick]"));

  const actions = {
    form: view.openForm,
    repeat: (card) => saving.together({ action: "repeat" }, [board.facts(card)]),
    remove: (card) => saving.together({ action: "remove" }, [board.facts(card)]),
    times: (card) => location.assign(timesOf(card.dataset.slot, card.dataset.start.slice(0, 10) || board.bands[0].day)),
    hold: (card) => hand.pickUp(card, "click"),
    swap: askForOther,
    "copy-break": (card) => saving.together({ action: "copy-break" }, [board.facts(card)]),
    shift: (card) => shift(board.facts(card)),
    select: (card) => selection.toggle(card),
    off: (card) => hand.takeOff(card),
    open: view.openSession,
  };
  const fits = (name, facts) => {
    const isPlaced = facts.room !== null;
    const isPause = facts.kind === "break" || facts.kind === "blocker";
    return {
      form: { href: `${here}/slots/${facts.code}` },
      times: { href: timesOf(facts.code, facts.room ? facts.day : board.bands[0].day) },
      repeat: { shown: !isPause },
      remove: { shown: isPause || facts.isRepeated },
      swap: { shown: isPlaced },
      "copy-break": { shown: isPlaced && isPause },
      shift: { shown: isPlaced },
      select: { checked: selection.has(facts.code) },
      off: { shown: isPlaced },
      open: { href: view.sessionAddress(facts.session) },
    }[name] ?? {};
  };
  view.menu = new Menu(root, board, actions, fits);

  /** The next card that is chosen changes places with this one. */
  function askForOther(card) {
    const one = board.facts(card);
    hand.putBack();
    root.classList.add("editor--asking");
    card.classList.add("card--held");
    say(fill(words.swap_with, { title: one.title }));
    hand.asking = async (other) => {
      if (other && !other.dataset.start) return; // only what stands on the grid has a place to give
      hand.asking = null;
      root.classList.remove("editor--asking");
      board.card(one.code)?.classList.remove("card--held");
      if (!other || other.dataset.slot === one.code) {
        say(words.cancelled);
        return;
      }
      await saving.together({ action: "swap" }, [one, board.facts(other)]);
      focus.keepFocus(board.card(one.code));
    };
    focus.keepFocus(card);
  }

  // Shifting everything from a time on

  const dialog = root.querySelector("[data-shift-dialog]");
  root.querySelector("[data-shift]")?.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const first = board.placed().sort((a, b) => (a.day === b.day ? a.minute - b.minute : a.day < b.day ? -1 : 1))[0];
    shift({ day: board.bands[0].day, minute: board.bands[0].first, ...first, room: "" });
  });

  function shift({ day, minute, room }) {
    const form = dialog.querySelector("form");
    const { elements } = form;
    elements.day.value = day;
    elements.from.value = clock(minute);
    elements.room.value = dialog.dataset.lastRoom === "all" ? "" : (room && elements.room.value && room) || "";
    form.oninput = preview;
    preview();
    openDialog(dialog, async (fields) => {
      const body = { action: "shift", minutes: Number(fields.minutes.value), from: `${fields.day.value}T${fields.from.value}`, day: board.day };
      if (fields.room.value) body.room = fields.room.value;
      return saving.together(body, []);
    });
  }

  function preview() {
    const { day, from, room } = dialog.querySelector("form").elements;
    const out = dialog.querySelector("[data-preview]");
    if (!board.band(day.value)) {
      out.textContent = words.shift_unseen; // that day is not on the page: the server knows
      return;
    }
    const [hour, minutes] = from.value.split(":").map(Number);
    const count = board.placed().filter((one) => one.day === day.value && one.minute >= hour * 60 + minutes && (!room.value || one.room === room.value)).length;
    out.textContent = count === 1 ? words.shift_one : fill(words.shift_count, { count });
  }

  const help = root.querySelector("[data-help]");
  help.hidden = false;
  help.addEventListener("click", () => view.help());
  view.help = () => root.querySelector("[data-help-dialog]").showModal();
}
