"""A pack put in order by dragging and by key, without loading the page anew; and what happens when the line is broken."""

from __future__ import annotations

from playwright.async_api import Page, expect

from sessions.packs.queries import pack_items
from sessions.packs.tables import PackItem, ResourcePack
from tests.browser.conftest import Site
from tests.makers import make_conference, make_organiser
from tests.sessions.resource_makers import make_pack_row, make_resource_row


async def the_pack(site: Site) -> tuple[Page, ResourcePack]:
    """The page of a pack in which A, B, C and D stand."""
    owner = await make_organiser()
    conference = await make_conference(owner=owner)
    pack = await make_pack_row(conference)
    for position, title in enumerate("ABCD"):
        resource = await make_resource_row(conference, pack, title=title, url="https://x.example")
        await PackItem.update({PackItem.position: position}).where(PackItem.resource == resource.id)
    page = await site.signed_in_page(owner)
    await page.goto(f"/organise/libraries/resources/{pack.code}")
    return page, pack


async def kept(pack: ResourcePack) -> list[str]:
    return [item.title["en"] for item in await pack_items(pack.id)]


async def test_an_entry_is_dragged_to_the_end_and_moved_back_by_key(site: Site) -> None:
    page, pack = await the_pack(site)
    titles = page.locator(".desk-items h3")
    grip, last = page.locator(".grip").first, page.locator(".desk-items > li").last
    await last.scroll_into_view_if_needed()
    start, end = await grip.bounding_box(), await last.bounding_box()
    assert start is not None
    assert end is not None
    await page.mouse.move(start["x"] + 5, start["y"] + 5)
    await page.mouse.down()
    await page.mouse.move(start["x"] + 5, end["y"] + end["height"] - 2, steps=8)
    async with page.expect_response("**/order") as saved:
        await page.mouse.up()
    assert (await saved.value).status == 204
    await expect(titles).to_have_text(["B", "C", "D", "A"])
    await expect(page.locator("[data-order-said]")).to_have_text("4 of 4")
    assert await kept(pack) == ["B", "C", "D", "A"]
    up = page.get_by_role("button", name="Move A up")
    await up.focus()
    async with page.expect_response("**/order"):
        await page.keyboard.press("Enter")
    await expect(up).to_be_focused()
    await expect(titles).to_have_text(["B", "C", "A", "D"])
    assert await kept(pack) == ["B", "C", "A", "D"]


async def test_where_it_cannot_be_saved_the_list_goes_back_and_says_so(site: Site) -> None:
    page, pack = await the_pack(site)
    await page.route("**/order", lambda route: route.abort("connectionreset"))
    await page.get_by_role("button", name="Move A down").click()
    said = page.get_by_text("The new order could not be saved. Please try again.")
    await expect(said).to_be_visible()
    await expect(page.locator(".desk-items h3")).to_have_text(["A", "B", "C", "D"])
    assert await kept(pack) == ["A", "B", "C", "D"]
