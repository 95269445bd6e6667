"""The schedule editor with several cards, steps and views in a real browser: selecting, swapping, shifting, undoing, hiding."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date

import pytest
from playwright.async_api import Page, expect
from playwright.async_api import TimeoutError as NotInTime

from conference import clock
from conference.tables import Role
from sessions.schedule.placing import place_slot
from sessions.tables import Slot
from tests.browser.conftest import Site
from tests.browser.test_editor import THE_DAY_AT_SIX, Desk, card, column, desk, drag, point, saved
from tests.makers import make_conference, make_member, make_organiser, make_room, make_session, make_slot
from tests.people import AUCKLAND_ATTENDEE

__all__ = ["desk"]

PATIENCE = 20  # tries


def pick(page: Page, slot: Slot) -> str:
    """The selector of a card's title."""
    return f"[data-slot='{slot.code}'] [data-pick]"


async def menu(page: Page, slot: Slot, item: str) -> None:
    """Choose from a card's menu by clicks alone."""
    for _turn in range(PATIENCE):
        # A card that is drawn anew just then, by what the server has answered, has forgotten the pointer above it.
        await card(page, slot).hover()
        await expect(card(page, slot)).to_have_class(re.compile("card--open|^card(?!.* h)"))
        with suppress(NotInTime):
            await card(page, slot).locator("[data-more]").click(timeout=1_000)
            break
    await page.get_by_role("menuitem", name=item).click()


async def test_two_cards_are_selected_and_swapped_and_undo_outlives_a_reload(desk: Desk) -> None:
    page = await desk.open()
    await page.locator(pick(page, desk.opening)).click(modifiers=["Control"])
    await page.locator(pick(page, desk.panel)).click(modifiers=["Control"])
    await expect(page.get_by_role("region", name="Selected sessions")).to_contain_text("Selected: 2")
    await page.get_by_role("button", name="Swap the two").click()
    await saved(page, "Swapped “Opening” and “Panel”.")
    assert await desk.stands(desk.opening) == (desk.main.id, "14:00", 45)
    assert await desk.stands(desk.panel) == (desk.main.id, "10:00", 45)
    await page.reload()
    await page.get_by_role("button", name="Undo", exact=True).click()
    await saved(page, "Undone: Swapped “Opening” and “Panel”. One clash")
    assert await desk.stands(desk.opening) == (desk.main.id, "10:00", 45)
    await page.reload()
    await page.get_by_role("button", name="Redo", exact=True).click()
    await saved(page, "Swapped “Opening” and “Panel”")
    assert await desk.stands(desk.opening) == (desk.main.id, "14:00", 45)
    await page.get_by_text("History").click()
    await expect(page.locator("[data-history] li")).to_have_count(1)


async def test_selected_cards_are_moved_together_by_keys_by_the_mouse_and_by_a_form(desk: Desk) -> None:
    page = await desk.open()
    await page.locator(pick(page, desk.opening)).focus()
    await page.keyboard.press("Shift+ArrowDown")
    await saved(page, "Selected: 2")
    await page.keyboard.press("Enter")
    await saved(page, "Picked up 2 sessions, Panel among them.")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await saved(page, "Moved 2 sessions by 15 minutes")
    assert await desk.stands(desk.opening) == (desk.workshop.id, "10:15", 45)
    assert await desk.stands(desk.panel) == (desk.workshop.id, "14:15", 45)
    await drag(page, desk.panel, desk.main, "14:45")
    await expect(column(page, desk.main)).to_contain_text("10:45–11:30")
    assert await desk.stands(desk.opening) == (desk.main.id, "10:45", 45)
    await page.get_by_role("button", name="Move together").click()
    dialog = page.get_by_role("dialog", name="Move together")
    await dialog.get_by_label("By minutes").fill("-45")
    await dialog.get_by_label("By rooms").fill("5")
    await dialog.get_by_role("button", name="Move", exact=True).click()
    await expect(dialog.locator("[data-problem]")).to_be_visible()  # there is no such room, and it says so
    await dialog.get_by_label("By rooms").fill("0")
    await dialog.get_by_role("button", name="Move", exact=True).click()
    await expect(column(page, desk.main)).to_contain_text("10:00–10:45")
    assert await desk.stands(desk.panel) == (desk.main.id, "14:00", 45)
    await page.get_by_role("button", name="Take off the schedule").click()
    await saved(page, "Took 2 sessions off the schedule")
    assert (await desk.stands(desk.panel))[0] is None
    await page.keyboard.press("Control+z")
    await expect(column(page, desk.main)).to_contain_text("10:00–10:45")


