"""Looking at the rows of a sheet: who would be added, who is registered already, who is refused and why. Nobody is registered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from conference.db import locked
from conference.tables import Conference
from registration.importing.reading import ReadRow, RowReader
from registration.importing.reasons import Reason, encode
from registration.importing.sheets_kept import cells_of, plan_of
from registration.importing.tables import ImportedRow, ImportState, RegistrationImport, RowOutcome
from registration.queries import offer_of
from registration.tables import RegistrationStatus
from sessions.queries import latest_programme

BATCH = 200  # rows looked at in one go


async def look_further(sheet: RegistrationImport, conference: Conference, now: datetime) -> int:
    """Look at the next rows; how many there were. After the last one the sheet has been looked at."""
    reader = RowReader(plan_of(sheet), await offer_of(conference), await latest_programme(conference), now)
    rows = (
        await ImportedRow.select(ImportedRow.id, ImportedRow.line, ImportedRow.cells)
        .where((ImportedRow.sheet == sheet.id) & (ImportedRow.outcome == RowOutcome.UNSEEN.value))
        .order_by(ImportedRow.line)
        .limit(BATCH)
    )
    read = await asyncio.to_thread(lambda: [reader.read(cells_of(row["cells"])) for row in rows])
    keys = sorted({one.email_key for one in read if one.entry is not None})
    known = await registered_as(conference.id, keys, now)
    earlier = await _earlier_lines(sheet.id, keys)
    async with locked(RegistrationImport, sheet.id):
        fresh = await RegistrationImport.objects().where(RegistrationImport.id == sheet.id).first()
        if fresh is None or fresh.state != ImportState.LOOKING or plan_of(fresh) != plan_of(sheet):
            return 0  # the organiser has changed their mind meanwhile
        for row, one in zip(rows, read, strict=True):
            outcome, reasons = judged(one, known, earlier)
            if one.email_key:
                earlier.setdefault(one.email_key, row["line"])
            await _settle(row["id"], one, outcome, reasons)
        if len(rows) < BATCH:
            await RegistrationImport.update({RegistrationImport.state: ImportState.LOOKED}).where(
                RegistrationImport.id == sheet.id
            )
    return len(rows)


def judged(
    row: ReadRow, known: Mapping[str, RegistrationStatus], earlier: Mapping[str, int]
) -> tuple[RowOutcome, Sequence[Reason]]:
    """What would become of a row. ``known`` has the best standing of each address, ``earlier`` the line it stood in."""
    if row.entry is None:
        return RowOutcome.REFUSED, [row.refusal] if row.refusal else []
    if row.email_key in earlier:
        return RowOutcome.REFUSED, [Reason("double", {"line": str(earlier[row.email_key])})]
    status = known.get(row.email_key)
    return (RowOutcome.TO_ADD, row.remarks) if status is None else standing_of(status)


def standing_of(status: RegistrationStatus) -> tuple[RowOutcome, Sequence[Reason]]:
    """What becomes of the row of somebody who has registered before."""
    if status is RegistrationStatus.WITHDRAWN:
        return RowOutcome.REFUSED, [Reason("withdrew")]
    codes = {RegistrationStatus.PENDING: "known-pending", RegistrationStatus.REFUSED: "known-refused"}
    return RowOutcome.KNOWN, [Reason(codes.get(status, "known"))]


async def registered_as(
    conference_id: int, keys: Sequence[str], now: datetime
) -> dict[str, RegistrationStatus]:
    """How the people of these addresses are registered; somebody who withdrew and came back, as they are now.

    Who never confirmed in time is not. One query, none without addresses.
    """
    if not keys:
        return {}
    marks = ", ".join("{}" for _key in keys)
    rows = await ImportedRow.raw(
        "SELECT a.email_key AS key, r.status AS status FROM registration r"  # noqa: S608 - only placeholders are put in
        f" JOIN attendee a ON a.id = r.attendee WHERE r.conference = {{}}"
        f" AND NOT (r.status = 'pending' AND r.link_expires_at <= {{}}) AND a.email_key IN ({marks})",
        conference_id,
        now,
        *keys,
    )
    found: dict[str, RegistrationStatus] = {}
    for row in rows:
        if row["key"] not in found or row["status"] != RegistrationStatus.WITHDRAWN:
            found[row["key"]] = RegistrationStatus(row["status"])
    return found


async def _earlier_lines(sheet_id: int, keys: Sequence[str]) -> dict[str, int]:
    if not keys:
        return {}
    rows = (
        await ImportedRow.select(ImportedRow.email_key, ImportedRow.line)
        .where((ImportedRow.sheet == sheet_id) & ImportedRow.email_key.is_in(list(keys)))
        .order_by(ImportedRow.line, ascending=False)
    )
    return {row["email_key"]: row["line"] for row in rows}


async def _settle(row_id: int, read: ReadRow, outcome: RowOutcome, reasons: Sequence[Reason]) -> None:
    changes: dict[Any, Any] = {
        ImportedRow.outcome: outcome,
        ImportedRow.reasons: encode(reasons),
        ImportedRow.email_key: read.email_key,
    }
    await ImportedRow.update(changes).where(ImportedRow.id == row_id)
