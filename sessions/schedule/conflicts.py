"""Clashes of a schedule: what cannot, or should not, be. Plain values in and out.

Whether something clashes depends on the one or two slots of the clash alone. So a list of clashes is kept up to date by leaving out
those of the slots that changed and adding ``conflicts_touching`` them.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta

from sessions.schedule.conflict_kinds import DEFAULT_LEVELS, LEVEL_ORDER, ConflictKind, Level
from sessions.schedule.limits import Stretches, Surroundings
from sessions.schedule.pair_rules import in_rooms, in_tracks, of_speakers
from sessions.schedule.placements import Conflict, Placement
from sessions.schedule.slot_rules import SLOT_RULES

__all__ = [
    "Conflict",
    "ConflictKind",
    "Level",
    "Placement",
    "by_slot",
    "conflicts_of",
    "conflicts_touching",
    "find_conflicts",
    "patched",
]


def find_conflicts(
    placements: Iterable[Placement], surroundings: Surroundings | None = None
) -> list[Conflict]:
    """Every clash once, sorted. Back-to-back is none: intervals are half-open, and one without length overlaps nothing.

    Without ``surroundings`` only what nobody can do is looked for: sharing a room, being in two places. What a conference
    ignores is not found. The cost is n log n plus the clashes found.
    """
    counted = [placement for placement in placements if placement.counts]
    return sorted(_conflicts(counted, surroundings))


def conflicts_of(
    slot: int, placements: Iterable[Placement], surroundings: Surroundings | None = None
) -> list[Conflict]:
    """The clashes of one slot, sorted; empty when it is not among the placements. Linear in their number."""
    return conflicts_touching({slot}, placements, surroundings)


def conflicts_touching(
    slots: Collection[int], placements: Iterable[Placement], surroundings: Surroundings | None = None
) -> list[Conflict]:
    """The clashes that any of ``slots`` has a part in, sorted. Only what is near them in time is compared."""
    counted = [placement for placement in placements if placement.counts]
    gap = _gap(surroundings)
    reach = Stretches.of((p.start - gap, p.end + gap) for p in counted if p.slot in slots)
    if not reach.starts:
        return []
    near = [p for p in counted if reach.meet(p.start, p.end)]
    return sorted(
        conflict
        for conflict in _conflicts(near, surroundings, only=slots)
        if conflict.one in slots or conflict.other in slots
    )


def patched(
    kept: Iterable[Conflict],
    slots: Collection[int],
    placements: Iterable[Placement],
    surroundings: Surroundings | None = None,
) -> list[Conflict]:
    """``kept``, the sorted clashes of the placements before ``slots`` changed, brought up to date, sorted.

    ``slots`` holds every slot that was moved, changed, added or taken away. The surroundings must be the same as before.
    """
    found = [c for c in kept if c.one not in slots and c.other not in slots]
    for conflict in conflicts_touching(slots, placements, surroundings):
        insort(found, conflict)  # few among many: cheaper than sorting all of them once more
    return found


def by_slot(conflicts: Iterable[Conflict]) -> dict[int, list[Conflict]]:
    """The clashes under each of their slots, so that each side shows them: the gravest first."""
    found: dict[int, list[Conflict]] = defaultdict(list)
    for conflict in conflicts:
        for slot in conflict.slots:
            found[slot].append(conflict)
    for mine in found.values():
        mine.sort(key=lambda conflict: LEVEL_ORDER[conflict.level])
    return dict(found)


def _conflicts(
    counted: list[Placement], around: Surroundings | None, only: Collection[int] | None = None
) -> Iterator[Conflict]:
    levels = around.rules.levels if around else {}
    level_of = {kind: levels.get(kind, DEFAULT_LEVELS[kind]) for kind in ConflictKind}
    for kind, one, other, people in _pairs(counted, around, level_of[ConflictKind.TRACK]):
        if level_of[kind] is not Level.IGNORE:
            yield Conflict(one, other, kind, people, level_of[kind])
    if around is None:
        return
    asked = [(kind, rule) for kind, rule in SLOT_RULES.items() if level_of[kind] is not Level.IGNORE]
    for placement in counted:
        if only is not None and placement.slot not in only:
            continue
        for kind, rule in asked:
            verdict = rule(placement, around)
            if verdict is not None:
                yield Conflict(placement.slot, None, kind, verdict, level_of[kind])


def _pairs(
    counted: list[Placement], around: Surroundings | None, track: Level
) -> Iterator[tuple[ConflictKind, int, int, tuple[int, ...]]]:
    yield from in_rooms(counted)
    yield from of_speakers(counted, _gap(around))
    if around is not None and track is not Level.IGNORE:
        yield from in_tracks(counted)


def _gap(around: Surroundings | None) -> timedelta:
    return timedelta(minutes=around.rules.gap_minutes if around else 0)
