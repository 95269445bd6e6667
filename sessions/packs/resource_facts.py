"""What an organiser says of packs and resources, as plain values; what a file says of itself."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import Any

from conference import texts
from conference.filetypes import FileType
from conference.texts import LocalText
from sessions.packs.tables import PackAccess, ResourceKind, ResourcePack


@dataclass(frozen=True)
class PackFacts:
    """What an organiser says of a pack. ``session`` is the row id of the session it belongs to, None: the conference."""

    title: LocalText
    note: LocalText = field(default_factory=dict)
    access: PackAccess = PackAccess.PUBLIC
    session: int | None = None

    def as_columns(self) -> dict[str, Any]:
        """The facts as the columns of ``ResourcePack`` hold them."""
        return {
            "title": texts.encode(self.title),
            "note": texts.encode(self.note),
            "access": self.access.value,
            "session": self.session,
        }


def pack_facts(pack: ResourcePack) -> PackFacts:
    """The facts a row holds."""
    return PackFacts(texts.decode(pack.title), texts.decode(pack.note), PackAccess(pack.access), pack.session)


@dataclass(frozen=True)
class Creator:
    """Somebody who made a resource. ``orcid`` is ``0000-0002-1825-0097`` or ""; ``speaker`` the code of the speaker they are
    at the conference, or ""."""

    name: str
    role: str = ""
    orcid: str = ""
    speaker: str = ""


def creators_from(stored: str) -> tuple[Creator, ...]:
    """The people that a row names."""
    return tuple(
        Creator(person["name"], person.get("role", ""), person.get("orcid", ""), person.get("speaker", ""))
        for person in json.loads(stored)
    )


def creators_column(creators: Iterable[Creator]) -> str:
    """The people as a row names them: JSON without what is not known."""
    people = [{name: value for name, value in asdict(person).items() if value} for person in creators]
    return json.dumps(people, ensure_ascii=False)


@dataclass(frozen=True)
class ResourceFacts:
    """What an organiser says of a resource. ``url`` is empty for a file; ``licence`` may be empty until the pack is out."""

    kind: ResourceKind
    title: LocalText
    description: LocalText = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    creators: tuple[Creator, ...] = ()
    licence: str = ""
    url: str = ""

    def as_columns(self) -> dict[str, Any]:
        """The facts as the columns of ``Resource`` hold them."""
        return {
            "kind": self.kind.value,
            "title": texts.encode(self.title),
            "description": texts.encode(self.description),
            "languages": json.dumps(self.languages),
            "creators": creators_column(self.creators),
            "licence": self.licence,
            "url": self.url,
        }


@dataclass(frozen=True)
class FileDetails:
    """What is said of several files sent at once. ``kind`` None: guessed from each file. ``title`` serves a single file."""

    kind: ResourceKind | None = None
    title: LocalText = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    creators: tuple[Creator, ...] = ()
    licence: str = ""


def guessed_kind(file_type: FileType) -> ResourceKind:
    """What a file of this type most likely is."""
    if file_type.extension in {"pptx", "odp"}:
        return ResourceKind.SLIDES
    return {
        "video": ResourceKind.RECORDING,
        "audio": ResourceKind.RECORDING,
        "captions": ResourceKind.CAPTIONS,
        "data": ResourceKind.DATASET,
        "document": ResourceKind.HANDOUT,
        "text": ResourceKind.HANDOUT,
    }.get(file_type.kind, ResourceKind.OTHER)


def title_from_name(filename: str) -> str:
    """A file's name as a first title: without extension, words apart."""
    stem = PurePosixPath(filename).stem.replace("_", " ")
    return " ".join(stem.split())[:200] or filename[:200]
