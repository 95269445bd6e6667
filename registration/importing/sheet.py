"""A file as a sheet of people: which of its rows holds the headings, and the rows below. Pure but for words; slow: use a thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conference.i18n import _
from conference.texts import clean_line
from registration.importing.columns import known_headings
from sessions.interchange.model import Doubts, ImportRefused
from sessions.interchange.sheet_rows import (
    LOOKED_AT,
    MOST_COLUMNS,
    MOST_ROWS,
    Row,
    csv_rows,
    workbook_rows,
)

_WORKBOOKS = (b"PK", b"\xd0\xcf\x11\xe0")  # zip: xlsx and ods; OLE: xls


@dataclass(frozen=True)
class PeopleSheet:
    """``rows`` are (line, cells), each as wide as the headings; ``notes`` say what was doubtful in the file."""

    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


def read_people(content: bytes) -> PeopleSheet:
    """The sheet in a CSV file of any delimiter and encoding, or the one in a workbook that tells of people.

    Raises ImportRefused.
    """
    doubts = Doubts()
    if content.startswith(_WORKBOOKS):
        rows, notes = _best_sheet(workbook_rows(content))
    else:
        rows, notes = list(csv_rows(content, doubts, known_headings)), []
    notes += [doubt.message for doubt in doubts.listed()]
    if not rows:
        raise ImportRefused(_("The file is empty."))
    headings, below = _parted(rows)
    if not below:
        raise ImportRefused(_("There are headings and no rows below them."))
    if len(below) > MOST_ROWS:
        raise ImportRefused(_("The sheet has more than %(count)d rows.") % {"count": MOST_ROWS})
    width = min(max(len(headings), *(len(cells) for _line, cells in below)), MOST_COLUMNS)
    wide = [*headings, *[""] * width][:width]
    names = tuple(clean_line(name)[:200] or _letters(number) for number, name in enumerate(wide))
    return PeopleSheet(
        names, tuple((line, [*cells, *[""] * width][:width]) for line, cells in below), tuple(notes)
    )


def _best_sheet(sheets: Sequence[tuple[str, list[Row]]]) -> tuple[list[Row], list[str]]:
    filled = [(name, rows) for name, rows in sheets if rows]
    if not filled:
        return [], []
    best = max(range(len(filled)), key=lambda at: (_known(filled[at][1]), len(filled[at][1])))
    left = [name for at, (name, _rows) in enumerate(filled) if at != best]
    words = _("The sheet “%(name)s” was left out; only one can be taken in at a time.")
    return filled[best][1], [words % {"name": name[:60]} for name in left]


def _known(rows: Sequence[Row]) -> int:
    return max((known_headings(cells) for _line, cells in rows[:LOOKED_AT]), default=0)


def _parted(rows: list[Row]) -> tuple[list[str], list[Row]]:
    """Headings and what stands below. A sheet without any, such as a bare list of addresses, has empty ones."""
    best = max(range(min(len(rows), LOOKED_AT)), key=lambda at: (known_headings(rows[at][1]), -at))
    if known_headings(rows[best][1]) == 0 and any("@" in cell for cell in rows[0][1]):
        return [], rows
    return rows[best][1], rows[best + 1 :]


def _letters(number: int) -> str:
    """The name of a column as spreadsheets show it: A, B, … Z, AA."""
    name, number = "", number + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name
