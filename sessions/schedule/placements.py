"""A slot as far as clashes go, and a clash. Plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sessions.schedule.conflict_kinds import GRAVITY, ConflictKind, Level


@dataclass(frozen=True, slots=True)
class Placement:
    """A slot in a room and time, as far as clashes go. ``start`` and ``end`` are aware; ``end`` is exclusive.

    ``speakers`` are those who cannot be in two places: people who have not declined, not organisations. Those of them who chair
    or interpret stand in ``chairs`` and ``interpreters`` as well. ``session`` tells repeats of one session from two sessions;
    None is nobody's repeat. ``seats`` None: open to everyone. A cancelled slot clashes with nothing.
    """

    slot: int
    room: int | None
    start: datetime
    end: datetime
    speakers: frozenset[int] = frozenset()
    is_cancelled: bool = False
    session: int | None = None
    track: int | None = None
    seats: int | None = None
    chairs: frozenset[int] = frozenset()
    interpreters: frozenset[int] = frozenset()
    is_break: bool = False
    is_blocker: bool = False

    @property
    def counts(self) -> bool:
        """Whether it can clash at all: it takes place, and lasts."""
        return not self.is_cancelled and self.start < self.end


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two slots (``one`` < ``other``) that clash, or one that breaks a rule by itself (``other`` None).

    ``speakers``, sorted, says whom it is about; empty where it is about the room or the track. Sorted by slots, then the gravest first.
    """

    one: int
    other: int | None
    kind: ConflictKind
    speakers: tuple[int, ...] = ()
    level: Level = Level.WARN

    @property
    def slots(self) -> tuple[int, ...]:
        """The one or two slots it is about."""
        return (self.one,) if self.other is None else (self.one, self.other)

    def partner(self, slot: int) -> int | None:
        """The slot that ``slot`` clashes with; None when it breaks a rule by itself."""
        return self.other if slot == self.one else self.one

    def __lt__(self, other: Conflict) -> bool:
        return self._order < other._order

    @property
    def _order(self) -> tuple[int, int, int, tuple[int, ...]]:
        return self.one, -1 if self.other is None else self.other, GRAVITY[self.kind], self.speakers
