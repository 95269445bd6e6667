"""An upload that is whole becomes a resource: its pieces joined and hashed, looked at, put in its place."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from anyio import CancelScope

from conference import i18n
from conference.codes import new_code
from conference.conferences import languages_of
from conference.db import locked
from conference.errors import NotFound
from conference.filetypes import FileRefused
from conference.i18n import _
from conference.storage import Storage, StorageFull, StorageUnavailable, Stored, forget
from conference.tables import Conference, Organiser
from conference.uploads import ReceivedFile
from conference.viewer import SignedInOrganiser
from sessions.packs import contents, placing, resource_files, resources
from sessions.packs.collecting.file_checks import look_at
from sessions.packs.collecting.uploads import (
    LASTS,
    REMEMBERED,
    check_room,
    forget_pieces,
    pieces_of,
    refuse_upload,
)
from sessions.packs.contents import Content
from sessions.packs.held_packs import NotReady, record
from sessions.packs.resource_facts import file_details
from sessions.packs.tables import (
    Resource,
    ResourcePack,
    ResourceState,
    Upload,
    UploadPart,
    UploadState,
)
from sessions.tables import Speaker

logger = logging.getLogger("meridian.resources")
LEFT_LYING = timedelta(minutes=2)
"""After so long a job takes up what arrived and nobody asked about."""

_at_work: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()


async def arrive(upload_id: int, *, storage: Storage, now: datetime) -> Upload:
    """Make a resource (or a version of one) of an upload that is whole, and return the upload as it stands then.

    Asked for twice, or by two at once, it is done once. A file that is not kept leaves the upload REFUSED, with the reason;
    NotReady (no licence where one is needed) is raised and leaves it as it was. Raises NotFound, StorageUnavailable, StorageFull.
    """
    # Two in this process would do the same work; two processes may, and the second finds it done when it comes to write.
    lock = _at_work.setdefault(upload_id, asyncio.Lock())
    async with lock:
        upload = await _read(upload_id)
        if upload.state != UploadState.RECEIVED:
            return upload
        await _check_place(upload)
        await check_room(storage, upload.size)
        joined = await _join(upload, storage)
        try:
            received = await look_at(joined, upload.filename, storage=storage)
        except FileRefused as refusal:
            await forget(storage, [joined.key])
            await refuse_upload(upload, refusal.message, storage=storage, now=now)
            return await _read(upload_id)
        except BaseException:
            with CancelScope(shield=True):
                await forget(storage, [joined.key])
            raise
        await _keep(upload, received, storage=storage, now=now)
        return await _read(upload_id)


async def arrive_left_lying(storage: Storage, *, now: datetime) -> int:
    """Take up uploads that are whole and that no page asked about: their sender's browser is gone. How many were settled."""
    rows = (
        await Upload.objects()
        .where((Upload.state == UploadState.RECEIVED.value) & (Upload.expires_at <= now + LASTS - LEFT_LYING))
        .order_by(Upload.id)
        .limit(20)
    )
    settled = 0
    for upload in rows:
        try:
            with i18n.use_language(await _language_of(upload)):
                await arrive(upload.id, storage=storage, now=now)
            settled += 1
        except (NotReady, NotFound, StorageFull, StorageUnavailable) as error:
            logger.info("upload %s waits: %s", upload.id, error.message)
    return settled


async def _read(upload_id: int) -> Upload:
    upload = await Upload.objects().where(Upload.id == upload_id).first()
    if upload is None:
        raise NotFound(_("There is no such upload. Please choose the file again."))
    return upload


async def _language_of(upload: Upload) -> str:
    """In which language its sender would want to be told why it was refused."""
    speaker = await Speaker.objects().where(Speaker.id == (upload.speaker or 0)).first()
    if speaker is not None and speaker.language:
        return speaker.language
    conference = await Conference.objects().get(Conference.id == upload.conference)
    return languages_of(conference)[0] if conference is not None else i18n.SOURCE_LANGUAGE


