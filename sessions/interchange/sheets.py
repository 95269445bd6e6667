"""Sheets: CSV and workbooks as rows of texts, each with the line or row it stands in."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from conference.i18n import _
from conference.texts import clean, clean_line
from sessions.interchange.gathered import Found
from sessions.interchange.headings import normalised, person_field, session_field
from sessions.interchange.incoming import decoded
from sessions.interchange.model import Doubts, ImportRefused
from sessions.interchange.records import read_records
from sessions.interchange.yaml_document import Value

MOST_ROWS = 50_000
MOST_COLUMNS = 300
_MOST_CELLS = 4_000_000
_LARGEST_UNPACKED = 200_000_000  # bytes of all parts of a workbook
_CHILD = Path(__file__).with_name("workbook_child.py")
_LONGEST_SECONDS = 20
_LOOKED_AT = 20  # rows in which the headings may stand
_DEFUSED = re.compile(r"^'(?=\s*[=+\-@＝＋－＠])")  # the apostrophe that exports put before formulas
_CELL = re.compile(rb'<(?:\w+:)?c [^>]{0,200}?r="([A-Z]{1,4})(\d{1,8})"')
_SHEET_ROW = re.compile(rb'<(?:\w+:)?row [^>]{0,200}?r="(\d{1,8})"')


def read_csv(content: bytes, doubts: Doubts) -> Found:
    """The sessions or people in a CSV file, whatever its delimiter. Raises ImportRefused."""
    try:
        words = decoded(content)
    except ImportRefused:
        if b"\x00" in content:
            raise
        words = content.decode("cp1252", "replace")
        note = _("The file is not UTF-8; it was read as Windows-1252. Please check letters such as “é”.")
        doubts.add("encoding", _("whole file"), note)
    tables = []
    for delimiter in ",;\t|":
        rows = list(_first_rows(words, delimiter))
        tables.append((max((_known(row) for _line, row in rows), default=0), _width(rows), delimiter))
    delimiter = max(tables, key=lambda table: table[:2])[2]
    found = Found(_("CSV sheet"))
    if not _read_rows(_csv_rows(words, delimiter), found, doubts):
        raise _no_headings(_csv_rows(words, delimiter))
    return found


def read_workbook(content: bytes, doubts: Doubts) -> Found:
    """The sessions and people in the sheets of a workbook (xlsx, xls, ods). Raises ImportRefused."""
    _check_size(content)
    found = Found(_("workbook"))
    refusal, left_out = None, []
    for name, sheet in _sheets_of(content):
        rows = list(_cells(sheet))
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


def _check_size(content: bytes) -> None:
    """Refuse workbooks that would unpack to more than a programme can be: a few bytes may claim a whole sheet of cells."""
    if not content.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if not {"xl/workbook.xml", "xl/workbook.bin", "content.xml"} & {part.filename for part in parts}:
                raise ImportRefused(
                    _("This is an archive and no workbook. Please unpack it and import what is in it.")
                )
            if len(parts) > 5000 or sum(part.file_size for part in parts) > _LARGEST_UNPACKED:
                raise ImportRefused(_("The workbook is too large to be a programme."))
            for part in parts:
                if part.filename.endswith(".xml") and "sheet" in part.filename.lower():
                    _check_cells(archive.read(part))
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        RuntimeError,
        NotImplementedError,  # how zipfile says that it does not know a file's compression
        OSError,
        ValueError,
        EOFError,
    ) as error:
        raise ImportRefused(
            _("The workbook cannot be read: %(reason)s.") % {"reason": str(error)[:120]}
        ) from None


def _check_cells(sheet: bytes) -> None:
    rows, columns = {0}, {0}
    for letters, row in _CELL.findall(sheet):
        number = 0
        for letter in letters:
            number = number * 26 + letter - 64
        rows.add(int(row))
        columns.add(number)
    rows.update(int(row) for row in _SHEET_ROW.findall(sheet))
    if max(rows) * max(columns) > _MOST_CELLS or max(columns) > 20_000:
        raise ImportRefused(_("The workbook is too large to be a programme."))


def _sheets_of(content: bytes) -> list[tuple[str, list[list[str]]]]:
    """The sheets by name, read in a process of their own (see ``workbook_child``)."""
    command = [sys.executable, "-I", str(_CHILD), str(MOST_ROWS + 1), str(MOST_COLUMNS)]
    try:
        done = subprocess.run(  # noqa: S603 (our own file, run by our own Python)
            command, input=content, capture_output=True, timeout=_LONGEST_SECONDS, check=True
        )
    except (subprocess.SubprocessError, OSError):
        raise ImportRefused(
            _("The workbook cannot be read: it is broken, or too large to be a programme.")
        ) from None
    told = json.loads(done.stdout)
    if "reason" in told:
        raise ImportRefused(_("The workbook cannot be read: %(reason)s.") % {"reason": told["reason"]})
    return [(name, rows) for name, rows in told["sheets"]]


def _cells(rows: Iterable[list[str]]) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(rows, 1):
        cells = [clean(cell) for cell in row]
        if any(cells):
            yield number, cells


def _csv_rows(words: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(words, newline=""), delimiter=delimiter)
    before = 0
    try:
        for row in reader:
            begins, before = before + 1, reader.line_num
            cells = [_DEFUSED.sub("", clean(cell)) for cell in row[:MOST_COLUMNS]]
            if any(cells):
                yield begins, cells
    except csv.Error as error:
        words = _("The file is not well-formed CSV: %(reason)s in line %(line)d.")
        raise ImportRefused(words % {"reason": str(error)[:100], "line": reader.line_num}) from None


def _first_rows(words: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(_csv_rows(words[:200_000], delimiter)):
        if number >= _LOOKED_AT:
            return
        yield row


def _width(rows: list[tuple[int, list[str]]]) -> int:
    widths = sorted(len(row) for _line, row in rows)
    return widths[len(widths) // 2] if widths else 0


def _known(row: list[str]) -> int:
    """How many of the cells are headings we know; 0 for a row that names neither a session nor a person."""
    fields = {session_field(cell) for cell in row if len(cell) < 200} | {
        f"p:{person_field(cell)}" for cell in row if len(cell) < 200
    }
    if not fields & {"title", "p:name", "p:first"}:
        return 0
    return len(fields - {"", "p:"})


def _read_rows(rows: Iterator[tuple[int, list[str]]], found: Found, doubts: Doubts) -> bool:
    """Take the rows in by the headings above them. False when no row has headings we know."""
    first = []
    for one in rows:
        first.append(one)
        if len(first) >= _LOOKED_AT:
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


def _no_headings(rows: Iterator[tuple[int, list[str]]]) -> ImportRefused:
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
