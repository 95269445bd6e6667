"""What a meridian strip is made of: bands, ticks and spans as shares of a day's length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from conference import timezones
from conference.timezones import HourKind

# Every offset in use since 1972 is a multiple of it, and so is every clock change.
STEP = timedelta(minutes=15)


@dataclass(frozen=True)
class Segment:
    """A stretch of one kind of hours; ``left`` and ``right`` are shares (0 to 1) of the band."""

    kind: HourKind
    left: float
    right: float


@dataclass(frozen=True)
class Tick:
    """A full hour on a place's clock; every sixth carries its number."""

    at: float
    hour: int

    @property
    def numbered(self) -> bool:
        """Whether the hour's number stands beside the tick."""
        return self.hour % 6 == 0


@dataclass(frozen=True)
class Row:
    """One place: its band, its clock and the words beside it.

    ``hours`` says when things happen on its clock (empty when the strip has no spans and no "now"); ``date`` is the
    day it starts there and ``note`` its offset; ``share`` (0 to 1) is how many of the people are there, None where that is not the question.
    """

    role: Literal["reader", "conference", "place"]
    zone: str
    name: str
    date: str
    note: str
    hours: str
    segments: tuple[Segment, ...]
    ticks: tuple[Tick, ...]
    share: float | None = None


@dataclass(frozen=True)
class Span:
    """Something that takes place; cut at the band's ends, which ``from_before`` and ``goes_on`` tell."""

    left: float
    right: float
    from_before: bool = False
    goes_on: bool = False


@dataclass(frozen=True)
class Strip:
    """A strip ready to be drawn (``strip_svg``) or said (``text``). ``start`` and ``end`` are the band's ends (UTC)."""

    day: date
    start: datetime
    end: datetime
    reader: Row
    conference: Row | None
    places: tuple[Row, ...]
    spans: tuple[Span, ...]
    now: float | None
    text: str
    language: str


def _instant(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """The instant at which the zone's clocks first show the hour; where they skip it, the moment they jump."""
    return timezones.at_clock(datetime.combine(day, time(hour)), zone)


def window_of(
    day: date, zone: ZoneInfo, spans: Sequence[tuple[datetime, datetime]]
) -> tuple[datetime, datetime]:
    """The day from midnight to midnight; from noon to noon when only so what takes place stays in one piece.

    A clock change makes it 23 or 25 hours (or 23½, at Lord Howe).
    """
    windows = []
    for shift, hour in ((0, 0), (0, 12), (-1, 12)):
        first = day + timedelta(days=shift)
        start, end = _instant(first, hour, zone), _instant(first + timedelta(days=1), hour, zone)
        if end <= start:  # the day that Samoa left out in 2011
            end = start + timedelta(days=1)
        windows.append((start, end))
    for start, end in windows:
        if all(start <= begins and ends <= end for begins, ends in spans):
            return start, end
    return windows[0]


def clock_band(
    zone: ZoneInfo, start: datetime, end: datetime
) -> tuple[tuple[Segment, ...], tuple[Tick, ...]]:
    """The stretches and full hours of a zone's clock between two instants."""
    length = (end - start).total_seconds()
    segments: list[Segment] = []
    ticks: list[Tick] = []
    kind, since, moment = timezones.hour_kind(start.astimezone(zone)), 0.0, start
    while moment <= end:
        local = moment.astimezone(zone)
        at = (moment - start).total_seconds() / length
        if local.minute == 0:
            ticks.append(Tick(at, local.hour))
        if moment < end and (here := timezones.hour_kind(local)) != kind:
            segments.append(Segment(kind, since, at))
            kind, since = here, at
        moment += STEP
    segments.append(Segment(kind, since, 1.0))
    return tuple(segments), tuple(ticks)
