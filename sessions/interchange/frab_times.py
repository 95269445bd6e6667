"""The zone and the times of a schedule XML file: what people were promised, where its fields disagree."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from conference import timezones
from conference.i18n import _
from sessions.interchange.frab_document import Event, Node, where
from sessions.interchange.model import (
    PLAUSIBLE_YEARS,
    Doubts,
    ImportRefused,
)
from sessions.interchange.zone_guess import zone_by_city, zone_by_offsets


@dataclass(slots=True)
class Times:
    """What an event says of its time, before the zone is known."""

    face: datetime | None  # the clock as written in <date>, naive
    offset: timedelta | None  # its offset, if it has one
    start: tuple[int, int] | None  # hours (24 and more for the next day) and minutes in <start>
    day: date | None  # the day element's date, or a <date> without clock


class Clocks:
    """The zone of a schedule and the times of its events, as far as its producer got them right.

    ``times`` has what each event says of its time, in their order; ``zone`` is the zone that holds. What does not
    fit becomes a doubt. Raises ImportRefused when the given zone is none.
    """

    def __init__(self, head: Node, events: list[Event], doubts: Doubts, zone: str | None) -> None:
        self.head = head
        self.doubts = doubts
        self.times = [self._times(event) for event in events]
        self.zone_name = self._zone(zone)
        self.zone = timezones.zone(self.zone_name)
        self.boundary = _clock(self.head.line_of("day_change")) or (0, 0)

    def wall(self, event: Event, times: Times) -> datetime | None:
        """The wall-clock start, its ``fold`` known, or None; doubts for hours that a clock change skips or repeats."""
        wall = self._wall(event, times)
        if wall is None:
            return None
        if wall.year not in PLAUSIBLE_YEARS:
            self.doubts.add("date", where(event.node), _("The date cannot be a session's."))
            return None
        early, late = (wall.replace(tzinfo=self.zone, fold=fold) for fold in (0, 1))
        if early.utcoffset() == late.utcoffset():
            return wall
        if times.offset is not None and times.offset == late.utcoffset():
            return wall.replace(fold=1)
        if times.offset is None or times.offset != early.utcoffset():
            self.doubts.add(
                "fold",
                where(event.node),
                _("%(clock)s is skipped or comes twice that night, when the clocks change in %(zone)s.")
                % {"clock": wall.strftime("%H:%M"), "zone": self.zone_name},
            )
        return wall

    def length(self, event: Event, wall: datetime | None) -> int:
        """The event's length in minutes, by its duration or its end; a doubt and a usual length where it has none."""
        written = event.node.line_of("duration")
        minutes = minutes_of(written)
        if minutes is None and wall and (end := _clock(event.node.line_of("end"))):
            minutes = (end[0] * 60 + end[1] - wall.hour * 60 - wall.minute) % (24 * 60)
        if minutes is not None and 0 < minutes <= 7 * 24 * 60:
            if re.fullmatch(r"0[1-9]:\d{2}:00|1\d:\d{2}:00", written) and minutes >= 60:
                self.doubts.add(
                    "length",
                    where(event.node),
                    _("The duration “%(text)s” was read as hours, minutes and seconds.") % {"text": written},
                )
            return minutes
        usual = minutes_of(self.head.line_of("timeslot_duration")) or 0
        taken = max(usual, 30)
        self.doubts.add(
            "length",
            where(event.node),
            _("The duration “%(text)s” is not one a session can have; %(minutes)d minutes were taken.")
            % {"text": written[:40], "minutes": taken},
        )
        return taken

    def _zone(self, given: str | None) -> str:
        wanted = timezones.normalise(given) if given else None
        if given and wanted is None:
            raise ImportRefused(_("“%(name)s” is not a time zone.") % {"name": given[:60]})
        named = self.head.line_of("time_zone_name")
        if named:
            if known := timezones.normalise(named):
                if wanted and wanted != known:
                    self.doubts.add(
                        "zone",
                        _("conference"),
                        _("The file names the zone %(file)s, which holds, and not %(given)s.")
                        % {"file": known, "given": wanted},
                    )
                return known
            self.doubts.add(
                "zone",
                _("conference"),
                _("The file names the unknown zone “%(name)s”.") % {"name": named[:60]},
            )
        if wanted:
            return wanted
        offsets = Counter(times.offset for times in self.times if times.offset is not None)
        common = offsets.most_common(1)[0][0] if offsets else None
        moments = [
            t.face for t in self.times if t.face is not None and t.offset is not None and t.offset == common
        ]
        city = zone_by_city(self.head.line_of("city"))
        offset = common
        guessed = (city if offset is None else None) or zone_by_offsets(offset, moments)
        message = (
            _("The file names no time zone; %(zone)s was taken by the city it names. Please check.")
            if offset is None and city
            else _(
                "The file names no time zone; %(zone)s was taken, which fits the offsets of its times. Please check."
            )
            if offset is not None
            else _(
                "The file names no time zone and no offsets; %(zone)s was taken. Please give the right one."
            )
        )
        self.doubts.add("zone", _("conference"), message % {"zone": guessed})
        return guessed

    def _times(self, event: Event) -> Times:
        written = event.node.line_of("date")
        face, offset, day = None, None, day_of(event.day.get("date", "") or event.day.get("start", ""))
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
            day = day_of(written) or day
        elif written:
            try:
                moment = datetime.fromisoformat(written)
                face, offset = moment.replace(tzinfo=None, second=0, microsecond=0), moment.utcoffset()
            except ValueError:
                self.doubts.add(
                    "date", where(event.node), _("The date “%(text)s” is not one.") % {"text": written[:40]}
                )
        begins = event.node.line_of("start")
        start = _clock(begins)
        if begins and start is None:
            self.doubts.add(
                "start", where(event.node), _("“%(text)s” is not a time.") % {"text": begins[:40]}
            )
        return Times(face, offset, start, day)

    def _wall(self, event: Event, times: Times) -> datetime | None:
        """The wall-clock start, or None when the event has no time."""
        if times.face is None:
            return self._by_day(event, times)
        converted = times.face
        if times.offset is not None:
            try:
                instant = (times.face - times.offset).replace(tzinfo=UTC)
                converted = instant.astimezone(self.zone).replace(tzinfo=None)
            except OverflowError:
                self.doubts.add("date", where(event.node), _("The date cannot be a session's."))
                return None
        if times.start is None or _same_clock(converted, times.start):
            return converted
        if _same_clock(times.face, times.start):
            self.doubts.add(
                "offset",
                where(event.node),
                _("Its UTC offset does not fit %(zone)s; the clock time %(clock)s was kept.")
                % {"zone": self.zone_name, "clock": times.face.strftime("%H:%M")},
            )
            return times.face
        # The clock people read is <start>; the date is only asked for the day.
        wall = self._by_day(event, replace(times, day=times.day or times.face.date()))
        self.doubts.add(
            "clash",
            where(event.node),
            _("<start> says %(start)s but <date> says %(date)s; <start> was kept.")
            % {"start": event.node.line_of("start"), "date": event.node.line_of("date")},
        )
        return wall

    def _by_day(self, event: Event, times: Times) -> datetime | None:
        if times.start is None or times.day is None:
            self.doubts.add(
                "unscheduled", where(event.node), _("It has no date and time; it is unscheduled.")
            )
            return None
        hours, minutes = times.start
        boundary = self._boundary(event)
        # A conference day may run past midnight: 01:00 then belongs to the next date.
        days = hours // 24 + (1 if hours < 24 and (hours, minutes) < boundary else 0)
        try:
            day = times.day + timedelta(days=days)
        except OverflowError:
            return None
        return datetime(day.year, day.month, day.day, hours % 24, minutes)  # noqa: DTZ001 (wall time is naive)

    def _boundary(self, event: Event) -> tuple[int, int]:
        if self.boundary <= (12, 0) and self.boundary != (0, 0):
            return self.boundary
        try:
            begins = datetime.fromisoformat(event.day.get("start", ""))
            stops = datetime.fromisoformat(event.day.get("end", ""))
        except ValueError:
            return (0, 0)
        if stops.date() > begins.date() and (begins.hour, begins.minute) <= (12, 0):
            return (begins.hour, begins.minute)
        return (0, 0)


