"""Sheets, CSV and workbooks, of sessions and of people."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conference.i18n import _
from conference.texts import clean_line
from sessions.interchange.gathered import Found
from sessions.interchange.headings import normalised, person_field, session_field
from sessions.interchange.model import Doubts, ImportRefused
from sessions.interchange.records import read_records
from sessions.interchange.sheet_rows import LOOKED_AT, MOST_ROWS, Row, csv_rows, workbook_rows
from sessions.interchange.yaml_document import Value


def read_csv(content: bytes, doubts: Doubts) -> Found:
    """The sessions or people in a CSV file, whatever its delimiter. Raises ImportRefused."""
    found = Found(_("CSV sheet"))
    if not _read_rows(csv_rows(content, doubts, _known), found, doubts):
        raise _no_headings(csv_rows(content, Doubts(), _known))
    return found


def read_workbook(content: bytes, doubts: Doubts) -> Found:
    """The sessions and people in the sheets of a workbook (xlsx, xls, ods). Raises ImportRefused."""
    found = Found(_("workbook"))
    refusal, left_out = None, []
    for name, rows in workbook_rows(content):
        if not rows:
            continue
        if not _read_rows(iter(rows), found, doubts):
            refusal = refusal or _no_headings(iter(rows))
            left_out.append(name)
    if not found.sessions and not found.people:
        raise refusal or ImportRefused(_("The workbook is empty."))
    for name in left_out:
        words = _("The sheet “%(name)s” was left out: none of its columns is called title or name.")
        doubts.add("sheet", _("whole file"), words % {"name": name[:60]})
    return found


def _known(row: list[str]) -> int:
    """How many of the cells are headings we know; 0 for a row that names neither a session nor a person."""
    fields = {session_field(cell) for cell in row if len(cell) < 200} | {
        f"p:{person_field(cell)}" for cell in row if len(cell) < 200
    }
    if not fields & {"title", "p:name", "p:first"}:
        return 0
    return len(fields - {"", "p:"})


def _read_rows(rows: Iterator[Row], found: Found, doubts: Doubts) -> bool:
    """Take the rows in by the headings above them. False when no row has headings we know."""
    first = []
    for one in rows:
        first.append(one)
        if len(first) >= LOOKED_AT:
            break
    best = max(range(len(first)), key=lambda index: _known(first[index][1]), default=None)
    if best is None or not _known(first[best][1]):
        return False
    headings = first[best][1]
    records: list[Value] = []
    for number, cells in (*first[best + 1 :], *rows):
        if len(records) >= MOST_ROWS:
            raise ImportRefused(_("The sheet has more than %(count)d rows.") % {"count": MOST_ROWS})
        if len(cells) > len(headings) and any(cells[len(headings) :]):
            doubts.add(
                "cells",
                _("line %(line)d") % {"line": number},
                _("It has more cells than there are headings; the last were left out."),
            )
        fields: dict[str, Value] = {}
        for heading, cell in zip(headings, cells, strict=False):
            name = heading
            while name in fields:
                name += " "  # two columns of one name are both looked at
            fields[name] = Value(number, text=cell)
        records.append(Value(number, fields=fields))
    return read_records(records, found, doubts)


def _no_headings(rows: Iterator[Row]) -> ImportRefused:
    headings = [clean_line(cell)[:30] for cell in next(rows, (0, []))[1] if cell][:8]
    named = ", ".join(f"“{heading}”" for heading in headings)
    rooms = [
        heading
        for heading in headings
        if re.match(r"(?:room|hall|track|stage|raum|salle|sala)\b", normalised(heading))
    ]
    if len(rooms) > 1:
        return ImportRefused(
            _(
                "This is a grid with a column for each room (%(names)s). What can be read is one row per session, under Title, Start, End, Room and Speakers."
            )
            % {"names": named}
        )
    return ImportRefused(
        _(
            "None of the columns is called title or name; they are %(names)s. What can be read is one row per session, under Title, Start, End, Room and Speakers, or one per speaker."
        )
        % {"names": named}
    )
