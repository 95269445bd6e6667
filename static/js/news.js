// What has changed today for somebody signed in, on pages that are the same for everyone and cannot say it themselves.
// The place is a live region that is empty at first, so that it is read out when something comes into it.
import { ask, hasSignedIn } from "./stars.js";

async function tell(place) {
  if (!place.hasAttribute("data-known") && !hasSignedIn()) return;
  const news = (await ask(place.dataset.news))?.news;
  if (!news?.said) return;
  const link = Object.assign(document.createElement("a"), { href: news.url, textContent: news.link });
  const words = document.createElement("p");
  words.append(`${news.said} `, link);
  const notice = Object.assign(document.createElement("div"), { className: "notice notice--warning" });
  notice.append(words);
  place.replaceChildren(notice);
}

for (const place of document.querySelectorAll("[data-news]")) tell(place);
