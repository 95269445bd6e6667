"""A resource pack as readers see it: kinds and licences in words, sizes that mean something on a slow line, the bag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from conference import dates, texts
from conference.filetypes import FILE_TYPES, Kind
from conference.i18n import _, direction, language_name
from conference.markup import plain, summary
from conference.texts import LocalText
from sessions.packs.bag import BagFacts, BagFile
from sessions.packs.licences import LICENCES, Licence
from sessions.packs.queries import PackedResource, StoredFile
from sessions.packs.resource_words import kind_name
from sessions.packs.tables import ResourceState

SLOW_LINE = 1_000_000  # bits per second: what much of the world has on a good day

_KIND_BY_MEDIA_TYPE: dict[str, Kind] = {known.media_type: known.kind for known in FILE_TYPES.values()}
_INLINE = {known.media_type for known in FILE_TYPES.values() if known.inline_allowed}


def may_show_inline(media_type: str) -> bool:
    """Whether browsers may show a file of the type in place instead of saving it."""
    return media_type in _INLINE


def slow_line_words(octets: int) -> str:
    """How long a download takes on a line of 1 Mbit/s; "" where nobody would notice (under five seconds)."""
    seconds = octets * 8 / SLOW_LINE
    if seconds < 5:
        return ""
    if seconds < 60:
        return _("under a minute on a slow line")
    minutes = round(seconds / 60)
    if minutes >= 120:
        return _("about %(hours)s hours on a slow line") % {"hours": round(minutes / 60)}
    return _("about %(minutes)s min on a slow line") % {"minutes": minutes}


@dataclass(frozen=True)
class ItemView:
    """A resource ready to show. ``media`` is "video" or "audio" where a page may play it; ``size`` and ``wait`` in words."""

    code: str
    kind: str
    title: str
    title_language: str
    description: str
    language: str
    language_code: str
    creators: tuple[str, ...]
    licence: Licence | None
    url: str
    is_link: bool
    filename: str
    extension: str
    media_type: str
    media: str
    size: str
    wait: str
    state: str = ResourceState.READY


def item_view(item: PackedResource, home: str, *, language: str, languages: Sequence[str]) -> ItemView:
    """The resource for a reader of ``language``; ``home`` is the pack's path, ``languages`` are the conference's."""
    title, title_language = texts.pick_with_language(item.title, language, languages)
    file = item.file
    kind = _KIND_BY_MEDIA_TYPE.get(file.media_type) if file else None
    return ItemView(
        code=item.code,
        kind=kind_name(item.kind),
        title=title,
        title_language=title_language if title_language != language else "",
        description=texts.pick(item.description, language, languages),
        language=", ".join(language_name(code, language) for code in item.languages),
        language_code=item.languages[0] if item.languages else "",
        creators=tuple(person.name for person in item.creators),
        licence=LICENCES.get(item.licence),
        url=f"{home}/{item.code}" if file else item.url,
        is_link=file is None,
        filename=file.filename if file else "",
        extension=file.filename.rpartition(".")[2].upper() if file else "",
        media_type=file.media_type if file else "",
        media=kind if kind in ("video", "audio") else "",
        size=dates.file_size_words(file.size, language) if file else "",
        wait=slow_line_words(file.size) if file else "",
        state=item.state,
    )


def files_of(items: Sequence[PackedResource]) -> list[tuple[PackedResource, StoredFile]]:
    """The items that are files, with the file."""
    return [(item, item.file) for item in items if item.file is not None]


@dataclass(frozen=True)
class PackInWords:
    """What a bag says of its pack. ``url`` is the pack's whole address, ``changed_at`` when it last changed."""

    title: LocalText
    note: LocalText
    url: str
    conference: LocalText
    organiser: str
    contact: str
    languages: tuple[str, ...]
    changed_at: datetime


def bag_of(pack: PackInWords, items: Sequence[PackedResource]) -> tuple[BagFacts, list[BagFile]]:
    """The pack as a bag: the same for every reader, in the conference's first language.

    Links cannot be packed; they stand in the introduction and in the metadata.
    """
    language = pack.languages[0]

    def text(value: LocalText) -> str:
        return texts.pick(value, language, pack.languages)

    links = [item for item in items if item.file is None]
    introduction = [plain(text(pack.note)), *(f"{text(item.title)}: {item.url}" for item in links)]
    labels = [
        ("Source-Organization", pack.organiser),
        ("Contact-Email", pack.contact),
        ("External-Description", summary(text(pack.note)) or text(pack.title)),
        ("External-Identifier", pack.url),
        ("Bag-Group-Identifier", text(pack.conference)),
    ]
    facts = BagFacts(
        title=text(pack.title),
        bagging_date=pack.changed_at.date().isoformat(),
        language=language,
        direction=direction(language),
        introduction="\n\n".join(part for part in introduction if part),
        labels=tuple(label for label in labels if label[1]),
        metadata={
            "title": pack.title,
            "isPartOf": pack.conference,
            "identifier": pack.url,
            "modified": dates.iso_utc(pack.changed_at),
            "resources": [_described(item) for item in items],
        },
    )
    return facts, [_bag_file(item, file, text(item.title)) for item, file in files_of(items)]


def _described(item: PackedResource) -> dict[str, object]:
    """A resource by the names of Dublin Core terms; ``sha512`` tells which of the bag's files it is."""
    licence = LICENCES.get(item.licence)
    described: dict[str, object] = {
        "title": item.title,
        "description": item.description,
        "type": item.kind,
        "language": list(item.languages),
        "creator": [person.name for person in item.creators],
        "license": licence.url if licence else "",
    }
    if item.file is None:
        return described | {"source": item.url}
    return described | {"format": item.file.media_type, "sha512": item.file.sha512}


def _bag_file(item: PackedResource, file: StoredFile, title: str) -> BagFile:
    licence = LICENCES.get(item.licence)
    about = [
        ("Kind", item.kind),
        ("Language", ", ".join(item.languages)),
        ("Creators", ", ".join(person.name for person in item.creators)),
        ("Licence", f"{licence.name} ({licence.url})" if licence else ""),
    ]
    return BagFile(
        key=file.key,
        path=f"{item.kind}/{file.filename}",
        size=file.size,
        sha512=file.sha512,
        crc32=file.crc32,
        title=title,
        about=tuple(pair for pair in about if pair[1]),
    )
