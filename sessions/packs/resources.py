"""What lies in a pack: files and links added, described, ordered and removed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from anyio import CancelScope

from conference.codes import new_code
from conference.errors import NotFound, StaleEdit
from conference.i18n import _
from conference.storage import Storage
from conference.tables import Conference
from conference.uploads import ReceivedFile, UploadForm
from conference.viewer import SignedInOrganiser
from sessions.packs.held_packs import Direction, NotReady, held_pack, moved, record, write_pack
from sessions.packs.pack_files import discard_unowned, forget_files
from sessions.packs.resource_facts import FileDetails, ResourceFacts, guessed_kind, title_from_name
from sessions.tables import PackState, Resource, ResourceFile, ResourcePack


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
        async with held_pack(conference, code) as pack:
            _check_licence(pack, details.licence)
            first = await _next_position(pack)
            made = [
                await _add_file(pack, details, received, first + index, len(form.files) == 1, conference, now)
                for index, received in enumerate(form.files)
            ]
            await write_pack(pack, {}, now)
            for resource, received in zip(made, form.files, strict=True):
                after = {"filename": received.filename, "size": received.stored.size, "kind": resource.kind}
                await record(
                    conference, actor, "resource-added", f"resource:{resource.code}", now, after=after
                )
        return made
    except BaseException:
        with CancelScope(shield=True):
            await discard_unowned(storage, keys)
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
    async with held_pack(conference, code) as pack:
        _check_licence(pack, facts.licence)
        resource = Resource(
            pack=pack.id,
            code=new_code(),
            position=await _next_position(pack),
            created_at=now,
            **facts.as_columns(),
        )
        await resource.save()
        await write_pack(pack, {}, now)
        await record(
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
    async with held_pack(conference, pack_code) as pack:
        resource = await _resource(pack, code)
        before, after = _resource_columns(resource), facts.as_columns()
        if resource.revision != revision:
            raise StaleEdit(_("Someone else changed this resource meanwhile."), mine=after, theirs=before)
        _check_licence(pack, facts.licence)
        changes: dict[Any, Any] = {**after, "revision": revision + 1}
        await Resource.update(changes).where(Resource.id == resource.id)
        await write_pack(pack, {}, now)
        await record(
            conference, actor, "resource-changed", f"resource:{code}", now, before=before, after=after
        )


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
    async with held_pack(conference, pack_code) as pack:
        rows = (
            await Resource.select(Resource.id, Resource.code, Resource.position)
            .where(Resource.pack == pack.id)
            .order_by(Resource.position, Resource.id)
        )
        for position, row in enumerate(moved(rows, code, direction)):
            if row["position"] != position:
                await Resource.update({Resource.position: position}).where(Resource.id == row["id"])
        await write_pack(pack, {}, now)
        await record(
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
    async with held_pack(conference, pack_code) as pack:
        resource = await _resource(pack, code)
        files = await ResourceFile.select(ResourceFile.storage_key, ResourceFile.filename).where(
            ResourceFile.resource == resource.id
        )
        before = {**_resource_columns(resource), "files": [row["filename"] for row in files]}
        await Resource.delete().where(Resource.id == resource.id)
        changes: dict[str, Any] = {}
        if not await Resource.exists().where(Resource.pack == pack.id):
            changes = {"state": PackState.COLLECTING.value, "published_at": None}
        await write_pack(pack, changes, now)
        await record(conference, actor, "resource-removed", f"resource:{code}", now, before=before)
    await forget_files(storage, [row["storage_key"] for row in files])


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


def _check_licence(pack: ResourcePack, licence: str) -> None:
    if pack.state == PackState.PUBLISHED and not licence:
        raise NotReady(
            _("This pack is published: please choose a licence, so that people know what they may do.")
        )


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
