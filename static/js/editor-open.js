// A card shows all it has when the mouse has rested on it for a moment, and while it has the focus by key.

const REST = 400; // milliseconds

export function openCards(root, hand) {
  let resting = 0;
  let under = null; // the card under the mouse

  function show() {
    // Only a focus that came by key: a click that selects must not cover the cards beside it.
    const focused = document.activeElement?.matches(":focus-visible") && document.activeElement.closest("[data-grid] [data-slot]");
    const wanted = hand.held ? [] : [focused, under?.isOpen && under.card].filter(Boolean);
    for (const card of root.querySelectorAll(".card--open")) if (!wanted.includes(card)) card.classList.remove("card--open");
    for (const card of wanted) card.classList.add("card--open");
  }

  root.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const card = event.target.closest("[data-grid] [data-slot]");
    if (card === under?.card) return;
    clearTimeout(resting);
    under = card ? { card, isOpen: false } : null;
    show();
    if (!card) return;
    resting = setTimeout(() => {
      if (under?.card !== card || hand.press) return;
      under.isOpen = true;
      show();
    }, REST);
  });
  root.addEventListener("pointerleave", () => {
    clearTimeout(resting);
    under = null;
    show();
  });
  root.addEventListener("focusin", show);
  root.addEventListener("focusout", () => setTimeout(show));
  root.addEventListener("pointerdown", (event) => {
    clearTimeout(resting);
    if (!under || event.target.closest("a")) return;
    under.isOpen = false;
    show();
  });
  return show;
}
