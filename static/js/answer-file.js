// Says beside a file's field that the chosen file is too large, before it is sent; the server looks again.

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || input.type !== "file" || !input.dataset.most) return;
  const field = input.closest(".file");
  const told = field.querySelector("[data-size]");
  const isTooLarge = [...input.files].some((file) => file.size > Number(input.dataset.most));
  told.textContent = isTooLarge ? input.dataset.tooLarge : "";
  told.hidden = !isTooLarge;
  field.classList.toggle("field--bad", isTooLarge);
  input.toggleAttribute("aria-invalid", isTooLarge);
  // Something else was chosen: what was there goes anyway.
  const remove = field.querySelector("[type=checkbox]");
  if (remove && input.files.length) remove.checked = false;
});
