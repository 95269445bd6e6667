"""Pure: a BagIt bag (RFC 8493) as members of a zip: payload, manifests, what the bag says of itself.

What goes into the bag of a pack is said in ``bag_contents``.
"""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from conference.zip_layout import ZipMember, made_member

WIDTH = 79  # RFC 8493 2.2.2: lines of bag-info.txt should not be longer


@dataclass(frozen=True)
class BagFile:
    """A file of the payload, at ``path`` below ``data/``: made here (``content``), or stored under ``key`` with its ``size`` in
    octets and its checksums, ``sha512`` in lower-case hexadecimal."""

    path: str
    size: int
    sha512: str
    crc32: int = 0
    key: str = ""
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Bag:
    """A bag. ``name`` is that of the one folder everything stands in; ``labels`` are (name, value) pairs for bag-info.txt, such
    as ``("Source-Organization", "CILIP")``; ``tags`` are further files beside the payload; ``day`` is when what is in it last
    changed."""

    name: str
    day: date
    labels: tuple[tuple[str, str], ...]
    payload: tuple[BagFile, ...]
    tags: tuple[tuple[str, bytes], ...] = ()


def made_file(path: str, content: bytes) -> BagFile:
    """A file of the payload of which the octets are at hand."""
    return BagFile(path, len(content), hashlib.sha512(content).hexdigest(), content=content)


def bag_members(bag: Bag) -> list[ZipMember]:
    """All members of the bag's zip in the order they are written: what it says of itself, then the payload."""
    octets = sum(file.size for file in bag.payload)
    labels = [
        *bag.labels,
        ("Bagging-Date", bag.day.isoformat()),
        ("Bag-Size", _size(octets)),
        ("Payload-Oxum", f"{octets}.{len(bag.payload)}"),
    ]
    manifest = sorted((f"data/{file.path}", file.sha512) for file in bag.payload)
    tags = [
        ("bagit.txt", b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"),
        ("bag-info.txt", "".join(folded(label, value) for label, value in labels).encode()),
        ("manifest-sha512.txt", _manifest(manifest)),
        *bag.tags,
    ]
    of_tags = sorted((path, hashlib.sha512(content).hexdigest()) for path, content in tags)
    tags.append(("tagmanifest-sha512.txt", _manifest(of_tags)))
    members = [made_member(f"{bag.name}/{path}", content) for path, content in tags]
    for file in bag.payload:
        path = f"{bag.name}/data/{file.path}"
        if file.content is not None:
            members.append(made_member(path, file.content))
        else:
            members.append(ZipMember(path, file.size, file.crc32, key=file.key))
    return members


def folded(label: str, value: str) -> str:
    """A line of bag-info.txt; a long value goes on in lines that begin with spaces (RFC 8493 2.2.2), parted where it has a
    space, so that readers who join them with one lose nothing."""
    words = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", value).split())
    lines = textwrap.wrap(
        f"{label}: {words}", WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines) + "\n"


def written_path(path: str) -> str:
    """The path as a manifest writes it. RFC 8493 2.1.3: line ends and "%" are percent-encoded, and nothing else."""
    return path.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def read_path(written: str) -> str:
    """The path that a manifest means."""
    return re.sub(
        r"%(0[dDaA]|25)", lambda found: {"0d": "\r", "0a": "\n", "25": "%"}[found[1].lower()], written
    )


def _manifest(lines: Sequence[tuple[str, str]]) -> bytes:
    return "".join(f"{digest}  {written_path(path)}\n" for path, digest in lines).encode()


def _size(octets: int) -> str:
    return f"{octets / 1_000_000:.1f} MB" if octets >= 100_000 else f"{octets / 1000:.1f} kB"
