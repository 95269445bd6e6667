"""When a speaker can, as a grid of half hours on their own clock and as the stretches of time it stands for. Pure.

A cell is a half hour that really happens: a day on which clocks change has two (or one) more or fewer. Stretches are
instants, half-open and disjoint. A time in no stretch does not suit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from conference import timezones
from sessions.tables import AvailabilityKind

CELL = timedelta(minutes=30)
AROUND = timedelta(hours=2)
"""How far the hours that matter reach beyond the conference's."""


class Suits(StrEnum):
    """What a speaker says of a time; ``NOT`` is what they leave out."""

    AVAILABLE = AvailabilityKind.AVAILABLE.value
    IF_NEEDED = AvailabilityKind.IF_NEEDED.value
    NOT = "not"


@dataclass(frozen=True, order=True)
class Stretch:
    """A time that suits: aware UTC, ``end`` exclusive. ``kind`` is never ``NOT``."""

    start: datetime
    end: datetime
    kind: Suits = Suits.AVAILABLE


@dataclass(frozen=True)
class Cell:
    """A half hour. ``wall`` is what clocks show at its start; ``fold`` 1 in the second run of a repeated hour."""

    start: datetime
    end: datetime
    wall: time
    fold: int = 0

    @property
    def key(self) -> int:
        """Its name in forms: minutes since 1970."""
        return int(self.start.timestamp() // 60)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) of a date in the zone; of a date that was left out (Samoa, 2011), of the next."""
    return timezones.at_clock(datetime.combine(day, time()), zone)


def cells_of_day(day: date, zone: ZoneInfo) -> tuple[Cell, ...]:
    """The half hours of a date on the zone's clock, in order: 48, or 46 to 50 where the clock changes."""
    moment, end = start_of(day, zone), start_of(day + timedelta(days=1), zone)
    cells = []
    while moment < end:
        local = moment.astimezone(zone)
        until = min(moment + CELL, end)
        cells.append(Cell(moment, until, local.time().replace(tzinfo=None, fold=0), local.fold))
        moment = until
    return tuple(cells)


def days_of(spans: Sequence[tuple[datetime, datetime]], zone: ZoneInfo) -> tuple[date, ...]:
    """The dates on the zone's clock that any of the spans (aware, half-open) touches, in order."""
    found = set()
    for start, end in spans:
        day, last = start.astimezone(zone).date(), (end - timedelta(microseconds=1)).astimezone(zone).date()
        while day <= last:
            found.add(day)
            day += timedelta(days=1)
    return tuple(
        day for day in sorted(found) if start_of(day, zone) < start_of(day + timedelta(days=1), zone)
    )


def matters(cell: Cell, spans: Iterable[tuple[datetime, datetime]]) -> bool:
    """Whether the cell lies in one of the spans or within ``AROUND`` of it."""
    return any(cell.start < end + AROUND and start - AROUND < cell.end for start, end in spans)


def joined(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """The same times as disjoint stretches in order, those of one kind that touch made one.

    Where two overlap, the better kind holds.
    """
    held = [s for s in stretches if s.start < s.end and s.kind != Suits.NOT]
    edges = sorted({edge for s in held for edge in (s.start, s.end)})
    parts: list[Stretch] = []
    for start, end in pairwise(edges):
        kinds = {s.kind for s in held if s.start <= start and end <= s.end}
        if not kinds:
            continue
        kind = Suits.AVAILABLE if Suits.AVAILABLE in kinds else Suits.IF_NEEDED
        if parts and parts[-1].end == start and parts[-1].kind == kind:
            parts[-1] = Stretch(parts[-1].start, end, kind)
        else:
            parts.append(Stretch(start, end, kind))
    return tuple(parts)


def without(stretches: Iterable[Stretch], start: datetime, end: datetime) -> list[Stretch]:
    """The stretches with the time from ``start`` to before ``end`` cut out of them."""
    left = []
    for s in stretches:
        if s.end <= start or end <= s.start:
            left.append(s)
            continue
        if s.start < start:
            left.append(Stretch(s.start, start, s.kind))
        if end < s.end:
            left.append(Stretch(end, s.end, s.kind))
    return left


def suits(start: datetime, end: datetime, stretches: Iterable[Stretch]) -> Suits:
    """How the whole time from ``start`` to before ``end`` suits: as well as the worst moment of it.

    ``stretches`` must be disjoint.
    """
    free = best = timedelta()
    for s in stretches:
        overlap = min(end, s.end) - max(start, s.start)
        if overlap > timedelta():
            free += overlap
            if s.kind == Suits.AVAILABLE:
                best += overlap
    if free < end - start:
        return Suits.NOT
    return Suits.AVAILABLE if best == end - start else Suits.IF_NEEDED


def painted(stretches: Iterable[Stretch], cells: Mapping[datetime, Suits]) -> tuple[Stretch, ...]:
    """The stretches after these half hours (by their start, UTC) were given these answers.

    A cell whose answer is the one that stands keeps what lies behind it to the minute, so that saving a grid in which
    nothing was changed changes nothing, whatever clock the times were first given on.
    """
    before = joined(stretches)
    after: list[Stretch] = list(before)
    for start, answer in sorted(cells.items()):
        end = start + CELL
        if suits(start, end, before) == answer:
            continue
        after = without(after, start, end)
        if answer != Suits.NOT:
            after.append(Stretch(start, end, answer))
    return joined(after)


def repainted(
    stretches: Iterable[Stretch], spans: Iterable[Stretch], day: Sequence[Cell]
) -> tuple[Stretch, ...]:
    """The stretches after all of a day's was replaced by ``spans``."""
    if not day:
        return joined(stretches)
    return joined([*without(stretches, day[0].start, day[-1].end), *spans])


@dataclass(frozen=True)
class Row:
    """A line of the grid: a wall time, and for each day its cell, None where it has none or it is not asked for."""

    wall: time
    fold: int
    cells: tuple[Cell | None, ...]


def rows_of(
    days: Sequence[date], zone: ZoneInfo, spans: Sequence[tuple[datetime, datetime]], *, every: bool
) -> tuple[Row, ...]:
    """The grid of these days: half hours down, days across; only the hours that matter unless ``every``.

    The second run of an hour that happens twice has lines of its own, after those of the first.
    """
    columns: list[dict[tuple[time, int], Cell]] = []
    for day in days:
        cells = (cell for cell in cells_of_day(day, zone) if every or matters(cell, spans))
        columns.append({(cell.wall, cell.fold): cell for cell in cells})
    # An hour's second run sorts after the whole of its first, as on the clock: 01:00 01:30 01:00 01:30 02:00.
    order = sorted({key for column in columns for key in column}, key=lambda key: _place(key, columns))
    return tuple(
        Row(wall, fold, tuple(column.get((wall, fold)) for column in columns)) for wall, fold in order
    )


def _place(
    key: tuple[time, int], columns: Sequence[Mapping[tuple[time, int], Cell]]
) -> tuple[time, int, time]:
    """Where a line stands: a repeated one after the last first-run line that comes before it on its day."""
    wall, fold = key
    if not fold:
        return wall, 0, wall
    for column in columns:
        if key in column:
            before = [c.wall for c in column.values() if not c.fold and c.start < column[key].start]
            return max(before, default=time()), 1, wall
    return wall, 1, wall


@dataclass(frozen=True)
class Range:
    """A part of a stretch that falls on one day, as wall times; ``until`` "24:00" is the day's end."""

    start: str
    until: str
    kind: Suits
    stretch: Stretch


def ranges_of(cells: Sequence[Cell], zone: ZoneInfo, stretches: Iterable[Stretch]) -> tuple[Range, ...]:
    """What of the stretches falls on the day of these cells, in order."""
    if not cells:
        return ()
    first, last = cells[0].start, cells[-1].end
    found = []
    for s in joined(stretches):
        start, end = max(s.start, first), min(s.end, last)
        if start < end:
            until = "24:00" if end == last else f"{end.astimezone(zone):%H:%M}"
            found.append(Range(f"{start.astimezone(zone):%H:%M}", until, s.kind, Stretch(start, end, s.kind)))
    return tuple(found)


def whole(spans: Sequence[tuple[datetime, datetime]], zone: ZoneInfo) -> tuple[Stretch, ...]:
    """Any time: every day the conference touches on this clock, from midnight to midnight."""
    found = []
    for day in days_of(spans, zone):
        found.append(Stretch(start_of(day, zone), start_of(day + timedelta(days=1), zone)))
    return joined(found)


def instant_of(key: int) -> datetime | None:
    """The instant that a cell's ``key`` names; None for one that no cell can have."""
    # Every offset in use is a multiple of a quarter of an hour; 2200 is beyond any conference.
    if key % 15 or not 0 <= key < 121_000_000:
        return None
    return datetime.fromtimestamp(key * 60, UTC)
