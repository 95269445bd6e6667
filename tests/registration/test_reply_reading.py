"""Answers as programs really write them are read, and whatever else comes breaks nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registration.calendars.reply_reading import MOST_ANSWERS, Reply, ReplyRefused, read_replies
from tests.shared import data_path

ZOE = "zoe@b.example"
UID = "slot-k3v9x2ab@conf.example.org"

OUTLOOK = """BEGIN:VCALENDAR
METHOD:REPLY
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
BEGIN:VTIMEZONE
TZID:GMT Standard Time
BEGIN:STANDARD
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
ATTENDEE;PARTSTAT=DECLINED;CN=Zoë Müller:MAILTO:Zoe@B.example
COMMENT;LANGUAGE=en-GB:Sorry\\n
UID:{uid}
SUMMARY;LANGUAGE=en-GB:Declined: Bread
DTSTART;TZID=GMT Standard Time:20260625T110000
DTEND;TZID=GMT Standard Time:20260625T120000
CLASS:PUBLIC
PRIORITY:5
DTSTAMP:20260503T101500Z
TRANSP:OPAQUE
STATUS:CONFIRMED
SEQUENCE:2
LOCATION;LANGUAGE=en-GB:
X-MICROSOFT-CDO-APPT-SEQUENCE:2
X-MICROSOFT-CDO-REQUESTEDATTENDANCE;X="unended:yes
END:VEVENT
END:VCALENDAR
"""
GOOGLE = """BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:REPLY
BEGIN:VEVENT
DTSTART:20260625T100000Z
DTEND:20260625T110000Z
DTSTAMP:20260503T101500Z
ORGANIZER;CN=Working Internationally:mailto:meridian@conf.example.org
UID:{uid}
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=DECLINED;CN=zoe@b.ex
 ample;X-NUM-GUESTS=0:mailto:zoe@b.example
CREATED:20260501T090000Z
LAST-MODIFIED:20260503T101500Z
SEQUENCE:2
STATUS:CONFIRMED
SUMMARY:Bread
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
"""
APPLE = """BEGIN:VCALENDAR
CALSCALE:GREGORIAN
METHOD:REPLY
PRODID:-//Apple Inc.//macOS 15.1//EN
VERSION:2.0
BEGIN:VEVENT
ATTENDEE;CN="Müller, Zoë";CUTYPE=INDIVIDUAL;EMAIL="zoe@b.example";PARTSTAT=DECL
 INED;SCHEDULE-STATUS=2.0:mailto:zoe@b.example
DTEND:20260625T110000Z
DTSTAMP:20260503T101500Z
DTSTART:20260625T100000Z
ORGANIZER:mailto:meridian@conf.example.org
SEQUENCE:2
SUMMARY:Bread
UID:{uid}
END:VEVENT
END:VCALENDAR
"""


def mail(body: str | bytes, sender: str = f"Zoë <{ZOE}>") -> Message:
    data = body if isinstance(body, bytes) else body.replace("\n", "\r\n").encode()
    head = f"From: {sender}\r\nContent-Type: text/calendar; method=REPLY\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return message_from_bytes(head.encode() + data)


@pytest.mark.parametrize("body", [OUTLOOK, GOOGLE, APPLE], ids=["outlook", "google", "apple"])
@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_what_programs_write_is_understood(body: str, line_end: str) -> None:
    said = Reply(UID, "k3v9x2ab", ZOE, "DECLINED", 2, datetime(2026, 5, 3, 10, 15, tzinfo=UTC))
    assert read_replies(mail(body.format(uid=UID).replace("\n", line_end).encode())) == [said]


def test_whoever_answers_for_another_is_refused() -> None:
    for sender in ("evil@x.example", f"{ZOE}@x.example", "", f'"{ZOE}" <evil@x.example>'):
        (refused,) = read_replies(mail(GOOGLE.format(uid=UID), sender))
        assert isinstance(refused, ReplyRefused)


def test_a_broken_stamp_or_none_is_no_time_and_a_broken_sequence_no_answer() -> None:
    for stamp in ("20260503T101500", "20269999T999999Z", "garbage", "20260503T101500Z;X"):
        (reply,) = read_replies(
            mail(GOOGLE.format(uid=UID).replace("DTSTAMP:20260503T101500Z", f"DTSTAMP:{stamp}"))
        )
        assert isinstance(reply, Reply)
        assert reply.at is None
    for number in ("-1", "٣", "1" * 99, "2.0", ""):
        (refused,) = read_replies(mail(GOOGLE.format(uid=UID).replace("SEQUENCE:2", f"SEQUENCE:{number}")))
        assert isinstance(refused, ReplyRefused)


def test_there_is_an_end_to_what_one_mail_answers() -> None:
    event = GOOGLE[GOOGLE.index("BEGIN:VEVENT") : GOOGLE.index("END:VCALENDAR")]
    many = "".join(event.format(uid=f"slot-{number}@conf.example.org") for number in range(90))
    found = read_replies(mail(f"BEGIN:VCALENDAR\nMETHOD:REPLY\n{many}END:VCALENDAR\n"))
    assert len(found) == MOST_ANSWERS


def test_no_file_of_any_collection_breaks_the_reading() -> None:
    """Whole conferences, test suites of other libraries, and what those refuse, each as if a calendar had answered."""
    files = [path for path in sorted(data_path("ics").rglob("*")) if path.is_file()]
    assert len(files) > 300
    for path in files:
        data = path.read_bytes()
        for body in (
            data,
            data.replace(b"BEGIN:VCALENDAR", b"BEGIN:VCALENDAR\r\nMETHOD:REPLY", 1),
            b"BEGIN:VCALENDAR\r\nMETHOD:COUNTER\r\n" + data,
            re.sub(rb"(?m)^UID:.*$", b"UID:" + UID.encode(), data).replace(
                b"METHOD:REQUEST", b"METHOD:REPLY"
            ),
        ):
            for found in read_replies(mail(body)):
                assert isinstance(found, ReplyRefused), path  # none of them is an answer of Zoë's


@settings(max_examples=300)
@given(st.binary(max_size=300), st.integers(0, 700), st.sampled_from([OUTLOOK, GOOGLE, APPLE]))
def test_noise_in_an_answer_makes_it_none_or_leaves_it_what_it_says(noise: bytes, at: int, body: str) -> None:
    whole = body.format(uid=UID).replace("\n", "\r\n").encode()
    for data in (whole[:at] + noise + whole[at:], whole[:at] + noise, noise):
        for found in read_replies(mail(data)):
            assert isinstance(found, ReplyRefused) or found.attendee == ZOE
