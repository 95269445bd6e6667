// What is seen: the day or all days, the size, the rooms, the list's order. It stands in the address, so that it can be
// kept and sent on; the size and the step of a drag are remembered in this browser as well.

const REMEMBERED = "meridian-editor";

export class View {
  constructor(root, board, hand, saving, say) {
    this.root = root;
    this.board = board;
    this.hand = hand;
    this.saving = saving;
    this.say = say;
    this.isReadOnly = "readOnly" in root.dataset;
    this.remembered = this.recall();
    this.days_();
    this.sizes();
    this.roomBoxes();
    this.list();
    this.drops();
    this.toFirst();
    saving.redrawn = () => this.dress();
    this.dress();
  }

  recall() {
    try {
      return JSON.parse(localStorage.getItem(REMEMBERED)) ?? {};
    } catch {
      return {}; // no storage, or nonsense in it
    }
  }

  remember(what) {
    Object.assign(this.remembered, what);
    try {
      localStorage.setItem(REMEMBERED, JSON.stringify(this.remembered));
    } catch {
      // not remembered, then
    }
  }

  /** Put something into the address: null takes it out. */
  address(name, value, { push = false } = {}) {
    const url = new URL(location.href);
    url.hash = "";
    url.searchParams.delete(name);
    for (const one of [value].flat()) if (one !== null && one !== "") url.searchParams.append(name, one);
    history[push ? "pushState" : "replaceState"](null, "", url);
    this.dress();
  }

  /** Links of the page lead to what is seen now, but for what each of them changes. */
  dress() {
    const now = new URLSearchParams(location.search);
    for (const tab of this.root.querySelectorAll("[data-day-tab]")) {
      now.set("day", tab.dataset.dayTab);
      tab.search = now;
    }
    const hours = this.root.querySelector("[data-keeps=hours]");
    const query = new URLSearchParams(location.search);
    if (query.get("hours") === "all") query.delete("hours");
    else query.set("hours", "all");
    query.set("day", this.board.day);
    hours.search = query;
    this.selection?.show();
  }

  // Days

  days() {
    return [...this.root.querySelectorAll("[data-day-tab]")].map((tab) => tab.dataset.dayTab).filter((day) => day !== "all");
  }

  days_() {
    this.root.querySelector("[data-tabs]").addEventListener("click", (event) => {
      const tab = event.target.closest("[data-day-tab]");
      if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.openDay(tab.dataset.dayTab);
    });
    window.addEventListener("popstate", () => this.openDay(new URLSearchParams(location.search).get("day") ?? "", false));
    this.root.addEventListener("click", (event) => {
      const link = event.target.closest("[data-clashes] a[href^='#slot-']");
      if (!link) return;
      event.preventDefault();
      this.showCard(link.hash.slice("#slot-".length));
    });
  }

  /** Show another day, or "all"; a card in the hand stays there. */
  async openDay(day, push = true) {
    if (day === this.board.day) return true;
    const { held } = this.hand;
    if (!(await this.saving.refresh("", day))) {
      this.say(this.board.words.not_read, "bad");
      return false;
    }
    if (push) this.address("day", this.board.day, { push: true });
    if (held && this.hand.held === held) {
      const card = this.board.card(held.code);
      if (card) {
        held.card = card;
        card.classList.add("card--held");
      }
      held.others = this.board.placed().filter(({ code }) => code !== held.code && !held.group.some((one) => one.code === code));
      this.board.measured = null;
      this.hand.placeShown = "";
    }
    return true;
  }

  /** Bring a card into sight and focus it, whatever room or day hides it. */
  showCard(code) {
    const card = this.board.card(code);
    if (!card) return;
    const column = card.closest("[data-column]");
    if (column?.hidden) this.showRooms((room) => room === column.dataset.column || this.board.isShown(room));
    card.scrollIntoView({ block: "center", inline: "center" });
    card.querySelector("[data-pick]").focus({ preventScroll: true });
  }

  /** A page opened without a place in its address shows the first session rather than the early morning. */
  toFirst() {
    const [band] = this.board.bands;
    const minutes = this.board.placed().filter(({ day }) => day === band.day).map(({ minute }) => minute);
    if (location.hash || !minutes.length) return;
    const height = band.columns[0].list.getBoundingClientRect().height || 1;
    const first = Math.min(...minutes) - 45 - band.first;
    if (first > 0) this.board.grid.scrollTo({ top: (first / (band.end - band.first)) * height, behavior: "instant" });
  }

  // Size and step

