"""The released programme laid out for one reader: their days, their clock, in their language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from conference import dates, timezones
from conference.i18n import _
from conference.texts import pick, pick_with_language
from conference.timezones import HourKind
from sessions.programme.filters import Placing
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSlot
from sessions.tables import AppearanceRole, SessionKind

ONE_DAY_ABOVE = 200
"""A list longer than this is shown a day at a time."""


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