def day_of(text: str) -> date | None:
    """The date at the beginning of the text, or None for what is none or not plausible."""
    try:
        day = date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None
    return day if day.year in PLAUSIBLE_YEARS else None


def _clock(text: str) -> tuple[int, int] | None:
    match = re.fullmatch(r"(\d{1,2})[:.h]?(\d{2})(?::\d{2})?", text.strip())
    if not match:
        return None
    hours, minutes = int(match.group(1)), int(match.group(2))
    return (hours, minutes) if hours < 48 and minutes < 60 else None


def _same_clock(wall: datetime, clock: tuple[int, int]) -> bool:
    return (wall.hour, wall.minute) == (clock[0] % 24, clock[1])


def minutes_of(text: str) -> int | None:
    """Minutes of a frab duration: "1:30", "01:30", "90", "PT1H30M", "D:HH:MM" or "HH:MM:SS"; None if it is none.

    Of three numbers the first is days (the schema's ``D:HH:MM``), unless it has two digits and the last is 00, as
    Pentabarf writes ``00:45:00``.
    """
    text = text.strip()
    if re.fullmatch(r"\d{1,5}", text):
        return int(text)
    if match := re.fullmatch(r"(\d{1,3}):(\d{2})", text):
        return int(match.group(1)) * 60 + int(match.group(2))
    if match := re.fullmatch(r"(\d{1,2}):(\d{2}):(\d{1,2})", text):
        first, second, third = (int(part) for part in match.groups())
        if len(match.group(1)) == 2 and match.group(3) == "00":
            return first * 60 + second
        return first * 1440 + second * 60 + third
    if match := re.fullmatch(r"P(?:(\d{1,3})D)?(?:T(?:(\d{1,3})H)?(?:(\d{1,5})M)?(?:\d+S)?)?", text):
        days, hours, minutes = (int(part or 0) for part in match.groups())
        return (days * 24 + hours) * 60 + minutes or None
    return None
