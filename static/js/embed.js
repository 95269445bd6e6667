// For other sites: turns <div data-meridian="https://…/embed?…" data-title="…"> into a frame as high as its content.
// Where this script does not run, the link within the element stays.
(() => {
  "use strict";

  function put(place) {
    const address = new URL(place.dataset.meridian, document.baseURI);
    if (address.protocol !== "https:" && address.protocol !== "http:") return;
    const frame = document.createElement("iframe");
    frame.src = address.href;
    frame.title = place.dataset.title || "Programme";
    frame.loading = "lazy";
    frame.style.cssText = "inline-size: 100%; block-size: 40rem; border: 0; display: block";
    addEventListener("message", (event) => {
      // Only this frame, and only while it shows the site it was made for.
      if (event.source !== frame.contentWindow || event.origin !== address.origin) return;
      const height = event.data?.meridian === "height" ? Number(event.data.height) : NaN;
      if (height > 0 && height < 100000) frame.style.blockSize = `${Math.ceil(height)}px`;
    });
    place.replaceChildren(frame);
  }

  function start() {
    for (const place of document.querySelectorAll("[data-meridian]:not([data-meridian-done])")) {
      place.dataset.meridianDone = "";
      put(place);
    }
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
