"""What a speaker marked or typed on the page about their availability, read into stretches of time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from conference import timezones
from conference.forms import whole_number
from conference.i18n import _
from sessions.speakers.availability_grid import (
    Row,
    Stretch,
    Suits,
    cells_of_day,
    instant_of,
    joined,
    ranges_of,
    without,
)

MOST_RANGES = 20
"""Rows of typed hours for one day."""
SPARE_RANGES = 2
_CELL_FIELD = re.compile(r"c(\d{1,9})", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_ANSWERS = {answer.value: answer for answer in Suits}


def read_cells(values: Mapping[str, str], days: Sequence[date], zone: ZoneInfo) -> dict[datetime, Suits]:
    """The half hours of the grid that were sent (by their start, UTC), with their answers.

    Only what can be a cell of about these days: the page may have been made before the zone was changed.
    """
    found: dict[datetime, Suits] = {}
    if not days:
        return found
    first = datetime.combine(days[0] - timedelta(days=1), time(), tzinfo=zone)
    last = datetime.combine(days[-1] + timedelta(days=2), time(), tzinfo=zone)
    for name, value in values.items():
        match = _CELL_FIELD.fullmatch(name)
        start = instant_of(int(match[1])) if match else None
        if start is not None and value in _ANSWERS and first <= start < last:
            found[start] = _ANSWERS[value]
    return found


def read_brush(values: Mapping[str, str]) -> Suits:
    """What the buttons for a whole day or line give: available, unless chosen otherwise."""
    return _ANSWERS.get(values.get("brush", ""), Suits.AVAILABLE)


def swept(do: str, brush: Suits, rows: Sequence[Row], days: Sequence[date]) -> dict[datetime, Suits]:
    """The cells that a button for a whole day (``day-<number>``) or line (``row-<number>``) gives the brush's answer."""
    kind, _dash, typed = do.partition("-")
    number = whole_number(typed, 4)
    if number is None or kind not in ("day", "row"):
        return {}
    if kind == "row":
        cells = rows[number].cells if number < len(rows) else ()
    else:
        cells = tuple(row.cells[number] for row in rows) if number < len(days) else ()
    return {cell.start: brush for cell in cells if cell is not None}


def field_names(day: date, number: int) -> tuple[str, str, str]:
    """The names of the fields from, until and kind of a row of typed hours."""
    tail = f"{day.isoformat()}_{number}"
    return f"from_{tail}", f"until_{tail}", f"kind_{tail}"


@dataclass
class RangesForm:
    """Typed hours, day by day. ``stretches`` are all of the speaker's once nothing is wrong, else None."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    stretches: tuple[Stretch, ...] | None = None

    @classmethod
    def of(cls, days: Sequence[date], zone: ZoneInfo, stretches: Sequence[Stretch]) -> RangesForm:
        """The form as it stands."""
        values: dict[str, str] = {}
        for day in days:
            for number, one in enumerate(ranges_of(cells_of_day(day, zone), zone, stretches)):
                names = field_names(day, number)
                # A field for times of day knows no 24:00: as an end, 00:00 is the coming midnight.
                until = "00:00" if one.until == "24:00" else one.until
                values.update(zip(names, (one.start, until, one.kind.value), strict=True))
        return cls(values)

    @classmethod
    def from_post(
        cls, sent: Mapping[str, str], days: Sequence[date], zone: ZoneInfo, stretches: Sequence[Stretch]
    ) -> RangesForm:
        """Read what was typed. What stands as it was keeps its instants, to the minute and across clock changes."""
        form = cls({name: value.strip() for name, value in sent.items()})
        before = cls.of(days, zone, stretches).values
        spans: list[Stretch] = []
        left: list[Stretch] = list(stretches)
        for day in days:
            cells = cells_of_day(day, zone)
            left = without(left, cells[0].start, cells[-1].end)
            held = ranges_of(cells, zone, stretches)
            for number in range(MOST_RANGES):
                names = field_names(day, number)
                typed = [form.values.get(name, "") for name in names]
                if number < len(held) and typed == [before[name] for name in names]:
                    spans.append(held[number].stretch)
                elif span := form._read(day, zone, *names):
                    spans.append(span)
        if not form.errors:
            form.stretches = joined([*left, *spans])
        return form

    def _read(self, day: date, zone: ZoneInfo, start: str, until: str, kind: str) -> Stretch | None:
        typed = self.values.get(start, ""), self.values.get(until, "")
        if not any(typed):
            return None
        clocks = [_CLOCK.fullmatch(text) for text in typed]
        for name, clock in zip((start, until), clocks, strict=True):
            if clock is None:
                self.errors[name] = _("Please give a time of day, such as 14:30.")
        if clocks[0] is None or clocks[1] is None:
            return None
        begins, ends = (datetime.combine(day, time(int(c[1]), int(c[2]))) for c in clocks if c)
        if ends <= begins:  # past midnight
            ends += timedelta(days=1)
        answer = _ANSWERS.get(self.values.get(kind, ""), Suits.AVAILABLE)
        if answer == Suits.NOT:
            return None
        # Of an hour that happens twice, whichever makes the stretch longer: nobody means less than they typed.
        begin, end = timezones.at_clock(begins, zone), timezones.at_clock(ends, zone, fold=1)
        return Stretch(begin, end, answer)

    def rows_of(self, day: date) -> list[int]:
        """Numbers of the rows to show for a day: those with something in them, and some empty ones."""
        filled = [
            n for n in range(MOST_RANGES) if any(self.values.get(name) for name in field_names(day, n)[:2])
        ]
        return list(range(min((filled[-1] + 1 if filled else 0) + SPARE_RANGES, MOST_RANGES)))
