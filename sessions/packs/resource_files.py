"""The file of a resource: put in its place, and another one in its place later."""

from __future__ import annotations

from datetime import datetime

from anyio import CancelScope

from conference import texts
from conference.db import locked
from conference.errors import NotFound
from conference.i18n import _
from conference.storage import Storage
from conference.tables import Conference
from conference.uploads import ReceivedFile, UploadForm
from conference.viewer import SignedInOrganiser
from sessions.packs import contents, placing, versions
from sessions.packs.collecting.file_checks import look_at_captions
from sessions.packs.collecting.own_news import tell_of_own
from sessions.packs.contents import Content
from sessions.packs.held_packs import record, write_pack
from sessions.packs.tables import Resource, ResourceFile
from sessions.tables import Speaker


async def put_file(resource: Resource, received: ReceivedFile, content: Content, *, now: datetime) -> None:
    """Make this the resource's file, under the conference's lock; the one before stays with its version."""
    await ResourceFile.update({ResourceFile.is_current: False}).where(ResourceFile.resource == resource.id)
    await ResourceFile(
        resource=resource.id,
        content=content.id,
        filename=received.filename,
        media_type=received.file_type.media_type,
        uploaded_at=now,
    ).save()


async def replace_file(
    conference: Conference,
    code: str,
    form: UploadForm,
    *,
    note: str = "",
    storage: Storage,
    actor: SignedInOrganiser | str,
    speaker: Speaker | None = None,
    now: datetime,
) -> None:
    """Put the first file of ``form``, whose octets already lie in ``storage``, in the place of the resource's present one,
    which stays with its version. The team is told of what a ``speaker`` does. Raises NotFound, FileRefused."""
    try:
        await look_at_captions(form, storage=storage)
    except BaseException:
        with CancelScope(shield=True):
            await form.discard(storage)
        raise
    received = form.files[0]
    arrived = contents.adopted(storage, [received.stored], now=now)
    async with arrived as (content,), locked(Conference, conference.id):
        resource = (
            await Resource.objects()
            .where(
                (Resource.conference == conference.id) & (Resource.code == code[:12]) & (Resource.url == "")
            )
            .first()
        )
        if resource is None:
            raise NotFound(_("There is no such file to replace."))
        await new_version(
            conference, resource, received, content, note=note, actor=actor, speaker=speaker, now=now
        )


async def new_version(
    conference: Conference,
    resource: Resource,
    received: ReceivedFile,
    content: Content,
    *,
    note: str = "",
    actor: SignedInOrganiser | str,
    speaker: Speaker | None = None,
    now: datetime,
) -> None:
    """The resource with another file, under the conference's lock. The team is told of what a ``speaker`` does."""
    await put_file(resource, received, content, now=now)
    await versions.note_version(
        resource.id, [versions.FILE], actor=actor, note=texts.clean_line(note)[:500], now=now
    )
    for pack in await placing.packs_with(resource.id):
        await write_pack(pack, {}, now)
    after = {"filename": received.filename, "size": received.stored.size}
    await record(conference, actor, "resource-file-replaced", f"resource:{resource.code}", now, after=after)
    if speaker is not None:
        await tell_of_own(conference, speaker, resource, "replaced", now=now)
