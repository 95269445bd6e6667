"""Waiting for a seat on one's own page, as a browser without script sees it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from conference import clock, db
from conference.db import count_queries
from registration.calendars.sync import send_owed_invites
from registration.entries.links import page_token
from registration.seating import seats, waitlist
from registration.seating.passing_on import pass_on_offers
from registration.seating.tables import Seat, WaitlistEntry
from registration.tables import Registration
from registration.views import kinder_slots, when
from sessions.tables import Slot
from tests.pages import Browser, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE, Person
from tests.registration.cast import REGISTERED, Scene, mails, make_scene

LINE = "/libraries/me/line"


@pytest.fixture
async def scene(database: db.Database) -> Scene:
    return await make_scene(seats=1)


async def sign_in(browser: Browser, registration: Registration) -> None:
    answer = await browser.post_form(f"/libraries/me/{page_token(registration.code, 1)}")
    assert answer.status_code == 303


async def my_page(browser: Browser) -> str:
    return text_of((await browser.get("/libraries/me")).text)


async def step(browser: Browser, name: str, slot: Slot) -> str:
    answer = await browser.post_form(LINE, {"step": name, "slot": slot.code})
    assert answer.status_code == 303
    return await my_page(browser)


async def test_from_the_end_of_the_line_to_the_seat(scene: Scene, browser: Browser) -> None:
    holder = await scene.confirmed(AUCKLAND_ATTENDEE, scene.maps_slot)
    before = await scene.confirmed(Person("Before", "before@example.org", "Asia/Kolkata", "IN"))
    me = await scene.confirmed(KOLKATA_ATTENDEE)
    programme = await scene.programme()
    whose = (before.id, scene.conference, programme, scene.maps_slot.code, REGISTERED)
    await waitlist.take_seat_or_wait(*whose)
    await sign_in(browser, me)
    assert "Join the waiting list" in await my_page(browser)

    page = await step(browser, "join", scene.maps_slot)
    assert "You are on the waiting list." in page
    assert "You are number 2 in line" in page

    await seats.give_up_seat(holder.id, scene.conference, programme, scene.maps_slot.code, REGISTERED)
    assert "You are first in line" in await my_page(browser)
    await waitlist.leave_line(*whose)
    assert "A seat is free for you" in await my_page(browser)
    assert (await mails("waitlist-offer"))[-1].recipient == KOLKATA_ATTENDEE.email

    page = await step(browser, "accept", scene.maps_slot)
    assert "The seat is yours." in page
    assert "A seat is free for you" not in page
    assert [row.registration for row in await Seat.objects()] == [me.id]


async def test_leaving_the_line_and_what_is_refused(scene: Scene, browser: Browser) -> None:
    await scene.confirmed(AUCKLAND_ATTENDEE, scene.maps_slot)
    me = await scene.confirmed(KOLKATA_ATTENDEE)
    await sign_in(browser, me)
    await step(browser, "join", scene.maps_slot)
    assert "You are off the waiting list." in await step(browser, "leave", scene.maps_slot)
    assert "This offer is over" in await step(browser, "accept", scene.maps_slot)
    assert "A seat was free: it is yours." in await step(browser, "join", scene.bread_early)

    page = await step(browser, "join", scene.maps_slot)

    assert "“Maps”" in page
    assert "is at the same time as “Bread" in page
    assert "in which you have a seat." in page
    answer = await browser.post_form(LINE, {"step": "jump", "slot": scene.maps_slot.code})
    assert answer.status_code == 404
    assert await WaitlistEntry.count() == 1


async def test_the_page_asks_as_little_of_the_database_with_many_in_line(
    scene: Scene, browser: Browser
) -> None:
    await scene.confirmed(AUCKLAND_ATTENDEE, scene.maps_slot, scene.bread_late)
    me = await scene.confirmed(KOLKATA_ATTENDEE)
    await sign_in(browser, me)
    await step(browser, "join", scene.maps_slot)
    with count_queries() as few:
        await my_page(browser)
    for number in range(5):
        other = await scene.confirmed(Person(f"P{number}", f"p{number}@example.org", "Asia/Kolkata", "IN"))
        await waitlist.take_seat_or_wait(
            other.id, scene.conference, await scene.programme(), scene.maps_slot.code, REGISTERED
        )
    await step(browser, "join", scene.bread_late)
    with count_queries() as many:
        await my_page(browser)
    assert many.total == few.total


async def test_a_repeat_by_day_is_the_kinder_one(scene: Scene, browser: Browser) -> None:
    session = (await scene.programme()).session_by_code[scene.bread.code]
    # 11:00 and 15:00 in London: late evening and the middle of the night in Auckland, both by day in Kolkata.
    assert kinder_slots(session.slots, "Asia/Kolkata") == frozenset()
    assert kinder_slots(session.slots, "Pacific/Auckland") == frozenset()
    assert kinder_slots(session.slots, "Asia/Tokyo") == {scene.bread_early.code}
    assert kinder_slots(session.slots[:1], "Asia/Tokyo") == frozenset()
    in_tokyo = await scene.confirmed(Person("Aiko", "aiko@example.org", "Asia/Tokyo", "JP"))
    await sign_in(browser, in_tokyo)
    assert (await my_page(browser)).count("By day for you") == 1


async def test_registering_for_a_full_workshop_joins_its_line(scene: Scene, browser: Browser) -> None:
    holder = await scene.confirmed(AUCKLAND_ATTENDEE, scene.maps_slot)
    form = (await browser.get("/libraries/register")).text
    assert "this puts you on the waiting list" in form
    assert f'value="wait-{scene.maps_slot.code}"' in form
    typed = {
        "name": "Anjali Menon",
        "email": KOLKATA_ATTENDEE.email,
        "country": "IN",
        "zone": "Asia/Kolkata",
        "language": "en",
        f"seat_{scene.maps.code}": f"wait-{scene.maps_slot.code}",
    }
    clash = {**typed, f"seat_{scene.bread.code}": scene.bread_early.code}
    refused = await browser.post_form("/libraries/register", clash)
    assert refused.status_code == 422
    assert "This is at the same time as" in text_of(refused.text)

    assert (await browser.post_form("/libraries/register", typed)).status_code == 303

    (entry,) = await WaitlistEntry.objects()
    assert json.loads((await mails("registration-confirm"))[-1].payload)["waiting"][0]["title"] == {
        "en": "Maps"
    }
    programme = await scene.programme()
    await seats.give_up_seat(holder.id, scene.conference, programme, scene.maps_slot.code, REGISTERED)
    assert await mails("waitlist-offer") == []  # nobody is offered a seat before they confirm
    me = await Registration.objects().get(Registration.id == entry.registration)
    assert me is not None
    await sign_in(browser, me)  # whoever confirms while a seat is free has it at once
    welcome = json.loads((await mails("registration-confirmed"))[-1].payload)
    assert [seat["title"] for seat in welcome["seats"]] == [{"en": "Maps"}]
    assert welcome["waiting"] == []
    assert await pass_on_offers(REGISTERED) == 0
    assert "You have a seat" in await my_page(browser)


async def test_whoever_confirms_while_it_is_still_full_stands_in_line(scene: Scene, browser: Browser) -> None:
    holder = await scene.confirmed(AUCKLAND_ATTENDEE, scene.maps_slot)
    typed = {
        "name": "Anjali Menon",
        "email": KOLKATA_ATTENDEE.email,
        "country": "IN",
        "zone": "Asia/Kolkata",
        "language": "en",
        f"seat_{scene.maps.code}": f"wait-{scene.maps_slot.code}",
    }
    assert (await browser.post_form("/libraries/register", typed)).status_code == 303
    (entry,) = await WaitlistEntry.objects()
    me = await Registration.objects().get(Registration.id == entry.registration)
    assert me is not None
    await sign_in(browser, me)
    assert json.loads((await mails("registration-confirmed"))[-1].payload)["waiting"][0]["title"] == {
        "en": "Maps"
    }
    assert "You are first in line" in await my_page(browser)
    programme = await scene.programme()
    await seats.give_up_seat(holder.id, scene.conference, programme, scene.maps_slot.code, REGISTERED)
    assert "A seat is free for you" in await my_page(browser)


async def test_a_change_of_the_day_stands_at_the_top_of_the_page(scene: Scene, browser: Browser) -> None:
    me = await scene.confirmed(KOLKATA_ATTENDEE, scene.maps_slot)
    await sign_in(browser, me)
    starts = (await scene.programme()).slot_by_id[scene.maps_slot.id][1].start
    assert "Changed today" not in await my_page(browser)
    await scene.move(scene.maps_slot, "13:30")
    early = starts - timedelta(hours=3)
    await scene.publish(early)
    await send_owed_invites(early)

    with clock.fixed_at(early + timedelta(minutes=5)):
        page = await my_page(browser)

    said = page[page.index("Changed today") :]
    moved = when(
        starts + timedelta(hours=2), starts + timedelta(hours=3), "Asia/Kolkata", "Europe/London", "en"
    )
    assert f"now {moved.here}" in said
    assert "Maps" in said[: said.index("now ")]
