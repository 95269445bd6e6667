"""What organisers do with the things in a pack as a whole: their order, and what the pack says of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from conference import texts
from conference.conferences import touch_public
from conference.db import locked
from conference.errors import StaleEdit
from conference.i18n import _
from conference.tables import Conference
from conference.texts import LocalText
from conference.viewer import SignedInOrganiser
from sessions.packs.held_packs import held_pack, record, write_pack
from sessions.packs.resources import resource_in
from sessions.packs.tables import PackItem, Resource, ResourcePack


async def order_items(
    conference: Conference,
    pack_code: str,
    codes: Sequence[str],
    *,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    """Put the things in the pack into the order of ``codes``. What is not named, because a colleague added it meanwhile, stays
    behind the others in its order. Raises NotFound."""
    async with held_pack(conference, pack_code) as pack:
        rows = (
            await PackItem.select(PackItem.id, PackItem.position, PackItem.resource._.code.as_alias("code"))
            .where(PackItem.pack == pack.id)
            .order_by(PackItem.position, PackItem.id)
        )
        order = ordered([row["code"] for row in rows], codes)
        if order == [row["code"] for row in rows]:
            return
        place = {code: position for position, code in enumerate(order)}
        for row in rows:
            if row["position"] != place[row["code"]]:
                await PackItem.update({PackItem.position: place[row["code"]]}).where(PackItem.id == row["id"])
        await write_pack(pack, {}, now)
        await record(conference, actor, "pack-ordered", f"pack:{pack_code}", now, after={"order": order})


async def order_packs(
    conference: Conference, codes: Sequence[str], *, actor: SignedInOrganiser, now: datetime
) -> None:
    """Put the conference's packs into the order of ``codes``; those not named stay behind the others in their order."""
    async with locked(Conference, conference.id):
        rows = (
            await ResourcePack.select(ResourcePack.id, ResourcePack.code, ResourcePack.position)
            .where(ResourcePack.conference == conference.id)
            .order_by(ResourcePack.position, ResourcePack.id)
        )
        order = ordered([row["code"] for row in rows], codes)
        if order == [row["code"] for row in rows]:
            return
        place = {code: position for position, code in enumerate(order)}
        for row in rows:
            if row["position"] != place[row["code"]]:
                await ResourcePack.update({ResourcePack.position: place[row["code"]]}).where(
                    ResourcePack.id == row["id"]
                )
        await touch_public(conference.id)
        subject = f"conference:{conference.slug}"
        await record(conference, actor, "packs-ordered", subject, now, after={"order": order})


def ordered(there: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Pure: what is ``there`` in the order that is ``wanted``, each once; what is not named stays behind, in its order."""
    named = [code for code in dict.fromkeys(wanted) if code in set(there)]
    return [*named, *(code for code in there if code not in set(named))]


@dataclass(frozen=True)
class NotedItem:
    """A thing in a pack, and what the pack says of it."""

    code: str
    title: LocalText
    pack_title: LocalText
    note: LocalText


async def noted_item(pack: ResourcePack, code: str) -> NotedItem:
    """The thing of this code in the pack. Raises NotFound."""
    resource = await resource_in(pack, code)
    note = await _note_of(pack, resource)
    return NotedItem(resource.code, texts.decode(resource.title), texts.decode(pack.title), note)


async def note_item(
    conference: Conference,
    pack_code: str,
    code: str,
    note: LocalText,
    *,
    seen: LocalText,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    """Change what the pack says of one thing in it; ``seen`` is what it said when the organiser looked.

    Raises NotFound, StaleEdit.
    """
    async with held_pack(conference, pack_code) as pack:
        resource = await resource_in(pack, code)
        before = await _note_of(pack, resource)
        if before == note:
            return
        if before != seen:
            raise StaleEdit(
                _("Someone else changed this note meanwhile."), mine={"note": note}, theirs={"note": before}
            )
        await PackItem.update({PackItem.note: texts.encode(note)}).where(
            (PackItem.pack == pack.id) & (PackItem.resource == resource.id)
        )
        await write_pack(pack, {}, now)
        await record(
            conference,
            actor,
            "pack-item-noted",
            f"resource:{code}",
            now,
            before={"note": before},
            after={"note": note},
        )


async def _note_of(pack: ResourcePack, resource: Resource) -> LocalText:
    row = (
        await PackItem.select(PackItem.note)
        .where((PackItem.pack == pack.id) & (PackItem.resource == resource.id))
        .first()
    )
    return texts.decode(row["note"] if row else None)
