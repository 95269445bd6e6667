"""Waiting for a seat in a full workshop: joining the line, leaving it, letting an offer go, where one stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from conference.codes import new_code
from conference.db import locked
from conference.errors import Conflict
from conference.i18n import _
from conference.tables import Conference
from registration.locks import slots_locked
from registration.seating.passing_on import LAST_CALL, offer_free_seats
from registration.seating.seats import (
    SeatsTaken,
    bookable,
    leave_lines,
    refuse_clash,
    refuse_full,
    seats_of,
    standing,
    take_seat,
    touch,
)
from registration.tables import Registration, WaitlistEntry, WaitState
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSlot
from sessions.tables import Slot


class NoLine(Conflict):
    """The slot begins too soon for a line: whatever comes free goes to whoever comes."""


class OfferOver(Conflict):
    """The offer has lapsed, or was never made: the seat is somebody else's."""


async def take_seat_or_wait(
    registration_id: int,
    conference: Conference,
    programme: ReleasedProgramme | None,
    slot_code: str,
    now: datetime,
) -> bool:
    """A seat in the slot if one is free (True), else a place at the end of its line (False), in one step.

    Doing it twice changes nothing. Raises SeatsClash, SeatGone, NotFound, NoLine.
    """
    session, slot = bookable(programme, slot_code, now)
    async with locked(Registration, registration_id):
        await standing(registration_id)
        mine = await seats_of(registration_id)
        if slot.id in mine:
            return True
        refuse_clash(programme, session, slot, mine - {other.id for other in session.slots})
        async with slots_locked(other.id for other in session.slots):
            if await _stands_in_line(registration_id, slot.id):
                return False
            try:
                await refuse_full([slot])
            except SeatsTaken:
                if slot.start - LAST_CALL <= now:
                    raise NoLine(
                        _("This session begins so soon that nobody can wait for a seat any more.")
                    ) from None
                await join_lines(registration_id, conference.id, [slot], now)
                return False
            await take_seat(registration_id, conference, programme, slot_code, now)
    return True


async def _stands_in_line(registration_id: int, slot_id: int) -> bool:
    return await WaitlistEntry.exists().where(
        (WaitlistEntry.registration == registration_id)
        & (WaitlistEntry.slot == slot_id)
        & WaitlistEntry.state.is_in([WaitState.WAITING.value, WaitState.OFFERED.value])
    )


async def join_lines(
    registration_id: int, conference_id: int, slots: Iterable[ReleasedSlot], now: datetime
) -> None:
    """Inside ``slots_locked`` of these slots: put the registration at the end of each line, once.

    Someone who has not confirmed yet keeps the place, but is passed over until they have.
    """
    entries = [
        WaitlistEntry(
            conference=conference_id,
            slot=slot.id,
            registration=registration_id,
            code=new_code(12),
            state=WaitState.WAITING,
            joined_at=now,
        )
        for slot in slots
    ]
    if entries:
        await WaitlistEntry.insert(*entries)
        await touch(registration_id, now)


async def leave_line(
    registration_id: int,
    conference: Conference,
    programme: ReleasedProgramme | None,
    slot_code: str,
    now: datetime,
) -> bool:
    """Leave the slot's line, or let its offer go to the next; False when the person was in no such line."""
    async with locked(Registration, registration_id):
        await standing(registration_id)
        row = await Slot.select(Slot.id).where(Slot.code == slot_code).first()
        if row is None:
            return False
        async with slots_locked([row["id"]]):
            left = await leave_lines(registration_id, [row["id"]], WaitState.LEFT, now)
            if left:
                await touch(registration_id, now)
                await offer_free_seats(conference, programme, left, now)
    return bool(left)


async def accept_offer(
    registration_id: int,
    conference: Conference,
    programme: ReleasedProgramme | None,
    slot_code: str,
    now: datetime,
) -> None:
    """Take the seat that was offered. Raises OfferOver when the offer has lapsed, and what ``take_seat`` raises."""
    session, slot = bookable(programme, slot_code, now)
    async with locked(Registration, registration_id), slots_locked(other.id for other in session.slots):
        live = await WaitlistEntry.exists().where(
            (WaitlistEntry.registration == registration_id)
            & (WaitlistEntry.slot == slot.id)
            & (WaitlistEntry.state == WaitState.OFFERED.value)
            & (WaitlistEntry.offer_expires_at > now)
        )
        if not live and slot.id not in await seats_of(registration_id):
            raise OfferOver(_("This offer is over: the seat has gone to the next in line."))
        await take_seat(registration_id, conference, programme, slot_code, now)


@dataclass(frozen=True)
class Waiting:
    """A place in a line. ``slot`` is the slot's row id; ``place`` counts from 1; ``offer_ends_at`` is None without an offer."""

    slot: int
    place: int
    offer_ends_at: datetime | None


async def waits_of(registration_id: int, now: datetime) -> dict[int, Waiting]:
    """Where the person stands, by the slot's row id: one query. An offer that has lapsed is shown no more."""
    rows = await WaitlistEntry.raw(
        "SELECT w.slot AS slot, w.state AS state, w.offer_expires_at AS ends, "
        "(SELECT COUNT(*) FROM waitlist_entry o JOIN registration r ON r.id = o.registration "
        " WHERE o.slot = w.slot AND o.id < w.id AND o.state = 'waiting' AND r.status = 'confirmed') AS ahead "
        "FROM waitlist_entry w WHERE w.registration = {} AND w.slot IS NOT NULL "
        "AND w.state IN ('waiting', 'offered') ORDER BY w.id",
        registration_id,
    )
    found = {}
    for row in rows:
        ends = row["ends"] if row["state"] == WaitState.OFFERED else None
        if row["state"] == WaitState.WAITING or (ends is not None and ends > now):
            found[row["slot"]] = Waiting(row["slot"], row["ahead"] + 1, ends)
    return found
