"""The released programme laid out for one reader: their days, their clock, in their language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from markupsafe import Markup, escape

from conference import dates, timezones
from conference.i18n import _
from conference.markup import plain
from conference.texts import pick, pick_with_language
from conference.timezones import HourKind
from sessions.programme.day_words import day_note
from sessions.programme.filters import Placing
from sessions.programme.search import excerpt, marked
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSlot
from sessions.tables import AppearanceRole, SessionKind

ONE_DAY_ABOVE = 200
"""A list longer than this is shown a day at a time."""
ALSO = 3
"""Other times of a session that are told beside it; more are counted."""


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
class OtherTime:
    """Another time of a session, on the reader's clock; ``day`` where it is another than that of the row it stands in."""

    day: str
    start: str
    iso: str
    hour: HourKind


@dataclass(frozen=True)
class Row:
    """A placing as lists and the grid show it. ``title_html`` and ``excerpt`` have the words of a search marked."""

    session: ReleasedSession
    slot: ReleasedSlot
    time: TimeView
    title: str
    title_html: Markup
    title_language: str
    excerpt: Markup
    url: str
    people: tuple[PersonView, ...]
    room: str
    track: str
    track_colour: str
    spoken: str
    is_cancelled: bool
    is_now: bool
    also: tuple[OtherTime, ...]  # when else the session is still to be had: the first of these times
    also_more: int  # and how many more there are

    @property
    def is_break(self) -> bool:
        """Whether nothing is on."""
        return self.session.kind == SessionKind.BREAK


@dataclass(frozen=True)
class HourView:
    """What begins within one hour of the reader's clock: ``label`` is ``09:00``, ``iso`` its instant."""

    label: str
    iso: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class DayView:
    """A date of the reader's with what takes place on it. ``note`` says where it is another day at the conference."""

    day: date
    label: str
    rows: tuple[Row, ...]
    note: str
    hours: tuple[HourView, ...]


@dataclass
class Layout:
    """Lays out one programme for one reader. ``home`` is the conference's address (``/slug``), ``languages`` its
    languages, ``now`` decides what is on now, ``words`` (folded) are those looked for."""

    programme: ReleasedProgramme
    zone: str
    language: str
    languages: tuple[str, ...]
    home: str
    now: datetime
    words: tuple[str, ...] = ()
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
                name = marked(speaker.name, self.words) if self.words else speaker.name
                self._people[key] = PersonView(name, url, special_role(appearance.role))
            found[appearance.speaker] = self._people[key]
        return tuple(found.values())

    def row(self, session: ReleasedSession, slot: ReleasedSlot) -> Row:
        """A placing ready to show."""
        named, title_language = pick_with_language(session.title, self.language, self.languages)
        title = named or _("Untitled")
        room = self.programme.room_by_code.get(slot.room)
        track = self.programme.track_by_code.get(session.track or "")
        cancelled = slot.is_cancelled or session.is_cancelled
        also, more = self._also(session, slot) if len(session.slots) > 1 else ((), 0)
        return Row(
            session=session,
            slot=slot,
            time=self.time(slot),
            title=title,
            title_html=marked(title, self.words) if self.words else escape(title),
            title_language=title_language if named and title_language != self.language else "",
            excerpt=self._excerpt(session) if self.words else Markup(""),
            url=f"{self.home}/sessions/{session.code}",
            people=self.people(session),
            room=self.text(room.name) if room else "",
            track=self.text(track.name) if track else "",
            track_colour=track.colour if track else "",
            spoken=session.language or self.languages[0],
            is_cancelled=cancelled,
            is_now=not cancelled and slot.start <= self.now < slot.end,
            also=also,
            also_more=more,
        )

    def _also(self, session: ReleasedSession, slot: ReleasedSlot) -> tuple[tuple[OtherTime, ...], int]:
        here = self.time(slot)
        others = [
            other
            for other in session.slots
            if other is not slot and not other.is_cancelled and other.end > self.now
        ]
        shown = [self.time(other) for other in others[:ALSO]]
        views = tuple(
            OtherTime("" if one.day == here.day else one.day, one.start, one.iso, one.hour) for one in shown
        )
        return views, len(others) - len(views)

    def _excerpt(self, session: ReleasedSession) -> Markup:
        """Where the words stand beside the title and the speakers' names: the abstract, the parts, who they work for."""
        texts = [plain(self.text(session.abstract)), *(self.text(part) for part in session.parts)]
        for appearance in session.appearances:
            if speaker := self.programme.speaker_by_code.get(appearance.speaker):
                texts.append(speaker.organisation)
        return next((found for text in texts if (found := excerpt(text, self.words))), Markup(""))

    def days(self, placings: Iterable[Placing]) -> tuple[DayView, ...]:
        """The placings under the reader's dates."""
        return tuple(self._day(day, pairs) for day, pairs in by_day(placings, self.zone).items())

    def _day(self, day: date, pairs: Iterable[Placing]) -> DayView:
        rows = tuple(self.row(*pair) for pair in pairs)
        starts = [row.slot.start for row in rows]
        return DayView(
            day,
            dates.long_day(day, self.language),
            rows,
            day_note(day, starts, self.programme.zone, self.language),
            tuple(self._hours(rows)),
        )

    def _hours(self, rows: Iterable[Row]) -> Iterable[HourView]:
        def hour_of(row: Row) -> datetime:
            return row.slot.start - timedelta(minutes=timezones.wall_time(row.slot.start, self.zone).minute)

        for hour, group in groupby(rows, key=hour_of):
            label = dates.clock_time(hour, self.zone, self.language)
            yield HourView(label, dates.iso_utc(hour), tuple(group))


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
