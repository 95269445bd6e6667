"""The rows of sheets, CSV and workbooks, each with the line or row it stands in: read safely, whatever they tell of."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from conference.i18n import _
from conference.texts import clean
from sessions.interchange.incoming import decoded
from sessions.interchange.model import Doubts, ImportRefused

Row = tuple[int, list[str]]
"""The line (of a workbook the row) in which it begins, from 1, and its cells."""

MOST_ROWS = 50_000
MOST_COLUMNS = 300
LOOKED_AT = 20
"""Rows in which the headings may stand."""
_MOST_CELLS = 4_000_000
_LARGEST_UNPACKED = 200_000_000  # bytes of all parts of a workbook
_CHILD = Path(__file__).with_name("workbook_child.py")
_LONGEST_SECONDS = 20
_DEFUSED = re.compile(r"^'(?=\s*[=+\-@＝＋－＠])")  # the apostrophe that exports put before formulas
_CELL = re.compile(rb'<(?:\w+:)?c [^>]{0,200}?r="([A-Z]{1,4})(\d{1,8})"')
_SHEET_ROW = re.compile(rb'<(?:\w+:)?row [^>]{0,200}?r="(\d{1,8})"')


def csv_rows(content: bytes, doubts: Doubts, known: Callable[[list[str]], int]) -> Iterator[Row]:
    """The rows of a CSV file that hold anything. ``known`` counts the headings it knows in a row: by that the delimiter
    is found, else by the number of columns. Raises ImportRefused, also while the rows are read."""
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
        tables.append((max((known(row) for _line, row in rows), default=0), _width(rows), delimiter))
    return _csv_rows(words, max(tables, key=lambda table: table[:2])[2])


def workbook_rows(content: bytes) -> list[tuple[str, list[Row]]]:
    """The sheets of a workbook (xlsx, xls, ods) by name, with those of their rows that hold anything.

    Raises ImportRefused.
    """
    _check_size(content)
    return [(name, list(_cells(sheet))) for name, sheet in _sheets_of(content)]


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
                raise ImportRefused(_("The workbook is too large."))
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
        raise ImportRefused(_("The workbook is too large."))


def _sheets_of(content: bytes) -> list[tuple[str, list[list[str]]]]:
    """The sheets by name, read in a process of their own (see ``workbook_child``)."""
    command = [sys.executable, "-I", str(_CHILD), str(MOST_ROWS + 1), str(MOST_COLUMNS)]
    try:
        done = subprocess.run(  # noqa: S603 (our own file, run by our own Python)
            command, input=content, capture_output=True, timeout=_LONGEST_SECONDS, check=True
        )
    except (subprocess.SubprocessError, OSError):
        raise ImportRefused(_("The workbook cannot be read: it is broken, or too large.")) from None
    told = json.loads(done.stdout)
    if "reason" in told:
        raise ImportRefused(_("The workbook cannot be read: %(reason)s.") % {"reason": told["reason"]})
    return [(name, rows) for name, rows in told["sheets"]]


def _cells(rows: Iterable[list[str]]) -> Iterator[Row]:
    for number, row in enumerate(rows, 1):
        cells = [clean(cell) for cell in row]
        if any(cells):
            yield number, cells


def _csv_rows(words: str, delimiter: str) -> Iterator[Row]:
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


def _first_rows(words: str, delimiter: str) -> Iterator[Row]:
    for number, row in enumerate(_csv_rows(words[:200_000], delimiter)):
        if number >= LOOKED_AT:
            return
        yield row


def _width(rows: list[Row]) -> int:
    widths = sorted(len(row) for _line, row in rows)
    return widths[len(widths) // 2] if widths else 0
