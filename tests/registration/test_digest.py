"""One letter about one release, with every calendar update in it; and the banner of the day."""

from __future__ import annotations

import json
from datetime import timedelta

from icalendar import Calendar

from conference import db
from conference.tables import OutgoingMail
from registration.calendars import agendas
from registration.calendars.changes import changes_today
from registration.calendars.sync import SETTLE, send_owed_invites
from registration.calendars.tables import InviteSent
from registration.entries import confirming, withdrawing
from registration.entries.links import feed_token
from registration.reminding.sending import send_reminders
from registration.seating import seats
from registration.tables import Registration
from sessions.tables import Session, SessionState, Slot
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, as_sent, calendars_in, mails, make_scene

MOVED = REGISTERED + timedelta(days=1)


def calendars_of(mail: OutgoingMail) -> list[tuple[str, str, int]]:
    """(METHOD, UID, SEQUENCE) of each calendar part as it leaves, each with the method its part claims."""
    found = []
    for file in calendars_in(as_sent(mail)):
        calendar = Calendar.from_ical(file)
        (event,) = calendar.walk("VEVENT")
        found.append((str(calendar["METHOD"]), str(event["UID"]), int(str(event["SEQUENCE"]))))
    return found


def uid(slot: Slot) -> str:
    return f"slot-{slot.code}@conf.example.org"


async def with_three(scene: Scene) -> int:
    """Two seats and a session on the agenda, all of them told."""
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_late, scene.maps_slot)
    await agendas.put_on_agenda(registration.id, await scene.programme(), scene.keynote.code, REGISTERED)
    await send_owed_invites(REGISTERED + SETTLE)
    return registration.id


async def test_a_release_that_moves_several_is_one_letter_with_a_part_for_each(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    number = await with_three(scene)
    await scene.confirmed(AUCKLAND_ATTENDEE, scene.bread_early)
    before = len(await mails())
    await scene.move(scene.keynote, "09:30")
    await scene.move(scene.maps_slot, "12:30")
    await Session.update({Session.state: SessionState.CANCELLED.value}).where(Session.id == scene.bread.id)
    await scene.publish(MOVED)
    while await send_owed_invites(MOVED):
        pass

    new = (await mails())[before:]
    assert sorted((mail.kind, mail.recipient) for mail in new) == [
        ("invite-cancelled", AUCKLAND_ATTENDEE.email),
        ("release-digest", KOLKATA_ATTENDEE.email),
    ]
    (digest,) = await mails("release-digest")
    assert calendars_of(digest) == [
        ("REQUEST", uid(scene.keynote), 1),
        ("REQUEST", uid(scene.maps_slot), 1),
        ("CANCEL", uid(scene.bread_late), 1),
    ]
    plain = as_sent(digest).get_body(("plain",))
    assert plain is not None
    words = plain.get_content()
    assert "Thursday 25 June 2026, 17:00–18:00 (Kolkata, IST, UTC+5:30)" in words  # Maps, moved
    # Gmail and Outlook apply the first part alone: the words say which file is whose, and where to subscribe.
    named = [line.partition(": ")[2] for line in words.splitlines() if "Attached for your calendar" in line]
    files = {part.get_filename(): part.get_content() for part in as_sent(digest).iter_attachments()}
    assert named == list(files) == ["invite.ics", "invite-2.ics", "invite-3.ics"]
    slots = (scene.keynote, scene.maps_slot, scene.bread_late)
    for file, slot in zip(files.values(), slots, strict=True):
        assert uid(slot) in (file if isinstance(file, str) else file.decode())
    kolkata = await Registration.objects().get(Registration.id == number)
    assert kolkata is not None
    assert f"/calendar/{feed_token(kolkata.code, 1)}.ics" in words
    assert "Thursday 25 June 2026, 16:00–17:00 (Kolkata, IST, UTC+5:30)" in words  # where it was
    assert "Conference time: 12:30–13:30 (London, BST, UTC+1)" in words
    assert await InviteSent.count() == 8
    assert await send_owed_invites(MOVED) == 0


async def test_a_release_that_moves_nothing_of_theirs_sends_nothing(database: db.Database) -> None:
    scene = await make_scene()
    await with_three(scene)
    before = len(await mails())
    await scene.move(scene.bread_early, "12:00")
    await scene.publish(MOVED)
    await send_owed_invites(MOVED)
    assert len(await mails()) == before


async def test_an_agenda_is_told_when_it_has_settled_and_once(each_database: db.Database) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    programme, code = await scene.programme(), scene.keynote.code
    await agendas.put_on_agenda(registration.id, programme, code, REGISTERED)
    assert await send_owed_invites(REGISTERED + SETTLE / 2) == 0
    assert await send_owed_invites(REGISTERED + SETTLE) == 1
    assert await send_owed_invites(REGISTERED + SETTLE) == 0
    (invite,) = await mails("invite")
    assert calendars_of(invite) == [("REQUEST", uid(scene.keynote), 0)]
    assert json.loads(invite.payload)["seat"] is False

    later = REGISTERED + timedelta(hours=1)
    await agendas.take_off_agenda(registration.id, code, later)
    await agendas.put_on_agenda(registration.id, programme, code, later)  # and on again: nothing has changed
    assert await send_owed_invites(later + SETTLE) == 1
    assert await mails("invite-cancelled") == []
    await agendas.take_off_agenda(registration.id, code, later)
    await send_owed_invites(later + SETTLE)
    (cancel,) = await mails("invite-cancelled")
    assert calendars_of(cancel) == [("CANCEL", uid(scene.keynote), 1)]


async def test_a_clock_set_back_does_not_keep_an_agenda_waiting(database: db.Database) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    await agendas.put_on_agenda(registration.id, await scene.programme(), scene.keynote.code, MOVED)
    assert await send_owed_invites(REGISTERED) == 1


async def test_withdrawing_cancels_seats_and_agenda(each_database: db.Database) -> None:
    scene = await make_scene()
    number = await with_three(scene)
    await withdrawing.withdraw(number, scene.conference, await scene.programme(), MOVED)
    cancelled = [told for mail in await mails("invite-cancelled") for told in calendars_of(mail)]
    wanted = {uid(slot) for slot in (scene.keynote, scene.bread_late, scene.maps_slot)}
    assert {told[1] for told in cancelled} == wanted
    assert {(told[0], told[2]) for told in cancelled} == {("CANCEL", 1)}


async def test_a_new_calendar_address_renews_the_links_in_every_entry(database: db.Database) -> None:
    scene = await make_scene()
    number = await with_three(scene)
    await confirming.renew_feed(number, scene.conference, await scene.programme(), MOVED)
    told = [one for mail in await mails("invite-updated") for one in calendars_of(mail)]
    assert [(method, sequence) for method, _uid, sequence in told] == [("REQUEST", 1)] * 3
    assert await mails("release-digest") == []  # no release did it


async def test_repeats_added_swapped_and_removed_keep_their_uids(database: db.Database) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    programme = await scene.programme()
    for slot in (scene.bread_late, scene.bread_early):  # the seat goes to the other repeat, and back
        await seats.take_seat(registration.id, scene.conference, programme, slot.code, REGISTERED)
    rows = await InviteSent.objects().order_by(InviteSent.id)
    by_uid: dict[str, list[tuple[str, int]]] = {}
    for row in rows:
        by_uid.setdefault(row.uid, []).append((row.method, row.sequence))
    assert by_uid == {
        uid(scene.bread_early): [("REQUEST", 0), ("CANCEL", 1), ("REQUEST", 2)],
        uid(scene.bread_late): [("REQUEST", 0), ("CANCEL", 1)],
    }


async def test_on_the_day_the_page_knows_what_has_changed(database: db.Database) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_late, scene.maps_slot)
    morning = scene.keynote.start - timedelta(hours=2)
    assert await changes_today(registration, await scene.programme(), morning) == ()
    await scene.move(scene.bread_late, "16:00")
    await Session.update({Session.state: SessionState.CANCELLED.value}).where(Session.id == scene.maps.id)
    await scene.publish(morning)
    await send_owed_invites(morning)

    programme = await scene.programme()
    off, moved = await changes_today(registration, programme, morning + timedelta(minutes=5))
    assert (off.title, off.start, off.was_start) == ({"en": "Maps"}, None, scene.maps_slot.start)
    assert moved.start == scene.bread_late.start + timedelta(hours=1)
    assert moved.was_start == scene.bread_late.start
    assert await changes_today(registration, programme, morning + timedelta(days=1)) == ()
    # In the evening both are over.
    assert await changes_today(registration, programme, morning + timedelta(hours=14)) == ()


