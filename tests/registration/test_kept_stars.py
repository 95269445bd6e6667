"""Stars set before anyone knew who it was go onto the person's agenda, and from then on they are one thing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from conference import db
from registration.calendars.agendas import keep_stars
from registration.calendars.tables import AgendaItem
from registration.entries.links import page_token
from registration.seating.tables import Seat
from registration.tables import Registration
from sessions.tables import Slot
from tests.pages import Browser, text_of
from tests.people import KOLKATA_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, make_scene


@pytest.fixture
async def scene(database: db.Database) -> Scene:
    return await make_scene()


@pytest.fixture
async def each_scene(each_database: db.Database) -> Scene:
    return await make_scene()


async def agenda() -> list[str]:
    rows = await AgendaItem.select(AgendaItem.slot._.code.as_alias("code")).order_by(AgendaItem.id)
    return [row["code"] for row in rows]


async def test_stars_become_the_agenda_once_and_seats_are_never_booked(each_scene: Scene) -> None:
    registration = await each_scene.confirmed()
    programme = await each_scene.programme()
    codes = [each_scene.keynote.code, each_scene.maps_slot.code, "zzzzzzzz", each_scene.keynote.code]
    for _twice in range(2):
        kept = await keep_stars(registration.id, programme, codes, REGISTERED)
        assert kept.kept == (each_scene.keynote.code,)
        assert kept.need_place == (each_scene.maps_slot.code,)
    assert await agenda() == [each_scene.keynote.code]
    assert await Seat.count() == 0


async def test_a_starred_slot_in_which_one_has_a_seat_needs_no_place(each_scene: Scene) -> None:
    registration = await each_scene.confirmed(KOLKATA_ATTENDEE, each_scene.maps_slot)
    kept = await keep_stars(
        registration.id, await each_scene.programme(), [each_scene.maps_slot.code], REGISTERED
    )
    assert (kept.kept, kept.need_place) == ((), ())


async def test_cancelled_and_deleted_slots_are_passed_over(each_scene: Scene) -> None:
    registration = await each_scene.confirmed()
    programme = await each_scene.programme()
    await Slot.delete().where(Slot.id == each_scene.keynote.id)
    kept = await keep_stars(registration.id, programme, [each_scene.keynote.code], REGISTERED)
    assert kept.kept == ()
    await each_scene.publish(REGISTERED + timedelta(hours=1))
    kept = await keep_stars(
        registration.id, await each_scene.programme(), [each_scene.keynote.code], REGISTERED
    )
    assert (kept.kept, kept.need_place) == ((), ())


async def test_confirming_takes_the_browsers_stars_along(scene: Scene, browser: Browser) -> None:
    for slot in (scene.keynote, scene.maps_slot):
        await browser.post_form(f"/libraries/programme/star/{slot.code}", {"starred": "yes"})
    registration = await scene.register()
    answer = await browser.post_form(f"/libraries/me/{page_token(registration.code, 1)}")
    assert answer.status_code == 303
    page = text_of((await browser.get("/libraries/me")).text)
    assert "What you starred is on your agenda." in page
    assert "Some of what you starred needs a place" in page
    assert await agenda() == [scene.keynote.code]
    state = (await browser.get("/libraries/programme/stars.json")).json()
    assert state["signed_in"] is True
    assert set(state["stars"]) == {scene.keynote.code, scene.maps_slot.code}
    assert "Your stars are your agenda." in (await browser.get("/libraries/programme/starred")).text


async def test_for_someone_signed_in_a_star_is_the_agenda(scene: Scene, browser: Browser) -> None:
    registration: Registration = await scene.register(KOLKATA_ATTENDEE, scene.maps_slot)
    await browser.post_form(f"/libraries/me/{page_token(registration.code, 1)}")
    star = f"/libraries/programme/star/{scene.keynote.code}"
    headers = {"accept": "application/json"}
    told = await browser.post_form(star, {"starred": "yes"}, headers=headers)
    assert told.status_code == 200
    assert set(told.json()["stars"]) == {scene.keynote.code, scene.maps_slot.code}
    assert await agenda() == [scene.keynote.code]
    told = await browser.post_form(star, {"starred": "no"}, headers=headers)
    assert told.json()["stars"] == [scene.maps_slot.code]
    assert await agenda() == []
    seat = f"/libraries/programme/star/{scene.maps_slot.code}"
    refused = await browser.post_form(seat, {"starred": "no"}, headers=headers)
    assert refused.status_code == 409
    assert "You have a seat in this session" in refused.json()["message"]
    assert await Seat.count() == 1
    wanted = f"/libraries/programme/star/{scene.bread_late.code}"
    told = await browser.post_form(wanted, {"starred": "yes"}, headers=headers)
    assert scene.bread_late.code in told.json()["stars"]
    assert "Needs a place" in (await browser.get("/libraries/programme/starred")).text
    assert await Seat.count() == 1


async def test_signing_out_leaves_the_browser_its_own_stars_only(scene: Scene, browser: Browser) -> None:
    registration = await scene.register()
    await browser.post_form(f"/libraries/me/{page_token(registration.code, 1)}")
    for slot in (scene.keynote, scene.maps_slot):
        await browser.post_form(f"/libraries/programme/star/{slot.code}", {"starred": "yes"})
    await browser.post_form("/libraries/me/sign-out")
    state = (await browser.get("/libraries/programme/stars.json")).json()
    assert state == {**state, "signed_in": False, "stars": [scene.maps_slot.code]}
