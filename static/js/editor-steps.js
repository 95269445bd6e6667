// Undo and redo by name, and the list of what was done.

export class Steps {
  constructor(root, words) {
    this.root = root;
    this.words = words;
  }

  form(which) {
    return this.root.querySelector(`[data-${which}]`);
  }

  /** What can be undone and redone now: {undo, redo, history}. */
  show({ undo, redo, history }) {
    if (!this.form("undo")) return; // who only looks has nothing to undo
    for (const [which, step, nothing] of [["undo", undo, this.words.nothing], ["redo", redo, this.words.nothing_again]]) {
      const form = this.form(which);
      form.elements.step.value = step?.step ?? "";
      const button = form.querySelector("button");
      const hadFocus = document.activeElement === button;
      button.disabled = !step;
      this.root.querySelector(`[data-${which}-label]`).textContent = step?.label ?? nothing;
      // A button that has just done its last keeps nobody's focus: its neighbour gets it.
      if (hadFocus && !step) (this.form(which === "undo" ? "redo" : "undo").querySelector("button:enabled") ?? this.root.querySelector("[data-drop] summary"))?.focus();
    }
    if (history) this.list(history);
  }

  list(history) {
    const list = document.createElement("ol");
    list.className = "history";
    list.setAttribute("role", "list");
    for (const { label, at, undone } of history) {
      const line = document.createElement("li");
      line.classList.toggle("history__undone", undone);
      const name = document.createElement("span");
      name.textContent = label;
      const when = document.createElement("small");
      when.textContent = undone ? `${at} · ${this.words.undone}` : at;
      line.append(name, " ", when);
      list.append(line);
    }
    if (history.length) this.root.querySelector("[data-history]").replaceChildren(list);
  }
}
