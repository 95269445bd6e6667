"""Resource packs as one download: a BagIt bag (RFC 8493) in a zip, written while it is sent.

The zip is written here and not by a library because it must come out the same, octet for octet, each time it is
asked for, with its length known before the first octet, from files that are read asynchronously.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import struct
import unicodedata
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

# 1 January 1980, 00:00: the first date a zip can say. A true one would make two downloads differ.
_DOS_DATE = (1 << 5) | 1
_MODE = 0o100644 << 16
_UINT32 = 0xFFFFFFFF

OpenFile = Callable[[str], AsyncIterator[bytes]]


class BagBroken(Exception):
    """A file of the bag is not what its manifest says; the download ends short, and cannot be taken for whole."""


@dataclass(frozen=True)
class BagFile:
    """A stored file to be put into the bag.

    ``path`` is where it would like to stand (``slides/Métadonnées.pdf``); ``size`` in octets; ``sha512`` in
    lower-case hexadecimal; ``crc32`` None if not known. ``title`` and ``about`` are shown in the bag's own page,
    ``about`` as (name, value) pairs.
    """

    key: str
    path: str
    size: int
    sha512: str
    crc32: int | None = None
    title: str = ""
    about: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class BagFacts:
    """What the bag says of itself. ``labels`` are (name, value) pairs for bag-info.txt (RFC 8493 2.2.2), such as
    ``("Source-Organization", "CILIP")``; ``metadata`` is any JSON value; ``language`` and ``direction`` are of
    ``title`` and ``introduction``; ``bagging_date`` is ``2026-11-22``, the day the pack last changed.
    """

    title: str
    bagging_date: str
    language: str = "en"
    direction: str = "ltr"
    introduction: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class BagEntry:
    """One member of the zip: either ``content`` itself, or the ``key`` of a stored file."""

    path: str
    size: int
    crc32: int | None
    content: bytes | None = None
    key: str = ""


def bag_name(title: str) -> str:
    """``title`` as the name of the bag's folder and file: ``[A-Za-z0-9._-]``, at most 80 characters."""
    return _plain(title)[:80].strip("-._") or "pack"


def bag_paths(files: Sequence[BagFile]) -> list[str]:
    """Where each file stands under ``data/``, in the files' order: plain names, no two the same.

    Depends only on the files and their order. Names that differ in case only count as the same, and no
    file has the name of another's folder.
    """
    # RFC 8493 2.1.3 would have line breaks and % escaped, which tools do differently: names avoid the question.
    taken = {"index.html", "metadata.json"}
    folders: set[str] = set()
    paths: list[str] = []
    for file in files:
        *parents, last = [part for part in re.split(r"[/\\]", file.path) if part] or ["file"]
        places = [place for parent in parents if (place := _plain(parent)[:100])]
        stem, dot, extension = last.rpartition(".")
        if not dot:
            stem, extension = last, ""
        stem = _plain(stem)[:80].rstrip(".-") or "file"
        ending = f".{_plain(extension)[:20]}" if _plain(extension) else ""
        above = ["/".join(places[: depth + 1]).lower() for depth in range(len(places))]
        if any(folder in taken for folder in above):
            places, above = [], []
        number = 1
        while True:
            name = f"{stem}-{number}{ending}" if number > 1 else f"{stem}{ending}"
            path = "/".join([*places, name])
            if path.lower() not in taken | folders:
                break
            number += 1
        taken.add(path.lower())
        folders.update(above)
        paths.append(path)
    return paths


