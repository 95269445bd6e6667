"""The public programme in a real browser: searching as one types, stars, now and next, and the frame on other sites."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.server import Server, plain_text
from tests.browser.windows import fill_registration, link_in, window
from tests.people import Person

_SLUG = "working-internationally"
STARGAZER = Person("Moana Rangi", "moana@example.org", "Pacific/Auckland", "NZ")
_PROGRAMME = f"/{_SLUG}/programme"


async def test_what_is_found_follows_the_typing_and_the_address_is_kept(
    chromium: Browser, demo: Server
) -> None:
    async with window(chromium, demo) as page:
        await page.goto(_PROGRAMME)
        search = page.get_by_role("searchbox")
        await search.press_sequentially("FUNDRAIS", delay=20)
        await expect(page.locator("#found .row mark").first).to_have_text("Fundrais")
        await expect(page.get_by_role("status").filter(has_text=" fit")).to_be_visible()
        await expect(search).to_be_focused()
        await expect(page).to_have_url(re.compile(r"\?(.*&)?q=FUNDRAIS"))
        await page.reload()
        await expect(page.locator("#found .row mark").first).to_have_text("Fundrais")
        await page.get_by_role("list", name="Filters in force").get_by_role("link").click()
        await expect(page).to_have_url(re.compile(rf"{_PROGRAMME}$"))
        await expect(page.locator("mark")).to_have_count(0)


async def test_what_changed_today_is_said_on_every_page_of_the_programme(
    chromium: Browser, demo: Server
) -> None:
    told = {
        "signed_in": True,
        "stars": [],
        "seats": [],
        "token": "",
        "news": {
            "said": "One of your sessions has changed today.",
            "link": "See what has changed",
            "url": f"/{_SLUG}/me#changed",
        },
    }
    async with window(chromium, demo) as page:
        await page.route("**/stars.json?lang=en", lambda route: route.fulfill(json=told))
        await page.goto(_PROGRAMME)
        place = page.locator("[data-news]")
        await expect(place).to_be_empty()  # nobody has signed in here
        await page.evaluate(f"document.cookie = 'stars=me; path=/{_SLUG}'")
        await page.reload()
        await expect(page.get_by_role("status").filter(has_text="has changed today")).to_be_visible()
        link = place.get_by_role("link", name="See what has changed")
        await expect(link).to_have_attribute("href", f"/{_SLUG}/me#changed")


async def test_a_star_stays_and_a_found_list_has_its_stars(chromium: Browser, demo: Server) -> None:
    async with window(chromium, demo) as page:
        await page.goto(_PROGRAMME)
        star = page.locator("button[data-star]").first
        await expect(star).to_have_attribute("aria-pressed", "false")
        label = await star.get_attribute("aria-label")
        assert label is not None
        assert label.startswith("Star “")
        await star.focus()
        await page.keyboard.press("Space")
        await expect(star).to_have_attribute("aria-pressed", "true")
        await expect(star).to_be_focused()
        await expect(page.locator("[data-stars]")).to_have_text("Starred.")
        await expect(page.get_by_role("link", name="My stars (1)")).to_be_visible()
        await page.reload()
        await expect(star).to_have_attribute("aria-pressed", "true")
        # What htmx brings has plain links again until the script has seen them.
        await page.get_by_label("Kind", exact=True).select_option("plenary")
        await expect(page.locator("#found .row")).to_have_count(2)
        await expect(page.locator("button[data-star]")).to_have_count(2)
        await expect(page.locator("a[data-star]")).to_have_count(0)
        await page.get_by_role("link", name="My stars (1)").click()
        await expect(page.locator(".row")).to_have_count(1)
        await page.get_by_role("button", name="Take off").click()
        await expect(page.get_by_role("heading", name="No stars yet")).to_be_visible()


async def test_stars_work_without_script(chromium: Browser, demo: Server) -> None:
    async with window(chromium, demo, java_script_enabled=False) as page:
        await page.goto(f"{_PROGRAMME}?tz=Asia/Kolkata")
        await page.locator("a[data-star]").nth(1).click()
        await page.get_by_role("button", name="Star this session").click()
        await page.wait_for_url("**/programme#*")
        await page.get_by_role("link", name="My stars").click()
        await expect(page.locator(".row")).to_have_count(1)
        async with page.expect_download() as download:
            await page.get_by_role("link", name="Download as a calendar").click()
        assert (await download.value).suggested_filename == f"{_SLUG}-stars.ics"


async def test_stars_go_onto_the_agenda_at_sign_in_and_are_one_with_it(
    chromium: Browser, demo: Server
) -> None:
    async with window(chromium, demo) as page:
        await page.goto(_PROGRAMME)
        first, other = page.locator("button[data-star]").nth(0), page.locator("button[data-star]").nth(1)
        await first.click()
        await page.goto(f"/{_SLUG}/register")
        await fill_registration(page, STARGAZER)
        await page.get_by_role("main").get_by_role("button", name="Register").click()
        mail = await demo.mail(STARGAZER.email, lambda message: True)
        await page.goto(link_in(plain_text(mail), f"{demo.url}/{_SLUG}/me/"))
        await page.get_by_role("button", name="Confirm my registration").click()
        await page.wait_for_url(f"**/{_SLUG}/me")
        await expect(page.get_by_text("What you starred is on your agenda.")).to_be_visible()
        await page.goto(_PROGRAMME)
        await expect(first).to_have_attribute("aria-pressed", "true")
        await other.click()
        await expect(other).to_have_attribute("aria-pressed", "true")
        await expect(page.get_by_role("link", name="My stars (2)")).to_be_visible()
        await page.context.clear_cookies(name="stars")  # as on another device
        await page.get_by_role("link", name="My stars").click()
        await expect(page.locator(".row")).to_have_count(2)
        await expect(page.get_by_text("Your stars are your agenda.")).to_be_visible()
        await page.goto(_PROGRAMME)
        await expect(other).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("width", [320, 390])
async def test_filters_are_folded_on_a_phone_and_those_in_force_are_seen(
    chromium: Browser, demo: Server, width: int
) -> None:
    async with window(chromium, demo, width=width, height=720) as page:
        await page.goto(f"{_PROGRAMME}?type=workshop&hours=bearable")
        kind = page.get_by_label("Kind", exact=True)
        await expect(kind).to_be_hidden()
        chips = page.get_by_role("list", name="Filters in force").get_by_role("link")
        assert [" ".join(text.split()) for text in await chips.all_inner_texts()] == [
            "Take off: Kind Workshop ×",
            "Take off: Hours At a bearable hour for me ×",
            "Show all",
        ]
        await page.get_by_text("Filters", exact=False).first.click()
        await expect(kind).to_be_visible()
        first = page.locator(".row").first
        await page.goto(_PROGRAMME)
        box = await first.bounding_box()
        assert box is not None
        assert box["y"] < 720, "the first session stands on the first screen"


@asynccontextmanager
async def other_site(html: str) -> AsyncIterator[str]:
    """A page on another host that knows nothing of this server; its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = html.encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {len(body)}\r\n"
        writer.write(f"{head}connection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = await asyncio.start_server(answer, sock=listening)
    async with server:
        yield f"http://localhost:{listening.getsockname()[1]}/"


async def test_another_site_shows_the_programme_in_a_frame_as_high_as_it_is(
    chromium: Browser, demo: Server
) -> None:
    html = f"""<!doctype html><title>Another site</title>
        <div data-meridian="{demo.url}/{_SLUG}/embed?tz=reader" data-title="Our programme"><a href="/">link</a></div>
        <script async src="{demo.url}/static/js/embed.js"></script>"""
    context = await chromium.new_context(timezone_id="Asia/Kolkata", locale="en-GB")
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    try:
        async with other_site(html) as address:
            await page.goto(address)
            frame = page.frame_locator("iframe[title='Our programme']")
            await expect(frame.get_by_text("Times in Kolkata, IST, UTC+5:30.")).to_be_visible()
            await expect(frame.locator(".row").first).to_be_visible()
            high = page.locator("iframe")
            await expect(high).not_to_have_css("height", "640px")
            inside = await frame.locator("html").evaluate("page => page.scrollHeight")
            box = await high.bounding_box()
            assert box is not None
            assert abs(box["height"] - inside) < 2
            # A message from anywhere else changes nothing.
            await page.evaluate("window.postMessage({meridian: 'height', height: 50}, '*')")
            await page.wait_for_timeout(200)
            assert await high.bounding_box() == box
            assert await frame.locator("a").first.evaluate("link => link.ownerDocument.baseURI") != address
            async with context.expect_page() as opened:
                await frame.locator(".row a").first.click()
            assert (await opened.value).url.startswith(f"{demo.url}/{_SLUG}/sessions/")
            assert await context.cookies(demo.url) == []
        assert faults == []
    finally:
        await context.close()


async def test_another_site_cannot_frame_any_other_page(chromium: Browser, demo: Server) -> None:
    html = f'<!doctype html><title>x</title><iframe src="{demo.url}{_PROGRAMME}"></iframe>'
    context = await chromium.new_context()
    page: Page = await context.new_page()
    try:
        async with other_site(html) as address:
            await page.goto(address)
            frame = page.frames[1]
            assert await frame.locator(".row").count() == 0
    finally:
        await context.close()


async def test_printed_pages_name_the_day_and_the_clock_and_leave_out_the_rest(
    chromium: Browser, demo: Server
) -> None:
    async with window(chromium, demo, timezone_id="Asia/Kolkata") as page:
        for view in ("", "&view=grid"):
            await page.goto(f"{_PROGRAMME}?tz=Asia/Kolkata{view}")
            await page.emulate_media(media="print")
            await expect(page.locator(".print-only").first).to_be_visible()
            await expect(page.locator(".print-only").first).to_have_text("Kolkata, IST, UTC+5:30")
            for hidden in (".filters", ".tabs", ".star", ".masthead nav", ".colophon", ".takeaway"):
                await expect(page.locator(hidden).first).to_be_hidden()


async def test_the_countdown_is_the_servers_whatever_the_devices_clock_says(
    chromium: Browser, demo: Server
) -> None:
    async with window(chromium, demo) as page:
        await page.goto(f"/{_SLUG}/now")
        told = await page.locator("[data-in]").inner_text()
        assert re.fullmatch(r"in \d+ (days|hours|minutes)", told)
        await page.clock.install(time=datetime.now(UTC) + timedelta(days=3, hours=5))
        async with page.expect_response(lambda answer: answer.request.resource_type == "fetch"):
            await page.goto(f"/{_SLUG}/now")
        await page.clock.run_for(40_000)
        await expect(page.locator("[data-in]")).to_have_text(told)
