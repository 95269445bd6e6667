"""What every rule about packs shares: the pack held under its lock, written and recorded; the order of a list."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
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
from sessions.tables import ResourcePack

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
    """Write ``changes`` and note that the pack, as readers see it, has changed."""
    columns: dict[Any, Any] = {**changes, "changed_at": now}
    await ResourcePack.update(columns).where(ResourcePack.id == pack.id)
    await touch_public(pack.conference)


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
