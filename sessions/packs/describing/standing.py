"""Pure: how a resource stands for somebody who comes to its own address; its packs together decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from conference.viewer import NOBODY, Viewer
from sessions.packs.describing.resource_record import InPack, ResourceRecord
from sessions.packs.showing import is_embargoed, is_out, may_open
from sessions.packs.tables import PackAccess, ResourceState


class Standing(StrEnum):
    """What the asker may know and do."""

    OPEN = "open"
    LATER = "later"  # it may be named, and opened from a day on
    CLOSED = "closed"  # that it is there, and for whom: not what it is called
    HIDDEN = "hidden"  # nothing, not even that it is there


@dataclass(frozen=True)
class Stand:
    """A resource's standing. ``pack`` is the one it comes from: what opens it, or says who may. ``opens_at`` for LATER."""

    standing: Standing
    pack: InPack | None = None
    opens_at: datetime | None = None


def packs_out(packs: Iterable[InPack], now: datetime) -> list[InPack]:
    """The packs that are out and meant to be known."""
    return [
        pack
        for pack in packs
        if pack.access != PackAccess.TEAM and is_out(pack.state, pack.published_at, pack.expires_at, now)
    ]


def stand(
    state: str, packs: Iterable[InPack], conference_id: int, now: datetime, viewer: Viewer = NOBODY
) -> Stand:
    """How a resource of this ``state`` in these packs stands for the viewer: the most open of its packs counts.

    The team opens everything; ``pack`` is None for them where no reader sees the resource.
    """
    out = packs_out(packs, now) if state == ResourceState.READY else []
    for pack in out:
        if may_open(pack.access, viewer, conference_id) and not is_embargoed(pack.embargo_until, now):
            return Stand(Standing.OPEN, pack)
    if viewer.is_team(conference_id):
        return Stand(Standing.OPEN, out[0] if out else None)
    mine = [pack for pack in out if may_open(pack.access, viewer, conference_id)]
    if mine:
        soonest = min(mine, key=lambda pack: pack.embargo_until or now)
        return Stand(Standing.LATER, soonest, soonest.embargo_until)
    return Stand(Standing.CLOSED, out[0]) if out else Stand(Standing.HIDDEN)


def stand_of(record: ResourceRecord, now: datetime, viewer: Viewer = NOBODY) -> Stand:
    """How the resource stands for the viewer; for the whole world where none is named."""
    return stand(record.state, record.packs, record.host.id, now, viewer)