async def _join(upload: Upload, storage: Storage) -> Stored:
    """The pieces as one file, under a random key."""
    parts = (
        await UploadPart.select(UploadPart.start, UploadPart.size, UploadPart.key)
        .where(UploadPart.upload == upload.id)
        .order_by(UploadPart.start)
    )
    position = 0
    for part in parts:
        if part["start"] != position:
            raise StorageUnavailable(
                _("A part of this file is missing. Please discard it and send it again.")
            )
        position += part["size"]
    if position != upload.size:
        raise StorageUnavailable(_("A part of this file is missing. Please discard it and send it again."))

    async def octets() -> AsyncIterator[bytes]:
        for part in parts:
            async for chunk in storage.stream(part["key"], 0, part["size"]):
                yield chunk

    # Among its pieces, so that whoever is killed here leaves nothing that is not swept with them.
    return await storage.put_stream(octets(), f"{pieces_of(upload)}/whole-{new_code(6)}")


async def _check_place(upload: Upload) -> None:
    """Refuse (NotReady, NotFound) before the work is done what could not be written after it."""
    if upload.replaces is not None:
        await _replaced(upload)
    elif upload.pack is not None:
        pack = await _pack_of(upload)
        placing.check_licence([pack], file_details(json.loads(upload.details)).licence)
    elif upload.session is None:
        raise _place_gone()


async def _keep(upload: Upload, received: ReceivedFile, *, storage: Storage, now: datetime) -> None:
    conference = await Conference.objects().get(Conference.id == upload.conference)
    if conference is None:
        raise _place_gone()
    arrived = contents.adopted(storage, [received.stored], now=now)
    async with arrived as (content,), locked(Conference, conference.id):
        upload = await _read(upload.id)
        if (
            upload.state != UploadState.RECEIVED
        ):  # another process was faster; what it kept are these very bytes
            return
        resource = await _write(conference, upload, received, content, now=now)
        await UploadPart.delete().where(UploadPart.upload == upload.id)
        await Upload.update(
            {
                Upload.state: UploadState.KEPT.value,
                Upload.resource: resource.id,
                Upload.media_type: received.file_type.media_type,
                Upload.expires_at: now + REMEMBERED,
            }
        ).where(Upload.id == upload.id)
    await forget_pieces(upload, storage)


async def _write(
    conference: Conference, upload: Upload, received: ReceivedFile, content: Content, *, now: datetime
) -> Resource:
    """The resource, or its new version, under the conference's lock."""
    actor = await _actor(upload)
    if upload.replaces is not None:
        resource = await _replaced(upload)
        note = json.loads(upload.details).get("note", "")
        speaker = await Speaker.objects().where(Speaker.id == (upload.speaker or 0)).first()
        await resource_files.new_version(
            conference, resource, received, content, note=note, actor=actor, speaker=speaker, now=now
        )
        return resource
    details = file_details(json.loads(upload.details))
    is_offered = upload.speaker is not None
    if upload.pack is not None:
        pack = await _pack_of(upload)
        homes = await placing.homes_of(conference, pack, now=now)
        placing.check_licence(homes, details.licence)
    elif upload.session is not None:
        homes = [await placing.own_pack(conference, upload.session, now=now)]
    else:
        raise _place_gone()
    resource = await resources.insert_resource(
        conference,
        resources.facts_of_file(received, details, conference, is_alone=True),
        session=homes[0].session,
        state=ResourceState.OFFERED if is_offered else ResourceState.READY,
        speaker=upload.speaker,
        actor=actor,
        now=now,
    )
    await resource_files.put_file(resource, received, content, now=now)
    await resources.settle([resource], homes, actor=actor, now=now)
    action = "resource-offered" if is_offered else "resource-added"
    after = {"filename": received.filename, "size": received.stored.size, "kind": resource.kind}
    await record(conference, actor, action, f"resource:{resource.code}", now, after=after)
    return resource


async def _pack_of(upload: Upload) -> ResourcePack:
    pack = await ResourcePack.objects().where(ResourcePack.id == (upload.pack or 0)).first()
    if pack is None:
        raise _place_gone()
    return pack


async def _replaced(upload: Upload) -> Resource:
    resource = await Resource.objects().where(Resource.id == (upload.replaces or 0)).first()
    if resource is None:
        raise _place_gone()
    return resource


async def _actor(upload: Upload) -> SignedInOrganiser | str:
    organiser = await Organiser.objects().where(Organiser.id == (upload.organiser or 0)).first()
    if organiser is not None:
        return SignedInOrganiser(organiser.id, organiser.name, organiser.email, organiser.may_create)
    speaker = await Speaker.objects().where(Speaker.id == (upload.speaker or 0)).first()
    return speaker.name if speaker is not None else ""


def _place_gone() -> NotFound:
    return NotFound(_("The place this file was sent to is no longer there."))
