// A form that shows what it finds while one types. Without script it is a form like any other.

const TURNED_TO = ["focusin", "pointerenter", "input"];

// htmx weighs more than the rest of a page: it is fetched when somebody turns to the form, or to something `around` it.
export function followTyping(form, ...around) {
  const watched = [form, ...around].filter(Boolean);
  const asked = () => new URLSearchParams(new FormData(form)).toString();
  const shown = asked();

  function fetchHtmx() {
    for (const one of watched) for (const event of TURNED_TO) one.removeEventListener(event, fetchHtmx);
    const script = document.createElement("script");
    script.src = form.dataset.htmx;
    script.addEventListener("load", () => {
      // What was typed or chosen while it was on its way.
      setTimeout(() => asked() !== shown && window.htmx.trigger(form, "change"), 0);
    });
    document.head.append(script);
  }

  for (const one of watched) for (const event of TURNED_TO) one.addEventListener(event, fetchHtmx);
}
