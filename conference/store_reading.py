"""Octets of a file in a local folder, piece by piece: those that the system has in memory at once, the others in a thread.

Handing a read to a thread costs more than a read from memory, and a read from a slow disk would keep every other page
waiting: so the system is asked first which of the two it will be (preadv2(2), RWF_NOWAIT).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from pathlib import Path

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
        handle = await asyncio.to_thread(os.open, path, os.O_RDONLY)
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
