"""Records with headings, as sheets and flat files have them: rows that each tell of one session, or of one person."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from conference.i18n import _
from sessions.interchange.gathered import DEFAULT, Found, FoundPerson, FoundSession, FoundTime, Text
from sessions.interchange.gathered_people import link_of, names_in
from sessions.interchange.headings import in_language, is_of_sessions, is_useless, person_field, session_field
from sessions.interchange.kinds import kind_of
from sessions.interchange.loose import by_language, each, flag, line, number, text, where, words
from sessions.interchange.model import Doubts, LinkFacts
from sessions.interchange.written_times import Dates, Moment, clocks_between, length_of
from sessions.interchange.yaml_document import Value
from sessions.tables import AppearanceRole, SpeakerKind

_EMPTY = frozenset(("undefined", "null", "none", "nan", "n/a", "#n/a", "-", "tba", "tbd"))
_HANDLES = {"twitter": "https://twitter.com/", "github": "https://github.com/"}
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
        name = _text(row, "title", session_field)
        has_own_name = bool(name)
        if not has_own_name and "title" not in fields:
            name = next(
                (text(v) for k, v in (row.fields or {}).items() if person_field(k) == "name" and words(v)), ""
            )
        place = where(row, name)
        if not name:
            name = line(_first(fields, "kind"))  # "Break" needs no other title
        if not name:
            if any(line(value) for value in (row.fields or {}).values()):
                self.doubts.add("no-title", place, _("It has no title and was left out."))
            return
        state = line(_first(fields, "state"))
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
            subtitle=_text(row, "subtitle", session_field),
            abstract=_text(row, "abstract", session_field),
            description=_text(row, "description", session_field),
            language=line(_first(fields, "language")),
            people=self._people(row, fields, has_own_name, place),
            times=[time] if time else [],
            links=_links(fields),
            url=line(_first(fields, "url")),
            guid=line(_first(fields, "guid")),
            licence=line(_first(fields, "licence")),
            do_not_record=flag(_first(fields, "optout")),
            is_break=flag(_first(fields, "service")),
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
        session.kind, session.track = line(_first(fields, "kind")), line(_first(fields, "track"))
        category = line(_first(fields, "category"))
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
            place, room=line(_first(fields, "room")), seats=number(_first(fields, "seats")) or None
        )
        day = self._moment(fields, "day", place)
        start, end = self._moment(fields, "start", place), self._moment(fields, "end", place)
        said = line(_first(fields, "time"))
        if said and start is None:
            if between := clocks_between(said):
                start, end = between[0], end or between[1]
            else:
                start = self._moment(fields, "time", place)
        if day is not None:
            day = Moment(day.day, None, None, "", day.weekday, day.ordinal) if start is not None else day
            start = start | day if start is not None else day
        if zone := line(_first(fields, "zone")):
            start = start and start | Moment(zone=zone)
            end = end and end | Moment(zone=zone)
        time.start, time.end = start, end
        if length := line(_first(fields, "minutes")):
            inside = re.search(r"\d+(?:[.,]\d+)?\s*(?:hours?|h|min\w*)\b", length)
            time.minutes = length_of(length) or (length_of(inside.group()) if inside else None)
            if time.minutes is None and end is None:
                self.doubts.add(
                    "length", place, _("“%(text)s” is not a length; it was left out.") % {"text": length[:60]}
                )
        has_something = time.start or time.end or time.room or time.minutes or time.seats
        return time if has_something else None

    def _moment(self, fields: dict[str, list[Value]], field: str, place: str) -> Moment | None:
        said = line(_first(fields, field))
        if not said:
            return None
        moment = self.dates.day(said) if field == "day" else self.dates.moment(said)
        if moment is None:
            words_ = _("“%(text)s” is not a date or time that can be read; it was left out.")
            self.doubts.add("time", place, words_ % {"text": said[:60]})
        return moment


def person_of(row: Value, *, beside_session: bool = False) -> FoundPerson:
    """The person a record tells of. ``beside_session`` leaves alone what is the session's in a row that tells of both."""
    fields: dict[str, list[Value]] = {}
    kept: dict[str, Value] = {}
    for heading, value in (row.fields or {}).items():
        field = person_field(heading)
        if beside_session and field != "name" and session_field(heading) and field != "zone":
            continue
        if field and (line(value).casefold() not in _EMPTY or value.items is not None):
            kept[heading] = value
            values = fields.setdefault(field, [])
            # A person's full name comes before what they call themselves on the system.
            values.insert(0 if field == "name" and "full" in heading.lower() else len(values), value)
    called = _first(fields, "name")
    name: Text = text(called) if called else ""
    first, last = line(_first(fields, "first")), line(_first(fields, "last"))
    if first and last and not name:
        name = f"{first} {last}"
    elif isinstance(name, str) and last and last.casefold() not in name.casefold():
        name = f"{name} {last}"
    links: list[LinkFacts] = []
    for field, prefix in _HANDLES.items():
        for value in fields.get(field, []):
            said = line(value).lstrip("@")
            links += link_of(said) or (link_of(prefix + said) if re.fullmatch(r"[\w.-]{1,40}", said) else [])
    for value in fields.get("link", []):
        for one in each(value):
            links += link_of(
                line(one, "url", "href", "link") or line(one), line(one, "title") if one.fields else ""
            )
    kind = line(_first(fields, "kind")).casefold()
    return FoundPerson(
        where(row, name),
        name,
        tuple(dict.fromkeys(said for v in fields.get("id", []) if (said := line(v)) not in ("", "0", "-1"))),
        kind=SpeakerKind.ORGANISATION if kind in ("organisation", "organization") else SpeakerKind.PERSON,
        pronouns=line(_first(fields, "pronouns")),
        job_title=line(_first(fields, "job_title")),
        organisation=line(_first(fields, "organisation")),
        country=line(_first(fields, "country")),
        zone="" if beside_session else line(_first(fields, "zone")),
        orcid=line(_first(fields, "orcid")),
        email=next((said for v in fields.get("email", []) if "@" in (said := line(v))), ""),
        biography=_text(Value(row.line, fields=kept), "biography", person_field),
        links=links,
        language=line(_first(fields, "language")),
        access_needs=words(_first(fields, "access_needs")),
        technical_needs=words(_first(fields, "technical_needs")),
        notes=words(_first(fields, "notes")),
    )