  sizes() {
    const asked = new URLSearchParams(location.search).get("zoom");
    if (!asked && this.remembered.zoom) this.zoom(this.remembered.zoom);
    else this.zoom(Number(this.root.dataset.zoom), false);
    for (const link of this.root.querySelectorAll("[data-zoom-by]")) {
      link.setAttribute("role", "button");
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.zoom(Number(this.root.dataset.zoom) + Number(link.dataset.zoomBy));
      });
      link.addEventListener("keydown", (event) => {
        if (event.key !== " ") return;
        event.preventDefault();
        link.click();
      });
    }
    const step = this.root.querySelector("[data-step]");
    if (!step) return;
    this.root.querySelector("[data-step-box]").hidden = false;
    if ([...step.options].some(({ value }) => Number(value) === this.remembered.step)) step.value = this.remembered.step;
    this.hand.step = Number(step.value);
    step.addEventListener("change", () => {
      this.hand.step = Number(step.value);
      this.remember({ step: this.hand.step });
    });
  }

  zoom(asked, isChoice = true) {
    const size = Math.max(1, Math.min(3, asked));
    const { grid } = this.board;
    // The time in the middle of the window stays there.
    const middle = (grid.scrollTop + grid.clientHeight / 2) / grid.scrollHeight;
    this.root.classList.add("editor--still");
    this.root.classList.remove("zoom1", "zoom2", "zoom3");
    this.root.classList.add(`zoom${size}`);
    this.root.dataset.zoom = size;
    this.board.measured = null;
    if (grid.scrollTop) grid.scrollTo({ top: middle * grid.scrollHeight - grid.clientHeight / 2, behavior: "instant" });
    requestAnimationFrame(() => this.root.classList.remove("editor--still"));
    for (const link of this.root.querySelectorAll("[data-zoom-by]")) {
      link.setAttribute("aria-disabled", String(size + Number(link.dataset.zoomBy) < 1 || size + Number(link.dataset.zoomBy) > 3));
    }
    if (!isChoice) return;
    this.remember({ zoom: size });
    this.address("zoom", String(size));
  }

  // Rooms

  roomBoxes() {
    const form = this.root.querySelector("[data-rooms]");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", () => {
      const wanted = new Set(new FormData(form).getAll("room"));
      if (wanted.size) this.showRooms((room) => wanted.has(room));
      else {
        this.say(this.board.words.one_room, "bad");
        this.showRooms((room) => this.board.isShown(room)); // the last one stays
      }
    });
    this.root.querySelector("[data-all-rooms]").addEventListener("click", (event) => {
      event.preventDefault();
      this.showRooms(() => true);
    });
  }

  showRooms(isWanted) {
    const { rooms, bands, words } = this.board;
    const shown = rooms.map(({ code }) => code).filter(isWanted);
    for (const band of bands) for (const { code, element } of band.columns) element.hidden = !shown.includes(code);
    for (const box of this.root.querySelectorAll("[data-rooms] [name=room]")) box.checked = shown.includes(box.value);
    const isAll = shown.length === rooms.length;
    this.root.querySelector("[data-rooms-count]").textContent = isAll ? rooms.length : words.some_of.replace("{shown}", shown.length).replace("{count}", rooms.length);
    this.board.measured = null;
    this.address("room", isAll ? null : shown);
  }

  // The list of what waits

  list() {
    const { searchForm } = this.saving;
    let waiting = 0;
    const later = (milliseconds) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        for (const name of ["q", "sort", "track", "kind", "length", "language", "unconfirmed"]) {
          const field = searchForm.elements[name];
          if (field) this.address(name, field.type === "checkbox" && !field.checked ? null : field.value);
        }
        this.saving.readWaiting();
      }, milliseconds);
    };
    searchForm.addEventListener("submit", (event) => {
      event.preventDefault();
      later(0);
    });
    searchForm.addEventListener("input", (event) => later(event.target.type === "search" ? 250 : 0));
  }

  /** An opened list closes by Escape and by a click elsewhere. */
  drops() {
    window.addEventListener("pointerdown", (event) => {
      for (const drop of this.root.querySelectorAll("[data-drop][open]")) if (!drop.contains(event.target)) drop.open = false;
    });
    this.root.addEventListener("keydown", (event) => {
      const drop = this.root.querySelector("[data-drop][open]");
      if (event.key !== "Escape" || !drop || event.target.closest("dialog")) return;
      drop.open = false;
      drop.querySelector("summary").focus();
      event.stopPropagation();
    });
    // What is chosen from a list of actions closes it.
    this.root.addEventListener("click", (event) => {
      if (event.target.closest("[data-tools-menu] li > *")) event.target.closest("[data-tools-menu]").open = false;
    });
  }
}
