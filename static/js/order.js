// A list whose order people change: by dragging an entry at its grip, or with the arrows beside it, without loading the page
// anew. Without script the arrows are forms of their own. The whole order is sent; where that fails the list goes back.

for (const place of document.querySelectorAll("[data-order]")) set(place);

function set(place) {
  const list = place.dataset.items ? place.querySelector(place.dataset.items) : place;
  const said = document.querySelector("[data-order-said]");
  const words = JSON.parse(said.dataset.words);
  let saved = entries(list);
  let queue = Promise.resolve();

  const save = (entry) => {
    const order = entries(list);
    if (order.every((one, at) => one === saved[at])) return;
    arrows(list);
    say(words.moved.replace("%p", order.indexOf(entry) + 1).replace("%c", order.length));
    queue = queue.then(async () => {
      const ok = await send(place, order);
      if (ok) saved = order;
      else {
        for (const one of saved) list.append(one);
        arrows(list);
        say(words.failed);
      }
    });
  };
  const say = (text) => {
    said.textContent = text;
    said.classList.toggle("notice", text === words.failed); // seen as well when it went wrong
    said.classList.toggle("visually-hidden", text !== words.failed);
  };

  for (const entry of entries(list)) {
    const movers = entry.querySelector(".movers");
    movers.addEventListener("submit", (event) => {
      event.preventDefault();
      const other = event.submitter.value === "up" ? entry.previousElementSibling : entry.nextElementSibling;
      if (!other) return;
      if (event.submitter.value === "up") other.before(entry);
      else other.after(entry);
      save(entry);
      const button = event.submitter.disabled ? movers.querySelector("button:not(:disabled)") : event.submitter;
      button?.focus();
    });
    const grip = document.createElement("span"); // for pointers alone: the arrows are for keys and readers
    grip.className = "grip";
    grip.title = words.drag;
    grip.setAttribute("aria-hidden", "true");
    movers.prepend(grip);
    grip.addEventListener("pointerdown", (event) => {
      if (event.button === 0) drag(list, entry, event, save);
    });
  }
}

function entries(list) { return [...list.querySelectorAll(":scope > [data-code]")]; }

function arrows(list) {
  const all = entries(list);
  all.forEach((entry, at) => {
    entry.querySelector(".movers [value=up]").disabled = at === 0;
    entry.querySelector(".movers [value=down]").disabled = at === all.length - 1;
  });
}

function drag(list, entry, start, save) {
  start.preventDefault();
  const before = entries(list);
  entry.classList.add("dragged");
  const move = (event) => {
    const others = entries(list).filter((one) => one !== entry);
    const next = others.find((one) => {
      const box = one.getBoundingClientRect();
      return event.clientY < box.top + box.height / 2;
    });
    if (next) { if (next.previousElementSibling !== entry) next.before(entry); }
    else if (list.lastElementChild !== entry) list.append(entry);
    const edge = 60;
    if (event.clientY < edge) window.scrollBy(0, -12);
    else if (event.clientY > window.innerHeight - edge) window.scrollBy(0, 12);
  };
  const end = (event) => {
    document.removeEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel"]) document.removeEventListener(name, end);
    document.removeEventListener("keydown", escape);
    entry.classList.remove("dragged");
    if (event.type === "pointerup") save(entry);
    else for (const one of before) list.append(one);
  };
  const escape = (event) => { if (event.key === "Escape") end(event); };
  // Not captured: an entry that changes its place would lose the pointer.
  document.addEventListener("pointermove", move);
  for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, end);
  document.addEventListener("keydown", escape);
}

async function send(place, order) {
  const fields = new URLSearchParams(order.map((entry) => ["code", entry.dataset.code]));
  fields.set("_csrf_token", place.querySelector("[name=_csrf_token]").value);
  try {
    return (await fetch(place.dataset.order, { method: "POST", body: fields })).ok;
  } catch {
    return false; // the line is broken: the person reads it, and the list goes back
  }
}
