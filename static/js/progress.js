// Shows how far something is that goes on in the background; without this the page asks for itself again.

const place = document.querySelector("[data-going]");
const EVERY = 1000; // milliseconds

async function look() {
  let fresh = null;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok || answer.redirected) return location.reload();
    fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-going]");
  } catch {
    setTimeout(look, 5 * EVERY); // the line is down: it may come back
    return undefined;
  }
  if (!fresh) return location.reload(); // done: the page is another one now
  const [bar, next] = [place.querySelector("progress"), fresh.querySelector("progress")];
  const tenth = (one) => Math.floor((10 * one.value) / one.max);
  const words = place.querySelector("[data-going-words]");
  // Said aloud in steps of ten per cent only: a screen reader would otherwise talk without end.
  words.setAttribute("aria-live", tenth(next) === tenth(bar) ? "off" : "polite");
  words.textContent = fresh.querySelector("[data-going-words]").textContent;
  bar.max = next.max;
  bar.value = next.value;
  setTimeout(look, EVERY);
  return undefined;
}

if (place) setTimeout(look, EVERY);
