"""Files on their way, over as many broken lines as it takes: begun, found again, given up, forgotten in the end."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from conference.codes import new_code
from conference.db import locked, transaction
from conference.errors import Gone, InvalidInput, NotFound
from conference.filenames import safe_filename
from conference.filetypes import check_name
from conference.i18n import _
from conference.storage import Storage, StorageFull, StorageUnavailable
from conference.tables import Conference
from conference.uploads import FileTooLarge
from conference.viewer import SignedInOrganiser
from sessions.packs.resource_facts import FileDetails
from sessions.packs.tables import Upload, UploadPart, UploadState
from sessions.tables import Speaker

logger = logging.getLogger("meridian.resources")
LASTS = timedelta(days=7)
"""How long an upload waits for its next octets."""
REMEMBERED = timedelta(days=2)
"""How long it stays known what became of one that has arrived."""
MOST_AT_ONCE = 50
"""Unfinished uploads of one person: more are a mistake, or somebody filling the disk."""
SPARE_ROOM = 200_000_000  # octets the disk keeps for everything else

INCOMING = "incoming"

ON_THE_WAY = (UploadState.RECEIVING.value, UploadState.RECEIVED.value)


class TooManyUploads(InvalidInput):
    """So many are unfinished that another one would only make it worse."""

    http_status = 429


@dataclass(frozen=True)
class Sender:
    """Who sends: an organiser at the desk of the conference, or a speaker on their own page."""

    conference: Conference
    organiser: SignedInOrganiser | None = None
    speaker: Speaker | None = None

    @property
    def actor(self) -> SignedInOrganiser | str:
        """As the record of changes names them."""
        if self.organiser is not None:
            return self.organiser
        return self.speaker.name if self.speaker is not None else ""

    @property
    def own(self) -> Any:
        """Which uploads are theirs to go on with. At the desk they are everybody's of the team."""
        mine = Upload.conference == self.conference.id
        if self.speaker is not None:
            return mine & (Upload.speaker == self.speaker.id)
        return mine & Upload.speaker.is_null()


@dataclass(frozen=True)
class Target:
    """Where a file will go, as row ids: a new resource of a session or of the conference (None), placed in ``pack``, or
    the next version of the resource ``replaces``."""

    session: int | None = None
    pack: int | None = None
    replaces: int | None = None


@dataclass(frozen=True)
class Announced:
    """A file as its sender announces it. ``size`` in octets; ``modified`` is when it was last changed, as a browser tells it
    (milliseconds, 0 unknown): the same name, size and moment are taken for the same file."""

    filename: str
    size: int
    modified: int = 0


async def begin_upload(
    sender: Sender,
    target: Target,
    file: Announced,
    details: FileDetails,
    *,
    note: str = "",
    storage: Storage,
    max_bytes: int,
    now: datetime,
) -> Upload:
    """A new upload, or the one of the same file to the same place that broke off; then ``details`` are those said last.

    Raises FileTooLarge, FileRefused (for what its name says), TooManyUploads, StorageFull.
    """
    if file.size > max_bytes:
        raise FileTooLarge(
            _("“%(name)s” is too large: at most %(limit)s MB can be kept here.")
            % {"name": safe_filename(file.filename), "limit": f"{max_bytes / 1_000_000:g}"}
        )
    check_name(file.filename, file.size)
    told = json.dumps({**details.as_json(), "note": note, "modified": file.modified}, ensure_ascii=False)
    async with transaction():
        unfinished = (
            await Upload.objects()
            .where(sender.own & Upload.state.is_in(list(ON_THE_WAY)) & (Upload.expires_at > now))
            .order_by(Upload.id)
        )
        if sender.organiser is not None:
            mine = [upload for upload in unfinished if upload.organiser == sender.organiser.id]
        else:
            mine = unfinished
        for upload in mine:
            if _is_same(upload, target, file):
                await Upload.update({Upload.details: told, Upload.expires_at: now + LASTS}).where(
                    Upload.id == upload.id
                )
                return upload
        if len(mine) >= MOST_AT_ONCE:
            raise TooManyUploads(
                _("You have many unfinished uploads. Please finish or discard some of them first.")
            )
        # Its parts and, for a moment, the whole made of them.
        await check_room(storage, 2 * file.size)
        upload = Upload(
            conference=sender.conference.id,
            code=new_code(32),
            speaker=sender.speaker.id if sender.speaker else None,
            organiser=sender.organiser.id if sender.organiser else None,
            session=target.session,
            pack=target.pack,
            replaces=target.replaces,
            filename=safe_filename(file.filename),
            size=file.size,
            details=told,
            created_at=now,
            expires_at=now + LASTS,
        )
        await upload.save()
    return upload


