"""Large lists that organisers take away: made in the background with their progress told, kept for an hour."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from conference import audit, clock
from conference.codes import new_code
from conference.db import locked
from conference.errors import NotFound
from conference.i18n import _
from conference.storage import Storage
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from registration.desk.filters import Filter, read_filter
from registration.desk.lists import meant, rows_of
from registration.desk.sheets import columns_of, csv_pieces, workbook_pieces
from registration.desk.tables import ExportKind, RegistrationExport
from sessions.queries import latest_programme

AT_ONCE = 400  # a workbook of so many takes less than a tenth of a second
"""Registrations of which a list is made while one waits; a longer one is made in the background."""
KEPT = timedelta(hours=1)
_PRESSED_TWICE = timedelta(minutes=1)


async def ask_for(
    conference: Conference, wanted: Filter, kind: ExportKind, *, actor: SignedInOrganiser, now: datetime
) -> str:
    """Have the list made of those the filter means; its code. Asked for twice in a minute it is made once."""
    query = wanted.address[:1000]
    async with locked(Conference, conference.id):
        same = (
            await RegistrationExport.select(RegistrationExport.code)
            .where(
                (RegistrationExport.conference == conference.id)
                & (RegistrationExport.organiser == actor.id)
                & (RegistrationExport.kind == kind.value)
                & (RegistrationExport.query == query)
                & (RegistrationExport.at > now - _PRESSED_TWICE)
                & RegistrationExport.is_broken.eq(False)
            )
            .first()
        )
        if same is not None:
            return str(same["code"])
        rows = await rows_of("COUNT(*) AS total", meant(conference, wanted, now))
        export = RegistrationExport(
            conference=conference.id,
            organiser=actor.id,
            code=new_code(12),
            kind=kind,
            query=query,
            total=int(rows[0]["total"]),
            key=f"exports/{Storage.new_key()}",
            at=now,
        )
        await export.save()
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="registrations-taken-away",
            subject=f"export:{export.code}",
            # Not the filter: it may name people.
            after={"kind": kind.value, "registrations": export.total},
            now=now,
        )
    return str(export.code)


async def export_by_code(conference_id: int, code: str) -> RegistrationExport:
    """The list. Raises NotFound for one that is gone or of another conference."""
    row = (
        await RegistrationExport.objects()
        .where((RegistrationExport.conference == conference_id) & (RegistrationExport.code == code[:12]))
        .first()
    )
    if row is None:
        raise NotFound(_("This list is no longer here: lists are kept for an hour. Please ask for it again."))
    return row


def making(storage: Storage) -> Callable[[datetime], Awaitable[int]]:
    """The job that makes lists, one after another.

    Whoever is killed while making one leaves it to the next, who begins it again and writes it to the same place.
    """

    async def run(_now: datetime) -> int:
        row = (
            await RegistrationExport.objects()
            .where(RegistrationExport.finished_at.is_null() & RegistrationExport.is_broken.eq(False))
            .order_by(RegistrationExport.id)
            .first()
        )
        if row is None:
            return 0
        try:
            await _make(row, storage)
        except Exception:
            # Whatever it was would be so at the next try: the job reports it, and the organiser may ask again.
            await RegistrationExport.update({RegistrationExport.is_broken: True}).where(
                RegistrationExport.id == row.id
            )
            raise
        return 1

    return run


async def _make(row: RegistrationExport, storage: Storage) -> None:
    conference = await Conference.objects().where(Conference.id == row.conference).first()
    if conference is None:
        raise LookupError(f"export {row.code} is of a conference that is gone")

    async def tell(number: int) -> None:
        await RegistrationExport.update({RegistrationExport.done: number}).where(
            RegistrationExport.id == row.id
        )

    wanted = read_filter(dict(parse_qsl(row.query)))
    columns = await columns_of(conference, await latest_programme(conference))
    pieces: AsyncIterator[bytes]
    if row.kind == ExportKind.WORKBOOK:
        pieces = workbook_pieces(conference, wanted, columns, row.at, tell=tell)
    else:
        is_raw = row.kind == ExportKind.RAW
        pieces = csv_pieces(conference, wanted, columns, row.at, raw=is_raw, tell=tell)
    stored = await storage.put_stream(pieces, row.key)
    changes: dict[Any, Any] = {
        RegistrationExport.size: stored.size,
        RegistrationExport.done: row.total,
        RegistrationExport.finished_at: clock.now(),
    }
    await RegistrationExport.update(changes).where(RegistrationExport.id == row.id)


def forgetting(storage: Storage) -> Callable[[datetime], Awaitable[int]]:
    """The job that removes lists which have been kept long enough: the file first, so that it can be finished later."""

    async def run(now: datetime) -> int:
        rows = await RegistrationExport.objects().where(RegistrationExport.at <= now - KEPT)
        for row in rows:
            await storage.delete(row.key)
            await RegistrationExport.delete().where(RegistrationExport.id == row.id)
        return len(rows)

    return run
