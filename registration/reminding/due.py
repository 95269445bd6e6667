"""Which reminders a person is owed now, and when to look again. Plain values in and out.

Mails are few: whatever is due at one time is one mail, and takes along what follows within ``WINDOW``. A session is told
once for each kind and each start it had, and never when its time has come.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby

from conference.dates import lived_day
from conference.timezones import EDGE_STARTS, at_clock, wall_time
from registration.reminding.tables import ReminderKind
from sessions.programme.reminders import (
    DAY_BEFORE,
    HOUR_BEFORE,
    MINUTES_BEFORE,
    is_timely,
    useful_until,
)

LEAD = {
    ReminderKind.DAY: DAY_BEFORE,
    ReminderKind.HOUR: HOUR_BEFORE,
    ReminderKind.MINUTES: MINUTES_BEFORE,
}
WINDOW = {
    ReminderKind.DAY: timedelta(hours=12),
    ReminderKind.HOUR: timedelta(hours=1),
    ReminderKind.MINUTES: timedelta(minutes=10),
}
"""What begins within this time after the first session of a mail stands in the same mail."""

MORNING = time(7)
EVENING = time(20)
AT_LEAST_BEFORE = timedelta(hours=2)
"""A digest comes at seven, or this long before the first session if that is earlier."""
EARLIEST_MORNING = time(EDGE_STARTS)
"""Nobody reads mail before; whose first session is so early gets the digest in the evening before."""
CLOSE = timedelta(hours=6)
"""Where the digest follows the reminder of the day before within this time, the digest alone is sent."""

Fact = tuple[ReminderKind, str, datetime]
"""What a person was told: the kind, the slot's code, and the start it had."""


@dataclass(frozen=True)
class Item:
    """A session of theirs. ``slot`` is the slot's code; ``since`` is when they came to know of it and of its time."""

    slot: str
    start: datetime
    end: datetime
    since: datetime
    is_seat: bool = False


@dataclass(frozen=True)
class Choices:
    """Which reminders a person wants."""

    kinds: frozenset[ReminderKind]

    @property
    def leads(self) -> list[timedelta]:
        """Of those before each session."""
        return [LEAD[kind] for kind in LEAD if kind in self.kinds]

    @property
    def short_leads(self) -> list[timedelta]:
        """Of those on the day itself."""
        return [lead for lead in self.leads if lead < DAY_BEFORE]


@dataclass(frozen=True)
class Due:
    """A mail to send. ``items`` is what it lists, in order of time; ``new`` what of it was not told yet, which is why.

    ``day`` is the person's day that a digest is of.
    """

    kind: ReminderKind
    items: tuple[Item, ...]
    new: tuple[Item, ...]
    useless_after: datetime
    day: date | None = None

    @property
    def facts(self) -> list[Fact]:
        """What is told by it."""
        return [(self.kind, item.slot, item.start) for item in self.items]


def due(
    items: Iterable[Item], choices: Choices, zone: str, now: datetime, told: Collection[Fact]
) -> list[Due]:
    """The mails owed at ``now`` (aware) to somebody in ``zone`` who was ``told`` that much."""
    mine = _Mine(items, choices, zone, told)
    return [*mine.digests_due(now), *mine.reminders_due(now)]


def next_moment(
    items: Iterable[Item], choices: Choices, zone: str, now: datetime, told: Collection[Fact]
) -> datetime | None:
    """When, after ``now``, something may be owed next; None when nothing will be unless something changes."""
    mine = _Mine(items, choices, zone, told)
    return min(mine.moments(now), default=None)


def coming(
    items: Collection[Item],
    choices: Choices,
    zone: str,
    now: datetime,
    told: Collection[Fact],
    *,
    most: int,
) -> list[tuple[datetime, Due]]:
    """The next mails, at most ``most``, each with when it will be sent, if nothing changes."""
    known, moment = set(told), next_moment(items, choices, zone, now, told)
    found: list[tuple[datetime, Due]] = []
    while moment is not None and len(found) < most:
        for mail in due(items, choices, zone, moment, known):
            found.append((moment, mail))
            known.update(mail.facts)
        moment = next_moment(items, choices, zone, moment, known)
    return found[:most]


def digest_moment(first: datetime, zone: str) -> datetime:
    """When the digest of the day that begins with the session at ``first`` is sent."""
    day, wall = lived_day(first, zone), wall_time(first, zone)
    early = wall - AT_LEAST_BEFORE
    if wall.date() > day:  # all of it after midnight: that same evening
        return at_clock(datetime.combine(day, EVENING), zone)
    if early.date() < day or early.time() < EARLIEST_MORNING:
        return at_clock(datetime.combine(day - timedelta(days=1), EVENING), zone)
    return min(at_clock(datetime.combine(day, MORNING), zone), first - AT_LEAST_BEFORE)


