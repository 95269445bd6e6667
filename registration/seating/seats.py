"""Seats in slots of limited capacity: counted under a lock, so that none is ever given twice."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from conference import dates, texts
from conference.db import locked
from conference.errors import Conflict, NotFound
from conference.i18n import _
from conference.tables import Conference
from registration.calendars.sync import queue_owed
from registration.calendars.tables import AgendaItem
from registration.locks import slots_locked
from registration.seating.allocation import Placing, free_seats, overlap
from registration.seating.lines import Line, has_offer, join, settle
from registration.seating.passing_on import offer_free_seats, spoken_for
from registration.seating.tables import Seat, WaitlistEntry, WaitState
from registration.tables import Registration, RegistrationStatus
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSlot
from sessions.tables import Slot


class SeatsTaken(Conflict):
    """The last seat went to someone else. ``slots`` are the row ids of the slots without a free seat."""

    def __init__(self, slots: Collection[int]) -> None:
        super().__init__(_("Somebody just took the last seat. Please choose another time."))
        self.slots = frozenset(slots)


class SeatsClash(Conflict):
    """The person would have to be in two places at once: both are named, with their hours on the reader's clock."""

    def __init__(
        self, session: ReleasedSession, slot: ReleasedSlot, other: ReleasedSession, other_slot: ReleasedSlot
    ) -> None:
        super().__init__(_("This is at the same time as another workshop in which you have a seat."))
        self.wanted, self.held = (session, slot), (other, other_slot)

    def told(self, zone: str, language: str) -> str:
        """The sentence for a reader in ``zone``: both titles, both times."""
        return _(
            "“%(wanted)s” (%(wanted_time)s) is at the same time as “%(held)s” (%(held_time)s), in which you have a seat."
        ) % {
            "wanted": texts.pick(self.wanted[0].title, language),
            "wanted_time": dates.time_range(self.wanted[1].start, self.wanted[1].end, zone, language),
            "held": texts.pick(self.held[0].title, language),
            "held_time": dates.time_range(self.held[1].start, self.held[1].end, zone, language),
        }


class SeatGone(Conflict):
    """The slot is over, cancelled, or needs no seat."""


