"""The library in a real browser: found while one types, filtered without losing one's place, and all of it without script."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.conftest import Site
from tests.browser.looks import ALL_RULES, breaches, is_too_wide
from tests.makers import make_conference
from tests.sessions.resource_makers import OUT, make_pack_row, shelve


async def fill() -> None:
    """Some things of three kinds."""
    pack = await make_pack_row(await make_conference(), **OUT)
    for number, kind in enumerate(("slides", "slides", "slides", "recording", "handout")):
        await shelve(pack, f"Libraries {number}" if number % 2 else f"Schools {number}", kind=kind)


async def test_what_is_found_follows_the_typing_and_the_filters(site: Site) -> None:
    await fill()
    page = await site.page()
    await page.goto("/")
    await page.get_by_role("navigation", name="Main").get_by_role("link", name="Library").click()
    count = page.get_by_role("status").filter(has_text="take home")
    everything = await count.inner_text()
    search = page.get_by_role("searchbox")
    await search.press_sequentially("LIBRAR", delay=20)
    await expect(page.locator("#found mark").first).to_have_text(re.compile("^[Ll]ibrar"))
    await expect(search).to_be_focused()
    await expect(page).to_have_url(re.compile(r"/resources\?q=LIBRAR$"))
    await expect(count).not_to_have_text(everything)
    # A filter by keyboard: what is found and the other counts follow, and the place is not lost.
    await search.fill("")
    await expect(count).to_have_text(everything)
    box = page.get_by_role("group", name="Kind").get_by_role("checkbox").first
    name = await box.get_attribute("id")
    await box.focus()
    await page.keyboard.press("Space")
    await expect(page.get_by_role("list", name="Filters in force").get_by_role("link")).to_have_count(1)
    await expect(page.locator(f"#{name}")).to_be_checked()
    await expect(page.locator(f"#{name}")).to_be_focused()
    await expect(page).to_have_url(re.compile(r"/resources\?(q=&)?kind="))
    await page.reload()
    await expect(page.locator(f"#{name}")).to_be_checked()
    await page.get_by_role("list", name="Filters in force").get_by_role("link").click()
    await expect(page).to_have_url(re.compile("/resources$"))
    await expect(count).to_have_text(everything)


async def test_a_quick_typist_sees_what_was_typed_last(site: Site) -> None:
    await fill()
    page = await site.page()
    await page.goto("/resources")
    search = page.get_by_role("searchbox")
    await search.press_sequentially("zzzz", delay=0)
    await expect(page.get_by_role("status").filter(has_text="Nothing fits")).to_be_visible()
    await expect(page.get_by_role("link", name="Show the whole library")).to_be_visible()
    await search.fill("schools")
    await search.press("Enter")
    await expect(page.locator("#found mark").first).to_have_text("Schools")


async def test_the_library_works_without_script(site: Site) -> None:
    await fill()
    page = await site.page(java_script_enabled=False)
    await page.goto("/resources")
    await page.get_by_role("searchbox").fill("librar")
    await page.get_by_role("button", name="Search").click()
    await expect(page.locator("#found mark").first).to_be_visible()
    await page.get_by_role("group", name="Kind").get_by_role("checkbox").first.check()
    await page.get_by_role("button", name="Filter").click()
    await expect(page).to_have_url(re.compile(r"q=librar&.*kind="))
    await expect(page.get_by_role("list", name="Filters in force").get_by_role("link")).to_have_count(3)


async def test_the_library_is_readable_on_every_screen_and_by_every_reader(site: Site) -> None:
    await fill()
    for language, scheme in (("en", "light"), ("ar", "dark")):
        for width in (320, 1280):
            page = await site.page(width=width, color_scheme=scheme)
            for query in ("q=librar&kind=slides", "q=zzzz&kind=slides", "kind=dataset"):
                await page.goto(f"/resources?{query}&lang={language}")
                assert not await is_too_wide(page), (query, width)
                assert await breaches(page, ALL_RULES) == [], (query, width)
