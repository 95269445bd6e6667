// A question with a few answers, and the page's own dialogs with a form in them.

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

/** Open one of the page's dialogs. `go` gets the form's fields; it closes when that resolves to true, and says why when
    it resolves to a sentence. */
export function openDialog(dialog, go) {
  const form = dialog.querySelector("form");
  const problem = dialog.querySelector("[data-problem]");
  problem.hidden = true;
  dialog.querySelector("[data-close]").onclick = () => dialog.close();
  form.onsubmit = async (event) => {
    event.preventDefault();
    const button = event.submitter;
    if (button) button.disabled = true;
    const answer = await go(form.elements);
    if (button) button.disabled = false;
    if (answer === true) dialog.close();
    problem.textContent = typeof answer === "string" ? answer : "";
    problem.hidden = !problem.textContent;
  };
  dialog.showModal();
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
