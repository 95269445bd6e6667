"""Resource packs put together, published, ordered and taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from conference import texts
from conference.codes import new_code
from conference.conferences import touch_public
from conference.db import locked
from conference.errors import NotFound, StaleEdit
from conference.i18n import _
from conference.storage import Storage
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from sessions.packs import contents
from sessions.packs.collecting.consents import check_consents
from sessions.packs.held_packs import (
    Direction,
    NotReady,
    held_pack,
    moved,
    record,
    resources_of,
    stamp,
    write_pack,
)
from sessions.packs.removing import delete_resources
from sessions.packs.resource_facts import PackFacts, pack_facts
from sessions.packs.tables import GoneReason, PackItem, PackState, Resource, ResourcePack, ResourceState
from sessions.packs.tombstones import bury, unearth
from sessions.packs.versions import note_version
from sessions.tables import Session


async def create_pack(
    conference: Conference, facts: PackFacts, *, actor: SignedInOrganiser | str, now: datetime
) -> ResourcePack:
    """A new, unpublished pack at the end of the conference's packs. Raises NotFound for a session of elsewhere."""
    async with locked(Conference, conference.id):
        await _check_session(conference, facts.session)
        last = await ResourcePack.count().where(ResourcePack.conference == conference.id)
        pack = ResourcePack(
            conference=conference.id, code=new_code(), position=last, changed_at=now, **facts.as_columns()
        )
        # The first pack for a session is its own: what is handed in for the session goes there.
        pack.is_automatic = facts.session is not None and not await _has_own_pack(facts.session)
        await pack.save()
        await record(conference, actor, "pack-created", f"pack:{pack.code}", now, after=facts.as_columns())
    return pack


