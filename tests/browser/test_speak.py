"""A speaker answers and marks their hours without a mouse; with one, by drawing; and by touch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from conference.tables import Conference
from sessions.speakers.availability import availability_of
from sessions.speakers.availability_grid import Suits
from sessions.speakers.links import ensure_link, speak_path
from sessions.tables import Appearance, Session, Speaker
from tests.browser.conftest import Site
from tests.browser.test_attendee import tab_to
from tests.makers import make_conference, make_organiser, make_room, make_session, make_slot, make_speaker
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE

RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@dataclass
class Invited:
    """Anjali, in Kolkata, is invited to a session at 10:00 in London a month from now."""

    speaker: Speaker
    session: Session
    here: str

    async def told(self) -> list[tuple[str, str, Suits]]:
        """What they said, on their own clock."""
        found = await Speaker.objects().where(Speaker.id == self.speaker.id).first()
        assert found is not None
        shift = timedelta(hours=5, minutes=30)
        return [
            (f"{s.start + shift:%H:%M}", f"{s.end + shift:%H:%M}", s.kind)
            for s in (await availability_of(found)).stretches
        ]


@pytest.fixture
async def invited(site: Site) -> Invited:
    now = datetime.now(UTC)
    day = (now + timedelta(days=30)).date()
    conference: Conference = await make_conference(
        owner=await make_organiser(), starts_on=day, ends_on=day, zone="UTC"
    )
    speaker = await make_speaker(conference, KOLKATA_ATTENDEE.name, zone=KOLKATA_ATTENDEE.zone)
    session = await make_session(conference, "Bridges", speakers=(speaker,))
    await make_slot(conference, session, await make_room(conference), "10:00", minutes=60, day=day)
    await Appearance.update({Appearance.state: "invited", Appearance.invited_at: now}).where(
        Appearance.id > 0
    )
    speaker = await ensure_link(speaker.id, now)
    return Invited(speaker, session, speak_path(speaker))


async def test_confirming_and_marking_hours_needs_no_mouse(site: Site, invited: Invited) -> None:
    page = await site.page(timezone_id=KOLKATA_ATTENDEE.zone)
    await page.goto(invited.here)
    await tab_to(page, "button[value=confirm]")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("You are confirmed", exact=True)).to_be_visible()
    rows = await Appearance.select(Appearance.state)
    assert rows == [{"state": "confirmed"}]

    await tab_to(page, "a[href$='/availability']")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/availability")
    await tab_to(page, "[data-cell]")
    # The grid is one stop; the arrows move in it. 13:30 is two hours before the session, by the clock in Kolkata.
    assert "13:30–14:00: I cannot" in (await focused(page, "aria-label"))
    for _half_hour in range(4):
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Space")
    assert "15:30–16:00: Available" in (await focused(page, "aria-label"))
    for _half_hour in range(2):
        await page.keyboard.press("Shift+ArrowDown")
    await expect(page.locator("[data-said]")).to_have_text("Available: 1 × 30 minutes")
    await page.keyboard.press("End")
    assert "18:00–18:30" in (await focused(page, "aria-label"))
    await page.keyboard.press("Space")
    await page.keyboard.press("Space")  # pressed again: cleared
    await expect(page.locator("[data-unsaved]")).to_have_text("Not saved yet.")
    await tab_to(page, ".grid-form__save button")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Your availability is saved.")).to_be_visible()
    assert await invited.told() == [("15:30", "17:00", Suits.AVAILABLE)]


async def focused(page: Page, attribute: str) -> str:
    found: str = await page.evaluate("name => document.activeElement.getAttribute(name) ?? ''", attribute)
    return found


async def test_hours_are_drawn_with_the_mouse_and_by_whole_lines(site: Site, invited: Invited) -> None:
    page = await site.page(timezone_id=KOLKATA_ATTENDEE.zone)
    await page.goto(f"{invited.here}/availability")
    cells = page.locator("[data-cell]")
    await draw(page, 2, 5)
    await page.get_by_label("If needed").first.check()
    await draw(page, 5, 7)
    await page.locator("button[value='row-0']").click()
    await expect(cells.nth(0)).to_have_attribute("data-state", "if-needed")
    await page.locator("button[value='row-0']").click()  # and back
    await page.get_by_role("button", name="Save my hours").last.click()
    await expect(page.get_by_text("Your availability is saved.")).to_be_visible()
    assert await invited.told() == [
        ("14:30", "16:00", Suits.AVAILABLE),
        ("16:00", "17:30", Suits.IF_NEEDED),
    ]
    # The device is elsewhere now: its clock is offered, and the same hours stand on it.
    other = await site.page(timezone_id=AUCKLAND_ATTENDEE.zone)
    await other.goto(f"{invited.here}/availability")
    await other.get_by_role("button", name="Use this device’s zone: Auckland").click()
    await expect(other.get_by_text("Your times are now on the clock of Auckland")).to_be_visible()
    states = await other.locator("[data-state=available]").count()
    assert states == 3
    assert [kind for _start, _end, kind in await invited.told()] == [Suits.AVAILABLE, Suits.IF_NEEDED]


async def draw(page: Page, first: int, last: int) -> None:
    """Press on one half hour and let go on another."""
    boxes = []
    await page.locator(".legend").scroll_into_view_if_needed()
    for number in (first, last):
        box = await page.locator("[data-cell]").nth(number).bounding_box()
        assert box is not None
        boxes.append((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2))
    await page.mouse.move(*boxes[0])
    await page.mouse.down()
    await page.mouse.move(*boxes[1], steps=6)
    await page.mouse.up()


async def test_a_finger_taps_holds_to_draw_and_otherwise_scrolls(site: Site, invited: Invited) -> None:
    page = await site.page(
        width=390, height=700, timezone_id=KOLKATA_ATTENDEE.zone, has_touch=True, is_mobile=True
    )
    await page.goto(f"{invited.here}/availability?hours=all")
    cells = page.locator("[data-cell]")
    await cells.nth(4).scroll_into_view_if_needed()
    await cells.nth(4).tap()
    await expect(cells.nth(4)).to_have_attribute("data-state", "available")

    touch = await page.context.new_cdp_session(page)

    async def swipe(first: int, last: int, wait: int) -> None:
        boxes = [await cells.nth(number).bounding_box() for number in (first, last)]
        points = [{"x": box["x"] + 60, "y": box["y"] + 10} for box in boxes if box]
        await touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [points[0]]})
        await page.wait_for_timeout(wait)
        for share in (0.25, 0.5, 0.75, 1.0):
            y = points[0]["y"] + (points[1]["y"] - points[0]["y"]) * share
            await touch.send(
                "Input.dispatchTouchEvent",
                {"type": "touchMove", "touchPoints": [{"x": points[0]["x"], "y": y}]},
            )
            await page.wait_for_timeout(30)
        await touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    before = await page.evaluate("scrollY")
    await swipe(6, 9, 500)
    await expect(page.locator("[data-state=available]")).to_have_count(5)
    assert await page.evaluate("scrollY") == before
    await swipe(9, 6, 0)
    await expect(page.locator("[data-state=available]")).to_have_count(5)


@pytest.mark.parametrize("where", ["", "/availability", "/availability?hours=all", "/profile"])
async def test_the_pages_are_accessible_and_fit(site: Site, invited: Invited, where: str) -> None:
    axe = Axe()
    for width, scheme in ((1280, "light"), (320, "dark")):
        page = await site.page(width=width, color_scheme=scheme, timezone_id=KOLKATA_ATTENDEE.zone)
        await page.goto(f"{invited.here}{where}")
        await page.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
        found = await axe.run(page, options={"runOnly": RULES})
        assert found.response["violations"] == [], json.dumps(found.response["violations"], indent=1)[:3000]
        assert await page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )


async def test_without_script_the_same_is_saved(site: Site, invited: Invited) -> None:
    page = await site.page(width=320, java_script_enabled=False)
    await page.goto(f"{invited.here}/availability")
    lines = page.locator("[data-cell]")
    for number in (4, 5):
        await lines.nth(number).locator("input[value=available]").check(force=True)
    await page.locator(".grid-form__save button").first.click()
    assert await invited.told() == [("15:30", "16:30", Suits.AVAILABLE)]
    await page.locator("#typed > summary").click()
    await page.locator("input[type=time]").nth(1).fill("17:15")
    await page.get_by_role("button", name="Save the typed hours").click()
    assert await invited.told() == [("15:30", "17:15", Suits.AVAILABLE)]
