"""Presence: noted for those who agreed, once per stay, put right by the team, forgotten with the agreement."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest

from conference import clock, db
from conference.tables import AuditEntry
from registration.asking.tables import Consent, ConsentPurpose
from registration.attending import agreeing, presence
from registration.attending.agreement import PRESENCE_PURPOSE
from registration.attending.presence import NothingToNote, note_presence
from registration.attending.tables import Certificate, Presence
from registration.entries.links import join_key, page_token
from registration.entries.withdrawing import withdraw
from registration.tables import Registration
from sessions.door.tables import DoorPass
from sessions.tables import Room, Slot
from tests.makers import NOW, make_room, make_session, make_slot
from tests.pages import Browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE, Person
from tests.registration.cast import Scene, make_scene, the_registration

OPENING = datetime(2026, 6, 25, 9, 0, tzinfo=UTC)  # the keynote: 45 minutes
MINUTE = timedelta(minutes=1)
SECRET = "https://vendor.example/j/1"


async def noting(scene: Scene, person: Person = KOLKATA_ATTENDEE) -> Registration:
    """Somebody who agreed to it."""
    registration = await scene.confirmed(person)
    await agreeing.agree(scene.conference, registration, NOW + timedelta(days=3))
    return await the_registration(registration.code)


async def come(scene: Scene, registration: Registration, at: datetime) -> None:
    await note_presence(scene.conference.id, registration.code, scene.keynote.id, at)


async def stays() -> list[tuple[datetime, datetime, datetime | None]]:
    rows = await Presence.select().order_by(Presence.id)
    return [(row["first_at"], row["last_at"], row["left_at"]) for row in rows]


async def sign_in(browser: Browser, registration: Registration) -> None:
    with clock.fixed_at(NOW + timedelta(days=3)):
        answer = await browser.post_form(f"/libraries/me/{page_token(registration.code, 1)}")
    assert answer.status_code == 303, answer.text


# --- the rules ----------------------------------------------------------------------------------------------------


async def test_agreeing_is_a_consent_with_its_words_and_taking_it_back_deletes_what_was_noted(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    registration = await noting(scene)
    assert registration.notes_presence
    (consent,) = await Consent.objects().where(Consent.registration == registration.id)
    assert "for my certificate of attendance" in consent.wording
    (purpose,) = await ConsentPurpose.objects()
    assert (purpose.code, purpose.is_active) == (PRESENCE_PURPOSE, False)
    await come(scene, registration, OPENING)
    await Certificate(registration=registration.id, code="abcdefghjkmn").save()
    await agreeing.take_back(scene.conference, registration, OPENING)
    assert not (await the_registration(registration.code)).notes_presence
    assert await Presence.count() == 0
    assert await Certificate.count() == 0
    (consent,) = await Consent.objects().where(Consent.registration == registration.id)
    assert consent.withdrawn_at == OPENING
    await agreeing.agree(scene.conference, registration, OPENING)
    assert await ConsentPurpose.count() == 1
    assert (await the_registration(registration.code)).notes_presence


async def test_nobody_is_noted_without_having_agreed(each_database: db.Database) -> None:
    scene = await make_scene()
    await come(scene, await scene.confirmed(KOLKATA_ATTENDEE), OPENING)
    await note_presence(scene.conference.id, "nobody", scene.keynote.id, OPENING)
    await note_presence(scene.conference.id + 1, "nobody", scene.keynote.id, OPENING)
    assert await Presence.count() == 0


async def test_coming_again_is_the_same_stay_and_after_leaving_a_new_one(each_database: db.Database) -> None:
    scene = await make_scene()
    registration = await noting(scene)
    slot = (await scene.programme()).slot_by_code[scene.keynote.code][1]
    for minute in (-5, 3, 2):  # the clock was set back
        await come(scene, registration, OPENING + minute * MINUTE)
    assert await stays() == [(OPENING - 5 * MINUTE, OPENING + 3 * MINUTE, None)]
    await presence.leave_room(registration, slot, OPENING + 10 * MINUTE)
    await presence.leave_room(registration, slot, OPENING + 12 * MINUTE)
    await come(scene, registration, OPENING + 20 * MINUTE)
    assert await stays() == [
        (OPENING - 5 * MINUTE, OPENING + 3 * MINUTE, OPENING + 10 * MINUTE),
        (OPENING + 20 * MINUTE, OPENING + 20 * MINUTE, None),
    ]


async def test_many_doors_at_once_are_one_stay(each_database: db.Database) -> None:
    scene = await make_scene()
    registration = await noting(scene)
    await asyncio.gather(*(come(scene, registration, OPENING) for _window in range(8)))
    assert await Presence.count() == 1


async def test_taking_it_back_at_the_door_leaves_nothing_behind(each_database: db.Database) -> None:
    scene = await make_scene()
    registration = await noting(scene)
    await asyncio.gather(
        *(come(scene, registration, OPENING) for _window in range(4)),
        agreeing.take_back(scene.conference, registration, OPENING),
    )
    assert await Presence.count() == 0


async def test_a_slot_that_is_gone_is_not_noted(each_database: db.Database) -> None:
    scene = await make_scene()
    registration = await noting(scene)
    await Slot.delete().where(Slot.id == scene.keynote.id)
    await come(scene, registration, OPENING)
    assert await Presence.count() == 0


async def test_withdrawing_from_the_conference_forgets_presence_too(each_database: db.Database) -> None:
    scene = await make_scene()
    registration = await noting(scene)
    await come(scene, registration, OPENING)
    await withdraw(registration.id, scene.conference, await scene.programme(), OPENING)
    assert await Presence.count() == 0
    assert not (await the_registration(registration.code)).notes_presence


async def test_the_team_attests_and_strikes_for_those_who_agreed(each_database: db.Database) -> None:
    scene = await make_scene()
    slot = (await scene.programme()).slot_by_code[scene.keynote.code][1]
    strict = await scene.confirmed(AUCKLAND_ATTENDEE)
    with pytest.raises(NothingToNote):
        await presence.attest_presence(scene.conference, strict.id, slot, actor=scene.organiser, now=slot.end)
    registration = await noting(scene)
    with pytest.raises(NothingToNote):
        await presence.attest_presence(
            scene.conference, registration.id, slot, actor=scene.organiser, now=slot.start - MINUTE
        )
    await come(scene, registration, OPENING + 30 * MINUTE)
    for _press in range(2):
        await presence.attest_presence(
            scene.conference, registration.id, slot, actor=scene.organiser, now=slot.end
        )
    assert await stays() == [(slot.start, slot.start, None)]
    for _press in range(2):
        await presence.strike_presence(
            scene.conference, registration.id, slot, actor=scene.organiser, now=slot.end
        )
    assert await Presence.count() == 0
    actions = [row["action"] for row in await AuditEntry.select(AuditEntry.action)]
    assert (actions.count("presence-attested"), actions.count("presence-struck")) == (1, 1)


# --- the pages ----------------------------------------------------------------------------------------------------


async def test_going_in_is_noted_for_a_browser_that_is_signed_in(browser: Browser) -> None:
    scene = await make_scene()
    await Room.update({Room.vendor_url: SECRET}).where(Room.conference == scene.conference.id)
    registration = await noting(scene)
    await sign_in(browser, registration)
    path = f"/join/{scene.keynote.code}"
    with clock.fixed_at(OPENING - 16 * MINUTE):
        assert (await browser.get(path)).status_code == 200
    assert await Presence.count() == 0
    with clock.fixed_at(OPENING - 15 * MINUTE):
        await browser.head(path)
        assert await Presence.count() == 0
        assert (await browser.get(path)).headers["location"] == SECRET
    assert await stays() == [(OPENING - 15 * MINUTE, OPENING - 15 * MINUTE, None)]


async def test_a_scanner_that_follows_the_link_in_a_mail_is_not_the_person(browser: Browser) -> None:
    scene = await make_scene()
    await Room.update({Room.vendor_url: SECRET}).where(Room.conference == scene.conference.id)
    registration = await noting(scene)
    path = f"/join/{scene.keynote.code}?key={join_key(registration.code, 1)}"
    with clock.fixed_at(OPENING):
        page = await browser.get(path)
        assert (page.status_code, "Go in" in page.text) == (200, True)
        assert await Presence.count() == 0
        assert (await browser.post_form(path)).headers["location"] == SECRET
        assert await Presence.count() == 1
        browser.cookies.delete("door", path="/join")
        assert "Go in" in (await browser.get(path)).text
        await browser.post_form(path)
        assert (await browser.get(path)).headers["location"] == SECRET  # this browser is known now
    assert await Presence.count() == 1


async def test_the_person_agrees_says_that_they_left_and_takes_it_back(browser: Browser) -> None:
    scene = await make_scene()
    await Room.update({Room.vendor_url: SECRET, Room.capacity: 1}).where(
        Room.conference == scene.conference.id
    )
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    await sign_in(browser, registration)
    mine = await browser.get("/libraries/me")
    assert "I would like a certificate" in mine.text
    here = "/libraries/me/certificate"
    asked = await browser.get(here)
    assert "Shall your presence be noted?" in asked.text
    stale = await browser.post_form(f"{here}/agree", {"words": "others"})
    assert "words were changed" in text_of((await browser.get(stale.headers["location"])).text)
    (words,) = re.findall(r'name="words" value="([^"]*)"', (await browser.get(here)).text)
    await browser.post_form(f"{here}/agree", {"words": words})  # what a browser sends
    assert (await the_registration(registration.code)).notes_presence
    with clock.fixed_at(OPENING):
        await browser.get(f"/join/{scene.keynote.code}")
        assert "You are in “ Opening ”" in text_of((await browser.get(here)).text)
    with clock.fixed_at(OPENING + 10 * MINUTE):
        await browser.post_form(f"{here}/left", {"slot": scene.keynote.code})
        page = await browser.get(here)
    assert "You are in" not in page.text
    assert "10 minutes" in text_of(page.text)
    (place,) = await DoorPass.objects()
    assert place.left_at == OPENING + 10 * MINUTE
    assert (await browser.post_form(f"{here}/left", {"slot": "nothing8"})).status_code == 404
    await browser.post_form(f"{here}/take-back")
    assert await Presence.count() == 0
    assert "Shall your presence be noted?" in (await browser.get(here)).text


async def test_a_box_on_the_form_serves_as_well(browser: Browser) -> None:
    scene = await make_scene()
    await sign_in_as(browser, scene.organiser)
    answer = await browser.post_form(
        "/organise/libraries/registrations/certificates",
        {"is_offered": "yes", "asks_on_form": "yes", "signed_by": "Ruth Okafor", "revision": "0"},
    )
    assert answer.status_code == 303
    form = await browser.get("/libraries/register")
    assert 'name="consent_presence"' in form.text
    await browser.post_form(
        "/libraries/register",
        {
            "name": "Anjali Menon",
            "email": "anjali@example.org",
            "country": "IN",
            "zone": "Asia/Kolkata",
            "consent_presence": "yes",
        },
    )
    (row,) = await Registration.objects()
    assert row.notes_presence


async def test_the_desk_shows_names_of_those_alone_who_agreed_and_puts_presence_right(
    browser: Browser,
) -> None:
    scene = await make_scene()
    await Room.update({Room.vendor_url: SECRET}).where(Room.conference == scene.conference.id)
    quiet = await scene.confirmed(AUCKLAND_ATTENDEE)
    await sign_in(browser, quiet)
    with clock.fixed_at(OPENING):
        await browser.get(f"/join/{scene.keynote.code}")
    registration = await noting(scene)
    await come(scene, registration, OPENING + 15 * MINUTE)
    with clock.fixed_at(OPENING + timedelta(hours=9)):
        await sign_in_as(browser, scene.organiser)
        whole = text_of((await browser.get("/organise/libraries/registrations/attendance")).text)
        one = await browser.get(f"/organise/libraries/registrations/attendance/{scene.keynote.code}")
        assert "1 person agreed" in whole
        assert KOLKATA_ATTENDEE.name in one.text
        assert "30 minutes" in one.text
        assert AUCKLAND_ATTENDEE.name not in one.text
        desk = f"/organise/libraries/registrations/{registration.code}"
        page = await browser.get(desk)
        assert "Attest that they were in" in page.text
        assert "Presence" not in text_of(
            (await browser.get(f"/organise/libraries/registrations/{quiet.code}")).text
        )
        await browser.post_form(f"{desk}/presence", {"do": "attest", "slot": scene.maps_slot.code})
        await browser.post_form(f"{desk}/presence", {"do": "strike", "slot": scene.keynote.code})
        page = await browser.get(desk)
        assert "Together 1 hour" in text_of(page.text)
        refused = await browser.post_form(f"{desk}/presence", {"do": "attest", "slot": "nothing8"})
        assert "There is no such session." in (await browser.get(refused.headers["location"])).text


async def test_lists_at_the_desk_cost_the_same_for_one_session_and_for_many(browser: Browser) -> None:
    scene = await make_scene()
    costs = []
    for more in range(2):
        for number in range(more * 4):
            talk = await make_session(scene.conference, f"Talk {number}")
            room = await make_room(scene.conference, f"Room {number}")
            await make_slot(scene.conference, talk, room, "16:00")
        if more:
            await scene.publish(NOW + timedelta(days=1))
        with clock.fixed_at(OPENING):
            await sign_in_as(browser, scene.organiser)
            for path in ("registrations/attendance", "door"):
                await browser.get(f"/organise/libraries/{path}")
                with db.count_queries() as count:
                    assert (await browser.get(f"/organise/libraries/{path}")).status_code == 200
                costs.append(count.total)
    assert costs[:2] == costs[2:]
    assert max(costs) <= 14


async def test_the_countdown_asks_whether_presence_shall_be_noted_and_says_when_it_will_be(
    browser: Browser,
) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    path = f"/join/{scene.keynote.code}"
    assert "certificate" not in (await browser.get(path)).text
    await sign_in(browser, registration)
    assert 'href="/libraries/me/certificate"' in (await browser.get(path)).text
    await agreeing.agree(scene.conference, registration, NOW + timedelta(days=3))
    assert "it is noted for your certificate" in (await browser.get(path)).text
