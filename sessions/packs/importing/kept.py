"""Archives on their way: sent, found again, started, forgotten after a week."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from anyio import CancelScope

from conference import i18n, jobs
from conference.codes import new_code
from conference.db import locked
from conference.errors import Conflict, NotFound
from conference.i18n import _
from conference.storage import Storage, forget
from conference.tables import Conference
from conference.texts import clean_line
from conference.uploads import ReceivedFile
from conference.viewer import SignedInOrganiser
from sessions.packs.held_packs import record
from sessions.packs.importing.tables import ArchiveState, ImportedResource, ItemOutcome, ResourceImport

FOLDER = "archives"
"""Where archives lie in the store."""
KEPT = timedelta(days=7)
_UNDER_WAY = (ArchiveState.LOOKING.value, ArchiveState.RUNNING.value)


class ArchiveBusy(Conflict):
    """The archive is being worked through just now, or has been already."""


@dataclass(frozen=True)
class Counted:
    """How many resources of an archive have come to which end."""

    by_outcome: dict[str, int]

    def of(self, outcome: ItemOutcome) -> int:
        """How many ended so."""
        return self.by_outcome.get(outcome.value, 0)

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_outcome.values())


async def new_key(_field: str) -> str:
    """Where an archive that is about to come will lie."""
    return f"{FOLDER}/{new_code(24)}"


async def keep(
    conference: Conference,
    received: ReceivedFile,
    *,
    storage: Storage,
    actor: SignedInOrganiser,
    now: datetime,
) -> str:
    """Keep an archive that lies in the store, to be looked at in the background; its code."""
    row = ResourceImport(
        conference=conference.id,
        organiser=actor.id,
        code=new_code(),
        name=clean_line(received.filename)[:150],
        language=i18n.current_language(),
        key=received.stored.key,
        size=received.stored.size,
        at=now,
    )
    try:
        async with locked(Conference, conference.id):
            await row.save()
            after = {"file": row.name, "size": row.size}
            await record(conference, actor, "resources-sent", f"import:{row.code}", now, after=after)
    except BaseException:
        with CancelScope(shield=True):
            await forget(storage, [received.stored.key])
        raise
    jobs.wake()
    return str(row.code)


async def import_by_code(conference_id: int, code: str) -> ResourceImport:
    """The archive. Raises NotFound for one that is forgotten, or of another conference."""
    row = (
        await ResourceImport.objects()
        .where((ResourceImport.conference == conference_id) & (ResourceImport.code == code[:12]))
        .first()
    )
    if row is None:
        raise NotFound(_("This file is no longer here: it is kept for a week. Please send it again."))
    return row


async def imports_of(conference_id: int) -> list[ResourceImport]:
    """The conference's archives of the last days, the latest first."""
    rows: list[ResourceImport] = (
        await ResourceImport.objects()
        .where(ResourceImport.conference == conference_id)
        .order_by(ResourceImport.id, ascending=False)
        .limit(50)
    )
    return rows


async def counted(archive_id: int) -> Counted:
    """How far its resources are. One query."""
    rows = await ImportedResource.raw(
        "SELECT outcome, COUNT(*) AS number FROM imported_resource WHERE archive = {} GROUP BY outcome",
        archive_id,
    )
    return Counted({row["outcome"]: row["number"] for row in rows})


async def rows_of(archive_id: int, *, most: int, after: int = 0) -> list[ImportedResource]:
    """Its resources in their order, without the first ``after``."""
    rows: list[ImportedResource] = (
        await ImportedResource.objects()
        .where(ImportedResource.archive == archive_id)
        .order_by(ImportedResource.line)
        .offset(after)
        .limit(most)
    )
    return rows


async def start(archive: ResourceImport, *, actor: SignedInOrganiser, now: datetime) -> None:
    """Have its resources taken in, in the background. Started twice it runs once. Raises ArchiveBusy."""
    conference = await Conference.objects().get(Conference.id == archive.conference)
    if conference is None:
        return
    async with locked(ResourceImport, archive.id):
        row = await ResourceImport.objects().where(ResourceImport.id == archive.id).first()
        if row is None or row.state in (ArchiveState.RUNNING, ArchiveState.DONE):
            return
        if row.state != ArchiveState.LOOKED:
            raise ArchiveBusy(_("This file has not been looked through yet."))
        await ResourceImport.update({ResourceImport.state: ArchiveState.RUNNING.value}).where(
            ResourceImport.id == archive.id
        )
        await record(conference, actor, "resources-import-started", f"import:{archive.code}", now)
    jobs.wake()


async def forget_archive(archive: ResourceImport, *, storage: Storage) -> None:
    """Forget an archive; what was taken of it stays. Raises ArchiveBusy while it is taken in."""
    async with locked(ResourceImport, archive.id):
        row = await ResourceImport.objects().where(ResourceImport.id == archive.id).first()
        if row is None:
            return
        if row.state == ArchiveState.RUNNING:
            raise ArchiveBusy(_("Its resources are being taken in just now. Please wait until that is done."))
        await ResourceImport.delete().where(ResourceImport.id == archive.id)
    await forget(storage, [archive.key])


async def forget_old(storage: Storage, now: datetime) -> int:
    """Forget archives that have been kept long enough; how many. A job."""
    rows = await ResourceImport.objects().where(
        (ResourceImport.at <= now - KEPT) & ResourceImport.state.not_in(list(_UNDER_WAY))
    )
    for row in rows:
        await ResourceImport.delete().where(ResourceImport.id == row.id)
        await forget(storage, [row.key])
    return len(rows)


def encoded(value: Sequence[Any] | dict[str, Any]) -> str:
    """As a JSON column holds it."""
    return json.dumps(value, ensure_ascii=False)
