"""What a schedule is measured against: a conference's rules, its rooms' hours, its speakers' zones and times. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from conference.timezones import at_clock
from sessions.schedule.conflict_kinds import DEFAULT_LEVELS, ConflictKind, Level

WHOLE_DAY = 24 * 60
"""Minutes of a day on the clock."""

Stretch = tuple[datetime, datetime]
"""Start and end (exclusive), both aware."""


@dataclass(frozen=True)
class RuleFacts:
    """What a conference asks of its schedule. Minutes are of the day; an end of 1440 is midnight.

    ``levels`` has only what differs from the defaults. ``day_starts`` and ``day_ends`` are on the conference's clock, and
    a day may end after midnight (1500 is 01:00 of the next day). ``speaker_earliest`` and ``speaker_latest`` are on the
    speaker's clock, ``bearable_from`` and ``bearable_until`` on the attendee's (a later end that is not after the earlier
    time lies on the next day), with ``edge_minutes`` before and after that are neither day nor night. ``expected_audience`` maps a country (ISO 3166-1) to its share, counted against the sum of all.
    """

    levels: Mapping[ConflictKind, Level] = field(default_factory=dict)
    day_starts: int = 0
    day_ends: int = WHOLE_DAY
    speaker_earliest: int = 7 * 60
    speaker_latest: int = 22 * 60
    bearable_from: int = 7 * 60
    bearable_until: int = 22 * 60
    edge_minutes: int = 60
    gap_minutes: int = 10
    expected_audience: Mapping[str, int] = field(default_factory=dict)

    def level(self, kind: ConflictKind) -> Level:
        """How seriously the conference takes the rule."""
        return self.levels.get(kind, DEFAULT_LEVELS[kind])


@dataclass(frozen=True)
class Stretches:
    """Times that belong together, merged and in order, so that what lies within them is found quickly."""

    starts: tuple[datetime, ...] = ()
    ends: tuple[datetime, ...] = ()

    @classmethod
    def of(cls, stretches: Iterable[Stretch]) -> Stretches:
        """The stretches in any order, even overlapping; those that touch become one, those without length none."""
        merged: list[list[datetime]] = []
        for start, end in sorted(stretches):
            if start >= end:
                continue
            if merged and start <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], end)
            else:
                merged.append([start, end])
        return cls(tuple(start for start, _end in merged), tuple(end for _start, end in merged))

    def __iter__(self) -> Iterator[Stretch]:
        return iter(zip(self.starts, self.ends, strict=True))

    def cover(self, start: datetime, end: datetime) -> bool:
        """Whether all of the time from ``start`` to ``end`` (exclusive) lies within."""
        at = bisect_right(self.starts, start) - 1
        return at >= 0 and end <= self.ends[at]

    def meet(self, start: datetime, end: datetime) -> bool:
        """Whether any of the time from ``start`` to ``end`` (exclusive) lies within."""
        at = bisect_right(self.ends, start)
        return at < len(self.starts) and self.starts[at] < end


@dataclass(frozen=True)
class RoomLimits:
    """A room's ``capacity`` (None = no limit) and when it is open (None = always)."""

    capacity: int | None = None
    open: Stretches | None = None


@dataclass(frozen=True)
class SpeakerLimits:
    """A person's zone ("" = unknown) and times. None: they have not said, and nothing is assumed.

    ``suits`` is when it suits them well, ``possible`` that and when it suits if needed.
    """

    zone: str = ""
    suits: Stretches | None = None
    possible: Stretches | None = None


@dataclass(frozen=True)
class Surroundings:
    """What placings are measured against. ``days`` are the conference's days as instants; None = not known.

    ``rooms`` and ``speakers`` are by row id; who is missing has no limits.
    """

    zone: str = "UTC"
    rules: RuleFacts = field(default_factory=RuleFacts)
    days: Stretches | None = None
    rooms: Mapping[int, RoomLimits] = field(default_factory=dict)
    speakers: Mapping[int, SpeakerLimits] = field(default_factory=dict)


def conference_days(first: date, last: date, zone: str, rules: RuleFacts) -> Stretches:
    """The conference's days from ``first`` to ``last`` (inclusive), each from ``day_starts`` to ``day_ends`` on its clock."""
    days = (first + timedelta(days=count) for count in range((last - first).days + 1))
    return Stretches.of(wall_stretch(*day_on_the_wall(day, rules), zone) for day in days)


def day_on_the_wall(day: date, rules: RuleFacts) -> tuple[datetime, datetime]:
    """When the conference's day begins and ends on its clock (naive)."""
    midnight = datetime.combine(day, time())
    return midnight + timedelta(minutes=rules.day_starts), midnight + timedelta(minutes=rules.day_ends)


def wall_stretch(start: datetime, end: datetime, zone: str) -> Stretch:
    """The instants from one wall-clock time (naive) to another.

    Where the clock shows a time twice the stretch is as long as it can be, and where it leaves one out it begins or ends at
    the change: nobody is warned of an hour that they were promised.
    """
    return at_clock(start, zone), at_clock(end, zone, fold=1)
