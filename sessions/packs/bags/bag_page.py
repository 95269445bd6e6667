"""The page with which a bag opens: no server, no network, no script; on a phone, on paper, read aloud, in any direction.

In the language in force. Nothing in it depends on the hour or the machine: two downloads are the same octets.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from jinja2 import Environment
from markupsafe import Markup

from conference import dates, texts
from conference.assets import asset_folder
from conference.i18n import _, current_language, direction, language_name
from conference.markup import to_html
from sessions.packs.bags.bag_contents import BagItem, Contents, Page, href
from sessions.packs.describing.resource_record import Maker, ResourceRecord
from sessions.packs.licences import Licence
from sessions.packs.resource_words import ACCESSIBILITY, kind_name


@dataclass(frozen=True)
class Text:
    """Words with the language they are in: "" where it is the page's own."""

    words: str
    language: str = ""


@dataclass(frozen=True)
class ItemOnPage:
    """A resource as the page shows it. ``href`` is its file, or the address of a link; ``beside`` (name, href) are captions
    and transcripts of it, ``facts`` (name, value) what else is known."""

    code: str
    kind: str
    title: Text
    description: Text
    note: Text
    href: str
    is_link: bool
    address: str
    filename: str
    size: str
    makers: tuple[Maker, ...]
    licence: Licence | None
    beside: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]


def page_maker(environment: Environment) -> Page:
    """What makes the page, with the templates of ``environment``."""

    def make(contents: Contents, paths: dict[str, str]) -> str:
        language, host = current_language(), contents.host
        octets = sum(record.file.size for record in contents.records if record.file)
        licences = dict.fromkeys(record.licence for record in contents.records if record.licence)
        return environment.get_template("sessions/bag.html").render(
            language=language,
            direction=direction(language),
            styles=_styles(),
            conference=_text(host.name, contents),
            title=_text(contents.title, contents),
            about=_html(contents.about, contents),
            url=contents.url,
            organiser=host.organiser,
            contact=contents.contact,
            changed=dates.long_day(contents.changed_at.date(), language),
            files=sum(record.file is not None for record in contents.records),
            links=sum(record.file is None for record in contents.records),
            total=dates.file_size_words(octets, language),
            packs=[
                {
                    "code": pack.code,
                    "title": _text(pack.title, contents),
                    "note": _html(pack.note, contents),
                    "items": [_item(item, contents, paths) for item in pack.items],
                }
                for pack in contents.packs
            ],
            licences=[one for one in licences if one],
        )

    return make


@lru_cache(maxsize=1)
def _styles() -> Markup:
    css = (asset_folder("static") / "css/bag.css").read_text("utf-8")
    return Markup(f"<style>\n{css}</style>")  # noqa: S704  # a file of ours


def _text(text: texts.LocalText, contents: Contents) -> Text:
    words, language = texts.pick_with_language(text, current_language(), contents.host.languages)
    return Text(words, language if language != current_language() else "")


def _html(text: texts.LocalText, contents: Contents) -> Text:
    found = _text(text, contents)
    return Text(to_html(found.words, top=3), found.language) if found.words else found


def _item(item: BagItem, contents: Contents, paths: dict[str, str]) -> ItemOnPage:
    record, language = item.record, current_language()
    file, path = record.file, paths[record.code]
    return ItemOnPage(
        code=record.code,
        kind=kind_name(record.kind),
        title=_text(record.title, contents),
        description=_text(record.description, contents),
        note=_html(item.note, contents),
        href=href(path) if file else record.link,
        is_link=file is None,
        address=record.link,
        filename=path.rpartition("/")[2],
        size=dates.file_size_words(file.size, language) if file else "",
        makers=record.makers,
        licence=record.licence,
        beside=tuple(
            (_beside_words(other.kind, other.languages), href(paths[other.code]))
            for other in record.related
            if other.relation == "with" and other.code in paths
        ),
        facts=tuple(_facts(record, contents)),
    )


def _beside_words(kind: str, languages: tuple[str, ...]) -> str:
    names = ", ".join(language_name(code, current_language()) for code in languages)
    return f"{kind_name(kind)} ({names})" if names else kind_name(kind)


def _facts(record: ResourceRecord, contents: Contents) -> list[tuple[str, str]]:
    language = current_language()
    said = [
        (_("Language"), ", ".join(language_name(code, language) for code in record.languages)),
        (_("Session"), _text(record.session.title, contents).words if record.session else ""),
        (_("Date"), record.issued),
        (_("Length"), dates.length_words(record.seconds, language) if record.seconds else ""),
        (_("Topics"), ", ".join(_text(topic, contents).words for topic in record.topics)),
        (_("Accessibility"), ", ".join(_(ACCESSIBILITY.get(term, term)) for term in record.accessibility)),
        (_("Rights holder"), record.rights_holder),
    ]
    return [(name, value) for name, value in said if value]
