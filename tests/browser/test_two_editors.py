"""Two organisers at the same schedule in two browsers: each sees what the other does, and neither loses anything."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page, expect

from conference import clock
from conference.tables import Conference, Role
from conference.viewer import SignedInOrganiser
from sessions.drafting import delete_session
from sessions.schedule.placing import place_slot, unschedule_slot
from sessions.tables import Room, ScheduleRules, Slot
from tests.browser.conftest import Site
from tests.browser.test_editor import THE_DAY_AT_SIX, card, column, drag, saved
from tests.makers import make_conference, make_member, make_organiser, make_room, make_session, make_slot
from tests.people import KOLKATA_ATTENDEE

PATH = "/organise/libraries/schedule?day=2026-06-25"
SOON = 10_000  # milliseconds; on a machine that does nothing else it is one second


class Stage:
    """Petra and Anjali at one schedule: two rooms, Bridges at 10:00 and Maps at 14:00."""

    site: Site
    conference: Conference
    petra: SignedInOrganiser
    anjali: SignedInOrganiser
    main: Room
    other: Room
    bridges: Slot
    maps: Slot

    async def window(self, organiser: SignedInOrganiser) -> Page:
        page = await self.site.signed_in_page(organiser)
        await page.goto(PATH)
        await expect(page.locator(".editor--ready")).to_be_visible()
        return page


@pytest.fixture
async def stage(site: Site) -> Stage:
    scene = Stage()
    scene.site = site
    scene.petra = await make_organiser()
    scene.conference = await make_conference(owner=scene.petra)
    scene.anjali = await make_member(scene.conference, KOLKATA_ATTENDEE, Role.PROGRAMME)
    scene.main = await make_room(scene.conference, "Main stage", position=1)
    scene.other = await make_room(scene.conference, "Workshop room B", position=2)
    bridges = await make_session(scene.conference, "Bridges")
    maps = await make_session(scene.conference, "Maps")
    scene.bridges = await make_slot(scene.conference, bridges, scene.main, "10:00")
    scene.maps = await make_slot(scene.conference, maps, scene.main, "14:00")
    return scene


async def test_a_move_shows_in_the_other_browser_by_itself(stage: Stage) -> None:
    petras, anjalis = await asyncio.gather(stage.window(stage.petra), stage.window(stage.anjali))
    await drag(petras, stage.bridges, stage.other, "15:00")
    await saved(petras, "Workshop room B")
    moved = column(anjalis, stage.other).locator(f"[data-slot='{stage.bridges.code}']")
    await expect(moved).to_be_visible(timeout=SOON)
    await expect(
        anjalis.get_by_role("status").filter(has_text="Petra Vogel has changed Bridges")
    ).to_be_visible(timeout=SOON)
    # What she now does is made of what she sees: no stale edit.
    await drag(anjalis, stage.bridges, stage.main, "11:00")
    await saved(anjalis, "Main stage")
    await expect(column(petras, stage.main).locator(f"[data-slot='{stage.bridges.code}']")).to_be_visible(
        timeout=SOON
    )


async def test_both_badges_of_a_clash_come_and_go_in_the_other_browser(stage: Stage) -> None:
    anjalis = await stage.window(stage.anjali)
    moved = await place_slot(
        stage.maps.id,
        room_id=stage.main.id,
        local_start=THE_DAY_AT_SIX.replace(hour=10),
        length_minutes=45,
        revision=1,
        actor=stage.petra,
        now=clock.now(),
    )
    for slot in (stage.bridges, stage.maps):
        await expect(card(anjalis, slot).locator(".card__badge")).to_be_visible(timeout=SOON)
    [placed] = moved.slots
    await unschedule_slot(stage.maps.id, revision=placed.revision, actor=stage.petra, now=clock.now())
    await expect(card(anjalis, stage.bridges).locator(".card__badge")).to_have_count(0, timeout=SOON)
    await expect(anjalis.locator(".tray")).to_contain_text("Maps", timeout=SOON)


async def test_what_is_deleted_goes_from_the_other_browser(stage: Stage) -> None:
    anjalis = await stage.window(stage.anjali)
    await expect(card(anjalis, stage.maps)).to_be_visible()
    await delete_session(stage.maps.session, actor=stage.petra, now=clock.now())
    await expect(card(anjalis, stage.maps)).to_have_count(0, timeout=SOON)


async def test_a_card_in_the_hand_stays_there_and_the_rest_follows_when_it_is_put_down(stage: Stage) -> None:
    anjalis = await stage.window(stage.anjali)
    await card(anjalis, stage.bridges).locator("[data-pick]").focus()
    await anjalis.keyboard.press("Enter")
    await place_slot(
        stage.maps.id,
        room_id=stage.other.id,
        local_start=THE_DAY_AT_SIX.replace(hour=12),
        length_minutes=45,
        revision=1,
        actor=stage.petra,
        now=clock.now(),
    )
    await anjalis.wait_for_timeout(SOON / 2)
    await expect(anjalis.locator(".card--held")).to_have_count(1)
    await anjalis.keyboard.press("Escape")
    await expect(column(anjalis, stage.other)).to_contain_text("Maps", timeout=SOON)


async def test_a_broken_line_is_said_and_mended(stage: Stage) -> None:
    anjalis = await stage.site.signed_in_page(stage.anjali)
    await anjalis.clock.install()
    await anjalis.goto(PATH)
    await expect(anjalis.locator(".editor--ready")).to_be_visible()
    await anjalis.context.set_offline(True)
    await anjalis.clock.fast_forward(60_000)  # of silence
    await expect(anjalis.locator(".editor--deaf")).to_be_visible()
    await place_slot(
        stage.maps.id,
        room_id=stage.other.id,
        local_start=THE_DAY_AT_SIX.replace(hour=12),
        length_minutes=45,
        revision=1,
        actor=stage.petra,
        now=clock.now(),
    )
    await anjalis.context.set_offline(False)
    await expect(column(anjalis, stage.other)).to_contain_text("Maps", timeout=15_000)
    await expect(anjalis.locator(".editor--deaf")).to_have_count(0, timeout=15_000)


async def test_the_held_card_says_whose_night_it_would_be(stage: Stage) -> None:
    await ScheduleRules(conference=stage.conference.id, expected_audience='{"GB": 3, "NZ": 1}').save()
    page = await stage.window(stage.petra)
    await expect(page.locator(".nights-strip")).to_be_visible()
    await card(page, stage.bridges).locator("[data-pick]").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    line = page.locator(".nights-line")
    await expect(line).to_contain_text(
        "75% by day, 25% early or late, 0% at night"
    )  # 10:30, which ends at 22:15 in Auckland
    for _step in range(4):
        await page.keyboard.press("ArrowDown")
    await expect(line).to_contain_text("Night for Auckland")
    await page.keyboard.press("Escape")
    await expect(line).to_be_hidden()
