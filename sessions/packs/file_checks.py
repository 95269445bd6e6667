"""Files that lie in the store already, looked at before anybody else sees them."""

from __future__ import annotations

from conference.filetypes import HEAD_BYTES, TAIL_BYTES, check_ending, sniff
from conference.storage import Storage, Stored
from conference.uploads import ReceivedFile
from sessions.packs import captions


async def look_at(stored: Stored, filename: str, *, storage: Storage) -> ReceivedFile:
    """The file in the store as what it is. Raises FileRefused for what is not kept (see ``conference.filetypes``), and for
    captions that no player can show."""
    head = await _octets(storage, stored.key, 0, min(HEAD_BYTES, stored.size))
    file_type = sniff(head, filename)
    tail = await _octets(storage, stored.key, max(0, stored.size - TAIL_BYTES), stored.size)
    check_ending(file_type, filename, tail, stored.size)
    received = ReceivedFile("file", filename, "", file_type, stored)
    await check_captions(received, storage=storage)
    return received


async def check_captions(received: ReceivedFile, *, storage: Storage) -> None:
    """Refuse (FileRefused) captions that no player can show. Other files are let through."""
    if captions.is_captions_file(received.file_type.media_type):
        size = min(received.stored.size, captions.MOST_BYTES + 1)
        captions.read_captions(await _octets(storage, received.stored.key, 0, size), received.filename)


async def _octets(storage: Storage, key: str, start: int, end: int) -> bytes:
    return b"".join([chunk async for chunk in storage.stream(key, start, end)])
