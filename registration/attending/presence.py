"""Noting who went into a room, for those who agreed to it; organisers putting it right; forgetting it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from conference import audit
from conference.db import keep, locked
from conference.errors import Conflict, NotFound
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from registration.attending.tables import Certificate, Presence
from registration.seating.seats import standing
from registration.tables import Registration, RegistrationStatus
from sessions.door import passing
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSlot
from sessions.tables import Slot


class NothingToNote(Conflict):
    """Presence cannot be noted: the person has not agreed to it, or the session has not begun."""


async def note_presence(conference_id: int, code: str, slot_id: int, now: datetime) -> None:
    """The holder of the registration ``code`` goes into the room of a slot (row id). Notes it if they agreed to it.

    A second time through the door is the same stay, unless they said that they left: then a new one begins.
    """
    registration = (
        await Registration.select(Registration.id)
        .where((Registration.code == code) & (Registration.conference == conference_id))
        .first()
    )
    if registration is None:
        return
    async with locked(Registration, registration["id"]):
        if await _may_note(registration["id"]):
            await _begin_stay(registration["id"], slot_id, now)


async def _may_note(registration_id: int) -> bool:
    return await Registration.exists().where(
        (Registration.id == registration_id)
        & Registration.notes_presence.eq(True)
        & (Registration.status == RegistrationStatus.CONFIRMED.value)
    )


async def _begin_stay(registration_id: int, slot_id: int, at: datetime) -> None:
    stay = await Presence.objects().where(_open_stay(registration_id, slot_id)).first()
    if stay is not None:
        if at > stay.last_at:
            await Presence.update({Presence.last_at: at}).where(Presence.id == stay.id)
        return
    await keep(Slot, slot_id)
    if await Slot.exists().where(Slot.id == slot_id):
        await Presence(registration=registration_id, slot=slot_id, first_at=at, last_at=at).save()


def _open_stay(registration_id: int, slot_id: int) -> Any:
    return (
        (Presence.registration == registration_id) & (Presence.slot == slot_id) & Presence.left_at.is_null()
    )


async def leave_room(registration: Registration, slot: ReleasedSlot, now: datetime) -> None:
    """They say that they have left the session: the time after it does not count, and their place is free again."""
    async with locked(Registration, registration.id):
        stay = await Presence.objects().where(_open_stay(registration.id, slot.id)).first()
        if stay is not None:
            left_at = max(now, stay.first_at)
            await Presence.update({Presence.left_at: left_at}).where(Presence.id == stay.id)
    await passing.leave(slot, registration.code, now)


async def attest_presence(
    conference: Conference,
    registration_id: int,
    slot: ReleasedSlot,
    *,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    """The team attests that the person was in the whole of a session that the door did not note.

    Nothing happens where a stay from its start is noted already. Raises NothingToNote, NotFound.
    """
    async with locked(Registration, registration_id):
        registration = await standing(registration_id)
        if not registration.notes_presence:
            raise NothingToNote(_("They have not agreed to having their presence noted."))
        if now < slot.start:
            raise NothingToNote(_("This session has not begun yet."))
        await keep(Slot, slot.id)
        if not await Slot.exists().where(Slot.id == slot.id):
            raise NotFound(_("There is no such session any more."))
        rows = await Presence.objects().where(
            (Presence.registration == registration_id) & (Presence.slot == slot.id)
        )
        if any(row.left_at is None and row.first_at <= slot.start for row in rows):
            return
        await Presence.delete().where((Presence.registration == registration_id) & (Presence.slot == slot.id))
        await Presence(
            registration=registration_id, slot=slot.id, first_at=slot.start, last_at=slot.start
        ).save()
        await _record(conference, registration, "presence-attested", slot, actor, now)


async def strike_presence(
    conference: Conference,
    registration_id: int,
    slot: ReleasedSlot,
    *,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    """The team strikes what is noted of the person in a session. Nothing happens where nothing is."""
    async with locked(Registration, registration_id):
        registration = await Registration.objects().where(Registration.id == registration_id).first()
        gone = (
            await Presence.delete()
            .where((Presence.registration == registration_id) & (Presence.slot == slot.id))
            .returning(Presence.id)
        )
        if gone and registration is not None:
            await _record(conference, registration, "presence-struck", slot, actor, now)


async def _record(
    conference: Conference,
    registration: Registration,
    action: str,
    slot: ReleasedSlot,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    await audit.record(
        conference_id=conference.id,
        actor=actor,
        action=action,
        subject=f"registration:{registration.code}",
        after={"slot": slot.code},
        now=now,
    )


async def forget_presence(registration_id: int) -> None:
    """Delete what was noted of the person and their certificate, and note nothing more.

    Joins the caller's transaction, which holds the registration's lock.
    """
    await Presence.delete().where(Presence.registration == registration_id)
    await Certificate.delete().where(Certificate.registration == registration_id)
    await Registration.update({Registration.notes_presence: False}).where(Registration.id == registration_id)


def slot_of(programme: ReleasedProgramme | None, code: str) -> ReleasedSlot:
    """The slot of the programme. Raises NotFound."""
    if programme is None or code not in programme.slot_by_code:
        raise NotFound(_("There is no such session."))
    return programme.slot_by_code[code][1]
