"""What calendars answered to invites (RFC 5546 3.2.3 REPLY, 3.2.7 COUNTER; RFC 6047), read from a hostile mail. Pure.

Read are the few lines that an answer is made of, and nothing else of the file: programs write zones and other things into
it that no reader agrees about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from email.utils import getaddresses
from urllib.parse import unquote

from icalendar import Parameters
from icalendar.parser import Contentline

from conference.addresses import AddressRefused, address_key

MOST_OCTETS = 100_000
"""Of a calendar part; an answer to one invite has about a thousand."""
MOST_PARTS = 50
MOST_ANSWERS = 20
"""In one mail; programs send one."""
ANSWERS = frozenset({"ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED"})
_UID = re.compile(r"slot-(?P<code>[a-z0-9]{1,12})@(?P<host>[A-Za-z0-9.-]{1,253})")
_METHOD = re.compile(rb"(?im)^METHOD\s*:\s*(REPLY|COUNTER)\s*$")
_STAMP = re.compile(r"\d{8}T\d{6}Z")


class ReplyRefused(ValueError):
    """It claims to be an answer to an invite, and is none that counts; the text says why."""


@dataclass(frozen=True)
class Reply:
    """An answer. ``attendee`` is the address as a key (``address_key``), ``at`` when it was given (UTC), None unknown.

    ``is_counter``: it proposes another time, whatever it says besides.
    """

    uid: str
    slot_code: str
    attendee: str
    partstat: str
    sequence: int
    at: datetime | None
    is_counter: bool = False


@dataclass
class _Event:
    """The lines of a VEVENT that matter, the first of each; every ATTENDEE with its parameters."""

    values: dict[str, str] = field(default_factory=dict)
    attendees: list[tuple[Parameters, str]] = field(default_factory=list)


def read_replies(message: Message) -> list[Reply | ReplyRefused]:
    """The answers in a mail, each or why it does not count; none where the mail carries no answer at all.

    ATTENDEE must be the mail's sender: whoever answers for another is not believed. ORGANIZER is not asked for, since
    outlook.com leaves it out, and RECURRENCE-ID is passed over, since no session recurs.
    """
    senders = _senders(message)
    found: list[Reply | ReplyRefused] = []
    for method, body in _calendar_parts(message):
        try:
            events = _one_for_each_uid(_events(body))
        except ReplyRefused as error:
            found.append(error)
            continue
        for event in events:
            try:
                found.append(_reply(event, senders, is_counter=method == b"COUNTER"))
            except ReplyRefused as error:
                found.append(error)
    # Many programs send the same file twice, once to be read and once to be opened.
    return list({str(one) if isinstance(one, ReplyRefused) else one: one for one in found}.values())[
        :MOST_ANSWERS
    ]


def _calendar_parts(message: Message) -> Iterator[tuple[bytes, bytes]]:
    for number, part in enumerate(message.walk()):
        if number >= MOST_PARTS:
            return
        if part.is_multipart() or part.get_content_type() not in ("text/calendar", "application/ics"):
            continue
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes) and (method := _METHOD.search(payload[:MOST_OCTETS])):
            yield method[1].upper(), payload


def _senders(message: Message) -> set[str]:
    found = set()
    for _name, address in getaddresses([str(value) for value in message.get_all("From", [])][:2]):
        try:
            found.add(address_key(address))
        except AddressRefused:
            continue
    return found


def _events(body: bytes) -> list[_Event]:
    if len(body) > MOST_OCTETS:
        raise ReplyRefused(f"the calendar part is larger than {MOST_OCTETS} octets")
    events: list[_Event] = []
    inside: list[str] = []
    unfolded = re.sub(r"\r?\n[ \t]", "", body.decode("utf-8", "replace"))  # RFC 5545 3.1
    for line in re.split(r"[\r\n]+", unfolded):
        try:
            name, parameters, value = Contentline(line).parts()  # type: ignore[no-untyped-call]  # it has no types
        except ValueError:
            continue  # a line that cannot be read, of all those that nobody asks for
        name = name.upper()
        if name == "BEGIN":
            inside.append(value.strip().upper())
            if inside == ["VCALENDAR", "VEVENT"]:
                events.append(_Event())
        elif name == "END":
            if not inside or inside.pop() != value.strip().upper():
                raise ReplyRefused("the calendar part cannot be read")
        elif inside == ["VCALENDAR", "VEVENT"]:
            if name == "ATTENDEE":
                events[-1].attendees.append((parameters, value))
            else:
                events[-1].values.setdefault(name, value.strip())
    if not events:
        raise ReplyRefused("it answers nothing")
    return events


def _one_for_each_uid(events: list[_Event]) -> list[_Event]:
    """Of several answers to the same the one that is not about a single occurrence, as there are none."""
    chosen: dict[str, _Event] = {}
    for event in sorted(events, key=lambda one: "RECURRENCE-ID" in one.values):
        chosen.setdefault(event.values.get("UID", ""), event)
    return list(chosen.values())


def _reply(event: _Event, senders: set[str], *, is_counter: bool) -> Reply:
    uid = event.values.get("UID", "")[:320]
    known = _UID.fullmatch(uid)
    if known is None:
        raise ReplyRefused("it answers no invite of ours")
    attendees = [(parameters, _address(value)) for parameters, value in event.attendees]
    theirs = [(parameters, address) for parameters, address in attendees if address and address in senders]
    if not theirs:
        raise ReplyRefused("the attendee is not the sender")
    parameters, attendee = theirs[0]
    partstat = str(parameters.get("PARTSTAT", "")).upper()
    # RFC 5546 3.2.3: one ATTENDEE, the one who answers; who delegates names the other too.
    if len(theirs) > 1 or (len(attendees) > 1 and partstat != "DELEGATED"):
        raise ReplyRefused("it does not name exactly one attendee")
    if partstat not in ANSWERS:
        if not is_counter:
            raise ReplyRefused("it says neither yes, no nor maybe")
        partstat = "TENTATIVE"  # who proposes another time has not said no
    return Reply(
        uid, known["code"], attendee, partstat, _sequence(event), _stamp(event), is_counter=is_counter
    )


def _address(value: str) -> str:
    scheme, _colon, address = value.strip().partition(":")
    try:
        return address_key(unquote(address)) if scheme.lower() == "mailto" else ""
    except AddressRefused:
        return ""


def _sequence(event: _Event) -> int:
    text = event.values.get("SEQUENCE", "0")  # absent means 0 (RFC 5545 3.8.7.4)
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise ReplyRefused("its SEQUENCE is no number")
    return int(text)


def _stamp(event: _Event) -> datetime | None:
    text = event.values.get("DTSTAMP", "")
    try:
        return (
            datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if _STAMP.fullmatch(text) else None
        )
    except ValueError:
        return None
