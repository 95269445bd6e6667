"""The schedule editor in a real browser: by mouse, by keys, by clicks alone, without script, and when things go wrong."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from conference import clock
from conference.tables import Conference, Role
from conference.viewer import SignedInOrganiser
from sessions.schedule.placing import place_slot
from sessions.tables import Room, SessionKind, Slot
from tests.browser.conftest import Site
from tests.makers import (
    THE_DAY,
    make_conference,
    make_member,
    make_organiser,
    make_room,
    make_session,
    make_slot,
    make_speaker,
)
from tests.people import KOLKATA_ATTENDEE

THE_DAY_AT_SIX = datetime.combine(THE_DAY, time(18))
PATH = "/organise/libraries/schedule?day=2026-06-25"


class Desk:
    """Two rooms, an opening at 10:00 with Ruth, a panel at 14:00, and Ruth's Fundraising that waits."""

    site: Site
    conference: Conference
    petra: SignedInOrganiser
    anjali: SignedInOrganiser
    main: Room
    workshop: Room
    opening: Slot
    panel: Slot
    waiting: Slot

    async def open(self, **options: Any) -> Page:
        """Petra's window on the day."""
        page = await self.site.signed_in_page(self.petra, **options)
        await page.goto(PATH)
        return page

    async def stands(self, which: Slot) -> tuple[int | None, str, int]:
        """Room, wall clock and length of a slot in the database."""
        row = await Slot.select().where(Slot.id == which.id).first()
        assert row is not None
        return row["room"], f"{row['local_start']:%H:%M}" if row["local_start"] else "", row["length_minutes"]


@pytest.fixture
async def desk(site: Site) -> Desk:
    scene = Desk()
    scene.site = site
    scene.petra = await make_organiser()
    scene.conference = await make_conference(owner=scene.petra)
    scene.anjali = await make_member(scene.conference, KOLKATA_ATTENDEE, Role.PROGRAMME)
    scene.main = await make_room(scene.conference, "Main stage", position=1)
    scene.workshop = await make_room(scene.conference, "Workshop room B", position=2)
    ruth = await make_speaker(scene.conference)
    opening = await make_session(scene.conference, "Opening", kind=SessionKind.KEYNOTE, speakers=(ruth,))
    panel = await make_session(scene.conference, "Panel", kind=SessionKind.PANEL)
    fundraising = await make_session(scene.conference, "Fundraising", speakers=(ruth,))
    scene.opening = await make_slot(scene.conference, opening, scene.main, "10:00")
    scene.panel = await make_slot(scene.conference, panel, scene.main, "14:00")
    scene.waiting = await make_slot(scene.conference, fundraising, None, None)
    return scene


def card(page: Page, slot: Slot) -> Locator:
    """The slot's card, wherever it is."""
    return page.locator(f"[data-slot='{slot.code}']")


def column(page: Page, room: Room) -> Locator:
    """A room's cards."""
    return page.locator(f"[data-column='{room.code}'] [data-cards]")


async def point(page: Page, room: Room, at: str) -> tuple[float, float]:
    """Where a wall-clock time lies in a room's column, scrolled into sight."""
    hour, minute = map(int, at.split(":"))
    await page.locator("[data-grid]").evaluate(
        "(grid, hour) => grid.scrollTo({top: (hour - 2 - Number(grid.querySelector('[data-band]').dataset.first)) * 96, behavior: 'instant'})",
        hour,
    )
    box = await column(page, room).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + ((hour - 8) + minute / 60) / 12 * box["height"]


async def drag(page: Page, slot: Slot, room: Room, at: str) -> None:
    """Drag the card by its top edge to the time."""
    await card(page, slot).evaluate("(card) => card.scrollIntoView({block: 'center', behavior: 'instant'})")
    box = await card(page, slot).bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] - 12, box["y"] + 8)
    await page.mouse.down()
    x, y = await point(page, room, at)
    await page.mouse.move(x, y - 40)
    await page.mouse.move(x, y + 8, steps=4)
    await page.mouse.up()


async def saved(page: Page, text: str) -> None:
    """Wait until the live region says so."""
    await expect(page.get_by_role("status").filter(has_text=text)).to_be_visible()


