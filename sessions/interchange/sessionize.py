"""Sessionize's API: "all", "grid" and "sessions" as its pages embed them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from conference.i18n import _
from sessions.interchange.gathered import Found, FoundPerson, FoundRoom, FoundSession, FoundTime
from sessions.interchange.loose import each, flag, line, number, text, where
from sessions.interchange.model import Doubts, LinkFacts
from sessions.interchange.person_records import mentions, person_of
from sessions.interchange.written_times import Dates
from sessions.interchange.yaml_document import Value

_MARKS = ("startsAt", "isServiceSession", "isPlenumSession", "roomId", "categoryItems", "questionAnswers")


def is_sessionize(root: Value) -> bool:
    """Whether the document is one of these."""
    if root.fields is not None:
        entries = each(root, "sessions")
        return any(sum(mark in (one.fields or {}) for mark in _MARKS) >= 2 for one in entries[:5])
    return any(
        one.fields is not None
        and (
            ("rooms" in one.fields and ("timeSlots" in one.fields or "date" in one.fields))
            or ("groupName" in one.fields and "sessions" in one.fields)
        )
        for one in each(root)[:5]
    )


def read(root: Value, doubts: Doubts) -> Found:
    """What the document says. Times are clocks of the conference's zone, which Sessionize does not name."""
    return _Reading(root, doubts).found


class _Reading:
    def __init__(self, root: Value, doubts: Doubts) -> None:
        self.doubts = doubts
        self.dates = Dates()
        self.found = Found("Sessionize")
        self.seen: dict[str, FoundSession] = {}
        self.items: dict[str, tuple[str, str]] = {}  # of categories: what is asked, what was chosen
        for category in each(root, "categories"):
            for item in each(category, "items", "categoryItems"):
                self.items[line(item, "id")] = line(category, "title", "name"), line(item, "name")
        for room in each(root, "rooms"):
            self._room(room)
        for person in each(root, "speakers"):
            self.found.people.append(replace(person_of(person), where=where(person)))
        for session, place in self._sessions(root):
            self._session(session, place)

    def _sessions(self, root: Value) -> Iterator[tuple[Value, Value | None]]:
        """Every session, with the room it stands in where the document is a grid."""
        if root.fields is not None:
            yield from ((one, None) for one in each(root, "sessions"))
            return
        for group in each(root):
            yield from ((one, None) for one in each(group, "sessions"))
            for room in each(group, "rooms"):
                self._room(room)
                yield from ((one, room) for one in each(room, "sessions", "session"))

    def _room(self, room: Value) -> None:
        name = line(room, "name")
        if name or line(room, "id"):
            seats = re.search(r"\((\d{1,5})\)\s*$", name)
            ids = (line(room, "id"),) if line(room, "id") else ()
            self.found.rooms.append(FoundRoom(name, ids, int(seats.group(1)) if seats else None))

    def _session(self, value: Value, room: Value | None) -> None:
        if value.fields is None:
            return
        title = text(value, "title")
        place = where(value, title)
        status = line(value, "status")
        if re.search(r"declined|rejected|nominated|waitlist|in_evaluation", status, re.IGNORECASE):
            words = _("It is marked “%(state)s” and was left out.") % {"state": status[:40]}
            self.doubts.add("state", place, words)
            return
        time = FoundTime(
            place,
            self.dates.moment(line(value, "startsAt")),
            self.dates.moment(line(value, "endsAt")),
            room=line(value, "roomId")
            or line(value, "room")
            or (line(room, "id") or line(room, "name") if room else ""),
        )
        identifier = line(value, "id")
        known = self.seen.get(identifier) if identifier else None
        if known is not None:
            # A plenary stands in each room of a grid: it is one placing, in the room it names first.
            if (time.start, time.end) not in [(one.start, one.end) for one in known.times]:
                known.times.append(time)
            return
        session = FoundSession(
            place,
            title,
            (identifier,) if identifier else (),
            description=text(value, "description"),
            people=self._people(value, place),
            times=[time] if time.start or time.room else [],
            is_break=flag(value, "isServiceSession"),
            is_cancelled=bool(re.search("cancel", status, re.IGNORECASE)),
        )
        self._categories(session, value)
        if recording := line(value, "recordingUrl"):
            session.links.append(LinkFacts(recording, _("Recording")))
        if identifier:
            self.seen[identifier] = session
        self.found.sessions.append(session)

    def _people(self, value: Value, place: str) -> list[FoundPerson]:
        people = []
        for one in each(value, "speakers"):
            if one.fields is not None:
                people.extend(mentions(one, place))
            else:
                people.append(FoundPerson(place, ids=(one.text or "",)))
        return people

    def _categories(self, session: FoundSession, value: Value) -> None:
        chosen = [self.items.get(one.text or "", ("", "")) for one in each(value, "categoryItems")]
        for category in each(value, "categories"):
            asked = line(category, "name", "title")
            chosen.extend((asked, line(item, "name")) for item in each(category, "categoryItems", "items"))
        for asked, answer in chosen:
            if re.search(r"track|theme|topic", asked, re.IGNORECASE):
                session.track = session.track or answer
            elif re.search(r"format|type", asked, re.IGNORECASE):
                session.kind = session.kind or answer
            elif re.search(r"language|sprache|langue", asked, re.IGNORECASE):
                session.language = session.language or answer
        if session.times and (seats := number(value, "capacity")):
            session.times[0].seats = seats
