"""Packs that come out, open or end at a moment set beforehand: pages kept in memory and harvesters are told when it has come."""

from __future__ import annotations

from datetime import datetime

from conference.conferences import touch_public
from conference.db import locked
from conference.tables import Conference
from sessions.packs.held_packs import resources_of, stamp
from sessions.packs.tables import PackState, ResourcePack


async def turn_packs(now: datetime) -> int:
    """Act on every date of a published pack that has come since its last turn; how many packs those were."""
    dated = (
        (ResourcePack.published_at <= now)
        | (ResourcePack.embargo_until <= now)
        | (ResourcePack.expires_at <= now)
    )
    packs = await ResourcePack.objects().where((ResourcePack.state == PackState.PUBLISHED.value) & dated)
    turned = 0
    for pack in packs:
        moments = (pack.published_at, pack.embargo_until, pack.expires_at)
        newest = max(moment for moment in moments if moment is not None and moment <= now)
        if pack.turned_at is not None and newest <= pack.turned_at:
            continue
        async with locked(Conference, pack.conference):
            await ResourcePack.update({ResourcePack.turned_at: now}).where(ResourcePack.id == pack.id)
            await stamp(await resources_of(pack), now)
            await touch_public(pack.conference)
        turned += 1
    return turned
