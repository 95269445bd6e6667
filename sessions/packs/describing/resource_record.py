"""What a catalogue would say of a resource, as one plain value: cited, harvested, told to search engines, packed into bags."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from conference import texts
from conference.texts import LocalText
from sessions.packs.licences import LICENCES, Licence
from sessions.packs.queries import StoredFile
from sessions.packs.tables import ResourceKind

# Who made a thing, in the order in which catalogues ask: of whom it is, who prepared it, who carried it over, who helped.
_PART: dict[str, str] = {"editor": "editor", "translator": "translator"}
_HELPED = {"interpreter", "contributor"}


@dataclass(frozen=True)
class Maker:
    """Somebody who made a resource. ``orcid`` is ``0000-0002-1825-0097`` or ""; ``speaker`` the code under which the published
    programme names them, or ""."""

    name: str
    role: str = ""
    orcid: str = ""
    speaker: str = ""
    is_organisation: bool = False

    @property
    def part(self) -> str:
        """ "author", "editor", "translator" or "contributor"."""
        return "contributor" if self.role in _HELPED else _PART.get(self.role, "author")

    @property
    def parts_of_name(self) -> tuple[str, str]:
        """(family, given); the whole name and "" where it is not to be taken apart."""
        return ("", "") if not self.name.strip() else split_name(self.name, self.is_organisation)


@dataclass(frozen=True)
class Host:
    """The conference a resource belongs to. ``url`` is its whole address without a slash at the end; the first of
    ``languages`` is its own."""

    id: int
    slug: str
    name: LocalText
    url: str
    zone: str
    languages: tuple[str, ...] = ("en",)
    organiser: str = ""

    @property
    def own_name(self) -> str:
        """Its name in its own language."""
        return texts.pick(self.name, self.languages[0], self.languages)


@dataclass(frozen=True)
class InPack:
    """A pack in which a resource stands. What ``sessions.packs.showing`` asks of packs is all here."""

    id: int
    code: str
    title: LocalText
    state: str
    access: str
    published_at: datetime | None = None
    embargo_until: datetime | None = None
    expires_at: datetime | None = None
    first_out_at: datetime | None = None


@dataclass(frozen=True)
class Related:
    """Another resource that belongs to this one, or to which it belongs. ``relation`` is one of "of" (this one is captions or
    a transcript of it), "with" (it is captions or a transcript of this one), "translation" (the same in another language).
    ``is_original`` says of the last that this one was translated from it."""

    relation: str
    id: int
    code: str
    kind: str
    title: LocalText
    languages: tuple[str, ...]
    packs: tuple[InPack, ...]
    is_original: bool = False


@dataclass(frozen=True)
class PublishedSession:
    """The session a resource comes from, as the latest release names it."""

    code: str
    title: LocalText


@dataclass(frozen=True)
class ResourceRecord:
    """Everything that is known of a resource, whoever asks: who may be told what, ``sessions.packs.describing.standing`` decides.

    ``url`` is its whole address, for ever; ``link`` where it lies elsewhere, "" for a file. ``issued`` is the date it carries,
    as exact as it is known ("2026", "2026-06", "2026-06-25"), else the day on which readers first saw it, else "".
    ``topics`` are names, ``topic_codes`` theirs; ``chapters`` (second, title); ``width`` and ``height`` give a picture's or page's shape, 0 where it is not known.
    """

    id: int
    code: str
    url: str
    kind: str
    state: str
    title: LocalText
    host: Host
    description: LocalText = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    makers: tuple[Maker, ...] = ()
    licence_code: str = ""
    rights_holder: str = ""
    issued: str = ""
    accessibility: tuple[str, ...] = ()
    topics: tuple[LocalText, ...] = ()
    topic_codes: tuple[str, ...] = ()
    link: str = ""
    file: StoredFile | None = None
    seconds: int = 0
    pages: int = 0
    width: int = 0
    height: int = 0
    chapters: tuple[tuple[int, str], ...] = ()
    session: PublishedSession | None = None
    packs: tuple[InPack, ...] = ()
    related: tuple[Related, ...] = ()
    first_out_at: datetime | None = None
    datestamp: datetime | None = None
    version: int = 1

    @property
    def licence(self) -> Licence | None:
        """The licence, None while none is said."""
        return LICENCES.get(self.licence_code)

    @property
    def media_type(self) -> str:
        """Of its file; "" for a link."""
        return self.file.media_type if self.file else ""

    @property
    def language(self) -> str:
        """The language it is first of all in; "" when nothing is said."""
        return self.languages[0] if self.languages else ""

    @property
    def publisher(self) -> str:
        """Who stands behind it: the conference's organiser, else the conference."""
        return self.host.organiser or self.host.own_name

    def text(self, value: LocalText, language: str) -> str:
        """The text in ``language``, else in the conference's first that has it."""
        return texts.pick(value, language, self.host.languages)

    def own_title(self) -> str:
        """The title by which it is cited: in its own language where it has one, else in the conference's."""
        return self.text(self.title, self.language or self.host.languages[0])

    def makers_in(self, part: str) -> tuple[Maker, ...]:
        """Those with this part in it, in the order in which they are named."""
        return tuple(maker for maker in self.makers if maker.part == part)

    @property
    def is_watched(self) -> bool:
        """Whether it is something to watch or to listen to."""
        return self.kind == ResourceKind.RECORDING or self.media_type.startswith(("video/", "audio/"))


# Words that stand in the names of bodies and hardly ever in those of people, in the languages we know best.
_BODIES = re.compile(
    r"(?i)\b(librar(?:y|ies)|universit\w+|universidad\w*|association|asociaci[oó]n|society|soci[eé]t[eé]|institut\w*|foundation|"
    r"fondation|federation|council|conseil|minist\w+|network|r[eé]seau|team|[eé]quipe|group|groupe|committee|comit[eé]|"
    r"consorti\w+|biblioth\w+|bibliote\w+|archives?|museum|school|college|cent(?:er|re)|department|project|conference|"
    r"verein|gmbh|ltd|inc|plc|ngo|e\.\s?v)\b|مكتبة|جامعة|جمعية|معهد|图书馆|大学|図書館"
)
# A name of capitals alone, as of CILIP or IFLA; two letters may be a person's initials.
_ACRONYM = re.compile(r"[A-Z][A-Z0-9&]{2,}")


def names_a_body(name: str) -> bool:
    """Whether ``name`` looks like that of an organisation."""
    return bool(_BODIES.search(name) or _ACRONYM.fullmatch(name.strip()))


def split_name(name: str, is_organisation: bool = False) -> tuple[str, str]:
    """(family, given) of a person's name as it is written; (name, "") of an organisation, and of a name of one word.

    "Zoë Müller" and "Müller, Zoë" are the same; "Anna van der Berg" is of the family "van der Berg".
    """
    name = " ".join(name.split())
    if is_organisation or name.count(",") > 1:
        return name, ""
    family, comma, given = (part.strip() for part in name.partition(","))
    if comma:
        return (family, given) if family and given else (name.strip(", "), "")
    words = name.split(" ")
    first = next((place for place in range(1, len(words) - 1) if words[place].islower()), len(words) - 1)
    return (" ".join(words[first:]), " ".join(words[:first])) if first > 0 else (name, "")