async def test_a_card_is_dragged_from_the_list_to_the_grid_and_its_clash_is_named(desk: Desk) -> None:
    page = await desk.open()
    await expect(page.locator(".tray")).to_contain_text("Fundraising")
    await drag(page, desk.waiting, desk.workshop, "10:15")
    await saved(
        page,
        "“Fundraising” is in Workshop room B, Thu 25 Jun, 10:15–11:00. "
        "2 clashes: Ruth Okafor also speaks in “Opening”, Main stage, 10:00–10:45; "
        "It is 05:15 for Ruth Okafor (New York).",
    )
    assert await desk.stands(desk.waiting) == (desk.workshop.id, "10:15", 45)
    await expect(card(page, desk.waiting)).to_contain_text("Speaker clash")
    await expect(card(page, desk.opening)).to_contain_text("Speaker clash")
    await expect(card(page, desk.waiting)).to_contain_text("05:15 New York night")
    # After the opening, with time to get from one room to the other: both badges go at once.
    await drag(page, desk.waiting, desk.workshop, "11:00")
    await saved(page, "11:00–11:45. One clash: It is 06:00 for Ruth Okafor (New York).")
    await expect(card(page, desk.waiting)).not_to_contain_text("Speaker clash")
    await expect(card(page, desk.opening)).not_to_contain_text("Speaker clash")
    await page.reload()
    await expect(column(page, desk.workshop)).to_contain_text("11:00–11:45")


async def test_a_card_is_dragged_back_to_the_list_and_undo_brings_it_again(desk: Desk) -> None:
    page = await desk.open()
    box = await card(page, desk.opening).bounding_box()
    tray = await page.locator("[data-tray]").bounding_box()
    assert box is not None
    assert tray is not None
    await page.mouse.move(box["x"] + box["width"] - 12, box["y"] + 8)
    await page.mouse.down()
    await page.mouse.move(tray["x"] + 60, tray["y"] + 120, steps=5)
    await page.mouse.up()
    await saved(page, "“Opening” is off the schedule.")
    await expect(page.locator("[data-tray]")).to_contain_text("Opening")
    assert (await desk.stands(desk.opening))[0] is None
    await expect(
        page.locator("[data-undo-label]", has_text="Took “Opening” off the schedule")
    ).to_be_visible()
    await page.get_by_role("button", name="Undo", exact=True).click()
    await saved(page, "Undone: Took “Opening” off the schedule.")
    await expect(column(page, desk.main)).to_contain_text("Opening")
    assert await desk.stands(desk.opening) == (desk.main.id, "10:00", 45)
    await expect(page.get_by_role("button", name="Undo", exact=True)).to_be_disabled()


async def test_everything_is_done_by_keys_alone(desk: Desk) -> None:
    page = await desk.open()
    pick = card(page, desk.panel).get_by_role("button", name="Panel", exact=True)
    await pick.focus()
    await page.keyboard.press("Enter")
    await expect(pick).to_have_attribute("aria-pressed", "true")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowDown")
    await saved(page, "Workshop room B, 14:15–15:00.")
    await page.keyboard.press("Shift+ArrowDown")
    await page.keyboard.press("PageUp")
    await page.keyboard.press("+")
    await saved(page, "Workshop room B, 13:20–14:20.")
    assert await desk.stands(desk.panel) == (
        desk.main.id,
        "14:00",
        45,
    )  # nothing is saved before it is put down
    await page.keyboard.press("Enter")
    await saved(page, "“Panel” is in Workshop room B, Thu 25 Jun, 13:20–14:20. No clashes.")
    assert await desk.stands(desk.panel) == (desk.workshop.id, "13:20", 60)
    await expect(card(page, desk.panel).locator("[data-pick]")).to_be_focused()
    await page.keyboard.press("u")
    await saved(page, "“Panel” is off the schedule.")
    await page.keyboard.press("Control+z")
    await saved(page, "Undone: Took “Panel” off the schedule.")
    assert await desk.stands(desk.panel) == (desk.workshop.id, "13:20", 60)
    await card(page, desk.panel).locator("[data-pick]").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Escape")
    await saved(page, "Left where it was.")
    assert await desk.stands(desk.panel) == (desk.workshop.id, "13:20", 60)


async def test_a_waiting_card_is_placed_by_keys(desk: Desk) -> None:
    page = await desk.open()
    await card(page, desk.waiting).locator("[data-pick]").focus()
    await page.keyboard.press("Enter")
    await saved(page, "Main stage, 09:00–09:45. 04:00 in New York, night.")
    await page.keyboard.press("ArrowRight")
    for _press in range(4):
        await page.keyboard.press("ArrowDown")
    await saved(page, "Workshop room B, 10:00–10:45. 05:00 in New York, night. Clashes with Opening.")
    await page.keyboard.press("Enter")
    await saved(page, "2 clashes: Ruth Okafor also speaks in “Opening”")
    assert await desk.stands(desk.waiting) == (desk.workshop.id, "10:00", 45)


