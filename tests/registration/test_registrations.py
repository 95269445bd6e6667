"""Registering, confirming, withdrawing: on both engines."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from conference import db
from conference.addresses import address_key
from conference.tables import AuditEntry, Conference, OutgoingMail, RegistrationState
from registration.calendars.tables import InviteSent
from registration.entries import confirming, own_link, registrations, withdrawing
from registration.entries.links import join_key, page_token
from registration.entries.own_link import LinkExpired, LinkUnknown
from registration.entries.registrations import RegistrationClosed
from registration.entries.tables import AttendeeSignIn
from registration.seating import seats
from registration.seating.seats import SeatsClash, SeatsTaken
from registration.seating.tables import Seat
from registration.tables import Attendee, Registration, RegistrationStatus
from sessions.tables import Slot
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE, Person
from tests.registration.cast import REGISTERED, mails, make_scene, the_registration


def person(number: int) -> Person:
    return Person(f"Person {number}", f"person{number}@example.org", "Asia/Kolkata", "IN")


async def test_thirty_seats_for_sixty_people(each_database: db.Database) -> None:
    scene = await make_scene(seats=30)
    await scene.programme()

    outcomes = await asyncio.gather(
        *(scene.register(person(number), scene.bread_early) for number in range(60)), return_exceptions=True
    )

    assert sum(isinstance(one, Registration) for one in outcomes) == 30
    assert sum(isinstance(one, SeatsTaken) and one.slots == {scene.bread_early.id} for one in outcomes) == 30
    assert await Seat.count().where(Seat.slot == scene.bread_early.id) == 30
    assert await Registration.count() == await Attendee.count() == len(await mails()) == 30


async def test_seats_in_two_workshops_at_once_never_lock_each_other_out(each_database: db.Database) -> None:
    scene = await make_scene(seats=10)
    await scene.programme()
    orders = [(scene.bread_late, scene.maps_slot), (scene.maps_slot, scene.bread_late)]

    outcomes = await asyncio.gather(
        *(scene.register(person(number), *orders[number % 2]) for number in range(20)), return_exceptions=True
    )

    assert sum(isinstance(one, Registration) for one in outcomes) == 10
    assert {type(one) for one in outcomes} == {Registration, SeatsTaken}
    assert await Seat.count() == 20


async def test_a_form_sent_twice_makes_one_registration(each_database: db.Database) -> None:
    scene = await make_scene()
    await scene.programme()

    await asyncio.gather(
        *(scene.register(KOLKATA_ATTENDEE, scene.bread_early) for _time in range(5)), return_exceptions=True
    )

    assert await Registration.count() == 1
    assert await Seat.count() == 1
    assert [mail.kind for mail in await mails()] == ["registration-confirm"]


async def test_someone_registered_already_gets_a_mail_with_their_link(each_database: db.Database) -> None:
    scene = await make_scene()
    await scene.confirmed(KOLKATA_ATTENDEE)
    again = Person("Anjali", "ANJALI@example.org", "Europe/London", "GB")

    with pytest.raises(AssertionError):  # no registration was made, so there is none to look up
        await scene.register(again, now=REGISTERED + timedelta(hours=1))
    with pytest.raises(AssertionError):
        await scene.register(again, now=REGISTERED + timedelta(hours=1, minutes=1))

    assert await Registration.count() == 1
    kinds = [mail.kind for mail in await mails()]
    assert kinds == ["registration-confirm", "registration-confirmed", "registration-link"]
    link = (await mails("registration-link"))[0]
    assert link.recipient == KOLKATA_ATTENDEE.email  # the address they gave, in their zone
    assert link.zone == "Asia/Kolkata"


async def test_nobody_registers_once_it_is_closed(database: db.Database) -> None:
    scene = await make_scene()
    await Conference.update({Conference.registration_state: RegistrationState.CLOSED.value}).where(
        Conference.id == scene.conference.id
    )
    with pytest.raises(RegistrationClosed):
        await scene.register()
    assert (await Registration.count(), await Attendee.count(), await mails()) == (0, 0, [])


async def test_confirming_sends_the_welcome_and_an_invite_for_each_seat(each_database: db.Database) -> None:
    scene = await make_scene()

    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)

    assert registration.status == RegistrationStatus.CONFIRMED
    assert registration.synced_release == 1
    assert [mail.kind for mail in await mails()] == [
        "registration-confirm",
        "invite",
        "registration-confirmed",
    ]
    invite = (await mails("invite"))[0]
    assert not invite.calendar  # made when it is sent: it holds a secret link
    assert invite.calendar_method == "REQUEST"
    facts = json.loads(invite.payload)["invite"]
    assert facts["uid"] == f"slot-{scene.bread_early.code}@conf.example.org"
    assert facts["sequence"] == 0
    sent = await InviteSent.objects().first()
    assert sent is not None
    assert (sent.slot, sent.method, sent.uid) == (scene.bread_early.id, "REQUEST", facts["uid"])
    entry = await AuditEntry.objects().where(AuditEntry.action == "registration-confirmed").first()
    assert entry is not None
    assert KOLKATA_ATTENDEE.name not in entry.actor + entry.subject + entry.after


async def test_no_secret_of_a_person_lies_in_the_outbox(database: db.Database) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    everything = " ".join(mail.payload + (mail.calendar or "") for mail in await mails())
    assert page_token(registration.code, 1) not in everything
    assert join_key(registration.code, 1) not in everything


async def test_confirming_twice_signs_in_twice_and_mails_once(each_database: db.Database) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    before = len(await mails())

    token, programme = page_token(registration.code, 1), await scene.programme()
    outcomes = await asyncio.gather(
        *(confirming.confirm(scene.conference, programme, token, REGISTERED) for _time in range(3))
    )

    assert [one.was_confirmed_now for one in outcomes] == [False] * 3
    assert len(await mails()) == before
    assert await AttendeeSignIn.count() == 4


async def test_an_unconfirmed_link_ends_after_a_week_and_a_new_one_replaces_it(database: db.Database) -> None:
    scene = await make_scene()
    registration = await scene.register()
    late = REGISTERED + timedelta(days=8)

    with pytest.raises(LinkExpired):
        await own_link.by_page_token(scene.conference, page_token(registration.code, 1), late)
    await own_link.request_link(scene.conference, address_key(KOLKATA_ATTENDEE.email), late)

    found = await own_link.by_page_token(scene.conference, page_token(registration.code, 2), late)
    assert found.id == registration.id
    with pytest.raises(LinkUnknown):
        await own_link.by_page_token(scene.conference, page_token(registration.code, 1), late)
    assert (await mails("registration-link"))[0].recipient == KOLKATA_ATTENDEE.email


async def test_asking_for_the_link_of_a_stranger_mails_nobody(database: db.Database) -> None:
    scene = await make_scene()
    await own_link.request_link(scene.conference, "stranger@example.org", REGISTERED)
    assert await mails() == []


async def test_a_working_link_is_sent_again_as_it_is_and_at_most_every_ten_minutes(
    database: db.Database,
) -> None:
    scene = await make_scene()
    registration = await scene.confirmed()
    for seconds in (0, 30, 60, 700):
        moment = REGISTERED + timedelta(seconds=seconds)
        await own_link.request_link(scene.conference, address_key(KOLKATA_ATTENDEE.email), moment)
    assert len(await mails("registration-link")) == 2
    assert (await the_registration(registration.code)).link_generation == 1


async def test_someone_who_never_confirmed_may_register_anew(each_database: db.Database) -> None:
    scene = await make_scene()
    first = await scene.register(KOLKATA_ATTENDEE, scene.bread_early)
    second = await scene.register(KOLKATA_ATTENDEE, scene.maps_slot, now=REGISTERED + timedelta(days=8))
    assert first.code != second.code
    assert await Registration.count() == 1
    assert [seat.slot for seat in await Seat.objects()] == [scene.maps_slot.id]


async def test_seats_of_the_unconfirmed_come_back_after_two_days(each_database: db.Database) -> None:
    scene = await make_scene(seats=1)
    registration = await scene.register(KOLKATA_ATTENDEE, scene.bread_early)

    assert await registrations.expire_unconfirmed(REGISTERED + timedelta(hours=47)) == 0
    assert await registrations.expire_unconfirmed(REGISTERED + timedelta(hours=48)) == 1
    assert await registrations.expire_unconfirmed(REGISTERED + timedelta(hours=49)) == 0

    await scene.register(AUCKLAND_ATTENDEE, scene.bread_early, now=REGISTERED + timedelta(hours=49))
    late = REGISTERED + timedelta(hours=50)
    token = page_token(registration.code, 1)
    await confirming.confirm(scene.conference, await scene.programme(), token, late)
    assert await Seat.count().where(Seat.registration == registration.id) == 0
    assert await mails("invite") == []


async def test_a_person_who_never_confirmed_is_forgotten(each_database: db.Database) -> None:
    scene = await make_scene()
    await scene.register()
    await registrations.expire_unconfirmed(REGISTERED + timedelta(days=36))
    assert await Registration.count() == 1
    await registrations.expire_unconfirmed(REGISTERED + timedelta(days=38))
    assert (await Registration.count(), await Attendee.count()) == (0, 0)


async def test_withdrawing_frees_the_seats_and_tells_the_calendar(each_database: db.Database) -> None:
    scene = await make_scene(seats=1)
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)

    for _time in range(2):
        programme = await scene.programme()
        await withdrawing.withdraw(registration.id, scene.conference, programme, REGISTERED)

    assert (await the_registration(registration.code)).status == RegistrationStatus.WITHDRAWN
    assert (await Seat.count(), await AttendeeSignIn.count()) == (0, 0)
    cancel = (await mails("invite-cancelled"))[0]
    facts = json.loads(cancel.payload)
    assert (cancel.calendar_method, facts["reason"], facts["invite"]["sequence"]) == ("CANCEL", "given-up", 1)
    assert "page" not in facts
    assert len(await mails("registration-withdrawn")) == 1
    with pytest.raises(LinkExpired) as caught:
        await own_link.by_page_token(scene.conference, page_token(registration.code, 1), REGISTERED)
    assert caught.value.is_withdrawn
    await scene.register(AUCKLAND_ATTENDEE, scene.bread_early)
    await scene.register(KOLKATA_ATTENDEE)  # and the person may come back
    assert await Registration.count() == 3


async def test_changing_the_time_keeps_one_seat_and_tells_both_entries(each_database: db.Database) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)

    await seats.take_seat(
        registration.id, scene.conference, await scene.programme(), scene.bread_late.code, REGISTERED
    )

    assert [seat.slot for seat in await Seat.objects()] == [scene.bread_late.id]
    told = [
        (row.slot, row.method, row.sequence) for row in await InviteSent.objects().order_by(InviteSent.id)
    ]
    early, late = scene.bread_early.id, scene.bread_late.id
    assert told == [(early, "REQUEST", 0), (early, "CANCEL", 1), (late, "REQUEST", 0)]


async def test_a_clashing_seat_is_refused_and_nothing_changes(database: db.Database) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    with pytest.raises(SeatsClash):
        await seats.take_seat(
            registration.id, scene.conference, await scene.programme(), scene.maps_slot.code, REGISTERED
        )
    assert await Seat.count() == 1


async def test_the_last_seat_goes_to_one_of_those_confirmed(each_database: db.Database) -> None:
    scene = await make_scene(seats=1)
    people = [await scene.confirmed(person(number)) for number in range(5)]
    programme = await scene.programme()

    outcomes = await asyncio.gather(
        *(
            seats.take_seat(one.id, scene.conference, programme, scene.bread_late.code, REGISTERED)
            for one in people
        ),
        return_exceptions=True,
    )

    assert [type(one) for one in outcomes].count(SeatsTaken) == 4
    assert (await Seat.count(), len(await mails("invite"))) == (1, 1)


async def test_a_slot_deleted_meanwhile_counts_as_full(each_database: db.Database) -> None:
    scene = await make_scene()
    await scene.programme()
    await Slot.delete().where(Slot.id == scene.maps_slot.id)
    with pytest.raises(SeatsTaken):
        await scene.register(KOLKATA_ATTENDEE, scene.maps_slot)
    assert await OutgoingMail.count() == 0
