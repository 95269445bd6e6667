"""What is free, whether a newcomer may have it, and who in line is next. Pure.

The same for the seats of a slot, which have one limit, and for the places at a conference, where each category of attendee
may have a limit beside the conference's own. Both limits hold; somebody whose own category is full keeps nobody behind
them waiting who comes in another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Tally:
    """How many have a place, are offered one, and could be offered one at once because they wait for it.

    ``unconfirmed`` stand in line too, but are passed over until they confirm their address.
    """

    taken: int = 0
    offered: int = 0
    waiting: int = 0
    unconfirmed: int = 0

    @property
    def held(self) -> int:
        """Places that nobody else can be given."""
        return self.taken + self.offered


@dataclass(frozen=True)
class Full:
    """A limit that is reached: how many places there are, at the conference or in a category of it."""

    places: int
    in_category: bool = False


@dataclass(frozen=True)
class Places:
    """The places there are and what has become of them.

    ``capacity`` None is no limit. ``tallies`` and ``limits`` are by category (row id; None: in none); a category that is
    not in ``limits`` has none of its own.
    """

    capacity: int | None
    tallies: Mapping[int | None, Tally] = field(default_factory=dict)
    limits: Mapping[int, int] = field(default_factory=dict)

    @property
    def held(self) -> int:
        """Places taken or offered, in all categories."""
        return sum(tally.held for tally in self.tallies.values())

    @property
    def free(self) -> int | None:
        """Places neither taken nor offered, never negative (a capacity may be lowered); None: no limit."""
        return None if self.capacity is None else max(0, self.capacity - self.held)

    def free_in(self, category: int | None) -> int | None:
        """The like within a category, whatever is free at the conference."""
        limit = None if category is None else self.limits.get(category)
        return None if limit is None else max(0, limit - self.tally(category).held)

    @property
    def is_limited(self) -> bool:
        """Whether there is any limit at all."""
        return self.capacity is not None or bool(self.limits)

    def tally(self, category: int | None) -> Tally:
        """What became of the places of a category."""
        return self.tallies.get(category, Tally())

    def left_for(self, category: int | None) -> int | None:
        """How many who come now would get a place: what is left once all those in line have had theirs. None: no limit."""
        own = self.free_in(category)
        left = [] if own is None else [own - self.tally(category).waiting]
        if self.free is not None:
            left.append(self.free - self._wanted)
        return max(0, min(left)) if left else None

    def has_place_for(self, category: int | None) -> bool:
        """Whether somebody who comes now would get a place."""
        return self.left_for(category) != 0

    def takes_one_more(self, category: int | None) -> bool:
        """Whether somebody who has a place at the conference already can have one in this category, too.

        Not where all that is free in it is for those who wait for it.
        """
        own = self.free_in(category)
        return own is None or own > self.tally(category).waiting

    def full_for(self, category: int | None) -> Full:
        """The limit because of which there is no place for the category: its own if that is reached, else the conference's."""
        own = self.free_in(category)
        if category is not None and own is not None and self.tally(category).waiting >= own:
            return Full(self.limits[category], in_category=True)
        return Full(self.capacity or 0)

    @property
    def owed(self) -> int:
        """How many in line could be offered a place now."""
        return self._wanted if self.free is None else min(self._wanted, self.free)

    @property
    def _wanted(self) -> int:
        """How many in line could be given a place if the conference itself had enough."""
        served = 0
        for category, tally in self.tallies.items():
            own = self.free_in(category)
            served += tally.waiting if own is None else min(tally.waiting, own)
        return served

    @property
    def full_categories(self) -> frozenset[int]:
        """Categories in which nothing is free, however many places the conference has."""
        return frozenset(category for category in self.limits if self.free_in(category) == 0)

    def next_in(self, line: Sequence[int | None]) -> list[int]:
        """Which of the line (their categories, in order) get what is free: positions, in order."""
        left, in_category = self.free, {category: self.free_in(category) for category in set(line)}
        chosen = []
        for position, category in enumerate(line):
            if left == 0:
                break
            own = in_category[category]
            if own == 0:
                continue
            chosen.append(position)
            left = None if left is None else left - 1
            in_category[category] = None if own is None else own - 1
        return chosen
