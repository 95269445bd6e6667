"""The octets of an upload as they arrive: stored piece by piece, so that a line that breaks loses little."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from anyio import CancelScope

from conference.codes import new_code
from conference.db import locked
from conference.errors import InvalidInput
from conference.filetypes import HEAD_BYTES, FileRefused, sniff
from conference.i18n import _
from conference.storage import Storage, Stored, forget
from conference.tus import Checksum, ChecksumDiffers, OffsetDiffers
from sessions.packs.collecting.uploads import LASTS, check_room, pieces_of, refuse_upload
from sessions.packs.tables import Upload, UploadPart, UploadState

PIECE_BYTES = 16 * 1024 * 1024
"""So much at most is lost when the server is killed; a broken line loses nothing that arrived."""
MOST_PIECES = 4000


class MoreThanAnnounced(InvalidInput):
    """More octets came than the upload was said to have."""

    http_status = 413


async def receive_octets(
    upload: Upload,
    octets: AsyncIterator[bytes],
    *,
    offset: int,
    checksum: Checksum | None = None,
    storage: Storage,
    now: datetime,
) -> int:
    """Store what ``octets`` brings from ``offset`` on, and say how far the upload has come.

    An iterator that ends early is a line that broke: what came is kept, unless a ``checksum`` was to be met. Raises OffsetDiffers
    for octets that do not follow on those that are there (also when another request brings the same at the same time),
    ChecksumDiffers, MoreThanAnnounced, FileRefused for a file whose beginning is nothing that is kept, and what the store
    raises; what was stored before stays.
    """
    if upload.state != UploadState.RECEIVING or offset != upload.received:
        raise _differs()
    source = _Source(octets, checksum)
    pieces: list[tuple[int, Stored]] = []
    position = offset
    try:
        if position == 0:
            await _look_at_beginning(upload, source, storage=storage, now=now)
        while position < upload.size and await source.has_more():
            most = min(PIECE_BYTES, upload.size - position)
            await check_room(storage, most)  # others fill the disk meanwhile
            key = f"{pieces_of(upload)}/{position}-{new_code(6)}"
            stored = await storage.put_stream(source.take(most), key)
            pieces.append((position, stored))
            position += stored.size
            if position == upload.size and await source.has_more():
                raise MoreThanAnnounced(_("More came than was announced. Please choose the file again."))
            if checksum is None:
                await _note(upload, pieces[0], now)
                pieces.clear()
        if checksum is not None:
            if not source.meets():
                raise ChecksumDiffers(_("A part was damaged on its way. It is sent once more."))
            for piece in pieces:
                await _note(upload, piece, now)
    except BaseException:
        with CancelScope(shield=True):
            await _forget_unnoted(storage, [stored.key for _start, stored in pieces])
        raise
    return position


async def _look_at_beginning(upload: Upload, source: _Source, *, storage: Storage, now: datetime) -> None:
    """Refuse at once what its first octets show to be nothing that is kept, before gigabytes follow."""
    head = await source.peek(HEAD_BYTES)
    if len(head) < min(HEAD_BYTES, upload.size):
        return  # too little to tell; it is looked at when all is there
    try:
        sniff(head, upload.filename)
    except FileRefused as refusal:
        await refuse_upload(upload, refusal.message, storage=storage, now=now)
        raise


async def _note(upload: Upload, piece: tuple[int, Stored], now: datetime) -> None:
    """Note that a piece lies in the store, if the upload still stands where it begins. Raises OffsetDiffers."""
    start, stored = piece
    async with locked(Upload, upload.id):
        if await UploadPart.count().where(UploadPart.upload == upload.id) >= MOST_PIECES:
            raise MoreThanAnnounced(_("This came in too many small pieces. Please choose the file again."))
        reached = start + stored.size
        facts: dict[Any, Any] = {Upload.received: reached, Upload.expires_at: now + LASTS}
        if (
            reached == upload.size
        ):  # with the last octet, so that no one who asks finds all of it there and not whole
            facts[Upload.state] = UploadState.RECEIVED.value
        moved = (
            await Upload.update(facts)
            .where(
                (Upload.id == upload.id)
                & (Upload.received == start)
                & (Upload.state == UploadState.RECEIVING.value)
            )
            .returning(Upload.id)
        )
        if not moved:
            raise _differs()
        await UploadPart(upload=upload.id, start=start, size=stored.size, key=stored.key).save()


async def _forget_unnoted(storage: Storage, keys: list[str]) -> None:
    """Remove pieces that no row knows of. Whether one does is asked: a commit may succeed unheard."""
    if keys:
        noted = await UploadPart.select(UploadPart.key).where(UploadPart.key.is_in(keys))
        known = {row["key"] for row in noted}
        await forget(storage, [key for key in keys if key not in known])


def _differs() -> OffsetDiffers:
    return OffsetDiffers(_("The upload stands elsewhere than expected. It goes on from where it is."))


class _Source:
    """What arrives, cut into pieces of the size asked for."""

    def __init__(self, octets: AsyncIterator[bytes], checksum: Checksum | None) -> None:
        self._octets = octets
        self._checksum = checksum
        self._hash = checksum.start() if checksum else None
        self._waiting = b""
        self._is_over = False

    async def peek(self, count: int) -> bytes:
        """The next ``count`` octets, fewer at the end, without taking them."""
        waiting = [self._waiting]
        length = len(self._waiting)
        while length < count and (chunk := await self._next()):
            waiting.append(chunk)
            length += len(chunk)
        self._waiting = b"".join(waiting)
        return self._waiting[:count]

    async def has_more(self) -> bool:
        """Whether anything comes after what was taken."""
        return bool(await self.peek(1))

    async def take(self, most: int) -> AsyncIterator[bytes]:
        """The next octets, at most ``most`` of them."""
        left = most
        while left and await self.has_more():
            chunk, self._waiting = self._waiting[:left], self._waiting[left:]
            left -= len(chunk)
            if self._hash is not None:
                self._hash.update(chunk)
            yield chunk

    def meets(self) -> bool:
        """Whether everything taken comes to the checksum."""
        return self._checksum is None or (
            self._hash is not None and self._hash.digest() == self._checksum.digest
        )

    async def _next(self) -> bytes:
        while not self._is_over:
            chunk = await anext(self._octets, None)
            if chunk is None:
                self._is_over = True
            elif chunk:
                return chunk
        return b""