async def test_every_action_of_a_card_is_reached_by_clicks_alone(desk: Desk) -> None:
    page = await desk.open()
    await menu(page, desk.panel, "Swap with another")
    await saved(page, "Choose the session that changes places with Panel.")
    await page.locator(pick(page, desk.opening)).click()
    await saved(page, "Swapped")
    assert await desk.stands(desk.panel) == (desk.main.id, "10:00", 45)
    await menu(page, desk.panel, "Shift everything from here on")
    dialog = page.get_by_role("dialog", name="Shift a stretch")
    await expect(dialog).to_contain_text("2 sessions will move.")
    await dialog.get_by_label("From").fill("12:00")
    await expect(dialog).to_contain_text("One session will move.")
    await dialog.get_by_label("By minutes").fill("20")
    await dialog.get_by_role("button", name="Shift", exact=True).click()
    await saved(page, "“Opening” is in Main stage, Thu 25 Jun, 14:20–15:05.")
    await expect(page.locator("[data-undo-label]")).to_have_text(
        "Shifted one session by 20 minutes from 12:00"
    )
    assert await desk.stands(desk.opening) == (desk.main.id, "14:20", 45)
    await menu(page, desk.panel, "Add a repeat")
    await expect(page.locator("[data-tray]")).to_contain_text("Panel 2 of 2")
    await expect(card(page, desk.panel)).to_contain_text("Panel 1 of 2")
    await menu(page, desk.opening, "Take off the schedule")
    await saved(page, "“Opening” is off the schedule.")
    await menu(page, desk.opening, "Move by a form")
    form = page.get_by_role("dialog")
    await form.get_by_label("Time").fill("11:07")
    await form.get_by_label("Room").select_option("Workshop room B")
    await form.get_by_role("button", name="Place it").click()
    await saved(page, "“Opening” is in Workshop room B, Thu 25 Jun, 11:07–11:52.")
    assert await desk.stands(desk.opening) == (desk.workshop.id, "11:07", 45)
    await expect(column(page, desk.workshop)).to_contain_text("11:07–11:52")


async def test_a_break_is_added_in_a_dialog_and_copied_to_the_free_rooms(desk: Desk) -> None:
    page = await desk.open()
    await page.locator("[data-tools-menu] summary").click()
    await page.get_by_role("link", name="Add a break or a blocker").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Title").fill("Tea")
    await form.get_by_label("Time").fill("12:00")
    await form.get_by_role("button", name="Add", exact=True).click()
    await expect(form.locator(".error").first).to_be_visible()  # no room yet
    await form.get_by_label("Main stage").check()
    await form.get_by_role("button", name="Add", exact=True).click()
    await expect(column(page, desk.main)).to_contain_text("Tea")
    tea = await Slot.objects().order_by(Slot.id, ascending=False).first()
    assert tea is not None
    await menu(page, tea, "Copy to all free rooms")
    await saved(page, "Copied “Tea” to one room")
    await expect(column(page, desk.workshop)).to_contain_text("Tea 2 of 2")
    await page.keyboard.press("Control+z")
    await expect(column(page, desk.workshop)).not_to_contain_text("Tea")


