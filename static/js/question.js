// Shows of a question's form only what its kind and its condition need; without this all of it is there.

const form = document.querySelector("[data-question]");

if (form) {
  const show = () => {
    const kind = form.querySelector("[name=kind]:checked")?.value;
    for (const part of form.querySelectorAll("[data-kinds]")) part.hidden = !part.dataset.kinds.split(" ").includes(kind);
    const above = form.querySelector("[name=show_question]")?.value ?? "";
    for (const part of form.querySelectorAll("[data-answers-of]")) part.hidden = part.dataset.answersOf !== above;
  };
  form.addEventListener("change", show);
  show();
}
