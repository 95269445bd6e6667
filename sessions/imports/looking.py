"""Files an organiser sent to be imported, kept for a day between looking at what would change and doing it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from conference import dates
from conference.codes import new_code
from conference.errors import NotFound
from conference.i18n import _, current_language
from conference.storage import Storage
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from sessions.imports.plan import Plan
from sessions.imports.taking_in import look_at_import, take_in
from sessions.interchange.model import DatesNeeded, Doubt
from sessions.interchange.reading import Hints, Incoming, NamedBytes, read_programme
from sessions.tables import ProgrammeImport

KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Look:
    """What an import would do: the files' kind, the changes, and every doubtful line."""

    row: ProgrammeImport
    names: tuple[str, ...]
    kind: str
    plan: Plan
    doubts: tuple[Doubt, ...]


async def send_files(
    conference: Conference,
    files: Sequence[NamedBytes],
    *,
    first_day: date | None,
    storage: Storage,
    actor: SignedInOrganiser,
    now: datetime,
) -> str:
    """Read the files and keep them; the code under which to look at what they would change.

    Raises ImportRefused, and then nothing is kept.
    """
    await _look(conference, await _read(files, conference, first_day))
    kept: list[dict[str, str]] = []
    try:
        for file in files:
            stored = await storage.put_stream(_chunks(file.content), f"imports/{Storage.new_key()}")
            kept.append({"key": stored.key, "name": file.name[:150]})
        row = ProgrammeImport(
            conference=conference.id,
            organiser=actor.id,
            code=new_code(),
            files=json.dumps(kept, ensure_ascii=False),
            hints=json.dumps({"first_day": first_day.isoformat() if first_day else None}),
            at=now,
        )
        await row.save()
    except BaseException:
        for file_kept in kept:
            await storage.delete(file_kept["key"])
        raise
    return str(row.code)


async def look(conference: Conference, code: str, storage: Storage) -> Look:
    """What the import of this code would do now. Raises NotFound for one that is too old or of another conference."""
    row = await _row(conference.id, code)
    incoming = await _incoming(conference, row, storage)
    plan, doubts = await _look(conference, incoming)
    names = tuple(file["name"] for file in json.loads(row.files))
    return Look(row, names, incoming.kind, plan, doubts)


async def carry_out(
    conference: Conference,
    code: str,
    *,
    digest: str,
    storage: Storage,
    actor: SignedInOrganiser,
    now: datetime,
) -> Plan:
    """Do what was looked at, as a whole. Raises NotFound, PlanChanged, ImportRefused."""
    row = await _row(conference.id, code)
    incoming = await _incoming(conference, row, storage)
    plan = await take_in(conference, incoming.programme, digest=digest, actor=actor, now=now)
    await ProgrammeImport.update({ProgrammeImport.done_at: now}).where(ProgrammeImport.id == row.id)
    return plan


async def forget_old_imports(storage: Storage, now: datetime) -> int:
    """Remove files that nobody came back for; a job. Returns how many imports were forgotten."""
    rows = await ProgrammeImport.objects().where(ProgrammeImport.at < now - KEPT)
    for row in rows:
        for file in json.loads(row.files):
            await storage.delete(file["key"])
        await ProgrammeImport.delete().where(ProgrammeImport.id == row.id)
    return len(rows)


async def _row(conference_id: int, code: str) -> ProgrammeImport:
    row = (
        await ProgrammeImport.objects()
        .where((ProgrammeImport.conference == conference_id) & (ProgrammeImport.code == code[:12]))
        .first()
    )
    if row is None:
        raise NotFound(_("These files are no longer here: they are kept for a day. Please send them again."))
    return row


async def _incoming(conference: Conference, row: ProgrammeImport, storage: Storage) -> Incoming:
    files = []
    for kept in json.loads(row.files):
        content = b"".join([chunk async for chunk in storage.stream(kept["key"])])
        files.append(NamedBytes(kept["name"], content))
    told = json.loads(row.hints).get("first_day")
    return await _read(files, conference, date.fromisoformat(told) if told else None)


async def _read(files: Sequence[NamedBytes], conference: Conference, first_day: date | None) -> Incoming:
    """What the files say. Where they name no dates and nobody else did, their first day is the conference's: a doubt."""
    hints = Hints(zone=conference.zone, first_day=first_day)
    # A large file takes a second: in a thread, so that everybody else's pages go on.
    try:
        return await asyncio.to_thread(partial(read_programme, files, hints))
    except DatesNeeded:
        if first_day is not None:
            raise
    hints = replace(hints, first_day=conference.starts_on)
    incoming = await asyncio.to_thread(partial(read_programme, files, hints))
    if not any(slot.local_start for session in incoming.programme.sessions for slot in session.slots):
        return incoming
    day = dates.long_day(conference.starts_on, current_language())
    told = _("No date is named; the first day is taken to be the conference’s, %(day)s.") % {"day": day}
    return replace(incoming, doubts=(Doubt(_("whole file"), told, "dates"), *incoming.doubts))


async def _look(conference: Conference, incoming: Incoming) -> tuple[Plan, tuple[Doubt, ...]]:
    looked = await look_at_import(conference, incoming.programme)
    return looked.plan, (*incoming.doubts, *looked.doubts)


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    view: Any = memoryview(content)
    for first in range(0, len(content), 1024 * 1024):
        yield bytes(view[first : first + 1024 * 1024])