def mentions(value: Value, place: str) -> list[FoundPerson]:
    """The people that a field names: a text with one or several names or ids, a list of them, or of records."""
    people: list[FoundPerson] = []
    entries = (
        [value]
        if value.fields is not None and not by_language(value) and "name" in value.fields
        else each(value)
    )
    for one in entries:
        if one.fields is not None:
            person = person_of(one)
            people.append(replace(person, where=place))
        elif value.items is not None:
            people.append(_mention(place, one.text or ""))
        else:
            people.extend(_mention(place, name) for name in names_in(one.text or ""))
    return people


def _mention(place: str, name: str) -> FoundPerson:
    """Someone as a cell names them: "Ada Lovelace (she/her)", "Ada Lovelace (Analytical Engines)*"."""
    found = re.fullmatch(r"([^()]{2,120}?)\s*\(([^()]{2,120})\)\s*\*?", name.strip())
    if not found:
        return FoundPerson(place, name)
    is_pronouns = re.fullmatch(r"[a-zA-Z]{2,6}(?:\s*/\s*[a-zA-Z]{2,6})+", found.group(2))
    if is_pronouns:
        return FoundPerson(place, found.group(1), pronouns=found.group(2))
    return FoundPerson(place, found.group(1), organisation=found.group(2))


def _grouped(row: Value) -> dict[str, list[Value]]:
    fields: dict[str, list[Value]] = {}
    for heading, value in (row.fields or {}).items():
        if field := session_field(heading):
            fields.setdefault(field, []).append(value)
    return fields


def _first(fields: dict[str, list[Value]], field: str) -> Value | None:
    """The first of the field's values with something in it."""
    for value in fields.get(field, []):
        if value.items or value.fields or (value.text or "").strip():
            if value.text is not None and value.text.strip().casefold() in _EMPTY and field != "title":
                continue
            return value
    return None


def _text(row: Value, field: str, of: Callable[[str], str]) -> Text:
    """The text of that field; where headings name languages ("title", "title (fr)"), the texts by language."""
    plain: Text = ""
    texts: dict[str, str] = {}
    for heading, value in (row.fields or {}).items():
        if of(heading) != field or not (value.fields or (value.text or "").strip()):
            continue
        language = in_language(heading)[1]
        if language:
            texts[language] = words(value)
        elif not plain and (field == "title" or (value.text or "").strip().casefold() not in _EMPTY):
            plain = text(value)
    if texts and isinstance(plain, str):
        return {DEFAULT: plain, **texts} if plain else texts
    return plain


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
