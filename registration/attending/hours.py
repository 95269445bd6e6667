"""How long somebody attended, from their stays. Pure: plain values in and out; every instant is aware UTC.

The rule, as the certificate's page tells it: a session counts from when the person went in through its door, not
before it starts, until it ends, or until they said that they left. Time in two sessions at once counts once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

Span = tuple[datetime, datetime]
"""From and until (exclusive)."""


@dataclass(frozen=True)
class Stay:
    """A stay in the room of a slot that lasts from ``start`` to ``end``. ``left`` None: until the end."""

    slot: str
    start: datetime
    end: datetime
    came: datetime
    left: datetime | None = None

    @property
    def span(self) -> Span | None:
        """What of the stay counts; None where nothing does, such as of one who came after the end."""
        begins = max(self.start, self.came)
        ends = self.end if self.left is None else min(self.end, self.left)
        return (begins, ends) if begins < ends else None


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time as disjoint spans, in order."""
    found: list[Span] = []
    for begins, ends in sorted(spans):
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends))
        else:
            found.append((begins, ends))
    return found


def attended(stays: Iterable[Stay]) -> timedelta:
    """The time spent in sessions, each moment counted once."""
    spans = merged(span for stay in stays if (span := stay.span) is not None)
    return sum((ends - begins for begins, ends in spans), timedelta())


def whole_minutes(time: timedelta) -> int:
    """Whole minutes, what is left over dropped."""
    return int(time.total_seconds() // 60)


def minutes_by_slot(stays: Iterable[Stay]) -> dict[str, int]:
    """Whole minutes spent in each slot; slots of which nothing counts are missing."""
    by_slot: dict[str, list[Stay]] = {}
    for stay in stays:
        if stay.span is not None:
            by_slot.setdefault(stay.slot, []).append(stay)
    return {slot: whole_minutes(attended(own)) for slot, own in by_slot.items()}
