"""Rules about a session's slots as its own page sets them: length, seats, place; a further slot; taking one away.

Where a slot stands is changed by ``sessions.schedule.placing`` alone, so that undo and the audit log know of it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conference import audit
from conference.codes import new_code
from conference.db import locked
from conference.errors import Conflict, NotFound, StaleEdit
from conference.i18n import _
from conference.viewer import SignedInOrganiser
from sessions.schedule.draft_changes import touch_draft
from sessions.schedule.placing import place_slot, resize, unschedule_slot
from sessions.schedule.slot_changes import was_released as was_released
from sessions.tables import Session, Slot


class SlotKept(Conflict):
    """The slot cannot be taken away: it is published, on the grid, or the session's only one."""


@dataclass(frozen=True)
class SlotFacts:
    """What a session's page says of a slot. ``room`` (row id) and ``local_start`` (naive wall clock of the
    conference's zone) are both None for an unscheduled one. ``seats`` None = open to everyone."""

    length_minutes: int = 30
    seats: int | None = None
    room: int | None = None
    local_start: datetime | None = None

    @property
    def is_placed(self) -> bool:
        """Whether it stands in a room at a time."""
        return self.room is not None and self.local_start is not None


def slot_facts(slot: Slot) -> SlotFacts:
    """The facts a row holds."""
    return SlotFacts(slot.length_minutes, slot.seats, slot.room, slot.local_start)


async def slots_of(session_id: int) -> list[Slot]:
    """The session's slots in their order."""
    return await Slot.objects().where(Slot.session == session_id).order_by(Slot.position).order_by(Slot.id)


async def slot_by_code(session_id: int, code: str) -> Slot:
    """The session's slot of this code. Raises NotFound."""
    slot = await Slot.objects().where((Slot.session == session_id) & (Slot.code == code[:12])).first()
    if slot is None:
        raise _not_there()
    return slot


async def insert_slot(
    session: Session,
    facts: SlotFacts,
    *,
    position: int,
    fold: int | None = None,
    actor: SignedInOrganiser,
    now: datetime,
) -> Slot:
    """Write a new slot in the caller's transaction, and place it where ``facts`` says where."""
    slot = Slot(
        conference=session.conference,
        session=session.id,
        code=new_code(),
        guid=str(uuid.uuid4()),
        length_minutes=facts.length_minutes,
        seats=facts.seats,
        position=position,
    )
    await slot.save()
    await _record(
        "slot-added",
        slot,
        actor=actor,
        after={"session": session.code, "length_minutes": facts.length_minutes, "seats": facts.seats},
        now=now,
    )
    if facts.room is None or facts.local_start is None:
        await touch_draft(session.conference, slots=[slot.code], actor=actor, now=now)
    else:
        await place_slot(
            slot.id,
            room_id=facts.room,
            local_start=facts.local_start,
            length_minutes=facts.length_minutes,
            revision=1,
            fold=fold,
            actor=actor,
            now=now,
        )
    return slot


async def add_slot(
    session_id: int,
    facts: SlotFacts,
    *,
    fold: int | None = None,
    actor: SignedInOrganiser,
    now: datetime,
) -> Slot:
    """Add a further slot, for another part of the world. Raises LocalTimeError, PlacingRefused, NotFound."""
    async with locked(Session, session_id):
        session = await Session.objects().where(Session.id == session_id).first()
        if session is None:
            raise NotFound(_("There is no such session. It may have been deleted meanwhile."))
        others = await slots_of(session_id)
        position = max((slot.position for slot in others), default=-1) + 1
        return await insert_slot(session, facts, position=position, fold=fold, actor=actor, now=now)


