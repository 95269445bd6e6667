"""What every rule about packs shares: the pack held under its lock, written and recorded; the order of a list."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Literal

from conference import audit
from conference.conferences import touch_public
from conference.db import locked
from conference.errors import Conflict, NotFound
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from sessions.packs.open_to_all import note_open
from sessions.packs.tables import PackItem, PackState, Resource, ResourcePack, ResourceState

Direction = Literal["up", "down"]


class NotReady(Conflict):
    """A pack that may not be published yet; the message says what is missing."""


@asynccontextmanager
async def held_pack(conference: Conference, code: str) -> AsyncIterator[ResourcePack]:
    """A transaction in which nobody else changes the conference's packs, and the pack as it stands. Raises NotFound."""
    # One lock for all packs: each change also moves the conference's public version, and two kinds of lock
    # taken in different orders would stand in each other's way.
    async with locked(Conference, conference.id):
        mine = (ResourcePack.conference == conference.id) & (ResourcePack.code == code)
        pack = await ResourcePack.objects().where(mine).first()
        if pack is None:
            raise NotFound(_("There is no such resource pack."))
        yield pack


async def write_pack(pack: ResourcePack, changes: Mapping[str, Any], now: datetime) -> None:
    """Write ``changes`` and note that the pack, as readers see it, has changed. A published one left empty is taken back."""
    columns: dict[Any, Any] = {**changes, "changed_at": now, "version": ResourcePack.version + 1}
    await ResourcePack.update(columns).where(ResourcePack.id == pack.id)
    for name, value in changes.items():
        setattr(pack, name, value)
    if pack.state == PackState.PUBLISHED:
        await _look_after(pack, now)
    await note_open(now, await resources_of(pack))
    await touch_public(pack.conference)


async def _look_after(pack: ResourcePack, now: datetime) -> None:
    """Note since when the addresses of a published pack, and of what is in it, are known and answer for ever."""
    shown = (PackItem.pack == pack.id) & (PackItem.resource._.state == ResourceState.READY.value)
    inside = [row["resource"] for row in await PackItem.select(PackItem.resource).where(shown)]
    if not inside:
        pack.state, pack.published_at = PackState.COLLECTING, None
        await ResourcePack.update(
            {ResourcePack.state: pack.state.value, ResourcePack.published_at: None}
        ).where(ResourcePack.id == pack.id)
        return
    since = max(pack.published_at or now, now)
    if pack.first_out_at is None:
        await ResourcePack.update({ResourcePack.first_out_at: since}).where(ResourcePack.id == pack.id)
    await Resource.update({Resource.first_out_at: since}).where(
        Resource.id.is_in(inside) & Resource.first_out_at.is_null()
    )


async def stamp(resources: Sequence[int], now: datetime) -> None:
    """Note for harvesters that the records of the resources (row ids) have changed, appeared or gone."""
    if resources:
        await Resource.update({Resource.datestamp: now.replace(microsecond=0)}).where(
            Resource.id.is_in(list(resources))
        )
        await note_open(now, resources)


async def resources_of(pack: ResourcePack) -> list[int]:
    """The row ids of what is in the pack, in its order."""
    rows = (
        await PackItem.select(PackItem.resource)
        .where(PackItem.pack == pack.id)
        .order_by(PackItem.position, PackItem.id)
    )
    return [row["resource"] for row in rows]


def moved(rows: list[dict[str, Any]], code: str, direction: Direction) -> list[dict[str, Any]]:
    """The rows with the one of ``code`` a place further up or down. Raises NotFound."""
    place = next((index for index, row in enumerate(rows) if row["code"] == code), None)
    if place is None:
        raise NotFound(_("It is no longer there."))
    other = place - 1 if direction == "up" else place + 1
    order = list(rows)
    if 0 <= other < len(rows):
        order[place], order[other] = order[other], order[place]
    return order


async def record(
    conference: Conference,
    actor: SignedInOrganiser | str,
    action: str,
    subject: str,
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """An entry in the record of changes."""
    await audit.record(
        conference_id=conference.id,
        actor=actor,
        action=action,
        subject=subject,
        before=before,
        after=after,
        now=now,
    )
