"""A resource's own page as readers see it: pure, from its record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urlsplit

from babel.dates import format_date
from babel.lists import format_list

from conference import dates, texts
from conference.i18n import _, language_name, locale_of
from conference.viewer import Viewer
from sessions.packs.collecting.chapters import clock
from sessions.packs.describing.citations import FORMATS, CitationFormat, plain_line, work_of
from sessions.packs.describing.records import PastVersion
from sessions.packs.describing.resource_record import Related, ResourceRecord
from sessions.packs.describing.standing import Standing, packs_out, stand
from sessions.packs.licences import Licence
from sessions.packs.pack_views import media_of, slow_line_words
from sessions.packs.reading.spoken import Paragraph
from sessions.packs.resource_words import ACCESSIBILITY, ROLES, kind_name
from sessions.packs.tables import ResourceState
from sessions.packs.versions import FILE


@dataclass(frozen=True)
class MakerView:
    """Somebody who made it. ``did`` in words or ""; ``url`` of their page at the conference, ``orcid_url`` of their record."""

    name: str
    did: str
    url: str
    orcid: str
    orcid_url: str


@dataclass(frozen=True)
class KinView:
    """Another resource. ``language`` in words; ``code`` and ``language_code`` for machines."""

    code: str
    kind: str
    title: str
    language: str
    language_code: str
    url: str


@dataclass(frozen=True)
class ChapterView:
    """A part of a recording. ``clock`` as players write it, ``url`` of this page begun there."""

    seconds: int
    clock: str
    title: str
    url: str


@dataclass(frozen=True)
class TrackView:
    """What a player offers beside picture and sound."""

    url: str
    language_code: str
    label: str
    is_default: bool
    page: str


@dataclass(frozen=True)
class VersionView:
    """A version in words."""

    number: int
    day: str
    changes: str
    note: str


@dataclass(frozen=True)
class ResourceView:
    """A resource ready to show. ``media`` is "video" or "audio" where the page plays it. ``file_url`` and ``preview_url`` are
    empty where there is nothing to open, or not yet."""

    code: str
    kind: str
    title: str
    title_language: str
    description: str
    description_language: str
    makers: tuple[MakerView, ...]
    home: str
    file_url: str
    extension: str
    size: str
    wait: str
    pages: int
    length: str
    media: str
    media_type: str
    preview_url: str
    width: int
    height: int
    chapters: tuple[ChapterView, ...]
    captions: tuple[TrackView, ...]
    link_url: str
    link_host: str
    languages: tuple[tuple[str, str], ...]
    issued: str
    licence: Licence | None
    rights_holder: str
    topics: tuple[tuple[str, str], ...]
    accessibility: str
    translations: tuple[KinView, ...]
    companions: tuple[KinView, ...]
    belongs_to: tuple[KinView, ...]
    packs: tuple[tuple[str, str], ...]
    citation: str
    formats: tuple[CitationFormat, ...]


def with_kin_known_to(record: ResourceRecord, viewer: Viewer, now: datetime) -> ResourceRecord:
    """The record with only those others that the viewer may know of."""
    known = {Standing.OPEN, Standing.LATER}
    return replace(
        record,
        related=tuple(
            one
            for one in record.related
            if stand(ResourceState.READY, one.packs, record.host.id, now, viewer).standing in known
        ),
    )


def resource_view(
    record: ResourceRecord, *, home: str, language: str, is_open: bool, now: datetime
) -> ResourceView:
    """The resource for a reader of ``language``; ``home`` is the conference's path, ``is_open`` whether its file may be had.

    ``record`` holds only those others that the reader may know of.
    """
    path = f"/resources/{record.code}"
    file = record.file if is_open else None
    media = media_of(record.media_type) if file else ""
    kin = {
        relation: tuple(_kin(one, record, language) for one in record.related if one.relation == relation)
        for relation in ("translation", "with", "of")
    }
    title, title_language = texts.pick_with_language(record.title, language, record.host.languages)
    about, about_language = texts.pick_with_language(record.description, language, record.host.languages)
    # Captions that a player can show; whoever may know of them may open them, or they come later.
    captions = [one for one in record.related if one.relation == "with" and one.kind == "captions"]
    return ResourceView(
        code=record.code,
        kind=kind_name(record.kind),
        title=title or kind_name(record.kind),
        title_language=title_language if title_language != language else "",
        description=about,
        description_language=about_language if about_language != language else "",
        makers=tuple(
            MakerView(
                maker.name,
                _(ROLES[maker.role]) if maker.role in ROLES else "",
                f"{home}/speakers/{maker.speaker}" if maker.speaker else "",
                maker.orcid,
                f"https://orcid.org/{maker.orcid}" if maker.orcid else "",
            )
            for maker in record.makers
        ),
        home=path,
        file_url=f"{path}/file" if file else "",
        extension=file.filename.rpartition(".")[2].upper() if file and "." in file.filename else "",
        size=dates.file_size_words(file.size, language) if file else "",
        wait=slow_line_words(file.size) if file else "",
        pages=record.pages,
        length=dates.length_words(record.seconds, language) if record.seconds else "",
        media=media,
        media_type=record.media_type,
        preview_url=f"{path}/preview.webp" if file and file.preview else "",
        width=record.width,
        height=record.height,
        chapters=tuple(
            ChapterView(at, clock(at), words, f"{path}?t={at}#player") for at, words in record.chapters
        )
        if media
        else (),
        captions=tuple(_track(one, language) for one in captions) if media else (),
        link_url=record.link if is_open else "",
        link_host=(urlsplit(record.link).hostname or "").removeprefix("www.") if is_open else "",
        languages=tuple((code, language_name(code, language)) for code in record.languages),
        issued=issued_words(record.issued, language),
        licence=record.licence,
        rights_holder=record.rights_holder,
        topics=tuple(
            (record.text(topic, language), f"/resources?topic={code}")
            for topic, code in zip(record.topics, record.topic_codes, strict=False)
        ),
        accessibility=listed(
            [_(ACCESSIBILITY[term]) for term in record.accessibility if term in ACCESSIBILITY], language
        ),
        translations=kin["translation"],
        companions=kin["with"],
        belongs_to=kin["of"],
        packs=tuple(
            (record.text(pack.title, language), f"{home}/resources/{pack.code}")
            for pack in packs_out(record.packs, now)
        ),
        citation=plain_line(work_of(record)),
        formats=tuple(FORMATS.values()),
    )


def listed(words: Sequence[str], language: str) -> str:
    """The words as a list within a sentence."""
    return format_list(words, "standard", locale_of(language)) if words else ""


@dataclass(frozen=True)
class SpokenView:
    """A paragraph of what is said. ``url`` of the recording begun there, "" where it cannot be played here."""

    clock: str
    url: str
    speaker: str
    text: str


def spoken_views(said: Sequence[Paragraph], record: ResourceRecord) -> list[SpokenView]:
    """What captions say, to be read on their own page."""
    of = next((one.code for one in record.related if one.relation == "of"), "")
    return [
        SpokenView(clock(one.at), f"/resources/{of}?t={one.at}#player" if of else "", one.speaker, one.text)
        for one in said
    ]


def version_views(versions: Sequence[PastVersion], zone: str, language: str) -> list[VersionView]:
    """The history for readers, the newest first; empty while there is but one version."""
    if len(versions) < 2:
        return []
    names = _change_names()
    return [
        VersionView(
            one.number,
            dates.long_day(dates.local_date(one.made_at, zone), language),
            listed(list(dict.fromkeys(names[change] for change in one.changes if change in names)), language),
            one.note,
        )
        for one in versions
    ]


def _change_names() -> Mapping[str, str]:
    """What a version changed, by column, in words."""
    return {
        FILE: _("a new file"),
        "kind": _("kind"),
        "title": _("title"),
        "description": _("description"),
        "languages": _("languages"),
        "creators": _("who made it"),
        "licence": _("licence"),
        "rights_holder": _("rights holder"),
        "issued": _("date"),
        "accessibility": _("accessibility"),
        "url": _("address"),
        "chapters": _("chapters"),
    }


def issued_words(issued: str, language: str) -> str:
    """The date it carries, in words as exact as it is known."""
    parts = [int(part) for part in issued.split("-")] if issued else []
    if len(parts) == 3:
        return dates.long_day(date(parts[0], parts[1], parts[2]), language)
    if len(parts) == 2:
        return format_date(date(parts[0], parts[1], 1), "LLLL y", locale=locale_of(language))
    return issued


def chapters_vtt(record: ResourceRecord) -> str:
    """The chapters as a track for players (WebVTT)."""
    ends = [at for at, _title in record.chapters[1:]] + [max(record.seconds, record.chapters[-1][0] + 1)]
    cues = []
    for (at, title), end in zip(record.chapters, ends, strict=True):
        words = title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        cues.append(f"{_stamp(at)} --> {_stamp(max(end, at + 1))}\n{' '.join(words.split())}\n")
    return "WEBVTT\n\n" + "\n".join(cues)


def _stamp(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest:02}.000"


def _kin(one: Related, record: ResourceRecord, language: str) -> KinView:
    spoken = one.languages[0] if one.languages else ""
    return KinView(
        one.code,
        kind_name(one.kind),
        record.text(one.title, spoken or language),
        ", ".join(language_name(code, language) for code in one.languages),
        spoken,
        f"/resources/{one.code}",
    )


def _track(one: Related, language: str) -> TrackView:
    spoken = one.languages[0] if one.languages else ""
    return TrackView(
        f"/resources/{one.code}/file?show",
        spoken,
        language_name(spoken, language) if spoken else _("Captions"),
        is_default=spoken.partition("-")[0] == language.partition("-")[0],
        page=f"/resources/{one.code}",
    )
