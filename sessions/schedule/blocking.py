"""Clashes that a conference does not allow at all: a step that would bring one is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from conference.i18n import _, current_language
from conference.tables import Conference
from sessions.schedule.conflict_words import Facts, clash_of
from sessions.schedule.conflicts import Conflict, Level, Placement, conflicts_touching
from sessions.schedule.draft import placings_of, rooms_of, slots_by_id
from sessions.schedule.slot_changes import PlacingRefused
from sessions.schedule.slot_writing import PlacedSlot
from sessions.schedule.surroundings import rule_facts_of, surroundings_of


async def refuse_blocked(conference: Conference, placed: Sequence[PlacedSlot]) -> None:
    """Inside the transaction that has written ``placed``: raises PlacingRefused for a clash that is not allowed.

    Only what the change brings or makes longer counts, so that one can always move away from a clash. To be called when
    no other step can be under way: ``touch_draft`` has the conference's row until the transaction ends.
    """
    rules = await rule_facts_of(conference.id)
    if Level.BLOCK not in rules.levels.values():  # by default nothing is
        return
    surroundings = await surroundings_of(conference)
    now = (await placings_of(conference.id)).placements
    touched = {one.slot_id for one in placed}
    found = _blocking(conflicts_touching(touched, now, surroundings))
    if not found:
        return
    before = list(as_before(now, placed))
    stood = _blocking(conflicts_touching(touched, before, surroundings))
    worse = [conflict for conflict in found if _is_worse(conflict, now, stood, before)]
    if not worse:
        return
    conflict = worse[0]
    slots = {slot.id: slot for slot in await slots_by_id(conference, set(conflict.slots))}
    rooms = {room.id: room for room in await rooms_of(conference)}
    mine = conflict.one if conflict.one in touched else conflict.slots[-1]
    other = conflict.partner(mine)
    facts = Facts(conference.zone, rooms, current_language(), surroundings)
    clash = clash_of(slots[mine], conflict, slots[other] if other is not None else None, facts)
    raise PlacingRefused(
        "time",
        _("“%(title)s” cannot stand there, by this conference’s rules. %(clash)s.")
        % {"title": slots[mine].title, "clash": clash.text},
    )


def as_before(now: Iterable[Placement], placed: Iterable[PlacedSlot]) -> Iterable[Placement]:
    """The placements as they were before these slots were changed; one made or placed just now is not among them."""
    changed = {one.slot_id: one for one in placed}
    for placement in now:
        one = changed.get(placement.slot)
        if one is None:
            yield placement
        elif one.before is not None and one.start_before is not None and one.end_before is not None:
            yield replace(placement, room=one.before.room, start=one.start_before, end=one.end_before)


def _blocking(conflicts: Iterable[Conflict]) -> list[Conflict]:
    return [conflict for conflict in conflicts if conflict.level is Level.BLOCK]


def _is_worse(
    conflict: Conflict, now: Iterable[Placement], stood: Iterable[Conflict], before: Iterable[Placement]
) -> bool:
    """Whether the clash was not there before, or was shorter, or about fewer people."""
    for other in stood:
        same = (other.kind, other.one, other.other) == (conflict.kind, conflict.one, conflict.other)
        if same and set(conflict.speakers) <= set(other.speakers):
            return _overlap(conflict, _by_slot(now)) > _overlap(conflict, _by_slot(before))
    return True


def _by_slot(placements: Iterable[Placement]) -> Mapping[int, Placement]:
    return {placement.slot: placement for placement in placements}


def _overlap(conflict: Conflict, placements: Mapping[int, Placement]) -> timedelta:
    """How long the two are on at once; nothing for a rule that one breaks by itself."""
    if conflict.other is None:
        return timedelta()
    one, other = placements[conflict.one], placements[conflict.other]
    return min(one.end, other.end) - max(one.start, other.start)
