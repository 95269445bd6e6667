"""Calendar files, read back by other programs' readers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import NAMESPACE_URL, uuid5

import icalendar
import pytest

from conference import calendar, timezones
from conference.calendar import CalendarEntry, entry_text, feed, google_link, invite, outlook_link
from tests.shared import data_path

START = datetime(2021, 6, 25, 9, tzinfo=UTC)
REVISED = datetime(2021, 5, 1, 9, 30, 15, 123456, tzinfo=UTC)
KEYNOTE = CalendarEntry(
    uid="slot-k7Qm2xPa@conference.example.org",
    sequence=2,
    revised_at=REVISED,
    start=START,
    end=START + timedelta(minutes=45),
    title="Métadonnées, RDF; 図書館",
    description="10:00 in London\nBring a friend; or two, perhaps \\o/",
    location_url="https://conference.example.org/join/k7Qm2xPa",
    url="https://conference.example.org/wifl/sessions/k7Qm2xPa",
    categories=("Practice, good", "Skills"),
    organiser_name='The "Team"; of: libraries, all',
    organiser_address="events@conference.example.org",
)
SOURCE = "https://conference.example.org/calendar/t0ken.ics"


def unfolded(body: bytes) -> list[str]:
    return body.decode().replace("\r\n ", "").split("\r\n")


def assert_sound(body: bytes) -> None:
    """RFC 5545 3.1: CRLF and nothing else ends a line, no line is over 75 octets, all of it is UTF-8."""
    body.decode("utf-8")
    assert body.endswith(b"END:VCALENDAR\r\n")
    lines = body.split(b"\r\n")
    assert [line for line in lines if len(line) > 75 or b"\r" in line or b"\n" in line] == []
    assert re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", body) is None


def only_event(body: bytes) -> icalendar.Event:
    (event,) = icalendar.Calendar.from_ical(body).walk("VEVENT")
    assert isinstance(event, icalendar.Event)
    return event


def test_a_feed_is_written_byte_for_byte_as_the_standards_ask() -> None:
    assert feed([KEYNOTE], "Working, Internationally; 2021", SOURCE).decode() == "\r\n".join(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Meridian//Meridian 1//EN",
            "CALSCALE:GREGORIAN",
            "NAME:Working Internationally 2021",
            "X-WR-CALNAME:Working Internationally 2021",
            f"UID:{uuid5(NAMESPACE_URL, SOURCE)}",
            "SOURCE;VALUE=URI:https://conference.example.org/calendar/t0ken.ics",
            "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
            "X-PUBLISHED-TTL:PT1H",
            "LAST-MODIFIED:20210501T093015Z",
            "BEGIN:VEVENT",
            "UID:slot-k7Qm2xPa@conference.example.org",
            "DTSTAMP:20210501T093015Z",
            "LAST-MODIFIED:20210501T093015Z",
            "SEQUENCE:2",
            "STATUS:CONFIRMED",
            "DTSTART:20210625T090000Z",
            "DTEND:20210625T094500Z",
            "SUMMARY:Métadonnées\\, RDF\\; 図書館",
            "DESCRIPTION:10:00 in London\\nBring a friend\\; or two\\, perhaps \\\\o/",
            "URL:https://conference.example.org/wifl/sessions/k7Qm2xPa",
            "LOCATION:https://conference.example.org/join/k7Qm2xPa",
            "CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO;LABEL=Join:https://conference.exa",
            " mple.org/join/k7Qm2xPa",
            "CATEGORIES:Practice\\, good,Skills",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
    )


def test_a_feed_has_no_method_and_nobodys_address() -> None:
    body = feed([KEYNOTE, replace(KEYNOTE, uid="b@x")], "Name", SOURCE)
    assert not re.search(rb"^(METHOD|ORGANIZER|ATTENDEE|BEGIN:VTIMEZONE)", body, re.MULTILINE)
    assert b"mailto" not in body


def test_entries_stand_in_order_whatever_order_they_come_in() -> None:
    entries = [replace(KEYNOTE, uid=f"{n}@x", start=START + timedelta(hours=n // 2)) for n in range(6)]
    assert feed(entries, "N", SOURCE) == feed(reversed(entries), "N", SOURCE)
    events = icalendar.Calendar.from_ical(feed(reversed(entries), "N")).walk("VEVENT")
    assert [str(event["UID"]) for event in events] == [f"{n}@x" for n in range(6)]


def test_a_cancelled_entry_stays_in_the_feed_and_says_so() -> None:
    event = only_event(feed([replace(KEYNOTE, status="cancelled", sequence=3)], "N"))
    assert str(event["SUMMARY"]) == "Cancelled: Métadonnées, RDF; 図書館"
    assert (str(event["STATUS"]), event["SEQUENCE"]) == ("CANCELLED", 3)


def test_an_invite_asks_nothing_of_one_registered_person() -> None:
    stamp = datetime(2021, 5, 2, 8, tzinfo=UTC)
    body = invite(KEYNOTE, "Zoë Müller", "zoë@bücher.example", "REQUEST", stamp)
    assert_sound(body)
    lines = unfolded(body)
    assert [line for line in lines if line.startswith(("METHOD", "ORGANIZER", "ATTENDEE", "DTSTAMP"))] == [
        "METHOD:REQUEST",
        "DTSTAMP:20210502T080000Z",
        'ORGANIZER;CN="The ”Team”; of: libraries, all":mailto:events@conference.example.org',
        'ATTENDEE;CN="Zoë Müller";CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE'
        ":mailto:zo%C3%AB@xn--bcher-kva.example",
    ]
    assert lines.index("METHOD:REQUEST") < lines.index("BEGIN:VEVENT")
    assert body.count(b"BEGIN:VEVENT") == 1


def test_withdrawing_one_person_leaves_the_status_out_and_cancelling_all_sets_it() -> None:
    one = only_event(invite(replace(KEYNOTE, sequence=3), "", "zoe@b.example", "CANCEL", REVISED))
    everyone = only_event(
        invite(replace(KEYNOTE, sequence=3, status="cancelled"), "", "zoe@b.example", "CANCEL", REVISED)
    )
    assert "STATUS" not in one
    assert str(everyone["STATUS"]) == "CANCELLED"
    for event in (one, everyone):
        assert (str(event["UID"]), event["SEQUENCE"]) == (KEYNOTE.uid, 3)
        assert str(event["ATTENDEE"]) == "mailto:zoe@b.example"
        assert str(event["ORGANIZER"]) == "mailto:events@conference.example.org"


def test_an_invite_without_an_organiser_is_not_made() -> None:
    with pytest.raises(ValueError):
        invite(replace(KEYNOTE, organiser_address=""), "Zoë", "zoe@b.example", "REQUEST", REVISED)


def test_instants_survive_in_every_zone_and_over_clock_changes() -> None:
    days = [(2026, 3, 29), (2026, 10, 25), (2026, 4, 5), (2026, 10, 4), (2026, 6, 25)]
    entries = []
    for number, name in enumerate(timezones.all_zones()):
        for day in days:
            local = datetime(*day, 0, 30, tzinfo=UTC).astimezone(timezones.zone(name))
            entries.append(
                replace(
                    KEYNOTE,
                    uid=f"{number}-{day}@x",
                    start=local,
                    end=local.astimezone(UTC) + timedelta(hours=2),
                )
            )
    body = feed(entries, "N")
    assert_sound(body)
    read = {str(event["UID"]): event for event in icalendar.Calendar.from_ical(body).walk("VEVENT")}
    for entry in entries:
        event = read[entry.uid]
        assert event.decoded("DTSTART") == entry.start.astimezone(UTC)
        assert event.decoded("DTEND") == entry.end
    assert b"TZID" not in body


_VOBJECT = """
import json, sys, vobject
calendar = vobject.readOne(sys.stdin.buffer.read().decode("utf-8"))
calendar.validate(raiseException=True)
json.dump([[e.uid.value, e.dtstart.value.isoformat(), e.dtend.value.isoformat(), e.summary.value,
            getattr(e, "description", e.summary).value] for e in calendar.vevent_list], sys.stdout)
