"""iCalendar files (RFC 5545) read line by line; what is not understood becomes a doubt."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conference.i18n import _, lazy
from sessions.interchange.calendar_events import found_in
from sessions.interchange.calendar_lines import Event, Property, rule_of
from sessions.interchange.calendar_zones import CalendarZone, Observance, Zones, naive, offset_of
from sessions.interchange.gathered import MOST_SESSIONS, Found
from sessions.interchange.incoming import decoded
from sessions.interchange.model import Doubts, ImportRefused

_LINE = re.compile(
    r'([A-Za-z0-9-]{1,60})((?:;[^:;="]{1,60}(?:=(?:"[^"]*"|[^":;,]*)(?:,(?:"[^"]*"|[^":;,]*))*)?)*):(.*)',
    re.DOTALL,
)
_PARAMETER = re.compile(r';([^:;="]{1,60})(?:=((?:"[^"]*"|[^":;,]*)(?:,(?:"[^"]*"|[^":;,]*))*))?')
_MOST_LINES = 500_000
_DEEPEST = 10
_OTHERS = {
    "VTODO": lazy("to-dos"),
    "VJOURNAL": lazy("journal entries"),
    "VFREEBUSY": lazy("busy times"),
    "VAVAILABILITY": lazy("availability"),
}


def read(content: bytes, doubts: Doubts) -> Found:
    """What the calendar says. Raises ImportRefused when it holds no events."""
    reading = _Reading(doubts)
    for number, line in _unfolded(decoded(content)):
        reading.take(number, line)
    if not reading.events:
        if reading.others:
            others = ", ".join(_(_OTHERS[kind]) for kind in sorted(reading.others))
            raise ImportRefused(_("The calendar has no events in it, but %(kinds)s.") % {"kinds": others})
        raise ImportRefused(_("The file has no events in it: there is no BEGIN:VEVENT."))
    return found_in(reading.events, reading.calendar, reading.zones, doubts)


def _unfolded(words: str) -> Iterator[tuple[int, str]]:
    """Content lines with the number of their first line. RFC 5545 3.1: a line that begins with a blank goes on."""
    pieces: list[str] = []
    begins = 0
    for number, line in enumerate(words.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if number > _MOST_LINES:
            raise ImportRefused(_("The calendar is too long to be a programme."))
        if line[:1] in (" ", "\t") and pieces:
            pieces.append(line[1:])
            continue
        if pieces:
            yield begins, "".join(pieces)
        pieces, begins = ([line], number) if line.strip() else ([], number)
    if pieces:
        yield begins, "".join(pieces)


class _Reading:
    """Takes a file line by line; what is not understood becomes a doubt, and nothing is raised for it."""

    def __init__(self, doubts: Doubts) -> None:
        self.doubts = doubts
        self.calendar = Event(1)
        self.events: list[Event] = []
        self.zones = Zones()
        self.others: set[str] = set()
        self._path: list[str] = []
        self._event: Event | None = None
        self._zone = CalendarZone()
        self._zone_name = ""
        self._part = Observance()

    def take(self, number: int, line: str) -> None:
        """One content line."""
        found = _LINE.fullmatch(line.strip("\ufeff"))
        if not found:
            words = _("“%(text)s” is no line of a calendar; it was left out.")
            self.doubts.add("line", _("line %(line)d") % {"line": number}, words % {"text": line[:40]})
            return
        name, value = found.group(1).upper(), found.group(3)
        if name == "BEGIN":
            self._begin(value.strip().upper(), number)
        elif name == "END":
            self._end(value.strip().upper())
        elif self._path:
            known = {one.upper(): (two or "").strip('"') for one, two in _PARAMETER.findall(found.group(2))}
            self._property(name, Property(value, known, number))

    def _begin(self, kind: str, number: int) -> None:
        if len(self._path) >= _DEEPEST:
            raise ImportRefused(_("The file nests too deeply to be a programme."))
        self._path.append(kind)
        if kind == "VEVENT":
            if len(self.events) >= MOST_SESSIONS:
                raise ImportRefused(
                    _("The file has more than %(count)d sessions.") % {"count": MOST_SESSIONS}
                )
            self._event = Event(number)
        elif kind == "VTIMEZONE":
            self._zone, self._zone_name = CalendarZone(), ""
        elif kind in ("STANDARD", "DAYLIGHT"):
            self._part = Observance()
        elif kind in _OTHERS:
            self.others.add(kind)

    def _end(self, kind: str) -> None:
        if kind in self._path:  # what was not closed before it is closed with it
            del self._path[len(self._path) - 1 - self._path[::-1].index(kind) :]
        if kind == "VEVENT" and self._event is not None:
            self.events.append(self._event)
            self._event = None
        elif kind == "VTIMEZONE" and self._zone_name:
            self.zones.told[self._zone_name] = self._zone
        elif kind in ("STANDARD", "DAYLIGHT"):
            self._zone.parts.append(self._part)

    def _property(self, name: str, said: Property) -> None:
        place = self._path[-1]
        if place == "VEVENT" and self._event is not None:
            self._event.properties.setdefault(name, []).append(said)
        elif place == "VCALENDAR":
            self.calendar.properties.setdefault(name, []).append(said)
        elif place == "VTIMEZONE":
            if name == "TZID":
                self._zone_name = said.value.strip()
            elif name == "X-LIC-LOCATION":
                self._zone.located = said.value.strip()
        elif place in ("STANDARD", "DAYLIGHT"):
            if name == "DTSTART":
                self._part.begins = naive(said.value)
            elif name == "TZOFFSETTO":
                self._part.offset = offset_of(said.value)
            elif name == "TZOFFSETFROM":
                self._part.before = offset_of(said.value)
            elif name == "RRULE":
                self._part.rule = rule_of(said.value)
            elif name == "RDATE":
                self._part.also += [one for text in said.value.split(",")[:200] if (one := naive(text))]
