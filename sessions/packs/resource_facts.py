"""What people say of packs and resources, as plain values; what a file says of itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any

from conference import texts
from conference.filetypes import FileType
from conference.texts import LocalText
from sessions.packs.tables import PackAccess, Resource, ResourceKind, ResourcePack
from sessions.programme.search import fold

# A year, a month or a day, as exactly as it is known (W3CDTF, which is what Dublin Core and OAI records write).
_ISSUED = re.compile(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?")


@dataclass(frozen=True)
class PackFacts:
    """What an organiser says of a pack. ``session`` is the row id of the session it belongs to, None: the conference.

    ``out_from`` (None: as soon as it is published), ``embargo_until`` and ``expires_at`` are instants (UTC).
    """

    title: LocalText
    note: LocalText = field(default_factory=dict)
    access: PackAccess = PackAccess.PUBLIC
    session: int | None = None
    out_from: datetime | None = None
    embargo_until: datetime | None = None
    expires_at: datetime | None = None

    def as_columns(self) -> dict[str, Any]:
        """The facts as the columns of ``ResourcePack`` hold them."""
        return {
            "title": texts.encode(self.title),
            "note": texts.encode(self.note),
            "access": self.access.value,
            "session": self.session,
            "published_at": self.out_from,
            "embargo_until": self.embargo_until,
            "expires_at": self.expires_at,
        }


def pack_facts(pack: ResourcePack) -> PackFacts:
    """The facts a row holds."""
    return PackFacts(
        texts.decode(pack.title),
        texts.decode(pack.note),
        PackAccess(pack.access),
        pack.session,
        pack.published_at,
        pack.embargo_until,
        pack.expires_at,
    )


@dataclass(frozen=True)
class Creator:
    """Somebody who made a resource. ``role`` is one of ``resource_words.ROLES`` or "", ``orcid`` ``0000-0002-1825-0097`` or "";
    ``speaker`` the code of the speaker they are at the conference, or ""."""

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
class KnownSpeaker:
    """A speaker of the conference, for recognising who made a resource; ``role`` is theirs in the session, or ""."""

    code: str
    name: str
    orcid: str = ""
    role: str = ""


def recognised(creators: Iterable[Creator], speakers: Iterable[KnownSpeaker]) -> tuple[Creator, ...]:
    """The people, those who have the name of one speaker alone marked as that speaker, with their ORCID iD where none was
    given. Names are compared without case and accents; two speakers of one name are nobody in particular."""
    by_name: dict[str, KnownSpeaker | None] = {}
    for speaker in speakers:
        name = fold(speaker.name)
        by_name[name] = None if name in by_name else speaker
    found = []
    for person in creators:
        known = by_name.get(fold(person.name))
        if known is None:
            found.append(replace(person, speaker=""))
        else:
            found.append(replace(person, speaker=known.code, orcid=person.orcid or known.orcid))
    return tuple(found)


@dataclass(frozen=True)
class ResourceFacts:
    """What is said of a resource. ``url`` is empty for a file; ``licence`` may be empty until the pack is out.

    ``issued`` is the date it carries, as exact as it is known; ``accessibility`` terms of schema.org; ``topics`` codes of the
    conference's topics; ``belongs_to`` the code of the recording that captions or a transcript belong to, ``translation_of``
    that of the resource it translates.
    """

    kind: ResourceKind
    title: LocalText
    description: LocalText = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    creators: tuple[Creator, ...] = ()
    licence: str = ""
    rights_holder: str = ""
    issued: str = ""
    accessibility: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    belongs_to: str = ""
    translation_of: str = ""
    url: str = ""

    def as_columns(self) -> dict[str, Any]:
        """The facts as the columns of ``Resource`` hold them; topics and relations are rows and row ids, and not among them."""
        return {
            "kind": self.kind.value,
            "title": texts.encode(self.title),
            "description": texts.encode(self.description),
            "languages": json.dumps(self.languages),
            "creators": creators_column(self.creators),
            "licence": self.licence,
            "rights_holder": self.rights_holder,
            "issued": self.issued,
            "accessibility": json.dumps(self.accessibility),
            "url": self.url,
        }


def resource_facts(
    resource: Resource, *, topics: Iterable[str] = (), belongs_to: str = "", translation_of: str = ""
) -> ResourceFacts:
    """The facts a row holds, with what other rows say."""
    return ResourceFacts(
        kind=ResourceKind(resource.kind),
        title=texts.decode(resource.title),
        description=texts.decode(resource.description),
        languages=tuple(json.loads(resource.languages)),
        creators=creators_from(resource.creators),
        licence=resource.licence,
        rights_holder=resource.rights_holder,
        issued=resource.issued,
        accessibility=tuple(json.loads(resource.accessibility)),
        topics=tuple(topics),
        belongs_to=belongs_to,
        translation_of=translation_of,
        url=resource.url,
    )


@dataclass(frozen=True)
class FileDetails:
    """What is said of several files sent at once. ``kind`` None: guessed from each file. ``title`` serves a single file."""

    kind: ResourceKind | None = None
    title: LocalText = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    creators: tuple[Creator, ...] = ()
    licence: str = ""
    rights_holder: str = ""
    issued: str = ""

    def as_json(self) -> dict[str, Any]:
        """The details as ``Upload.details`` holds them."""
        creators = json.loads(creators_column(self.creators))
        return {**asdict(self), "kind": self.kind.value if self.kind else "", "creators": creators}


def file_details(stored: Mapping[str, Any]) -> FileDetails:
    """The details that ``as_json`` wrote."""
    return FileDetails(
        kind=ResourceKind(stored["kind"]) if stored["kind"] else None,
        title=dict(stored["title"]),
        languages=tuple(stored["languages"]),
        creators=creators_from(json.dumps(stored["creators"])),
        licence=stored["licence"],
        rights_holder=stored["rights_holder"],
        issued=stored["issued"],
    )


def is_issue_date(text: str) -> bool:
    """Whether ``text`` is a year, a month or a day that exists."""
    if not _ISSUED.fullmatch(text):
        return False
    try:
        date.fromisoformat(f"{text}-01-01"[:10] if len(text) < 10 else text)
    except ValueError:
        return False
    return True


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
