"""Records with headings, as sheets and flat files have them: rows that each tell of one session, or of one person."""

from __future__ import annotations

import re
from dataclasses import replace

from conference.i18n import _
from sessions.interchange.gathered import Found, FoundPerson, FoundSession, FoundTime
from sessions.interchange.gathered_people import link_of
from sessions.interchange.headings import is_of_sessions, is_useless, person_field, session_field
from sessions.interchange.kinds import kind_of
from sessions.interchange.loose import each, flag, line, number, text, where, words
from sessions.interchange.model import Doubts, LinkFacts
from sessions.interchange.person_records import first_of, mentions, person_of, text_of
from sessions.interchange.written_times import Dates, Moment, clocks_between, length_of
from sessions.interchange.yaml_document import Value
from sessions.tables import AppearanceRole

_ROLES = (
    ("people", None),
    ("chair", AppearanceRole.CHAIR),
    ("interpreter", AppearanceRole.INTERPRETER),
    ("host", AppearanceRole.HOST),
)
_OUT = re.compile(r"rejected|withdrawn|declined|deleted|not accepted|abgelehnt|refus", re.IGNORECASE)
_OFF = re.compile(r"cancel|abgesagt|annul", re.IGNORECASE)


def read_records(rows: list[Value], found: Found, doubts: Doubts, *, of_sessions: bool | None = None) -> bool:
    """Take in the rows. False, and nothing taken, when their headings name neither sessions nor people."""
    rows = [row for row in rows if row.fields]
    headings = list(dict.fromkeys(heading for row in rows[:500] for heading in row.fields or {}))
    told = is_of_sessions(headings) if of_sessions is None else of_sessions
    if told is None or not rows:
        return False
    reading = _Reading(found, doubts, rows)
    for row in rows:
        if told:
            reading.session(row)
        else:
            reading.person(row)
    if reading.dates.is_ambiguous:
        words_ = _(
            "Dates such as “03/04/2026” can be read both ways; the day was taken to come first. Please check."
        )
        doubts.add("dates", _("whole file"), words_)
    unknown = [
        one
        for one in headings
        if not (session_field(one) if told else person_field(one)) and not is_useless(one)
    ]
    if told:
        unknown = [one for one in unknown if not person_field(one)]
    if unknown:
        names = ", ".join(f"“{one.strip()[:40]}”" for one in unknown[:12])
        doubts.add(
            "columns",
            _("whole file"),
            _("What stands under %(names)s is not known here and was left out.") % {"names": names},
        )
    return True


