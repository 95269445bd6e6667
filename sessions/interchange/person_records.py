"""Records that tell of a person, and what fields name people by."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from sessions.interchange.gathered import DEFAULT, FoundPerson, Text
from sessions.interchange.gathered_people import link_of, names_in
from sessions.interchange.headings import in_language, person_field, session_field
from sessions.interchange.loose import by_language, each, line, text, where, words
from sessions.interchange.model import LinkFacts
from sessions.interchange.yaml_document import Value
from sessions.tables import SpeakerKind

_EMPTY = frozenset(("undefined", "null", "none", "nan", "n/a", "#n/a", "-", "tba", "tbd"))
_HANDLES = {"twitter": "https://twitter.com/", "github": "https://github.com/"}


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
    called = first_of(fields, "name")
    name: Text = text(called) if called else ""
    first, last = line(first_of(fields, "first")), line(first_of(fields, "last"))
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
    kind = line(first_of(fields, "kind")).casefold()
    return FoundPerson(
        where(row, name),
        name,
        tuple(dict.fromkeys(said for v in fields.get("id", []) if (said := line(v)) not in ("", "0", "-1"))),
        kind=SpeakerKind.ORGANISATION if kind in ("organisation", "organization") else SpeakerKind.PERSON,
        pronouns=line(first_of(fields, "pronouns")),
        job_title=line(first_of(fields, "job_title")),
        organisation=line(first_of(fields, "organisation")),
        country=line(first_of(fields, "country")),
        zone="" if beside_session else line(first_of(fields, "zone")),
        orcid=line(first_of(fields, "orcid")),
        email=next((said for v in fields.get("email", []) if "@" in (said := line(v))), ""),
        biography=text_of(Value(row.line, fields=kept), "biography", person_field),
        links=links,
        language=line(first_of(fields, "language")),
        access_needs=words(first_of(fields, "access_needs")),
        technical_needs=words(first_of(fields, "technical_needs")),
        notes=words(first_of(fields, "notes")),
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


def first_of(fields: dict[str, list[Value]], field: str) -> Value | None:
    """The first of the field's values with something in it."""
    for value in fields.get(field, []):
        if value.items or value.fields or (value.text or "").strip():
            if value.text is not None and value.text.strip().casefold() in _EMPTY and field != "title":
                continue
            return value
    return None


def text_of(row: Value, field: str, of: Callable[[str], str]) -> Text:
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
