"""Rules about two slots: swept room by room, person by person and track by track in order of time. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from sessions.schedule.conflict_kinds import ConflictKind
from sessions.schedule.placements import Placement

Found = tuple[ConflictKind, int, int, tuple[int, ...]]
"""Kind, the two slots in order of their numbers, and the people it is about, sorted."""

_AT_ONCE = timedelta()


def in_rooms(placements: Iterable[Placement]) -> Iterator[Found]:
    """What shares a room at one time. Two blockers are in nobody's way; a blocker and anything else are a kind of their own."""
    by_room = _grouped((p.room, p) for p in placements)
    for earlier, later in _near_pairs(by_room, _AT_ONCE):
        if earlier.is_blocker and later.is_blocker:
            continue
        has_blocker = earlier.is_blocker or later.is_blocker
        yield (ConflictKind.BLOCKER if has_blocker else ConflictKind.ROOM, *_ordered(earlier, later), ())


def of_speakers(placements: Iterable[Placement], gap: timedelta) -> Iterator[Found]:
    """People in two places at once, or with less than ``gap`` between two rooms.

    Who chairs or interprets either of the two is told under that kind. Staying in one room needs no time between.
    """
    by_person = _grouped((person, p) for p in placements for person in p.speakers)
    whom: dict[tuple[ConflictKind, int, int], list[int]] = defaultdict(list)
    for person, placed in by_person.items():
        for earlier, later in _near_pairs({person: placed}, gap):
            kind = _torn(person, earlier, later)
            if kind is not None:
                whom[kind, *_ordered(earlier, later)].append(person)
    for (kind, one, other), people in whom.items():
        yield kind, one, other, tuple(sorted(people))


def in_tracks(placements: Iterable[Placement]) -> Iterator[Found]:
    """Two sessions of one track at once. Breaks and blockers are in nobody's track, and a repeat is the same session."""
    by_track = _grouped((p.track, p) for p in placements if not p.is_break and not p.is_blocker)
    for earlier, later in _near_pairs(by_track, _AT_ONCE):
        if earlier.session is None or earlier.session != later.session:
            yield (ConflictKind.TRACK, *_ordered(earlier, later), ())


def _torn(person: int, earlier: Placement, later: Placement) -> ConflictKind | None:
    if later.start >= earlier.end:
        return None if earlier.room is not None and earlier.room == later.room else ConflictKind.GAP
    if person in earlier.chairs or person in later.chairs:
        return ConflictKind.CHAIR
    if person in earlier.interpreters or person in later.interpreters:
        return ConflictKind.INTERPRETER
    return ConflictKind.SPEAKER


def _grouped(pairs: Iterable[tuple[int | None, Placement]]) -> dict[int, list[Placement]]:
    found: dict[int, list[Placement]] = defaultdict(list)
    for key, placement in pairs:
        if key is not None:
            found[key].append(placement)
    return found


def _near_pairs(
    groups: Mapping[int, list[Placement]], gap: timedelta
) -> Iterator[tuple[Placement, Placement]]:
    """Pairs of a group, the earlier first, with less than ``gap`` between them or, half-open, some time in common."""
    for placed in groups.values():
        if len(placed) < 2:
            continue
        going_on: list[Placement] = []
        for placement in sorted(placed, key=lambda p: (p.start, p.slot)):
            since = placement.start - gap
            going_on = [earlier for earlier in going_on if earlier.end > since]
            for earlier in going_on:
                yield earlier, placement
            going_on.append(placement)


def _ordered(one: Placement, other: Placement) -> tuple[int, int]:
    return (one.slot, other.slot) if one.slot < other.slot else (other.slot, one.slot)
