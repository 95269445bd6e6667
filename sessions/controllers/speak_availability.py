"""A speaker's availability: a grid of half hours on their own clock, and the same as typed hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from conference import dates, timezones
from conference.errors import StaleEdit
from conference.i18n import _
from conference.strip import build_strip
from conference.strip_picture import strip_svg
from conference.web import AnyRequest, typed
from sessions.controllers.speak_own import GONE, MOST_BYTES, OWN, Own, own_view
from sessions.speakers import availability_grid as grid
from sessions.speakers.availability import (
    Given,
    TooManyStretches,
    availability_of,
    give_availability,
    hours_asked,
    take_availability_back,
)
from sessions.speakers.availability_form import RangesForm, read_brush, read_cells, swept
from sessions.speakers.availability_grid import Cell, Row, Stretch, Suits
from sessions.speakers.own_words import given_words

MOST_ON_A_GRID = 7
"""Days beside one another; of a longer conference a part at a time."""


@dataclass(frozen=True)
class CellView:
    """A half hour to answer for. ``hour`` is "day", "edge" or "night"; ``told`` names it to those who hear the page."""

    key: int
    state: str
    hour: str
    told: str


@dataclass(frozen=True)
class RowView:
    """A line of the grid; ``again`` marks the second run of an hour that happens twice, ``is_apart`` one that does
    not follow on the line above it."""

    label: str
    again: bool
    is_apart: bool
    is_full_hour: bool
    cells: tuple[CellView | None, ...]


@dataclass(frozen=True)
class DayView:
    """A column of the grid, and a part of the form with typed hours."""

    day: date
    iso: str
    label: str
    short: str


@dataclass(frozen=True)
class Asked:
    """What the page asks about: the conference's hours (UTC), the speaker's dates they touch, the part now shown."""

    spans: tuple[tuple[datetime, datetime], ...]
    all_days: tuple[date, ...]
    days: tuple[date, ...]
    part: int
    parts: int
    every: bool

    def rows(self, zone: str) -> tuple[Row, ...]:
        """The grid's lines."""
        return grid.rows_of(self.days, timezones.zone(zone), self.spans, every=self.every)

    @property
    def query(self) -> str:
        """What in the address keeps this part and these hours in sight."""
        said = [f"part={self.part + 1}"] if self.parts > 1 else []
        return "&".join([*said, *(["hours=all"] if self.every else [])])


class SpeakAvailabilityController(Controller):
    path = "/speak/{token:str}/availability"
    dependencies = OWN
    exception_handlers = GONE
    request_max_body_size = MOST_BYTES

    @get("/", name="speak:availability")
    async def show(self, request: AnyRequest, own: NamedDependency[Own]) -> Template:
        given, asked = await availability_of(own.speaker), await _asked(request, own)
        return _page(request, own, asked, given, given.stretches)

    @post("/", name="speak:give-availability", status_code=303)
    async def give(self, request: AnyRequest, own: NamedDependency[Own]) -> Template | Redirect:
        sent = await typed(request)
        given, asked = await availability_of(own.speaker), await _asked(request, own)
        zone, do = timezones.zone(own.zone), sent.get("do", "")
        seen, ranges = sent.get("seen", "")[:40], None
        if do == "clear":
            try:
                await take_availability_back(own.speaker.id, seen=seen, actor=own.speaker.name, now=own.now)
            except StaleEdit as stale:
                return await _stale(request, own, asked, given.stretches, stale)
            return own.to("/availability", _("Cleared: you have not said when you can."))
        if do == "any":
            wanted = grid.whole(asked.spans, zone)
        elif do == "ranges":
            ranges = RangesForm.from_post(sent, asked.days, zone, given.stretches)
            if ranges.stretches is None:
                return _page(request, own, asked, given, given.stretches, ranges=ranges, status=422)
            wanted = ranges.stretches
        else:
            cells = read_cells(sent, asked.all_days, zone)
            cells |= swept(do, read_brush(sent), asked.rows(own.zone), asked.days)
            wanted = grid.painted(given.stretches, cells)
        try:
            await give_availability(own.speaker.id, wanted, seen=seen, actor=own.speaker.name, now=own.now)
        except StaleEdit as stale:
            return await _stale(request, own, asked, wanted, stale, ranges)
        except TooManyStretches as error:
            return _page(request, own, asked, given, wanted, refusal=error.message, status=422)
        where = f"/availability?{asked.query}" if asked.query else "/availability"
        return own.to(where, _("Thank you. Your availability is saved."))


