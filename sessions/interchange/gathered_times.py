"""The zone, days and times of gathered files: what people were promised, with a doubt for what was not said."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from conference import timezones
from conference.i18n import _, ngettext
from sessions.interchange.gathered import Found, FoundTime
from sessions.interchange.model import PLAUSIBLE_YEARS, DatesNeeded, Doubts, ImportRefused
from sessions.interchange.written_times import Moment
from sessions.interchange.zone_guess import zone_by_offsets

USUAL_MINUTES = 30
_LONGEST = 7 * 24 * 60  # minutes
_LONGEST_UNTIL_NEXT = 2 * 60


@dataclass(slots=True)
class Placed:
    """A time worked out. ``start`` is naive wall clock in the conference's zone, None for none; ``minutes`` None for not told."""

    found: FoundTime
    start: datetime | None
    minutes: int | None


class Times:
    """The zone that holds, and the wall-clock times in it.

    ``zone`` and ``first_day`` are what the importing person says; the file's own zone holds over theirs, and a first
    day is only needed where the file has weekdays or day numbers. Raises ImportRefused for an unknown zone.
    """

    def __init__(self, found: Found, doubts: Doubts, zone: str | None, first_day: date | None) -> None:
        self.doubts = doubts
        self.first_day = first_day
        self.is_zone_assumed = False
        self._moments = [
            moment
            for session in found.sessions
            for time in session.times
            for moment in (time.start, time.end)
            if moment
        ]
        self.zone_name = self._zone(found, zone)
        self.zone = timezones.zone(self.zone_name)

    def placed(self, times: list[FoundTime]) -> list[Placed]:
        """All of them worked out, in their order. Lengths are only told where the file says one."""
        return [self._placed(time) for time in times]

    def lengths(self, placed: list[Placed]) -> None:
        """Give a length to what has none: until the next in the same room, when that is near, else a usual one."""
        following: dict[str, list[datetime]] = {}
        for one in placed:
            if one.start is not None:
                following.setdefault(one.found.room, []).append(one.start)
        for starts in following.values():
            starts.sort()
        for one in placed:
            if one.minutes is not None:
                continue
            until = None
            if one.start is not None:
                starts = following[one.found.room]
                until = next(iter(starts[bisect_right(starts, one.start) :][:1]), None)
            gap = int((until - one.start).total_seconds()) // 60 if until and one.start else 0
            if 0 < gap <= _LONGEST_UNTIL_NEXT:
                one.minutes = gap
                words = _(
                    "It has no end; it was taken to last until the next begins there, %(minutes)d minutes."
                )
            else:
                one.minutes = USUAL_MINUTES
                words = _("It has no length; %(minutes)d minutes were taken.")
            if one.start is not None:
                self.doubts.add("length", one.found.where, words % {"minutes": one.minutes})

    def _zone(self, found: Found, given: str | None) -> str:
        wanted = timezones.normalise(given) if given else None
        if given and wanted is None:
            raise ImportRefused(_("“%(name)s” is not a time zone.") % {"name": given[:60]})
        place = _("conference")
        if found.zone:
            if known := timezones.normalise(found.zone):
                if wanted and wanted != known:
                    words = _("The file names the zone %(file)s, which holds, and not %(given)s.")
                    self.doubts.add("zone", place, words % {"file": known, "given": wanted})
                return known
            words = _("The file names the unknown zone “%(name)s”.")
            self.doubts.add("zone", place, words % {"name": found.zone[:60]})
        named = Counter(moment.zone for moment in self._moments if moment.zone)
        if named:  # by its single times, as calendars do
            return named.most_common(1)[0][0]
        if wanted:
            return wanted
        self.is_zone_assumed = True
        offsets = Counter(moment.offset for moment in self._moments if moment.offset is not None)
        common = offsets.most_common(1)[0][0] if offsets else None
        faces = [
            face for moment in self._moments if moment.offset == common and (face := _face(moment, None))
        ]
        guessed = zone_by_offsets(common, faces)
        if not self._moments:
            self.doubts.add(
                "zone", place, _("The file names no time zone; %(zone)s was taken.") % {"zone": guessed}
            )
            return guessed
        words = (
            _(
                "The file names no time zone; %(zone)s was taken, which fits the offsets of its times. Please check."
            )
            if common is not None
            else _(
                "The file names no time zone and no offsets; %(zone)s was taken. Please give the right one."
            )
        )
        self.doubts.add("zone", place, words % {"zone": guessed})
        return guessed

    def day_of(self, moment: Moment) -> date | None:
        """The date a moment stands for. Raises DatesNeeded for a weekday or day number without a first day to count from."""
        if moment.day is not None or not moment.has_day():
            return moment.day
        if self.first_day is None:
            raise DatesNeeded(
                _(
                    "The file gives weekdays or numbers of days but no dates. Please say on which day the conference begins."
                )
            )
        if moment.ordinal is not None:
            return self.first_day + timedelta(days=moment.ordinal - 1)
        return self.first_day + timedelta(days=((moment.weekday or 0) - self.first_day.weekday()) % 7)

    def wall(self, moment: Moment, where: str) -> datetime | None:
        """The moment on the conference's clocks, or None where it lacks its day or clock time."""
        day = self.day_of(moment)
        if day is None and moment.clock is not None and self.first_day is not None:
            day = self.first_day
            words = _("It names no day; %(day)s was taken.") % {"day": day.isoformat()}
            self.doubts.add("day", where, words)
        face = _face(moment, day)
        if face is None:
            return None
        at_home = timezones.zone(moment.zone) if moment.zone and moment.offset is None else None
        try:
            if moment.offset is not None:
                wall = (face - moment.offset).replace(tzinfo=UTC).astimezone(self.zone)
                return wall.replace(tzinfo=None)
            if at_home is not None and at_home.key != self.zone_name:
                return face.replace(tzinfo=at_home).astimezone(UTC).astimezone(self.zone).replace(tzinfo=None)
        except OverflowError:
            self.doubts.add("date", where, _("The date cannot be a session's."))
            return None
        early, late = (face.replace(tzinfo=self.zone, fold=fold).utcoffset() for fold in (0, 1))
        if early != late:
            self.doubts.add(
                "fold",
                where,
                _("%(clock)s is skipped or comes twice that night, when the clocks change in %(zone)s.")
                % {"clock": face.strftime("%H:%M"), "zone": self.zone_name},
            )
        return face

    def _placed(self, time: FoundTime) -> Placed:
        start = self.wall(time.start, time.where) if time.start else None
        if start is None:
            # A break in every file has neither; only half a time is worth a word.
            if time.start is not None:
                self.doubts.add("unscheduled", time.where, _("It has no date and time; it is unscheduled."))
            minutes = time.minutes if time.minutes is not None and 0 < time.minutes <= _LONGEST else None
            return Placed(time, None, minutes)
        return Placed(time, start, self._minutes(time, start))

    def _minutes(self, time: FoundTime, start: datetime) -> int | None:
        if time.minutes is not None:
            if 0 < time.minutes <= _LONGEST:
                return time.minutes
            self._told_badly(
                time.where,
                ngettext(
                    "It lasts %(count)d minute, which no session does; %(minutes)d minutes were taken.",
                    "It lasts %(count)d minutes, which no session does; %(minutes)d minutes were taken.",
                    time.minutes,
                )
                % {"count": time.minutes, "minutes": USUAL_MINUTES},
            )
            return USUAL_MINUTES
        if time.end is None or time.start is None:
            return None
        end = self.wall(time.end if time.end.has_day() else time.end | _day_only(time.start), time.where)
        if end is None:
            return None
        minutes = self._between(start, end)
        if minutes <= 0 and not time.end.has_day() and minutes > -24 * 60:
            minutes += 24 * 60
            if minutes <= 12 * 60:
                words = _("It ends at %(end)s, before its start; the next day was taken.")
                self.doubts.add("midnight", time.where, words % {"end": end.strftime("%H:%M")})
                return minutes
            minutes -= 24 * 60
        if 0 < minutes <= _LONGEST:
            return minutes
        words = (
            _("It ends before it starts, or as it starts; %(minutes)d minutes were taken.")
            if minutes <= 0
            else _("It lasts more than a week; %(minutes)d minutes were taken.")
        )
        self._told_badly(time.where, words % {"minutes": USUAL_MINUTES})
        return USUAL_MINUTES

    def _between(self, start: datetime, end: datetime) -> int:
        first, last = (moment.replace(tzinfo=self.zone).astimezone(UTC) for moment in (start, end))
        return int((last - first).total_seconds()) // 60

    def _told_badly(self, where: str, words: str) -> None:
        self.doubts.add("length", where, words)


def _day_only(moment: Moment) -> Moment:
    return Moment(moment.day, None, moment.offset, moment.zone, moment.weekday, moment.ordinal)


def _face(moment: Moment, day: date | None) -> datetime | None:
    """The clock as written, naive, or None."""
    day = day or moment.day
    if day is None or moment.clock is None or day.year not in PLAUSIBLE_YEARS:
        return None
    hours, minutes = moment.clock
    day += timedelta(days=hours // 24)
    return datetime.combine(day, datetime.min.time()).replace(hour=hours % 24, minute=minutes)
