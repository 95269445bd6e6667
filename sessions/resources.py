"""What sessions leave behind: resource packs put together, filled, published and taken back."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Literal

from anyio import CancelScope

from conference import audit, texts
from conference.codes import new_code
from conference.conferences import touch_public
from conference.db import locked
from conference.errors import Conflict, DomainError, NotFound, StaleEdit
from conference.filetypes import FileType
from conference.i18n import _
from conference.storage import Storage
from conference.tables import Conference
from conference.texts import LocalText
from conference.uploads import ReceivedFile, UploadForm
from conference.viewer import SignedInOrganiser
from sessions.tables import (
    PackAccess,
    PackState,
    Resource,
    ResourceFile,
    ResourceKind,
    ResourcePack,
    Session,
)

logger = logging.getLogger("meridian.resources")

Direction = Literal["up", "down"]


class NotReady(Conflict):
    """A pack that may not be published yet; the message says what is missing."""


@dataclass(frozen=True)
class PackFacts:
    """What an organiser says of a pack. ``session`` is the row id of the session it belongs to, None: the conference."""

    title: LocalText
    note: LocalText = field(default_factory=dict)
    access: PackAccess = PackAccess.PUBLIC
    session: int | None = None

    def as_columns(self) -> dict[str, Any]:
        """The facts as the columns of ``ResourcePack`` hold them."""
        return {
            "title": texts.encode(self.title),
            "note": texts.encode(self.note),
            "access": self.access.value,
            "session": self.session,
        }


def pack_facts(pack: ResourcePack) -> PackFacts:
    """The facts a row holds."""
    return PackFacts(texts.decode(pack.title), texts.decode(pack.note), PackAccess(pack.access), pack.session)


@dataclass(frozen=True)
class ResourceFacts:
    """What an organiser says of a resource. ``url`` is empty for a file; ``licence`` may be empty until the pack is out."""

    kind: ResourceKind
    title: LocalText
    description: LocalText = field(default_factory=dict)
    language: str = ""
    creators: tuple[str, ...] = ()
    licence: str = ""
    url: str = ""

    def as_columns(self) -> dict[str, Any]:
        """The facts as the columns of ``Resource`` hold them."""
        return {
            "kind": self.kind.value,
            "title": texts.encode(self.title),
            "description": texts.encode(self.description),
            "language": self.language,
            "creators": json.dumps(self.creators, ensure_ascii=False),
            "licence": self.licence,
            "url": self.url,
        }


@dataclass(frozen=True)
class FileDetails:
    """What is said of several files sent at once. ``kind`` None: guessed from each file. ``title`` serves a single file."""

    kind: ResourceKind | None = None
    title: LocalText = field(default_factory=dict)
    language: str = ""
    creators: tuple[str, ...] = ()
    licence: str = ""


def guessed_kind(file_type: FileType) -> ResourceKind:
    """What a file of this type most likely is."""
    if file_type.extension in {"pptx", "odp"}:
        return ResourceKind.SLIDES
    return {
        "video": ResourceKind.RECORDING,
        "audio": ResourceKind.RECORDING,
        "captions": ResourceKind.CAPTIONS,
        "data": ResourceKind.DATASET,
        "document": ResourceKind.HANDOUT,
        "text": ResourceKind.HANDOUT,
    }.get(file_type.kind, ResourceKind.OTHER)


def title_from_name(filename: str) -> str:
    """A file's name as a first title: without extension, words apart."""
    stem = PurePosixPath(filename).stem.replace("_", " ")
    return " ".join(stem.split())[:200] or filename[:200]


# --- packs ------------------------------------------------------------------------------------------------------------


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
        await pack.save()
        await _record(conference, actor, "pack-created", f"pack:{pack.code}", now, after=facts.as_columns())
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
    async with _held(conference, code) as pack:
        await _check_session(conference, facts.session)
        before, after = _pack_columns(pack), facts.as_columns()
        if pack.revision != revision:
            raise StaleEdit(_("Someone else changed this pack meanwhile."), mine=after, theirs=before)
        await _write_pack(pack, {**after, "revision": revision + 1}, now)
        await _record(conference, actor, "pack-changed", f"pack:{code}", now, before=before, after=after)


