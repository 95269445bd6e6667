"""The rows of a sheet as its pages list them, and those that were refused as a sheet to mend."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from conference import texts
from conference.i18n import _
from registration.importing.reasons import Reason, decode
from registration.importing.sheets_kept import cells_of, plan_of
from registration.importing.tables import ImportedRow, RegistrationImport, RowOutcome
from sessions.interchange.sheets_out import defused

PAGE_SIZE = 100
_BATCH = 500
_REGISTERED = (RowOutcome.ADDED, RowOutcome.WAITING)


@dataclass(frozen=True)
class View:
    """Some rows of a sheet: those of these outcomes; ``with_remarks`` only those of which something was left out."""

    name: str
    outcomes: tuple[RowOutcome, ...]
    with_remarks: bool = False


VIEWS = {
    view.name: view
    for view in (
        View("refused", (RowOutcome.REFUSED,)),
        View("remarks", (RowOutcome.TO_ADD, *_REGISTERED), with_remarks=True),
        View("known", (RowOutcome.KNOWN,)),
        View("to-add", (RowOutcome.TO_ADD,)),
        View("added", _REGISTERED),
    )
}


@dataclass(frozen=True)
class ShownRow:
    """A row as a page shows it. ``code`` is of the registration it has become, "" for none."""

    line: int
    name: str
    email: str
    outcome: RowOutcome
    reasons: tuple[Reason, ...]
    code: str


@dataclass(frozen=True)
class RowsPage:
    """A page of rows, and how many there are in all."""

    rows: tuple[ShownRow, ...]
    total: int
    number: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE_SIZE))


def _test(view: View) -> str:
    outcomes = ", ".join(f"'{outcome.value}'" for outcome in view.outcomes)
    remarks = " AND i.reasons <> '[]'" if view.with_remarks else ""
    return f"i.sheet = {{}} AND i.outcome IN ({outcomes}){remarks}"


async def count_of(sheet: RegistrationImport, view: View) -> int:
    """How many rows the view has. One query."""
    rows = await ImportedRow.raw(
        f"SELECT COUNT(*) AS number FROM imported_row i WHERE {_test(view)}",  # noqa: S608 - outcomes are constants of this package
        sheet.id,
    )
    return int(rows[0]["number"])


async def rows_page(sheet: RegistrationImport, view: View, number: int) -> RowsPage:
    """A page of the view, in order of lines. Two queries."""
    total = await count_of(sheet, view)
    number = min(max(1, number), max(1, -(-total // PAGE_SIZE)))
    rows = await ImportedRow.raw(
        "SELECT i.line AS line, i.cells AS cells, i.outcome AS outcome, i.reasons AS reasons, r.name AS name,"  # noqa: S608 - outcomes are constants of this package
        " r.email AS email, r.code AS code FROM imported_row i LEFT JOIN registration r ON r.id = i.registration"
        f" WHERE {_test(view)} ORDER BY i.line LIMIT {{}} OFFSET {{}}",
        sheet.id,
        PAGE_SIZE,
        (number - 1) * PAGE_SIZE,
    )
    columns = plan_of(sheet).columns
    return RowsPage(
        tuple(
            ShownRow(
                row["line"],
                row["name"] or _said(columns, cells_of(row["cells"]), "name", "first", "last"),
                row["email"] or _said(columns, cells_of(row["cells"]), "email"),
                RowOutcome(row["outcome"]),
                tuple(decode(row["reasons"])),
                row["code"] or "",
            )
            for row in rows
        ),
        total,
        number,
    )


def _said(columns: Sequence[str], cells: Sequence[str], *targets: str) -> str:
    found = [cell for target, cell in zip(columns, cells, strict=False) if target in targets and cell]
    return texts.clean_line(" ".join(found))[:200]


async def refused_csv(sheet: RegistrationImport) -> AsyncIterator[bytes]:
    """The refused rows as they were sent, with their line and the reason: to be mended, and sent as a sheet of its own.

    RFC 4180 in UTF-8 with a byte order mark; formulas are defused.
    """
    headings, last = cells_of(sheet.headings), 0
    # Both headings are known to the import, which leaves them out; a sheet mended once has them already.
    kept = [at for at, heading in enumerate(headings) if heading not in ("line", "reason")]
    yield _csv([["line", "reason", *(headings[at] for at in kept)]]).encode("utf-8-sig")
    while True:
        rows = (
            await ImportedRow.select(ImportedRow.line, ImportedRow.cells, ImportedRow.reasons)
            .where(
                (ImportedRow.sheet == sheet.id)
                & (ImportedRow.outcome == RowOutcome.REFUSED.value)
                & (ImportedRow.line > last)
            )
            .order_by(ImportedRow.line)
            .limit(_BATCH)
        )
        if rows:
            last = rows[-1]["line"]
            lines = []
            for row in rows:
                cells, reasons = cells_of(row["cells"]), decode(row["reasons"])
                words = " ".join(reason.words for reason in reasons)
                lines.append([str(row["line"]), words, *(cells[at] for at in kept if at < len(cells))])
            yield _csv(lines).encode()
        if len(rows) < _BATCH:
            return


def _csv(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([[defused(cell) for cell in row] for row in rows])
    return out.getvalue()


def outcome_names() -> dict[str, str]:
    """What the ends of a row are called."""
    return {
        RowOutcome.TO_ADD.value: _("To be added"),
        RowOutcome.ADDED.value: _("Added"),
        RowOutcome.WAITING.value: _("On the waitlist"),
        RowOutcome.KNOWN.value: _("Registered already"),
        RowOutcome.REFUSED.value: _("Refused"),
    }
