"""Clashes of a schedule: what cannot be at once. Plain values in and out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ConflictKind(StrEnum):
    """Which rule two placings break. Each further rule gets its own kind."""

    ROOM = "room"  # two things in one room at once
    SPEAKER = "speaker"  # one person in two places at once


@dataclass(frozen=True)
class Placement:
    """A slot in a room and time, as far as clashes go. ``start`` and ``end`` are aware; ``end`` is exclusive.

    ``speakers`` are those who cannot be in two places: people, not organisations. A cancelled slot clashes with nothing.
    """

    slot: int
    room: int | None
    start: datetime
    end: datetime
    speakers: frozenset[int] = frozenset()
    is_cancelled: bool = False


@dataclass(frozen=True, order=True)
class Conflict:
    """Two slots (``one`` < ``other``) that clash. ``speakers``, sorted, says who is torn; empty for rooms."""

    one: int
    other: int
    kind: ConflictKind
    speakers: tuple[int, ...] = ()

    def partner(self, slot: int) -> int:
        """The slot that ``slot`` clashes with."""
        return self.other if slot == self.one else self.one


def find_conflicts(placements: Iterable[Placement]) -> list[Conflict]:
    """Every clash once, sorted. Back-to-back is none: intervals are half-open, and one without length overlaps nothing.

    Each room's and each speaker's placings are swept in order of time, so the cost is n log n plus the clashes found.
    """
    in_room: dict[int, list[Placement]] = defaultdict(list)
    of_speaker: dict[int, list[Placement]] = defaultdict(list)
    for placement in placements:
        if placement.is_cancelled or placement.start >= placement.end:
            continue
        if placement.room is not None:
            in_room[placement.room].append(placement)
        for speaker in placement.speakers:
            of_speaker[speaker].append(placement)
    found = [
        Conflict(*_ordered(pair), ConflictKind.ROOM)
        for placed in in_room.values()
        for pair in _overlaps(placed)
    ]
    torn: dict[tuple[int, int], list[int]] = defaultdict(list)
    for speaker, placed in of_speaker.items():
        for pair in _overlaps(placed):
            torn[_ordered(pair)].append(speaker)
    found += [
        Conflict(one, other, ConflictKind.SPEAKER, tuple(sorted(who))) for (one, other), who in torn.items()
    ]
    return sorted(found)


def conflicts_of(slot: int, placements: Iterable[Placement]) -> list[Conflict]:
    """The clashes of one slot, sorted; empty when it is not among the placements. Linear in their number."""
    everything = list(placements)
    mine = next((placement for placement in everything if placement.slot == slot), None)
    if mine is None:
        return []
    near = [
        placement
        for placement in everything
        if placement.start < mine.end
        and mine.start < placement.end
        and (placement.room == mine.room or placement.speakers & mine.speakers)
    ]
    return [conflict for conflict in find_conflicts(near) if slot in (conflict.one, conflict.other)]


def by_slot(conflicts: Iterable[Conflict]) -> dict[int, list[Conflict]]:
    """The clashes under both of their slots, so that each side shows them."""
    found: dict[int, list[Conflict]] = defaultdict(list)
    for conflict in conflicts:
        found[conflict.one].append(conflict)
        found[conflict.other].append(conflict)
    return dict(found)


def _ordered(pair: tuple[Placement, Placement]) -> tuple[int, int]:
    return min(pair[0].slot, pair[1].slot), max(pair[0].slot, pair[1].slot)


def _overlaps(placed: list[Placement]) -> list[tuple[Placement, Placement]]:
    """Pairs that share some time."""
    if len(placed) < 2:
        return []
    pairs: list[tuple[Placement, Placement]] = []
    going_on: list[Placement] = []
    for placement in sorted(placed, key=lambda p: (p.start, p.slot)):
        going_on = [earlier for earlier in going_on if earlier.end > placement.start]
        pairs += [(earlier, placement) for earlier in going_on]
        going_on.append(placement)
    return pairs