class _Reading:
    def __init__(self, found: Found, doubts: Doubts, rows: list[Value]) -> None:
        self.found = found
        self.doubts = doubts
        self.by_id: dict[str, FoundSession] = {}
        samples = (
            line(value)
            for row in rows
            for heading, value in (row.fields or {}).items()
            if session_field(heading) in ("day", "start", "end")
        )
        self.dates = Dates(samples)

    def person(self, row: Value) -> None:
        """A row about a person. Headings decide what stands where; a blank row is passed by."""
        facts = person_of(row)
        if facts.name:
            self.found.people.append(facts)
        elif any(line(value) for value in (row.fields or {}).values()):
            self.doubts.add("person", where(row), _("A person without a name was left out."))

    def session(self, row: Value) -> None:
        """A row about a session, perhaps with its speaker."""
        fields = _grouped(row)
        name = text_of(row, "title", session_field)
        has_own_name = bool(name)
        if not has_own_name and "title" not in fields:
            name = next(
                (text(v) for k, v in (row.fields or {}).items() if person_field(k) == "name" and words(v)), ""
            )
        place = where(row, name)
        if not name:
            name = line(first_of(fields, "kind"))  # "Break" needs no other title
        if not name:
            if any(line(value) for value in (row.fields or {}).values()):
                self.doubts.add("no-title", place, _("It has no title and was left out."))
            return
        state = line(first_of(fields, "state"))
        if _OUT.search(state):
            words_ = _("It is marked “%(state)s” and was left out.") % {"state": state[:40]}
            self.doubts.add("state", place, words_)
            return
        ids = tuple(one for value in fields.get("id", []) if (one := line(value)))[:3]
        time = self._time(fields, place)
        known = next((self.by_id[one] for one in ids if one in self.by_id), None)
        if known is not None and known.title == name:
            self._again(known, time, place)
            return
        session = FoundSession(
            place,
            name,
            ids,
            subtitle=text_of(row, "subtitle", session_field),
            abstract=text_of(row, "abstract", session_field),
            description=text_of(row, "description", session_field),
            language=line(first_of(fields, "language")),
            people=self._people(row, fields, has_own_name, place),
            times=[time] if time else [],
            links=_links(fields),
            url=line(first_of(fields, "url")),
            guid=line(first_of(fields, "guid")),
            licence=line(first_of(fields, "licence")),
            do_not_record=flag(first_of(fields, "optout")),
            is_break=flag(first_of(fields, "service")),
            is_cancelled=bool(_OFF.search(state)),
        )
        self._sort(session, fields)
        for one in ids:
            self.by_id.setdefault(one, session)
        self.found.sessions.append(session)

    def _again(self, known: FoundSession, time: FoundTime | None, place: str) -> None:
        same = [replace(one, where="") for one in known.times]
        if time is None or replace(time, where="") in same:
            self.doubts.add("double", place, _("It stands in the file twice; the second was left out."))
            return
        known.times.append(time)
        self.doubts.add(
            "repeat", place, _("It has the identifier and title of an earlier session: taken as its repeat.")
        )

    def _sort(self, session: FoundSession, fields: dict[str, list[Value]]) -> None:
        """Kind and track; a "category" is whichever of the two it sounds like."""
        session.kind, session.track = line(first_of(fields, "kind")), line(first_of(fields, "track"))
        category = line(first_of(fields, "category"))
        if not category:
            return
        sounds_like_kind = kind_of(category, "", "", True)[1]
        if not session.kind and sounds_like_kind:
            session.kind = category
        elif not session.track:
            session.track = category

    def _people(
        self, row: Value, fields: dict[str, list[Value]], has_own_name: bool, place: str
    ) -> list[FoundPerson]:
        people: list[FoundPerson] = []
        for field, role in _ROLES:
            for value in fields.get(field, []):
                people.extend(replace(one, role=role) if role else one for one in mentions(value, place))
        if not people and has_own_name:
            own = person_of(row, beside_session=True)
            if own.name:
                return [own]
        elif len([one for one in people if one.role is None]) == 1:
            own = person_of(row, beside_session=True)
            first = next(index for index, one in enumerate(people) if one.role is None)
            name = people[first].name
            if name and not people[first].ids:
                people[first] = replace(own, name=name, ids=(), where=place)
        return people

    def _time(self, fields: dict[str, list[Value]], place: str) -> FoundTime | None:
        time = FoundTime(
            place, room=line(first_of(fields, "room")), seats=number(first_of(fields, "seats")) or None
        )
        day = self._moment(fields, "day", place)
        start, end = self._moment(fields, "start", place), self._moment(fields, "end", place)
        said = line(first_of(fields, "time"))
        if said and start is None:
            if between := clocks_between(said):
                start, end = between[0], end or between[1]
            else:
                start = self._moment(fields, "time", place)
        if day is not None:
            day = Moment(day.day, None, None, "", day.weekday, day.ordinal) if start is not None else day
            start = start | day if start is not None else day
        if zone := line(first_of(fields, "zone")):
            start = start and start | Moment(zone=zone)
            end = end and end | Moment(zone=zone)
        time.start, time.end = start, end
        if length := line(first_of(fields, "minutes")):
            inside = re.search(r"\d+(?:[.,]\d+)?\s*(?:hours?|h|min\w*)\b", length)
            time.minutes = length_of(length) or (length_of(inside.group()) if inside else None)
            if time.minutes is None and end is None:
                self.doubts.add(
                    "length", place, _("“%(text)s” is not a length; it was left out.") % {"text": length[:60]}
                )
        has_something = time.start or time.end or time.room or time.minutes or time.seats
        return time if has_something else None

    def _moment(self, fields: dict[str, list[Value]], field: str, place: str) -> Moment | None:
        said = line(first_of(fields, field))
        if not said:
            return None
        moment = self.dates.day(said) if field == "day" else self.dates.moment(said)
        if moment is None:
            words_ = _("“%(text)s” is not a date or time that can be read; it was left out.")
            self.doubts.add("time", place, words_ % {"text": said[:60]})
        return moment


def _grouped(row: Value) -> dict[str, list[Value]]:
    fields: dict[str, list[Value]] = {}
    for heading, value in (row.fields or {}).items():
        if field := session_field(heading):
            fields.setdefault(field, []).append(value)
    return fields


def _links(fields: dict[str, list[Value]]) -> list[LinkFacts]:
    links: list[LinkFacts] = []
    for value in fields.get("links", []):
        for one in each(value):
            links += link_of(
                line(one, "url", "href", "link") or line(one),
                line(one, "title", "name") if one.fields else "",
            )
    for field, title in (("slides", _("Slides")), ("recording", _("Recording")), ("notes", _("Notes"))):
        for value in fields.get(field, []):
            links += link_of(line(value), title)
    return links
