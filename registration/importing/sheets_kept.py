"""Sheets on their way: kept row by row, told what their columns are, looked at, and forgotten after some days."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from conference import audit
from conference.codes import new_code
from conference.db import locked, transaction
from conference.errors import Conflict, NotFound
from conference.i18n import _
from conference.tables import Conference
from conference.texts import clean_line
from conference.viewer import SignedInOrganiser
from registration.importing.reading import MailChoice, Plan
from registration.importing.sheet import read_people
from registration.importing.tables import ImportedRow, ImportState, RegistrationImport, RowOutcome

KEPT = timedelta(days=7)
"""How long a sheet and the rows that were refused are kept."""
_ARRIVES_WITHIN = timedelta(hours=1)  # longer ago, whoever wrote its rows was killed
_BATCH = 500  # rows written in one transaction
SAMPLES = 20
"""Rows shown beside the columns, and looked at to guess what these are."""
_UNDER_WAY = (ImportState.LOOKING.value, ImportState.RUNNING.value)


class ImportBusy(Conflict):
    """The sheet is being worked through just now, or has been already."""


@dataclass(frozen=True)
class Counted:
    """How many rows have come to which end; ``total`` is all of them."""

    total: int
    by_outcome: dict[str, int]

    def of(self, outcome: RowOutcome) -> int:
        """How many rows ended so."""
        return self.by_outcome.get(outcome.value, 0)

    @property
    def looked_at(self) -> int:
        """How many rows have been looked at."""
        return self.total - self.of(RowOutcome.UNSEEN)

    @property
    def settled(self) -> int:
        """How many rows are done with."""
        return self.looked_at - self.of(RowOutcome.TO_ADD)


async def arrive(
    conference: Conference, name: str, content: bytes, *, actor: SignedInOrganiser, now: datetime
) -> str:
    """Read the file and keep its rows; the code of the import. Raises ImportRefused, and then nothing is kept."""
    # A large workbook takes seconds: in a thread, so that everybody else's pages go on.
    sheet = await asyncio.to_thread(read_people, content)
    row = RegistrationImport(
        conference=conference.id,
        organiser=actor.id,
        code=new_code(),
        name=clean_line(name)[:150],
        headings=json.dumps(sheet.headings, ensure_ascii=False),
        notes=json.dumps(sheet.notes, ensure_ascii=False),
        size=len(sheet.rows),
        at=now,
    )
    await row.save()
    for first in range(0, len(sheet.rows), _BATCH):
        await ImportedRow.insert(
            *[
                ImportedRow(
                    conference=conference.id,
                    sheet=row.id,
                    line=line,
                    cells=json.dumps(cells, ensure_ascii=False),
                )
                for line, cells in sheet.rows[first : first + _BATCH]
            ]
        )
        await asyncio.sleep(0)  # between two batches others write
    async with transaction():
        changes: dict[Any, Any] = {RegistrationImport.state: ImportState.COLUMNS}
        await RegistrationImport.update(changes).where(RegistrationImport.id == row.id)
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="registrations-sheet-sent",
            subject=f"import:{row.code}",
            after={"rows": len(sheet.rows)},
            now=now,
        )
    return str(row.code)


async def import_by_code(conference_id: int, code: str) -> RegistrationImport:
    """The import. Raises NotFound for one that is forgotten, not whole, or of another conference."""
    row = (
        await RegistrationImport.objects()
        .where((RegistrationImport.conference == conference_id) & (RegistrationImport.code == code[:12]))
        .first()
    )
    if row is None or row.state == ImportState.ARRIVING:
        raise NotFound(_("This sheet is no longer here: sheets are kept for a week. Please send it again."))
    return row


async def imports_of(conference_id: int) -> list[RegistrationImport]:
    """The conference's imports of the last days, the latest first."""
    rows: list[RegistrationImport] = (
        await RegistrationImport.objects()
        .where(
            (RegistrationImport.conference == conference_id)
            & (RegistrationImport.state != ImportState.ARRIVING.value)
        )
        .order_by(RegistrationImport.id, ascending=False)
    )
    return rows


async def counted(sheet: RegistrationImport) -> Counted:
    """How far the sheet's rows are. One query."""
    rows = await ImportedRow.raw(
        "SELECT outcome, COUNT(*) AS number FROM imported_row WHERE sheet = {} GROUP BY outcome", sheet.id
    )
    return Counted(sheet.size, {row["outcome"]: row["number"] for row in rows})


async def samples(sheet: RegistrationImport) -> list[list[str]]:
    """The first rows of the sheet."""
    rows = (
        await ImportedRow.select(ImportedRow.cells)
        .where(ImportedRow.sheet == sheet.id)
        .order_by(ImportedRow.line)
        .limit(SAMPLES)
    )
    return [json.loads(row["cells"]) for row in rows]


def plan_of(sheet: RegistrationImport) -> Plan:
    """How the sheet is to be read, as the organiser said."""
    options = json.loads(sheet.options)
    return Plan(
        tuple(json.loads(sheet.columns)),
        MailChoice(options.get("mail", MailChoice.WELCOME)),
        options.get("country", ""),
        options.get("language", ""),
        options.get("category", ""),
    )


