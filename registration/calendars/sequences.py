"""Where the SEQUENCE of a person's invites begins, so that calendars believe who has left and comes back."""

from __future__ import annotations

from registration.calendars.tables import SequenceFloor

_RAISE = (
    "INSERT INTO sequence_floor (conference, sequence) VALUES ({}, {})"
    " ON CONFLICT (conference) DO UPDATE SET sequence = excluded.sequence"
    " WHERE sequence_floor.sequence < excluded.sequence"
)


async def floor_of(conference_id: int) -> int:
    """The least SEQUENCE of a first invite: above every CANCEL sent to somebody whose registration is no more."""
    row = await (
        SequenceFloor.select(SequenceFloor.sequence).where(SequenceFloor.conference == conference_id).first()
    )
    return int(row["sequence"]) if row else 0


async def raise_floor(conference_id: int, least: int) -> None:
    """Let first invites begin at ``least`` or above; it is never lowered. Joins the caller's transaction."""
    await SequenceFloor.raw(_RAISE, conference_id, least)
