// What can be done with one card, in a menu: every action by clicks alone, and by keys.

export class Menu {
  /** `actions` maps the name of an item to what it does with the card; `fits` says which items a card has. */
  constructor(root, board, actions, fits) {
    this.board = board;
    this.element = root.querySelector("[data-menu]");
    this.card = null;
    root.addEventListener("click", (event) => {
      const more = event.target.closest("[data-more]");
      if (!more || event.ctrlKey || event.metaKey || event.button) return;
      event.preventDefault();
      const card = more.closest("[data-slot]");
      if (this.card === card) this.close();
      else this.open(card, more);
    });
    this.element.addEventListener("click", (event) => {
      const item = event.target.closest("[data-do]");
      if (!item || !this.card) return;
      const { card } = this;
      event.preventDefault();
      this.close();
      actions[item.dataset.do](card, event);
    });
    this.element.addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("pointerdown", (event) => {
      if (this.card && !this.element.contains(event.target) && !event.target.closest("[data-more]")) this.close();
    });
    this.element.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !this.element.contains(event.relatedTarget)) this.close();
    });
    board.grid.addEventListener("scroll", () => this.close(), { passive: true });
    this.fits = fits;
  }

  get items() {
    return [...this.element.querySelectorAll("[data-do]:not([hidden])")];
  }

  open(card, anchor = card.querySelector("[data-pick]")) {
    this.close();
    this.card = card;
    this.anchor = anchor;
    const facts = this.board.facts(card);
    for (const item of this.element.querySelectorAll("[data-do]")) {
      const { shown = true, href, checked } = this.fits(item.dataset.do, facts);
      item.hidden = !shown;
      if (href) item.href = href;
      if (checked !== undefined) item.setAttribute("aria-checked", String(checked));
    }
    this.element.hidden = false;
    anchor.setAttribute("aria-expanded", "true");
    const box = anchor.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const beside = document.dir === "rtl" ? box.right - width : box.left;
    const left = Math.max(8, Math.min(beside, window.innerWidth - width - 8));
    const below = box.bottom + 4;
    const top = below + height < window.innerHeight - 8 ? below : Math.max(8, box.top - height - 4);
    this.element.style.transform = `translate(${left}px, ${Math.min(top, Math.max(8, window.innerHeight - height - 8))}px)`;
    this.items[0].focus({ preventScroll: true });
  }

  close() {
    if (!this.card) return;
    this.card = null;
    this.anchor.removeAttribute("aria-expanded");
    if (this.element.contains(document.activeElement)) {
      const back = this.anchor.offsetParent ? this.anchor : this.anchor.closest("[data-slot]")?.querySelector("[data-pick]");
      back?.focus({ preventScroll: true });
    }
    this.element.hidden = true;
  }

  key(event) {
    const { items } = this;
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) items[(to + items.length) % items.length].focus();
    else if (event.key === "Escape" || event.key === "Tab") this.close();
    else if (event.key.length === 1) items.find((item) => item !== document.activeElement && item.textContent.trim().toLocaleLowerCase().startsWith(event.key.toLocaleLowerCase()))?.focus();
    else return;
    if (event.key !== "Tab") event.preventDefault();
    event.stopPropagation();
  }
}
