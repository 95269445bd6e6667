"""Resource packs as one download: a BagIt bag (RFC 8493) in a zip, written while it is sent."""

from __future__ import annotations

import hashlib
import html
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from conference.zip_layout import ZipMember, made_member


@dataclass(frozen=True)
class BagFile:
    """A stored file to be put into the bag.

    ``path`` is where it would like to stand (``slides/Métadonnées.pdf``); ``size`` in octets; ``sha512`` in
    lower-case hexadecimal. ``title`` and ``about`` are shown in the bag's own page,
    ``about`` as (name, value) pairs.
    """

    key: str
    path: str
    size: int
    sha512: str
    crc32: int
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


def bag_entries(name: str, facts: BagFacts, files: Sequence[BagFile]) -> list[ZipMember]:
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
    payload = [made_member(path, content) for path, content in made.items()]
    payload += [ZipMember(f"data/{path}", file.size, file.crc32, key=file.key) for file, path in placed]
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
    members = [made_member(path, text.encode()) for path, text in tags.items()] + payload
    return [
        ZipMember(f"{name}/{member.path}", member.size, member.crc32, member.content, member.key)
        for member in members
    ]


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
