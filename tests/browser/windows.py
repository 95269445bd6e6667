"""Browser windows that note whatever went wrong in them, and the few things people do on many pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Page, Response

from tests.browser.server import Server
from tests.people import Person

# An error the browser itself logs about an answer the page meant to be one: a form's 422, a missing page's 404.
_ANSWERED = "Failed to load resource: the server responded with a status of"


@dataclass
class Faults:
    """What no page may do: errors in scripts, breaches of the content policy, requests to other hosts, broken files."""

    host: str
    found: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Listen to the page from now on."""
        page.on("pageerror", lambda error: self.found.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._console(page, message))
        page.on("response", lambda response: self._answer(page, response))
        page.on("request", lambda request: self._request(page, request.url))

    def _console(self, page: Page, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_ANSWERED):
            self.found.append(f"{page.url}: {message.text}")

    def _answer(self, page: Page, response: Response) -> None:
        is_page = response.request.is_navigation_request()
        if response.status >= 500 or (response.status >= 400 and not is_page):
            self.found.append(f"{page.url}: {response.url} answered {response.status}")

    def _request(self, page: Page, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.netloc != self.host:
            self.found.append(f"{page.url} asked {url}")


@asynccontextmanager
async def window(
    browser: Browser, server: Server, *, width: int = 1280, height: int = 900, **options: Any
) -> AsyncIterator[Page]:
    """A person's own browser window: no cookies yet, an English reader in London unless said otherwise.

    At the end no fault may have been noted.
    """
    faults = Faults(urlsplit(server.url).netloc)
    settings = {"locale": "en-GB", "timezone_id": "Europe/London", **options}
    context = await browser.new_context(
        base_url=server.url, viewport={"width": width, "height": height}, **settings
    )
    page = await context.new_page()
    page.set_default_timeout(15_000)
    faults.watch(page)
    try:
        yield page
        assert faults.found == []
    finally:
        await context.close()


async def follow_sign_in_link(page: Page, link: str) -> None:
    """Open an organiser's one-time link and press its button."""
    await page.goto(link)
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/organise/**")


async def fill_registration(page: Page, person: Person) -> None:
    """The registration form's questions about the person; seats and consents stay as they are."""
    await page.locator("[name=name]").fill(person.name)
    await page.locator("[name=email]").fill(person.email)
    await page.locator("[name=country]").select_option(person.country)
    await page.locator("[name=zone]").select_option(person.zone)
    if await page.locator("[name=category]").count():  # asked once the organisers have made categories
        await page.locator("[name=category]").first.check()


def link_in(text: str, beginning: str) -> str:
    """The first address in a mail's text that begins so."""
    start = text.index(beginning)
    return text[start:].split()[0]
