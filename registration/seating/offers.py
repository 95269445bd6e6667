"""The seats a person may choose among: sessions with limited places that have not begun. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from registration.seating.allocation import free_seats
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSlot


@dataclass(frozen=True)
class SeatOption:
    """A slot of a session and how many seats are left in it."""

    slot: ReleasedSlot
    left: int

    @property
    def is_full(self) -> bool:
        """Whether nobody more fits in."""
        return self.left == 0


@dataclass(frozen=True)
class SeatChoice:
    """A session of which a person may choose one slot."""

    session: ReleasedSession
    options: tuple[SeatOption, ...]


def seat_choices(
    programme: ReleasedProgramme | None, taken: Mapping[int, int], now: datetime
) -> tuple[SeatChoice, ...]:
    """Every session with seats to choose, in order of its first slot. ``taken`` counts seats by the slot's row id."""
    if programme is None:
        return ()
    found: dict[str, list[SeatOption]] = {}
    for session, slot in programme.placings:
        if slot.seats is None or slot.is_cancelled or session.is_cancelled or slot.start <= now:
            continue
        left = free_seats(slot.seats, taken.get(slot.id, 0)) or 0
        found.setdefault(session.code, []).append(SeatOption(slot, left))
    return tuple(
        SeatChoice(programme.session_by_code[code], tuple(options)) for code, options in found.items()
    )
