"""Colleagues registered by one of them: the rows, what is refused beside them, and how far each is."""

from __future__ import annotations

import asyncio

import pytest

from conference import db
from conference.errors import StaleEdit
from conference.tables import AuditEntry, Conference, RegistrationState
from registration.asking.tables import Consent
from registration.entries import confirming
from registration.entries.links import page_token
from registration.entries.opening_rules import change_rules, rules_of
from registration.groups import (
    Colleague,
    GroupRefused,
    GroupRules,
    change_group_rules,
    group_rules,
    members_of,
    register_colleagues,
)
from registration.seating.seats import SeatsTaken
from registration.seating.tables import Seat
from registration.tables import Registration, RegistrationStatus
from tests.pages import Browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, as_sent, mails, make_scene, the_registration

PAGE = "/libraries/me/colleagues"
DESK = "/organise/libraries/registration/groups"


async def allow(scene: Scene, most: int = 4) -> None:
    before = await group_rules(scene.conference.id)
    rules = GroupRules(takes_groups=True, most_in_group=most, revision=before.revision)
    await change_group_rules(scene.conference, rules, actor=scene.organiser, now=REGISTERED)


async def with_contact(browser: Browser, *, seats: int = 30) -> tuple[Scene, Registration]:
    scene = await make_scene(seats=seats)
    await allow(scene)
    contact = await scene.confirmed(KOLKATA_ATTENDEE)
    await browser.post_form(f"/libraries/me/{page_token(contact.code, 1)}")
    return scene, contact


def colleague(number: int) -> Colleague:
    address = f"colleague{number}@example.org"
    return Colleague(f"Colleague {number}", address, address)


async def test_each_colleague_gets_a_mail_and_confirms_alone(database: db.Database, browser: Browser) -> None:
    scene, contact = await with_contact(browser)
    assert "Register my colleagues" in text_of((await browser.get("/libraries/me")).text)

    answer = await browser.post_form(
        PAGE,
        {
            "name_1": "Meera",
            "email_1": "meera@example.org",
            "seat_1": scene.maps_slot.code,
            "name_2": "Tunde",
            "email_2": "Tunde@Example.org",
            "seat_2": "",
            "name_3": "",
            "email_3": "",
        },
    )

    assert answer.status_code == 303
    meera, tunde = await Registration.objects().where(Registration.id != contact.id).order_by(Registration.id)
    assert (meera.status, meera.zone, meera.country) == ("pending", "Asia/Kolkata", "IN")
    assert tunde.email == "Tunde@example.org"
    letters = (await mails("registration-confirm"))[-2:]
    assert [mail.recipient for mail in letters] == ["meera@example.org", "Tunde@example.org"]
    body = as_sent(letters[0]).get_body(("plain",))
    assert body is not None
    assert "A colleague of yours has filled in the registration form" in body.get_content()
    assert KOLKATA_ATTENDEE.name not in body.get_content()  # who it was is theirs to say, and to have erased
    assert [(seat.registration, seat.slot) for seat in await Seat.objects()] == [
        (meera.id, scene.maps_slot.id)
    ]
    assert await Consent.count() == 0  # consents are theirs
    assert text_of((await browser.get(PAGE)).text).count("Has still to confirm") == 2
    await confirming.confirm(scene.conference, await scene.programme(), page_token(meera.code, 1), REGISTERED)
    page = text_of((await browser.get(PAGE)).text)
    assert (page.count("Has still to confirm"), page.count("Confirmed")) == (1, 1)
    noted = await AuditEntry.objects().where(AuditEntry.action == "group-registered").first()
    assert noted is not None
    assert "meera" not in str(noted.after)


async def test_what_is_wrong_is_said_beside_its_row(database: db.Database, browser: Browser) -> None:
    scene, _contact = await with_contact(browser, seats=1)
    await scene.confirmed(AUCKLAND_ATTENDEE, scene.maps_slot)
    before = await Registration.count()

    refused = await browser.post_form(
        PAGE,
        {
            "name_1": "Meera",
            "email_1": "meera@example.org",
            "name_2": "Meera again",
            "email_2": "MEERA@example.org",
            "name_3": "",
            "email_3": "nobody",
            "name_4": "Myself",
            "email_4": KOLKATA_ATTENDEE.email,
            "seat_1": "unknown",
        },
    )

    assert refused.status_code == 422
    page = text_of(refused.text)
    assert "This address stands in another row already." in page
    assert "This address is registered in your group already." in page
    assert "This session can no longer be booked." in page
    assert 'value="MEERA@example.org"' in refused.text
    full = await browser.post_form(
        PAGE, {"name_1": "Meera", "email_1": "meera@example.org", "seat_1": scene.maps_slot.code}
    )
    assert full.status_code == 422
    assert "There are not enough seats left at this time." in text_of(full.text)
    empty = await browser.post_form(PAGE, {"name_1": "", "email_1": ""})
    assert "Please fill in at least one row." in text_of(empty.text)
    assert await Registration.count() == before


