"""A zip that somebody sent, opened with suspicion: refused as a whole before anything of it is written anywhere. Blocking.

Whoever reads a zip and whoever checks it must see the same files: so everything by which two readers could differ is refused
too, such as names that stand twice, or octets that belong to no file.
"""

from __future__ import annotations

import hashlib
import io
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from conference.filetypes import HEAD_BYTES, TAIL_BYTES
from sessions.packs.importing.reasons import Refused

MOST_FILES = 10_000
MOST_DIRECTORY = 32 * 1024 * 1024  # octets of the archive's list of files, which is read at once
MOST_NAME = 1000
_CHUNK = 1024 * 1024
_RATIO = 200  # real files hardly pass 30; ten megabytes of zeros pass 1,000
_SMALL = 100_000_000  # octets that may come of however little
_BETWEEN = 65_535 + 24  # octets that may stand between two files: an extra field and a data descriptor
_JUNK = re.compile(r"(?:^|/)(?:__MACOSX/.*|\.DS_Store|Thumbs\.db|desktop\.ini|\._[^/]*)$")
# The last two are how zipfile says that it does not know a compression, and that a file is encrypted.
_BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError)


class Guarded(io.BufferedReader):
    """A file of which nobody reads more at once than an honest list of files needs."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MOST_DIRECTORY:
            raise zipfile.BadZipFile("too much at once")
        return super().read(size)


@dataclass
class Scanned:
    """A file of the archive as it really is: its length and checksums, by name, and its beginning and end."""

    size: int = 0
    digests: dict[str, str] = field(default_factory=dict)
    head: bytes = b""
    tail: bytes = b""


class Archive:
    """An archive that has passed. ``names`` are those of its files, without what systems add for themselves."""

    def __init__(self, file: zipfile.ZipFile, size: int, most_bytes: int) -> None:
        self._file = file
        members = file.infolist()
        _check_whole(file, members, size)
        self._members = {one.filename: one for one in members if not one.is_dir()}
        _check_sizes(members, most_bytes)
        self.names = [name for name in self._members if not _JUNK.search(name)]

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def size(self, name: str) -> int:
        """The length of a file in octets, as the archive says."""
        return self._members[name].file_size

    def read(self, name: str, most: int) -> bytes:
        """A small file, whole. Raises Refused."""
        if self.size(name) > most:
            raise Refused("large", {"name": name})
        return b"".join(self.chunks(name))

    def chunks(self, name: str) -> Iterator[bytes]:
        """The octets of a file. Raises Refused where it is not what the archive says."""
        try:
            with self._file.open(self._members[name]) as opened:
                while chunk := opened.read(_CHUNK):
                    yield chunk
        except _BROKEN as error:
            raise Refused("damaged", {"name": name}) from error

    def scan(self, name: str, algorithms: Iterable[str], passed: Callable[[int], None]) -> Scanned:
        """Read a file once, from beginning to end. ``passed`` is told how many octets have gone by. Raises Refused."""
        scanned = Scanned()
        hashes = {one: hashlib.new(one, usedforsecurity=False) for one in algorithms}
        tail = bytearray()
        for chunk in self.chunks(name):
            for one in hashes.values():
                one.update(chunk)
            if len(scanned.head) < HEAD_BYTES:
                scanned.head += chunk[: HEAD_BYTES - len(scanned.head)]
            tail += chunk
            del tail[:-TAIL_BYTES]
            scanned.size += len(chunk)
            passed(len(chunk))
        scanned.digests = {one: found.hexdigest() for one, found in hashes.items()}
        scanned.tail = bytes(tail)
        return scanned


@contextmanager
def opened(raw: io.RawIOBase, size: int, most_bytes: int) -> Iterator[Archive]:
    """The archive in ``raw``, of ``size`` octets; none of its files may have more than ``most_bytes``. Raises Refused."""
    reader = Guarded(raw, buffer_size=_CHUNK)
    try:
        try:
            file = zipfile.ZipFile(reader)
        except (*_BROKEN, ValueError, OverflowError) as error:
            raise Refused("no-zip") from error
        with file:
            yield Archive(file, size, most_bytes)
    finally:
        reader.detach()


def _check_whole(file: zipfile.ZipFile, members: list[zipfile.ZipInfo], size: int) -> None:
    if not members:
        raise Refused("empty")
    if len(members) > MOST_FILES:
        raise Refused("many", {"most": MOST_FILES})
    ordered = sorted(members, key=lambda one: one.header_offset)
    # Something before the first file, or after the list: two kinds of file in one.
    end = size - 22 - len(file.comment)
    source = file.fp
    if source is None or ordered[0].header_offset != 0:
        raise Refused("two-things")
    source.seek(max(0, end))
    if end < 0 or source.read(4) != b"PK\x05\x06":
        raise Refused("two-things")
    taken: dict[str, str] = {}
    for place, one in enumerate(ordered):
        _check_member(one)
        _check_name(one, taken)
        least = one.header_offset + 30 + len(one.orig_filename.encode()) + one.compress_size
        following = (
            ordered[place + 1].header_offset if place + 1 < len(ordered) else getattr(file, "start_dir", end)
        )
        if least - following > len(one.orig_filename.encode()):  # names in other codes are shorter
            raise Refused("overlap", {"name": one.filename})
        if following - least > _BETWEEN:
            raise Refused("two-things")


def _check_member(one: zipfile.ZipInfo) -> None:
    name = {"name": one.filename[:200]}
    if one.flag_bits & (0x1 | 0x40 | 0x2000):  # APPNOTE 4.4.4: encrypted, in one way or another
        raise Refused("encrypted", name)
    if one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused("packed", name)
    kind = stat.S_IFMT(one.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Refused("link", name)


def _check_name(one: zipfile.ZipInfo, taken: dict[str, str]) -> None:
    name = one.orig_filename
    parts = name.removesuffix("/").split("/")
    if (
        name.startswith("/")
        or "\\" in name
        or re.match(r"[A-Za-z]:", name)
        or any(part in ("", ".", "..") for part in parts)
    ):
        raise Refused("outside", {"name": name[:200]})
    if len(name) > MOST_NAME or any(unicodedata.category(letter) == "Cc" for letter in name):
        raise Refused("name", {"name": name[:60]})
    key = unicodedata.normalize("NFC", "/".join(parts)).casefold()
    if key in taken:
        raise Refused("twice", {"name": name[:200]})
    taken[key] = "dir" if one.is_dir() else "file"
    above = key
    while "/" in above:
        above = above.rpartition("/")[0]
        if taken.get(above) == "file":
            raise Refused("twice", {"name": name[:200]})


def _check_sizes(members: list[zipfile.ZipInfo], most_bytes: int) -> None:
    for one in members:
        if one.file_size > most_bytes:
            raise Refused("large", {"name": one.filename[:200]})
        if one.file_size > _SMALL and one.file_size > _RATIO * max(1, one.compress_size):
            raise Refused("bomb", {"name": one.filename[:200]})
    unpacked, packed = sum(one.file_size for one in members), sum(one.compress_size for one in members)
    if unpacked > _SMALL and unpacked > _RATIO * max(1, packed):
        raise Refused("bomb", {"name": members[0].filename[:200]})
