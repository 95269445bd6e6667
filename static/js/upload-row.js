// One file on its way: what it is called, how far it has come, what became of it.

const language = document.documentElement.lang || "en";
const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
const CHUNK = 32 * 1024 * 1024; // proxies that hold a request back until it is whole hold no more than this
// Seconds until the next try: a line that comes back within ten minutes is not noticed but for a pause.
const RETRIES = [0, 1, 3, 5, 10, 20, 30, 60, 60, 120, 300].map((seconds) => seconds * 1000);

export class UploadRow {
  constructor(file, list, words, forget) {
    this.file = file;
    this.words = words;
    this.forget = forget;
    this.state = "chosen"; // chosen, sending, stopped, kept, refused
    this.item = document.createElement("li");
    this.item.className = "sent";
    this.name = element("bdi", "sent__name", file.name);
    this.size = element("span", "sent__size soft", sizeWords(file.size));
    this.bar = element("progress", "sent__bar");
    this.bar.max = 1;
    this.bar.hidden = true;
    this.bar.setAttribute("aria-label", file.name);
    this.told = element("span", "sent__told");
    this.told.setAttribute("role", "status");
    this.button = element("button", "quiet small-button");
    this.button.type = "button";
    this.button.addEventListener("click", () => this.pressed());
    this.item.append(this.name, this.size, this.bar, this.told, this.button);
    list.append(this.item);
    this.label(words.leave);
  }

  is(file) {
    return file.name === this.file.name && file.size === this.file.size && file.lastModified === this.file.lastModified;
  }

  get isKept() { return this.state === "kept"; }

  get isSettled() { return this.isKept || this.state === "refused"; }

  begun({ url, received }) {
    this.url = url;
    if (received) this.say(this.words.goesOn.replace("%s", percent.format(received / this.file.size)));
  }

  // Resolves when the file has arrived, was refused, or was stopped; a broken line is waited for.
  send(tus, token) {
    this.state = "sending";
    this.bar.hidden = false;
    this.label(this.words.stop);
    return new Promise((resolve) => {
      this.resolve = resolve;
      this.token = token;
      this.upload = new tus.Upload(this.file, {
        uploadUrl: this.url,
        chunkSize: CHUNK,
        retryDelays: RETRIES,
        headers: { "x-csrftoken": token },
        storeFingerprintForResuming: false, // the server finds a broken upload again by the file's name, size and date
        onProgress: (sent, whole) => this.progress(sent / whole),
        onShouldRetry: (error) => {
          const status = error.originalResponse?.getStatus() ?? 0;
          this.say(this.words.broken);
          return !status || status === 409 || status === 423 || status === 460 || status >= 500 && status !== 507;
        },
        onError: (error) => this.failed(error),
        onSuccess: () => this.finish(),
      });
      this.upload.start();
    });
  }

  async finish() {
    this.bar.removeAttribute("value");
    this.say(this.words.checking);
    let told = {};
    try {
      const answer = await fetch(`${this.url}/finish`, { method: "POST", headers: { accept: "application/json", "x-csrftoken": this.token } });
      told = await answer.json();
    } catch {
      told = { message: this.words.later };
    }
    if (told.state === "kept") this.settle("kept", this.words.kept);
    else if (told.state === "refused") this.settle("refused", told.message);
    else this.pause(told.message ?? this.words.later);
  }

  failed(error) {
    const answer = error.originalResponse;
    const words = answer?.getBody()?.trim();
    if (answer && [410, 404, 413, 415, 422].includes(answer.getStatus())) this.settle("refused", words || this.words.later);
    else this.pause(words && words.length < 300 ? words : this.words.gaveUp);
  }

  pressed() {
    if (this.state === "sending") {
      this.upload.abort();
      this.pause(this.words.stopped);
    } else if (this.state === "stopped" && this.url && this.upload) {
      this.state = "sending";
      this.bar.hidden = false;
      this.label(this.words.stop);
      this.upload.start();
    } else {
      this.remove();
      this.forget();
    }
  }

  remove() { this.item.remove(); }

  progress(share) {
    this.bar.value = share;
    // Said in steps of ten: a screen reader would otherwise talk without end.
    const step = Math.floor(share * 10);
    if (step !== this.step) {
      this.step = step;
      this.say(this.words.sending.replace("%s", percent.format(share)));
    }
  }

  pause(message) {
    this.state = "stopped";
    this.say(message);
    this.label(this.words.goOn);
    this.resolve?.();
  }

  settle(state, message) {
    this.state = state;
    this.bar.hidden = true;
    this.item.classList.add(`sent--${state}`);
    this.say(message);
    if (state === "kept") this.button.remove();
    else this.label(this.words.leave);
    this.resolve?.();
  }

  say(message) { this.told.textContent = message; }

  label(text) {
    this.button.textContent = text;
    this.button.setAttribute("aria-label", `${text}: ${this.file.name}`);
  }
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function sizeWords(octets) {
  const [unit, size] = octets >= 1e9 ? ["gigabyte", 1e9] : octets >= 1e6 ? ["megabyte", 1e6] : ["kilobyte", 1e3];
  return new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: 1 }).format(octets / size);
}