async def change_slot(
    slot_id: int,
    facts: SlotFacts,
    *,
    fold: int | None = None,
    revision: int,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    """Give the slot, as seen at ``revision``, its seats, length and place; without a place it leaves the grid.

    Raises StaleEdit, LocalTimeError, PlacingRefused, NotFound, and then nothing is written.
    """
    async with locked(Slot, slot_id):
        slot = await Slot.objects().where(Slot.id == slot_id).first()
        if slot is None:
            raise _not_there()
        before = slot_facts(slot)
        if slot.revision != revision:
            raise StaleEdit(
                _("Someone else has changed this slot meanwhile."), mine=_plain(facts), theirs=_plain(before)
            )
        if facts.seats != before.seats:
            await Slot.update({Slot.seats: facts.seats, Slot.revision: revision + 1}).where(
                Slot.id == slot_id
            )
            await _record(
                "slot-seats-set",
                slot,
                actor=actor,
                before={"seats": before.seats},
                after={"seats": facts.seats},
                now=now,
            )
            revision += 1
        if facts.room is not None and facts.local_start is not None:
            await place_slot(
                slot_id,
                room_id=facts.room,
                local_start=facts.local_start,
                length_minutes=facts.length_minutes,
                fold=fold,
                revision=revision,
                actor=actor,
                now=now,
            )
        elif before.is_placed:
            off = await unschedule_slot(slot_id, revision=revision, actor=actor, now=now)
            revision = off.placed.revision
        if not facts.is_placed and facts.length_minutes != before.length_minutes:
            await resize(
                slot_id, length_minutes=facts.length_minutes, revision=revision, actor=actor, now=now
            )
        if facts.seats != before.seats:
            await touch_draft(slot.conference, slots=[slot.code], actor=actor, now=now)


async def set_slot_cancelled(
    slot_id: int, is_cancelled: bool, *, actor: SignedInOrganiser, now: datetime
) -> None:
    """Cancel one of a session's slots, or restore it. Nothing happens where it stands so already."""
    async with locked(Slot, slot_id):
        slot = await Slot.objects().where(Slot.id == slot_id).first()
        if slot is None:
            raise _not_there()
        if bool(slot.is_cancelled) == is_cancelled:
            return
        await Slot.update({Slot.is_cancelled: is_cancelled, Slot.revision: slot.revision + 1}).where(
            Slot.id == slot_id
        )
        await _record(
            "slot-cancelled" if is_cancelled else "slot-restored",
            slot,
            actor=actor,
            before={"is_cancelled": not is_cancelled},
            after={"is_cancelled": is_cancelled},
            now=now,
        )
        await touch_draft(slot.conference, slots=[slot.code], actor=actor, now=now)


async def remove_slot(slot_id: int, *, actor: SignedInOrganiser, now: datetime) -> None:
    """Take away a slot that is off the grid, was never published and is not the session's only one. Raises SlotKept."""
    found = await Slot.select(Slot.session).where(Slot.id == slot_id).first()
    if found is None:
        raise _not_there()
    async with locked(Session, found["session"]), locked(Slot, slot_id):
        slot = await Slot.objects().where(Slot.id == slot_id).first()
        if slot is None:
            raise _not_there()
        if slot.start is not None:
            raise SlotKept(_("This slot is on the schedule. Take it off first."))
        if await Slot.count().where(Slot.session == slot.session) < 2:
            raise SlotKept(_("A session keeps at least one slot."))
        if await was_released(slot.conference, slot.code):
            raise SlotKept(
                _(
                    "This slot has been published, and people may hold seats in it. Leave it off the schedule instead."
                )
            )
        await Slot.delete().where(Slot.id == slot_id)
        await _record("slot-removed", slot, actor=actor, before=_plain(slot_facts(slot)), now=now)
        await touch_draft(slot.conference, slots=[slot.code], actor=actor, now=now)


def _plain(facts: SlotFacts) -> dict[str, Any]:
    return {
        "length_minutes": facts.length_minutes,
        "seats": facts.seats,
        "room": facts.room,
        "start": facts.local_start.isoformat(" ", "minutes") if facts.local_start else "",
    }


def _not_there() -> NotFound:
    return NotFound(_("There is no such slot in this conference. It may have been deleted meanwhile."))


async def _record(
    action: str,
    slot: Slot,
    *,
    actor: SignedInOrganiser,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    now: datetime,
) -> None:
    await audit.record(
        conference_id=slot.conference,
        actor=actor,
        action=action,
        subject=f"slot:{slot.code}",
        before=before,
        after=after,
        now=now,
    )
