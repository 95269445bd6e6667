"""A resource pack as readers see it: kinds and licences in words, sizes that mean something on a slow line, the bag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conference import dates, texts
from conference.filetypes import FILE_TYPES, Kind
from conference.i18n import _, language_name
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


def media_of(media_type: str) -> str:
    """ "video" or "audio" where a page may play a file of the type, else ""."""
    kind = _KIND_BY_MEDIA_TYPE.get(media_type)
    return kind if kind in ("video", "audio") else ""


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
        media=media_of(file.media_type) if file else "",
        size=dates.file_size_words(file.size, language) if file else "",
        wait=slow_line_words(file.size) if file else "",
        state=item.state,
    )


def files_of(items: Sequence[PackedResource]) -> list[tuple[PackedResource, StoredFile]]:
    """The items that are files, with the file."""
    return [(item, item.file) for item in items if item.file is not None]
