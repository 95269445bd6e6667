"""Calendars follow releases: each change told once, nothing of drafts, whatever happens in between."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta

from conference import db
from conference.db import count_queries
from conference.tables import OutgoingMail
from registration.calendars import sync
from registration.calendars.sync import send_owed_invites
from registration.calendars.tables import InviteSent
from registration.entries import confirming, withdrawing
from registration.entries.links import join_path
from registration.seating import seats
from registration.seating.tables import Seat
from registration.tables import Registration
from sessions.tables import Room, Session, SessionState, Slot
from tests.makers import make_room
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE, Person
from tests.registration.cast import REGISTERED, as_sent, calendars_in, mails, make_scene, the_registration

MOVED = REGISTERED + timedelta(days=1)


def calendar_of(mail: OutgoingMail) -> str:
    """The first calendar part as it leaves, unfolded."""
    return calendars_in(as_sent(mail))[0].decode().replace("\r\n ", "")


async def test_a_moved_workshop_reaches_the_calendar_with_the_same_uid_and_a_higher_sequence(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    await scene.confirmed(AUCKLAND_ATTENDEE)  # without a seat: nothing is owed
    await scene.move(scene.bread_early, "12:00")
    assert await send_owed_invites(MOVED) == 0  # a draft concerns nobody
    await scene.publish(MOVED)

    assert await send_owed_invites(MOVED) == 2
    assert await send_owed_invites(MOVED) == 0

    (update,) = await mails("invite-updated")
    (first,) = await mails("invite")
    assert {row.synced_release for row in await Registration.objects()} == {2}
    before, after = calendar_of(first), calendar_of(update)
    uid = f"UID:slot-{scene.bread_early.code}@conf.example.org\r\n"
    assert uid in before
    assert uid in after
    assert "SEQUENCE:0\r\n" in before
    assert "SEQUENCE:1\r\n" in after
    assert "METHOD:REQUEST\r\n" in after
    assert "DTSTART:20260625T100000Z\r\n" in before  # 11:00 in London is 10:00 UTC in June
    assert "DTSTART:20260625T110000Z\r\n" in after
    assert "PARTSTAT=ACCEPTED" in after
    assert f"mailto:{KOLKATA_ATTENDEE.email}" in after
    assert "mailto:team@conf.example.org" in after
    assert f"/join/{scene.bread_early.code}?key=" in after
    assert (after.count("BEGIN:VEVENT"), after.count("ATTENDEE")) == (1, 1)


async def test_a_cancelled_workshop_is_taken_out_of_calendars_and_comes_back(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)

    for number, state in enumerate((SessionState.CANCELLED, SessionState.ACTIVE), start=2):
        await Session.update({Session.state: state.value}).where(Session.id == scene.bread.id)
        await scene.publish(MOVED + timedelta(hours=number))
        await send_owed_invites(MOVED + timedelta(hours=number))

    sent = [(row.method, row.sequence) for row in await InviteSent.objects().order_by(InviteSent.id)]
    assert [method for method, _sequence in sent] == ["REQUEST", "CANCEL", "REQUEST"]
    assert [sequence for _method, sequence in sent] == sorted({sequence for _method, sequence in sent})
    (cancel,) = await mails("invite-cancelled")
    assert json.loads(cancel.payload)["reason"] == "cancelled"
    calendar = calendar_of(cancel)
    assert "METHOD:CANCEL\r\n" in calendar
    assert "STATUS:CANCELLED\r\n" in calendar


async def test_releases_that_change_nothing_for_a_person_send_nothing(database: db.Database) -> None:
    scene = await make_scene()
    await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    before = len(await mails())
    await Session.update({Session.title: json.dumps({"en": "Bread, better"})}).where(
        Session.id == scene.bread.id
    )
    await scene.move(scene.keynote, "09:30")
    await scene.publish(MOVED)

    assert await send_owed_invites(MOVED) == 1
    assert len(await mails()) == before


async def test_moved_there_and_back_between_two_looks_sends_nothing(database: db.Database) -> None:
    scene = await make_scene()
    await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_late)
    for at in ("16:00", "15:00"):
        await scene.move(scene.bread_late, at)
        await scene.publish(MOVED)
    await send_owed_invites(MOVED)
    assert await mails("invite-updated") == []


async def test_two_processes_at_once_tell_each_person_once(each_database: db.Database) -> None:
    scene = await make_scene()
    people = [Person(f"P{n}", f"p{n}@example.org", "Asia/Kolkata", "IN") for n in range(8)]
    for one in people:
        await scene.confirmed(one, scene.bread_early)
    await scene.move(scene.bread_early, "12:00")
    await scene.publish(MOVED)

    await asyncio.gather(send_owed_invites(MOVED), send_owed_invites(MOVED))

    assert len(await mails("invite-updated")) == 8
    assert await InviteSent.count() == 16


async def test_killed_in_the_middle_it_goes_on_where_it_stopped(each_database: db.Database) -> None:
    scene = await make_scene()
    for number in range(6):
        await scene.confirmed(
            Person(f"P{number}", f"p{number}@example.org", "Asia/Kolkata", "IN"), scene.bread_early
        )
    await scene.move(scene.bread_early, "12:00")
    await scene.publish(MOVED)

    run = asyncio.create_task(send_owed_invites(MOVED))
    await asyncio.sleep(0.02)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    told = await InviteSent.count().where(InviteSent.sequence == 1)
    assert told == len(await mails("invite-updated"))  # the record and the mail: both or neither

    while await send_owed_invites(MOVED):
        pass
    assert len(await mails("invite-updated")) == 6
    assert await InviteSent.count() == 12


async def test_batches_are_bounded_and_all_come_round(database: db.Database, monkeypatch: object) -> None:
    scene = await make_scene()
    for number in range(5):
        await scene.confirmed(Person(f"P{number}", f"p{number}@example.org", "Asia/Kolkata", "IN"))
    await scene.move(scene.keynote, "09:30")
    await scene.publish(MOVED)
    size, sync.BATCH = sync.BATCH, 2
    try:
        assert [await send_owed_invites(MOVED) for _time in range(4)] == [2, 2, 1, 0]
    finally:
        sync.BATCH = size


async def test_a_seat_taken_on_an_older_release_is_brought_up_to_date(database: db.Database) -> None:
    """Someone whose request began before the release ends after it: the job sees that theirs is the old one."""
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    old = await scene.programme()
    await scene.move(scene.bread_early, "12:00")
    await scene.publish(MOVED)
    await send_owed_invites(MOVED)

    await seats.take_seat(registration.id, scene.conference, old, scene.bread_early.code, MOVED)
    assert (await the_registration(registration.code)).synced_release == 1
    await send_owed_invites(MOVED)

    assert [row.sequence for row in await InviteSent.objects().order_by(InviteSent.id)] == [0, 1]
    assert "DTSTART:20260625T110000Z" in calendar_of((await mails("invite-updated"))[0])


async def test_giving_up_and_taking_again_counts_the_sequence_on(database: db.Database) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    programme, code = await scene.programme(), scene.bread_early.code
    for _time in range(2):
        assert await seats.give_up_seat(registration.id, scene.conference, programme, code, REGISTERED)
        await seats.take_seat(registration.id, scene.conference, programme, code, REGISTERED)
    assert not await seats.give_up_seat(registration.id, scene.conference, programme, "unknown", REGISTERED)
    sent = [(row.method, row.sequence) for row in await InviteSent.objects().order_by(InviteSent.id)]
    assert sent == [("REQUEST", 0), ("CANCEL", 1), ("REQUEST", 2), ("CANCEL", 3), ("REQUEST", 4)]


async def test_a_cancel_of_a_seat_given_up_says_nothing_of_the_session(database: db.Database) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    await seats.give_up_seat(
        registration.id, scene.conference, await scene.programme(), scene.bread_early.code, REGISTERED
    )
    calendar = calendar_of((await mails("invite-cancelled"))[0])
    assert "METHOD:CANCEL\r\n" in calendar
    assert "STATUS" not in calendar  # RFC 5546 3.2.5: the session still takes place
    assert "/join/" not in calendar


async def test_a_renewed_calendar_address_sends_the_new_join_links(database: db.Database) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    await confirming.renew_feed(registration.id, scene.conference, await scene.programme(), REGISTERED)
    (first,), (second,) = await mails("invite"), await mails("invite-updated")

    def join(calendar: str) -> str:
        return next(line for line in calendar.splitlines() if line.startswith("LOCATION"))

    assert join(calendar_of(first)) != join(calendar_of(second))


async def test_an_unscheduled_slot_is_taken_out_of_calendars(database: db.Database) -> None:
    scene = await make_scene()
    await scene.confirmed(KOLKATA_ATTENDEE, scene.maps_slot)
    await Slot.update({Slot.start: None, Slot.end: None, Slot.local_start: None, Slot.room: None}).where(
        Slot.id == scene.maps_slot.id
    )
    await scene.publish(MOVED)
    await send_owed_invites(MOVED)
    assert [row.method for row in await InviteSent.objects().order_by(InviteSent.id)] == ["REQUEST", "CANCEL"]
    assert await Seat.count() == 1


async def test_looking_for_what_is_owed_costs_the_same_for_one_idle_person_and_for_many(
    database: db.Database,
) -> None:
    scene = await make_scene()
    costs = []
    for number in range(3):
        await scene.confirmed(Person(f"P{number}", f"p{number}@example.org", "Asia/Kolkata", "IN"))
        await scene.move(scene.keynote, f"09:{number}0")
        await scene.publish(MOVED + timedelta(minutes=number))
        with count_queries() as count:
            await send_owed_invites(MOVED)
        costs.append(count.total)
    assert len(set(costs)) == 1


async def test_who_withdraws_and_comes_back_is_believed_by_their_calendar(each_database: db.Database) -> None:
    scene = await make_scene()
    first = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    programme = await scene.programme()
    await seats.give_up_seat(first.id, scene.conference, programme, scene.bread_early.code, REGISTERED)
    await seats.take_seat(first.id, scene.conference, programme, scene.bread_early.code, REGISTERED)
    for _time in range(2):
        await withdrawing.withdraw(first.id, scene.conference, programme, MOVED)
    await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early, now=MOVED)
    await scene.confirmed(AUCKLAND_ATTENDEE, scene.bread_early, now=MOVED)

    theirs = [
        mail for mail in await mails() if mail.recipient == KOLKATA_ATTENDEE.email and mail.calendar_method
    ]
    said = [(str(mail.calendar_method), sequence_of(mail)) for mail in theirs]
    assert said == [("REQUEST", 0), ("CANCEL", 1), ("REQUEST", 2), ("CANCEL", 3), ("REQUEST", 4)]


def sequence_of(mail: OutgoingMail) -> int:
    return int(re.findall(r"SEQUENCE:(\d+)", calendar_of(mail))[0])


async def test_another_link_of_the_vendor_and_another_room_change_nothing_in_calendars(
    database: db.Database,
) -> None:
    """The join link is ours and stays: nobody gets a mail because the team changed what stands behind it."""
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    link = join_path(scene.bread_early.code, registration.code, registration.feed_generation)
    assert link in calendar_of((await mails("invite"))[0])
    before = len(await mails())
    other = await make_room(scene.conference, "Room C")
    await Room.update({Room.vendor_url: "https://vendor.example/new"}).where(Room.id == scene.room.id)
    await Slot.update({Slot.room: other.id}).where(Slot.id == scene.bread_early.id)
    await scene.publish(MOVED)
    assert await send_owed_invites(MOVED) == 1
    assert len(await mails()) == before
