// Offers the device's own time zone when its clock differs from the one the page is written in.
// The page works without this: it only saves a search through the list.

import { deviceZone } from "./device-zone.js";

const bar = document.querySelector("[data-zone]");
const hint = bar?.querySelector("[data-zone-hint]");
const device = deviceZone();

/** The same wall clock all year round, under whatever name. */
function sameClock(one, other) {
  const year = new Date().getUTCFullYear();
  return [0, 2, 3, 5, 8, 9, 10].every((month) => {
    const instant = new Date(Date.UTC(year, month, 27, 12));
    const read = (timeZone) => instant.toLocaleString("en-GB", { timeZone });
    return read(one) === read(other);
  });
}

try {
  if (hint && device && !sameClock(device, bar.dataset.zone)) {
    hint.querySelector("[data-zone-name]").textContent = device.split("/").pop().replaceAll("_", " ");
    hint.querySelector("button").value = device;
    hint.hidden = false;
  }
} catch {
  // A zone this browser does not know: it has nothing to offer.
}
