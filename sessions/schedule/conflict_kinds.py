"""The rules that a schedule can break, and how seriously a conference takes each."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class ConflictKind(StrEnum):
    """Which rule a placing breaks, the gravest first: lists of clashes are read in this order."""

    ROOM = "room"  # two things in one room at once
    CHAIR = "chair"  # who chairs a session is needed elsewhere
    INTERPRETER = "interpreter"  # who interprets a session is needed elsewhere
    SPEAKER = "speaker"  # one person in two places at once
    ROOM_CLOSED = "room-closed"  # outside the room's open hours
    BLOCKER = "blocker"  # the room is kept free at that time
    UNAVAILABLE = "unavailable"  # at a time a speaker has said does not suit
    OUTSIDE_DAY = "outside-day"  # outside the conference's dates, or its hours on its own clock
    CAPACITY = "capacity"  # more seats than the room holds
    ANTISOCIAL = "antisocial"  # at an hour nobody should be asked to speak
    GAP = "gap"  # too little time for a speaker to get from one room to another
    TRACK = "track"  # two sessions of one track at once
    IF_NEEDED = "if-needed"  # at a time that suits a speaker only if needed


class Level(StrEnum):
    """What a broken rule does."""

    BLOCK = "block"  # a placing that would break it is refused; one that breaks it anyhow blocks the release as well
    BLOCK_RELEASE = "block-release"  # the draft may break it, a release may not
    WARN = "warn"
    IGNORE = "ignore"  # nothing is said

    @property
    def blocks_release(self) -> bool:
        """Whether a programme that breaks the rule cannot be released."""
        return self in (Level.BLOCK, Level.BLOCK_RELEASE)


GRAVITY: Mapping[ConflictKind, int] = MappingProxyType({kind: at for at, kind in enumerate(ConflictKind)})
"""Place of each kind in the order in which clashes are read."""

LEVEL_ORDER: Mapping[Level, int] = MappingProxyType({level: at for at, level in enumerate(Level)})
"""Place of each level, the gravest first."""

_NOBODY_CAN = (ConflictKind.ROOM, ConflictKind.CHAIR, ConflictKind.INTERPRETER, ConflictKind.SPEAKER)

DEFAULT_LEVELS: Mapping[ConflictKind, Level] = MappingProxyType(
    {kind: Level.BLOCK_RELEASE if kind in _NOBODY_CAN else Level.WARN for kind in ConflictKind}
)
"""What nobody can do (be in two places, share a room) is in no release; the rest is for people to weigh."""
