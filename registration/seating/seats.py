"""Seats in slots of limited capacity: counted under a lock, so that none is ever given twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from conference.db import locked, transaction
from conference.errors import Conflict, NotFound
from conference.i18n import _
from conference.tables import Conference
from registration.calendars.sync import queue_owed
from registration.seating.allocation import Placing, clashes, free_seats
from registration.tables import AgendaItem, Registration, RegistrationStatus, Seat
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSlot
from sessions.tables import Slot


class SeatsTaken(Conflict):
    """The last seat went to someone else. ``slots`` are the row ids of the slots without a free seat."""

    def __init__(self, slots: Collection[int]) -> None:
        super().__init__(_("Somebody just took the last seat. Please choose another time."))
        self.slots = frozenset(slots)


class SeatsClash(Conflict):
    """The person would have to be in two places at once."""


class SeatGone(Conflict):
    """The slot is over, cancelled, or needs no seat."""


@asynccontextmanager
async def slots_locked(slot_ids: Iterable[int]) -> AsyncIterator[None]:
    """A transaction in which nobody else counts seats in these slots. Always in order of id: no deadlock."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(transaction())
        for slot_id in sorted(set(slot_ids)):
            await stack.enter_async_context(locked(Slot, slot_id))
        yield


async def refuse_full(wanted: Iterable[ReleasedSlot]) -> None:
    """Inside ``slots_locked``: raise SeatsTaken when one of the slots has no seat left (or is there no more)."""
    capacity = {slot.id: slot.seats for slot in wanted}
    if not capacity:
        return
    marks = ", ".join("{}" for _slot in capacity)
    rows = await Slot.raw(
        # One statement for all: which still exist, and how many sit in each.
        f"SELECT s.id, (SELECT COUNT(*) FROM seat t WHERE t.slot = s.id) AS taken FROM slot s WHERE s.id IN ({marks})",  # noqa: S608 - only placeholders are put in
        *capacity,
    )
    taken = {row["id"]: row["taken"] for row in rows}
    full = {
        slot_id
        for slot_id, seats in capacity.items()
        if slot_id not in taken or free_seats(seats, taken[slot_id]) == 0
    }
    if full:
        raise SeatsTaken(full)


def bookable(
    programme: ReleasedProgramme | None, slot_code: str, now: datetime
) -> tuple[ReleasedSession, ReleasedSlot]:
    """The slot in which a seat can be taken now. Raises NotFound or SeatGone."""
    pair = programme.slot_by_code.get(slot_code) if programme else None
    if pair is None:
        raise NotFound(_("There is no such session in the programme."))
    session, slot = pair
    if slot.seats is None:
        raise SeatGone(_("This session is open to everyone: no seat is needed."))
    if slot.is_cancelled or session.is_cancelled:
        raise SeatGone(_("This session does not take place."))
    if slot.start <= now:
        raise SeatGone(_("This session has begun already."))
    return session, slot


def placing(session: ReleasedSession, slot: ReleasedSlot) -> Placing:
    """The slot as the pure rules see it."""
    return Placing(session.code, slot.code, slot.start, slot.end)


async def take_seat(
    registration_id: int,
    conference: Conference,
    programme: ReleasedProgramme | None,
    slot_code: str,
    now: datetime,
) -> None:
    """Give the person a seat in the slot, in place of one they had in another slot of the same session.

    Taking it twice changes nothing. Raises SeatsTaken, SeatsClash, SeatGone, NotFound.
    """
    session, slot = bookable(programme, slot_code, now)
    known = programme.slot_by_id if programme else {}
    async with locked(Registration, registration_id):
        registration = await standing(registration_id)
        mine = {
            row["slot"] for row in await Seat.select(Seat.slot).where(Seat.registration == registration_id)
        }
        if slot.id in mine:
            return
        siblings = {other.id for other in session.slots} & mine
        kept = [
            placing(*known[slot_id])
            for slot_id in mine - siblings
            if slot_id in known and not known[slot_id][1].is_cancelled
        ]
        wanted = placing(session, slot)
        if any(wanted in pair for pair in clashes([*kept, wanted])):
            raise SeatsClash(_("This is at the same time as another workshop in which you have a seat."))
        async with slots_locked([slot.id]):
            await refuse_full([slot])
            if siblings:
                await Seat.delete().where(
                    (Seat.registration == registration_id) & Seat.slot.is_in(sorted(siblings))
                )
            await Seat.insert(Seat(slot=slot.id, registration=registration_id, taken_at=now))
            # The agenda holds only what needs no seat.
            await AgendaItem.delete().where(
                (AgendaItem.registration == registration_id) & (AgendaItem.slot == slot.id)
            )
            await touch(registration_id, now)
            await queue_owed(registration, conference, programme, now)


async def give_up_seat(
    registration_id: int,
    conference: Conference,
    programme: ReleasedProgramme | None,
    slot_code: str,
    now: datetime,
) -> bool:
    """Give the person's seat back; False when they had none."""
    async with locked(Registration, registration_id):
        registration = await standing(registration_id)
        row = await Slot.select(Slot.id).where(Slot.code == slot_code).first()
        gone = row and await Seat.delete().where(
            (Seat.registration == registration_id) & (Seat.slot == row["id"])
        ).returning(Seat.id)
        if not gone:
            return False
        await touch(registration_id, now)
        await queue_owed(registration, conference, programme, now)
        return True


async def seated_slots(registration_id: int, programme: ReleasedProgramme | None) -> list[ReleasedSlot]:
    """The slots of ``programme`` in which the person has a seat, without those that are cancelled."""
    rows = await Seat.select(Seat.slot).where(Seat.registration == registration_id)
    known = programme.slot_by_id if programme else {}
    slots = [known[row["slot"]][1] for row in rows if row["slot"] in known]
    return [slot for slot in slots if not slot.is_cancelled]


async def standing(registration_id: int) -> Registration:
    """The confirmed registration, inside its lock. Raises NotFound when it has been withdrawn meanwhile."""
    registration = await Registration.objects().where(Registration.id == registration_id).first()
    if registration is None or registration.status != RegistrationStatus.CONFIRMED:
        raise NotFound(_("This registration is not confirmed, or has been withdrawn."))
    return registration


async def touch(registration_id: int, now: datetime) -> None:
    """Say that something a feed would show has changed."""
    await Registration.update({Registration.changed_at: now}).where(Registration.id == registration_id)
