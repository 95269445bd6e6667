// A button that copies the address in the field beside it. Without script the field can be selected and copied.

for (const button of document.querySelectorAll("[data-copy-button]")) {
  const field = button.parentElement.querySelector("[data-copy]");
  const said = button.parentElement.querySelector("[data-copied]");
  button.hidden = !navigator.clipboard;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(field.value);
    said.textContent = button.textContent = said.dataset.copied;
  });
}
