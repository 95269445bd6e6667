// Within the frame on another site's page: tells that page how high the programme is, so that it need not scroll twice,
// and asks for the reader's own zone where the page wants that.

import { deviceZone } from "./device-zone.js";

const { zone } = document.body.dataset;
const mine = "readersZone" in document.body.dataset ? deviceZone() : null;

if (mine && mine !== zone) {
  const address = new URL(location.href);
  address.searchParams.set("tz", mine);
  location.replace(address);
} else if (parent !== window) {
  // A height is no secret, so any page may hear it; the one that listens checks who speaks.
  const tell = () => parent.postMessage({ meridian: "height", height: document.documentElement.scrollHeight }, "*");
  new ResizeObserver(tell).observe(document.body);
  tell();
}
