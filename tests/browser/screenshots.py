"""Pictures for the README, taken from the running demo: ``python -m tests.browser.screenshots docs/screenshots``."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page

from tests.browser.server import Server, open_chromium, plain_text, running_server
from tests.browser.windows import fill_registration, follow_sign_in_link, link_in, window
from tests.people import KOLKATA_ATTENDEE

SLUG = "working-internationally"
LARGEST = 200 * 1024  # bytes; a picture in the repository stays there for ever
PHONE = {"width": 390, "height": 760}


class Album:
    """Where the pictures go."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def take(self, page: Page, name: str) -> None:
        """The window as it stands. Raises ValueError when the picture is too large to keep."""
        await page.evaluate("document.fonts.ready")
        picture = await page.screenshot(animations="disabled", caret="hide")
        if len(picture) > LARGEST:
            raise ValueError(f"{name} has {len(picture)} bytes, more than {LARGEST}")
        (self._folder / f"{name}.png").write_bytes(picture)
        print(f"{name}.png  {len(picture) // 1024} KB")


async def take_all(folder: Path) -> None:
    """Start the demo on a fresh folder and take every picture."""
    album = Album(folder)
    with tempfile.TemporaryDirectory() as scratch:
        async with running_server(Path(scratch) / "data", demo=True) as server, open_chromium() as browser:
            await public_pages(album, browser, server)
            await an_attendees_pages(album, browser, server)
            await the_desk(album, browser, server)


async def public_pages(album: Album, browser: Browser, server: Server) -> None:
    async with window(browser, server, height=800, timezone_id=KOLKATA_ATTENDEE.zone) as page:
        await page.goto(f"/{SLUG}/?tz={KOLKATA_ATTENDEE.zone}")
        await album.take(page, "landing")
    async with window(
        browser, server, **PHONE, device_scale_factor=1.5, timezone_id=KOLKATA_ATTENDEE.zone
    ) as page:
        await page.goto(f"/{SLUG}/programme?tz={KOLKATA_ATTENDEE.zone}")
        await page.locator(".row").first.evaluate(
            "row => row.closest('section').scrollIntoView({behavior: 'instant'})"
        )
        await album.take(page, "programme-phone")


async def an_attendees_pages(album: Album, browser: Browser, server: Server) -> None:
    async with window(browser, server, height=800, timezone_id=KOLKATA_ATTENDEE.zone) as page:
        await page.goto(f"/{SLUG}/register")
        await fill_registration(page, KOLKATA_ATTENDEE)
        await page.locator("[data-seating] input:not([value=none])").first.check()
        await page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        await album.take(page, "registration")
        await page.get_by_role("main").get_by_role("button", name="Register").click()
        mail = await server.mail(KOLKATA_ATTENDEE.email, lambda message: True)
        await page.goto(link_in(plain_text(mail), f"{server.url}/{SLUG}/me/"))
        await page.get_by_role("button", name="Confirm my registration").click()
        await page.wait_for_url("**/me")
        await page.locator("details.more > summary").click()
        async with page.expect_navigation():
            await page.locator("details.more").get_by_role("button", name="Add").first.click()
        await page.goto(f"/{SLUG}/me")
        await album.take(page, "own-page")
        await page.goto(f"/{SLUG}/resources")
        await page.locator("main h3 a").first.click()
        await album.take(page, "resource-pack")


async def the_desk(album: Album, browser: Browser, server: Server) -> None:
    async with window(browser, server, height=800) as page:
        printed = await server.meridian("demo")
        await follow_sign_in_link(page, printed.split()[-1])
        await page.goto(f"/organise/{SLUG}/schedule")
        await page.locator("[data-grid]").evaluate("grid => grid.scrollTo({top: 250, behavior: 'instant'})")
        await album.take(page, "editor")


if __name__ == "__main__":
    asyncio.run(take_all(Path(sys.argv[1])))