async def test_hidden_rooms_size_and_step_are_remembered(desk: Desk) -> None:
    page = await desk.open()
    await page.locator(".drop summary", has_text="Rooms").click()
    await page.locator("[data-rooms]").get_by_label("Main stage").uncheck()
    await expect(column(page, desk.main)).to_be_hidden()
    await expect(page.locator("[data-rooms-count]")).to_have_text("1 of 2")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Larger").click()
    await page.get_by_label("Step").select_option("60")
    await page.reload()
    await expect(column(page, desk.main)).to_be_hidden()
    assert await page.locator("[data-editor]").get_attribute("data-zoom") == "3"
    await page.locator(pick(page, desk.waiting)).focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowDown")
    await saved(page, "Workshop room B, 10:00–10:45")  # an hour on, in the only room shown
    await page.keyboard.press("Escape")
    await page.locator("[data-clashes] summary").click()
    await page.locator("[data-clashes] a").first.click()  # what is hidden comes back when it is wanted
    await expect(page.locator(pick(page, desk.opening))).to_be_focused()
    await expect(column(page, desk.main)).to_be_visible()


async def test_a_card_goes_to_another_day(site: Site) -> None:
    petra = await make_organiser()
    two_days = await make_conference(owner=petra, ends_on=date(2026, 6, 26))
    room = await make_room(two_days, "Main stage", position=1)
    slot = await make_slot(two_days, await make_session(two_days, "Travelling"), room, "10:00")
    page = await site.signed_in_page(petra)
    await page.goto("/organise/libraries/schedule?day=2026-06-25")

    async def day() -> str:
        row = await Slot.select(Slot.local_start).where(Slot.id == slot.id).first()
        assert row is not None
        return f"{row['local_start']:%d %H:%M}"

    # Dropped on the name of the day: the same time there.
    box = await card(page, slot).bounding_box()
    tab = await page.get_by_role("link", name="Fri 26 Jun").bounding_box()
    assert box is not None
    assert tab is not None
    await page.mouse.move(box["x"] + 40, box["y"] + 20)
    await page.mouse.down()
    await page.mouse.move(tab["x"] + 20, tab["y"] + 12, steps=4)
    await page.mouse.up()
    await saved(page, "“Travelling” is in Main stage, Fri 26 Jun, 10:00–10:45.")
    assert await day() == "26 10:00"
    await expect(card(page, slot)).to_have_count(0)
    # Held over the name for a moment: that day opens, and the card goes down where one likes.
    await page.get_by_role("link", name="Fri 26 Jun").click()
    await expect(card(page, slot)).to_be_visible()
    assert "day=2026-06-26" in page.url
    box = await card(page, slot).bounding_box()
    tab = await page.get_by_role("link", name="Thu 25 Jun").bounding_box()
    assert box is not None
    assert tab is not None
    await page.mouse.move(box["x"] + 40, box["y"] + 20)
    await page.mouse.down()
    await page.mouse.move(tab["x"] + 20, tab["y"] + 12, steps=4)
    await page.wait_for_url("**day=2026-06-25*")
    x, y = await point(page, room, "13:00")
    await page.mouse.move(x, y)
    await page.mouse.move(x, y + 20, steps=3)
    await page.mouse.up()
    await saved(page, "“Travelling” is in Main stage, Thu 25 Jun, 13:00–13:45.")
    assert await day() == "25 13:00"
    # By keys, and with all days under one another.
    await page.get_by_role("link", name="Whole conference").click()
    await expect(page.locator("[data-band]")).to_have_count(2)
    await page.locator(pick(page, slot)).focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Alt+ArrowRight")
    await saved(page, "Main stage, Fri 26 Jun, 13:00–13:45.")
    await page.keyboard.press("Enter")
    await saved(page, "“Travelling” is in Main stage, Fri 26 Jun, 13:00–13:45.")
    await expect(page.locator("[data-band='2026-06-26']")).to_contain_text("Travelling")
    assert await day() == "26 13:00"


