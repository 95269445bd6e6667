"""Seats and time: which wishes fit together, and how many seats are left. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations


@dataclass(frozen=True)
class Placing:
    """A slot that somebody wishes for. ``session`` and ``slot`` are codes; ``start`` and ``end`` aware, half-open."""

    session: str
    slot: str
    start: datetime
    end: datetime


def overlap(one: Placing, other: Placing) -> bool:
    """Whether the two share a moment; one that begins as the other ends does not."""
    return one.start < other.end and other.start < one.end


def clashes(wishes: Iterable[Placing]) -> list[tuple[Placing, Placing]]:
    """Every pair of wishes that one person cannot attend both, the earlier first, in order of time."""
    ordered = sorted(wishes, key=lambda wish: (wish.start, wish.end, wish.slot))
    return [(one, other) for one, other in combinations(ordered, 2) if overlap(one, other)]


def free_seats(capacity: int | None, taken: int) -> int | None:
    """Seats left, never negative (a capacity may be lowered below what is taken); None where no seat is needed."""
    return None if capacity is None else max(0, capacity - taken)
