"""The released programme laid out for one reader: their days, their clock, what they asked to see."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from urllib.parse import urlencode

from conference import dates, timezones
from conference.i18n import _
from conference.texts import clean_line, pick, pick_with_language
from conference.timezones import HourKind
from sessions.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSlot
from sessions.tables import AppearanceRole, SessionKind

ONE_DAY_ABOVE = 200
"""A list longer than this is shown a day at a time."""
LONGEST_SEARCH = 200  # characters

Placing = tuple[ReleasedSession, ReleasedSlot]


@dataclass(frozen=True)
class Filters:
    """What the reader asked to see; empty strings ask for nothing. All but ``words`` are codes known to the programme."""

    words: str = ""
    track: str = ""
    kind: str = ""
    room: str = ""
    spoken: str = ""

    def __bool__(self) -> bool:
        return bool(self.words or self.track or self.kind or self.room or self.spoken)

    def query(self) -> dict[str, str]:
        """The filters as the address has them."""
        pairs = {
            "q": self.words,
            "track": self.track,
            "type": self.kind,
            "room": self.room,
            "spoken": self.spoken,
        }
        return {name: value for name, value in pairs.items() if value}


def read_filters(query: Mapping[str, str], programme: ReleasedProgramme) -> Filters:
    """The filters in an address. What the programme does not know is passed over: an old link still shows something."""

    def one_of(name: str, known: Iterable[str]) -> str:
        value = query.get(name, "")
        return value if value in known else ""

    return Filters(
        words=clean_line(query.get("q", "")[: LONGEST_SEARCH * 4])[:LONGEST_SEARCH],
        track=one_of("track", programme.track_by_code),
        kind=one_of("type", {session.kind for session in programme.sessions}),
        room=one_of("room", programme.room_by_code),
        spoken=one_of("spoken", {session.language for session in programme.sessions}),
    )


def selected(programme: ReleasedProgramme, filters: Filters) -> list[Placing]:
    """The placings that fit, in order of time and room. Every word of a search must stand somewhere in the session's
    title, abstract, parts, speakers, room or track, whatever its accents and case."""
    wanted = _bare(filters.words).split()
    found = []
    for session, slot in programme.placings:
        if filters.track and session.track != filters.track:
            continue
        if filters.kind and session.kind != filters.kind:
            continue
        if filters.room and slot.room != filters.room:
            continue
        if filters.spoken and session.language != filters.spoken:
            continue
        if wanted:
            text = _bare(" ".join(_searched(programme, session, slot)))
            if not all(word in text for word in wanted):
                continue
        found.append((session, slot))
    return found


def _searched(programme: ReleasedProgramme, session: ReleasedSession, slot: ReleasedSlot) -> Iterable[str]:
    yield from session.title.values()
    yield from session.abstract.values()
    for part in session.parts:
        yield from part.values()
    for appearance in session.appearances:
        if speaker := programme.speaker_by_code.get(appearance.speaker):
            yield speaker.name
            yield speaker.organisation
    if room := programme.room_by_code.get(slot.room):
        yield from room.name.values()
    if track := programme.track_by_code.get(session.track or ""):
        yield from track.name.values()


@lru_cache(maxsize=2048)
def _bare(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))


def by_day(placings: Iterable[Placing], zone: str) -> dict[date, list[Placing]]:
    """The placings under the reader's own dates, in order."""
    days: dict[date, list[Placing]] = {}
    for session, slot in placings:
        days.setdefault(dates.local_date(slot.start, zone), []).append((session, slot))
    return days


def chosen_day(days: Sequence[date], asked: str, today: date) -> date | None:
    """The day to show: the one asked for (ISO 8601), else today, else the first; None where there are no days."""
    try:
        wanted = date.fromisoformat(asked) if len(asked) == 10 else None
    except ValueError:
        wanted = None
    for day in (wanted, today):
        if day in days:
            return day
    return days[0] if days else None


# --- ready to show ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PersonView:
    """A speaker by name; ``role`` in words where it is not plain presenting."""

    name: str
    url: str
    role: str = ""


@dataclass(frozen=True)
class TimeView:
    """When something is, on both clocks, in the reader's language.

    ``day``, ``start`` and ``end`` are the reader's, ``their_start`` the conference's; ``their_day`` says the conference's
    date where it is another than the reader's, and ``ends_next_day`` that the end is on the reader's next date.
    """

    iso: str
    iso_end: str
    day: str
    start: str
    end: str
    their_start: str
    their_end: str
    their_day: str
    ends_next_day: str
    hour: HourKind


