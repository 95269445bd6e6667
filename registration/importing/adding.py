"""Registering one person of a sheet: one short transaction, in which the row says what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from conference import audit, texts
from conference.db import locked
from conference.tables import Conference
from registration.calendars.sync import queue_owed
from registration.entries.letters import SEATS_HELD, mail_confirm, mail_imported
from registration.entries.line_letters import mail_confirm_line
from registration.entries.own_link import CONFIRM_WITHIN, links_last_until
from registration.entries.people import person_of
from registration.entries.registrations import Entry, keep_said, known_registration, new_registration
from registration.importing.looking import registered_as, standing_of
from registration.importing.reading import MailChoice, ReadRow
from registration.importing.reasons import Reason, encode
from registration.importing.tables import ImportedRow, RowOutcome
from registration.locks import places_locked, slots_locked
from registration.places.counting import limits_of, places_of
from registration.places.standing import place_in_line
from registration.seating.lines import Line, join
from registration.seating.offer_ends import LAST_CALL
from registration.seating.seats import SeatsTaken, refuse_full
from registration.seating.sharing import Places
from registration.tables import Registration, RegistrationStatus
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSlot


@dataclass(frozen=True)
class Adding:
    """By whom and for what people are added: ``actor`` is the organiser's label, ``organiser`` their row id, if any."""

    conference: Conference
    programme: ReleasedProgramme | None
    mail: MailChoice
    actor: str
    sheet: str  # the import's code
    now: datetime


async def add_person(row_id: int, read: ReadRow, by: Adding) -> RowOutcome:
    """Register the person of the row, unless that was done before; what became of the row.

    They are asked to confirm, or take part at once, as was chosen for the sheet; where all places are taken they stand
    in line, also for the seats that are taken. No consent is given for anybody.
    """
    entry = read.entry
    if entry is None:
        raise ValueError("a row that was refused cannot be added")
    async with locked(ImportedRow, row_id), AsyncExitStack() as locks:
        row = await ImportedRow.select(ImportedRow.outcome).where(ImportedRow.id == row_id).first()
        if row is None or row["outcome"] != RowOutcome.TO_ADD:
            return RowOutcome(row["outcome"]) if row else RowOutcome.REFUSED
        attendee_id = await person_of(entry.email, entry.email_key, by.now)
        places = await _places(by, locks)
        await locks.enter_async_context(slots_locked(slot.id for slot in entry.seats))
        if refusal := await _standing(attendee_id, entry, by):
            return await settle(row_id, *refusal)
        registration, reasons = await _register(attendee_id, entry, read, places, by)
        waits = registration.status == RegistrationStatus.WAITING or any(
            reason.code == "in-line" for reason in reasons
        )
        outcome = RowOutcome.WAITING if waits else RowOutcome.ADDED
        return await settle(row_id, outcome, [*read.remarks, *reasons], registration.id)


async def _places(by: Adding, locks: AsyncExitStack) -> Places | None:
    """What has become of the conference's places, under their lock; None where they are not counted."""
    limits = await limits_of(by.conference.id)
    if not limits.is_any:
        return None
    await locks.enter_async_context(places_locked(by.conference.id))
    return await places_of(by.conference.id, await limits_of(by.conference.id), by.now)


async def _standing(attendee_id: int, entry: Entry, by: Adding) -> tuple[RowOutcome, Sequence[Reason]] | None:
    """Why the person is not to be added after all: much may have happened since the sheet was looked at."""
    known = await known_registration(attendee_id, by.conference, by.now)
    if known is not None:
        return standing_of(RegistrationStatus(known.status))
    status = (await registered_as(by.conference.id, [entry.email_key], by.now)).get(entry.email_key)
    return standing_of(status) if status is not None else None


