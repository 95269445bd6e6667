"""Reads of packs, and of what is in them, used by more than one page."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conference import texts
from conference.texts import LocalText
from sessions.packs.resource_facts import Creator, creators_from
from sessions.packs.showing import is_out
from sessions.packs.tables import (
    PackAccess,
    PackItem,
    ResourceFile,
    ResourcePack,
    ResourceState,
)


@dataclass(frozen=True)
class PackSummary:
    """A resource pack as lists show it. ``session`` is the code of its session, "" when it is the conference's own.

    ``octets`` are those of its files; links count among ``resources`` only. ``kinds`` and ``languages`` are those of what is
    in it, each once.
    """

    code: str
    title: LocalText
    note: LocalText
    access: str
    state: str
    session: str
    session_title: LocalText
    resources: int
    octets: int
    kinds: tuple[str, ...]
    languages: tuple[str, ...]
    changed_at: datetime
    published_at: datetime | None
    expires_at: datetime | None
    embargo_until: datetime | None = None

    def is_listed(self, now: datetime) -> bool:
        """Whether it is out, and lists for readers name it."""
        return self.access != PackAccess.TEAM and is_out(self.state, self.published_at, self.expires_at, now)

    @property
    def is_public(self) -> bool:
        """Whether anyone may open it, registered or not."""
        return self.access == PackAccess.PUBLIC


async def published_packs(conference_id: int, now: datetime) -> list[PackSummary]:
    """The packs that are out and meant to be known, in the organisers' order. Three queries, however many there are."""
    return [pack for pack in await all_packs(conference_id) if pack.is_listed(now)]


async def packs_of_session(session_id: int, now: datetime) -> list[tuple[str, LocalText]]:
    """Code and title of each pack of the session that is out and meant to be known, in the organisers' order."""
    rows = (
        await ResourcePack.select(
            ResourcePack.code,
            ResourcePack.title,
            ResourcePack.state,
            ResourcePack.published_at,
            ResourcePack.expires_at,
        )
        .where((ResourcePack.session == session_id) & (ResourcePack.access != PackAccess.TEAM.value))
        .order_by(ResourcePack.position, ResourcePack.id)
    )
    return [
        (row["code"], texts.decode(row["title"]))
        for row in rows
        if is_out(row["state"], row["published_at"], row["expires_at"], now)
    ]


async def all_packs(conference_id: int) -> list[PackSummary]:
    """Every pack of the conference, also those still being put together, in the organisers' order."""
    rows = (
        await ResourcePack.select(
            *ResourcePack.all_columns(exclude=[ResourcePack.conference, ResourcePack.session]),
            ResourcePack.session._.code.as_alias("session_code"),
            ResourcePack.session._.title.as_alias("session_title"),
        )
        .where(ResourcePack.conference == conference_id)
        .order_by(ResourcePack.position, ResourcePack.id)
    )
    contents: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for item in (
        await PackItem.select(
            PackItem.pack,
            PackItem.resource,
            PackItem.resource._.kind.as_alias("kind"),
            PackItem.resource._.languages.as_alias("languages"),
        )
        .where(
            (PackItem.pack._.conference == conference_id)
            & (PackItem.resource._.state == ResourceState.READY.value)
        )
        .order_by(PackItem.position, PackItem.id)
    ):
        contents[item["pack"]].append(item)
    octets = {
        row["resource"]: row["size"]
        for row in await ResourceFile.select(
            ResourceFile.resource, ResourceFile.content._.size.as_alias("size")
        ).where((ResourceFile.resource._.conference == conference_id) & ResourceFile.is_current.eq(True))
    }
    return [
        PackSummary(
            code=row["code"],
            title=texts.decode(row["title"]),
            note=texts.decode(row["note"]),
            access=row["access"],
            state=row["state"],
            session=row["session_code"] or "",
            session_title=texts.decode(row["session_title"]),
            resources=len(contents[row["id"]]),
            octets=sum(octets.get(item["resource"], 0) for item in contents[row["id"]]),
            kinds=tuple(dict.fromkeys(item["kind"] for item in contents[row["id"]])),
            languages=tuple(
                dict.fromkeys(tag for item in contents[row["id"]] for tag in json.loads(item["languages"]))
            ),
            changed_at=row["changed_at"],
            published_at=row["published_at"],
            expires_at=row["expires_at"],
            embargo_until=row["embargo_until"],
        )
        for row in rows
    ]