async def publish_pack(
    conference: Conference, code: str, *, actor: SignedInOrganiser | str, now: datetime
) -> None:
    """Let people see the pack. Nothing happens when they already can.

    Raises NotReady while it is empty or a resource in it has no licence.
    """
    async with _held(conference, code) as pack:
        if pack.state == PackState.PUBLISHED:
            return
        rows = await Resource.select(Resource.title, Resource.licence).where(Resource.pack == pack.id)
        if not rows:
            raise NotReady(_("There is nothing in this pack yet. Add a file or a link first."))
        if missing := [texts.pick(row["title"], "") for row in rows if not row["licence"]]:
            raise NotReady(
                _("Say first what people may do with it: no licence is chosen for %(titles)s.")
                % {"titles": ", ".join(f"“{title}”" for title in missing[:5])}
            )
        await _write_pack(pack, {"state": PackState.PUBLISHED.value, "published_at": now}, now)
        await _record(conference, actor, "pack-published", f"pack:{code}", now)


async def unpublish_pack(
    conference: Conference, code: str, *, actor: SignedInOrganiser, now: datetime
) -> None:
    """Take the pack back from the public pages; what is in it stays. Nothing happens when it is not published."""
    async with _held(conference, code) as pack:
        if pack.state != PackState.PUBLISHED:
            return
        await _write_pack(pack, {"state": PackState.COLLECTING.value, "published_at": None}, now)
        await _record(conference, actor, "pack-unpublished", f"pack:{code}", now)


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
        moved = _moved(rows, code, direction)
        for position, row in enumerate(moved):
            if row["position"] != position:
                await ResourcePack.update({ResourcePack.position: position}).where(
                    ResourcePack.id == row["id"]
                )
        await touch_public(conference.id)
        await _record(conference, actor, "pack-moved", f"pack:{code}", now, after={"direction": direction})


async def remove_pack(
    conference: Conference, code: str, *, storage: Storage, actor: SignedInOrganiser, now: datetime
) -> None:
    """Remove the pack and everything in it, then its files from the store. Raises NotFound."""
    async with _held(conference, code) as pack:
        keys = [
            row["storage_key"]
            for row in await ResourceFile.select(ResourceFile.storage_key).where(
                ResourceFile.resource.pack == pack.id
            )
        ]
        before = {**_pack_columns(pack), "files": len(keys)}
        await ResourcePack.delete().where(ResourcePack.id == pack.id)
        await touch_public(conference.id)
        await _record(conference, actor, "pack-removed", f"pack:{code}", now, before=before)
    await _forget_files(storage, keys)


# --- resources --------------------------------------------------------------------------------------------------------


