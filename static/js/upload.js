// Sends several files, one after another, each going on by itself where a broken line stopped it. Without this the browser
// sends the same form by itself, in one go. The protocol is tus; tus-js-client speaks it, and is fetched when files are chosen.

import { UploadRow } from "./upload-row.js";

for (const form of document.querySelectorAll("[data-upload]")) set(form);

function set(form) {
  const input = form.querySelector("input[type=file]");
  const place = form.querySelector("[data-drop]");
  const list = form.querySelector("[data-files]");
  const words = JSON.parse(form.dataset.words);
  const rows = [];

  const held = () => {
    list.hidden = !rows.length;
    place.classList.toggle("drop--held", rows.length > 0); // the field is empty by then, and would say so
    input.required = !rows.length;
  };
  const add = (files) => {
    if (form.dataset.single) rows.splice(0).forEach((row) => row.remove());
    for (const file of files) {
      if (rows.some((row) => row.is(file))) continue;
      rows.push(new UploadRow(file, list, words, () => {
        rows.splice(rows.findIndex((row) => row.is(file)), 1);
        held();
      }));
    }
    held();
    if (files.length) library(form);
  };

  form.querySelector("[data-with-script]").hidden = false;
  input.addEventListener("change", () => {
    add([...input.files]);
    input.value = ""; // the rows hold them now; choosing the same file again adds nothing
  });
  for (const name of ["dragenter", "dragover"]) {
    place.addEventListener(name, (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      place.classList.add("drop--over");
    });
  }
  for (const name of ["dragleave", "drop"]) place.addEventListener(name, () => place.classList.remove("drop--over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    add([...event.dataTransfer.files]);
  });

  form.addEventListener("submit", async (event) => {
    if (event.defaultPrevented || !rows.length) return;
    event.preventDefault();
    const button = event.submitter ?? form.querySelector("button:not([type=button])");
    button.disabled = true;
    window.addEventListener("beforeunload", stay);
    try {
      await sendAll(form, rows, words);
    } finally {
      window.removeEventListener("beforeunload", stay);
      button.disabled = false;
    }
  });
}

function stay(event) { event.preventDefault(); } // asks before the page is left while something is on its way

async function sendAll(form, rows, words) {
  clear(form);
  const waiting = rows.filter((row) => !row.isSettled);
  const begun = await begin(form, waiting);
  if (!begun) return;
  const tus = await library(form);
  const token = form.querySelector("[name=_csrf_token]").value;
  waiting.forEach((row, at) => row.begun(begun[at]));
  for (const row of waiting) await row.send(tus, token);
  if (rows.every((row) => row.isKept)) done(form, rows.length);
}

// What is said of the files is looked at before the first octet leaves.
async function begin(form, rows) {
  const fields = new FormData(form);
  fields.delete("file");
  fields.set("files", JSON.stringify(rows.map(({ file }) => ({ name: file.name, size: file.size, modified: file.lastModified }))));
  let answer;
  try {
    answer = await fetch(form.dataset.begin, { method: "POST", body: new URLSearchParams(fields), headers: { accept: "application/json" } });
  } catch {
    return complain(form, { file: JSON.parse(form.dataset.words).offline });
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told.uploads;
  return complain(form, told.errors ?? { file: told.message ?? JSON.parse(form.dataset.words).offline });
}

// Beside each field what is wrong with it, as the server's own page would say it.
function complain(form, errors) {
  let first = null;
  for (const [name, message] of Object.entries(errors)) {
    const field = form.querySelector(`[name="${CSS.escape(name)}"]`) ?? form.querySelector("input[type=file]");
    const error = document.createElement("p");
    error.className = "error";
    error.id = `${field.id}-told`;
    error.dataset.told = "";
    error.textContent = message;
    field.before(error);
    field.closest(".field")?.classList.add("field--bad");
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", `${error.id} ${field.getAttribute("aria-describedby") ?? ""}`.trim());
    for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    first ??= field;
  }
  first?.focus();
  first?.scrollIntoView({ block: "center" });
  return null;
}

function clear(form) {
  for (const error of form.querySelectorAll("[data-told]")) {
    const field = form.querySelector(`[aria-describedby~="${error.id}"]`);
    field?.removeAttribute("aria-invalid");
    field?.setAttribute("aria-describedby", field.getAttribute("aria-describedby").replace(error.id, "").trim());
    error.closest(".field")?.classList.remove("field--bad");
    error.remove();
  }
}

// A form of its own goes where the page is, which then says how many files were added.
function done(form, count) {
  const after = document.createElement("form");
  after.method = "post";
  after.action = form.dataset.done;
  for (const [name, value] of Object.entries({ _csrf_token: form.querySelector("[name=_csrf_token]").value, count, back: form.dataset.back ?? "" })) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    after.append(field);
  }
  document.body.append(after);
  window.removeEventListener("beforeunload", stay);
  after.submit();
}

let fetched = null;

function library(form) {
  fetched ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = form.dataset.tus;
    script.onload = () => resolve(window.tus);
    script.onerror = () => { fetched = null; reject(new Error("tus")); };
    document.head.append(script);
  });
  return fetched;
}
