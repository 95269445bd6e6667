// Cards as the script has them: what can be picked up, and one stop for the tab key in the list and one on the grid.

export class Focus {
  constructor(root, board) {
    this.board = board;
    root.addEventListener("focusin", (event) => {
      const pick = event.target.closest("[data-pick]");
      const area = pick?.closest("[data-tray], [data-grid]");
      if (!area) return;
      for (const other of area.querySelectorAll("[data-pick][tabindex='0'], .card__move[tabindex='0']")) other.tabIndex = -1;
      pick.tabIndex = 0;
      pick.closest("[data-slot]").querySelector(".card__move").tabIndex = 0;
    });
  }

  upgrade(card) {
    if (!card) return null;
    const pick = card.querySelector("[data-pick]");
    pick.setAttribute("role", "button");
    pick.setAttribute("aria-pressed", "false");
    pick.setAttribute("aria-describedby", "editor-keys");
    pick.tabIndex = -1;
    card.querySelector(".card__move").tabIndex = -1;
    for (const part of card.querySelectorAll("[data-grip], [data-edge]")) part.hidden = false;
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
      const picks = [...area.querySelectorAll("[data-pick]")];
      if (picks.length && !picks.some((pick) => pick.tabIndex === 0)) picks[0].tabIndex = 0;
    }
  }
}