async def add_files(
    conference: Conference,
    code: str,
    details: FileDetails,
    form: UploadForm,
    *,
    storage: Storage,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> list[Resource]:
    """A resource for each file of ``form``, whose octets already lie in ``storage``. All of them or none.

    When the rows cannot be written the files are removed again. Raises NotFound, NotReady.
    """
    keys = [received.stored.key for received in form.files]
    try:
        async with _held(conference, code) as pack:
            _check_licence(pack, details.licence)
            first = await _next_position(pack)
            made = [
                await _add_file(pack, details, received, first + index, len(form.files) == 1, conference, now)
                for index, received in enumerate(form.files)
            ]
            await _write_pack(pack, {}, now)
            for resource, received in zip(made, form.files, strict=True):
                after = {"filename": received.filename, "size": received.stored.size, "kind": resource.kind}
                await _record(
                    conference, actor, "resource-added", f"resource:{resource.code}", now, after=after
                )
        return made
    except BaseException:
        with CancelScope(shield=True):
            await _discard_unowned(storage, keys)
        raise


async def _add_file(
    pack: ResourcePack,
    details: FileDetails,
    received: ReceivedFile,
    position: int,
    is_alone: bool,
    conference: Conference,
    now: datetime,
) -> Resource:
    language = json.loads(conference.languages)[0]
    facts = ResourceFacts(
        kind=details.kind or guessed_kind(received.file_type),
        title=(details.title if is_alone else {}) or {language: title_from_name(received.filename)},
        language=details.language,
        creators=details.creators,
        licence=details.licence,
    )
    resource = Resource(
        pack=pack.id, code=new_code(), position=position, created_at=now, **facts.as_columns()
    )
    await resource.save()
    stored = received.stored
    row = ResourceFile(
        resource=resource.id,
        storage_key=stored.key,
        filename=received.filename,
        media_type=received.file_type.media_type,
        size=stored.size,
        sha512=stored.sha512,
        crc32=stored.crc32,
        uploaded_at=now,
    )
    await row.save()
    return resource


async def add_link(
    conference: Conference,
    code: str,
    facts: ResourceFacts,
    *,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> Resource:
    """A resource that lies elsewhere. Raises NotFound, NotReady."""
    async with _held(conference, code) as pack:
        _check_licence(pack, facts.licence)
        resource = Resource(
            pack=pack.id,
            code=new_code(),
            position=await _next_position(pack),
            created_at=now,
            **facts.as_columns(),
        )
        await resource.save()
        await _write_pack(pack, {}, now)
        await _record(
            conference, actor, "resource-added", f"resource:{resource.code}", now, after=facts.as_columns()
        )
    return resource


async def change_resource(
    conference: Conference,
    pack_code: str,
    code: str,
    facts: ResourceFacts,
    *,
    revision: int,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    """Change what is said of a resource, as seen at ``revision``. Raises NotFound, StaleEdit, NotReady."""
    async with _held(conference, pack_code) as pack:
        resource = await _resource(pack, code)
        before, after = _resource_columns(resource), facts.as_columns()
        if resource.revision != revision:
            raise StaleEdit(_("Someone else changed this resource meanwhile."), mine=after, theirs=before)
        _check_licence(pack, facts.licence)
        changes: dict[Any, Any] = {**after, "revision": revision + 1}
        await Resource.update(changes).where(Resource.id == resource.id)
        await _write_pack(pack, {}, now)
        await _record(
            conference, actor, "resource-changed", f"resource:{code}", now, before=before, after=after
        )


async def license_rest(
    conference: Conference, code: str, licence: str, *, actor: SignedInOrganiser, now: datetime
) -> int:
    """Give ``licence`` to every resource of the pack that has none; how many those were. Raises NotFound."""
    async with _held(conference, code) as pack:
        bare = (Resource.pack == pack.id) & (Resource.licence == "")
        found: int = await Resource.count().where(bare)
        changes: dict[Any, Any] = {Resource.licence: licence, Resource.revision: Resource.revision + 1}
        await Resource.update(changes).where(bare)
        await _write_pack(pack, {}, now)
        after = {"licence": licence, "resources": found}
        await _record(conference, actor, "pack-licensed", f"pack:{code}", now, after=after)
    return found


async def move_resource(
    conference: Conference,
    pack_code: str,
    code: str,
    direction: Direction,
    *,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    """Let the resource change places with its neighbour. At either end nothing happens."""
    async with _held(conference, pack_code) as pack:
        rows = (
            await Resource.select(Resource.id, Resource.code, Resource.position)
            .where(Resource.pack == pack.id)
            .order_by(Resource.position, Resource.id)
        )
        for position, row in enumerate(_moved(rows, code, direction)):
            if row["position"] != position:
                await Resource.update({Resource.position: position}).where(Resource.id == row["id"])
        await _write_pack(pack, {}, now)
        await _record(
            conference, actor, "resource-moved", f"resource:{code}", now, after={"direction": direction}
        )


async def remove_resource(
    conference: Conference,
    pack_code: str,
    code: str,
    *,
    storage: Storage,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    """Remove the resource, then its file from the store. A published pack left empty is taken back. Raises NotFound."""
    async with _held(conference, pack_code) as pack:
        resource = await _resource(pack, code)
        files = await ResourceFile.select(ResourceFile.storage_key, ResourceFile.filename).where(
            ResourceFile.resource == resource.id
        )
        before = {**_resource_columns(resource), "files": [row["filename"] for row in files]}
        await Resource.delete().where(Resource.id == resource.id)
        changes: dict[str, Any] = {}
        if not await Resource.exists().where(Resource.pack == pack.id):
            changes = {"state": PackState.COLLECTING.value, "published_at": None}
        await _write_pack(pack, changes, now)
        await _record(conference, actor, "resource-removed", f"resource:{code}", now, before=before)
    await _forget_files(storage, [row["storage_key"] for row in files])


# --- what the rules share ---------------------------------------------------------------------------------------------


@asynccontextmanager
async def _held(conference: Conference, code: str) -> AsyncIterator[ResourcePack]:
    """A transaction in which nobody else changes the conference's packs, and the pack as it stands. Raises NotFound."""
    # One lock for all packs: each change also moves the conference's public version, and two kinds of lock
    # taken in different orders would stand in each other's way.
    async with locked(Conference, conference.id):
        mine = (ResourcePack.conference == conference.id) & (ResourcePack.code == code)
        pack = await ResourcePack.objects().where(mine).first()
        if pack is None:
            raise NotFound(_("There is no such resource pack."))
        yield pack


async def _resource(pack: ResourcePack, code: str) -> Resource:
    resource = await Resource.objects().where((Resource.pack == pack.id) & (Resource.code == code)).first()
    if resource is None:
        raise NotFound(_("There is no such resource in this pack."))
    return resource


async def _next_position(pack: ResourcePack) -> int:
    last = (
        await Resource.select(Resource.position)
        .where(Resource.pack == pack.id)
        .order_by(Resource.position, ascending=False)
        .first()
    )
    return last["position"] + 1 if last else 0


async def _write_pack(pack: ResourcePack, changes: Mapping[str, Any], now: datetime) -> None:
    """Write ``changes`` and note that the pack, as readers see it, has changed."""
    columns: dict[Any, Any] = {**changes, "changed_at": now}
    await ResourcePack.update(columns).where(ResourcePack.id == pack.id)
    await touch_public(pack.conference)


async def _check_session(conference: Conference, session: int | None) -> None:
    if session is not None and not await Session.exists().where(
        (Session.id == session) & (Session.conference == conference.id)
    ):
        raise NotFound(_("There is no such session."))


def _check_licence(pack: ResourcePack, licence: str) -> None:
    if pack.state == PackState.PUBLISHED and not licence:
        raise NotReady(
            _("This pack is published: please choose a licence, so that people know what they may do.")
        )


def _moved(rows: list[dict[str, Any]], code: str, direction: Direction) -> list[dict[str, Any]]:
    """The rows with the one of ``code`` a place further up or down. Raises NotFound."""
    place = next((index for index, row in enumerate(rows) if row["code"] == code), None)
    if place is None:
        raise NotFound(_("It is no longer there."))
    other = place - 1 if direction == "up" else place + 1
    moved = list(rows)
    if 0 <= other < len(rows):
        moved[place], moved[other] = moved[other], moved[place]
    return moved


def _pack_columns(pack: ResourcePack) -> dict[str, Any]:
    return {"title": pack.title, "note": pack.note, "access": pack.access, "session": pack.session}


def _resource_columns(resource: Resource) -> dict[str, Any]:
    return {
        "kind": resource.kind,
        "title": resource.title,
        "description": resource.description,
        "language": resource.language,
        "creators": resource.creators,
        "licence": resource.licence,
        "url": resource.url,
    }


async def _record(
    conference: Conference,
    actor: SignedInOrganiser | str,
    action: str,
    subject: str,
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    await audit.record(
        conference_id=conference.id,
        actor=actor,
        action=action,
        subject=subject,
        before=before,
        after=after,
        now=now,
    )


async def _discard_unowned(storage: Storage, keys: Sequence[str]) -> None:
    """Remove files for which no row came about. Whether one did is asked: a commit may succeed unheard."""
    if not keys:
        return
    rows = await ResourceFile.select(ResourceFile.storage_key).where(
        ResourceFile.storage_key.is_in(list(keys))
    )
    owned = {row["storage_key"] for row in rows}
    await _forget_files(storage, [key for key in keys if key not in owned])


async def _forget_files(storage: Storage, keys: Sequence[str]) -> None:
    """Remove files nothing refers to any more. A store that does not answer keeps them: they cost room, nothing else."""
    for key in keys:
        try:
            await storage.delete(key)
        except DomainError as error:
            logger.warning("file %s stays behind in the store: %s", key, error.message)