async def _stale(
    request: AnyRequest,
    own: Own,
    asked: Asked,
    wanted: Sequence[Stretch],
    stale: StaleEdit,
    ranges: RangesForm | None = None,
) -> Template:
    """409: what was marked here, beside what was saved meanwhile."""
    given = await availability_of(own.speaker)
    return _page(request, own, asked, given, wanted, ranges=ranges, stale=stale.message, status=409)


async def _asked(request: AnyRequest, own: Own) -> Asked:
    spans = await hours_asked(own.conference)
    every_day = grid.days_of(spans, timezones.zone(own.zone))
    parts = max(1, -(-len(every_day) // MOST_ON_A_GRID))
    number = request.query_params.get("part", "")
    part = min(int(number), parts) - 1 if number.isascii() and number.isdigit() and 0 < len(number) < 4 else 0
    part = max(0, part)
    shown = every_day[part * MOST_ON_A_GRID : (part + 1) * MOST_ON_A_GRID]
    return Asked(spans, every_day, shown, part, parts, request.query_params.get("hours") == "all")


def _page(
    request: AnyRequest,
    own: Own,
    asked: Asked,
    given: Given,
    shown: Sequence[Stretch],
    *,
    ranges: RangesForm | None = None,
    stale: str = "",
    refusal: str = "",
    status: int = 200,
) -> Template:
    zone, language = timezones.zone(own.zone), own.language
    held = grid.joined(shown)
    days = [
        DayView(day, day.isoformat(), dates.long_day(day, language), dates.short_day(day, language))
        for day in asked.days
    ]
    lines = asked.rows(own.zone)
    rows = [
        RowView(
            label=dates.clock_time(next(cell.start for cell in row.cells if cell), own.zone, language),
            again=bool(row.fold),
            is_apart=before is not None and not _follows(row, before),
            is_full_hour=row.wall.minute == 0,
            cells=tuple(_cell(cell, day, held, own) for cell, day in zip(row.cells, days, strict=True)),
        )
        for row, before in zip(lines, [None, *lines], strict=False)
    ]
    typed_hours = ranges or RangesForm.of(asked.days, zone, held)
    drawn = [span for span in asked.spans if dates.local_date(span[0], own.zone) in asked.days] or asked.spans
    strip = None
    if drawn:
        strip = strip_svg(
            build_strip(
                dates.local_date(drawn[0][0], own.zone),
                own.zone,
                own.conference.zone,
                spans=[drawn[0]],
                language=language,
            )
        )
    return own_view(
        request,
        own,
        "availability.html",
        status=status,
        asked=asked,
        given=given,
        days=days,
        rows=rows,
        ranges=typed_hours,
        strip=strip,
        stale=stale,
        saved=given_words(given, own.zone, language, most=40),
        refusal=refusal,
        seen=given.mark,
    )


def _follows(row: Row, before: Row) -> bool:
    """Whether some day's clock runs on from the line before to this one."""
    pairs = zip(before.cells, row.cells, strict=True)
    return any(one is not None and other is not None and one.end == other.start for one, other in pairs)


def _cell(cell: Cell | None, day: DayView, held: Sequence[Stretch], own: Own) -> CellView | None:
    if cell is None:
        return None
    state: Suits = grid.suits(cell.start, cell.end, held)
    return CellView(
        key=cell.key,
        state=state.value,
        hour=timezones.hour_kind(timezones.wall_time(cell.start, own.zone)),
        told=dates.day_and_time(
            day.short, dates.time_range(cell.start, cell.end, own.zone, own.language), own.language
        ),
    )
