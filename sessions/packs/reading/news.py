"""What is new in the library: which resources came last, and the feed of them (Atom, RFC 4287)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from conference.dates import iso_utc
from conference.texts import clean
from sessions.packs.describing.resource_record import Maker, ResourceRecord
from sessions.packs.open_to_all import is_open, is_out
from sessions.packs.resource_words import kind_name
from sessions.packs.tables import Resource

ENTRIES = 50
"""Resources that a feed holds."""
_ATOM = "http://www.w3.org/2005/Atom"
_XML = "{http://www.w3.org/XML/1998/namespace}"


@dataclass(frozen=True)
class OpenResource:
    """A resource that anyone may open. ``datestamp`` is when its record last changed."""

    id: int
    code: str
    datestamp: datetime


async def newest_resources(
    conference_id: int | None, now: datetime, *, most: int = ENTRIES
) -> list[OpenResource]:
    """The resources that anyone may open, those first that came out last; of all listed conferences for None. One query."""
    condition, values = is_out(now) if conference_id is None else is_open(now)
    if conference_id is not None:
        condition, values = f"r.conference = {{}} AND {condition}", [conference_id, *values]
    rows: list[dict[str, Any]] = await Resource.raw(
        f"SELECT r.id, r.code, r.datestamp FROM resource r WHERE {condition}"  # noqa: S608  # conditions of our own
        " ORDER BY r.first_out_at DESC, r.id DESC LIMIT {}",
        *values,
        most,
    )
    return [OpenResource(row["id"], row["code"], _instant(row["datestamp"])) for row in rows]


def _instant(value: datetime | str) -> datetime:
    """Raw statements bring SQLite's own words for a moment."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


@dataclass(frozen=True)
class Feed:
    """What a feed says of itself. ``url`` is its own whole address, ``page`` that of the page it follows; ``author`` stands for
    entries of which nobody is named. ``since`` is its date while it is empty."""

    url: str
    page: str
    title: str
    author: str
    language: str
    since: datetime


def atom(feed: Feed, records: Sequence[ResourceRecord]) -> bytes:
    """The feed of the records, in their order."""
    root = Element("feed", {"xmlns": _ATOM, f"{_XML}lang": feed.language})
    _put(root, "id", feed.url)
    _put(root, "title", feed.title)
    _put(root, "updated", iso_utc(max((_updated(record) for record in records), default=feed.since)))
    _put(SubElement(root, "author"), "name", feed.author)
    SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": feed.url})
    SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": feed.page})
    for record in records:
        _entry(SubElement(root, "entry"), record, feed.language)
    indent(root)
    written: bytes = tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + written + b"\n"


def _entry(entry: Element, record: ResourceRecord, language: str) -> None:
    # 4.2.6: an id that never changes, which our addresses do not.
    _put(entry, "id", record.url)
    _put(entry, "title", record.text(record.title, language) or kind_name(record.kind))
    _put(entry, "updated", iso_utc(_updated(record)))
    if record.first_out_at:
        _put(entry, "published", iso_utc(record.first_out_at))
    for maker in record.makers:
        _person(SubElement(entry, "author" if maker.part == "author" else "contributor"), maker)
    link = {"rel": "alternate", "type": "text/html", "href": record.url}
    SubElement(entry, "link", link | ({"hreflang": record.language} if record.language else {}))
    if record.file:
        SubElement(
            entry,
            "link",
            {
                "rel": "enclosure",
                "type": record.file.media_type,
                "length": str(record.file.size),
                "href": f"{record.url}/file",
            },
        )
    if record.licence:
        SubElement(entry, "link", {"rel": "license", "href": record.licence.url})  # RFC 4946
        _put(entry, "rights", record.licence.url)
    SubElement(entry, "category", {"term": record.kind, "label": kind_name(record.kind)})
    for topic in record.topics:
        SubElement(entry, "category", {"term": clean(record.text(topic, language))})
    if about := record.text(record.description, language):
        _put(entry, "summary", about)


def _person(element: Element, maker: Maker) -> None:
    _put(element, "name", maker.name)
    if maker.orcid:
        _put(element, "uri", f"https://orcid.org/{maker.orcid}")


def _updated(record: ResourceRecord) -> datetime:
    moments = [moment for moment in (record.datestamp, record.first_out_at) if moment is not None]
    return max(moments)


def _put(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = clean(text)
