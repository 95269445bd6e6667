"""The library as a reader sees it: rows with what was found marked, filters with their counts, the ways out of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from conference import dates, texts
from conference.i18n import _, current_language, language_name, lazy, pgettext
from conference.texts import LocalText
from sessions.packs.library.library import Found, FoundResource
from sessions.packs.library.library_asked import FILTERS, Asked
from sessions.packs.licences import LICENCES
from sessions.packs.resource_words import kind_name
from sessions.packs.search_words import Search, excerpt, excerpt_of_long, marked, places

PATH = "/resources"
_MOST_ABOUT = 220  # characters of a description
SHOWN = 7  # values of a filter before the rest are folded away

FILTER_NAMES = {
    "kind": lazy("Kind"),
    "language": lazy("Language"),
    "topic": lazy("Topic"),
    "conference": lazy("Conference"),
    "licence": lazy("Licence"),
}


@dataclass(frozen=True)
class Row:
    """A resource in the list. ``title``, ``creators``, ``topics`` and ``about`` are HTML with what was found marked;
    languages are given where they are not the page's; ``also`` is a title in another language in which words were found, ``spoken`` the
    place where they were in what its file says."""

    url: str
    kind: str
    title: Markup
    title_language: str
    also: Markup
    also_language: str
    about: Markup
    about_language: str
    spoken: Markup
    spoken_language: str
    creators: Markup
    language: str
    date: str
    date_iso: str
    licence: str
    extension: str
    size: str
    conference: str
    conference_url: str
    topics: Markup


@dataclass(frozen=True)
class Choice:
    """A value of a filter: its name, how many there are, whether it is chosen."""

    value: str
    name: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    """A filter with its values, those chosen and those with most first; ``rest`` is folded away."""

    name: str
    label: str
    shown: tuple[Choice, ...]
    rest: tuple[Choice, ...]


@dataclass(frozen=True)
class Chip:
    """Something in force, with the address without it; ``name`` is the filter's in words."""

    name: str
    text: str
    url: str


def rows_of(found: Found, asked: Asked) -> list[Row]:
    """The page of resources that was found."""
    return [_row(one, asked.search) for one in found.resources]


def _row(one: FoundResource, search: Search) -> Row:
    language = current_language()
    own = one.conference.languages
    title, title_language = texts.pick_with_language(one.title, language, own)
    also, also_language = _elsewhere(one.title, title_language, search)
    about, about_language = texts.pick_with_language(one.description, language, own)
    found = excerpt(about, search)
    if not found:
        for code, text in one.description.items():
            if code != about_language and (found := excerpt(text, search)):
                about_language = code
                break
    spoken = Markup("")
    names = " ".join((*one.title.values(), *(person.name for person in one.creators)))
    if one.spoken and search and not found and not places(names, search):
        spoken = excerpt_of_long(one.spoken, search)
    licence = LICENCES.get(one.licence)
    file = one.file
    issued = _issued(one)
    topics = [texts.pick(name, language, own) for name in one.topics]
    return Row(
        url=f"{PATH}/{one.code}",
        kind=kind_name(one.kind),
        title=marked(title, search),
        title_language=_foreign(title_language),
        also=also,
        also_language=also_language,
        about=found or _beginning(about),
        about_language=_foreign(about_language),
        spoken=spoken,
        spoken_language=_foreign(one.languages[0]) if one.languages else "",
        creators=_listed([person.name for person in one.creators], search),
        language=", ".join(language_name(code, language) for code in one.languages),
        date=dates.known_date(issued, language) if issued else "",
        date_iso=issued,
        licence=""
        if licence is None
        else _("All rights reserved")
        if licence.code == "InC"
        else licence.code,
        extension=file.filename.rpartition(".")[2].upper() if file else "",
        size=dates.file_size_words(file.size, language) if file else "",
        conference=texts.pick(one.conference.name, language, own),
        conference_url=f"/{one.conference.slug}/",
        topics=_listed(topics, search)
        if search and any(places(name, search) for name in topics)
        else Markup(""),
    )


def _foreign(code: str) -> str:
    return code if code != current_language() else ""


