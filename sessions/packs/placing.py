"""Where a resource stands: in its session's own pack by itself, and in any other that organisers put it into."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from conference.codes import new_code
from conference.i18n import _
from conference.tables import Conference
from sessions.packs.held_packs import NotReady, write_pack
from sessions.packs.tables import PackItem, PackState, ResourcePack, ResourceRules
from sessions.tables import Session


async def own_pack(conference: Conference, session_id: int, *, now: datetime) -> ResourcePack:
    """The session's own pack, made at the end of the conference's packs where it has none yet.

    To be called under the conference's lock. A pack that organisers made for the session beforehand is its own.
    """
    mine = (ResourcePack.session == session_id) & ResourcePack.is_automatic.eq(True)
    if pack := await ResourcePack.objects().where(mine).first():
        return pack
    session = await Session.objects().get(Session.id == session_id)
    rules = await ResourceRules.objects().where(ResourceRules.conference == conference.id).first()
    pack = ResourcePack(
        conference=conference.id,
        session=session_id,
        code=new_code(),
        title=session.title if session else "{}",
        position=await ResourcePack.count().where(ResourcePack.conference == conference.id),
        is_automatic=True,
        changed_at=now,
    )
    if rules is not None:
        pack.access = rules.access
    await pack.save()
    return pack


async def packs_with(resource_id: int) -> list[ResourcePack]:
    """Every pack the resource stands in, in the order of their rows."""
    places = await PackItem.select(PackItem.pack).where(PackItem.resource == resource_id)
    if not places:
        return []
    return (
        await ResourcePack.objects()
        .where(ResourcePack.id.is_in([row["pack"] for row in places]))
        .order_by(ResourcePack.id)
    )


async def homes_of(conference: Conference, pack: ResourcePack, *, now: datetime) -> list[ResourcePack]:
    """The packs that something added to ``pack`` belongs into: that one, and its session's own."""
    if pack.session is None or pack.is_automatic:
        return [pack]
    return [pack, await own_pack(conference, pack.session, now=now)]


async def place(resource_ids: Sequence[int], packs: Sequence[ResourcePack], *, now: datetime) -> None:
    """Put the resources at the end of each of the packs, under the conference's lock; where one stands already it stays."""
    for pack in packs:
        places = await PackItem.select(PackItem.resource, PackItem.position).where(PackItem.pack == pack.id)
        there = {row["resource"] for row in places}
        following = max((row["position"] for row in places), default=-1) + 1
        fresh = [resource_id for resource_id in resource_ids if resource_id not in there]
        if fresh:
            await PackItem.insert(
                *(
                    PackItem(pack=pack.id, resource=resource_id, position=following + place)
                    for place, resource_id in enumerate(fresh)
                )
            )
        await write_pack(pack, {}, now)


def check_licence(packs: Sequence[ResourcePack], licence: str) -> None:
    """Refuse (NotReady) what has no licence where people may see it already."""
    if not licence and any(pack.state == PackState.PUBLISHED for pack in packs):
        raise NotReady(
            _("This pack is published: please choose a licence, so that people know what they may do.")
        )