async def upload_of(sender: Sender, code: str, now: datetime) -> Upload:
    """The sender's upload of this code. Raises NotFound, and Gone for one that waited too long."""
    upload = await Upload.objects().where(sender.own & (Upload.code == code[:40])).first()
    if upload is None:
        raise NotFound(_("There is no such upload. Please choose the file again."))
    if upload.expires_at <= now and upload.state in ON_THE_WAY:
        raise Gone(_("This upload waited too long to be finished. Please choose the file again."))
    return upload


async def unfinished_uploads(sender: Sender, now: datetime, *, pack: int | None = None) -> list[Upload]:
    """What is on its way or was refused of late, the newest first; ``pack``: into this pack only."""
    is_shown = (Upload.state != UploadState.KEPT.value) & (Upload.expires_at > now)
    found = await Upload.objects().where(sender.own & is_shown).order_by(Upload.id, ascending=False)
    return [upload for upload in found if pack is None or upload.pack == pack]


async def discard_upload(upload: Upload, *, storage: Storage) -> None:
    """Give the upload up: nothing of it stays. Twice is once."""
    async with locked(Upload, upload.id):
        await Upload.delete().where(Upload.id == upload.id)
    await forget_pieces(upload, storage)


async def refuse_upload(upload: Upload, message: str, *, storage: Storage, now: datetime) -> None:
    """Keep nothing of the upload but why it was refused, for the person to read."""
    async with locked(Upload, upload.id):
        await UploadPart.delete().where(UploadPart.upload == upload.id)
        await Upload.update(
            {
                Upload.state: UploadState.REFUSED.value,
                Upload.refusal: message,
                Upload.expires_at: now + REMEMBERED,
            }
        ).where(Upload.id == upload.id)
    await forget_pieces(upload, storage)


def pieces_of(upload: Upload) -> str:
    """The folder of the store in which the upload's pieces lie."""
    return f"{INCOMING}/{upload.code}"


async def forget_pieces(upload: Upload, storage: Storage) -> None:
    """Remove the upload's pieces from the store, once no row speaks of them. What a store that is away keeps is swept later."""
    try:
        await storage.delete_below(pieces_of(upload))
    except StorageUnavailable as error:
        logger.warning("pieces of upload %s stay behind: %s", upload.id, error.message)


async def sweep_uploads(storage: Storage, *, now: datetime) -> int:
    """Remove uploads whose time is over, and pieces of which no upload is left; how many. A bounded number at a time."""
    over = await Upload.objects().where(Upload.expires_at <= now).order_by(Upload.id).limit(100)
    for upload in over:
        await discard_upload(upload, storage=storage)
    # First the folders and then the rows: an upload has its row before its first piece.
    folders = (await storage.folders_below(INCOMING))[:1000]
    needed = await Upload.select(Upload.code).where(Upload.code.is_in([*folders, ""]))
    strays = set(folders) - {row["code"] for row in needed}
    for code in strays:
        await storage.delete_below(f"{INCOMING}/{code}")
    return len(over) + len(strays)


def _is_same(upload: Upload, target: Target, file: Announced) -> bool:
    place = Target(upload.session, upload.pack, upload.replaces)
    modified = json.loads(upload.details).get("modified", 0)
    known = Announced(upload.filename, upload.size, modified)
    return place == target and known == Announced(safe_filename(file.filename), file.size, file.modified)


async def check_room(storage: Storage, octets: int) -> None:
    """Refuse (StorageFull) what would leave the disk no room for everything else: the database lies on it as well."""
    free = await storage.free_octets()
    if free is not None and free < octets + SPARE_ROOM:
        raise StorageFull(_("There is no room left for files. Please tell the people who run this site."))