async def look_with(sheet_id: int, plan: Plan) -> None:
    """Have every row looked at by this plan, from the first. Raises ImportBusy once people have been registered."""
    async with locked(RegistrationImport, sheet_id):
        await _state_among(sheet_id, ImportState.COLUMNS, ImportState.LOOKING, ImportState.LOOKED)
        changes: dict[Any, Any] = {
            RegistrationImport.columns: json.dumps(plan.columns),
            RegistrationImport.options: json.dumps(plan.as_options()),
            RegistrationImport.state: ImportState.LOOKING,
        }
        await RegistrationImport.update(changes).where(RegistrationImport.id == sheet_id)
        anew: dict[Any, Any] = {
            ImportedRow.outcome: RowOutcome.UNSEEN,
            ImportedRow.reasons: "[]",
            ImportedRow.email_key: "",
        }
        await ImportedRow.update(anew).where(
            (ImportedRow.sheet == sheet_id) & (ImportedRow.outcome != RowOutcome.UNSEEN.value)
        )


async def back_to_columns(sheet_id: int) -> None:
    """Let the organiser say the columns once more. Raises ImportBusy."""
    async with locked(RegistrationImport, sheet_id):
        await _state_among(sheet_id, ImportState.COLUMNS, ImportState.LOOKING, ImportState.LOOKED)
        await _set_state(sheet_id, ImportState.COLUMNS)


async def start(sheet: RegistrationImport, *, actor: SignedInOrganiser, now: datetime) -> None:
    """Have those who can be added registered, in the background. Started twice it runs once. Raises ImportBusy."""
    async with locked(RegistrationImport, sheet.id):
        state = await _state_among(
            sheet.id, ImportState.LOOKED, ImportState.STOPPED, ImportState.RUNNING, ImportState.DONE
        )
        if state in (ImportState.RUNNING, ImportState.DONE):
            return
        await _set_state(sheet.id, ImportState.RUNNING)
        await _note(sheet, "registrations-import-started", actor, now)


async def stop(sheet: RegistrationImport, *, actor: SignedInOrganiser, now: datetime) -> bool:
    """Register nobody more for now; False where nothing was going on any more."""
    async with locked(RegistrationImport, sheet.id):
        row = await RegistrationImport.objects().where(RegistrationImport.id == sheet.id).first()
        if row is None or row.state != ImportState.RUNNING:
            return False
        await _set_state(sheet.id, ImportState.STOPPED)
        await _note(sheet, "registrations-import-stopped", actor, now)
    return True


async def forget(sheet: RegistrationImport, *, actor: SignedInOrganiser, now: datetime) -> None:
    """Forget the sheet and its rows; whoever is registered stays so. Raises ImportBusy while it is worked through."""
    async with locked(RegistrationImport, sheet.id):
        row = await RegistrationImport.objects().where(RegistrationImport.id == sheet.id).first()
        if row is None:
            return
        if row.state == ImportState.RUNNING:
            raise ImportBusy(_("People are being registered from this sheet just now. Stop that first."))
        await RegistrationImport.delete().where(RegistrationImport.id == sheet.id)
        await _note(sheet, "registrations-sheet-forgotten", actor, now)


async def forget_old(now: datetime) -> int:
    """Forget sheets that have been kept long enough, and those that never arrived whole; how many. A job."""
    gone = (
        await RegistrationImport.delete()
        .where(
            ((RegistrationImport.at <= now - KEPT) & RegistrationImport.state.not_in(list(_UNDER_WAY)))
            | (
                (RegistrationImport.at <= now - _ARRIVES_WITHIN)
                & (RegistrationImport.state == ImportState.ARRIVING.value)
            )
        )
        .returning(RegistrationImport.id)
    )
    return len(gone)


async def _state_among(sheet_id: int, *states: ImportState) -> ImportState:
    row = await RegistrationImport.objects().where(RegistrationImport.id == sheet_id).first()
    if row is None:
        raise NotFound(_("This sheet is no longer here: sheets are kept for a week. Please send it again."))
    if row.state not in states:
        raise ImportBusy(_("A colleague has gone on with this sheet meanwhile. This is how far it is now."))
    return ImportState(row.state)


async def _set_state(sheet_id: int, state: ImportState) -> None:
    await RegistrationImport.update({RegistrationImport.state: state}).where(
        RegistrationImport.id == sheet_id
    )


async def _note(
    sheet: RegistrationImport,
    action: str,
    actor: SignedInOrganiser,
    now: datetime,
    after: dict[str, Any] | None = None,
) -> None:
    await audit.record(
        conference_id=sheet.conference,
        actor=actor,
        action=action,
        subject=f"import:{sheet.code}",
        after=after,
        now=now,
    )


def cells_of(column: str) -> Sequence[str]:
    """The cells of a row as the column holds them."""
    cells: list[str] = json.loads(column)
    return cells