async def change_pack(
    conference: Conference,
    code: str,
    facts: PackFacts,
    *,
    revision: int,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    """Change what a pack says of itself, as seen at ``revision``. Raises NotFound, StaleEdit."""
    async with held_pack(conference, code) as pack:
        await _check_session(conference, facts.session)
        before, after = _pack_columns(pack), facts.as_columns()
        if pack.revision != revision:
            raise StaleEdit(_("Someone else changed this pack meanwhile."), mine=after, theirs=before)
        if pack.state == PackState.PUBLISHED and facts.out_from is None:
            after["published_at"] = pack.published_at or now
        changes = {**after, "revision": revision + 1}
        if facts.session != pack.session:
            changes["is_automatic"] = facts.session is not None and not await _has_own_pack(facts.session)
        await write_pack(pack, changes, now)
        if facts.access != before["access"]:
            await check_consents(await resources_of(pack), [pack])
            await stamp(await resources_of(pack), now)
        await record(conference, actor, "pack-changed", f"pack:{code}", now, before=before, after=after)


async def publish_pack(
    conference: Conference,
    code: str,
    *,
    is_told: bool = True,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> None:
    """Let people see the pack. Nothing happens when they already can.

    Those registered are told of it once, by the package above (``announced_at``); not ``is_told``: never.

    Raises NotReady while it is empty or a resource in it has no licence.
    """
    async with held_pack(conference, code) as pack:
        if pack.state == PackState.PUBLISHED:
            return
        rows = (
            await PackItem.select(
                PackItem.resource._.title.as_alias("title"), PackItem.resource._.licence.as_alias("licence")
            )
            .where((PackItem.pack == pack.id) & (PackItem.resource._.state == ResourceState.READY.value))
            .order_by(PackItem.position, PackItem.id)
        )
        if not rows:
            raise NotReady(_("There is nothing in this pack yet. Add a file or a link first."))
        if missing := [texts.pick(row["title"], "") for row in rows if not row["licence"]]:
            raise NotReady(
                _("Say first what people may do with it: no licence is chosen for %(titles)s.")
                % {"titles": ", ".join(f"“{title}”" for title in missing[:5])}
            )
        pack.state = PackState.PUBLISHED
        inside = await resources_of(pack)
        await check_consents(inside, [pack])
        changes: dict[str, Any] = {
            "state": PackState.PUBLISHED.value,
            "published_at": max(pack.published_at or now, now),
        }
        if not is_told and pack.announced_at is None:
            changes["announced_at"] = now
        await write_pack(pack, changes, now)
        await unearth(pack.code)
        await stamp(await resources_of(pack), now)
        after = {"told": pack.announced_at is None}
        await record(conference, actor, "pack-published", f"pack:{code}", now, after=after)


async def unpublish_pack(
    conference: Conference, code: str, *, actor: SignedInOrganiser, now: datetime
) -> None:
    """Take the pack back from the public pages; what is in it stays. Nothing happens when it is not published."""
    async with held_pack(conference, code) as pack:
        if pack.state != PackState.PUBLISHED:
            return
        await write_pack(pack, {"state": PackState.COLLECTING.value, "published_at": None}, now)
        await stamp(await resources_of(pack), now)
        await record(conference, actor, "pack-unpublished", f"pack:{code}", now)


async def move_pack(
    conference: Conference, code: str, direction: Direction, *, actor: SignedInOrganiser, now: datetime
) -> None:
    """Let the pack change places with its neighbour. At either end nothing happens."""
    async with locked(Conference, conference.id):
        rows = (
            await ResourcePack.select(ResourcePack.id, ResourcePack.code, ResourcePack.position)
            .where(ResourcePack.conference == conference.id)
            .order_by(ResourcePack.position, ResourcePack.id)
        )
        order = moved(rows, code, direction)
        for position, row in enumerate(order):
            if row["position"] != position:
                await ResourcePack.update({ResourcePack.position: position}).where(
                    ResourcePack.id == row["id"]
                )
        await touch_public(conference.id)
        await record(conference, actor, "pack-moved", f"pack:{code}", now, after={"direction": direction})


async def remove_pack(
    conference: Conference, code: str, *, storage: Storage, actor: SignedInOrganiser, now: datetime
) -> None:
    """Remove the pack with everything that stands in no other, then the files from the store. Raises NotFound.

    Each leaves a tombstone if anybody can have seen it.
    """
    async with held_pack(conference, code) as pack:
        inside = await resources_of(pack)
        elsewhere = await PackItem.select(PackItem.resource).where(
            PackItem.resource.is_in(inside or [0]) & (PackItem.pack != pack.id)
        )
        only_here = set(inside) - {row["resource"] for row in elsewhere}
        lonely = await Resource.objects().where(Resource.id.is_in([*only_here, 0])).order_by(Resource.id)
        before = {**_pack_columns(pack), "resources": len(inside)}
        await bury(conference, pack, GoneReason.DELETED, now=now)
        await ResourcePack.delete().where(ResourcePack.id == pack.id)
        spare = await delete_resources(conference, lonely, now=now)
        await stamp([resource for resource in inside if resource not in only_here], now)
        await touch_public(conference.id)
        await record(conference, actor, "pack-removed", f"pack:{code}", now, before=before)
    await contents.let_go(storage, spare)


async def _has_own_pack(session: int) -> bool:
    return await ResourcePack.exists().where(
        (ResourcePack.session == session) & ResourcePack.is_automatic.eq(True)
    )


async def _check_session(conference: Conference, session: int | None) -> None:
    if session is not None and not await Session.exists().where(
        (Session.id == session) & (Session.conference == conference.id)
    ):
        raise NotFound(_("There is no such session."))


def _pack_columns(pack: ResourcePack) -> dict[str, Any]:
    return pack_facts(pack).as_columns()


async def license_rest(
    conference: Conference, code: str, licence: str, *, actor: SignedInOrganiser, now: datetime
) -> int:
    """Give ``licence`` to every resource of the pack that has none; how many those were. Raises NotFound."""
    async with held_pack(conference, code) as pack:
        bare = await Resource.objects().where(
            Resource.id.is_in([*await resources_of(pack), 0]) & (Resource.licence == "")
        )
        for resource in bare:
            changes: dict[Any, Any] = {
                "licence": licence,
                "licence_agreed_by": actor.label,
                "licence_agreed_at": now,
                "revision": resource.revision + 1,
            }
            await Resource.update(changes).where(Resource.id == resource.id)
            await note_version(resource.id, ["licence"], actor=actor, now=now)
        await write_pack(pack, {}, now)
        after = {"licence": licence, "resources": len(bare)}
        await record(conference, actor, "pack-licensed", f"pack:{code}", now, after=after)
    return len(bare)
