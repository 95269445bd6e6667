"""Writing what a step of the schedule editor changes: slots and the record of it, each in a few statements."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from conference import audit
from conference.tables import AuditEntry
from conference.viewer import SignedInOrganiser
from sessions.schedule.moves import SlotState
from sessions.schedule.slot_changes import Move
from sessions.tables import Session, Slot

_AT_ONCE = 400  # rows per statement: both databases limit how many values one may carry


@dataclass(frozen=True)
class PlacedSlot:
    """A slot after a rule: where it stands now and stood before. ``start`` and ``end`` are UTC, None off the grid.

    ``before`` is None for a slot that the rule made, ``after`` for one that it removed.
    """

    slot_id: int
    code: str
    revision: int
    before: SlotState | None
    after: SlotState | None
    start: datetime | None
    end: datetime | None
    start_before: datetime | None
    end_before: datetime | None


def is_elsewhere(move: Move, zone: str) -> bool:
    """Whether the slot would stand otherwise than it does."""
    slot = move.held.slot
    return (
        move.held.state != move.after
        or slot.start != move.start
        or (slot.start is not None and slot.zone != zone)
    )


async def write_moves(moves: Sequence[Move], zone: str) -> list[PlacedSlot]:
    """Write where the slots stand, all in a few statements."""
    placed = []
    for move in moves:
        slot, after = move.held.slot, move.after
        end = move.start + timedelta(minutes=after.length_minutes) if move.start else None
        placed.append(
            PlacedSlot(
                slot.id, slot.code, slot.revision + 1,
                move.held.state, after,
                move.start, end,
                slot.start, slot.end,
            )
        )  # fmt: skip
        slot.room = after.room
        slot.local_start = datetime.fromisoformat(after.local_start) if after.local_start else None
        slot.zone = zone if move.start else ""
        slot.start, slot.end, slot.length_minutes = move.start, end, after.length_minutes
        slot.revision += 1
    slots = [move.held.slot for move in moves]
    for first in range(0, len(slots), _AT_ONCE):
        # Each row is there and held, so every one of them is an update: this is how many go in one statement.
        await Slot.insert(*slots[first : first + _AT_ONCE]).on_conflict(
            target=Slot.id,
            action="DO UPDATE",
            values=[
                Slot.room, Slot.local_start, Slot.zone, Slot.start, Slot.end, Slot.length_minutes, Slot.revision,
            ],
        )  # fmt: skip
    return placed


async def write_audit(
    conference_id: int,
    placed: Iterable[PlacedSlot],
    names: Mapping[int | None, str],
    *,
    action: str,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    """One entry per slot: ``action`` for those moved, "slot-added" and "slot-removed" for the others."""
    entries = [
        audit.entry(
            conference_id=conference_id,
            actor=actor,
            action="slot-added" if one.before is None else "slot-removed" if one.after is None else action,
            subject=f"slot:{one.code}",
            before=one.before.as_words(names) if one.before else None,
            after=one.after.as_words(names) if one.after else None,
            now=now,
        )
        for one in placed
    ]
    for first in range(0, len(entries), _AT_ONCE):
        await AuditEntry.insert(*entries[first : first + _AT_ONCE])


def as_plain(slot: Slot) -> dict[str, Any]:
    """What of a slot its place does not say: enough to make it again."""
    return {name: getattr(slot, name) for name in ("guid", "seats", "is_cancelled", "position")}


def plain_session(session: Session) -> dict[str, Any]:
    """A session's row as JSON holds it, but for its id."""
    row: dict[str, Any] = json.loads(json.dumps(session.to_dict()))
    del row["id"]
    return row


async def record_session(
    action: str, conference_id: int, row: Mapping[str, Any], *, actor: SignedInOrganiser, now: datetime
) -> None:
    """The audit entry of a break or blocker that is made or removed whole."""
    said = {"kind": row["kind"], "title": row["title"]}
    await audit.record(
        conference_id=conference_id,
        actor=actor,
        action=action,
        subject=f"session:{row['code']}",
        before=said if action == "session-deleted" else None,
        after=None if action == "session-deleted" else said,
        now=now,
    )
