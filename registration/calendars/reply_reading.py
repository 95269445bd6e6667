"""What a calendar answered to an invite (RFC 5546 3.2.3, RFC 6047), read from a hostile mail. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import getaddresses
from urllib.parse import unquote

from icalendar import Calendar, Component

from conference.addresses import AddressRefused, address_key

MOST_OCTETS = 100_000
"""Of a calendar part; an answer to one invite has about a thousand."""
MOST_PARTS = 50
ANSWERS = frozenset({"ACCEPTED", "DECLINED", "TENTATIVE"})
_UID = re.compile(r"slot-(?P<code>[a-z0-9]{1,12})@(?P<host>[A-Za-z0-9.-]{1,253})")


class ReplyRefused(ValueError):
    """It claims to be an answer to an invite, and is none that counts; the text says why."""


@dataclass(frozen=True)
class Reply:
    """An answer. ``attendee`` is the address as a key (``address_key``), ``at`` when it was given (UTC), None unknown."""

    uid: str
    slot_code: str
    attendee: str
    partstat: str
    sequence: int
    at: datetime | None


def read_reply(message: Message) -> Reply | None:
    """The answer in a mail; None where the mail carries none at all. Raises ReplyRefused.

    ATTENDEE must be the mail's sender: whoever answers for another is not believed.
    """
    body = _calendar_part(message)
    if body is None:
        return None
    if len(body) > MOST_OCTETS:
        raise ReplyRefused(f"the calendar part is larger than {MOST_OCTETS} octets")
    try:
        calendar = Calendar.from_ical(body)
        method = str(calendar.get("METHOD", "")).upper()
        events = [part for part in calendar.subcomponents if part.name == "VEVENT"]
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
        raise ReplyRefused("the calendar part cannot be read") from error
    if method != "REPLY":
        return None
    if len(events) != 1:
        raise ReplyRefused("it does not answer exactly one invite")
    return _reply(events[0], _senders(message))


def _calendar_part(message: Message) -> bytes | None:
    for number, part in enumerate(message.walk()):
        if number >= MOST_PARTS:
            return None
        if part.is_multipart() or part.get_content_type() not in ("text/calendar", "application/ics"):
            continue
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes) and re.search(rb"(?im)^METHOD\s*:\s*REPLY\s*$", payload[:MOST_OCTETS]):
            return payload
    return None


def _senders(message: Message) -> set[str]:
    found = set()
    for _name, address in getaddresses([str(value) for value in message.get_all("From", [])][:2]):
        try:
            found.add(address_key(address))
        except AddressRefused:
            continue
    return found


def _reply(event: Component, senders: set[str]) -> Reply:
    uid = str(event.get("UID", ""))[:320]
    known = _UID.fullmatch(uid)
    if known is None:
        raise ReplyRefused("it answers no invite of ours")
    attendees = event.get("ATTENDEE", [])
    if isinstance(attendees, list):
        if len(attendees) != 1:
            raise ReplyRefused("it does not name exactly one attendee")  # RFC 5546 3.2.3
        attendees = attendees[0]
    scheme, _colon, address = str(attendees).partition(":")
    try:
        attendee = address_key(unquote(address)) if scheme.lower() == "mailto" else ""
    except AddressRefused:
        attendee = ""
    if not attendee or attendee not in senders:
        raise ReplyRefused("the attendee is not the sender")
    partstat = str(attendees.params.get("PARTSTAT", "")).upper()
    if partstat not in ANSWERS:
        raise ReplyRefused("it says neither yes, no nor maybe")
    return Reply(uid, known["code"], attendee, partstat, _sequence(event), _stamp(event))


def _sequence(event: Component) -> int:
    try:
        return int(str(event.get("SEQUENCE", 0))[:12])  # absent means 0 (RFC 5545 3.8.7.4)
    except ValueError:
        raise ReplyRefused("its SEQUENCE is no number") from None


def _stamp(event: Component) -> datetime | None:
    try:
        stamp = event.decoded("DTSTAMP")
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
    return stamp.astimezone(UTC) if isinstance(stamp, datetime) and stamp.tzinfo else None
