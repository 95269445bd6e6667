"""A full conference on a phone: the form, the line, the offer and the way back, each looked at, with keys alone."""

from __future__ import annotations

from datetime import timedelta

from playwright.async_api import Page, expect

from conference import clock
from registration.entries import withdrawing
from registration.entries.links import page_token
from registration.places.passing_on import pass_on_places
from registration.tables import Registration, RegistrationStatus
from tests.browser.conftest import Site
from tests.browser.looks import ALL_RULES, LOOKS, breaches, is_too_wide
from tests.browser.windows import fill_registration
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, make_scene, the_registration
from tests.registration.lines import category, confirm, put_off, rule

ME = "/libraries/me"


async def look_at(page: Page) -> None:
    """Small and dark, large and light: nothing sticks out, and axe-core has no objection."""
    for width, scheme, rules in ((320, "dark", LOOKS), (1280, "light", ALL_RULES), (320, "light", ALL_RULES)):
        await page.set_viewport_size({"width": width, "height": 720})
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        assert not await is_too_wide(page)
        assert await breaches(page, rules) == []


async def press(page: Page, name: str) -> None:
    """The button reached and pressed with keys alone."""
    button = page.get_by_role("main").get_by_role("button", name=name)
    await button.focus()
    await page.keyboard.press("Enter")


async def make_room(scene: Scene, who: Registration) -> None:
    await withdrawing.withdraw(who.id, scene.conference, await scene.programme(), clock.now())


async def test_waiting_for_a_place_on_a_phone(site: Site) -> None:
    scene = await make_scene()
    await put_off(scene, (clock.now() - REGISTERED).days)
    await rule(scene, capacity=1)
    kind = await category(scene, "Staff")
    holder = await scene.register(AUCKLAND_ATTENDEE, now=clock.now(), category=kind)
    await confirm(scene, holder, clock.now())
    page = await site.page(width=320, height=720, timezone_id="Asia/Kolkata")

    await page.goto("/libraries/register")
    await expect(page.get_by_text("The one place is taken.")).to_be_visible()
    await look_at(page)
    await fill_registration(page, KOLKATA_ATTENDEE)
    await press(page, "Join the waiting list")
    await page.wait_for_url("**/register/sent?then=line")
    await look_at(page)

    mine = await Registration.objects().where(Registration.email == KOLKATA_ATTENDEE.email).first()
    assert mine is not None
    await page.goto(f"{ME}/{page_token(mine.code, 1)}")
    await look_at(page)
    await press(page, "Confirm, and wait for a place")
    await page.wait_for_url(f"**{ME}")
    await expect(page.get_by_text("You are first in line")).to_be_visible()
    await look_at(page)

    await make_room(scene, holder)
    await page.reload()
    await expect(page.get_by_role("heading", name="A place is free for you")).to_be_visible()
    await look_at(page)
    await pass_on_places(clock.now() + timedelta(days=4))
    await page.reload()
    await look_at(page)
    await press(page, "Wait for a place again")
    await page.wait_for_url(f"**{ME}")
    await expect(page.get_by_text("A place was free: it is yours.")).to_be_visible()
    assert (await the_registration(mine.code)).status == RegistrationStatus.CONFIRMED


async def test_the_team_looks_at_the_line(site: Site) -> None:
    scene = await make_scene()
    await put_off(scene, (clock.now() - REGISTERED).days)
    await rule(scene, capacity=1)
    for person in (AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE):
        await confirm(scene, await scene.register(person, now=clock.now()), clock.now())
    desk = await site.signed_in_page(scene.organiser)
    await desk.goto("/organise/libraries/registrations/waiting")
    await look_at(desk)
    await desk.get_by_role("link", name=KOLKATA_ATTENDEE.name).click()
    await look_at(desk)
    await desk.get_by_text("Give them a place at once").click()
    await desk.get_by_role("button", name="Give the place").click()
    await expect(desk.get_by_text("They have a place at the conference")).to_be_visible()
    await desk.goto("/organise/libraries/registration")
    await look_at(desk)