async def test_the_night_after_it_is_part_of_the_day(database: db.Database) -> None:
    """Three in the afternoon in London is two at night in Auckland, at the end of the same evening."""
    scene = await make_scene()
    registration = await scene.confirmed(AUCKLAND_ATTENDEE, scene.bread_late)
    evening = scene.keynote.start - timedelta(hours=2)  # eight in the evening there
    await scene.move(scene.bread_late, "16:00")
    await scene.publish(evening)
    await send_owed_invites(evening)
    for later in (timedelta(minutes=1), timedelta(hours=5)):
        assert len(await changes_today(registration, await scene.programme(), evening + later)) == 1


async def test_what_they_gave_up_themselves_is_no_news(database: db.Database) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_late)
    morning, programme = scene.keynote.start - timedelta(hours=2), await scene.programme()
    await seats.give_up_seat(registration.id, scene.conference, programme, scene.bread_late.code, morning)
    assert await changes_today(registration, programme, morning) == ()


async def test_every_letter_with_a_way_in_says_where_to_ask_for_help(database: db.Database) -> None:
    scene = await make_scene()
    await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_late)
    await scene.move(scene.bread_late, "16:00")
    await scene.publish(MOVED)
    while await send_owed_invites(MOVED):
        pass
    while await send_reminders(scene.keynote.start - timedelta(hours=7)):
        pass
    for kind in ("registration-confirmed", "invite", "invite-updated", "day-digest"):
        (mail,) = await mails(kind)
        plain = as_sent(mail).get_body(("plain",))
        assert plain is not None
        address = f"https://conf.example.org/join/{scene.bread_late.code}/help"
        assert f"If you cannot get in when it is time:\n{address}" in plain.get_content(), kind