@dataclass(frozen=True)
class Row:
    """A placing as lists and the grid show it."""

    session: ReleasedSession
    slot: ReleasedSlot
    time: TimeView
    title: str
    title_language: str
    url: str
    people: tuple[PersonView, ...]
    room: str
    track: str
    track_colour: str
    spoken: str
    is_cancelled: bool
    is_now: bool
    repeats: int  # how many other times the session takes place

    @property
    def is_break(self) -> bool:
        """Whether nothing is on."""
        return self.session.kind == SessionKind.BREAK


@dataclass(frozen=True)
class DayView:
    """A date of the reader's with what takes place on it."""

    day: date
    label: str
    rows: tuple[Row, ...]


@dataclass
class Layout:
    """Lays out one programme for one reader. ``home`` is the conference's address (``/slug``), ``languages`` its
    languages, ``now`` decides what is on now."""

    programme: ReleasedProgramme
    zone: str
    language: str
    languages: tuple[str, ...]
    home: str
    now: datetime
    _times: dict[tuple[datetime, datetime], TimeView] = field(default_factory=dict)
    _people: dict[str, PersonView] = field(default_factory=dict)

    def text(self, value: Mapping[str, str]) -> str:
        """The text in the reader's language, else in the conference's first that has it."""
        return pick(value, self.language, self.languages)

    def time(self, slot: ReleasedSlot) -> TimeView:
        """When the slot is; many slots share one time, so it is worked out once."""
        key = (slot.start, slot.end)
        if key not in self._times:
            self._times[key] = time_view(slot.start, slot.end, self.zone, self.programme.zone, self.language)
        return self._times[key]

    def people(self, session: ReleasedSession) -> tuple[PersonView, ...]:
        """The speakers, each once, in order of appearance."""
        found: dict[str, PersonView] = {}
        for appearance in session.appearances:
            if appearance.speaker in found:
                continue
            if (speaker := self.programme.speaker_by_code.get(appearance.speaker)) is None:
                continue
            key = f"{speaker.code} {appearance.role}"
            if key not in self._people:
                url = f"{self.home}/speakers/{speaker.code}"
                self._people[key] = PersonView(speaker.name, url, special_role(appearance.role))
            found[appearance.speaker] = self._people[key]
        return tuple(found.values())

    def row(self, session: ReleasedSession, slot: ReleasedSlot) -> Row:
        """A placing ready to show."""
        title, title_language = pick_with_language(session.title, self.language, self.languages)
        room = self.programme.room_by_code.get(slot.room)
        track = self.programme.track_by_code.get(session.track or "")
        cancelled = slot.is_cancelled or session.is_cancelled
        return Row(
            session=session,
            slot=slot,
            time=self.time(slot),
            title=title or _("Untitled"),
            title_language=title_language if title and title_language != self.language else "",
            url=f"{self.home}/sessions/{session.code}",
            people=self.people(session),
            room=self.text(room.name) if room else "",
            track=self.text(track.name) if track else "",
            track_colour=track.colour if track else "",
            spoken=session.language or self.languages[0],
            is_cancelled=cancelled,
            is_now=not cancelled and slot.start <= self.now < slot.end,
            repeats=sum(not other.is_cancelled for other in session.slots if other.code != slot.code),
        )

    def days(self, placings: Iterable[Placing]) -> tuple[DayView, ...]:
        """The placings under the reader's dates."""
        return tuple(
            DayView(day, dates.long_day(day, self.language), tuple(self.row(*pair) for pair in pairs))
            for day, pairs in by_day(placings, self.zone).items()
        )


def time_view(start: datetime, end: datetime, zone: str, conference_zone: str, language: str) -> TimeView:
    """A time on the reader's clock and on the conference's. ``start`` and ``end`` are aware."""
    shift = dates.day_shift(start, conference_zone, zone)
    over = (dates.local_date(end, zone) - dates.local_date(start, zone)).days
    return TimeView(
        iso=dates.iso_utc(start),
        iso_end=dates.iso_utc(end),
        day=dates.short_day(dates.local_date(start, zone), language),
        start=dates.clock_time(start, zone, language),
        end=dates.clock_time(end, zone, language),
        their_start=dates.clock_time(start, conference_zone, language),
        their_end=dates.clock_time(end, conference_zone, language),
        their_day=dates.short_day(dates.local_date(start, conference_zone), language) if shift else "",
        ends_next_day=dates.day_shift_words(over, language),
        hour=timezones.hour_kind(timezones.wall_time(start, zone)),
    )