async def test_clicks_alone_place_a_card(desk: Desk) -> None:
    page = await desk.open()
    await card(page, desk.waiting).get_by_text("Fundraising", exact=True).first.click()
    x, y = await point(page, desk.workshop, "11:30")
    await page.mouse.click(x, y + 1)
    await saved(
        page, "Workshop room B, Thu 25 Jun, 11:30–12:15. One clash: It is 06:30 for Ruth Okafor (New York)."
    )
    assert await desk.stands(desk.waiting) == (desk.workshop.id, "11:30", 45)


async def test_without_script_the_plain_form_does_the_same(desk: Desk) -> None:
    page = await desk.open(java_script_enabled=False)
    await card(page, desk.waiting).get_by_role("link", name="Move").click()
    await page.get_by_label("Day").fill("2026-06-25")
    await page.get_by_label("Time").fill("10:30")
    await page.get_by_label("Room").select_option("Main stage")
    await page.get_by_role("button", name="Place it").click()
    await expect(page.get_by_role("status").first).to_contain_text(
        "3 clashes: Main stage is taken by “Opening”"
    )
    assert await desk.stands(desk.waiting) == (desk.main.id, "10:30", 45)
    first = await card(page, desk.opening).bounding_box()
    second = await card(page, desk.waiting).bounding_box()
    assert first is not None
    assert second is not None
    assert second["y"] - first["y"] == pytest.approx(48, abs=1)  # half an hour, without inline style
    assert second["x"] >= first["x"] + first["width"] - 1  # side by side
    await card(page, desk.waiting).get_by_role("link", name="Move").click()
    await page.get_by_role("button", name="Unschedule").click()
    await expect(page.get_by_role("status").first).to_contain_text("“Fundraising” is off the schedule.")
    await page.get_by_role("button", name="Undo", exact=True).click()
    await expect(page.get_by_role("status").first).to_contain_text(
        "Undone: Took “Fundraising” off the schedule"
    )
    assert await desk.stands(desk.waiting) == (desk.main.id, "10:30", 45)


async def test_a_colleagues_change_is_shown_and_never_lost(desk: Desk) -> None:
    page = await desk.open()
    await place_slot(
        desk.panel.id,
        room_id=desk.workshop.id,
        local_start=THE_DAY_AT_SIX,
        length_minutes=45,
        revision=1,
        actor=desk.anjali,
        now=clock.now(),
    )
    await drag(page, desk.panel, desk.main, "12:00")
    dialog = page.get_by_role("dialog", name="Changed by someone else")
    await expect(dialog).to_contain_text("2026-06-25 12:00")
    await expect(dialog).to_contain_text("2026-06-25 18:00")
    await expect(column(page, desk.workshop)).to_contain_text("18:00–18:45")  # theirs stands
    async with page.expect_response("**/schedule.json*"):  # the page reads everything anew …
        await dialog.get_by_role("button", name="Keep theirs").click()
    await expect(card(page, desk.panel).locator("[data-pick]")).to_be_focused()  # … and has put it in place
    assert await desk.stands(desk.panel) == (desk.workshop.id, "18:00", 45)
    await drag(page, desk.panel, desk.main, "12:00")
    await saved(page, "“Panel” is in Main stage, Thu 25 Jun, 12:00–12:45.")
    assert await desk.stands(desk.panel) == (desk.main.id, "12:00", 45)


async def test_without_a_connection_the_card_goes_back_and_says_so(desk: Desk) -> None:
    page = await desk.open()
    await page.context.set_offline(True)
    await drag(page, desk.panel, desk.workshop, "12:00")
    await saved(page, "No connection to the server, so nothing was saved. Panel")
    await expect(column(page, desk.main)).to_contain_text("14:00–14:45")
    assert await desk.stands(desk.panel) == (desk.main.id, "14:00", 45)
    await page.context.set_offline(False)
    await saved(page, "Connected again. This is how things stand.")
    await drag(page, desk.panel, desk.workshop, "12:00")
    await saved(page, "“Panel” is in Workshop room B, Thu 25 Jun, 12:00–12:45.")


