"""Rules about the photos of speakers: setting one, taking it away, and where its files lie.

A photo is shown beside a speaker who stands in the latest release as soon as it is there, and gone as soon as it is
taken away: nobody should have to wait for a release to get their face off a page.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from anyio import CancelScope

from conference import audit
from conference.conferences import touch_public
from conference.db import locked
from conference.errors import NotFound
from conference.i18n import _
from conference.pictures import ONE_AT_A_TIME
from conference.storage import Storage, forget
from conference.viewer import SignedInOrganiser
from sessions.schedule.draft_changes import touch_draft
from sessions.speakers.pictures import SMALL, Picture, made_picture
from sessions.speakers.records import slots_of_speaker
from sessions.tables import Speaker, SpeakerKind

_KEY = re.compile(r"(?P<base>[a-z0-9/]+)_(?P<width>[0-9]{1,4})x(?P<height>[0-9]{1,4})\.webp")


@dataclass(frozen=True)
class Photo:
    """Where a speaker's photo lies in the store, and its size in pixels (of the large file)."""

    key: str
    small_key: str
    width: int
    height: int

    @property
    def version(self) -> str:
        """Eight characters that change with the photo, for addresses; they tell nothing of where it lies."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:8]

    @property
    def small_size(self) -> tuple[int, int]:
        """Width and height of the small file."""
        scale = min(1.0, SMALL / max(self.width, self.height))
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))

    def path(self, conference_slug: str, speaker_code: str, *, small: bool = False) -> str:
        """The public address of the photo, without the site's own."""
        own = f"/{conference_slug}/speakers/{speaker_code}/photo?v={self.version}"
        return f"{own}&size=small" if small else own


def photo_of(photo_key: str) -> Photo | None:
    """What ``Speaker.photo_key`` says; None for "" (no photo)."""
    found = _KEY.fullmatch(photo_key)
    if found is None:
        return None
    small_key = f"{found['base']}_small.webp"
    return Photo(photo_key, small_key, int(found["width"]), int(found["height"]))


async def photos_in(conference_id: int) -> dict[str, Photo]:
    """The photos of the conference's speakers, by the speaker's code. One query."""
    rows = await Speaker.select(Speaker.code, Speaker.photo_key).where(
        (Speaker.conference == conference_id) & (Speaker.photo_key != "")
    )
    found = {row["code"]: photo_of(row["photo_key"]) for row in rows}
    return {code: photo for code, photo in found.items() if photo is not None}


async def set_photo(
    speaker_id: int, data: bytes, *, storage: Storage, actor: SignedInOrganiser | str, now: datetime
) -> None:
    """Make the file the speaker's photo in place of any before, whose files are removed.

    Raises PictureRefused, NotFound, StorageFull and StorageUnavailable, and then nothing has changed.
    """
    known = await Speaker.select(Speaker.kind).where(Speaker.id == speaker_id).first()
    if known is None:
        raise _not_there()
    async with ONE_AT_A_TIME:
        is_mark = known["kind"] == SpeakerKind.ORGANISATION
        picture = await asyncio.to_thread(made_picture, data, is_mark=is_mark)
    photo = await _stored(storage, picture)
    try:
        before = await _exchange(speaker_id, photo.key, "speaker-photo-set", actor=actor, now=now)
    except BaseException:
        with CancelScope(shield=True):
            await discard_unused(storage, photo)
        raise
    await forget_photo(storage, before)


async def remove_photo(
    speaker_id: int, *, storage: Storage, actor: SignedInOrganiser | str, now: datetime
) -> None:
    """Take the speaker's photo away, from every page and from the store. Nothing happens where there is none."""
    before = await _exchange(speaker_id, "", "speaker-photo-removed", actor=actor, now=now)
    await forget_photo(storage, before)


async def forget_photo(storage: Storage, photo_key: str) -> None:
    """Remove the files of a photo that no speaker has any more; "" is no photo."""
    if photo := photo_of(photo_key):
        await forget(storage, [photo.key, photo.small_key])


async def discard_unused(storage: Storage, photo: Photo) -> None:
    """Remove a photo's files unless some speaker has it after all: a commit may succeed unheard."""
    if not await Speaker.exists().where(Speaker.photo_key == photo.key):
        await forget_photo(storage, photo.key)


async def _stored(storage: Storage, picture: Picture) -> Photo:
    base = storage.new_key()
    photo = photo_of(f"{base}_{picture.width}x{picture.height}.webp")
    if photo is None:
        raise ValueError(f"{base!r} makes no key of a photo")
    await storage.put_stream(_once(picture.large), photo.key)
    try:
        await storage.put_stream(_once(picture.small), photo.small_key)
    except BaseException:
        with CancelScope(shield=True):
            await forget(storage, [photo.key])
        raise
    return photo


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _exchange(
    speaker_id: int, key: str, action: str, *, actor: SignedInOrganiser | str, now: datetime
) -> str:
    """Write the photo's key and tell of it; the key before."""
    async with locked(Speaker, speaker_id):
        speaker = (
            await Speaker.select(Speaker.conference, Speaker.code, Speaker.photo_key)
            .where(Speaker.id == speaker_id)
            .first()
        )
        if speaker is None:
            raise _not_there()
        before: str = speaker["photo_key"]
        if before == key:
            return ""
        await Speaker.update({Speaker.photo_key: key}).where(Speaker.id == speaker_id)
        await audit.record(
            conference_id=speaker["conference"],
            actor=actor,
            action=action,
            subject=f"speaker:{speaker['code']}",
            now=now,
        )
        await touch_public(speaker["conference"])
        await touch_draft(
            speaker["conference"],
            slots=await slots_of_speaker(speaker_id),
            actor=actor if isinstance(actor, SignedInOrganiser) else None,
            now=now,
        )
    return before


def _not_there() -> NotFound:
    return NotFound(_("There is no such speaker. They may have been deleted meanwhile."))
