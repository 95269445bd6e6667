// Times and sentences as the editor's script writes them.

export function clock(minute) {
  const pad = (number) => String(number).padStart(2, "0");
  return `${pad(Math.floor(minute / 60) % 24)}:${pad(minute % 60)}`;
}

export function span(minute, length) {
  return `${clock(minute)}–${clock(minute + length)}`;
}

/** A sentence with its {names} filled in. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_whole, name) => values[name] ?? "");
}

/** How many days the second date lies after the first, both ISO. */
export function daysBetween(from, to) {
  return Math.round((Date.parse(`${to}T12:00Z`) - Date.parse(`${from}T12:00Z`)) / 86_400_000);
}
