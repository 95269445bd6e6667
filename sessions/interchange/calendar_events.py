"""The events of a calendar as sessions: moved occurrences, later versions, and times that float."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from conference.i18n import _
from sessions.interchange.calendar_lines import (
    LANGUAGE,
    MOVED,
    PERSON,
    SUBTITLE,
    Event,
    Property,
    rule_of,
    unescaped,
)
from sessions.interchange.calendar_recurrence import Occurrences
from sessions.interchange.calendar_zones import Zones
from sessions.interchange.gathered import Found, FoundPerson, FoundSession, FoundTime
from sessions.interchange.gathered_people import link_of
from sessions.interchange.kinds import kind_of
from sessions.interchange.model import Doubts
from sessions.interchange.written_times import Dates, Moment, length_of

OURS = "-//Meridian//"
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


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
    if calendar.text("PRODID").strip().startswith(OURS):
        found.sessions = _ours(found.sessions)
        words = _(
            "This calendar is Meridian's own: only titles, times and tracks are read from it. Its YAML has everything."
        )
        doubts.add("own-calendar", _("whole file"), words)
    return found


def _ours(sessions: list[FoundSession]) -> list[FoundSession]:
    """Sessions of our own calendar: an event for each slot, those of one page are one session. Their descriptions
    are written for readers, with times and links around the abstract, and would spoil it."""
    kept: dict[str, FoundSession] = {}
    for number, session in enumerate(sessions):
        session.description = ""
        known = kept.setdefault(session.url or f"\0{number}", session)
        if known is session:
            continue
        if known.is_cancelled == session.is_cancelled:
            known.times.extend(session.times)
        elif known.is_cancelled:  # only one of its times is
            known.times, known.is_cancelled = session.times, False
    return list(kept.values())


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
            kept[uid].properties.setdefault(MOVED, []).extend(_as_moved(event))
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
        if _ADDRESS.fullmatch(room):  # where to join; as the name of a room it would be shown to everyone
            room = ""
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
        for one in event.properties.get(MOVED, []):
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
