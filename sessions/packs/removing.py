"""Resources deleted for good: their rows, what refers to them, the tombstones they leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from conference.tables import Conference
from conference.texts import LocalText
from sessions.packs.contents import Spare
from sessions.packs.held_packs import write_pack
from sessions.packs.placing import packs_with
from sessions.packs.search_index import drop_strays
from sessions.packs.tables import GoneReason, Resource, ResourceFile
from sessions.packs.tombstones import bury


async def delete_resources(
    conference: Conference,
    resources: Sequence[Resource],
    *,
    reason: GoneReason = GoneReason.DELETED,
    words: LocalText | None = None,
    now: datetime,
) -> list[Spare]:
    """Delete the resources with their versions, under the conference's lock, from every pack they stand in.

    A published pack left empty is taken back; ``words`` are what readers are told. Returns the contents that may be needed no more, for ``contents.let_go``
    once the transaction has ended.
    """
    spare: list[Spare] = []
    for resource in resources:
        for row in await ResourceFile.select(
            ResourceFile.content, ResourceFile.preview, ResourceFile.uploaded_at
        ).where(ResourceFile.resource == resource.id):
            ids = [row["content"], row["preview"]]
            spare += [Spare(row_id, row["uploaded_at"]) for row_id in ids if row_id is not None]
        packs = await packs_with(resource.id)
        await bury(conference, resource, reason, words=words, now=now)
        await Resource.delete().where(Resource.id == resource.id)
        for pack in packs:
            await write_pack(pack, {}, now)
    if resources:
        await drop_strays()
    return spare
