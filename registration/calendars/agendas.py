"""A person's agenda: the sessions without limited seats that they mean to attend."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from conference import clock
from conference.db import locked
from conference.errors import NotFound
from conference.i18n import _
from conference.viewer import Attending
from registration.calendars.changes import changes_for
from registration.calendars.sync import agenda_changed
from registration.calendars.tables import AgendaItem
from registration.seating.seats import SeatGone, standing
from registration.seating.tables import Seat
from registration.tables import Registration
from sessions.programme.snapshot import ReleasedProgramme
from sessions.programme.stars import MOST, Agenda, AgendaKeeper
from sessions.tables import Slot


async def put_on_agenda(
    registration_id: int, programme: ReleasedProgramme | None, slot_code: str, now: datetime
) -> None:
    """Put a released slot on the agenda; once is enough. Raises NotFound, SeatGone where a seat is needed instead."""
    pair = programme.slot_by_code.get(slot_code) if programme else None
    if pair is None:
        raise NotFound(_("There is no such session in the programme."))
    if pair[1].seats is not None:
        raise SeatGone(_("This session has limited seats: take a seat instead."))
    async with locked(Registration, registration_id):
        await standing(registration_id)
        if not await Slot.exists().where(Slot.id == pair[1].id):
            raise NotFound(_("There is no such session in the programme."))
        item = AgendaItem(registration=registration_id, slot=pair[1].id, chosen_at=now)
        await AgendaItem.insert(item).on_conflict(
            target=(AgendaItem.registration, AgendaItem.slot), action="DO NOTHING"
        )
        await agenda_changed(registration_id, now)


async def take_off_agenda(registration_id: int, slot_code: str, now: datetime) -> None:
    """Take a slot off the agenda, also one that is released no more; nothing happens when it is not on it."""
    async with locked(Registration, registration_id):
        await standing(registration_id)
        row = await Slot.select(Slot.id).where(Slot.code == slot_code).first()
        if row is not None:
            await AgendaItem.delete().where(
                (AgendaItem.registration == registration_id) & (AgendaItem.slot == row["id"])
            )
            await agenda_changed(registration_id, now)


@dataclass(frozen=True)
class KeptStars:
    """What became of a browser's stars: ``kept`` are on the agenda now, ``need_place`` wait for a seat to be taken.

    Both are codes of slots, in the order of the stars.
    """

    kept: tuple[str, ...] = ()
    need_place: tuple[str, ...] = ()


async def keep_stars(
    registration_id: int, programme: ReleasedProgramme | None, codes: Iterable[str], now: datetime
) -> KeptStars:
    """Put the starred slots (by code) on the agenda, those already on it included; doing it twice changes nothing.

    A slot with limited seats is never booked by a star: it is told in ``need_place``, unless the person holds a seat
    in it. What the programme does not know or has cancelled is passed over. Agendas may hold two things at one time: the
    pages tell.
    """
    known = programme.slot_by_code if programme else {}
    wanted = [
        pair
        for code in dict.fromkeys(codes)
        if (pair := known.get(code)) and not pair[1].is_cancelled and not pair[0].is_cancelled
    ][:MOST]
    if not wanted:
        return KeptStars()
    async with locked(Registration, registration_id):
        await standing(registration_id)
        ids = [slot.id for _session, slot in wanted]
        there = {row["id"] for row in await Slot.select(Slot.id).where(Slot.id.is_in(ids))}
        seated = {
            row["slot"] for row in await Seat.select(Seat.slot).where(Seat.registration == registration_id)
        }
        free = [slot for _session, slot in wanted if slot.seats is None and slot.id in there]
        if free:
            items = [AgendaItem(registration=registration_id, slot=slot.id, chosen_at=now) for slot in free]
            await AgendaItem.insert(*items).on_conflict(
                target=(AgendaItem.registration, AgendaItem.slot), action="DO NOTHING"
            )
            await agenda_changed(registration_id, now)
    return KeptStars(
        kept=tuple(slot.code for slot in free),
        need_place=tuple(
            slot.code for _session, slot in wanted if slot.seats is not None and slot.id not in seated
        ),
    )


async def _agenda_of(attending: Attending) -> Agenda:
    rows = await AgendaItem.select(AgendaItem.slot._.code.as_alias("code")).where(
        AgendaItem.registration._.code == attending.registration_code
    )
    return Agenda(free=frozenset(row["code"] for row in rows), seats=attending.seats)


async def _star(attending: Attending, programme: ReleasedProgramme, slot_code: str, starred: bool) -> None:
    row = await (
        Registration.select(Registration.id).where(Registration.code == attending.registration_code).first()
    )
    if row is None:
        raise NotFound(_("This registration is not confirmed, or has been withdrawn."))
    if starred:
        await put_on_agenda(row["id"], programme, slot_code, clock.now())
    else:
        await take_off_agenda(row["id"], slot_code, clock.now())


async def _changed(attending: Attending, programme: ReleasedProgramme, now: datetime) -> int:
    return len(await changes_for(attending.registration_code, attending.zone, programme, now))


KEEPER = AgendaKeeper(read=_agenda_of, star=_star, changed=_changed)
"""The agenda as the public programme reaches it: the stars of someone signed in are their agenda."""