def bag_entries(name: str, facts: BagFacts, files: Sequence[BagFile]) -> list[BagEntry]:
    """All members of the bag in the order they are written: tag files first, payload sorted by path.

    ``name`` is the one folder they all stand in (see ``bag_name``).
    """
    placed = list(zip(files, bag_paths(files), strict=True))
    metadata = {**facts.metadata, "files": [_described(file, path) for file, path in placed]}
    made = {
        "data/index.html": _index_page(facts, placed).encode(),
        "data/metadata.json": (
            json.dumps(metadata, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        ).encode(),
    }
    payload = [_made(path, content) for path, content in made.items()]
    payload += [BagEntry(f"data/{path}", file.size, file.crc32, key=file.key) for file, path in placed]
    payload.sort(key=lambda entry: entry.path)
    digests = {path: hashlib.sha512(content).hexdigest() for path, content in made.items()}
    digests |= {f"data/{path}": file.sha512 for file, path in placed}
    octets = sum(entry.size for entry in payload)
    labels = [
        *facts.labels,
        ("Bagging-Date", facts.bagging_date),
        ("Bag-Size", _in_words(octets)),
        ("Payload-Oxum", f"{octets}.{len(payload)}"),
    ]
    tags = {
        "bagit.txt": "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": "".join(f"{_one_line(label)}: {_one_line(value)}\n" for label, value in labels),
        "manifest-sha512.txt": "".join(f"{digests[entry.path]}  {entry.path}\n" for entry in payload),
    }
    tags["tagmanifest-sha512.txt"] = "".join(
        f"{hashlib.sha512(text.encode()).hexdigest()}  {path}\n" for path, text in sorted(tags.items())
    )
    members = [_made(path, text.encode()) for path, text in tags.items()] + payload
    return [
        BagEntry(f"{name}/{member.path}", member.size, member.crc32, member.content, member.key)
        for member in members
    ]


def bag_size(entries: Sequence[BagEntry]) -> int:
    """The exact length in octets of the zip that ``stream_zip`` writes of these entries."""
    size = 0
    headers = []
    for entry in entries:
        headers.append(_central_header(entry, entry.crc32 or 0, size))
        size += len(_local_header(entry)) + entry.size + len(_descriptor(entry, 0))
    listed = sum(map(len, headers))
    return size + listed + len(_end_record(len(entries), listed, size))


def bag_etag(entries: Sequence[BagEntry]) -> str:
    """A strong ETag, quoted: equal for bags that are equal in every octet."""
    # The manifest among the entries holds the checksum of every payload file.
    summary = [[entry.path, entry.size, (entry.content or b"").hex()] for entry in entries]
    return f'"{hashlib.sha256(json.dumps(summary).encode()).hexdigest()[:40]}"'


async def stream_zip(entries: Sequence[BagEntry], open_file: OpenFile) -> AsyncIterator[bytes]:
    """The zip's octets; ``open_file`` gives those of a stored file by its key.

    Raises BagBroken when a file has another length or checksum than it should, and lets errors of ``open_file``
    through: what was written until then has no directory at its end and is no zip.
    """
    position = 0
    headers = []
    for entry in entries:
        header = _local_header(entry)
        yield header
        crc, size = 0, 0
        if entry.content is not None:
            crc, size = zlib.crc32(entry.content), len(entry.content)
            yield entry.content
        else:
            async for chunk in open_file(entry.key):
                crc = zlib.crc32(chunk, crc)
                size += len(chunk)
                yield chunk
        if size != entry.size or entry.crc32 not in {None, crc}:
            raise BagBroken(f"{entry.path}: {size} octets with CRC {crc:08x}")
        if descriptor := _descriptor(entry, crc):
            yield descriptor
        headers.append(_central_header(entry, crc, position))
        position += len(header) + size + len(descriptor)
    listed = b"".join(headers)
    yield listed + _end_record(len(headers), len(listed), position)


def _made(path: str, content: bytes) -> BagEntry:
    return BagEntry(path, len(content), zlib.crc32(content), content)


def _plain(text: str) -> str:
    """``text`` with only ``[A-Za-z0-9._-]``, never beginning with a dot."""
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return re.sub(r"[^A-Za-z0-9._]+", "-", bare).lstrip(".-").rstrip(".-")


def _one_line(text: str) -> str:
    """A label's value may not break the line it stands on."""
    return re.sub(r"\s+", " ", "".join(" " if character < " " else character for character in text)).strip()


def _in_words(octets: int) -> str:
    return f"{octets / 1_000_000:.1f} MB" if octets >= 100_000 else f"{octets / 1000:.1f} kB"


def _described(file: BagFile, path: str) -> dict[str, Any]:
    return {
        "path": path,
        "title": file.title,
        "size": file.size,
        "sha512": file.sha512,
        "about": dict(file.about),
    }


def _index_page(facts: BagFacts, placed: Sequence[tuple[BagFile, str]]) -> str:
    """A page that opens without a server or network and links every file."""
    items = []
    for file, path in placed:
        about = "".join(f"<br>{html.escape(name)}: {html.escape(value)}" for name, value in file.about)
        items.append(
            f'<li><a href="{html.escape(path)}">{html.escape(file.title or path)}</a>'
            f" <small>{_in_words(file.size)}{about}</small></li>\n"
        )
    introduction = f"<p>{html.escape(facts.introduction)}</p>\n" if facts.introduction else ""
    return (
        f'<!doctype html>\n<html lang="{html.escape(facts.language)}" dir="{html.escape(facts.direction)}">\n'
        '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(facts.title)}</title>\n"
        "<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:45rem;margin:2rem auto;padding:0 1rem}"
        "li{margin:.75rem 0}</style></head>\n"
        f"<body><main><h1>{html.escape(facts.title)}</h1>\n{introduction}<ul>\n{''.join(items)}</ul>\n"
        "</main></body>\n</html>\n"
    )


def _local_header(entry: BagEntry) -> bytes:
    # APPNOTE 4.3.7. With the checksum known beforehand everything stands here; else bit 3 says it follows the data.
    name, known = entry.path.encode(), entry.crc32 is not None
    size = entry.size if known else 0
    extra = b""
    if entry.size >= _UINT32:
        extra = struct.pack("<HHQQ", 1, 16, size, size)
        size = _UINT32
    version = 45 if extra else 20
    fields = (
        version,
        _flags(entry),
        0,
        0,
        _DOS_DATE,
        entry.crc32 or 0,
        size,
        size,
        len(name),
        len(extra),
    )
    return struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", *fields) + name + extra


def _flags(entry: BagEntry) -> int:
    # APPNOTE 4.4.4: bit 3 the checksum follows the data, bit 11 the name is UTF-8.
    return (0 if entry.crc32 is not None else 8) | (0 if entry.path.isascii() else 0x800)


def _descriptor(entry: BagEntry, crc: int) -> bytes:
    # APPNOTE 4.3.9: eight octets per length in the zip64 form.
    if entry.crc32 is not None:
        return b""
    form = "<4sIQQ" if entry.size >= _UINT32 else "<4sIII"
    return struct.pack(form, b"PK\x07\x08", crc, entry.size, entry.size)


def _central_header(entry: BagEntry, crc: int, offset: int) -> bytes:
    # APPNOTE 4.3.12 and 4.5.3: the extra field holds only the values that do not fit.
    name = entry.path.encode()
    large = [value for value in (entry.size, entry.size, offset) if value >= _UINT32]
    extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    size, place = min(entry.size, _UINT32), min(offset, _UINT32)
    version = 45 if large else 20
    fields = (
        3 << 8 | version,
        version,
        _flags(entry),
        0,
        0,
        _DOS_DATE,
        crc,
        size,
        size,
    )
    lengths = (len(name), len(extra), 0, 0, 0, _MODE, place)
    return struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", *fields, *lengths) + name + extra


def _end_record(count: int, listed: int, offset: int) -> bytes:
    # APPNOTE 4.3.14 to 4.3.16.
    zip64 = b""
    if count >= 0xFFFF or listed >= _UINT32 or offset >= _UINT32:
        zip64 = struct.pack(
            "<4sQHHIIQQQQ", b"PK\x06\x06", 44, 3 << 8 | 45, 45, 0, 0, count, count, listed, offset
        )
        zip64 += struct.pack("<4sIQI", b"PK\x06\x07", 0, offset + listed, 1)
    short = min(count, 0xFFFF)
    fields = (0, 0, short, short, min(listed, _UINT32), min(offset, _UINT32), 0)
    return zip64 + struct.pack("<4sHHHHIIH", b"PK\x05\x06", *fields)
