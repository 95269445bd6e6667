"""Everything with a calendar in it, from the public page to the mail, read by other programs: the same in all of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from conference import db
from registration.calendars import agendas, private_feeds
from registration.calendars.private_feeds import feed_token as token_of
from registration.calendars.sync import SETTLE, send_owed_invites
from registration.entries import withdrawing
from registration.entries.links import feed_token
from sessions.tables import Session, SessionState, Slot
from tests.makers import make_room, make_session, make_slot, make_speaker
from tests.pages import Browser
from tests.people import KOLKATA_ATTENDEE
from tests.readers import Event, Readers
from tests.registration.cast import REGISTERED, as_sent, calendars_in, mails, make_scene

DAYS = [
    ("Europe/London", date(2026, 10, 25)),
    ("Europe/London", date(2027, 3, 28)),
    ("America/St_Johns", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Pacific/Chatham", date(2026, 9, 27)),
    ("Africa/Casablanca", date(2027, 2, 7)),
    ("Asia/Kathmandu", date(2026, 6, 25)),
    ("Pacific/Kiritimati", date(2026, 12, 31)),
]
LATER = REGISTERED + timedelta(days=1)


async def slots_by_uid() -> dict[str, tuple[int, int]]:
    """When each slot is, by the database alone."""
    return {
        f"slot-{slot.code}@conf.example.org": (int(slot.start.timestamp()), int(slot.end.timestamp()))
        for slot in await Slot.objects()
        if slot.start and slot.end
    }


def times(events: list[Event]) -> dict[str, tuple[int, int]]:
    return {event.uid: (event.start, event.end) for event in events}


def said(event: Event) -> tuple[str, int, str]:
    return event.title, event.sequence, event.status


@pytest.mark.parametrize(("zone", "day"), DAYS, ids=[f"{zone}-{day}" for zone, day in DAYS])
async def test_every_calendar_says_when_it_is_to_every_reader(
    zone: str, day: date, database: db.Database, browser: Browser, readers: Readers
) -> None:
    scene = await make_scene(zone=zone, day=day)
    speaker = await make_speaker(scene.conference, "Zoë “Z” Müller, PhD")
    night = await make_session(scene.conference, "Night; shift, \\n and day", speakers=(speaker,))
    stage = await make_room(scene.conference, "Late room")
    slot = await make_slot(scene.conference, night, stage, "00:15", minutes=300, day=day)
    await scene.publish(REGISTERED)

    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    programme = await scene.programme()
    await agendas.put_on_agenda(registration.id, programme, slot.code, REGISTERED)
    await agendas.put_on_agenda(registration.id, programme, scene.keynote.code, REGISTERED)
    everything = await private_feeds.add_programme_feed(registration.id, programme, {}, REGISTERED)
    talks = await private_feeds.make_talks_feed(speaker.id, REGISTERED)
    await send_owed_invites(REGISTERED + SETTLE)

    known = await slots_by_uid()
    mine = f"/calendar/{feed_token(registration.code, registration.feed_generation)}.ics"
    addresses = {
        "/libraries/programme.ics": 5,
        f"/libraries/sessions/{night.code}.ics": 1,
        f"/libraries/sessions/{scene.bread.code}.ics": 2,
        mine: 3,
        f"/calendar/{token_of(everything)}.ics": 5,
        f"/calendar/{token_of(talks)}.ics": 1,
    }
    for address, count in addresses.items():
        answer = await browser.get(address)
        events = await readers.read(answer.content)
        assert len(events) == count, address
        assert times(events) == {event.uid: known[event.uid] for event in events}, address
    sent = [file for mail in await mails() if mail.calendar_method for file in calendars_in(as_sent(mail))]
    assert len(sent) == 3
    for file in sent:
        (event,) = await readers.read(file)
        assert (event.start, event.end) == known[event.uid]
    assert said((await readers.read(sent[-1]))[0]) in {
        ("Night; shift, \\n and day", 0, "CONFIRMED"),
        ("Opening", 0, "CONFIRMED"),
    }


async def test_a_change_a_cancellation_and_a_withdrawal_are_understood_by_every_reader(
    database: db.Database, browser: Browser, readers: Readers
) -> None:
    scene = await make_scene(zone="Europe/London", day=date(2026, 10, 25))
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early, scene.bread_late)
    await agendas.put_on_agenda(registration.id, await scene.programme(), scene.keynote.code, REGISTERED)
    await send_owed_invites(REGISTERED + SETTLE)
    mine = f"/calendar/{feed_token(registration.code, registration.feed_generation)}.ics"

    await scene.move(scene.bread_early, "12:00")
    keynote = await Session.objects().get(Session.id == scene.keynote.session)
    assert keynote is not None
    keynote.state = SessionState.CANCELLED
    await keynote.save()
    await scene.publish(LATER)
    await send_owed_invites(LATER)
    assert [said(one) for one in await readers.read((await browser.get(mine)).content)] == [
        ("Cancelled: Opening", 1, "CANCELLED"),
        ("Bread & “Butter”", 1, "CONFIRMED"),
        ("Bread & “Butter”", 0, "CONFIRMED"),
    ]
    assert await _in_mails(readers, "release-digest") == [
        ("Cancelled: Opening", 1, "CANCELLED"),
        ("Bread & “Butter”", 1, "CONFIRMED"),
    ]

    await withdrawing.withdraw(registration.id, scene.conference, await scene.programme(), LATER)
    assert await _in_mails(readers, "invite-cancelled") == [
        ("Bread & “Butter”", 2, ""),  # it takes place, only without them
        ("Bread & “Butter”", 1, ""),
    ]
    after = await readers.read((await browser.get(mine)).content)
    assert {event.status for event in after} == {"CANCELLED"}
    assert [event.sequence for event in after] == [1, 2, 1]


async def _in_mails(readers: Readers, kind: str) -> list[tuple[str, int, str]]:
    files = [file for mail in await mails(kind) for file in calendars_in(as_sent(mail))]
    read = [(await readers.read(file))[0] for file in files]
    return [said(event) for event in sorted(read, key=lambda event: event.start)]
