"""The zones of a calendar file: the database's where its names lead there, else what its VTIMEZONE says."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from conference import timezones
from sessions.interchange.written_times import Dates, Moment

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(slots=True)
class Observance:
    """A STANDARD or DAYLIGHT part: from its onsets on, clocks are ``offset`` from UTC. Onsets are clocks before the change."""

    begins: datetime | None = None
    before: timedelta = timedelta()
    offset: timedelta = timedelta()
    rule: dict[str, str] = field(default_factory=dict)
    also: list[datetime] = field(default_factory=list)

    def last_onset(self, wall: datetime) -> datetime | None:
        """The latest onset not after ``wall`` (naive), or None."""
        if self.begins is None or self.begins > wall:
            return max((one for one in self.also if one <= wall), default=None)
        onsets = [self.begins, *(one for one in self.also if one <= wall)]
        if self.rule.get("FREQ") == "YEARLY":
            onsets += [
                one
                for year in (wall.year - 1, wall.year)
                if (one := self._onset_in(year)) and self.begins <= one <= wall
            ]
        return max(onsets)

    def _onset_in(self, year: int) -> datetime | None:
        """The onset of a yearly rule with a month and a weekday in it (all that real files have), in ``year``."""
        if self.begins is None:
            return None
        until = re.match(r"\d{4}", self.rule.get("UNTIL", ""))
        if until and year > int(until.group()):
            return None
        month = self.rule.get("BYMONTH", "")
        number = int(month) if re.fullmatch(r"[1-9]|1[0-2]", month) else self.begins.month
        found = re.fullmatch(r"([+-]?[1-5])(MO|TU|WE|TH|FR|SA|SU)", self.rule.get("BYDAY", ""))
        try:
            if not found:
                return self.begins.replace(year=year, month=number)
            nth, weekday = int(found.group(1)), _DAYS.index(found.group(2))
            first = self.begins.replace(year=year, month=number, day=1)
            if nth > 0:
                return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
            following = (first + timedelta(days=32)).replace(day=1)
            return following - timedelta(days=(following.weekday() - weekday - 1) % 7 + 1 + 7 * (-nth - 1))
        except (ValueError, OverflowError):
            return None


@dataclass(slots=True)
class CalendarZone:
    """A VTIMEZONE. ``located`` is X-LIC-LOCATION."""

    located: str = ""
    parts: list[Observance] = field(default_factory=list)

    def offset_at(self, wall: datetime) -> timedelta | None:
        """The UTC offset of these clocks at ``wall`` (naive), None when the file does not tell."""
        onsets = [(onset, part) for part in self.parts if (onset := part.last_onset(wall))]
        if onsets:
            return max(onsets, key=lambda one: one[0])[1].offset
        first = min(
            (part for part in self.parts if part.begins), key=lambda part: part.begins or wall, default=None
        )
        return first.before if first else None


class Zones:
    """What the TZIDs of one file mean."""

    def __init__(self) -> None:
        self.told: dict[str, CalendarZone] = {}

    def name_of(self, identifier: str) -> str:
        """The IANA zone an identifier stands for, also with a vendor's prefix or in Windows' words; "" for none."""
        identifier = identifier.strip().strip('"')
        candidates = [identifier]
        if "/" in identifier:  # /freeassociation.sourceforge.net/Tzfile/Europe/Berlin
            pieces = identifier.strip("/").split("/")
            candidates += ["/".join(pieces[start:]) for start in range(1, len(pieces))]
        candidates.append(WINDOWS_TO_OLSON.get(identifier, ""))
        if identifier in self.told:
            candidates.append(self.told[identifier].located)
        return next((name for one in candidates if one and (name := timezones.normalise(one))), "")

    def placed(self, moment: Moment, identifier: str) -> Moment | None:
        """The moment in the zone of that identifier; None when nothing says what that is."""
        if name := self.name_of(identifier):
            return Moment(moment.day, moment.clock, None, name)
        zone = self.told.get(identifier)
        if zone is None or moment.day is None or moment.clock is None:
            return None
        hours, minutes = moment.clock
        wall = datetime(moment.day.year, moment.day.month, moment.day.day, hours % 24, minutes)  # noqa: DTZ001 (a wall time)
        offset = zone.offset_at(wall)
        return None if offset is None else Moment(moment.day, moment.clock, offset)


def offset_of(text: str) -> timedelta:
    """A UTC-OFFSET value (RFC 5545 3.3.14); zero for what is none."""
    found = re.fullmatch(r"([+-])(\d{2})(\d{2})(\d{2})?", text.strip())
    if not found:
        return timedelta()
    size = timedelta(hours=int(found.group(2)), minutes=int(found.group(3)), seconds=int(found.group(4) or 0))
    size = min(size, timedelta(hours=18))
    return -size if found.group(1) == "-" else size


def naive(text: str) -> datetime | None:
    """A DATE-TIME as clocks show it, its zone left aside; None for what is none."""
    moment = Dates().moment(text)
    if moment is None or moment.day is None:
        return None
    hours, minutes = moment.clock or (0, 0)
    return datetime(moment.day.year, moment.day.month, moment.day.day, hours % 24, minutes)  # noqa: DTZ001 (a wall time)
