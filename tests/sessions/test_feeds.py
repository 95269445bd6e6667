"""Released slots as calendar entries and exchange files, read back by other programs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import icalendar
import vobject

from conference.calendar import feed
from conference.conferences import ConferenceFacts
from sessions.interchange import frab, schedule_json
from sessions.interchange.released import programme_file
from sessions.programme.feeds import CalendarPlace, calendar_entries, calendar_entry, uid_of
from sessions.programme.snapshot import (
    ReleasedAppearance,
    ReleasedProgramme,
    ReleasedRoom,
    ReleasedSession,
    ReleasedSlot,
    ReleasedSpeaker,
    ReleasedTrack,
)

TEN = datetime(2026, 6, 25, 9, tzinfo=UTC)  # 10:00 in London
MAY = datetime(2026, 5, 1, 9, tzinfo=UTC)
PLACE = CalendarPlace("libraries", "https://conf.example.org", "conf.example.org", "Europe/London", ("en",))


def slot(code: str, start: datetime, *, seats: int | None = None, off: bool = False) -> ReleasedSlot:
    return ReleasedSlot(
        id=int(code[-1]),
        code=code,
        guid=f"0000000{code[-1]}-0000-4000-8000-000000000000",
        room="main",
        start=start,
        end=start + timedelta(minutes=45),
        local_start=(start + timedelta(hours=1)).replace(tzinfo=None),
        seats=seats,
        is_cancelled=off,
        sequence=2 if off else 1,
        revised_at=MAY,
    )


def programme(*sessions: ReleasedSession) -> ReleasedProgramme:
    return ReleasedProgramme(
        number=3,
        released_at=MAY,
        zone="Europe/London",
        rooms=(ReleasedRoom("main", {"en": "Main stage"}),),
        tracks=(ReleasedTrack("skills", {"en": "Practical skills"}),),
        speakers=(ReleasedSpeaker("ruth", "Ruth Okafor"),),
        sessions=sessions,
    )


BRIDGES = ReleasedSession(
    id=1,
    code="bridges",
    guid="00000001-0000-4000-8000-000000000001",
    kind="workshop",
    title={"en": "Bridges; and, more"},
    abstract={"en": "Meet **people**.\n\n- one\n- two"},
    track="skills",
    appearances=(ReleasedAppearance("ruth", "facilitator"),),
    slots=(slot("slot1", TEN, seats=30), slot("slot2", TEN + timedelta(hours=6), off=True)),
)


def test_an_entry_says_when_where_and_with_whom() -> None:
    entry = calendar_entry(PLACE, programme(BRIDGES), BRIDGES, BRIDGES.slots[0], language="en")
    assert (entry.uid, entry.sequence, entry.revised_at) == ("slot-slot1@conf.example.org", 1, MAY)
    assert entry.location_url == "https://conf.example.org/join/slot1"
    assert entry.url == "https://conf.example.org/libraries/sessions/bridges"
    assert entry.categories == ("Practical skills",)
    assert entry.description == (
        "10:00–10:45 on Thursday 25 June 2026 (London, BST, UTC+1)\n"
        "Join: https://conf.example.org/join/slot1\n"
        "About this session: https://conf.example.org/libraries/sessions/bridges\n"
        "\n"
        "With Ruth Okafor\n"
        "\n"
        "Registration needed (30 seats): https://conf.example.org/libraries/register\n"
        "\n"
        "Meet people.\n"
        "\n"
        "– one\n"
        "– two"
    )


def test_a_personal_join_link_takes_the_place_of_the_public_one() -> None:
    mine = "https://conf.example.org/join/slot1?key=abc"
    entry = calendar_entry(PLACE, programme(BRIDGES), BRIDGES, BRIDGES.slots[0], language="en", join_url=mine)
    assert entry.location_url == mine
    assert "/join/slot1\n" not in entry.description


def test_a_cancelled_slot_stays_and_offers_no_door() -> None:
    entry = calendar_entry(PLACE, programme(BRIDGES), BRIDGES, BRIDGES.slots[1], language="en")
    assert (entry.status, entry.sequence, entry.location_url) == ("cancelled", 2, "")


def test_other_programs_read_the_feed() -> None:
    tea = ReleasedSession(2, "tea", "", "break", {"en": "Tea"}, slots=(slot("slot3", TEN),))
    released = programme(BRIDGES, tea)
    entries = calendar_entries(PLACE, released, released.placings, language="en")
    content = feed(entries, "Libraries", "https://conf.example.org/libraries/programme.ics")
    assert content == feed(entries, "Libraries", "https://conf.example.org/libraries/programme.ics")
    events = icalendar.Calendar.from_ical(content).walk("VEVENT")
    assert [(str(e["UID"]), str(e["STATUS"]), int(str(e["SEQUENCE"]))) for e in events] == [
        (uid_of("slot1", "conf.example.org"), "CONFIRMED", 1),
        (uid_of("slot2", "conf.example.org"), "CANCELLED", 2),
    ]
    read = vobject.readOne(content.decode())
    read.validate(raiseException=True)
    assert [e.dtstart.value for e in read.vevent_list] == [TEN, TEN + timedelta(hours=6)]
    assert read.vevent_list[0].summary.value == "Bridges; and, more"


def test_exchange_files_hold_what_takes_place() -> None:
    about = ConferenceFacts(
        "libraries", {"en": "Libraries"}, "Europe/London", date(2026, 6, 25), date(2026, 6, 25)
    )
    off = replace(
        BRIDGES, id=2, code="gone", guid="", state="cancelled", slots=(slot("slot4", TEN, off=True),)
    )
    file = programme_file(about, programme(BRIDGES, off), home_url="https://conf.example.org/libraries")
    xml = frab.write(file, version="3", base_url="https://conf.example.org/libraries")
    again = frab.read(xml).programme
    [session] = again.sessions
    [placed] = session.slots
    assert session.title["en"] == "Bridges; and, more"
    assert (placed.local_start, placed.length_minutes, placed.guid) == (
        BRIDGES.slots[0].local_start,
        45,
        BRIDGES.slots[0].guid,
    )
    json = schedule_json.write(file, version="3", base_url="https://conf.example.org/libraries")
    assert b"https://conf.example.org/libraries/sessions/bridges" in json
    assert b"gone" not in json + xml
