"""Going in through the door: capacity, races, people who cannot be told from programs, hosts, what is forgotten."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx

from conference import clock, db
from registration.entries.links import join_key, page_token
from registration.tables import Registration
from sessions.door.facts import DoorFacts
from sessions.door.passing import KNOWN_FOR, Attendance, attendance_of, forget_passes, go_in, is_in, leave
from sessions.door.rules import change_door_rules, door_rules_of
from sessions.door.tables import DoorCount, DoorPass
from sessions.programme.snapshot import ReleasedSlot
from sessions.speakers.links import ensure_link, room_path
from sessions.tables import Appearance, AppearanceRole, Room, Slot
from tests.makers import NOW, make_member, make_speaker
from tests.pages import Browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE, NEW_YORK_SPEAKER, STRANGER, Person
from tests.registration.cast import Scene, make_scene

OPENING = datetime(2026, 6, 25, 9, 0, tzinfo=UTC)  # the keynote: 10:00 in London, 45 minutes
MINUTE = timedelta(minutes=1)
SECRET = "https://vendor.example/j/8675309?pwd=h4rd-t0-guess"


async def small_scene(capacity: int | None = None) -> Scene:
    """A keynote in a room that takes so many."""
    scene = await make_scene()
    await Room.update({Room.vendor_url: SECRET, Room.capacity: capacity}).where(
        Room.conference == scene.conference.id
    )
    return scene


async def keynote_of(scene: Scene) -> ReleasedSlot:
    return (await scene.programme()).slot_by_code[scene.keynote.code][1]


async def sign_in(browser: Browser, registration: Registration) -> None:
    with clock.fixed_at(NOW + timedelta(days=3)):
        answer = await browser.post_form(f"/libraries/me/{page_token(registration.code, 1)}")
    assert answer.status_code == 303, answer.text


async def look(browser: Browser, path: str, at: datetime, **headers: str) -> httpx.Response:
    with clock.fixed_at(at):
        return await browser.get(path, headers=headers)


async def came(scene: Scene) -> Attendance:
    return (await attendance_of([scene.keynote.id])).get(scene.keynote.id, Attendance())


def keyed(scene: Scene, registration: Registration) -> str:
    return f"/join/{scene.keynote.code}?key={join_key(registration.code, 1)}"


# --- the rule -----------------------------------------------------------------------------------------------------


async def test_of_two_hundred_at_once_exactly_thirty_get_in(each_database: db.Database) -> None:
    slot = await keynote_of(await small_scene())
    people = [f"person{number}" for number in range(200)]
    outcomes = await asyncio.gather(*(go_in(slot, person, 30, OPENING) for person in people))
    assert outcomes.count(True) == 30
    assert await DoorPass.count() == 30
    inside = [person for person, let_in in zip(people, outcomes, strict=True) if let_in]
    again = await asyncio.gather(*(go_in(slot, person, 30, OPENING) for person in inside))
    assert all(again)
    assert await DoorPass.count() == 30


async def test_one_person_at_many_doors_at_once_takes_one_place(each_database: db.Database) -> None:
    slot = await keynote_of(await small_scene())
    outcomes = await asyncio.gather(*(go_in(slot, "anjali", 1, OPENING) for _window in range(8)))
    assert all(outcomes)
    without_limit = await asyncio.gather(*(go_in(slot, "hana", None, OPENING) for _window in range(8)))
    assert all(without_limit)
    assert await DoorPass.count() == 2


async def test_whoever_leaves_makes_room_and_may_come_back_while_there_is_some(
    each_database: db.Database,
) -> None:
    slot = await keynote_of(await small_scene())
    assert await go_in(slot, "anjali", 1, OPENING)
    assert not await go_in(slot, "hana", 1, OPENING)
    await leave(slot, "anjali", OPENING + MINUTE)
    await leave(slot, "anjali", OPENING + 2 * MINUTE)
    assert not await is_in(slot, "anjali")
    assert await go_in(slot, "hana", 1, OPENING)
    assert not await go_in(slot, "anjali", 1, OPENING)
    assert await go_in(slot, "anjali", 2, OPENING)
    assert (await attendance_of([slot.id]))[slot.id] == Attendance(2, 2)


async def test_a_room_made_smaller_puts_nobody_out(each_database: db.Database) -> None:
    slot = await keynote_of(await small_scene())
    for person in ("anjali", "hana"):
        assert await go_in(slot, person, 5, OPENING)
    assert await go_in(slot, "hana", 1, OPENING)
    assert not await go_in(slot, "ruth", 2, OPENING)


async def test_a_slot_taken_out_of_the_draft_still_lets_people_in(each_database: db.Database) -> None:
    scene = await small_scene()
    slot = await keynote_of(scene)
    await Slot.delete().where(Slot.id == scene.keynote.id)
    assert await go_in(slot, "anjali", 1, OPENING)
    assert await go_in(slot, "hana", None, OPENING)
    assert await DoorPass.count() == 0


async def test_the_day_after_only_the_number_is_left(each_database: db.Database) -> None:
    slot = await keynote_of(await small_scene())
    for person in ("anjali", "hana", "ruth"):
        await go_in(slot, person, None, OPENING)
    marks = {row["mark"] for row in await DoorPass.select(DoorPass.mark)}
    assert len(marks) == 3
    assert not any("anjali" in mark for mark in marks)
    assert await forget_passes(slot.end + KNOWN_FOR - MINUTE) == 0
    assert await forget_passes(slot.end + KNOWN_FOR) == 1
    assert await DoorPass.count() == 0
    assert (await attendance_of([slot.id]))[slot.id] == Attendance(3, 0)
    await go_in(slot, "late", None, slot.end + KNOWN_FOR)  # the clock was set back, say
    assert await forget_passes(slot.end + 3 * KNOWN_FOR) == 1
    assert await forget_passes(slot.end + 3 * KNOWN_FOR) == 0
    assert await DoorCount.select(DoorCount.people) == [{"people": 4}]


async def test_nobody_is_known_from_one_door_to_the_next(each_database: db.Database) -> None:
    scene = await small_scene()
    programme = await scene.programme()
    for code in (scene.keynote.code, scene.bread_early.code):
        await go_in(programme.slot_by_code[code][1], "anjali", None, OPENING)
    first, second = [row["mark"] for row in await DoorPass.select(DoorPass.mark)]
    assert first != second


# --- the pages ----------------------------------------------------------------------------------------------------


async def test_a_full_room_says_so_names_the_way_out_and_looks_again(browser: Browser) -> None:
    scene = await small_scene(capacity=1)
    assert await go_in(await keynote_of(scene), "somebody else", 1, OPENING)
    await sign_in(browser, await scene.confirmed(KOLKATA_ATTENDEE))
    page = await look(browser, f"/join/{scene.keynote.code}", OPENING)
    assert page.status_code == 200
    assert "location" not in page.headers
    text = text_of(page.text)
    assert "The room is full: it takes 1 person." in text
    assert "It is to be recorded." in text
    assert '<meta http-equiv="refresh" content="60">' in page.text
    assert f'href="/join/{scene.keynote.code}/help"' in page.text
    assert SECRET not in page.text
    await Room.update({Room.capacity: 2}).where(Room.id == scene.keynote.room)
    let_in = await look(browser, f"/join/{scene.keynote.code}", OPENING)
    assert (let_in.status_code, let_in.headers["location"]) == (303, SECRET)
    assert await came(scene) == Attendance(2, 2)


async def test_a_full_workshop_names_its_other_time(browser: Browser) -> None:
    scene = await small_scene(capacity=1)
    slot = (await scene.programme()).slot_by_code[scene.bread_early.code][1]
    await go_in(slot, "somebody else", 1, OPENING)
    await sign_in(browser, await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early))
    page = await look(browser, f"/join/{scene.bread_early.code}", OPENING + timedelta(hours=1))
    assert "The room is full" in page.text
    assert f'href="/join/{scene.bread_late.code}"' in page.text


async def test_the_team_gets_into_a_full_room(browser: Browser) -> None:
    scene = await small_scene(capacity=1)
    await go_in(await keynote_of(scene), "somebody else", 1, OPENING)
    await sign_in(browser, await scene.confirmed(KOLKATA_ATTENDEE))
    await sign_in_as(browser, scene.organiser)
    page = await look(browser, f"/join/{scene.keynote.code}", OPENING)
    assert (page.status_code, page.headers["location"]) == (303, SECRET)


async def test_programs_that_look_take_no_place(browser: Browser) -> None:
    scene = await small_scene(capacity=1)
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    path = keyed(scene, registration)
    for _scan in range(3):
        page = await look(browser, path, OPENING)
        assert page.status_code == 200
        assert "Welcome, Anjali Menon . The room is open." in text_of(page.text)
        assert SECRET not in page.text + str(page.headers)
    await sign_in(browser, registration)
    with clock.fixed_at(OPENING):
        for method, headers in (("HEAD", {}), ("GET", {"sec-purpose": "prefetch;prerender"})):
            answer = await browser.request(method, f"/join/{scene.keynote.code}", headers=headers)
            assert "location" not in answer.headers
    assert await came(scene) == Attendance(0, 0)


async def test_one_press_lets_the_holder_of_a_link_in_and_is_remembered(browser: Browser) -> None:
    scene = await small_scene(capacity=5)
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    path = keyed(scene, registration)
    page = await look(browser, path, OPENING)
    assert "form-action 'self' https: http:" in page.headers["content-security-policy"]
    with clock.fixed_at(OPENING):
        pressed = await browser.post_form(path)
        twice = await browser.post_form(path)
    for answer in (pressed, twice):
        assert (answer.status_code, answer.headers["location"]) == (303, SECRET)
        assert answer.headers["cache-control"] == "no-store"
    assert await came(scene) == Attendance(1, 1)
    later = f"/join/{scene.maps_slot.code}?key={join_key(registration.code, 1)}"
    assert (await look(browser, path, OPENING)).status_code == 303
    assert registration.code not in str(browser.cookies.get("door", path="/join"))
    assert (await look(browser, later, OPENING + timedelta(hours=2))).status_code == 403  # no seat there


async def test_a_press_needs_the_form_an_open_door_and_a_right(browser: Browser) -> None:
    scene = await small_scene(capacity=5)
    path = keyed(scene, await scene.confirmed(KOLKATA_ATTENDEE))
    with clock.fixed_at(OPENING):
        assert (await browser.post(path)).status_code == 403  # without the form's token
        stranger = await browser.post_form(f"/join/{scene.keynote.code}")
        assert stranger.headers["location"] == f"/join/{scene.keynote.code}"
    for early_or_late in (OPENING - timedelta(hours=1), OPENING + timedelta(hours=2)):
        with clock.fixed_at(early_or_late):
            answer = await browser.post_form(path)
        assert answer.headers["location"].startswith(f"/join/{scene.keynote.code}")
    assert await came(scene) == Attendance(0, 0)


async def test_a_link_of_one_person_in_the_browser_of_another_lets_in_whoever_fits(browser: Browser) -> None:
    scene = await small_scene(capacity=5)
    await sign_in(browser, await scene.confirmed(KOLKATA_ATTENDEE))
    hana = await scene.confirmed(AUCKLAND_ATTENDEE, scene.bread_early)
    at = OPENING + timedelta(hours=1)
    page = await look(browser, f"/join/{scene.bread_early.code}?key={join_key(hana.code, 1)}", at)
    assert f"Welcome, {AUCKLAND_ATTENDEE.name} ." in text_of(page.text)


async def test_without_anything_to_count_a_personal_link_leads_straight_in(browser: Browser) -> None:
    scene = await small_scene()
    page = await look(browser, keyed(scene, await scene.confirmed(KOLKATA_ATTENDEE)), OPENING)
    assert (page.status_code, page.headers["location"]) == (303, SECRET)
    assert await came(scene) == Attendance(0, 0)  # it may have been a program


# --- hosts --------------------------------------------------------------------------------------------------------


async def on_stage(scene: Scene, role: AppearanceRole) -> str:
    speaker = await make_speaker(scene.conference, f"The {role.value}")
    await Appearance(session=scene.keynote.session, speaker=speaker.id, role=role).save()
    return room_path(await ensure_link(speaker.id, NOW), scene.keynote.code)


async def test_everyone_on_stage_gets_in_as_early_as_the_team_says_and_into_a_full_room(
    browser: Browser,
) -> None:
    scene = await small_scene(capacity=1)
    await go_in(await keynote_of(scene), "somebody", 1, OPENING)
    facts, revision = await door_rules_of(scene.conference.id)
    assert (facts, revision) == (DoorFacts(), 0)
    await change_door_rules(scene.conference, DoorFacts(90), revision=0, actor=scene.organiser, now=NOW)
    for role in AppearanceRole:
        path = await on_stage(scene, role)
        early = await look(browser, path, OPENING - timedelta(minutes=90, seconds=1))
        assert (early.status_code, "Your room opens" in early.text) == (200, True)
        for at in (OPENING - timedelta(minutes=90), OPENING, OPENING + timedelta(minutes=59, seconds=59)):
            inside = await look(browser, path, at)
            assert (inside.status_code, inside.headers.get("location")) == (303, SECRET), (role, at)
        assert "This session is over" in (await look(browser, path, OPENING + timedelta(hours=1))).text


async def test_the_stage_never_opens_after_the_door(browser: Browser) -> None:
    scene = await small_scene()
    await change_door_rules(scene.conference, DoorFacts(0), revision=0, actor=scene.organiser, now=NOW)
    path = await on_stage(scene, AppearanceRole.HOST)
    assert (await look(browser, path, OPENING - timedelta(minutes=15))).status_code == 303


async def test_a_move_that_is_not_published_yet_shuts_no_host_out(browser: Browser) -> None:
    scene = await small_scene()
    path = await on_stage(scene, AppearanceRole.CHAIR)
    await scene.move(scene.keynote, "18:00")
    assert (await look(browser, path, OPENING)).status_code == 303
    await scene.publish(NOW + timedelta(days=4))
    assert "Your room opens" in (await look(browser, path, OPENING)).text


# --- the desk -----------------------------------------------------------------------------------------------------


async def test_the_desk_shows_how_full_the_rooms_are_without_a_name(browser: Browser) -> None:
    scene = await small_scene(capacity=1)
    person: Person = NEW_YORK_SPEAKER
    await sign_in(browser, await scene.confirmed(person))
    await look(browser, f"/join/{scene.keynote.code}", OPENING)
    await sign_in_as(browser, scene.organiser)
    page = await look(browser, "/organise/libraries/door", OPENING)
    text = text_of(page.text)
    assert "1 of 1" in text
    assert "Full" in text
    assert person.name not in text
    later = await look(browser, "/organise/libraries/door", OPENING + timedelta(days=2))
    assert "No session is on within three hours." in later.text


async def test_the_desk_sets_how_early_the_stage_opens(browser: Browser) -> None:
    scene = await small_scene()
    await sign_in_as(browser, scene.organiser)
    path = "/organise/libraries/door/rules"
    page = await browser.get(path)
    assert "For everyone else the doors open 15 minutes before the start." in text_of(page.text)
    sent = {"stage_early_minutes": "45", "help_email": "door@example.org", "revision": "0"}
    for wrong in ({"stage_early_minutes": "x"}, {"stage_early_minutes": "900"}, {"help_email": "nobody"}):
        assert (await browser.post_form(path, {**sent, **wrong})).status_code == 422
    named = await browser.post_form(path, {**sent, "getting_in_en": "Go to HTTPS://Vendor.Example/j/1"})
    assert named.status_code == 422
    assert "Please leave it out" in named.text
    done = await browser.post_form(path, {**sent, "getting_in_en": "Any *browser*."})
    assert done.status_code == 303
    assert await door_rules_of(scene.conference.id) == (
        DoorFacts(45, {"en": "Any *browser*."}, "door@example.org"),
        1,
    )
    stale = await browser.post_form(path, {**sent, "stage_early_minutes": "10"})
    assert stale.status_code == 409
    assert "45" in text_of(stale.text)
    settings = await browser.get("/organise/libraries/settings")
    assert f'href="{path}"' in settings.text


async def test_a_member_without_the_right_reads_and_changes_nothing(browser: Browser) -> None:
    from conference.tables import Role

    scene = await small_scene()
    await sign_in_as(browser, await make_member(scene.conference, STRANGER, Role.REGISTRATION))
    assert (await browser.get("/organise/libraries/door/rules")).status_code == 200
    refused = await browser.post_form("/organise/libraries/door/rules", {"stage_early_minutes": "1"})
    assert refused.status_code == 403
