// Makes the registration form quicker; it works without this. The zones of the chosen country come first, the device's
// own zone is suggested, seats are shown on the chosen clock, and two workshops at one time are noticed at once.

import { deviceZone } from "./device-zone.js";

const form = document.querySelector("[data-register]");
const conditional = [...(form?.querySelectorAll("[data-show-if]") ?? [])];

// Shows the questions that are asked of this person; the server looks at the same conditions and ignores the rest.
function showAsked() {
  const given = (name) => [...form.querySelectorAll("input, select")]
    .filter((input) => input.name === name || input.name.startsWith(`${name}_`))
    .filter((input) => !input.closest("[data-show-if][hidden]"))
    .filter((input) => (input.type === "checkbox" || input.type === "radio" ? input.checked : true))
    .map((input) => input.value);
  // A question may hang on one that hangs on another: at most as many rounds as there are questions.
  for (let round = 0, moved = true; moved && round <= conditional.length; round += 1) {
    moved = false;
    for (const part of conditional) {
      const wanted = JSON.parse(part.dataset.showIs);
      const hidden = !given(part.dataset.showIf).some((value) => wanted.includes(value));
      if (part.hidden !== hidden) { part.hidden = hidden; moved = true; }
    }
  }
}

if (conditional.length) {
  for (const part of conditional) part.querySelector("[data-condition]").hidden = true;
  form.addEventListener("change", showAsked);
  showAsked();
}
const zones = form?.querySelector("[data-zones]");
const country = form?.querySelector("[name=country]");

if (form && zones && country) {
  form.querySelector(".zones-first").hidden = true;
  const every = [...zones.querySelectorAll("optgroup:not([data-own]) option, select > option")];

  const ownFirst = () => {
    zones.querySelector("[data-own]")?.remove();
    const own = every.filter((option) => country.value && option.dataset.country === country.value);
    if (!own.length) return;
    const group = document.createElement("optgroup");
    group.label = country.selectedOptions[0].text;
    group.dataset.own = "";
    const chosen = zones.value;
    group.append(...own.map((option) => option.cloneNode(true)));
    zones.querySelector("option").after(group);
    // What was chosen stays if it lies in the country; a country with one clock needs no choice.
    const fits = own.some((option) => option.value === chosen);
    for (const option of zones.options) option.selected = false;
    const wanted = fits ? chosen : own.length === 1 ? own[0].value : device && own.some((o) => o.value === device) ? device : "";
    zones.value = wanted;
    showTimes();
  };

  const known = (name) => every.find((option) => option.value === name);
  const device = deviceZone();

  const times = [...form.querySelectorAll("[data-start]")];
  const shownZone = form.querySelector("[data-shown-zone]");

  // Of a session that takes place several times, those at a bearable hour of the chosen clock first, and marked: as the
  // server does it for the clock it knows (from 07:00 to 22:00 of one day).
  function suggestKinder(timeZone) {
    const clock = new Intl.DateTimeFormat("en-GB", { timeZone, day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    const told = (instant) => Object.fromEntries(clock.formatToParts(new Date(instant)).map((part) => [part.type, part.value]));
    const isBearable = (input) => {
      const [start, end] = [told(input.dataset.start), told(input.dataset.end)];
      return start.day === end.day && `${start.hour}:${start.minute}` >= "07:00" && `${end.hour}:${end.minute}` <= "22:00";
    };
    for (const seating of form.querySelectorAll("[data-seating]")) {
      const own = times.filter((input) => seating.contains(input)).sort((one, other) => (one.dataset.start < other.dataset.start ? -1 : 1));
      const kinder = own.filter(isBearable);
      const isChoice = kinder.length > 0 && kinder.length < own.length;
      for (const input of own) {
        input.parentElement.querySelector("[data-kinder]").hidden = !(isChoice && kinder.includes(input));
      }
      const others = isChoice ? own.filter((input) => !kinder.includes(input)) : [];
      for (const input of [...(isChoice ? kinder : own), ...others]) seating.querySelector(".choice:not(.seating)").before(input.parentElement);
    }
  }

  function showTimes() {
    if (!zones.value || !times.length) return;
    const language = form.dataset.language;
    const write = (timeZone) => {
      const locale = language === "en" ? "en-GB" : language;
      const day = new Intl.DateTimeFormat(locale, { timeZone, weekday: "short", day: "numeric", month: "short" });
      const clock = new Intl.DateTimeFormat(locale, { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
      return (start, end) => [day.format(start).replace(/^(\p{L}+), /u, "$1 "), `${clock.format(start)}–${clock.format(end)}`];
    };
    let differs = false;
    for (const input of times) {
      const [start, end] = [new Date(input.dataset.start), new Date(input.dataset.end)];
      const there = input.parentElement.querySelector("[data-there]");
      const [day, hours] = write(zones.value)(start, end);
      const [homeDay, homeHours] = write(there.dataset.zone)(start, end);
      input.parentElement.querySelector("[data-when]").textContent = `${day}, ${hours}`;
      there.textContent = `${homeDay === day ? "" : `${homeDay}, `}${homeHours} ${there.dataset.place}`;
      differs = homeDay !== day || homeHours !== hours;
      there.hidden = !differs;
    }
    suggestKinder(zones.value);
    if (shownZone) {
      shownZone.textContent = zones.selectedOptions[0].text;
      shownZone.parentElement.querySelector("[data-there]").hidden = !differs;
    }
  }

  const sayClashes = () => {
    const chosen = times.filter((input) => input.checked);
    for (const seating of form.querySelectorAll("[data-seating]")) {
      const mine = chosen.find((input) => seating.contains(input));
      const clashes = mine && chosen.some((other) => other !== mine && other.dataset.start < mine.dataset.end && mine.dataset.start < other.dataset.end);
      seating.querySelector("[data-clash]").hidden = !clashes;
    }
  };

  country.addEventListener("change", ownFirst);
  zones.addEventListener("change", showTimes);
  form.addEventListener("change", sayClashes);

  try {
    if (!country.value && !zones.value && known(device)) {
      country.value = known(device).dataset.country;
      if (country.value) ownFirst();
      zones.value = device;
    }
    showTimes();
    sayClashes();
  } catch {
    // A zone this browser does not know: the form stays as the server wrote it.
  }
  // After a form that came back, start at what needs attention.
  document.getElementById("errors")?.focus();
}
