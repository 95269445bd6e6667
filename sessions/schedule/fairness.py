"""A whole programme weighed: who gets how much of it at a bearable hour, and which sessions are worth repeating. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from conference.audience import Audience
from conference.timezones import HourKind
from sessions.schedule.limits import RuleFacts, Stretches
from sessions.schedule.nights import Waking, bearable
from sessions.schedule.shares import Limits, Shares, best_kinds, merged, together

CANDIDATES_EVERY = timedelta(minutes=30)
WORTH_REPEATING = 0.15
"""At least this share of the audience has a session only in their night."""

GAIN = 0.1
"""And a repeat must give at least this share of the audience a bearable hour."""

MOST_TIMES = 3
"""Times suggested for one repeat."""


@dataclass(frozen=True)
class Weighed:
    """A session as fairness sees it: its placings (aware, ``end`` exclusive) and the zones of those who must be there."""

    code: str
    times: tuple[tuple[datetime, datetime], ...]
    speaker_zones: tuple[str, ...] = ()

    @property
    def length(self) -> timedelta:
        """How long it takes: its first placing's."""
        return self.times[0][1] - self.times[0][0]


@dataclass(frozen=True)
class PlaceFairness:
    """What people in one zone get. ``share`` is their part of the audience; minutes count each session once, at its
    kindest placing."""

    zone: str
    people: float
    share: float
    day: int
    edge: int
    night: int

    @property
    def bearable(self) -> float:
        """The part of the programme (0 to 1) they can have by day or at the edges of it."""
        whole = self.day + self.edge + self.night
        return (self.day + self.edge) / whole if whole else 0.0


@dataclass(frozen=True)
class CandidateTime:
    """A time at which a repeat would serve ``gain`` of the audience who have the session only in their night."""

    start: datetime
    end: datetime
    gain: float
    is_bearable_for_speakers: bool


@dataclass(frozen=True)
class WorthRepeating:
    """A session, how many (0 to 1) have it only in their night, and the best times to give it again."""

    code: str
    unserved: float
    times: tuple[CandidateTime, ...]


@dataclass(frozen=True)
class Fairness:
    """The programme weighed: by place (most people first), for all, and what to repeat (most gain first)."""

    places: tuple[PlaceFairness, ...]
    overall: Shares
    repeats: tuple[WorthRepeating, ...]


def weigh(
    sessions: Iterable[Weighed], audience: Audience, rules: RuleFacts, days: Stretches | None
) -> Fairness:
    """The programme weighed by the audience. ``days`` are the conference's days, within which repeats are looked for."""
    limits, days = Limits.of(rules), days or Stretches()
    listed = [session for session in sessions if session.times]
    lengths = {session.length for session in listed}
    looked_at = [session.times for session in listed] + [candidate_times(days, length) for length in lengths]
    same = together(audience.zones, (moment for times in looked_at for time in times for moment in time))
    clocks = merged(audience, same)
    at_times = cache(lambda times: best_kinds(times, clocks.zones, limits))  # sessions run beside each other
    kinds = [at_times(session.times) for session in listed]
    minutes = [int(session.length.total_seconds()) // 60 for session in listed]
    size = audience.size
    sums = {zone: _minutes(zone, kinds, minutes) for zone in clocks.zones}
    places = tuple(
        PlaceFairness(zone, people, people / size, *sums[same[zone]])
        for zone, people in sorted(audience.zones.items(), key=lambda item: (-item[1], item[0]))
    )
    whole = sum(minutes) * size
    overall = (
        Shares(*(sum(getattr(place, kind) * place.people for place in places) / whole for kind in _KINDS))
        if whole
        else Shares()
    )
    repeating = _Repeating(clocks, rules, limits, days)
    repeats = [
        found
        for session, its_kinds in zip(listed, kinds, strict=True)
        if (found := repeating.of(session, its_kinds)) is not None
    ]
    repeats.sort(key=lambda found: (-found.times[0].gain, found.code))
    return Fairness(places, overall, tuple(repeats))


_KINDS: tuple[HourKind, ...] = ("day", "edge", "night")


def _minutes(
    zone: str, kinds: Sequence[Mapping[str, HourKind]], minutes: Sequence[int]
) -> tuple[int, int, int]:
    """By day, at its edges, in the night."""
    sums: dict[HourKind, int] = dict.fromkeys(_KINDS, 0)
    for of_zone, length in zip(kinds, minutes, strict=True):
        sums[of_zone[zone]] += length
    return sums["day"], sums["edge"], sums["night"]


class _Repeating:
    """Looks for times of repeats. Sets of zones are kept as bits, since sessions by the hundred ask the same."""

    def __init__(self, audience: Audience, rules: RuleFacts, limits: Limits, days: Stretches) -> None:
        self._audience = audience
        self._limits = limits
        self._days = days
        self._waking = Waking(rules.speaker_earliest, rules.speaker_latest)
        self._zones = list(audience.zones)
        self._served: dict[timedelta, list[tuple[datetime, datetime, int]]] = {}
        self._weights: dict[int, float] = {}

    def of(self, session: Weighed, kinds: Mapping[str, HourKind]) -> WorthRepeating | None:
        """The session's repeat, None when none is worth it."""
        unserved = self._bits(zone for zone, kind in kinds.items() if kind == "night")
        share = self._weight(unserved)
        if share < WORTH_REPEATING:
            return None
        found = []
        for start, end, served in self._candidates(session.length):
            gain = self._weight(unserved & served)
            if gain >= GAIN:
                is_bearable = all(bearable(start, end, zone, self._waking) for zone in session.speaker_zones)
                found.append(CandidateTime(start, end, gain, is_bearable))
        found.sort(key=lambda time: (not time.is_bearable_for_speakers, -time.gain, time.start))
        best = tuple(_apart(found))
        return WorthRepeating(session.code, share, best) if best else None

    def _candidates(self, length: timedelta) -> list[tuple[datetime, datetime, int]]:
        """Each time with the zones in which it is not night."""
        if length not in self._served:
            self._served[length] = [
                (
                    start,
                    end,
                    self._bits(
                        zone for zone in self._zones if self._limits.kind(start, end, zone) != "night"
                    ),
                )
                for start, end in candidate_times(self._days, length)
            ]
        return self._served[length]

    def _bits(self, zones: Iterable[str]) -> int:
        wanted = set(zones)
        return sum(1 << number for number, zone in enumerate(self._zones) if zone in wanted)

    def _weight(self, bits: int) -> float:
        """The part of the audience in a set of zones."""
        if bits not in self._weights:
            people = [
                self._audience.zones[zone] for number, zone in enumerate(self._zones) if bits >> number & 1
            ]
            self._weights[bits] = sum(people) / self._audience.size if people else 0.0
        return self._weights[bits]


def _apart(times: Iterable[CandidateTime]) -> list[CandidateTime]:
    """The best few that are not neighbours of one another."""
    chosen: list[CandidateTime] = []
    for time in times:
        if all(abs(time.start - other.start) >= timedelta(hours=2) for other in chosen):
            chosen.append(time)
        if len(chosen) == MOST_TIMES:
            break
    return chosen


def candidate_times(
    days: Stretches, length: timedelta, step: timedelta = CANDIDATES_EVERY
) -> list[tuple[datetime, datetime]]:
    """Each time of the length within the conference's days, ``step`` apart."""
    found = []
    for opens, closes in days:
        start = opens
        while start + length <= closes:
            found.append((start, start + length))
            start += step
    return found
