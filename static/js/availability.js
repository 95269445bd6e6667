// Makes the grid of half hours one to paint on: by mouse, by touch, by keyboard. Without it the same fields are chosen
// one by one; what is sent is the same.

const form = document.querySelector("[data-availability]");
const table = form?.querySelector("[data-grid]");

const HOLD = 280; // milliseconds until a finger on the screen draws instead of scrolling

if (form && table) {
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].slice(1).map((cell) => ("cell" in cell.dataset ? cell : null)));
  const cells = rows.flat().filter(Boolean);
  const said = form.querySelector("[data-said]");
  const unsaved = form.querySelector("[data-unsaved]");
  const words = Object.fromEntries(
    [...form.querySelectorAll("[name=brush]")].map((input) => [input.value, input.parentElement.textContent.trim()]),
  );
  const brush = () => form.querySelector("[name=brush]:checked").value;
  const answerFor = (cell) => (cell.dataset.state === brush() ? "not" : brush());
  let isSaving = false;

  form.classList.add("is-painted");
  form.querySelector("[data-help]").hidden = false;
  table.setAttribute("role", "grid");
  for (const cell of cells) {
    cell.setAttribute("role", "gridcell");
    cell.tabIndex = -1;
    name(cell);
  }
  if (cells.length) cells[0].tabIndex = 0;

  function name(cell) {
    cell.setAttribute("aria-label", `${cell.querySelector("legend").textContent}: ${words[cell.dataset.state]}`);
  }

  function paint(some, state) {
    let changed = 0;
    for (const cell of some) {
      if (!cell || cell.dataset.state === state) continue;
      cell.dataset.state = state;
      cell.querySelector(`input[value="${state}"]`).checked = true;
      name(cell);
      changed += 1;
    }
    if (changed) {
      unsaved.textContent = form.dataset.changed;
      form.classList.add("is-changed"); // from now on the button that saves stays in sight
    }
    return changed;
  }

  function say(count, state) {
    if (count) said.textContent = form.dataset.painted.replace("{count}", count).replace("{answer}", words[state]);
  }

  // --- keyboard: arrows move, Space marks, Shift with an arrow marks as it moves -----------------------------------

  function place(cell) {
    const row = rows.findIndex((line) => line.includes(cell));
    return [row, rows[row].indexOf(cell)];
  }

  function next(cell, down, across) {
    let [row, column] = place(cell);
    for (;;) {
      row += down;
      column += across;
      if (!rows[row] || column < 0 || column >= rows[row].length) return null;
      if (rows[row][column]) return rows[row][column];
    }
  }

  function focus(cell) {
    for (const other of cells) other.tabIndex = other === cell ? 0 : -1;
    cell.focus({ preventScroll: false });
  }

  table.addEventListener("keydown", (event) => {
    const cell = event.target;
    if (!cells.includes(cell) || event.altKey || event.metaKey) return;
    const turn = document.documentElement.dir === "rtl" ? -1 : 1;
    const steps = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, turn], ArrowLeft: [0, -turn] };
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      const state = answerFor(cell);
      say(paint([cell], state), state);
    } else if (steps[event.key] && !event.ctrlKey) {
      event.preventDefault();
      const there = next(cell, ...steps[event.key]);
      if (!there) return;
      if (event.shiftKey) {
        const state = brush();
        say(paint([cell, there], state), state);
      }
      focus(there);
    } else if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      const column = place(cell)[1];
      const line = rows.map((row) => row[column]).filter(Boolean);
      focus(event.key === "Home" ? line[0] : line.at(-1));
    }
  });

  // --- mouse and touch ---------------------------------------------------------------------------------------------

  let stroke = null; // {from, state, before}: what is being drawn, from one corner of a rectangle to the other
  let waiting = null; // a finger that may yet scroll

  function draw(to) {
    const [one, other] = [place(stroke.from), place(to)];
    const [top, bottom] = [Math.min(one[0], other[0]), Math.max(one[0], other[0])];
    const [left, right] = [Math.min(one[1], other[1]), Math.max(one[1], other[1])];
    for (const [cell, state] of stroke.before) paint([cell], state);
    const inside = rows.slice(top, bottom + 1).flatMap((row) => row.slice(left, right + 1)).filter(Boolean);
    stroke.before = inside.map((cell) => [cell, cell.dataset.state]);
    stroke.count = inside.length;
    paint(inside, stroke.state);
  }

  function begin(cell) {
    stroke = { from: cell, state: answerFor(cell), before: [], count: 0 };
    draw(cell);
  }

  function end() {
    clearTimeout(waiting?.timer);
    waiting = null;
    if (!stroke) return;
    say(stroke.count, stroke.state);
    stroke = null;
    table.classList.remove("is-painting");
  }

  const under = (event) => {
    const found = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-cell]");
    return found && table.contains(found) ? found : null;
  };

  table.addEventListener("pointerdown", (event) => {
    const cell = event.target.closest("[data-cell]");
    if (!cell || event.button !== 0 || !event.isPrimary) return;
    if (event.pointerType === "mouse" || event.pointerType === "pen") {
      event.preventDefault();
      focus(cell);
      begin(cell);
      return;
    }
    waiting = {
      cell,
      x: event.clientX,
      y: event.clientY,
      timer: setTimeout(() => {
        table.classList.add("is-painting");
        begin(cell);
        waiting = null;
      }, HOLD),
    };
  });
  document.addEventListener("pointermove", (event) => {
    if (waiting && Math.hypot(event.clientX - waiting.x, event.clientY - waiting.y) > 10) {
      clearTimeout(waiting.timer);
      waiting = null;
    }
    if (!stroke || event.buttons === 0) return;
    const cell = under(event);
    if (cell) draw(cell);
  });
  // A finger that draws does not scroll: only a touch listener that may refuse can say so once the hold is over.
  table.addEventListener("touchmove", (event) => stroke && event.cancelable && event.preventDefault(), { passive: false });
  table.addEventListener("contextmenu", (event) => event.target.closest("[data-cell]") && event.preventDefault());
  document.addEventListener("pointerup", () => {
    if (waiting) {
      const { cell } = waiting;
      focus(cell);
      begin(cell); // a tap
    }
    end();
  });
  document.addEventListener("pointercancel", end);

  // --- whole days and lines ------------------------------------------------------------------------------------------

  table.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=do]");
    if (!button) return;
    event.preventDefault();
    const [kind, number] = button.value.split("-");
    const chosen = (kind === "row" ? rows[number] : rows.map((row) => row[number])).filter(Boolean);
    const state = chosen.every((cell) => cell.dataset.state === brush()) ? "not" : brush();
    paint(chosen, state);
    say(chosen.length, state);
  });

  form.addEventListener("submit", () => {
    isSaving = true;
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved.textContent && !isSaving) event.preventDefault();
  });
  // Back from the cache of pages, the browser may have kept other answers in the fields than the cells show.
  window.addEventListener("pageshow", () => {
    isSaving = false;
    for (const cell of cells) {
      const state = cell.querySelector("input:checked")?.value;
      if (state) cell.dataset.state = state;
      name(cell);
    }
  });
  document.getElementById("errors")?.focus();
}