def role_name(role: str) -> str:
    """A role in words."""
    names = {
        AppearanceRole.CHAIR: _("chair"),
        AppearanceRole.PANELLIST: _("panellist"),
        AppearanceRole.PRESENTER: _("presenter"),
        AppearanceRole.FACILITATOR: _("facilitator"),
        AppearanceRole.INTERPRETER: _("interpreter"),
        AppearanceRole.HOST: _("host"),
    }
    return {key.value: name for key, name in names.items()}.get(role, role)


def special_role(role: str) -> str:
    """The role in words where it is worth saying beside a name, else ""."""
    plain = {AppearanceRole.PRESENTER.value, AppearanceRole.PANELLIST.value}
    return "" if role in plain else role_name(role)


def spans_of(placings: Iterable[Placing]) -> list[tuple[datetime, datetime]]:
    """When something takes place: the placings' times joined where they touch or overlap, without what is cancelled."""
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted((slot.start, slot.end) for _session, slot in placings if not slot.is_cancelled):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def address(path: str, query: Mapping[str, str], **changes: str) -> str:
    """``path`` with the query, changed; an empty value leaves its name out."""
    pairs = {name: value for name, value in {**query, **changes}.items() if value}
    return f"{path}?{urlencode(pairs)}" if pairs else path


# --- the grid --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """A cell of the grid over ``rowspan`` lines and ``colspan`` rooms. No rows: nothing is on there."""

    rows: tuple[Row, ...]
    rowspan: int
    colspan: int = 1

    @property
    def is_across(self) -> bool:
        """Whether it is a break that everyone has."""
        return bool(self.rows) and all(row.is_break for row in self.rows)


@dataclass(frozen=True)
class Line:
    """A line of the grid: from its ``time`` until the next line's, with the cells that begin here."""

    time: TimeView
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Grid:
    """Rooms across, time down: the day as a table whose cells tile it without gap or overlap."""

    rooms: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class _Block:
    start: datetime
    end: datetime
    rows: tuple[Row, ...]


def grid_of(day: DayView, layout: Layout) -> Grid:
    """The day's grid. Slots of one room that overlap share a cell; a break during which nothing else is on goes right
    across. Rooms without anything that day are left out."""
    programme = layout.programme
    order = {room.code: index for index, room in enumerate(programme.rooms)}
    in_room: dict[str, list[Row]] = {}
    for row in day.rows:
        in_room.setdefault(row.slot.room, []).append(row)
    codes = sorted(in_room, key=lambda code: order.get(code, len(order)))
    columns = [_blocks(in_room[code]) for code in codes]
    across = _breaks_across(columns)
    columns = [[block for block in column if block not in across] for column in columns]
    edges = sorted(
        {edge for blocks in (*columns, across) for block in blocks for edge in (block.start, block.end)}
    )
    index = {edge: number for number, edge in enumerate(edges)}
    count = len(edges) - 1
    lines: list[list[Cell]] = [[] for _number in range(max(count, 0))]
    covered = {number: block for block in across for number in range(index[block.start], index[block.end])}
    for position, column in enumerate(columns):
        begins = {index[block.start]: block for block in column}
        number = 0
        while number < count:
            if block := covered.get(number):
                span = index[block.end] - number
                if position == 0:
                    lines[number].append(Cell(block.rows, span, len(columns)))
            elif block := begins.get(number):
                span = index[block.end] - number
                lines[number].append(Cell(block.rows, span))
            else:
                span = 1
                while number + span < count and number + span not in begins and number + span not in covered:
                    span += 1
                lines[number].append(Cell((), span))
            number += span
    names = tuple(layout.text(programme.room_by_code[code].name) if code in order else "" for code in codes)
    return Grid(
        names,
        tuple(
            Line(time_view(start, end, layout.zone, programme.zone, layout.language), tuple(cells))
            for start, end, cells in zip(edges, edges[1:], lines, strict=False)
        ),
    )


def _blocks(rows: list[Row]) -> list[_Block]:
    """Rows of one room, those that overlap joined."""
    blocks: list[_Block] = []
    for row in sorted(rows, key=lambda row: (row.slot.start, row.slot.end)):
        if blocks and row.slot.start < blocks[-1].end:
            last = blocks[-1]
            blocks[-1] = replace(last, end=max(last.end, row.slot.end), rows=(*last.rows, row))
        else:
            blocks.append(_Block(row.slot.start, row.slot.end, (row,)))
    return blocks


def _breaks_across(columns: list[list[_Block]]) -> list[_Block]:
    """Breaks during which no other room has anything on."""
    breaks = [block for column in columns for block in column if all(row.is_break for row in block.rows)]
    others = [block for column in columns for block in column]
    return [
        block
        for block in breaks
        if not any(
            other is not block and other.start < block.end and block.start < other.end for other in others
        )
    ]
