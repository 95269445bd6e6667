// What colleagues change shows here while they do it: one line from the server that only listens. What this page
// changes itself goes through editor-saving.js, and is known again by its version.

import { fill } from "./editor-words.js";

const SILENCE = 40_000; // milliseconds without a sign of life, after which the line is taken for dead
const GRACE = 4_000; // a line that breaks and stands again within this time is nobody's concern
const TOGETHER = 120; // changes that come this close together are fetched as one

export function followOthers(root, here, saving, board, say) {
  const { words } = board;
  let line = null;
  let dead = 0;
  let alarm = 0;
  let gathering = 0;
  let slots = new Set();
  let anything = false;
  let actors = new Set();

  function open() {
    line?.close();
    line = new EventSource(`${here}/events?since=${saving.version}`);
    line.addEventListener("open", stands);
    line.addEventListener("here", stands);
    line.addEventListener("draft", (event) => {
      stands();
      hear(JSON.parse(event.data));
    });
    line.addEventListener("error", () => {
      if (line.readyState === EventSource.CLOSED) again(); // the server said no, or nothing a browser understands
      if (!alarm && !document.hidden) alarm = setTimeout(lost, GRACE);
    });
    listenFor();
  }

  function stands() {
    clearTimeout(alarm);
    alarm = 0;
    if (root.classList.contains("editor--deaf")) {
      root.classList.remove("editor--deaf");
      say(words.found);
    }
    listenFor();
  }

  function listenFor() {
    clearTimeout(dead);
    dead = setTimeout(() => {
      lost();
      again();
    }, SILENCE);
  }

  function lost() {
    if (root.classList.contains("editor--deaf") || document.hidden) return;
    root.classList.add("editor--deaf");
    say(words.deaf, "bad");
  }

  function again() {
    line.close();
    setTimeout(open, 3_000);
  }

  function hear({ version, slots: codes, actor, mine }) {
    if (version <= saving.version) return; // what this page did itself, or has read already
    if (codes.length) codes.forEach((code) => slots.add(code));
    else anything = true;
    if (actor && !mine) actors.add(actor);
    clearTimeout(gathering);
    gathering = setTimeout(() => takeIn(version), TOGETHER);
  }

  async function takeIn(version) {
    const [codes, everything, who] = [[...slots], anything, [...actors]];
    [slots, anything, actors] = [new Set(), false, new Set()];
    const titles = codes.map((code) => board.card(code)?.dataset.title).filter(Boolean);
    const taken = everything ? await saving.refresh() : await saving.takeSlots(codes);
    if (!taken) {
      codes.forEach((code) => slots.add(code)); // not lost: fetched with whatever comes next
      anything = anything || everything;
      return;
    }
    saving.version = Math.max(saving.version, version);
    if (!who.length || saving.isBusy()) return;
    const names = who.join(", ");
    say(titles.length === 1 ? fill(words.changed_one, { who: names, title: titles[0] }) : fill(words.changed_many, { who: names }), "news");
  }

  // A browser keeps few lines open to one server: a page that nobody looks at gives its own back, and catches up later.
  document.addEventListener("visibilitychange", () => {
    clearTimeout(alarm);
    alarm = 0;
    if (document.hidden) {
      line.close();
      clearTimeout(dead);
    } else open();
  });
  window.addEventListener("pagehide", () => line.close());
  window.addEventListener("offline", lost);
  window.addEventListener("online", () => {
    if (!document.hidden) open();
  });

  if (!document.hidden) open();
}
