"""Flat files: JSON and YAML that hold records of sessions or people, under whatever names their programs use."""

from __future__ import annotations

import re

from conference.i18n import _
from sessions.interchange.gathered import Found
from sessions.interchange.headings import is_of_sessions, normalised
from sessions.interchange.loose import inner, line, number, text
from sessions.interchange.model import Doubts, ImportRefused
from sessions.interchange.records import read_records
from sessions.interchange.yaml_document import Value

_OF_SESSIONS = re.compile(
    r"(?:sessions?|events?|talks?|presentations?|submissions?|contributions?|workshops?|proposals?|entries)(?: list)?"
)
_OF_PEOPLE = re.compile(r"(?:speakers?|people|persons?|presenters?|authors?)(?: list)?")
_MOST_SHOWN = 8


def read(root: Value, kind: str, doubts: Doubts) -> Found:
    """The records in the document. Raises ImportRefused, naming what it looks like, when there are none we know."""
    _refuse_others(root)
    found = Found(kind, language=line(root, "lang", "language") if root.fields is not None else "")
    if root.fields is not None:
        found.name = text(root, "conference", "event", "conference_name", "event_name")
        found.zone = line(root, "timezone", "time_zone", "zone")
    taken = [read_records(rows, found, doubts, of_sessions=told) for told, rows in _tables(root)]
    if not any(taken) or not (found.sessions or found.people):
        raise ImportRefused(_unknown(root))
    return found


def _tables(root: Value) -> list[tuple[bool | None, list[Value]]]:
    """Every list of records, and whether its name says that it is of sessions (True) or of people (False)."""
    if root.items is not None:
        return [(None, _records(root))]
    if _is_submission(root):
        return [(True, _records(Value(root.line, items=[root])))]
    tables: list[tuple[bool | None, list[Value]]] = []
    for name, value in (root.fields or {}).items():
        plain = normalised(name).split(" ")[-1]
        told = True if _OF_SESSIONS.fullmatch(plain) else False if _OF_PEOPLE.fullmatch(plain) else None
        if told is not None and (rows := _records(value)):
            tables.append((told, rows))
        else:
            for deeper, one in (value.fields or {}).items():
                plain = normalised(deeper)
                told = (
                    True if _OF_SESSIONS.fullmatch(plain) else False if _OF_PEOPLE.fullmatch(plain) else None
                )
                if told is not None and (rows := _records(one)):
                    tables.append((told, rows))
    if not tables and root.fields:
        rows = _records(root)
        if len(rows) == len(root.fields):  # a map from identifiers to records
            tables.append((None, rows))
        for name in ("data", "items", "results", "schedule", "programme", "program", "agenda"):
            if not tables and (rows := _records(inner(root, name))):
                tables.append((None, rows))
    return tables


def _records(value: Value | None) -> list[Value]:
    """The records of a list, or of a map by identifier, which they get as ``id``."""
    if value is None:
        return []
    if value.items is not None:
        return [_without_seconds(one) for one in value.items if one.fields]
    records = []
    for name, one in (value.fields or {}).items():
        if one.fields and all(
            inner_.fields is None or "name" in inner_.fields or "en" in inner_.fields
            for inner_ in one.fields.values()
        ):
            known = {"id": Value(one.line, text=name)} if "id" not in one.fields else {}
            records.append(_without_seconds(Value(one.line, fields={**known, **one.fields})))
    return records


def _is_submission(root: Value) -> bool:
    """Whether the document is one record: a submission as frab exports it."""
    fields = root.fields or {}
    return (
        is_of_sessions(list(fields)) is True
        and bool(fields.keys() & {"abstract", "speakers", "duration"})
        and "title" in fields
    )


def _without_seconds(record: Value) -> Value:
    """frab's submissions tell their length in seconds."""
    if record.fields and "event_classifiers" in record.fields and (seconds := number(record, "duration")):
        minutes = Value(record.line, text=str(max(seconds // 60, 1)))
        return Value(record.line, fields={**record.fields, "duration": minutes})
    return record


def _refuse_others(root: Value) -> None:
    fields = root.fields or {}
    if "$schema" in fields and fields.keys() & {"properties", "definitions", "$defs", "$id"}:
        raise ImportRefused(_("This is a JSON schema: it describes programmes and holds none."))
    menu = inner(root, "schedules")
    if menu is not None and menu.items and all(inner(one, "url") for one in menu.items[:3]):
        raise ImportRefused(
            _("This is a list of addresses of programmes. Please import one of the programmes themselves.")
        )
    if "url" in fields and fields.keys() & {"refresh_interval", "metadata"} and "title" in fields:
        raise ImportRefused(
            _(
                "The file says where a programme is and holds none. Please import what lies at the address in it."
            )
        )
    if root.fields is None and root.items is None:
        raise ImportRefused(_("The file holds a single value and no programme."))


def _unknown(root: Value) -> str:
    if root.items is not None:
        if not root.items:
            return _("The file is an empty list.")
        fields = list(root.items[0].fields or {})
        if not fields:
            return _("The file is a list, but not of sessions or people with names for what they say.")
        listed = ", ".join(f"“{name[:30]}”" for name in fields[:_MOST_SHOWN])
        return _(
            "The file is a list of things with %(names)s; none of these is the title of a session or the name of a person."
        ) % {"names": listed}
    listed = ", ".join(f"“{name[:30]}”" for name in list(root.fields or {})[:_MOST_SHOWN])
    return _("The file is of no kind we know: there are no sessions and no people in it, but %(names)s.") % {
        "names": listed or _("nothing")
    }
