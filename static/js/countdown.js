// Keeps a countdown true: <div class="countdown" data-until="2026-06-25T09:00:00Z"> with <b data-part="days|hours|minutes">.
// The server wrote the right figures when the page was made; at the end the page is asked for again (once), because
// what comes next (the room, the recording) is the server's to say.

const countdown = document.querySelector("[data-until]");

if (countdown) {
  const until = Date.parse(countdown.dataset.until);
  const figures = new Intl.NumberFormat(document.documentElement.lang, { useGrouping: false });
  // The reader's clock may be wrong by minutes: count on the server's, given when the page was made.
  const skew = countdown.dataset.now ? Date.parse(countdown.dataset.now) - Date.now() : 0;

  const tick = () => {
    const left = until - (Date.now() + skew);
    if (left <= 0) {
      clearInterval(timer);
      setTimeout(() => location.reload(), 1000 + Math.random() * 4000); // not everyone in the same second
      return;
    }
    const minutes = Math.ceil(left / 60000);
    const parts = { days: Math.floor(minutes / 1440), hours: Math.floor((minutes % 1440) / 60), minutes: minutes % 60 };
    for (const part of countdown.querySelectorAll("[data-part]")) {
      part.textContent = figures.format(parts[part.dataset.part]);
    }
  };
  const timer = setInterval(tick, 5000);
  tick();
}
