"""Rules of the draft schedule about one slot: placing it, taking it off, changing its length.

Nothing here touches a public page: the public sees releases only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from conference.db import transaction
from conference.tables import Conference
from conference.texts import LocalText
from conference.viewer import SignedInOrganiser
from sessions.schedule.moves import SlotState, StepFacts, StepKind
from sessions.schedule.slot_changes import (
    LONGEST,
    SHORTEST,
    Move,
    PlacingRefused,
    check_length,
    hold_one,
    ids_of,
    keep_rooms,
    move_to,
    refuse_stale,
    slot_gone,
)
from sessions.schedule.steps import StepDone, write_step

__all__ = [
    "LONGEST",
    "SHORTEST",
    "PlacingRefused",
    "place_slot",
    "resize",
    "slot_id_of",
    "unschedule_slot",
]


async def place_slot(
    slot_id: int,
    *,
    room_id: int,
    local_start: datetime,
    length_minutes: int,
    fold: int | None = None,
    revision: int,
    actor: SignedInOrganiser,
    now: datetime,
) -> StepDone:
    """Put the slot, as seen at ``revision``, into a room at a wall-clock time (naive) of the conference's zone.

    Raises StaleEdit, SkippedHour, RepeatedHour (unless ``fold`` says which of the two), PlacingRefused. Clashes are
    allowed unless the conference's rules forbid them: the organiser decides about them.
    """
    async with transaction():
        held, conference = await hold_one(slot_id)
        rooms = await keep_rooms(conference.id, [room_id])
        check_length(length_minutes)
        wall = local_start.replace(second=0, microsecond=0)
        stands = held.state
        wanted = SlotState(room_id, wall.isoformat(timespec="minutes"), fold or 0, length_minutes)
        await refuse_stale(held, revision, wanted)
        if fold is None and wanted.local_start == stands.local_start and held.slot.zone == conference.zone:
            # To another room at the same time: no need to ask again which of the two hours.
            fold = stands.fold
        move = move_to(held, wanted, conference.zone, fold)
        return await _write(conference, move, rooms, actor, now)


async def unschedule_slot(
    slot_id: int, *, revision: int, actor: SignedInOrganiser, now: datetime
) -> StepDone:
    """Take the slot, as seen at ``revision``, off the grid. Raises StaleEdit."""
    async with transaction():
        held, conference = await hold_one(slot_id)
        wanted = SlotState(None, None, 0, held.slot.length_minutes)
        await refuse_stale(held, revision, wanted)
        return await _write(conference, Move(held, wanted, None), {}, actor, now)


async def resize(
    slot_id: int, *, length_minutes: int, revision: int, actor: SignedInOrganiser, now: datetime
) -> StepDone:
    """Give the slot, as seen at ``revision``, another length; its start stays. Raises StaleEdit, PlacingRefused."""
    async with transaction():
        held, conference = await hold_one(slot_id)
        check_length(length_minutes)
        wanted = replace(held.state, length_minutes=length_minutes)
        await refuse_stale(held, revision, wanted)
        rooms = await keep_rooms(conference.id, [wanted.room])
        return await _write(conference, Move(held, wanted, held.slot.start), rooms, actor, now)


async def slot_id_of(conference_id: int, code: str) -> int:
    """The slot of this code in the conference. Raises NotFound."""
    found = (await ids_of(conference_id, [code])).get(code[:12])
    if found is None:
        raise slot_gone()
    return found


async def _write(
    conference: Conference,
    move: Move,
    rooms: Mapping[int | None, LocalText],
    actor: SignedInOrganiser,
    now: datetime,
) -> StepDone:
    facts = StepFacts(
        titles=(move.held.title,),
        room=rooms.get(move.after.room),
        before=move.held.state,
        after=move.after,
    )
    return await write_step(
        conference, StepKind.PLACE, facts, moves=[move], rooms=rooms, actor=actor, now=now
    )