async def test_without_the_organisers_leave_there_is_no_such_page(
    database: db.Database, browser: Browser
) -> None:
    scene = await make_scene()
    contact = await scene.confirmed(KOLKATA_ATTENDEE)
    await browser.post_form(f"/libraries/me/{page_token(contact.code, 1)}")
    assert (await browser.get(PAGE)).status_code == 404
    with pytest.raises(GroupRefused):
        await register_colleagues(
            contact.id, scene.conference, await scene.programme(), [colleague(1)], REGISTERED
        )
    assert await Registration.count() == 1


async def test_no_group_grows_beyond_its_bound_and_a_form_sent_twice_counts_once(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    await allow(scene, most=4)
    contact = await scene.confirmed(KOLKATA_ATTENDEE)
    programme = await scene.programme()

    outcomes = await asyncio.gather(
        *(
            register_colleagues(
                contact.id, scene.conference, programme, [colleague(first), colleague(first + 1)], REGISTERED
            )
            for first in (0, 0, 2, 4, 6)
        ),
        return_exceptions=True,
    )

    assert {type(one) for one in outcomes} == {int, GroupRefused}
    members = await members_of(contact)
    assert len(members) == len({one.email_key for one in members}) == 4
    assert len(await mails("registration-confirm")) == 5


async def test_a_full_workshop_registers_nobody_of_the_form(each_database: db.Database) -> None:
    scene = await make_scene(seats=1)
    await allow(scene)
    contact = await scene.confirmed(KOLKATA_ATTENDEE)
    programme = await scene.programme()
    slot = programme.slot_by_id[scene.maps_slot.id][1]
    both = [Colleague(f"P{n}", f"p{n}@example.org", f"p{n}@example.org", (slot,)) for n in (1, 2)]

    with pytest.raises(SeatsTaken):
        await register_colleagues(contact.id, scene.conference, programme, both, REGISTERED)

    assert await Registration.count() == 1
    assert await Seat.count() == 0


async def test_somebody_registered_already_keeps_their_own_registration(database: db.Database) -> None:
    scene = await make_scene()
    await allow(scene)
    known = await scene.confirmed(AUCKLAND_ATTENDEE)
    contact = await scene.confirmed(KOLKATA_ATTENDEE)
    same = Colleague("Other name", AUCKLAND_ATTENDEE.email, AUCKLAND_ATTENDEE.email)

    await register_colleagues(contact.id, scene.conference, await scene.programme(), [same], REGISTERED)

    after = await the_registration(known.code)
    assert (after.name, after.status, after.in_group) == (
        known.name,
        RegistrationStatus.CONFIRMED,
        None,
    )
    assert await members_of(contact) == ()


async def test_once_registration_is_closed_the_rows_are_kept(database: db.Database, browser: Browser) -> None:
    scene, _contact = await with_contact(browser)
    await Conference.update({Conference.registration_state: RegistrationState.CLOSED.value}).where(
        Conference.id == scene.conference.id
    )
    refused = await browser.post_form(PAGE, {"name_1": "Meera", "email_1": "meera@example.org"})
    assert refused.status_code == 422
    assert "Registration is closed." in text_of(refused.text)
    assert 'value="meera@example.org"' in refused.text


async def test_organisers_switch_groups_on(database: db.Database, browser: Browser) -> None:
    scene = await make_scene()
    await sign_in_as(browser, scene.organiser)
    assert (await browser.get(DESK)).status_code == 200
    bad = await browser.post_form(DESK, {"takes_groups": "yes", "most_in_group": "0", "revision": "0"})
    assert bad.status_code == 422
    good = {"takes_groups": "yes", "most_in_group": "7", "revision": "0"}
    assert (await browser.post_form(DESK, good)).status_code == 303
    assert await group_rules(scene.conference.id) == GroupRules(True, 7, 1)
    stale = await browser.post_form(DESK, {"most_in_group": "3", "revision": "0"})
    assert stale.status_code == 409
    assert "Someone else changed these rules meanwhile." in text_of(stale.text)
    rules = await rules_of(scene.conference.id)  # the other rules stand in the same row
    await change_rules(scene.conference, rules, actor=scene.organiser, now=REGISTERED)
    assert await group_rules(scene.conference.id) == GroupRules(True, 7, 2)
    with pytest.raises(StaleEdit):
        await allow_stale(scene)


async def allow_stale(scene: Scene) -> None:
    await change_group_rules(scene.conference, GroupRules(revision=1), actor=scene.organiser, now=REGISTERED)
