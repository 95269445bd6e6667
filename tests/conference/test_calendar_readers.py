"""Our files read by other programs: the same instants and words in each, over every zone and the days when clocks change."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
import pytz

from conference import timezones
from conference.calendar import CalendarEntry, Method, entry_text, feed, invite
from tests import libical
from tests.readers import Event, Readers
from tests.shared import data_path

YEAR = 2026
TITLES = ("“a, b”; c\\n d", "图书馆، مكتبة", "Zoë & <b>Co</b>\\", "x" * 200)


@cache
def entries() -> list[CalendarEntry]:
    """Every zone's days on which its clocks change, an hour before, at and after the change, and a quiet hour."""
    found: list[CalendarEntry] = []
    for zone in pytz.common_timezones:
        changes = changes_of(zone)
        quiet = datetime(YEAR, 6, 25, 9, tzinfo=UTC) + timedelta(hours=len(found) % 24)
        for moment in [*(change + timedelta(hours=n) for change in changes for n in (-1, 0, 1)), quiet]:
            start = moment.astimezone(timezones.zone(zone))
            entry = CalendarEntry(
                uid=f"slot-{len(found):04}@conf.example.org",
                sequence=len(found) % 7,
                revised_at=datetime(YEAR, 1, 5, 8, tzinfo=UTC),
                start=start,
                end=start.astimezone(UTC) + timedelta(minutes=75),
                title=f"{zone}: {TITLES[len(found) % len(TITLES)]}",
                location_url="https://conf.example.org/join/x",
                url="https://conf.example.org/x/sessions/y",
                status="cancelled" if len(found) % 5 == 4 else "confirmed",
                organiser_name="Ünal, “Team”; Ltd",
                organiser_address="team@conf.example.org",
            )
            found.append(replace(entry, description=entry_text(entry, zone, "One\ntwo; three, “four”")))
    return found


def changes_of(zone: str) -> list[datetime]:
    """The instants of the year at which the zone's clocks change, to the quarter of an hour."""
    found = []
    for day in (datetime(YEAR, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(365)):
        before = timezones.offset_at(day, zone)
        if before != timezones.offset_at(day + timedelta(days=1), zone):
            quarters = [day + timedelta(minutes=15) * n for n in range(97)]
            found.append(next(one for one in quarters if timezones.offset_at(one, zone) != before))
    return found


def expected(entry: CalendarEntry, method: Method | None = None) -> Event:
    is_off = entry.status == "cancelled"
    return Event(
        entry.uid,
        int(entry.start.timestamp()),
        int(entry.end.timestamp()),
        f"Cancelled: {entry.title}" if is_off else entry.title,
        entry.description,
        entry.sequence,
        "" if method == "CANCEL" and not is_off else entry.status.upper(),
    )


async def test_a_feed_says_the_same_to_every_reader(readers: Readers) -> None:
    assert len(entries()) > 700
    body = feed(
        entries(), "Every zone", "https://conf.example.org/calendar/x.ics", description="All; of, them"
    )
    wanted = sorted((expected(entry) for entry in entries()), key=lambda event: (event.start, event.uid))
    assert await readers.read(body) == wanted


async def test_an_invite_and_its_cancellation_say_the_same_to_every_reader(readers: Readers) -> None:
    now = datetime(YEAR, 2, 1, tzinfo=UTC)
    methods: tuple[Method, ...] = ("REQUEST", "CANCEL")
    for entry in entries()[::23]:
        for method in methods:
            if method == "REQUEST" and entry.status == "cancelled":
                continue
            body = invite(entry, "Zoë, “the” Librarian", "zoe@b.example", method, now)
            assert await readers.read(body) == [expected(entry, method)]


async def test_hostile_words_are_the_same_words_to_every_reader(readers: Readers) -> None:
    """Naughty strings as title, text, names and kinds: none becomes a line, a property or another event."""
    strings = [
        *json.loads(data_path("adversarial/strings/blns.json").read_text("utf-8")),
        "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:evil",
        "\\n\\N\\;\\,\\\\",
        "a\u2028b\u2029c\u0085d\x0be",
        "^n^^^'",
    ]
    moment = datetime(YEAR, 6, 25, 9, tzinfo=UTC)
    told = []
    for number, text in enumerate(strings):
        entry = CalendarEntry(
            uid=f"slot-{number:04}@conf.example.org",
            sequence=0,
            revised_at=moment,
            start=moment + timedelta(minutes=number),
            end=moment + timedelta(hours=20),
            title=text,
            description=f"About: {text}",
            categories=(text,),
            organiser_name=text,
            organiser_address="team@conf.example.org",
        )
        told.append(entry)
    events = await readers.read(feed(told, "Naughty", description="\n".join(strings[:50])))
    assert [event.uid for event in events] == [entry.uid for entry in told]
    for entry in told[::9] + told[-4:]:
        body = invite(entry, entry.title, "zoe@b.example", "REQUEST", moment)
        (event,) = await readers.read(body)
        assert event.uid == entry.uid
        unfolded = body.decode().replace("\r\n ", "").split("\r\n")
        assert sum(line.startswith("ATTENDEE") for line in unfolded) == 1
        assert sum(line.startswith("ORGANIZER") for line in unfolded) == 1


async def test_a_feed_of_nothing_is_a_calendar_to_every_reader(readers: Readers) -> None:
    assert await readers.read(feed([], "Nothing yet", "https://conf.example.org/calendar/x.ics")) == []


def test_libical_says_what_it_does_not_allow() -> None:
    entry = entries()[0]
    body = invite(entry, "Zoë", "zoe@b.example", "CANCEL", entry.revised_at)
    no_organiser = b"\r\n".join(line for line in body.split(b"\r\n") if not line.startswith(b"ORGANIZER"))
    assert any("ORGANIZER" in fault for fault in libical.Calendar(no_organiser).faults())
    with pytest.raises(ValueError, match="no calendar"):
        libical.Calendar(b"nothing of the kind")


def test_the_days_asked_about_are_days_when_clocks_change() -> None:
    assert changes_of("Asia/Kolkata") == []
    assert changes_of("Europe/London")[0] == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert changes_of("Australia/Lord_Howe")[0] == datetime(2026, 4, 4, 15, tzinfo=UTC)
