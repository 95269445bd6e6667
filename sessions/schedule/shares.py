"""Everyone's night: for how many of the audience a time falls into their day, its edges, or their night. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from conference.audience import Audience
from conference.timezones import HourKind, offset_at
from sessions.schedule.limits import RuleFacts
from sessions.schedule.nights import Waking, bearable


@dataclass(frozen=True)
class Shares:
    """What part of an audience (0 to 1 each, together 1) has a time by day, at the edges of the day, in the night."""

    day: float = 0.0
    edge: float = 0.0
    night: float = 0.0

    def of(self, kind: HourKind) -> float:
        """One of the three."""
        return {"day": self.day, "edge": self.edge, "night": self.night}[kind]

    @property
    def bearable(self) -> float:
        """Day and edges together."""
        return self.day + self.edge


NOBODY = Shares()
_NO_TWO_CHANGES = timedelta(
    days=14
)  # clocks that change and are changed back stay so for a month (Morocco in Ramadan)


@dataclass(frozen=True)
class Limits:
    """When it is day for an attendee, and how far its edges reach."""

    day: Waking
    edges: Waking

    @classmethod
    def of(cls, rules: RuleFacts) -> Limits:
        """The limits a conference has set. Edges that would meet each other leave no night."""
        edge = rules.edge_minutes
        earliest, latest = rules.bearable_from - edge, rules.bearable_until + edge
        if latest - earliest >= 24 * 60:
            earliest, latest = 0, 24 * 60
        return cls(Waking(rules.bearable_from, rules.bearable_until), Waking(earliest, latest))

    def kind(self, start: datetime, end: datetime, zone: str) -> HourKind:
        """What the whole of a time is on the zone's clock: the worst of its minutes counts."""
        if bearable(start, end, zone, self.day):
            return "day"
        return "edge" if bearable(start, end, zone, self.edges) else "night"


def together(zones: Iterable[str], instants: Iterable[datetime]) -> Mapping[str, str]:
    """Each zone with the first one whose clocks show the same at all these instants: what holds for that holds for it.

    An audience of the whole world is in some four hundred zones, which have some forty clocks between them.
    """
    moments = sorted(set(instants))
    first: dict[tuple[timedelta, ...], str] = {}
    return {zone: first.setdefault(_clock(zone, moments), zone) for zone in zones}


def _clock(zone: str, moments: Sequence[datetime]) -> tuple[timedelta, ...]:
    """The zone's offsets at the moments, once where they are all the same."""
    if not moments:
        return ()
    begins, ends = offset_at(moments[0], zone), offset_at(moments[-1], zone)
    if begins == ends and moments[-1] - moments[0] <= _NO_TWO_CHANGES:
        return (begins,)
    offsets = tuple(offset_at(moment, zone) for moment in moments)
    return offsets[:1] if len(set(offsets)) == 1 else offsets


def merged(audience: Audience, same: Mapping[str, str]) -> Audience:
    """The audience with the people of zones that are together counted under the first."""
    people: dict[str, float] = {}
    for zone, number in audience.zones.items():
        people[same[zone]] = people.get(same[zone], 0) + number
    return Audience(people, audience.is_expected)


def shares_at(start: datetime, end: datetime, audience: Audience, limits: Limits) -> Shares:
    """The shares of the audience for a time (aware); NOBODY when nobody is known of."""
    if not (size := audience.size):
        return NOBODY
    sums: dict[HourKind, float] = {"day": 0.0, "edge": 0.0, "night": 0.0}
    for zone, people in audience.zones.items():
        sums[limits.kind(start, end, zone)] += people
    return Shares(sums["day"] / size, sums["edge"] / size, sums["night"] / size)


def best_kinds(
    times: Iterable[tuple[datetime, datetime]], zones: Iterable[str], limits: Limits
) -> Mapping[str, HourKind]:
    """For each zone the kindest of the times (a session and its repeats): night when there is none."""
    every, order = list(times), ("day", "edge", "night")
    found: dict[str, HourKind] = {}
    for zone in zones:
        kinds = [limits.kind(start, end, zone) for start, end in every]
        found[zone] = min(kinds, key=order.index, default="night")
    return found