async def test_a_stale_move_of_several_shows_both_versions(desk: Desk) -> None:
    page = await desk.open()
    await page.locator(pick(page, desk.opening)).click(modifiers=["Control"])
    await page.locator(pick(page, desk.panel)).click(modifiers=["Control"])
    await page.route("**/schedule/events*", lambda route: route.abort())
    await page.route(
        "**/schedule.json*", lambda route: route.abort()
    )  # this page hears nothing of the colleague
    await place_slot(
        desk.panel.id,
        room_id=desk.workshop.id,
        local_start=THE_DAY_AT_SIX,
        length_minutes=45,
        revision=1,
        actor=desk.anjali,
        now=clock.now(),
    )
    await page.get_by_role("button", name="Swap the two").click()
    dialog = page.get_by_role("dialog", name="Changed by someone else")
    await expect(dialog).to_contain_text("Panel")
    await page.unroute("**/schedule.json*")
    await dialog.get_by_role("button", name="Keep theirs").click()
    await expect(column(page, desk.workshop)).to_contain_text("18:00–18:45")
    assert await desk.stands(desk.opening) == (desk.main.id, "10:00", 45)


@pytest.mark.parametrize("script", [True, False])
async def test_who_may_only_look_gets_a_page_to_look_at(desk: Desk, script: bool) -> None:
    viewer = await make_member(desk.conference, AUCKLAND_ATTENDEE, Role.VIEWER)
    page = await desk.site.signed_in_page(viewer, java_script_enabled=script)
    await page.goto("/organise/libraries/schedule?day=2026-06-25")
    await expect(page.get_by_text("Your role lets you look at the schedule.")).to_be_visible()
    await expect(card(page, desk.panel)).to_be_visible()
    for name in ("Undo", "Redo", "Select"):
        await expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    if script:
        await page.locator(pick(page, desk.opening)).focus()
        await page.keyboard.press("ArrowDown")
        await expect(page.locator(pick(page, desk.panel))).to_be_focused()
        await page.keyboard.press("u")
        await page.keyboard.press("Control+z")
        assert (await desk.stands(desk.panel))[0] == desk.main.id


async def test_without_script_rooms_steps_and_the_list_are_forms(desk: Desk) -> None:
    page = await desk.open(java_script_enabled=False)
    await page.locator("summary", has_text="Rooms").click()
    await page.locator("[data-rooms]").get_by_label("Main stage").uncheck()
    await page.get_by_role("button", name="Show these").click()
    await expect(column(page, desk.main)).to_be_hidden()
    await page.locator("summary", has_text="Order and filters").click()
    await page.locator("select[name=length]").select_option("Over an hour")
    await page.get_by_role("button", name="Search").click()
    await expect(page.get_by_text("None of the sessions that wait for a place is like that.")).to_be_visible()
    await expect(column(page, desk.main)).to_be_hidden()  # still
    await page.get_by_role("link", name="Larger").click()
    await expect(page.locator(".zoom3")).to_be_visible()
    await page.locator("summary", has_text="Rooms").click()
    await page.get_by_role("link", name="Show all rooms").click()
    for slot in (desk.opening, desk.panel):
        await card(page, slot).get_by_role("checkbox").check()
    await page.get_by_role("button", name="With those ticked").click()
    await page.get_by_role("button", name="Swap the two").click()
    await expect(page.get_by_role("status").first).to_contain_text("Swapped “Opening” and “Panel”")
    assert await desk.stands(desk.opening) == (desk.main.id, "14:00", 45)
    await page.get_by_role("button", name="Undo", exact=True).click()
    await page.get_by_role("button", name="Redo", exact=True).click()
    assert await desk.stands(desk.opening) == (desk.main.id, "14:00", 45)
    await page.locator("summary", has_text="More").click()
    await page.get_by_role("link", name="Shift everything from a time on").click()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert "/schedule/shift" in page.url
