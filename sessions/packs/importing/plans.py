"""Pure: what an archive says of its resources and packs, made harmless; what is wrong with it, as reasons."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from conference import i18n, texts
from conference.filenames import safe_filename
from sessions.packs.importing.reasons import Reason
from sessions.packs.licences import LICENCES
from sessions.packs.resource_facts import is_issue_date, title_from_name
from sessions.packs.resource_words import ACCESSIBILITY, KIND_NAMES, ROLES, is_language_tag
from sessions.packs.tables import PackAccess, ResourceKind
from sessions.programme.search import fold
from sessions.speakers.orcid import OrcidRefused, parse_orcid

MOST_CREATORS = 50
MOST_LANGUAGES = 20
MOST_TOPICS = 30


@dataclass
class ItemPlan:
    """A resource as it will be. ``ref`` is what the archive calls it; ``member`` its file's name in the archive, "" for a
    ``link``; ``topics`` are names per language; ``session`` a code or title; ``belongs_to`` and ``translation_of`` refs."""

    ref: str = ""
    member: str = ""
    link: str = ""
    filename: str = ""
    kind: str = ""
    title: dict[str, str] = field(default_factory=dict)
    description: dict[str, str] = field(default_factory=dict)
    languages: list[str] = field(default_factory=list)
    creators: list[dict[str, str]] = field(default_factory=list)
    licence: str = ""
    rights_holder: str = ""
    issued: str = ""
    accessibility: list[str] = field(default_factory=list)
    topics: list[dict[str, str]] = field(default_factory=list)
    chapters: list[dict[str, Any]] = field(default_factory=list)
    session: list[str] = field(default_factory=list)
    belongs_to: str = ""
    translation_of: str = ""

    def as_json(self) -> dict[str, Any]:
        """As a row holds it."""
        return asdict(self)


@dataclass
class PackPlan:
    """A pack that the archive asks for. ``items`` are (ref, note) in their order; ``made`` the code of what it became."""

    title: dict[str, str]
    note: dict[str, str] = field(default_factory=dict)
    access: str = PackAccess.PUBLIC.value
    session: list[str] = field(default_factory=list)
    items: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    made: str = ""

    def as_json(self) -> dict[str, Any]:
        """As a row holds it."""
        return asdict(self)


@dataclass
class Judged:
    """An item and what there is to say of it: with ``refusals`` it is not taken."""

    item: ItemPlan
    line: int = 0  # of the sheet
    refusals: list[Reason] = field(default_factory=list)
    remarks: list[Reason] = field(default_factory=list)


def judged(raw: Mapping[str, Any], member: str, language: str) -> Judged:
    """What somebody else's programme, or a sheet, says of a resource. Nothing in ``raw`` is taken on trust; ``language`` is the
    conference's first."""
    item = ItemPlan(ref=line_of(raw.get("code"), 200), member=member)
    found = Judged(item)
    item.filename = (
        safe_filename(line_of(raw.get("filename"), 300) or member.rpartition("/")[2]) if member else ""
    )
    link = line_of(raw.get("link"), 2000)
    if link and not _is_address(link):
        found.refusals.append(("link-address", {"value": link[:100]}))
    item.link = link
    item.kind = _kind(raw.get("kind"), found)
    item.title = local_of(raw.get("title"), 200, lines=False, language=language)
    if not item.title:
        name = title_from_name(item.filename) if member else link[:200]
        item.title = {language: name} if name else {}
    item.description = local_of(raw.get("description"), 2000, language=language)
    for code in list_of(raw.get("languages"))[:MOST_LANGUAGES]:
        if known := language_code(line_of(code, 60)):
            item.languages.append(known)
        else:
            found.remarks.append(("language", {"value": line_of(code, 60)}))
    item.languages = list(dict.fromkeys(item.languages))
    item.creators = [
        one for raw_one in list_of(raw.get("creators"))[:MOST_CREATORS] if (one := _creator(raw_one, found))
    ]
    licence = line_of(raw.get("licence"), 200)
    item.licence = licence_code(licence)
    if licence and not item.licence:
        found.refusals.append(("licence", {"value": licence[:60]}))
    elif not licence:
        found.remarks.append(("no-licence", {}))
    item.rights_holder = line_of(raw.get("rights_holder"), 200)
    item.issued = line_of(raw.get("issued"), 20)
    if item.issued and not is_issue_date(item.issued):
        found.remarks.append(("issued", {"value": item.issued}))
        item.issued = ""
    for term in list_of(raw.get("accessibility"))[:30]:
        if (known := line_of(term, 60)) in ACCESSIBILITY:
            item.accessibility.append(known)
        elif known:
            found.remarks.append(("accessibility", {"value": known}))
    item.topics = [
        topic
        for one in list_of(raw.get("topics"))[:MOST_TOPICS]
        if (topic := local_of(one, 100, lines=False, language=language))
    ]
    item.chapters = [one for raw_one in list_of(raw.get("chapters"))[:500] if (one := _chapter(raw_one))]
    item.session = session_of(raw.get("session"))
    item.belongs_to = line_of(raw.get("belongs_to"), 1000)
    item.translation_of = line_of(raw.get("translation_of"), 1000)
    return found


