"""Pure: a zip archive that is never made, only told: where each octet of it would stand, computed before the first is sent.

Members are stored as they are (not deflated) and their checksums are known beforehand, so that the whole archive is the
same octets each time, has a known length, and can be sent from any octet on. It is written here and not by a library
because none does that from files that are read asynchronously.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

FIRST_DAY = date(1980, 1, 1)
"""The first date a zip can say."""
_LAST_DAY = date(2107, 12, 31)
_MODE = 0o100644 << 16
_UINT32 = 0xFFFFFFFF

ReadFile = Callable[[str, int, int], AsyncIterator[bytes]]
"""``read(key, start, end)``: the octets of a stored file from ``start`` to before ``end``."""


class ZipBroken(Exception):
    """A stored file is shorter or longer than it should be; the download ends short, and cannot be taken for whole."""


@dataclass(frozen=True)
class ZipMember:
    """One file of the archive: either ``content`` itself, or the ``key`` of a stored file of ``size`` octets."""

    path: str
    size: int
    crc32: int
    content: bytes | None = field(default=None, repr=False)
    key: str = ""


def made_member(path: str, content: bytes) -> ZipMember:
    """A member of which the octets are at hand."""
    return ZipMember(path, len(content), zlib.crc32(content), content)


@dataclass(frozen=True)
class FilePiece:
    """Octets from ``start`` to before ``end`` of the stored file ``key``."""

    key: str
    start: int
    end: int


class ZipLayout:
    """The archive of ``members`` in their order, all dated ``day``. ``size`` is its exact length in octets."""

    def __init__(self, members: Sequence[ZipMember], day: date = FIRST_DAY) -> None:
        self._day = _dos_date(day)
        self._starts: list[int] = []
        self._segments: list[bytes | FilePiece] = []
        self.size = 0
        listed, waiting, place = [], [], 0
        for member in members:
            listed.append(self._central_header(member, place))
            header = self._local_header(member)
            waiting += [header, member.content or b""]
            place += len(header) + member.size
            if member.content is None and member.size:
                self._add(b"".join(waiting))
                waiting = []
                self._add(FilePiece(member.key, 0, member.size))
        directory = b"".join(listed)
        self._add(b"".join([*waiting, directory, _end_record(len(listed), len(directory), place)]))

    @cached_property
    def etag(self) -> str:
        """A strong ETag, quoted: equal only for archives that are equal in every octet. What lies under a key never changes."""
        digest = hashlib.sha256()
        for segment in self._segments:
            digest.update(segment if isinstance(segment, bytes) else segment.key.encode())
        return f'"{digest.hexdigest()[:40]}"'

    @property
    def weight(self) -> int:
        """How many octets of it are held in memory."""
        return sum(len(segment) for segment in self._segments if isinstance(segment, bytes))

    @property
    def keys(self) -> dict[str, int]:
        """The stored files it is made of, with their sizes in octets."""
        return {one.key: one.end for one in self._segments if isinstance(one, FilePiece)}

    def pieces(self, start: int, end: int) -> Iterator[bytes | FilePiece]:
        """What stands from ``start`` to before ``end`` of the archive."""
        number = bisect_right(self._starts, start) - 1
        while start < end:
            begins, segment = self._starts[number], self._segments[number]
            length = len(segment) if isinstance(segment, bytes) else segment.end
            first, last = start - begins, min(end - begins, length)
            if isinstance(segment, bytes):
                yield segment[first:last]
            else:
                yield FilePiece(segment.key, first, last)
            start, number = begins + last, number + 1

    async def stream(self, read: ReadFile, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The archive's octets from ``start`` to before ``end`` (None: to its end).

        Raises ZipBroken, and lets errors of ``read`` through: what was sent until then ends before the archive's directory
        and is no zip.
        """
        for piece in self.pieces(start, self.size if end is None else end):
            if isinstance(piece, bytes):
                yield piece
                continue
            left = piece.end - piece.start
            async for chunk in read(piece.key, piece.start, piece.end):
                left -= len(chunk)
                if left < 0:
                    break
                yield chunk
            if left:
                raise ZipBroken(f"file {piece.key} has not the length it should have")

    def _add(self, segment: bytes | FilePiece) -> None:
        self._starts.append(self.size)
        self._segments.append(segment)
        self.size += len(segment) if isinstance(segment, bytes) else segment.end

    def _local_header(self, member: ZipMember) -> bytes:
        # APPNOTE 4.3.7; 4.5.3: in a local header both lengths stand in the extra field.
        name, size, extra = member.path.encode(), member.size, b""
        if size >= _UINT32:
            extra, size = struct.pack("<HHQQ", 1, 16, size, size), _UINT32
        version = 45 if extra else 20
        fields = (version, _flags(member), 0, 0, self._day, member.crc32, size, size, len(name), len(extra))
        return struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", *fields) + name + extra

    def _central_header(self, member: ZipMember, place: int) -> bytes:
        # APPNOTE 4.3.12 and 4.5.3: the extra field holds only the values that do not fit.
        name = member.path.encode()
        large = [value for value in (member.size, member.size, place) if value >= _UINT32]
        extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
        size, version = min(member.size, _UINT32), 45 if large else 20
        fields = (3 << 8 | version, version, _flags(member), 0, 0, self._day, member.crc32, size, size)
        lengths = (len(name), len(extra), 0, 0, 0, _MODE, min(place, _UINT32))
        return struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", *fields, *lengths) + name + extra


def _flags(member: ZipMember) -> int:
    return 0 if member.path.isascii() else 0x800  # APPNOTE 4.4.4, bit 11: the name is UTF-8


def _dos_date(day: date) -> int:
    day = min(max(day, FIRST_DAY), _LAST_DAY)
    return (day.year - 1980) << 9 | day.month << 5 | day.day


def _end_record(count: int, listed: int, place: int) -> bytes:
    # APPNOTE 4.3.14 to 4.3.16.
    zip64 = b""
    if count >= 0xFFFF or listed >= _UINT32 or place >= _UINT32:
        zip64 = struct.pack(
            "<4sQHHIIQQQQ", b"PK\x06\x06", 44, 3 << 8 | 45, 45, 0, 0, count, count, listed, place
        )
        zip64 += struct.pack("<4sIQI", b"PK\x06\x07", 0, place + listed, 1)
    short = min(count, 0xFFFF)
    fields = (0, 0, short, short, min(listed, _UINT32), min(place, _UINT32), 0)
    return zip64 + struct.pack("<4sHHHHIIH", b"PK\x05\x06", *fields)
