"""Our files read by other programs: the same instants and words in each, over zones and the days when clocks change.

icalendar and vobject are always asked. ical.js is asked where Node runs it: set ``ICAL_JS`` to the folder of the
package (``npm install ical.js`` somewhere outside this project). The reader ``ical`` is asked where it is installed.
libical has no binding that installs as a wheel, so it is not among them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import icalendar
import pytest

from conference import timezones
from conference.calendar import CalendarEntry, Method, entry_text, feed, invite

Read = list[tuple[str, int, int, str, str, int]]
"""UID, start and end in seconds since 1970, title, description, SEQUENCE."""

ZONES = (
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Africa/Lagos",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Asia/Dubai",
)


@cache
def entries() -> list[CalendarEntry]:
    """Every zone's days of 2026 on which its clocks change, an hour before, at and after the change, and a quiet day."""
    found: list[CalendarEntry] = []
    for zone in ZONES:
        for moment in [*changes_of(zone), datetime(2026, 6, 25, 9, tzinfo=UTC)]:
            for hours in (-1, 0, 1):
                start = (moment + timedelta(hours=hours)).astimezone(timezones.zone(zone))
                entry = CalendarEntry(
                    uid=f"slot-{len(found):04}@conf.example.org",
                    sequence=len(found) % 7,
                    revised_at=datetime(2026, 1, 5, 8, tzinfo=UTC),
                    start=start,
                    end=start.astimezone(UTC) + timedelta(minutes=75),
                    title=f"{zone}; “a, b” \\ 図書館",
                    location_url="https://conf.example.org/join/x",
                    url="https://conf.example.org/x/sessions/y",
                    organiser_address="team@conf.example.org",
                )
                found.append(
                    CalendarEntry(
                        **{**vars(entry), "description": entry_text(entry, zone, "One\ntwo; three")}
                    )
                )
    return found


def changes_of(zone: str) -> list[datetime]:
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(365 * 24)]
    offsets = [timezones.offset_at(hour, zone) for hour in hours]
    return [hours[n] for n in range(1, len(hours)) if offsets[n] != offsets[n - 1]]


def expected() -> Read:
    return [
        (
            one.uid,
            int(one.start.timestamp()),
            int(one.end.timestamp()),
            one.title,
            one.description,
            one.sequence,
        )
        for one in entries()
    ]


def by_icalendar(body: bytes) -> Read:
    return [
        (
            str(event["UID"]),
            int(event.decoded("DTSTART").timestamp()),
            int(event.decoded("DTEND").timestamp()),
            str(event["SUMMARY"]),
            str(event["DESCRIPTION"]),
            int(event.decoded("SEQUENCE")),
        )
        for event in icalendar.Calendar.from_ical(body).walk("VEVENT")
    ]


def answered(command: list[str], body: bytes, **environment: str) -> Read:
    """What a reader in a process of its own says: some keep what they saw of zones."""
    done = subprocess.run(
        command, input=body, capture_output=True, check=False, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return [(str(a), int(b), int(c), str(d), str(e), int(f)) for a, b, c, d, e, f in json.loads(done.stdout)]


_VOBJECT = """
import json, sys, vobject
calendar = vobject.readOne(sys.stdin.buffer.read().decode("utf-8"))
calendar.validate(raiseException=True)
json.dump([[e.uid.value, e.dtstart.value.timestamp(), e.dtend.value.timestamp(), e.summary.value,
            e.description.value, e.sequence.value] for e in calendar.vevent_list], sys.stdout)
"""
_ICAL = """
import json, sys
from ical.calendar_stream import IcsCalendarStream
calendar = IcsCalendarStream.calendar_from_ics(sys.stdin.buffer.read().decode("utf-8"))
json.dump([[e.uid, e.dtstart.timestamp(), e.dtend.timestamp(), e.summary, e.description, e.sequence]
           for e in calendar.events], sys.stdout)
"""
_ICAL_JS = """
const read = require('node:fs').readFileSync(0, 'utf8');
const load = async () => {
  const found = await import(process.argv[1]);
  const ICAL = found.default || found;
  const whole = new ICAL.Component(ICAL.parse(read));
  const events = whole.getAllSubcomponents('vevent').map((one) => new ICAL.Event(one));
  process.stdout.write(JSON.stringify(events.map((e) => [
    e.uid, e.startDate.toUnixTime(), e.endDate.toUnixTime(), e.summary, e.description, e.sequence])));
};
load();
"""


def by_vobject(body: bytes) -> Read:
    return answered([sys.executable, "-W", "ignore", "-c", _VOBJECT], body)


def by_ical(body: bytes) -> Read:
    if importlib.util.find_spec("ical") is None:
        pytest.skip("the reader “ical” is not installed here")
    return answered([sys.executable, "-c", _ICAL], body)


def by_ical_js(body: bytes) -> Read:
    node, folder = shutil.which("node"), os.environ.get("ICAL_JS", "")
    if node is None or not folder:
        pytest.skip("needs Node, and ICAL_JS naming the folder of the package ical.js")
    return answered(
        [node, "-e", _ICAL_JS, str(Path(folder) / "dist" / "ical.js")], body, TZ="America/Caracas"
    )


METHODS: tuple[Method, ...] = ("REQUEST", "CANCEL")
READERS: tuple[Callable[[bytes], Read], ...] = (by_icalendar, by_vobject, by_ical, by_ical_js)


@pytest.mark.parametrize("read", READERS)
def test_a_feed_says_the_same_to_every_reader(read: Callable[[bytes], Read]) -> None:
    body = feed(entries(), "Every zone", "https://conf.example.org/calendar/x.ics")
    assert sorted(read(body)) == sorted(expected())


@pytest.mark.parametrize("read", READERS)
def test_an_invite_and_its_cancellation_say_the_same_to_every_reader(read: Callable[[bytes], Read]) -> None:
    now = datetime(2026, 2, 1, tzinfo=UTC)
    for entry, wanted in list(zip(entries(), expected(), strict=True))[::40]:
        for method in METHODS:
            body = invite(entry, "Zoë", "zoe@b.example", method, now)
            assert read(body) == [wanted]


def test_the_days_asked_about_are_days_when_clocks_change() -> None:
    assert len(changes_of("Europe/London")) == 2
    assert changes_of("Asia/Kolkata") == []
    assert datetime(2026, 3, 29, 1, tzinfo=UTC) in changes_of("Europe/London")