async def _register(
    attendee_id: int, entry: Entry, read: ReadRow, places: Places | None, by: Adding
) -> tuple[Registration, list[Reason]]:
    """Inside all locks: the registration, and what there is to say of it beside what the row said."""
    conference, now = by.conference, by.now
    waits = places is not None and not places.has_place_for(entry.category)
    wanted = tuple(entry.seats)
    seats, lines, reasons = ((), wanted, []) if waits else await _seats(wanted, by)
    registration = new_registration(conference, attendee_id, replace(entry, seats=seats), now)
    registration.organiser_note = read.note
    registration.decided_at = now  # whom organisers put down need not be approved
    if by.mail is not MailChoice.CONFIRM:
        registration.status = RegistrationStatus.WAITING if waits else RegistrationStatus.CONFIRMED
        registration.confirmed_at = None if waits else now
        registration.link_expires_at = max(now + CONFIRM_WITHIN, links_last_until(conference))
        if by.mail is MailChoice.NONE and by.programme is not None:
            # What the calendar would be told is what the organisers tell: only changes after this are owed.
            registration.synced_release = by.programme.number
    await registration.save()
    await keep_said(registration, replace(entry, seats=seats), now)
    in_lines = [Line(conference.id, slot.id) for slot in lines]
    await join(registration.id, [*in_lines, Line(conference.id)] if waits else in_lines, now)
    if waits:
        reasons = [Reason("in-line")]
    await _write(registration, seats, lines, places, by, waits=waits)
    await audit.record(
        conference_id=conference.id,
        actor=by.actor,
        action="registration-imported",
        subject=f"registration:{registration.code}",
        after={"import": by.sheet},
        now=now,
    )
    return registration, reasons


async def _seats(
    wanted: Sequence[ReleasedSlot], by: Adding
) -> tuple[tuple[ReleasedSlot, ...], tuple[ReleasedSlot, ...], list[Reason]]:
    """Inside the slots' locks: the seats the person gets, the lines they join, and what is to be said of these."""
    full: frozenset[int] = frozenset()
    try:
        await refuse_full(wanted)
    except SeatsTaken as taken:
        full = taken.slots
    reasons, lines = [], []
    for slot in wanted:
        if slot.id not in full:
            continue
        can_wait = slot.start - LAST_CALL > by.now
        session = by.programme.slot_by_id[slot.id][0] if by.programme else None
        facts = {"value": texts.pick(session.title, "") if session else ""}
        reasons.append(Reason("seat-full" if can_wait else "seat-gone", facts))
        if can_wait:
            lines.append(slot)
    return tuple(slot for slot in wanted if slot.id not in full), tuple(lines), reasons


async def _write(
    registration: Registration,
    seats: Sequence[ReleasedSlot],
    lines: Sequence[ReleasedSlot],
    places: Places | None,
    by: Adding,
    *,
    waits: bool,
) -> None:
    conference, programme, now = by.conference, by.programme, by.now
    if by.mail is MailChoice.NONE:
        return
    if by.mail is MailChoice.CONFIRM and waits and places is not None:
        taken = places.full_for(registration.category)
        await mail_confirm_line(registration, conference, programme, taken, lines, now, by_team=True)
    elif by.mail is MailChoice.CONFIRM:
        until = now + SEATS_HELD if places is not None else None
        await mail_confirm(
            registration, conference, programme, seats, lines, now, place_until=until, by_team=True
        )
    else:
        place = None
        if waits:
            standing = await place_in_line(registration, await limits_of(conference.id), now)
            place = standing.place if standing else None
        else:
            await queue_owed(registration, conference, programme, now)
        await mail_imported(registration, conference, programme, seats, lines, now, place=place)


async def settle(
    row_id: int, outcome: RowOutcome, reasons: Sequence[Reason], registration_id: int | None = None
) -> RowOutcome:
    """Note what became of the row, and return it."""
    changes: dict[Any, Any] = {
        ImportedRow.outcome: outcome,
        ImportedRow.reasons: encode(reasons),
        ImportedRow.registration: registration_id,
    }
    if registration_id is not None:
        changes[ImportedRow.cells] = "[]"  # what the row said stands in the registration now
    await ImportedRow.update(changes).where(ImportedRow.id == row_id)
    return outcome