def still_so(
    kind: ReminderKind,
    listed: Collection[Fact],
    day: date | None,
    items: Iterable[Item],
    choices: Choices,
    zone: str,
    now: datetime,
) -> tuple[Item, ...]:
    """What a mail of this kind that waits should say at ``now``; () when it is worth nothing any more.

    ``listed`` is what it says, ``day`` which day it is the digest of; ``items`` is what the person has now.
    """
    if kind not in choices.kinds:
        return ()
    mine = _Mine(items, choices, zone, ())
    if kind is ReminderKind.DIGEST:
        return tuple(item for item in mine.items if item.start > now and lived_day(item.start, zone) == day)
    return tuple(
        item
        for item in mine.items
        if (kind, item.slot, item.start) in listed
        and now < useful_until(item.start, LEAD[kind], choices.leads)
        and not mine.digest_tells(kind, item, by=now)
    )


@dataclass
class _Day:
    """A day of the person's, with the instant at which its digest is due."""

    day: date
    moment: datetime
    items: list[Item] = field(default_factory=list)


class _Mine:
    """All that decides for one person."""

    def __init__(self, items: Iterable[Item], choices: Choices, zone: str, told: Collection[Fact]) -> None:
        self.items = sorted(items, key=lambda item: (item.start, item.slot))
        self.choices = choices
        self.told = told
        self.days = [
            _Day(day, digest_moment(group[0].start, zone), group) for day, group in _grouped(self.items, zone)
        ]
        self.digest_of = {item: day.moment for day in self.days for item in day.items}

    def _is_told(self, kind: ReminderKind, item: Item) -> bool:
        return (kind, item.slot, item.start) in self.told

    def digests_due(self, now: datetime) -> Iterator[Due]:
        kind = ReminderKind.DIGEST
        if kind not in self.choices.kinds:
            return
        for day in self.days:
            new = [
                item for item in day.items if not self._is_told(kind, item) and self._may_digest(item, now)
            ]
            if new:
                left = [item for item in day.items if item.start > now]
                yield Due(kind, tuple(left), tuple(new), left[-1].start, day.day)

    def _may_digest(self, item: Item, now: datetime) -> bool:
        lead = item.start - self.digest_of[item]
        return is_timely(item.start, lead, self.choices.short_leads, since=item.since, now=now)

    def reminders_due(self, now: datetime) -> Iterator[Due]:
        for kind in LEAD:
            if kind not in self.choices.kinds:
                continue
            open_ones = [item for item in self.items if item.start > now and not self._is_told(kind, item)]
            first = next((item for item in open_ones if self._may_remind(kind, item, now)), None)
            if first is None:
                continue
            along = first.start + WINDOW[kind]
            together = tuple(
                item for item in open_ones if item.start < along or self._may_remind(kind, item, now)
            )
            until = max(useful_until(item.start, LEAD[kind], self.choices.leads) for item in together)
            yield Due(kind, together, together, until)

    def _may_remind(self, kind: ReminderKind, item: Item, now: datetime) -> bool:
        return is_timely(
            item.start, LEAD[kind], self.choices.leads, since=item.since, now=now
        ) and not self.digest_tells(kind, item, by=max(now, item.start - DAY_BEFORE + CLOSE))

    def digest_tells(self, kind: ReminderKind, item: Item, *, by: datetime) -> bool:
        """Whether nothing is to be said a day before, since the digest has told of it, or will have ``by`` then."""
        if kind is not ReminderKind.DAY or ReminderKind.DIGEST not in self.choices.kinds:
            return False
        return item.since <= self.digest_of[item] <= by or self._is_told(ReminderKind.DIGEST, item)

    def moments(self, now: datetime) -> Iterator[datetime]:
        """When each reminder that is still to come is due."""
        for item in self.items:
            for kind in self.choices.kinds:
                moment = self.digest_of[item] if kind is ReminderKind.DIGEST else item.start - LEAD[kind]
                if item.since <= moment > now and not self._is_told(kind, item):
                    yield moment


def _grouped(items: Iterable[Item], zone: str) -> Iterator[tuple[date, list[Item]]]:
    for day, group in groupby(items, key=lambda item: lived_day(item.start, zone)):
        yield day, list(group)
