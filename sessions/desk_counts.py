"""What the programme has so far, for the overview of the organiser's desk."""

from __future__ import annotations

from sessions.tables import Room, Session, Slot


async def programme_counts(conference_id: int) -> dict[str, int]:
    """Rooms, sessions, and slots that have no place yet, in the draft. Three queries."""
    return {
        "rooms": await Room.count().where(Room.conference == conference_id),
        "sessions": await Session.count().where(Session.conference == conference_id),
        "unscheduled": await Slot.count().where(
            (Slot.conference == conference_id) & Slot.start.is_null() & Slot.is_cancelled.eq(False)
        ),
    }
