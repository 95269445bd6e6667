// Plain forms of other pages opened in a dialog: the page is fetched, its form is sent as it would be, and the answer is
// either the next page (then all is well, and what it says is said here) or the form again with what is wrong.

export class Forms {
  constructor(root, words, say, done) {
    this.words = words;
    this.say = say;
    this.done = done; // called when a form has been taken
    this.dialog = null;
    root.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-form-dialog]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      this.open(link.href, link);
    });
  }

  async open(address, from = document.activeElement) {
    const page = await fetched(address);
    if (!page) {
      location.assign(address); // whatever is there, one sees it
      return;
    }
    this.dialog = document.createElement("dialog");
    this.dialog.className = "editor-dialog editor-dialog--form";
    this.dialog.addEventListener("close", () => {
      this.dialog.remove();
      this.dialog = null;
      const back = from?.offsetParent ? from : from?.closest("details, [data-slot]")?.querySelector("summary, [data-pick]");
      back?.focus({ preventScroll: true });
    });
    this.dialog.addEventListener("submit", (event) => this.submit(event));
    this.dialog.addEventListener("click", (event) => {
      const link = event.target.closest("a[href]");
      // "Back to the schedule" is where one is.
      if (link && new URL(link.href).pathname === location.pathname) {
        event.preventDefault();
        this.dialog.close();
      }
    });
    document.body.append(this.dialog);
    this.fill(page, address);
    this.dialog.showModal();
  }

  fill(page, address) {
    const main = page.querySelector("main");
    const title = main.querySelector("h1");
    const close = document.createElement("button");
    close.type = "button";
    close.className = "editor-dialog__close";
    close.textContent = "×";
    close.setAttribute("aria-label", this.words.close);
    close.addEventListener("click", () => this.dialog.close());
    this.dialog.replaceChildren(...main.childNodes, close);
    if (title) {
      title.id ||= "form-dialog-title";
      this.dialog.setAttribute("aria-labelledby", title.id);
    }
    for (const form of this.dialog.querySelectorAll("form:not([action])")) form.action = address;
    this.dialog.scrollTop = 0;
    const first = this.dialog.querySelector("[aria-invalid=true], [autofocus], .form input:not([type=hidden]), .form select");
    if (this.dialog.open) first?.focus();
    else first?.setAttribute("autofocus", "");
  }

  async submit(event) {
    const form = event.target;
    if (form.method === "dialog") return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    // A button without an address of its own would answer with the page's.
    const action = event.submitter?.hasAttribute("formaction") ? event.submitter.formAction : form.action;
    let answer;
    try {
      if (form.method === "get") answer = await fetch(`${action.split("?")[0]}?${body}`);
      else answer = await fetch(action, { method: "POST", body });
    } catch {
      this.say(this.words.lost_form, "bad");
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!this.dialog) return;
    const isTaken = answer.ok && answer.redirected && new URL(answer.url).pathname === location.pathname;
    if (!isTaken) {
      if (page.querySelector("main form")) this.fill(page, answer.redirected ? answer.url : action);
      else this.say(page.querySelector("main p")?.textContent ?? this.words.not_done, "bad");
      return;
    }
    this.dialog.close();
    const notice = page.querySelector(".flashes .notice");
    await this.done(notice?.textContent.trim().replace(/\s+/g, " ") ?? "");
  }
}

async function fetched(address) {
  try {
    const answer = await fetch(address);
    if (!answer.ok || answer.redirected) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return null;
  }
}
