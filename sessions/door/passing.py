"""Going in through the door of a slot: no more at once than the room takes, and nobody counted twice.

What is kept of a person is a keyed hash that differs from slot to slot, so that nothing can be read from it about who
goes where; the day after, even that is deleted and only a number stays.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from conference.codes import derived_token
from conference.db import keep, locked, transaction
from sessions.door.tables import DoorCount, DoorPass
from sessions.programme.snapshot import ReleasedSlot
from sessions.tables import Slot

KNOWN_FOR = timedelta(days=1)
"""How long after its slot has ended a pass is kept."""
_BATCH = 50  # slots at once
_ENDED = (
    "SELECT DISTINCT p.slot AS slot FROM door_pass p JOIN slot s ON s.id = p.slot "
    'WHERE p.at <= {} AND (s."end" IS NULL OR s."end" <= {}) ORDER BY p.slot LIMIT {}'
)


def mark_of(slot: str, person: str) -> str:
    """The mark by which the door of a slot (its code) knows somebody (a code that is theirs alone) again."""
    return derived_token("door-pass", slot, person)


async def go_in(slot: ReleasedSlot, person: str, capacity: int | None, now: datetime) -> bool:
    """Let somebody into the room of a slot; False when as many are in it as it takes (None: any number).

    Whoever is in already stays in, also in a room that has been made smaller since. Of any number who come at once
    exactly as many get in as there are places.
    """
    mark = mark_of(slot.code, person)
    if await _is_in(slot.id, mark):
        return True
    async with locked(Slot, slot.id) if capacity is not None else transaction():
        if await _is_in(slot.id, mark):
            return True
        if capacity is not None and await _inside(slot.id) >= capacity:
            return False
        await keep(Slot, slot.id)
        if not await Slot.exists().where(Slot.id == slot.id):
            return True  # taken out of the draft while the release still has it: nothing to count by
        await (
            DoorPass.insert(DoorPass(slot=slot.id, mark=mark, at=now))
            .on_conflict(
                target=(DoorPass.slot, DoorPass.mark), action="DO UPDATE", values=[(DoorPass.left_at, None)]
            )
            .returning(DoorPass.id)
        )
    return True


async def is_in(slot: ReleasedSlot, person: str) -> bool:
    """Whether the person holds a place in the room of the slot."""
    return await _is_in(slot.id, mark_of(slot.code, person))


async def leave(slot: ReleasedSlot, person: str, now: datetime) -> None:
    """The person has left: their place is free for somebody else. Twice is once."""
    mine = (DoorPass.slot == slot.id) & (DoorPass.mark == mark_of(slot.code, person))
    await DoorPass.update({DoorPass.left_at: now}).where(mine & DoorPass.left_at.is_null())


async def _is_in(slot_id: int, mark: str) -> bool:
    return await DoorPass.exists().where(
        (DoorPass.slot == slot_id) & (DoorPass.mark == mark) & DoorPass.left_at.is_null()
    )


async def _inside(slot_id: int) -> int:
    return int(await DoorPass.count().where((DoorPass.slot == slot_id) & DoorPass.left_at.is_null()))


@dataclass(frozen=True)
class Attendance:
    """How many people went into the room of a slot, and how many of them have not said that they left."""

    came: int = 0
    inside: int = 0


async def attendance_of(slot_ids: Collection[int]) -> dict[int, Attendance]:
    """Attendance by slot (row ids); slots that nobody came to are missing. Two queries, none without slots."""
    if not slot_ids:
        return {}
    marks = ", ".join("{}" for _slot in slot_ids)
    found = {
        row["slot"]: Attendance(row["people"])
        for row in await DoorCount.select(DoorCount.slot, DoorCount.people).where(
            DoorCount.slot.is_in(list(slot_ids))
        )
    }
    rows = await DoorPass.raw(
        "SELECT slot, COUNT(*) AS came, SUM(CASE WHEN left_at IS NULL THEN 1 ELSE 0 END) AS inside "  # noqa: S608 - only placeholders are put in
        f"FROM door_pass WHERE slot IN ({marks}) GROUP BY slot",
        *slot_ids,
    )
    for row in rows:
        before = found.get(row["slot"], Attendance()).came
        found[row["slot"]] = Attendance(before + int(row["came"]), int(row["inside"]))
    return found


async def forget_passes(now: datetime) -> int:
    """Of slots that ended a day ago keep the number of people alone. A job; returns how many slots it dealt with."""
    rows = await DoorPass.raw(_ENDED, now - KNOWN_FOR, now - KNOWN_FOR, _BATCH)
    for row in rows:
        async with locked(Slot, row["slot"]):
            gone = await DoorPass.delete().where(DoorPass.slot == row["slot"]).returning(DoorPass.id)
            before = await DoorCount.objects().where(DoorCount.slot == row["slot"]).first()
            if before is None:
                if gone:
                    await DoorCount(slot=row["slot"], people=len(gone)).save()
            else:
                await DoorCount.update({DoorCount.people: before.people + len(gone)}).where(
                    DoorCount.slot == row["slot"]
                )
    return len(rows)
