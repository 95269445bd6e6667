"""Reads used by more than one page."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from piccolo.query.functions.aggregate import Count, Sum

from conference import texts
from conference.forms import is_web_address
from conference.tables import Conference
from conference.texts import LocalText
from sessions.programme import snapshot
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSlot
from sessions.tables import (
    PackAccess,
    PackState,
    Release,
    Resource,
    ResourceFile,
    ResourcePack,
    Room,
    Session,
    Slot,
)

_KEPT = 32  # decoded programmes; each is immutable, so one per release serves every request
_programmes: OrderedDict[tuple[int, int], ReleasedProgramme] = OrderedDict()


async def latest_programme(conference: Conference) -> ReleasedProgramme | None:
    """The conference's latest release, None while nothing is published. No query when it is at hand."""
    if not conference.release_number:
        return None
    return await released_programme(conference.id, conference.release_number)


async def released_programme(conference_id: int, number: int) -> ReleasedProgramme | None:
    """The programme of release ``number``, None where there is none."""
    key = (conference_id, number)
    if key in _programmes:
        _programmes.move_to_end(key)
        return _programmes[key]
    row = (
        await Release.select(Release.snapshot)
        .where((Release.conference == conference_id) & (Release.number == number))
        .first()
    )
    if row is None:
        return None
    programme = _programmes[key] = snapshot.decode(row["snapshot"])
    while len(_programmes) > _KEPT:
        _programmes.popitem(last=False)
    return programme


def forget_programmes() -> None:
    """Forget what is at hand (another database is bound: tests, restore)."""
    _programmes.clear()


@dataclass(frozen=True)
class ReleasedPlacing:
    """A slot in the latest release of its conference."""

    conference: Conference
    session: ReleasedSession
    slot: ReleasedSlot


async def placing_by_code(code: str) -> ReleasedPlacing | None:
    """The slot of this code as last published, None where no programme has it (yet)."""
    if not code.isascii() or not code.isalnum() or len(code) > 12:
        return None
    row = await Slot.select(Slot.conference).where(Slot.code == code).first()
    if row is None:
        # A slot taken out of the draft lives on in releases, as cancelled, and so does its link.
        rows = await Release.select(
            Release.conference, Release.number, Release.conference._.release_number.as_alias("latest")
        ).where(Release.snapshot.like(f'%"code":"{code}"%'))
        row = next((row for row in rows if row["number"] == row["latest"]), None)
    if row is None:
        return None
    conference = await Conference.objects().where(Conference.id == row["conference"]).first()
    programme = await latest_programme(conference) if conference else None
    if conference is None or programme is None or code not in programme.slot_by_code:
        return None
    return ReleasedPlacing(conference, *programme.slot_by_code[code])


@dataclass(frozen=True)
class VendorLinks:
    """Where a slot's room and its session's recording really are: for redirects only. "" where nothing is set."""

    room: str
    recording: str


async def vendor_links(placing: ReleasedPlacing) -> VendorLinks:
    """The vendors' links as they stand now, whatever stood when the programme was published."""
    own = placing.conference.id
    room = (
        await Room.select(Room.vendor_url)
        .where((Room.conference == own) & (Room.code == placing.slot.room))
        .first()
    )
    session = (
        await Session.select(Session.recording_url)
        .where((Session.conference == own) & (Session.code == placing.session.code))
        .first()
    )
    links = (room["vendor_url"] if room else "", session["recording_url"] if session else "")
    return VendorLinks(*(link if is_web_address(link) else "" for link in links))


@dataclass(frozen=True)
class PackSummary:
    """A resource pack as lists show it. ``session`` is the code of its session, "" when it is the conference's own.

    ``octets`` are those of its files; links count among ``resources`` only.
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
    changed_at: datetime

    @property
    def is_public(self) -> bool:
        """Whether anyone may open it, registered or not."""
        return self.access == PackAccess.PUBLIC


async def published_packs(conference_id: int) -> list[PackSummary]:
    """The packs that are out, in the organisers' order. Three queries, however many there are."""
    return [pack for pack in await all_packs(conference_id) if pack.state == PackState.PUBLISHED]


async def packs_of_session(session_id: int) -> list[tuple[str, LocalText]]:
    """Code and title of each pack of the session that is out, in the organisers' order."""
    rows = (
        await ResourcePack.select(ResourcePack.code, ResourcePack.title)
        .where((ResourcePack.session == session_id) & (ResourcePack.state == PackState.PUBLISHED.value))
        .order_by(ResourcePack.position, ResourcePack.id)
    )
    return [(row["code"], texts.decode(row["title"])) for row in rows]


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
    contents = (
        await Resource.select(Resource.pack, Count(alias="found"))
        .where(Resource.pack.conference == conference_id)
        .group_by(Resource.pack)
    )
    files = (
        await ResourceFile.select(
            ResourceFile.resource._.pack.as_alias("pack"), Sum(ResourceFile.size, alias="octets")
        )
        .where(ResourceFile.resource._.pack._.conference == conference_id)
        .group_by(ResourceFile.resource._.pack)
    )
    counts = {row["pack"]: row["found"] for row in contents}
    octets = {row["pack"]: int(row["octets"]) for row in files}
    return [
        PackSummary(
            code=row["code"],
            title=texts.decode(row["title"]),
            note=texts.decode(row["note"]),
            access=row["access"],
            state=row["state"],
            session=row["session_code"] or "",
            session_title=texts.decode(row["session_title"]),
            resources=counts.get(row["id"], 0),
            octets=octets.get(row["id"], 0),
            changed_at=row["changed_at"],
        )
        for row in rows
    ]


@dataclass(frozen=True)
class StoredFile:
    """The file of a resource: where it lies, what it is called for readers, its ``size`` in octets and its checksums."""

    key: str
    filename: str
    media_type: str
    size: int
    sha512: str
    crc32: int

    @property
    def etag(self) -> str:
        """A strong ETag, quoted."""
        return f'"{self.sha512[:40]}"'


@dataclass(frozen=True)
class PackItem:
    """A resource in a pack. ``file`` is None for a link, which has a ``url`` instead."""

    code: str
    kind: str
    title: LocalText
    description: LocalText
    language: str
    creators: tuple[str, ...]
    licence: str
    url: str
    revision: int
    file: StoredFile | None


async def pack_by_code(conference_id: int, code: str) -> ResourcePack | None:
    """The pack, published or not."""
    return (
        await ResourcePack.objects()
        .where((ResourcePack.conference == conference_id) & (ResourcePack.code == code))
        .first()
    )


async def pack_items(pack_id: int) -> list[PackItem]:
    """What is in the pack, in the organisers' order. Two queries, however much it is."""
    rows = await Resource.select().where(Resource.pack == pack_id).order_by(Resource.position, Resource.id)
    files = {
        row["resource"]: StoredFile(
            row["storage_key"],
            row["filename"],
            row["media_type"],
            row["size"],
            row["sha512"],
            row["crc32"],
        )
        for row in await ResourceFile.select().where(ResourceFile.resource.pack == pack_id)
    }
    return [
        PackItem(
            code=row["code"],
            kind=row["kind"],
            title=texts.decode(row["title"]),
            description=texts.decode(row["description"]),
            language=row["language"],
            creators=tuple(json.loads(row["creators"])),
            licence=row["licence"],
            url=row["url"],
            revision=row["revision"],
            file=files.get(row["id"]),
        )
        for row in rows
    ]
