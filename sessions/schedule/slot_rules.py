"""Rules that a slot breaks by itself, whatever else is on: closed rooms, hours, availability, seats. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from sessions.schedule.conflict_kinds import ConflictKind
from sessions.schedule.limits import WHOLE_DAY, RuleFacts, SpeakerLimits, Surroundings
from sessions.schedule.nights import Waking, bearable
from sessions.schedule.placements import Placement

Verdict = tuple[int, ...] | None
"""None: the rule is kept. Else it is broken, for these people (sorted), or for the slot as a whole (empty)."""


def room_closed(placement: Placement, around: Surroundings) -> Verdict:
    """Some of it is outside the room's open hours. A blocker may well be: it says that nothing is on."""
    room = around.rooms.get(placement.room) if placement.room is not None else None
    if placement.is_blocker or room is None or room.open is None:
        return None
    return None if room.open.cover(placement.start, placement.end) else ()


def outside_day(placement: Placement, around: Surroundings) -> Verdict:
    """Some of it is outside the conference's days. A blocker may be."""
    if placement.is_blocker or around.days is None:
        return None
    return None if around.days.cover(placement.start, placement.end) else ()


def capacity(placement: Placement, around: Surroundings) -> Verdict:
    """It has more seats than the room holds."""
    room = around.rooms.get(placement.room) if placement.room is not None else None
    if placement.seats is None or room is None or room.capacity is None:
        return None
    return () if placement.seats > room.capacity else None


def unavailable(placement: Placement, around: Surroundings) -> Verdict:
    """Speakers who have said when they can, and cannot at some of this time."""
    return _those(placement, around, lambda s: not _suits(s, placement, if_needed=True))


def if_needed(placement: Placement, around: Surroundings) -> Verdict:
    """Speakers whom all of the time suits, but some of it only if needed."""
    return _those(
        placement,
        around,
        lambda s: not _suits(s, placement, if_needed=False) and _suits(s, placement, if_needed=True),
    )


def antisocial(placement: Placement, around: Surroundings) -> Verdict:
    """Speakers for whom it begins too early or ends too late where they are."""
    return _those(
        placement,
        around,
        lambda s: bool(s.zone) and is_antisocial(placement.start, placement.end, s.zone, around.rules),
    )


def is_antisocial(start: datetime, end: datetime, zone: str, rules: RuleFacts) -> bool:
    """Whether some of it lies outside the hours from ``speaker_earliest`` to ``speaker_latest`` of one day of the zone's clock.

    With the whole day allowed nothing is antisocial, not even what runs past midnight.
    """
    if rules.speaker_earliest <= 0 and rules.speaker_latest >= WHOLE_DAY:
        return False
    return not bearable(start, end, zone, Waking(rules.speaker_earliest, rules.speaker_latest))


def _suits(speaker: SpeakerLimits, placement: Placement, *, if_needed: bool) -> bool:
    times = speaker.possible if if_needed else speaker.suits
    return times is None or times.cover(placement.start, placement.end)


def _those(placement: Placement, around: Surroundings, breaks: Callable[[SpeakerLimits], bool]) -> Verdict:
    people = [
        person
        for person in placement.speakers
        if (limits := around.speakers.get(person)) is not None and breaks(limits)
    ]
    return tuple(sorted(people)) if people else None


SLOT_RULES: Mapping[ConflictKind, Callable[[Placement, Surroundings], Verdict]] = MappingProxyType(
    {
        ConflictKind.ROOM_CLOSED: room_closed,
        ConflictKind.UNAVAILABLE: unavailable,
        ConflictKind.OUTSIDE_DAY: outside_day,
        ConflictKind.CAPACITY: capacity,
        ConflictKind.ANTISOCIAL: antisocial,
        ConflictKind.IF_NEEDED: if_needed,
    }
)
"""The rule of each kind that concerns one slot."""
