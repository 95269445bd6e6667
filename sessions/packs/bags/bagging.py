"""What of packs goes into a bag for whoever asks, read from the tables; the same number of queries, however much it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from conference import texts
from conference.conferences import facts_of
from conference.i18n import _
from conference.tables import Conference
from sessions.packs.bags.bag_contents import BaggedPack, BagItem, Contents
from sessions.packs.describing.records import host_of, records_of
from sessions.packs.tables import (
    PackItem,
    Resource,
    ResourcePack,
    ResourceState,
    StoredContent,
)
from sessions.tables import Session

LOOSE = "loose"
"""The code of what stands in no pack at all, as if it were one."""


async def pack_contents(conference: Conference, pack: ResourcePack, *, base_url: str) -> Contents:
    """The pack as its readers have it. ``base_url`` has no slash at its end."""
    packs = await _bagged(conference, [pack], [ResourceState.READY], base_url)
    return Contents(
        host=host_of(conference, base_url),
        title=packs[0].title,
        about=packs[0].note,
        url=packs[0].url,
        packs=tuple(packs),
        changed_at=pack.changed_at,
        contact=conference.contact_email,
    )


async def everything(conference: Conference, *, base_url: str) -> Contents:
    """All packs of the conference, published or not, also with what speakers handed in and nobody has looked at yet, and
    what stands in no pack: for the team. What was withdrawn is not in it."""
    rows = (
        await ResourcePack.objects()
        .where(ResourcePack.conference == conference.id)
        .order_by(ResourcePack.position, ResourcePack.id)
    )
    states = [ResourceState.READY, ResourceState.OFFERED]
    packs = await _bagged(conference, rows, states, base_url)
    inside = {item.record.id for pack in packs for item in pack.items}
    others = (
        await Resource.select(Resource.id)
        .where(
            (Resource.conference == conference.id)
            & Resource.state.is_in([state.value for state in states])
            & Resource.id.not_in([*inside, 0])
        )
        .order_by(Resource.id)
    )
    if others:
        records = await records_of([row["id"] for row in others], base_url=base_url)
        language = facts_of(conference).languages[0]
        packs.append(
            BaggedPack(
                code=LOOSE,
                title={language: _("In no pack")},
                url=f"{base_url}/{conference.slug}/resources",
                items=tuple(BagItem(record) for record in records.values()),
            )
        )
    facts = facts_of(conference)
    return Contents(
        host=host_of(conference, base_url),
        title=facts.name,
        url=f"{base_url}/{conference.slug}/resources",
        packs=tuple(pack for pack in packs if pack.items),
        changed_at=max((pack.changed_at for pack in rows), default=conference.created_at),
        contact=conference.contact_email,
    )


async def damaged(keys: Sequence[str]) -> bool:
    """Whether one of the stored files is known to be damaged."""
    for first in range(0, len(keys), 500):
        some = StoredContent.key.is_in(list(keys[first : first + 500]))
        if await StoredContent.exists().where(some & StoredContent.is_sound.eq(False)):
            return True
    return False


async def _bagged(
    conference: Conference, packs: Sequence[ResourcePack], states: Sequence[ResourceState], base_url: str
) -> list[BaggedPack]:
    rows = (
        await PackItem.select(PackItem.pack, PackItem.resource, PackItem.note)
        .where(
            PackItem.pack.is_in([*(pack.id for pack in packs), 0])
            & PackItem.resource._.state.is_in([state.value for state in states])
        )
        .order_by(PackItem.position, PackItem.id)
    )
    records = await records_of([row["resource"] for row in rows], base_url=base_url)
    items: dict[int, list[BagItem]] = defaultdict(list)
    for row in rows:
        if row["resource"] in records:
            items[row["pack"]].append(BagItem(records[row["resource"]], texts.decode(row["note"])))
    sessions = {
        row["id"]: row["code"]
        for row in await Session.select(Session.id, Session.code).where(
            Session.id.is_in([*(pack.session for pack in packs if pack.session), 0])
        )
    }
    return [
        BaggedPack(
            code=pack.code,
            title=texts.decode(pack.title),
            note=texts.decode(pack.note),
            url=f"{base_url}/{conference.slug}/resources/{pack.code}",
            access=pack.access,
            session=sessions.get(pack.session, ""),
            items=tuple(items[pack.id]),
        )
        for pack in packs
    ]
