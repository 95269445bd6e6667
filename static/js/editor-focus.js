// Cards as the script has them: what can be picked up, and one stop for the tab key in the list and one on the grid.

export class Focus {
  constructor(root, board, isReadOnly) {
    this.board = board;
    this.isReadOnly = isReadOnly;
    this.isSelected = () => false;
    root.addEventListener("focusin", (event) => {
      const pick = event.target.closest("[data-pick]");
      const area = pick?.closest("[data-tray], [data-grid]");
      if (!area) return;
      for (const other of area.querySelectorAll("[data-pick][tabindex='0'], .card__move[tabindex='0']")) other.tabIndex = -1;
      pick.tabIndex = 0;
      const more = pick.closest("[data-slot]").querySelector(".card__move");
      if (more) more.tabIndex = 0;
    });
  }

  upgrade(card) {
    if (!card) return null;
    const pick = card.querySelector("[data-pick]");
    pick.tabIndex = -1;
    if (this.isReadOnly) return card;
    pick.setAttribute("role", "button");
    pick.setAttribute("aria-pressed", "false");
    pick.setAttribute("aria-describedby", "editor-keys");
    const more = card.querySelector(".card__move");
    more.tabIndex = -1;
    more.setAttribute("role", "button");
    more.setAttribute("aria-haspopup", "menu");
    more.querySelector("[data-more-word]").textContent = this.board.words.more;
    for (const part of card.querySelectorAll("[data-grip], [data-edge]")) part.hidden = false;
    if (card.dataset.start && !card.querySelector("[data-edge=start]")) {
      const top = document.createElement("span");
      top.className = "card__edge card__edge--top";
      top.dataset.edge = "start";
      card.append(top);
    }
    card.classList.toggle("card--selected", this.isSelected(card.dataset.slot));
    return card;
  }

  /** The code of the card that has the focus: what replaces it gets the focus again. */
  inFocus() {
    return document.activeElement?.closest("[data-slot]")?.dataset.slot;
  }

  keepFocus(card) {
    const pick = card?.querySelector("[data-pick]");
    if (pick && document.querySelector("dialog[open]") === null) pick.focus({ preventScroll: true });
    this.rove();
  }

  /** One stop for the tab key in the list and one on the grid; arrow keys go from card to card. */
  rove() {
    for (const area of [this.board.tray, this.board.grid]) {
      if (area.querySelector("[data-pick][tabindex='0']")) continue;
      const pick = [...area.querySelectorAll("[data-pick]")].find((one) => !one.closest("[hidden]"));
      if (pick) pick.tabIndex = 0;
    }
  }
}