async def test_the_lower_edge_changes_the_length(desk: Desk) -> None:
    page = await desk.open()
    await point(page, desk.main, "14:00")
    box = await card(page, desk.panel).bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 40, box["y"] + box["height"] - 4)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 40, box["y"] + box["height"] + 46, steps=4)
    await page.mouse.up()
    await saved(page, "14:00–15:15. No clashes.")
    assert await desk.stands(desk.panel) == (desk.main.id, "14:00", 75)


async def test_searching_the_list_needs_no_button(desk: Desk) -> None:
    page = await desk.open()
    await page.get_by_role("searchbox").fill("zebra")
    await expect(page.get_by_text("Nothing unscheduled has “zebra” in it.")).to_be_visible()
    await expect(card(page, desk.waiting)).to_have_count(0)
    await page.get_by_role("searchbox").fill("okafor")
    await expect(card(page, desk.waiting)).to_have_count(1)
    await expect(card(page, desk.opening)).to_have_count(1)


async def test_a_finger_drags_a_card_by_its_grip(desk: Desk) -> None:
    page = await desk.open(width=390, height=844, has_touch=True, is_mobile=True)
    grip = card(page, desk.panel).locator("[data-grip]")
    await grip.evaluate("(grip) => grip.scrollIntoView({block: 'center', behavior: 'instant'})")
    box = await grip.bounding_box()
    assert box is not None
    await swipe(page, box, -96)
    await saved(page, "“Panel” is in Main stage, Thu 25 Jun, 13:00–13:45.")
    assert await desk.stands(desk.panel) == (desk.main.id, "13:00", 45)


async def test_a_finger_on_the_lower_edge_changes_the_length(desk: Desk) -> None:
    page = await desk.open(width=390, height=844, has_touch=True, is_mobile=True)
    edge = card(page, desk.panel).locator("[data-edge]").first
    await edge.evaluate("(edge) => edge.scrollIntoView({block: 'center', behavior: 'instant'})")
    box = await edge.bounding_box()
    assert box is not None
    assert box["height"] >= 16  # a fingertip finds it
    await swipe(page, box, 48)
    await saved(page, "“Panel” is in Main stage, Thu 25 Jun, 14:00–15:15.")
    assert await desk.stands(desk.panel) == (desk.main.id, "14:00", 75)


async def swipe(page: Page, box: Any, by: int) -> None:
    """A finger put on the middle of the box, moved down by so many pixels, and lifted."""
    fingers = await page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    async def touch(kind: str, *heights: float) -> None:
        sent = [{"x": x, "y": height} for height in heights]
        await fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": sent})

    await touch("touchStart", y)
    for step in range(1, 5):
        await touch("touchMove", y + step * by / 4)
    await touch("touchEnd")


async def test_two_taps_place_a_card(desk: Desk) -> None:
    page = await desk.open(width=390, height=844, has_touch=True, is_mobile=True)
    await card(page, desk.panel).evaluate(
        "(card) => card.scrollIntoView({block: 'center', behavior: 'instant'})"
    )
    await card(page, desk.panel).locator("[data-pick]").tap()
    await saved(page, "Picked up Panel.")
    box = await card(page, desk.panel).bounding_box()
    assert box is not None
    await page.touchscreen.tap(box["x"] + 30, box["y"] - 95)
    await saved(page, "“Panel” is in Main stage, Thu 25 Jun, 13:00–13:45.")


async def test_the_narrowest_page_does_not_scroll_sideways(desk: Desk) -> None:
    for width in (320, 390, 1280):
        page = await desk.open(width=width)
        assert await page.evaluate("document.documentElement.scrollWidth") == width
        await page.goto(f"/organise/libraries/schedule/slots/{desk.panel.code}")
        assert await page.evaluate("document.documentElement.scrollWidth") == width


async def test_every_card_can_be_reached_by_the_tab_key_and_the_arrows(desk: Desk) -> None:
    page = await desk.open()
    await page.get_by_role("searchbox").focus()
    stops = []
    for _press in range(5):
        await page.keyboard.press("Tab")
        stops.append(await page.evaluate("document.activeElement.textContent.trim().replace(/\\s+/g, ' ')"))
    assert stops == ["Order and filters", "Fundraising", "More Fundraising", "Opening", "More Opening"]
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("ArrowDown")
    await expect(card(page, desk.panel).locator("[data-pick]")).to_be_focused()
    await page.keyboard.press("m")
    await expect(page.get_by_role("dialog").get_by_role("heading", name="Panel")).to_be_visible()
