"""Packs that organisers put together from what is there: a theme, a toolkit, the whole conference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from conference import texts
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from sessions.packs import placing
from sessions.packs.collecting.consents import check_consents
from sessions.packs.held_packs import held_pack, record, stamp
from sessions.packs.resource_words import kind_name
from sessions.packs.tables import PackItem, Resource, ResourcePack, ResourceState
from sessions.programme.search import fold


@dataclass(frozen=True)
class Placeable:
    """A resource of the conference that the pack does not have; ``session`` is its session's title, or ""."""

    code: str
    title: str
    kind: str
    session: str


async def placeable_in(pack: ResourcePack, language: str, languages: Sequence[str]) -> list[Placeable]:
    """What could be put into the pack: everything accepted that is not in it, by session. Two queries."""
    inside = await PackItem.select(PackItem.resource).where(PackItem.pack == pack.id)
    rows = (
        await Resource.select(
            Resource.code, Resource.title, Resource.kind, Resource.session._.title.as_alias("session_title")
        )
        .where(
            (Resource.conference == pack.conference)
            & (Resource.state == ResourceState.READY.value)
            & Resource.id.not_in([*(row["resource"] for row in inside), 0])
        )
        .order_by(Resource.session, Resource.id)
    )
    return [
        Placeable(
            row["code"],
            texts.pick(row["title"], language, languages),
            row["kind"],
            texts.pick(row["session_title"], language, languages),
        )
        for row in rows
    ]


def by_session(found: Sequence[Placeable], wanted: str) -> list[tuple[str, list[Placeable]]]:
    """Pure: those in whose title, kind or session all the ``wanted`` words stand, by their session's title, "" last: what is the
    whole conference's."""
    words = fold(wanted).split()
    groups: dict[str, list[Placeable]] = {}
    for one in found:
        told = fold(f"{one.title} {kind_name(one.kind)} {one.session}")
        if all(word in told for word in words):
            groups.setdefault(one.session, []).append(one)
    return sorted(groups.items(), key=lambda group: (not group[0], group[0].casefold()))


async def put_into(
    conference: Conference, pack_code: str, codes: Sequence[str], *, actor: SignedInOrganiser, now: datetime
) -> int:
    """Put resources of the conference at the end of the pack, in the order of ``codes``; how many of those there were.

    What stands in it already stays where it is. Raises NotFound, and NotReady where a published pack would show something
    without a licence or without somebody's consent.
    """
    async with held_pack(conference, pack_code) as pack:
        found = {
            resource.code: resource
            for resource in await Resource.objects().where(
                (Resource.conference == conference.id)
                & Resource.code.is_in([*codes, ""])
                & (Resource.state == ResourceState.READY.value)
            )
        }
        chosen = [found[code] for code in dict.fromkeys(codes) if code in found]
        for resource in chosen:
            placing.check_licence([pack], resource.licence)
        ids = [resource.id for resource in chosen]
        await check_consents(ids, [pack])
        await placing.place(ids, [pack], now=now)
        await stamp(ids, now)
        after = {"resources": [resource.code for resource in chosen]}
        await record(conference, actor, "resources-placed", f"pack:{pack_code}", now, after=after)
    return len(chosen)
