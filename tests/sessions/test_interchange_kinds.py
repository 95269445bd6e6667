"""What each kind of file says in its own way: calendars, Sessionize, OSEM, OPass, pretalx, conference sites' YAML."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest

from sessions.interchange.model import ImportRefused
from sessions.interchange.reading import Hints, Incoming, NamedBytes, read_programme
from sessions.tables import AppearanceRole, SessionKind

at = datetime.fromisoformat  # wall-clock times are naive
HINTS = Hints(zone="Europe/Berlin", first_day=date(2026, 6, 25), name="Day")


def read(content: str | Any, name: str, hints: Hints = HINTS) -> Incoming:
    text = content if isinstance(content, str) else json.dumps(content)
    return read_programme([NamedBytes(name, text.encode())], hints)


def messages(incoming: Incoming) -> str:
    return "\n".join(doubt.message for doubt in incoming.doubts)


def starts(incoming: Incoming) -> list[datetime | None]:
    return [slot.local_start for session in incoming.programme.sessions for slot in session.slots]


# Calendars --------------------------------------------------------------------------------------------------------


def calendar(*events: str, head: str = "") -> str:
    inside = "".join(
        f"BEGIN:VEVENT\nUID:{n}@x\nSUMMARY:Talk {n}\n{event}\nEND:VEVENT\n" for n, event in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{inside}END:VCALENDAR\n"


@pytest.mark.parametrize(
    ("start", "expected", "doubt"),
    [
        ("DTSTART:20260625T080000Z", "2026-06-25T10:00", ""),
        ("DTSTART;TZID=Europe/Berlin:20260625T100000", "2026-06-25T10:00", ""),
        ("DTSTART;TZID=W. Europe Standard Time:20260625T100000", "2026-06-25T10:00", ""),
        (
            'DTSTART;TZID="/freeassociation.sourceforge.net/Tzfile/Europe/Berlin":20260625T100000',
            "2026-06-25T10:00",
            "",
        ),
        ("DTSTART:20260625T100000", "2026-06-25T10:00", "Its time names no zone"),
        (
            "DTSTART;TZID=Nowhere:20260625T100000",
            "2026-06-25T10:00",
            "Nothing says what the time zone “Nowhere” is",
        ),
        ("DTSTART;VALUE=DATE:20260625", None, "all day long"),
        ("DTSTART:yesterday", None, "is not a date or time"),
    ],
)
def test_times_of_events(start: str, expected: str | None, doubt: str) -> None:
    incoming = read(calendar(f"{start}\nDURATION:PT45M\nLOCATION:Hall\\, left"), "x.ics")
    assert starts(incoming) == [at(expected) if expected else None]
    assert doubt in messages(incoming)
    assert [room.name for room in incoming.programme.rooms] == [{"en": "Hall, left"}]
    if expected:
        assert incoming.programme.sessions[0].slots[0].length_minutes == 45


def test_a_zone_that_only_the_file_knows_is_read_from_its_rules() -> None:
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Custom\nBEGIN:DAYLIGHT\nDTSTART:20000326T020000\nTZOFFSETFROM:+0530\nTZOFFSETTO:+0630\n"
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\nEND:DAYLIGHT\nBEGIN:STANDARD\nDTSTART:20001029T030000\n"
        "TZOFFSETFROM:+0630\nTZOFFSETTO:+0530\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    summer, winter, on_the_day = "20260625T103000", "20260115T103000", "20260329T030000"
    events = [f"DTSTART;TZID=Custom:{one}\nDURATION:PT1H" for one in (summer, winter, on_the_day)]
    incoming = read(calendar(*events, head=zone), "x.ics", Hints(zone="UTC"))
    assert starts(incoming) == [at("2026-06-25T04:00"), at("2026-01-15T05:00"), at("2026-03-28T20:30")]


def test_what_recurs_is_written_out_and_moved_or_cancelled_occurrences_follow() -> None:
    series = "DTSTART:20260625T080000Z\nDTEND:20260625T090000Z\n"
    incoming = read(
        calendar(
            f"{series}RRULE:FREQ=DAILY;COUNT=4\nEXDATE:20260626T080000Z",
            f"{series}RRULE:FREQ=WEEKLY;BYDAY=TH,FR;UNTIL=20260704T000000Z",
            f"{series}RRULE:FREQ=MONTHLY;BYSETPOS=-1",
        ).replace(
            "END:VCALENDAR",
            "BEGIN:VEVENT\nUID:0@x\nSUMMARY:Talk 0\nRECURRENCE-ID:20260627T080000Z\nDTSTART:20260627T120000Z\n"
            "DTEND:20260627T130000Z\nEND:VEVENT\nEND:VCALENDAR",
        ),
        "x.ics",
    )
    daily, weekly, monthly = incoming.programme.sessions
    assert [slot.local_start for slot in daily.slots] == [
        at("2026-06-25T10:00"),
        at("2026-06-28T10:00"),
        at("2026-06-27T14:00"),
    ]
    assert [slot.local_start for slot in weekly.slots] == [
        at(f"{day}T10:00") for day in ("2026-06-25", "2026-06-26", "2026-07-02", "2026-07-03")
    ]
    assert len(monthly.slots) == 1
    told = messages(incoming)
    assert "It recurs; it was taken as one session held 4 times." in told
    assert "recurs by a rule that is not read (FREQ=MONTHLY;BYSETPOS=-1)" in told


def test_later_versions_replace_earlier_ones_and_cancelled_events_are_cancelled() -> None:
    text = calendar(
        "DTSTART:20260625T080000Z\nSEQUENCE:1", "DTSTART:20260625T100000Z\nSTATUS:CANCELLED"
    ).replace(
        "END:VCALENDAR",
        "BEGIN:VEVENT\nUID:0@x\nSUMMARY:Talk moved\nSEQUENCE:2\nDTSTART:20260625T090000Z\nEND:VEVENT\nEND:VCALENDAR",
    )
    incoming = read(text, "x.ics")
    moved, cancelled = incoming.programme.sessions
    assert (moved.title, moved.slots[0].local_start) == ({"en": "Talk moved"}, at("2026-06-25T11:00"))
    assert cancelled.is_cancelled
    assert "A later version of it stands in the file" in messages(incoming)
    assert "A calendar names no speakers" in messages(incoming)


def test_categories_are_kinds_or_tracks_and_texts_are_unfolded_and_unescaped() -> None:
    event = "DTSTART:20260625T080000Z\nCATEGORIES:Workshop,Linked\n  data\nDESCRIPTION:One\\, two\\n\\nthree\nURL:https://example.org/a"
    (session,) = read(calendar(event), "x.ics").programme.sessions
    assert session.kind == SessionKind.WORKSHOP
    assert session.track == "linked-data"
    assert session.description == {"en": "One, two\n\nthree"}
    assert session.url == "https://example.org/a"


def test_an_address_to_join_is_no_room() -> None:
    event = "DTSTART:20260625T080000Z\nLOCATION:https://meet.example.org/j/123?pwd=x"
    programme = read(calendar(event, "DTSTART:20260625T090000Z\nLOCATION:Hall"), "x.ics").programme
    assert "meet.example.org" not in repr(programme)
    assert "Hall" in repr(programme.rooms)


def test_our_own_calendar_has_a_session_for_each_page_and_no_descriptions() -> None:
    page = "URL:https://example.org/a/sessions/x\nDESCRIPTION:10:00\\nJoin: https://example.org/join/a"
    events = [
        f"SUMMARY:Twice\nDTSTART:20260625T080000Z\n{page}",
        f"DTSTART:20260625T100000Z\n{page}\nSTATUS:CANCELLED",
        f"DTSTART:20260625T120000Z\n{page}",
        "DTSTART:20260625T130000Z\nURL:https://example.org/a/sessions/y",
    ]
    incoming = read(calendar(*events, head="PRODID:-//Meridian//Meridian 1//EN\n"), "x.ics")
    twice, _other = incoming.programme.sessions
    assert [slot.local_start for slot in twice.slots] == [at("2026-06-25T10:00"), at("2026-06-25T14:00")]
    assert not twice.description
    assert not twice.is_cancelled
    assert "This calendar is Meridian's own" in messages(incoming)


def test_a_calendar_without_events_says_what_it_holds() -> None:
    with pytest.raises(ImportRefused, match="no events in it, but to-dos"):
        read("BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:x\nEND:VTODO\nEND:VCALENDAR\n", "x.ics")


def test_xcal_of_the_standard() -> None:
    event = (
        "<uid><text>7</text></uid><dtstart><parameters><tzid><text>Asia/Kolkata</text></tzid></parameters>"
        "<date-time>2026-06-25T10:00:00</date-time></dtstart><dtend><date-time>2026-06-25T05:30:00Z</date-time></dtend>"
        "<summary><text>Back\\slash &amp; more</text></summary>"
    )
    whole = (
        '<?xml version="1.0"?><icalendar xmlns="urn:ietf:params:xml:ns:icalendar-2.0"><vcalendar><components><vevent>'
        f"<properties>{event}</properties></vevent></components></vcalendar></icalendar>"
    )
    incoming = read(whole, "x.xcal", Hints())
    assert incoming.programme.conference.zone == "Asia/Kolkata"
    (session,) = incoming.programme.sessions
    assert session.title == {"en": "Back\\slash & more"}
    assert (session.slots[0].local_start, session.slots[0].length_minutes) == (at("2026-06-25T10:00"), 60)


# JSON -------------------------------------------------------------------------------------------------------------


def test_a_sessionize_grid_holds_a_plenary_once() -> None:
    plenary = {
        "id": "9",
        "title": "Opening",
        "startsAt": "2026-06-25T09:00:00",
        "endsAt": "2026-06-25T09:30:00",
        "isPlenumSession": True,
        "speakers": [],
    }
    talk = {
        "id": 5,
        "title": "Talk",
        "startsAt": "2026-06-25T10:00:00",
        "endsAt": "2026-06-25T10:45:00",
        "speakers": [{"id": "a", "name": "Ada Berg"}],
        "categories": [
            {"name": "Track", "categoryItems": [{"id": 1, "name": "Data"}]},
            {"name": "Session format", "categoryItems": [{"id": 2, "name": "Workshop"}]},
        ],
    }
    grid = [
        {
            "date": "2026-06-25T00:00:00",
            "rooms": [
                {"id": 1, "name": "Hall", "sessions": [plenary, talk]},
                {"id": 2, "name": "Attic", "sessions": [plenary]},
            ],
            "timeSlots": [],
        }
    ]
    incoming = read(grid, "x.json")
    assert incoming.kind == "Sessionize"
    opening, workshop = incoming.programme.sessions
    assert len(opening.slots) == 1
    assert (workshop.kind, workshop.track) == (SessionKind.WORKSHOP, "data")
    assert [(a.speaker, a.role) for a in workshop.appearances] == [("person-a", AppearanceRole.FACILITATOR)]
    assert starts(incoming) == [at("2026-06-25T09:00"), at("2026-06-25T10:00")]


def test_sessionize_by_groups_and_declined_sessions() -> None:
    groups = [
        {
            "groupName": "All",
            "sessions": [
                {
                    "id": "1",
                    "title": "Yes",
                    "status": "Accepted",
                    "room": "Hall",
                    "startsAt": None,
                    "speakers": None,
                },
                {"id": "2", "title": "No", "status": "Declined"},
            ],
        }
    ]
    incoming = read(groups, "x.json")
    assert [session.title for session in incoming.programme.sessions] == [{"en": "Yes"}]
    assert "It is marked “Declined” and was left out." in messages(incoming)


def test_pretalx_submissions_with_their_slots() -> None:
    page = {
        "count": 1,
        "results": [
            {
                "code": "ABCDEF",
                "title": {"en": "Two times", "de": "Zweimal"},
                "submission_type": {"en": "Workshop"},
                "speakers": [{"code": "XYZ", "name": "Ada"}],
                "state": "confirmed",
                "do_not_record": True,
                "slots": [
                    {"room": {"id": 1, "name": {"en": "Hall"}}, "start": "2026-06-25T10:00:00+02:00", "end": "2026-06-25T11:00:00+02:00"},
                    {"room": 2, "start": "2026-06-26T10:00:00+02:00", "duration": 60},
                ],
            },
            {"code": "REJECT", "title": "Out", "state": "rejected", "slot": None},
        ],
    }  # fmt: skip
    incoming = read(page, "x.json")
    (session,) = incoming.programme.sessions
    assert session.title == {"en": "Two times", "de": "Zweimal"}
    assert session.do_not_record
    assert [slot.length_minutes for slot in session.slots] == [60, 60]
    assert starts(incoming) == [at("2026-06-25T10:00"), at("2026-06-26T10:00")]


def test_opass_texts_by_language_and_an_unknown_speaker() -> None:
    document = {
        "sessions": [
            {
                "id": "1",
                "type": "K",
                "room": "R0",
                "start": "2026-06-25T10:00:00+02:00",
                "end": "2026-06-25T11:00:00+02:00",
                "zh": {"title": "主題", "description": "甲"},
                "en": {"title": "Keynote", "description": "A"},
                "speakers": ["s", "t"],
            }
        ],
        "speakers": [{"id": "s", "zh": {"name": "怡升", "bio": ""}, "en": {"name": "Eason", "bio": ""}}],
        "session_types": [{"id": "K", "en": {"name": "Keynote"}}],
        "rooms": [{"id": "R0", "en": {"name": "Hall"}}],
    }
    incoming = read(document, "x.json")
    (session,) = incoming.programme.sessions
    assert session.title == {"zh": "主題", "en": "Keynote"}
    assert session.kind == SessionKind.KEYNOTE
    assert [speaker.name for speaker in incoming.programme.speakers] == ["Eason"]
    assert "It names the person “t”, whom the file does not tell of" in messages(incoming)


def test_people_that_share_a_mistaken_identifier_stay_two() -> None:
    people = [{"id": "#NAME?", "name": "Ada", "bio": "x"}, {"id": "#NAME?", "name": "Bo", "bio": "y"}]
    incoming = read({"speakers": people}, "x.json")
    assert [speaker.name for speaker in incoming.programme.speakers] == ["Ada", "Bo"]
    assert "The identifier “#NAME?” is another person's already" in messages(incoming)


def test_schedule_json_in_the_shapes_its_producers_give_it() -> None:
    event = {"id": 7, "title": "Talk", "date": "2026-06-25T10:00:00+02:00", "duration": "00:30", "persons": ["Ada", {"public_name": "Bo"}]}  # fmt: skip
    for conference in (
        {"title": "Day", "days": [{"date": "2026-06-25", "rooms": {"Hall": [event]}}]},
        {"title": "Day", "days": [{"date": "2026-06-25", "rooms": [{"name": "Hall", "events": [event]}]}]},
        {"title": "Day", "days": [{"date": "2026-06-25", "events": [event | {"room": {"name": "Hall"}}]}]},
    ):
        for document in ({"schedule": {"conference": conference}}, {"conference": conference}):
            programme = read(document, "x.json").programme
            (session,) = programme.sessions
            assert session.slots[0].local_start == at("2026-06-25T10:00")
            assert [room.name for room in programme.rooms] == [{"en": "Hall"}]
            assert [speaker.name for speaker in programme.speakers] == ["Ada", "Bo"]


# YAML -------------------------------------------------------------------------------------------------------------


def test_a_foreign_yaml_file_may_say_things_twice() -> None:
    text = "- name: Ada\n  bio:\n  pronouns: she\n  pronouns:\n- name: Bo\n  bio: x\n  bio: y\n"
    incoming = read(text, "speakers.yml")
    assert [(s.name, s.pronouns, s.biography) for s in incoming.programme.speakers] == [
        ("Ada", "she", {}),
        ("Bo", "", {"en": "y"}),
    ]
    assert "“bio” is given twice; the later one was taken." in messages(incoming)


def test_afternoons_without_their_half_of_the_day() -> None:
    text = "day1:\n- {time: '9:00', title: Doors}\n- {time: '12:30', title: Lunch}\n- {time: '1:45', title: Talk, duration: '0:30'}\n- {title: Next, duration: '0:15'}\n"
    incoming = read(text, "schedule.yaml")
    assert starts(incoming) == [at(f"2026-06-25T{clock}") for clock in ("09:00", "12:30", "13:45", "14:15")]
    assert [session.slots[0].length_minutes for session in incoming.programme.sessions] == [210, 75, 30, 15]


def test_whole_programmes_are_read_alone() -> None:
    own = "conference: {name: D, zone: UTC, starts: 2026-06-25T09:00, ends: 2026-06-25T10:00}\nsessions: []\n"
    with pytest.raises(ImportRefused, match=r"own\.yaml is a whole programme; it is read alone"):
        read_programme([NamedBytes("own.yaml", own.encode()), NamedBytes("x.csv", b"title\nT\n")], HINTS)
    assert read(own, "unnamed").kind == "Meridian's YAML"
