// Chapters of a recording begin where they are pressed. Without script each is an address that opens the page there.

const media = document.querySelector("#player video, #player audio");
const links = [...document.querySelectorAll("[data-seek]")];

function mark() {
  const now = links.filter((link) => Number(link.dataset.seek) <= media.currentTime + 0.2).pop();
  for (const link of links) {
    if (link === now) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

for (const link of links) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    media.currentTime = Number(link.dataset.seek);
    media.play().catch(() => {}); // a browser that does not let pages begin by themselves: the reader presses play
    media.scrollIntoView({ block: "nearest" });
  });
}
media.addEventListener("timeupdate", mark);
media.addEventListener("seeked", mark);
