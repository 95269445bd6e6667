"""iCalendar files (RFC 5545) read as a conference: events are sessions, locations rooms, categories tracks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from conference.i18n import _, lazy
from sessions.interchange.calendar_recurrence import Occurrences
from sessions.interchange.calendar_zones import CalendarZone, Observance, Zones, naive, offset_of
from sessions.interchange.gathered import MOST_SESSIONS, Found, FoundPerson, FoundSession, FoundTime
from sessions.interchange.gathered_people import link_of
from sessions.interchange.incoming import decoded
from sessions.interchange.kinds import kind_of
from sessions.interchange.model import Doubts, ImportRefused
from sessions.interchange.written_times import Dates, Moment, length_of

_LINE = re.compile(
    r'([A-Za-z0-9-]{1,60})((?:;[^:;="]{1,60}(?:=(?:"[^"]*"|[^":;,]*)(?:,(?:"[^"]*"|[^":;,]*))*)?)*):(.*)',
    re.DOTALL,
)
_PARAMETER = re.compile(r';([^:;="]{1,60})(?:=((?:"[^"]*"|[^":;,]*)(?:,(?:"[^"]*"|[^":;,]*))*))?')
_ESCAPED = re.compile(r"\\([\\;,nN])")
_MOST_LINES = 500_000
_DEEPEST = 10
_OTHERS = {
    "VTODO": lazy("to-dos"),
    "VJOURNAL": lazy("journal entries"),
    "VFREEBUSY": lazy("busy times"),
    "VAVAILABILITY": lazy("availability"),
}
# Names that no property of a calendar has, for what only xCal tells.
PERSON, LANGUAGE, SUBTITLE, _MOVED = "\0PERSON", "\0LANGUAGE", "\0SUBTITLE", "\0MOVED"


@dataclass(slots=True)
class Property:
    """One content line. Names of properties and parameters are in capitals."""

    value: str
    parameters: dict[str, str]
    line: int


@dataclass(slots=True)
class Event:
    """A VEVENT's properties by name, each as often as it stands there."""

    line: int
    properties: dict[str, list[Property]] = field(default_factory=dict)

    def first(self, name: str) -> Property | None:
        """The first property of that name."""
        return next(iter(self.properties.get(name, [])), None)

    def text(self, name: str) -> str:
        """The first property of that name as TEXT (RFC 5545 3.3.11)."""
        found = self.first(name)
        return unescaped(found.value) if found else ""

    def where(self) -> str:
        """The place a doubt names."""
        title = " ".join(self.text("SUMMARY").split())[:80]
        words = _("line %(line)d, “%(title)s”") if title else _("line %(line)d")
        return words % {"line": self.line, "title": title}


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


def unescaped(text: str) -> str:
    """The TEXT value without its escapes."""
    return _ESCAPED.sub(lambda match: "\n" if match.group(1) in "nN" else match.group(1), text)


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


def rule_of(text: str) -> dict[str, str]:
    """The parts of a recurrence rule (RFC 5545 3.3.10) by name."""
    parts = (part.partition("=") for part in text.upper().strip().split(";")[:20])
    return {name.strip(): value.strip() for name, _equals, value in parts if value}


def found_in(events: list[Event], calendar: Event, zones: Zones, doubts: Doubts) -> Found:
    """The events as sessions. Those of one UID are one session: its moved occurrences, or its newest version."""
    zone = zones.name_of(calendar.text("X-WR-TIMEZONE") or calendar.text("TIMEZONE-ID"))
    found = Found(
        _("calendar"),
        calendar.text("X-WR-CALNAME") or calendar.text("NAME"),
        zone=zone,
        description=calendar.text("X-WR-CALDESC") or calendar.text("DESCRIPTION"),
        tells_people=any(PERSON in event.properties for event in events),
    )
    reading = _Events(zones, doubts, bool(zone))
    for event in _latest(events, doubts):
        session = reading.session(event)
        session.is_cancelled |= calendar.text("METHOD").upper() == "CANCEL"
        found.sessions.append(session)
    return found


def _latest(events: list[Event], doubts: Doubts) -> list[Event]:
    """The events without those that a later SEQUENCE of the same UID replaces. Moved occurrences go to the series."""
    kept: dict[str, Event] = {}
    moved: list[tuple[str, Event]] = []
    for number, event in enumerate(events):
        uid = event.text("UID").strip() or f"\0{number}"
        if event.first("RECURRENCE-ID") is not None:
            moved.append((uid, event))
            continue
        known = kept.get(uid)
        if known is None:
            kept[uid] = event
            continue
        older, newer = sorted((known, event), key=_sequence)
        if _sequence(older) == _sequence(newer):
            kept[f"{uid}\0{number}"] = event  # two things under one identifier: the second is given a new one
            continue
        doubts.add(
            "sequence", older.where(), _("A later version of it stands in the file; this one was left out.")
        )
        kept[uid] = newer
    for uid, event in moved:
        if uid in kept:
            kept[uid].properties.setdefault(_MOVED, []).extend(_as_moved(event))
        else:
            kept[f"{uid}\0{event.line}"] = event
    return list(kept.values())