"""


def read_by_vobject(body: bytes) -> list[list[str]]:
    """In a fresh process: vobject keeps a registry of zones that hides errors from a second calendar."""
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _VOBJECT], input=body, capture_output=True, check=False
    )
    assert answer.returncode == 0, answer.stderr.decode()
    found: list[list[str]] = json.loads(answer.stdout)
    return found


def test_another_programs_reader_sees_the_same() -> None:
    other = replace(
        KEYNOTE, uid="b@x", start=START + timedelta(days=150), end=START + timedelta(days=150, hours=1)
    )
    assert read_by_vobject(feed([KEYNOTE, other], "N", SOURCE)) == [
        [
            KEYNOTE.uid,
            "2021-06-25T09:00:00+00:00",
            "2021-06-25T09:45:00+00:00",
            KEYNOTE.title,
            KEYNOTE.description,
        ],
        ["b@x", "2021-11-22T09:00:00+00:00", "2021-11-22T10:00:00+00:00", KEYNOTE.title, KEYNOTE.description],
    ]
    assert read_by_vobject(invite(KEYNOTE, "Zoë", "zoe@b.example", "REQUEST", REVISED))[0][0] == KEYNOTE.uid


HOSTILE = [
    "a\r\nATTENDEE:mailto:evil@example.org\r\nX:",
    "END:VEVENT\nEND:VCALENDAR",
    "tab\tnul\x00bell\x07del\x7f",
    "next\x85line\u2028sep\u2029par\x0bvt\x0cff\x1cfs",
    "lone \ud800 surrogate \ufffe\uffff",
    "\\n \\, \\; \\\\",
    "é" * 200,
    "👩‍👩‍👧‍👦" * 60,
    "\u202eright to left\u202c",
    "\";:,^n^^'",
    "",
    " ",
]


def check_hostile(text: str) -> None:
    entry = CalendarEntry(
        uid="a@x",
        sequence=0,
        revised_at=REVISED,
        start=START,
        end=START + timedelta(hours=1),
        title=text,
        description=text,
        location_url="https://c.example/" + text,
        url="https://c.example/" + text,
        categories=(text, text),
        organiser_name=text,
        organiser_address="o@c.example",
    )
    whole = feed([entry], text, "https://c.example/" + text, description=text)
    mailed = invite(entry, text, "zoe@b.example", "REQUEST", REVISED)
    for body in (whole, mailed):
        assert_sound(body)
        lines = unfolded(body)
        assert lines.count("END:VCALENDAR") == lines.count("END:VEVENT") == 1
        assert sum(line.startswith("ATTENDEE") for line in lines) == (body is mailed)
        event = only_event(body)
        assert str(event["SUMMARY"]) == (calendar.one_line(text) or "Session")
        assert str(event.get("DESCRIPTION", "")) == calendar.plain_text(text).strip()
        assert event.decoded("DTSTART") == START
    for link in (google_link(entry), outlook_link(entry)):
        assert re.fullmatch(r"https://[!-~]+", link)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    check_hostile(text)


def test_every_naughty_string_stays_text_in_every_field() -> None:
    strings = set(json.loads(data_path("adversarial/strings/blns.json").read_text("utf-8")))
    strings |= set(
        data_path("adversarial/strings/blns.txt").read_text("utf-8", "surrogateescape").split("\n")
    )
    assert len(strings) > 500
    for text in sorted(strings):
        check_hostile(text)


def test_naughty_titles_are_read_alike_by_another_program() -> None:
    strings = json.loads(data_path("adversarial/strings/blns.json").read_text("utf-8"))
    entries = [
        replace(KEYNOTE, uid=f"{n:04}@x", title=text, description="") for n, text in enumerate(strings)
    ]
    read = read_by_vobject(feed(entries, "Naughty", SOURCE))
    assert [found[3] for found in read] == [calendar.one_line(text) or "Session" for text in strings]


def test_real_programmes_come_through_unchanged() -> None:
    """262 events of linux.conf.au 2020 and 94 of PyCon AU: in as others wrote them, out as we do, and read back."""
    for name in ("linux-conf-au-2020.ics", "pyconau-2023-adelaide.ics", "pyconuk-2016.ics"):
        source = icalendar.Calendar.from_ical(data_path(f"ics/conference/{name}").read_bytes())
        entries = []
        for number, event in enumerate(source.walk("VEVENT")):
            start = event.decoded("DTSTART")
            end = event.decoded("DTEND", start)
            if not isinstance(start, datetime) or start.tzinfo is None:
                continue
            entries.append(
                replace(
                    KEYNOTE,
                    uid=f"{number:04}@x",
                    title=str(event["SUMMARY"]),
                    description=str(event.get("DESCRIPTION", "")),
                    start=start,
                    end=end,
                )
            )
        assert len(entries) > 90
        body = feed(entries, name)
        assert_sound(body)
        read = {str(event["UID"]): event for event in icalendar.Calendar.from_ical(body).walk("VEVENT")}
        for entry in entries:
            event = read[entry.uid]
            assert event.decoded("DTSTART") == entry.start
            assert str(event["SUMMARY"]) == (calendar.one_line(entry.title) or "Session")
            assert str(event.get("DESCRIPTION", "")) == calendar.plain_text(entry.description).strip()


_RENDER = """
import sys
from tests.conference.test_calendar import KEYNOTE, REVISED, SOURCE
from conference.calendar import feed, invite
sys.stdout.buffer.write(feed([KEYNOTE], "N", SOURCE) + invite(KEYNOTE, "Zoë", "zoe@b.example", "REQUEST", REVISED))
"""


def test_the_bytes_do_not_depend_on_the_process() -> None:
    bodies = set()
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": ["UTC", "Asia/Kolkata"][int(seed) % 2]}
        done = subprocess.run(
            [sys.executable, "-c", _RENDER], env=environment, capture_output=True, check=True
        )
        bodies.add(done.stdout)
    assert len(bodies) == 1
    assert len(bodies.pop()) > 1000


def test_nothing_held_makes_a_calendar_all_the_same() -> None:
    body = feed([], "Empty")
    assert_sound(body)
    assert icalendar.Calendar.from_ical(body).walk("VEVENT") == []


def test_the_text_says_the_time_on_the_conferences_clock() -> None:
    assert entry_text(KEYNOTE, "Europe/London", "About it.\r\n") == (
        "10:00–10:45 on Friday 25 June 2021 (London, BST, UTC+1)\n"
        "Join: https://conference.example.org/join/k7Qm2xPa\n"
        "About this session: https://conference.example.org/wifl/sessions/k7Qm2xPa\n"
        "\n"
        "About it."
    )


def test_add_links_carry_the_instants_and_stay_short() -> None:
    wordy = replace(KEYNOTE, description="x" * 5000)
    google = parse_qs(urlsplit(google_link(wordy)).query)
    assert google["dates"] == ["20210625T090000Z/20210625T094500Z"]
    assert google["text"] == [KEYNOTE.title]
    assert google["location"] == [KEYNOTE.location_url]
    assert len(google["details"][0]) == 1000
    outlook = parse_qs(urlsplit(outlook_link(wordy, work=True)).query)
    assert (outlook["startdt"], outlook["enddt"]) == (["2021-06-25T09:00:00Z"], ["2021-06-25T09:45:00Z"])
    assert urlsplit(outlook_link(wordy, work=True)).netloc == "outlook.office.com"
    assert urlsplit(outlook_link(wordy)).netloc == "outlook.live.com"


def test_a_long_title_is_cut_in_links_and_not_in_files() -> None:
    long = replace(KEYNOTE, title="図" * 900)
    for link, name in ((google_link(long), "text"), (outlook_link(long), "subject")):
        (title,) = parse_qs(urlsplit(link).query)[name]
        assert (len(title), title[-1]) == (200, "…")
    assert str(only_event(feed([long], "N"))["SUMMARY"]) == long.title


def test_outlook_subscribes_by_the_plain_address() -> None:
    for work, host in ((False, "outlook.live.com"), (True, "outlook.office.com")):
        link = urlsplit(calendar.outlook_subscribe_link(SOURCE, "A, b; c", work=work))
        assert (link.netloc, parse_qs(link.query)) == (host, {"url": [SOURCE], "name": ["A b c"]})


def test_subscriptions_open_in_programs_that_know_them() -> None:
    assert calendar.subscribe_link(SOURCE) == "webcal://conference.example.org/calendar/t0ken.ics"
    assert calendar.google_subscribe_link(SOURCE) == (
        "https://calendar.google.com/calendar/r?cid=webcal%3A%2F%2Fconference.example.org%2Fcalendar%2Ft0ken.ics"
    )
