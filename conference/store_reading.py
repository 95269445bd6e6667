"""Octets of a file in a local folder, piece by piece: those that the system has in memory at once, the others in a thread.

Handing a read to a thread costs more than a read from memory, and a read from a slow disk would keep every other page
waiting: so the system is asked first which of the two it will be (preadv2(2), RWF_NOWAIT).
"""

from __future__ import annotations

import asyncio
import errno
import io
import os
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

PIECE = 256 * 1024
"""Octets at a time: what a processor keeps near while they are copied on to the network."""
_ONE_OPENING = (
    16 * 1024 * 1024
)  # octets; then the file is opened anew, and one that is gone by now is noticed

IS_POSSIBLE = hasattr(os, "pread")


async def pieces(path: Path, start: int, end: int, piece: int = PIECE) -> AsyncGenerator[bytes, None]:
    """From ``start`` to before ``end`` of the file. Raises OSError, and EOFError where the file ends before."""
    position = start
    while position < end:
        handle = await _opened(path)
        try:
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_SEQUENTIAL)
            stop = min(end, position + _ONE_OPENING)
            while position < stop:
                length = min(piece, stop - position)
                if _is_at_hand(handle, position, length):
                    octets = os.pread(handle, length, position)
                else:
                    octets = await asyncio.to_thread(os.pread, handle, length, position)
                if len(octets) != length:
                    raise EOFError(f"{len(octets)} octets at {position}")
                yield octets
                position += length
        finally:
            os.close(handle)


async def _opened(path: Path) -> int:
    """A handle of the file. Whoever is cancelled meanwhile never has it: then it is closed as soon as it is there."""
    opening = asyncio.ensure_future(asyncio.to_thread(os.open, path, os.O_RDONLY))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close_again)
        raise


def _close_again(opening: asyncio.Future[int]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        os.close(opening.result())


class RangedFile(io.RawIOBase):
    """Octets that ``read(start, end)`` gives, as a file of ``size`` octets."""

    def __init__(self, read: Callable[[int, int], bytes], size: int) -> None:
        super().__init__()
        self._read, self._size, self._position = read, size, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next octet comes from."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go there."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError(errno.EINVAL, "a place before the beginning")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill ``buffer``, as far as there is something."""
        with memoryview(buffer).cast("B") as view:
            end = min(self._position + len(view), self._size)
            if end <= self._position:
                return 0
            octets = self._read(self._position, end)
            view[: len(octets)] = octets
        self._position += len(octets)
        return len(octets)


def _is_at_hand(handle: int, position: int, length: int) -> bool:
    """Whether both ends of the piece are in memory, and so with it, as good as always, all of it."""
    if not hasattr(os, "RWF_NOWAIT"):
        return False
    one = bytearray(1)
    try:
        os.preadv(handle, [one], position, os.RWF_NOWAIT)
        os.preadv(handle, [one], position + length - 1, os.RWF_NOWAIT)
    except OSError:  # not in memory; or the file system cannot tell, and every read goes to a thread
        return False
    return True
