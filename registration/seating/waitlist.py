"""Waiting for a seat in a full workshop: joining the line, leaving it, letting an offer go, where one stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from conference.db import locked
from conference.errors import Conflict
from conference.i18n import _
from conference.tables import Conference
from registration.locks import slots_locked
from registration.seating.lines import AHEAD, Line, has_offer, join, settle, stands_in
from registration.seating.offer_ends import LAST_CALL
from registration.seating.passing_on import offer_free_seats, tallies
from registration.seating.seats import (
    SeatsClash,
    SeatsTaken,
    bookable,
    refuse_clash,
    refuse_full,
    seats_of,
    standing,
    take_seat,
    touch,
)
from registration.seating.sharing import Places
from registration.seating.tables import Seat, WaitlistEntry, WaitState
from registration.tables import Registration, RegistrationStatus
from sessions.programme.snapshot import ReleasedProgramme
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
            line = Line(conference.id, slot.id)
            if await stands_in(registration_id, line):
                return False
            try:
                await refuse_full([slot])
            except SeatsTaken:
                if slot.start - LAST_CALL <= now:
                    raise NoLine(
                        _("This session begins so soon that nobody can wait for a seat any more.")
                    ) from None
                await join(registration_id, [line], now)
                await touch(registration_id, now)
                return False
            await take_seat(registration_id, conference, programme, slot_code, now)
    return True


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
            line = Line(conference.id, row["id"])
            left = await settle(registration_id, line.entries, WaitState.LEFT, now)
            if left:
                await touch(registration_id, now)
                await offer_free_seats(conference, programme, [row["id"]], now)
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
        live = await has_offer(registration_id, Line(conference.id, slot.id), now)
        if not live and slot.id not in await seats_of(registration_id):
            raise OfferOver(_("This offer is over: the seat has gone to the next in line."))
        await take_seat(registration_id, conference, programme, slot_code, now)


async def grant_wishes(
    registration_id: int,
    wishes: frozenset[int],
    conference: Conference,
    programme: ReleasedProgramme | None,
    now: datetime,
) -> None:
    """Inside the lock of somebody who takes part from now on: seats in the slots they wait for, where any are free.

    Where others wait, or all seats are taken, they stay in line as far on as they were when they wished for the seat.
    """
    known = programme.slot_by_id if programme else {}
    async with slots_locked(wishes):
        counts = await tallies(wishes)
        for number in sorted(counts.keys() & known.keys(), key=lambda number: known[number][1].start):
            session, slot = known[number]
            others = replace(counts[number], waiting=counts[number].waiting - 1)  # all but the person
            if slot.start <= now or not Places(slot.seats, {None: others}).has_place_for(None):
                continue
            try:
                refuse_clash(programme, session, slot, await seats_of(registration_id))
            except SeatsClash:
                continue  # the programme has changed since: they see both on their page, and choose
            await settle(registration_id, Line(conference.id, number).entries, WaitState.SEATED, now)
            await Seat.insert(Seat(slot=number, registration=registration_id, taken_at=now))


_WAITS = (
    "SELECT w.slot AS slot, w.state AS state, w.offer_expires_at AS ends, "  # noqa: S608 - all of it is written here
    f"{AHEAD.replace('{line}', 'o.slot = w.slot')} AS ahead FROM waitlist_entry w "
    "WHERE w.registration = {} AND w.slot IS NOT NULL AND w.state IN ('waiting', 'offered') ORDER BY w.id"
)


@dataclass(frozen=True)
class Waiting:
    """A place in a line. ``slot`` is the slot's row id; ``place`` counts from 1; ``offer_ends_at`` is None without an offer."""

    slot: int
    place: int
    offer_ends_at: datetime | None


async def waits_of(registration_id: int, now: datetime) -> dict[int, Waiting]:
    """Where the person stands, by the slot's row id: one query. An offer that has lapsed is shown no more."""
    rows = await WaitlistEntry.raw(_WAITS, RegistrationStatus.CONFIRMED.value, now, registration_id)
    found = {}
    for row in rows:
        ends = row["ends"] if row["state"] == WaitState.OFFERED else None
        if row["state"] == WaitState.WAITING or (ends is not None and ends > now):
            found[row["slot"]] = Waiting(row["slot"], row["ahead"] + 1, ends)
    return found
