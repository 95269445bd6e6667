"""The mails that remind: one of what begins soon, one of a whole day. Rows to queue, many at a time."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from conference.addresses import AddressRefused
from conference.dates import iso_utc, lived_day
from conference.outbox import mail_row
from conference.tables import Conference, OutgoingMail
from registration.calendars.changes import Changed, recent_changes
from registration.calendars.invites import Told
from registration.calendars.telling import conference_facts
from registration.entries.links import help_ref, join_ref, page_ref, reminders_ref
from registration.reminding.due import Due, Fact, Item
from registration.reminding.tables import ReminderKind
from registration.tables import Registration
from sessions.programme.snapshot import ReleasedProgramme

logger = logging.getLogger(__name__)

REMINDER = "session-reminder"
DIGEST = "day-digest"


@dataclass(frozen=True)
class Reader:
    """Who gets a mail, and by which programme."""

    registration: Registration
    conference: Conference
    programme: ReleasedProgramme


def mail_of(reader: Reader, due: Due, changes: Sequence[Changed], now: datetime) -> OutgoingMail | None:
    """The mail as a row to queue; None where the address on record is none."""
    registration, first = reader.registration, due.new[0]
    try:
        return mail_row(
            kind=DIGEST if due.kind is ReminderKind.DIGEST else REMINDER,
            to=registration.email,
            to_name=registration.name,
            language=registration.language,
            zone=registration.zone,
            payload=payload_of(reader, due.kind, due.items, due.day, changes),
            idempotency_key=f"reminder:{due.kind}:{registration.code}:{first.slot}:{iso_utc(first.start)}",
            now=now,
            conference_id=reader.conference.id,
            useless_after=due.useless_after,
        )
    except AddressRefused:
        logger.warning("registration %s cannot be reminded: its address is none", registration.code)
        return None


def changes_of(reader: Reader, day: date, history: Sequence[Told], now: datetime) -> tuple[Changed, ...]:
    """What the last 24 hours changed of a day of the person's, from all their calendar was told."""
    zone = reader.registration.zone
    return recent_changes(history, reader.programme, zone, now, lambda start: lived_day(start, zone) == day)


def payload_of(
    reader: Reader, kind: ReminderKind, items: Sequence[Item], day: date | None, changes: Sequence[Changed]
) -> dict[str, Any]:
    """What the mail tells (see its template), and what ``facts_in`` reads back of it."""
    registration, conference = reader.registration, reader.conference
    code, slug = registration.code, conference.slug
    told: dict[str, Any] = {
        "conference": conference_facts(conference),
        "who": code,
        "reminder": kind.value,
        "sessions": [_session(reader, item, changes) for item in items],
        "early_minutes": conference.early_entry_minutes,
        "page": page_ref(slug, code, registration.link_generation),
        "choose": reminders_ref(slug, code, registration.link_generation),
    }
    if day is not None:
        told["day"] = day.isoformat()
        listed = {item.slot for item in items}
        known = reader.programme.slot_by_id
        told["gone"] = [
            _gone(change)
            for change in changes
            if change.slot_id not in known or known[change.slot_id][1].code not in listed
        ]
    return told


def _session(reader: Reader, item: Item, changes: Sequence[Changed]) -> dict[str, Any]:
    registration = reader.registration
    session, slot = reader.programme.slot_by_code[item.slot]
    told: dict[str, Any] = {
        "slot": item.slot,
        "title": session.title,
        "start": item.start,
        "end": item.end,
        "seat": item.is_seat,
        "join": join_ref(item.slot, registration.code, registration.feed_generation),
        "help": help_ref(item.slot),
    }
    moved = next((change for change in changes if change.slot_id == slot.id and change.start), None)
    if moved is not None:
        told |= {"was_start": moved.was_start, "was_end": moved.was_end}
    return told


def _gone(change: Changed) -> dict[str, Any]:
    """A session that the day has no more, as ``_changes.txt`` tells it."""
    return {
        "title": change.title,
        "reason": "updated" if change.start else "cancelled",
        "start": change.start or change.was_start,
        "end": change.end or change.was_end,
        "was_start": change.was_start,
        "was_end": change.was_end,
    }


def facts_in(payload: Mapping[str, Any]) -> tuple[ReminderKind, list[Fact], date | None] | None:
    """What a queued mail tells: its kind, of which slots and starts, and of which day. None for one that is nobody's, such
    as a team's test of its own words."""
    try:
        kind = ReminderKind(payload["reminder"])
        facts = [(kind, one["slot"], datetime.fromisoformat(one["start"])) for one in payload["sessions"]]
        return kind, facts, date.fromisoformat(payload["day"]) if "day" in payload else None
    except (KeyError, ValueError, TypeError):
        return None