def _sequence(event: Event) -> int:
    text = event.text("SEQUENCE").strip()
    return int(text) if re.fullmatch(r"\d{1,9}", text) else 0


def _as_moved(event: Event) -> Iterator[Property]:
    """A moved occurrence as one property: when it would have been, is, and ends."""
    was, start, end = (event.first(name) for name in ("RECURRENCE-ID", "DTSTART", "DTEND"))
    if was is not None and start is not None:
        known = {
            "START": start.value,
            "END": end.value if end else "",
            "STATUS": event.text("STATUS").upper(),
            "WHERE": event.where(),
        }
        yield Property(was.value, start.parameters | known, event.line)


class _Events:
    def __init__(self, zones: Zones, doubts: Doubts, has_zone: bool) -> None:
        self.zones = zones
        self.doubts = doubts
        self.has_zone = has_zone
        self.dates = Dates()

    def session(self, event: Event) -> FoundSession:
        """The event as a session with its placings."""
        place = event.where()
        kind, track = self._sorted(event)
        uid = event.text("UID").strip()
        return FoundSession(
            place,
            event.text("SUMMARY"),
            (uid,) if uid else (),
            event.text(SUBTITLE),
            description=event.text("DESCRIPTION"),
            language=event.text(LANGUAGE).strip(),
            people=[FoundPerson(place, unescaped(one.value)) for one in event.properties.get(PERSON, [])],
            kind=kind,
            track=track,
            times=self._times(event, place),
            links=[link for one in event.properties.get("ATTACH", [])[:20] for link in link_of(one.value)],
            url=event.text("URL").strip(),
            is_cancelled=event.text("STATUS").upper() == "CANCELLED",
        )

    def _sorted(self, event: Event) -> tuple[str, str]:
        """Kind and track: the first category that is a kind of session, and the first that is none."""
        kind = track = ""
        for one in event.properties.get("CATEGORIES", []):
            for category in re.split(r"(?<!\\),", one.value)[:20]:
                said = unescaped(category).strip()
                if not said:
                    continue
                if not kind and kind_of(said, "", "", True)[1]:
                    kind = said
                elif not track:
                    track = said
        return kind, track

    def _times(self, event: Event, place: str) -> list[FoundTime]:
        said = event.first("DTSTART")
        room = " ".join(event.text("LOCATION").split())
        start = self._moment(said, place, told=True) if said else None
        if said is None or start is None:
            return [FoundTime(place, room=room)] if room else []
        if start.clock is None:
            words = _("It is all day long and has no clock time; it is unscheduled.")
            self.doubts.add("all-day", place, words)
            return [FoundTime(place, room=room)]
        finish = event.first("DTEND")
        end = self._moment(finish, place, told=False) if finish else None
        minutes = None if end and end.clock else length_of(event.text("DURATION").strip().lstrip("+"))
        time = FoundTime(place, start, end if end and end.clock else None, minutes, room)
        occurrences = Occurrences(time, self.doubts)
        if rule := event.first("RRULE"):
            occurrences.repeat(rule_of(rule.value))
        for extra in event.properties.get("RDATE", []):
            for text in extra.value.split(",")[:100]:
                if moment := self._moment(Property(text, extra.parameters, extra.line), place, told=False):
                    occurrences.add(moment)
        for gone in event.properties.get("EXDATE", []):
            for text in gone.value.split(",")[:1000]:
                if moment := self._moment(Property(text, gone.parameters, gone.line), place, told=False):
                    occurrences.drop(moment)
        for one in event.properties.get(_MOVED, []):
            self._move(occurrences, one, room)
        return occurrences.times

    def _move(self, occurrences: Occurrences, moved: Property, room: str) -> None:
        known = moved.parameters
        if was := self._moment(moved, known["WHERE"], told=False):
            occurrences.drop(was)
        start = self._moment(Property(known["START"], known, moved.line), known["WHERE"], told=False)
        end = (
            self._moment(Property(known["END"], known, moved.line), known["WHERE"], told=False)
            if known["END"]
            else None
        )
        if start and start.clock and known["STATUS"] != "CANCELLED":
            occurrences.times.append(FoundTime(known["WHERE"], start, end, None, room))

    def _moment(self, said: Property, place: str, *, told: bool) -> Moment | None:
        """The value as a moment; doubts for what floats or names an unknown zone are only ``told`` once per event."""
        moment = self.dates.moment(said.value.strip())
        if moment is None:
            words = _("“%(text)s” is not a date or time that can be read; it was left out.")
            self.doubts.add("time", place, words % {"text": said.value[:60]})
            return None
        if moment.clock is None or moment.offset is not None:
            return moment
        identifier = said.parameters.get("TZID", "")
        if identifier:
            if placed := self.zones.placed(moment, identifier):
                return placed
            if told:
                words = _("Nothing says what the time zone “%(zone)s” is; the conference's was taken.")
                self.doubts.add("unknown-zone", place, words % {"zone": identifier[:60]})
        elif told and not self.has_zone:
            words = _("Its time names no zone; the conference's was taken.")
            self.doubts.add("floating", place, words)
        return replace(moment, offset=None, zone="")