async def refuse_full(wanted: Iterable[ReleasedSlot]) -> None:
    """Inside ``slots_locked``: raise SeatsTaken when one of the slots has no seat for a newcomer (or is there no more).

    A seat that was offered to somebody in line, or that somebody waits for, is not free.
    """
    capacity = {slot.id: slot.seats for slot in wanted}
    held = await spoken_for(capacity)
    full = {
        slot_id
        for slot_id, seats in capacity.items()
        if slot_id not in held or free_seats(seats, held[slot_id]) == 0
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

    A seat that was offered to them is theirs to take; the one they had is given up only now, and goes to the next who
    waits for it. Taking it twice changes nothing. Raises SeatsTaken, SeatsClash, SeatGone, NotFound.
    """
    session, slot = bookable(programme, slot_code, now)
    async with locked(Registration, registration_id):
        registration = await standing(registration_id)
        mine = await seats_of(registration_id)
        if slot.id in mine:
            return
        siblings = {other.id for other in session.slots} & mine
        refuse_clash(programme, session, slot, mine - siblings)
        async with slots_locked({slot.id, *siblings}):
            line = Line(conference.id, slot.id)
            if not await _take_offer(registration_id, slot, line, now):
                await refuse_full([slot])
                await settle(registration_id, line.entries, WaitState.SEATED, now)
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
            await offer_free_seats(conference, programme, siblings, now)


def refuse_clash(
    programme: ReleasedProgramme | None, session: ReleasedSession, slot: ReleasedSlot, others: Iterable[int]
) -> None:
    """Raise SeatsClash, with both names and times, when one of the ``others`` (row ids) is at the same time."""
    known = programme.slot_by_id if programme else {}
    wanted = placing(session, slot)
    for other_id in sorted(others):
        if other_id not in known or known[other_id][1].is_cancelled or known[other_id][0].is_cancelled:
            continue
        other = placing(*known[other_id])
        if overlap(wanted, other):
            raise SeatsClash(session, slot, *known[other_id])


async def _take_offer(registration_id: int, slot: ReleasedSlot, line: Line, now: datetime) -> bool:
    # Inside slots_locked. A seat was kept for the person: it is theirs unless the capacity has been lowered since.
    offered = await has_offer(registration_id, line, now)
    taken = await Seat.count().where(Seat.slot == slot.id) if offered else 0
    if not offered or free_seats(slot.seats, taken) == 0:
        return False
    await settle(registration_id, line.entries, WaitState.SEATED, now)
    return True


async def give_up_seat(
    registration_id: int,
    conference: Conference,
    programme: ReleasedProgramme | None,
    slot_code: str,
    now: datetime,
) -> bool:
    """Give the person's seat back, to the next in line if anybody waits; False when they had none."""
    async with locked(Registration, registration_id):
        registration = await standing(registration_id)
        row = await Slot.select(Slot.id).where(Slot.code == slot_code).first()
        if row is None:
            return False
        async with slots_locked([row["id"]]):
            gone = (
                await Seat.delete()
                .where((Seat.registration == registration_id) & (Seat.slot == row["id"]))
                .returning(Seat.id)
            )
            if not gone:
                return False
            await touch(registration_id, now)
            await queue_owed(registration, conference, programme, now)
            await offer_free_seats(conference, programme, [row["id"]], now)
        return True


async def release_places(
    registration_id: int, conference: Conference, programme: ReleasedProgramme | None, now: datetime
) -> None:
    """Inside the registration's lock: give back all its seats and places in line, and offer them to those who wait."""
    seats, waits = await seats_of(registration_id), await waits_for(registration_id)
    async with slots_locked(seats | waits):
        await Seat.delete().where(Seat.registration == registration_id)
        if waits:
            await settle(registration_id, WaitlistEntry.slot.is_in(sorted(waits)), WaitState.LEFT, now)
        await offer_free_seats(conference, programme, seats | waits, now)


async def wish_instead(
    registration_id: int, conference: Conference, programme: ReleasedProgramme | None, now: datetime
) -> None:
    """Inside the registration's lock: seats become wishes, since who has no place at the conference holds none.

    A wish is a place in the slot's line that is passed over until the person takes part.
    """
    seats = await seats_of(registration_id)
    if not seats:
        return
    async with slots_locked(seats):
        await Seat.delete().where(Seat.registration == registration_id)
        await join(registration_id, [Line(conference.id, slot) for slot in sorted(seats)], now)
        await offer_free_seats(conference, programme, seats, now)


async def waits_for(registration_id: int) -> frozenset[int]:
    """The row ids of the slots in whose line the person stands."""
    rows = await WaitlistEntry.select(WaitlistEntry.slot).where(
        (WaitlistEntry.registration == registration_id)
        & WaitlistEntry.slot.is_not_null()
        & WaitlistEntry.state.is_in([WaitState.WAITING.value, WaitState.OFFERED.value])
    )
    return frozenset(row["slot"] for row in rows)


async def seats_of(registration_id: int) -> frozenset[int]:
    """The row ids of the slots in which the person has a seat."""
    rows = await Seat.select(Seat.slot).where(Seat.registration == registration_id)
    return frozenset(row["slot"] for row in rows)


async def seated_slots(registration_id: int, programme: ReleasedProgramme | None) -> list[ReleasedSlot]:
    """The slots of ``programme`` in which the person has a seat, without those that are cancelled."""
    rows = await Seat.select(Seat.slot).where(Seat.registration == registration_id)
    known = programme.slot_by_id if programme else {}
    slots = [known[row["slot"]][1] for row in rows if row["slot"] in known]
    return [slot for slot in slots if not slot.is_cancelled]


async def standing(registration_id: int, *, or_waiting: bool = False) -> Registration:
    """The confirmed registration, or one in line for a place, inside its lock. Raises NotFound when it is withdrawn by now."""
    wanted = {RegistrationStatus.CONFIRMED, *([RegistrationStatus.WAITING] if or_waiting else [])}
    registration = await Registration.objects().where(Registration.id == registration_id).first()
    if registration is None or registration.status not in wanted:
        raise NotFound(_("This registration is not confirmed, or has been withdrawn."))
    return registration


async def touch(registration_id: int, now: datetime) -> None:
    """Say that something a feed would show has changed."""
    await Registration.update({Registration.changed_at: now}).where(Registration.id == registration_id)