def line_of(value: Any, most: int) -> str:
    """A text on one line; "" for what is none."""
    return texts.clean_line(value)[:most] if isinstance(value, str) else ""


def list_of(value: Any) -> list[Any]:
    """A list; empty for what is none."""
    return list(value) if isinstance(value, list | tuple) else []


def local_of(value: Any, most: int, *, lines: bool = True, language: str = "en") -> dict[str, str]:
    """A text per language; one without a language is in ``language``."""
    if isinstance(value, str):
        value = {language: value}
    if not isinstance(value, Mapping):
        return {}
    clean = texts.clean if lines else texts.clean_line
    return {
        code: words[:most]
        for code, text in list(value.items())[:50]
        if isinstance(code, str)
        and isinstance(text, str)
        and is_language_tag(code)
        and (words := clean(text))
    }


def session_of(value: Any) -> list[str]:
    """By what a session may be found: its code, then its titles."""
    if isinstance(value, str):
        return [line_of(value, 200)] if line_of(value, 200) else []
    if not isinstance(value, Mapping):
        return []
    titles = local_of(value.get("title"), 200, lines=False)
    return [known for known in [line_of(value.get("code"), 20), *titles.values()] if known]


def _is_address(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", link)


def _kind(value: Any, found: Judged) -> str:
    said = line_of(value, 60)
    kind = _kinds().get(fold(said), "") if said else ""
    if said and not kind:
        found.refusals.append(("kind", {"value": said}))
    return kind


@cache
def _kinds() -> dict[str, str]:
    known = {fold(kind): str(kind) for kind in ResourceKind}
    for language in i18n.interface_languages():
        with i18n.use_language(language):
            known |= {fold(i18n._(name)): str(kind) for kind, name in KIND_NAMES.items()}
    return known


def licence_code(said: str) -> str:
    """The licence that is named by its code, address or name; "" for none."""
    key = re.sub(r"[^a-z0-9]+", "", said.lower().removeprefix("https").removeprefix("http"))
    for licence in LICENCES.values():
        address = re.sub(r"[^a-z0-9]+", "", licence.url.lower().removeprefix("https").removeprefix("http"))
        names = {re.sub(r"[^a-z0-9]+", "", name.lower()) for name in (licence.code, licence.name)}
        if key and (key in names or key == address):
            return licence.code
    return ""


def language_code(said: str) -> str:
    """The language that is named by its tag or, in an interface language or itself, by its name; "" for none."""
    if is_language_tag(said):
        return said
    return _languages().get(fold(said), "")


@cache
def _languages() -> dict[str, str]:
    known: dict[str, str] = {}
    for code in (
        "en",
        "fr",
        "ar",
        "es",
        "de",
        "it",
        "pt",
        "nl",
        "ru",
        "zh",
        "ja",
        "hi",
        "sw",
        "tr",
        "fa",
        "pl",
        "cy",
    ):
        for shown in (code, *i18n.interface_languages()):
            known.setdefault(fold(i18n.language_name(code, shown)), code)
    return known


def _creator(value: Any, found: Judged) -> dict[str, str]:
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, Mapping) or not (name := line_of(value.get("name"), 200)):
        return {}
    person = {"name": name}
    if (role := line_of(value.get("role"), 20)) in ROLES and role:
        person["role"] = role
    if orcid := line_of(value.get("orcid"), 60):
        try:
            person["orcid"] = parse_orcid(orcid)
        except OrcidRefused:
            found.remarks.append(("orcid", {"value": orcid}))
    return person


def _chapter(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {}
    at, title = value.get("at"), line_of(value.get("title"), 200)
    if not isinstance(at, int) or isinstance(at, bool) or not 0 <= at < 1_000_000 or not title:
        return {}
    return {"at": at, "title": title}


def packs_of(raw: Sequence[Any], language: str) -> list[PackPlan]:
    """The packs that metadata.json of a bag lists."""
    found = []
    for one in list_of(raw)[:1000]:
        if not isinstance(one, Mapping):
            continue
        access = line_of(one.get("access"), 20)
        found.append(
            PackPlan(
                title=local_of(one.get("title"), 200, lines=False, language=language),
                note=local_of(one.get("note"), 5000, language=language),
                access=access if access in list(PackAccess) else PackAccess.TEAM.value,
                session=session_of(one.get("session")),
                items=[
                    (line_of(item.get("resource"), 200), local_of(item.get("note"), 2000, language=language))
                    for item in list_of(one.get("items"))[:10_000]
                    if isinstance(item, Mapping)
                ],
            )
        )
    return found
