"""Files that lie in the store already, looked at before anybody else sees them."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import PurePosixPath

from conference.filetypes import FILE_TYPES, HEAD_BYTES, TAIL_BYTES, check_ending, sniff
from conference.storage import Storage, Stored, forget
from conference.uploads import ReceivedFile, UploadForm
from sessions.packs.collecting import captions, subrip


async def look_at(stored: Stored, filename: str, *, storage: Storage) -> ReceivedFile:
    """The file in the store as what it is, captions as WebVTT. Raises FileRefused for what is not kept (see
    ``conference.filetypes``), and for captions that no player can show."""
    head = await _octets(storage, stored.key, 0, min(HEAD_BYTES, stored.size))
    file_type = sniff(head, filename)
    tail = await _octets(storage, stored.key, max(0, stored.size - TAIL_BYTES), stored.size)
    check_ending(file_type, filename, tail, stored.size)
    return await with_captions(ReceivedFile("file", filename, "", file_type, stored), storage=storage)


async def look_at_captions(form: UploadForm, *, storage: Storage) -> None:
    """Every file of the form ``with_captions``, in its place. Raises FileRefused; then all of them lie in the store still."""
    for place, received in enumerate(form.files):
        form.files[place] = await with_captions(received, storage=storage)


async def with_captions(received: ReceivedFile, *, storage: Storage) -> ReceivedFile:
    """The file, which has taken the place of the one in the store where it was SubRip: players read WebVTT alone.

    Raises FileRefused for captions that no player can show. Other files are let through as they are.
    """
    kind = received.file_type.media_type
    if kind not in (VTT.media_type, SRT.media_type):
        return received
    size = min(received.stored.size, captions.MOST_BYTES + 1)
    data = await _octets(storage, received.stored.key, 0, size)
    if kind == VTT.media_type:
        await to_thread(captions.read_captions, data, received.filename)
        return received
    written = await to_thread(subrip.to_webvtt, data, received.filename)  # a day of captions takes a second

    async def octets() -> AsyncIterator[bytes]:
        yield written

    stored = await storage.put_stream(octets())
    await forget(storage, [received.stored.key])
    name = f"{PurePosixPath(received.filename).stem}.{VTT.extension}"
    return replace(received, filename=name, file_type=VTT, stored=stored)


VTT, SRT = FILE_TYPES["vtt"], FILE_TYPES["srt"]


async def _octets(storage: Storage, key: str, start: int, end: int) -> bytes:
    return b"".join([chunk async for chunk in storage.stream(key, start, end)])
