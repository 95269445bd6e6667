"""A person's agenda: the sessions without limited seats that they mean to attend."""

from __future__ import annotations

from datetime import datetime

from conference.db import locked
from conference.errors import NotFound
from conference.i18n import _
from registration.seats import SeatGone, standing, touch
from registration.tables import AgendaItem, Registration
from sessions.programme.snapshot import ReleasedProgramme
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
        await touch(registration_id, now)


async def take_off_agenda(registration_id: int, slot_code: str, now: datetime) -> None:
    """Take a slot off the agenda, also one that is released no more; nothing happens when it is not on it."""
    async with locked(Registration, registration_id):
        await standing(registration_id)
        row = await Slot.select(Slot.id).where(Slot.code == slot_code).first()
        if row is not None:
            await AgendaItem.delete().where(
                (AgendaItem.registration == registration_id) & (AgendaItem.slot == row["id"])
            )
            await touch(registration_id, now)