def _elsewhere(title: LocalText, shown: str, search: Search) -> tuple[Markup, str]:
    """The title in another language, if it is there that words were found."""
    if search and not places(title.get(shown, ""), search):
        for code, text in title.items():
            if code != shown and places(text, search):
                return marked(text, search), code
    return Markup(""), ""


def _listed(names: Sequence[str], search: Search) -> Markup:
    return escape(pgettext("between names in a list", ", ")).join(
        Markup("<bdi>{}</bdi>").format(marked(name, search)) for name in names
    )


def _issued(one: FoundResource) -> str:
    """The date it carries, else the day it came out, as exact as it is known; "" for none."""
    return one.issued or (one.out_at.date().isoformat() if one.out_at else "")


def _beginning(text: str) -> Markup:
    """The beginning of a text on one line."""
    line = " ".join(text.split())
    return escape(line if len(line) <= _MOST_ABOUT else line[:_MOST_ABOUT].rsplit(" ", 1)[0] + " …")


def facets_of(found: Found, asked: Asked) -> list[Facet]:
    """The filters worth showing: those with something to choose between, or in force."""
    facets = []
    for name in FILTERS:
        counts = {**dict.fromkeys(_known(name, found, asked), 0), **found.counts[name]}
        chosen = set(_known(name, found, asked))
        choices = [
            Choice(value, value_name(name, value, found), count, value in chosen)
            for value, count in counts.items()
        ]
        if name == "conference":
            order = {slug: place for place, slug in enumerate(found.conferences)}
            choices.sort(key=lambda one: (not one.is_chosen, order.get(one.value, len(order))))
        else:
            choices.sort(key=lambda one: (not one.is_chosen, -one.count, one.name.casefold()))
        if len(choices) > 1 or chosen:
            first = max(SHOWN, len(chosen))
            if len(choices) == first + 1:
                first += 1  # nothing is folded away alone
            facets.append(Facet(name, _(FILTER_NAMES[name]), tuple(choices[:first]), tuple(choices[first:])))
    return facets


def _known(name: str, found: Found, asked: Asked) -> list[str]:
    """The values in force, as they are counted: of topics with one name the first."""
    values = asked.values(name)
    if name == "topic":
        groups = [
            next((one.code for one in found.topics.values() if value in one.codes), "") for value in values
        ]
        return [code for code in dict.fromkeys(groups) if code]
    if name == "conference":
        return [value for value in values if value in found.conferences]
    return list(values)


def value_name(name: str, value: str, found: Found) -> str:
    """A filter's value in words."""
    language = current_language()
    match name:
        case "kind":
            return kind_name(value)
        case "language":
            return language_name(value, language)
        case "topic":
            return texts.pick(found.topics[value].name, language)
        case "conference":
            conference = found.conferences[value]
            return texts.pick(conference.name, language, conference.languages)
        case _:
            return _(LICENCES[value].name)


def chips_of(found: Found, asked: Asked) -> list[Chip]:
    """Everything in force, each with the way out of it. What the library does not know (any more) is named as it was asked."""
    chips = []
    if asked.words:
        chips.append(Chip(_("Search"), f"“{asked.words}”", asked.without("q").address(PATH)))
    for name in FILTERS:
        for value in asked.values(name):
            shown = _shown_value(name, value, found)
            chips.append(Chip(_(FILTER_NAMES[name]), shown, asked.without(name, value).address(PATH)))
    return chips


def _shown_value(name: str, value: str, found: Found) -> str:
    if name == "topic":
        group = next((one for one in found.topics.values() if value in one.codes), None)
        return texts.pick(group.name, current_language()) if group else value
    if name == "conference" and value not in found.conferences:
        return value
    return value_name(name, value, found)


def broader_of(found: Found, asked: Asked) -> list[tuple[str, int, str]]:
    """Where nothing was found: (what is in the way, how many there would be without it, address), if there are any."""

    def words(name: str) -> str:
        if name == "q":
            return f"“{asked.words}”"
        return pgettext("between names in a list", ", ").join(
            _shown_value(name, value, found) for value in asked.values(name)
        )

    return [
        (words(name), count, asked.without(name).address(PATH))
        for name, count in found.without.items()
        if count and not found.total
    ]