@dataclass(frozen=True)
class StoredPreview:
    """A picture of a file's first page: where it lies, and what is needed to send it."""

    key: str
    size: int
    sha512: str

    @property
    def etag(self) -> str:
        """A strong ETag, quoted."""
        return f'"{self.sha512[:40]}"'


@dataclass(frozen=True)
class StoredFile:
    """The file of a resource: where it lies, what it is called for readers, its ``size`` in octets and its checksums."""

    key: str
    filename: str
    media_type: str
    size: int
    sha512: str
    crc32: int
    preview: StoredPreview | None = None

    @property
    def etag(self) -> str:
        """A strong ETag, quoted."""
        return f'"{self.sha512[:40]}"'


@dataclass(frozen=True)
class PackedResource:
    """A resource in a pack. ``file`` is None for a link, which has a ``url`` instead; ``note`` is the pack's about it."""

    id: int
    code: str
    kind: str
    state: str
    title: LocalText
    description: LocalText
    languages: tuple[str, ...]
    creators: tuple[Creator, ...]
    licence: str
    url: str
    revision: int
    file: StoredFile | None
    note: LocalText

    @property
    def is_ready(self) -> bool:
        """Whether readers of a published pack see it."""
        return self.state == ResourceState.READY


async def pack_by_code(conference_id: int, code: str) -> ResourcePack | None:
    """The pack, published or not."""
    return (
        await ResourcePack.objects()
        .where((ResourcePack.conference == conference_id) & (ResourcePack.code == code))
        .first()
    )


async def notes_in(pack_id: int) -> dict[int, LocalText]:
    """What readers see in the pack: by row id of the resource, in the organisers' order, the pack's note about it."""
    rows = (
        await PackItem.select(PackItem.resource, PackItem.note)
        .where((PackItem.pack == pack_id) & (PackItem.resource._.state == ResourceState.READY.value))
        .order_by(PackItem.position, PackItem.id)
    )
    return {row["resource"]: texts.decode(row["note"]) for row in rows}


async def pack_items(pack_id: int, *, for_team: bool = False) -> list[PackedResource]:
    """What is in the pack, in the organisers' order; for the team also what readers do not see. Two queries, however
    much it is."""
    rows = (
        await PackItem.select(PackItem.note.as_alias("pack_note"), *PackItem.resource.all_columns())
        .where(PackItem.pack == pack_id)
        .order_by(PackItem.position, PackItem.id)
    )
    found = await current_files(row["resource.id"] for row in rows)
    shown = [
        PackedResource(
            id=row["resource.id"],
            code=row["resource.code"],
            kind=row["resource.kind"],
            state=row["resource.state"],
            title=texts.decode(row["resource.title"]),
            description=texts.decode(row["resource.description"]),
            languages=tuple(json.loads(row["resource.languages"])),
            creators=creators_from(row["resource.creators"]),
            licence=row["resource.licence"],
            url=row["resource.url"],
            revision=row["resource.revision"],
            file=found.get(row["resource.id"]),
            note=texts.decode(row["pack_note"]),
        )
        for row in rows
    ]
    return shown if for_team else [item for item in shown if item.is_ready]


async def current_files(resources: Iterable[int]) -> dict[int, StoredFile]:
    """The files of resources (row ids) as they are now; a link has none."""
    if not (ids := list(resources)):
        return {}
    rows = await ResourceFile.select(
        ResourceFile.resource,
        ResourceFile.filename,
        ResourceFile.media_type,
        *[
            column.as_alias(name)
            for name, column in (
                ("key", ResourceFile.content._.key),
                ("size", ResourceFile.content._.size),
                ("sha512", ResourceFile.content._.sha512),
                ("crc32", ResourceFile.content._.crc32),
                ("preview_key", ResourceFile.preview._.key),
                ("preview_size", ResourceFile.preview._.size),
                ("preview_sha512", ResourceFile.preview._.sha512),
            )
        ],
    ).where(ResourceFile.resource.is_in(ids) & ResourceFile.is_current.eq(True))
    return {
        row["resource"]: StoredFile(
            row["key"],
            row["filename"],
            row["media_type"],
            row["size"],
            row["sha512"],
            row["crc32"],
            StoredPreview(row["preview_key"], row["preview_size"], row["preview_sha512"])
            if row["preview_key"]
            else None,
        )
        for row in rows
    }
