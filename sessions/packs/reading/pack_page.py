"""A pack's own page as readers see it: pure, from the records of what is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode, urlsplit

from conference import dates, texts
from conference.i18n import language_name
from conference.texts import LocalText
from sessions.packs.describing.citations import PACK, Work
from sessions.packs.describing.dublin_core import Statement
from sessions.packs.describing.resource_record import Host, Maker, ResourceRecord
from sessions.packs.licences import LICENCES, Licence
from sessions.packs.pack_views import media_of, slow_line_words
from sessions.packs.resource_words import kind_name


@dataclass(frozen=True)
class PackItemView:
    """A resource in a pack. ``note`` is what the organisers say of it here; ``media`` "video" or "audio" where its own page
    plays it; ``file_url`` and ``link_url`` are empty where it cannot be opened yet."""

    code: str
    kind: str
    title: str
    title_language: str
    note: str
    note_language: str
    description: str
    description_language: str
    url: str
    languages: str
    creators: str
    licence: Licence | None
    media: str
    file_url: str
    extension: str
    size: str
    wait: str
    link_url: str
    link_host: str


@dataclass(frozen=True)
class FilterView:
    """A way to see less. ``url`` of the page with it, ``count`` of what it shows."""

    text: str
    url: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Shown:
    """What readers asked to see of a pack: values of "kind" and "language" that it has."""

    kind: str = ""
    language: str = ""

    def query(self) -> dict[str, str]:
        """As in the page's address."""
        return {name: value for name, value in (("kind", self.kind), ("language", self.language)) if value}

    def has(self, kinds: Iterable[str], languages: Iterable[str]) -> bool:
        """Whether something of these kinds and languages is among it."""
        return (not self.kind or self.kind in kinds) and (not self.language or self.language in languages)


Traits = tuple[Sequence[str], Sequence[str]]
"""The kinds and the languages of one thing in a list."""


def shown_of(asked: Mapping[str, str], things: Iterable[Traits]) -> Shown:
    """What the address asks for, as far as the list has any."""
    things = list(things)
    kinds = {kind for of_one, _languages in things for kind in of_one}
    languages = {language for _kinds, of_one in things for language in of_one}
    kind, language = asked.get("kind", ""), asked.get("language", "")
    return Shown(kind if kind in kinds else "", language if language in languages else "")


def filters_of(
    shown: Shown, things: Iterable[Traits], path: str, language: str
) -> list[tuple[str, list[FilterView]]]:
    """For "kind" and "language" the choices that tell the things apart; nothing where a list is seen at a glance."""
    things = list(things)
    if len(things) < 4:
        return []
    found = []
    for name, place, words in (
        ("kind", 0, kind_name),
        ("language", 1, lambda code: language_name(code, language)),
    ):
        counts = Counter(value for one in things for value in dict.fromkeys(one[place]))
        if len(counts) < 2:
            continue
        chosen = getattr(shown, name)
        choices = [FilterView("", _address(path, replace(shown, **{name: ""})), len(things), not chosen)]
        choices += [
            FilterView(words(value), _address(path, replace(shown, **{name: value})), count, value == chosen)
            for value, count in counts.most_common()
        ]
        found.append((name, choices))
    return found


def _address(path: str, shown: Shown) -> str:
    query = urlencode(shown.query())
    return f"{path}?{query}" if query else path


def item_views(
    items: Sequence[tuple[ResourceRecord, LocalText]], *, language: str, is_open: bool
) -> list[PackItemView]:
    """The resources with the pack's notes about them, for a reader of ``language``."""
    return [_item(record, note, language, is_open) for record, note in items]


def _item(record: ResourceRecord, note: LocalText, language: str, is_open: bool) -> PackItemView:
    title, title_language = texts.pick_with_language(record.title, language, record.host.languages)
    said, said_language = texts.pick_with_language(note, language, record.host.languages)
    about, about_language = texts.pick_with_language(record.description, language, record.host.languages)
    url = f"/resources/{record.code}"
    file = record.file
    return PackItemView(
        code=record.code,
        kind=kind_name(record.kind),
        title=title or kind_name(record.kind),
        title_language=title_language if title_language != language else "",
        note=said,
        note_language=said_language if said_language != language else "",
        description=about,
        description_language=about_language if about_language != language else "",
        url=url,
        languages=", ".join(language_name(code, language) for code in record.languages),
        creators=", ".join(maker.name for maker in record.makers),
        licence=record.licence,
        media=media_of(record.media_type) if is_open else "",
        file_url=f"{url}/file" if file and is_open else "",
        extension=file.filename.rpartition(".")[2].upper() if file and "." in file.filename else "",
        size=dates.file_size_words(file.size, language) if file else "",
        wait=slow_line_words(file.size) if file else "",
        link_url=record.link if is_open else "",
        link_host=(urlsplit(record.link).hostname or "").removeprefix("www."),
    )


def octets_of(records: Iterable[ResourceRecord]) -> int:
    """The octets of all their files."""
    return sum(record.file.size for record in records if record.file)


def licences_of(records: Iterable[ResourceRecord]) -> list[Licence]:
    """The licences under which they stand, each once, by their codes."""
    return [
        LICENCES[code] for code in sorted({record.licence_code for record in records}) if code in LICENCES
    ]


def pack_work(
    host: Host, code: str, title: LocalText, issued: str, records: Sequence[ResourceRecord]
) -> Work:
    """The pack as it is cited: a collection that the conference's organiser put together. Its licence is that of what is in
    it, where all of that stands under one."""
    licences = {record.licence_code for record in records}
    return Work(
        key=code,
        kind=PACK,
        title=texts.pick(title, host.languages[0], host.languages),
        url=f"{host.url}/resources/{code}",
        makers=(Maker(host.organiser, is_organisation=True),) if host.organiser else (),
        issued=issued,
        conference=host.own_name,
        publisher=host.organiser or host.own_name,
        language=host.languages[0] if host.languages[0] in title else next(iter(title), ""),
        licence=LICENCES.get(next(iter(licences))) if len(licences) == 1 else None,
    )


def pack_statements(
    work: Work, title: LocalText, note: LocalText, records: Sequence[ResourceRecord]
) -> list[Statement]:
    """The Dublin Core of a pack (DCMES 1.1), in the order of the elements' own list. Nothing is empty."""
    said = [
        *(Statement("title", text, language) for language, text in title.items()),
        *(Statement("creator", maker.name) for maker in work.makers),
        *(Statement("description", text, language) for language, text in note.items()),
        Statement("publisher", work.publisher),
        Statement("date", work.issued),
        Statement("type", "Collection"),
        Statement("identifier", work.url),
        *(
            Statement("language", tag)
            for tag in dict.fromkeys(tag for one in records for tag in one.languages)
        ),
        Statement("relation", work.conference),
        *(Statement("rights", licence.url) for licence in licences_of(records)),
    ]
    return [statement for statement in said if statement.value]
