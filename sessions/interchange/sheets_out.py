"""Tables as CSV and as workbooks, in which nothing that a person wrote can run as a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from datetime import datetime

from conference.texts import clean
from sessions.interchange.model import ProgrammeFile
from sessions.interchange.tables_out import Table, sessions_table, speakers_table

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LONGEST_CELL = 32_767  # characters, the most a cell of a workbook holds
# OWASP, "CSV injection": what makes a spreadsheet take a cell for a formula, also in full-width forms.
FORMULA = re.compile(r"\s*[=+\-@\t\r\n＝＋－＠]")


def write_sessions_csv(programme: ProgrammeFile, *, raw: bool = False) -> bytes:
    """The placings as CSV; ``raw`` is for machines: no byte order mark, and no apostrophe before formulas."""
    return csv_of(sessions_table(programme), raw=raw)


def write_speakers_csv(programme: ProgrammeFile, *, raw: bool = False, private: bool = False) -> bytes:
    """The speakers as CSV; ``private`` only for organisers."""
    return csv_of(speakers_table(programme, private=private), raw=raw)


def write_sessions_xlsx(programme: ProgrammeFile) -> bytes:
    """The placings as a workbook of one sheet."""
    return workbook_of({"Sessions": sessions_table(programme)})


def write_speakers_xlsx(programme: ProgrammeFile, *, private: bool = False) -> bytes:
    """The speakers as a workbook of one sheet; ``private`` only for organisers."""
    return workbook_of({"Speakers": speakers_table(programme, private=private)})


def write_xlsx(programme: ProgrammeFile, *, private: bool = False) -> bytes:
    """Placings and speakers as the two sheets of a workbook; ``private`` only for organisers."""
    return workbook_of(
        {"Sessions": sessions_table(programme), "Speakers": speakers_table(programme, private=private)}
    )


def defused(cell: str) -> str:
    """The cell with an apostrophe before it where a spreadsheet would run it."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def csv_of(table: Table, *, raw: bool) -> bytes:
    """RFC 4180, in UTF-8; with a byte order mark, without which Excel takes it for another encoding, unless raw."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in table:
        cells = [clean(cell) for cell in row]
        writer.writerow(cells if raw else [defused(cell) for cell in cells])
    return out.getvalue().encode("utf-8" if raw else "utf-8-sig")


def workbook_of(tables: Mapping[str, Table]) -> bytes:
    """A workbook with a sheet for each table. Every cell is text; the same tables give the same bytes."""
    from xlsxwriter import Workbook  # not at the start of every process: few ask for workbooks

    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    book = Workbook(out, options)
    book.set_properties({"created": datetime(2020, 1, 1)})  # noqa: DTZ001 (a constant, so that bytes do not change)
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    for name, table in tables.items():
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(table):
            for column, cell in enumerate(row):
                words = clean(cell)
                if len(words) > _LONGEST_CELL:
                    words = words[: _LONGEST_CELL - 1] + "…"
                if words:
                    sheet.write_string(number, column, words, wrapped if number else bold)
        for column, heading in enumerate(table[0] if table else []):
            longest = max((len(row[column]) for row in table), default=0)
            sheet.set_column(column, column, min(max(longest, len(heading), 8), 60))
        if table and table[0]:
            sheet.autofilter(0, 0, max(len(table) - 1, 0), len(table[0]) - 1)
    book.close()
    return out.getvalue()
