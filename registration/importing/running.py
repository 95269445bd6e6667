"""What goes on in the background with sheets: looked at and taken in a bit at a time, so that pages and mails go on meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from conference import audit, clock
from conference.db import DatabaseBusy, locked
from conference.tables import Conference, Organiser
from conference.viewer import SignedInOrganiser
from registration.importing.adding import Adding, add_person, settle
from registration.importing.looking import look_further
from registration.importing.reading import ReadRow, RowReader
from registration.importing.reasons import Reason
from registration.importing.sheets_kept import cells_of, counted, plan_of
from registration.importing.tables import ImportedRow, ImportState, RegistrationImport, RowOutcome
from registration.queries import offer_of
from sessions.queries import latest_programme

BATCH = 50  # people added in one go

logger = logging.getLogger("meridian.jobs")


async def work_on_sheets(now: datetime) -> int:
    """Go on with the sheet that has waited longest; how many rows were done. A job.

    Killed at any point it goes on with the next row: each row says in the transaction that settles it what became
    of it.
    """
    sheet = (
        await RegistrationImport.objects()
        .where(RegistrationImport.state.is_in([ImportState.LOOKING.value, ImportState.RUNNING.value]))
        .order_by(RegistrationImport.id)
        .first()
    )
    if sheet is None:
        return 0
    conference = await Conference.objects().where(Conference.id == sheet.conference).first()
    if conference is None:
        return 0
    if sheet.state == ImportState.LOOKING:
        return await look_further(sheet, conference, now)
    return await add_further(sheet, conference, now)


async def add_further(sheet: RegistrationImport, conference: Conference, now: datetime) -> int:
    """Register the people of the next rows; how many rows there were. After the last one the sheet is done."""
    plan, programme = plan_of(sheet), await latest_programme(conference)
    reader = RowReader(plan, await offer_of(conference), programme, now)
    rows = (
        await ImportedRow.select(ImportedRow.id, ImportedRow.line, ImportedRow.cells)
        .where((ImportedRow.sheet == sheet.id) & (ImportedRow.outcome == RowOutcome.TO_ADD.value))
        .order_by(ImportedRow.line)
        .limit(BATCH)
    )
    read = await asyncio.to_thread(lambda: [reader.read(cells_of(row["cells"])) for row in rows])
    actor = await _actor(sheet)
    for row, one in zip(rows, read, strict=True):
        if not await _goes_on(sheet):
            return 0
        # Each at its own time, so that what is held for them is held as long for the last as for the first.
        by = Adding(conference, programme, plan.mail, actor, str(sheet.code), clock.now())
        await _add(row, one, by)
    if len(rows) < BATCH:
        await _finish(sheet, actor, now)
    return len(rows)


async def _add(row: dict[str, Any], read: ReadRow, by: Adding) -> None:
    if read.entry is None:  # what it names is there no more
        await settle(row["id"], RowOutcome.REFUSED, [read.refusal or Reason("no-email")])
        return
    try:
        await add_person(row["id"], read, by)
    except DatabaseBusy:
        raise  # nothing was written: the row's turn comes again
    except Exception:  # the edge of the job: one row must not keep all the others from being added
        logger.exception("line %s of import %s could not be added", row["line"], by.sheet)
        await settle(row["id"], RowOutcome.REFUSED, [Reason("failed")])


async def _actor(sheet: RegistrationImport) -> str:
    row = await Organiser.objects().where(Organiser.id == sheet.organiser).first()
    return SignedInOrganiser(row.id, row.name, row.email, row.may_create).label if row else "import"


async def _goes_on(sheet: RegistrationImport) -> bool:
    return await RegistrationImport.exists().where(
        (RegistrationImport.id == sheet.id) & (RegistrationImport.state == ImportState.RUNNING.value)
    )


async def _finish(sheet: RegistrationImport, actor: str, now: datetime) -> None:
    async with locked(RegistrationImport, sheet.id):
        if not await _goes_on(sheet):
            return
        changes: dict[Any, Any] = {
            RegistrationImport.state: ImportState.DONE,
            RegistrationImport.finished_at: now,
        }
        await RegistrationImport.update(changes).where(RegistrationImport.id == sheet.id)
        counts = await counted(sheet)
        ends: Sequence[RowOutcome] = (
            RowOutcome.ADDED,
            RowOutcome.WAITING,
            RowOutcome.KNOWN,
            RowOutcome.REFUSED,
        )
        await audit.record(
            conference_id=sheet.conference,
            actor=actor,
            action="registrations-imported",
            subject=f"import:{sheet.code}",
            after={end.value: counts.of(end) for end in ends},
            now=now,
        )
