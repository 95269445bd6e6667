// A question with a few answers, in the page's own dialog.

/** Ask; resolves to the value of the button pressed, or null when the dialog is left by Escape. */
export function ask(title, content, choices) {
  const dialog = document.createElement("dialog");
  dialog.className = "editor-dialog";
  const heading = document.createElement("h2");
  heading.textContent = title;
  heading.id = "editor-dialog-title";
  dialog.setAttribute("aria-labelledby", heading.id);
  const actions = document.createElement("div");
  actions.className = "actions";
  for (const [index, { label, value }] of choices.entries()) {
    const button = document.createElement("button");
    button.textContent = label;
    if (index) button.className = "quiet";
    button.addEventListener("click", () => {
      dialog.answer = value;
      dialog.close();
    });
    actions.append(button);
  }
  dialog.append(heading, ...content, actions);
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.answer ?? null);
    });
    dialog.showModal();
  });
}

export function paragraph(text) {
  const element = document.createElement("p");
  element.textContent = text;
  return element;
}

/** Two versions side by side; only what differs. */
export function versions(mine, theirs, mineLabel, theirsLabel) {
  const table = document.createElement("table");
  const row = (tag, cells) => {
    const line = table.insertRow();
    for (const cell of cells) {
      const element = document.createElement(tag);
      element.textContent = cell;
      line.append(element);
    }
  };
  row("th", [mineLabel, theirsLabel]);
  const words = ({ room, start, length_minutes: length }) => [room || "–", start || "–", String(length)];
  words(mine).forEach((value, index) => {
    if (value !== words(theirs)[index]) row("td", [value, words(theirs)[index]]);
  });
  return table;
}
