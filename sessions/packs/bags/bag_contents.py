"""Pure: what lies in the bag of one pack or of several: files in the organisers' order, links as files, and what was said of them.

Everything is below ``data/``, so that a library which keeps only the payload keeps the whole; the page to begin with is
``data/index.html``. Recordings hosted elsewhere are links: what is there may change any day and nobody here has its checksum,
without which RFC 8493 2.2.3 lets no file stand in fetch.txt.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote
from xml.etree import ElementTree

from conference import __version__, texts
from conference.markup import summary
from conference.texts import LocalText
from sessions.packs.bags import bag_metadata
from sessions.packs.bags.bag import Bag, BagFile, made_file
from sessions.packs.bags.bag_names import Places, bag_name, numbered
from sessions.packs.describing import citations
from sessions.packs.describing.dublin_core import statements
from sessions.packs.describing.resource_record import Host, ResourceRecord
from sessions.packs.tables import ResourceKind

_DC = "http://purl.org/dc/elements/1.1/"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True)
class BagItem:
    """A resource in a pack, with what the organisers say of it there."""

    record: ResourceRecord
    note: LocalText = field(default_factory=dict)


@dataclass(frozen=True)
class BaggedPack:
    """A pack to be packed, with what the asker may have of it, in its order. ``session`` is the code of the session it
    belongs to, "" for none."""

    code: str
    title: LocalText
    url: str
    items: tuple[BagItem, ...]
    note: LocalText = field(default_factory=dict)
    access: str = "public"
    session: str = ""


@dataclass(frozen=True)
class Contents:
    """What a bag is made of. ``title`` and ``about`` are the bag's own, ``url`` its address for ever; ``changed_at`` when
    anything in it last changed."""

    host: Host
    title: LocalText
    url: str
    packs: tuple[BaggedPack, ...]
    changed_at: datetime
    about: LocalText = field(default_factory=dict)
    contact: str = ""

    @property
    def records(self) -> tuple[ResourceRecord, ...]:
        """Every resource once, where it stands first."""
        found = {item.record.code: item.record for pack in self.packs for item in pack.items}
        return tuple(found.values())

    def own(self, text: LocalText) -> str:
        """The text in the conference's first language, else in any it has."""
        return texts.pick(text, self.host.languages[0], self.host.languages)


Page = Callable[["Contents", dict[str, str]], str]
"""Makes ``index.html`` of the contents and of the path of each resource below ``data/``, by code."""


def bag_of(contents: Contents, page: Page) -> Bag:
    """The whole bag. Equal contents, and a page that says the same, give the same octets."""
    paths = paths_of(contents)
    records = contents.records
    works = [citations.work_of(record) for record in records]
    described = bag_metadata.written(contents, paths)
    payload = [
        made_file("index.html", page(contents, paths).encode()),
        made_file("metadata.json", described),
        *(
            made_file(f"citations/{name}", text.encode())
            for name, text in (
                ("citations.bib", citations.bibtex(works)),
                ("citations.ris", citations.ris(works)),
                ("citations.csl.json", citations.csl_json(works)),
                ("citations.txt", citations.plain_text(works)),
            )
            if works
        ),
        *(made_file(f"dublin-core/{record.code}.xml", dublin_core_xml(record)) for record in records),
        *(made_file("licences.txt", text.encode()) for text in [licences_text(records)] if text),
    ]
    for record in records:
        path, file = paths[record.code], record.file
        if file is not None:
            payload.append(BagFile(path, file.size, file.sha512, file.crc32, key=file.key))
        else:
            payload.append(made_file(path, link_page(record).encode()))
            payload.append(made_file(f"{path.removesuffix('.html')}.url", link_file(record.link)))
    return Bag(
        name=bag_name(contents.host.slug, contents.own(contents.title)),
        day=contents.changed_at.date(),
        labels=labels(contents),
        payload=tuple(payload),
        tags=(("index.html", _FIRST_PAGE),),
    )


def paths_of(contents: Contents) -> dict[str, str]:
    """Where each resource lies below ``data/``, by code: numbered in the organisers' order, in a folder for each pack where
    there are several; captions and transcripts beside their recording, with its name, so that players find them."""
    places, paths = Places(), dict[str, str]()
    for row, pack in enumerate(contents.packs, start=1):
        folder = "files"
        if len(contents.packs) > 1:
            folder = f"files/{numbered(row, len(contents.packs), bag_name(contents.own(pack.title))[:40])}"
        here = [item.record for item in pack.items]
        place_of = {record.code: place for place, record in enumerate(here, start=1)}
        fresh = [record for record in here if record.code not in paths]
        for record in [one for one in fresh if _recording_of(one) is None] + fresh:
            if record.code in paths:
                continue
            number = numbered(place_of[record.code], len(here), "")
            paths[record.code] = places.take(folder, _name(record, paths, number))
    return paths


def _name(record: ResourceRecord, paths: dict[str, str], number: str) -> str:
    filename = record.file.filename if record.file else f"{record.own_title()[:60] or 'link'}.html"
    recording = paths.get(_recording_of(record) or "")
    if recording is None:
        return number + filename
    stem = recording.rpartition("/")[2].rpartition(".")[0]
    extension = filename.rpartition(".")[2]
    language = f".{record.language}" if record.language else ""
    if record.kind == ResourceKind.CAPTIONS:
        return f"{stem}{language}.{extension}"  # the form in which players look for captions
    return f"{stem}-{record.kind}{language.replace('.', '-')}.{extension}"


def _recording_of(record: ResourceRecord) -> str | None:
    """The code of the recording that captions or a transcript belong to."""
    if record.kind not in (ResourceKind.CAPTIONS, ResourceKind.TRANSCRIPT):
        return None
    return next((other.code for other in record.related if other.relation == "of"), None)


def labels(contents: Contents) -> tuple[tuple[str, str], ...]:
    """The lines of bag-info.txt (RFC 8493 2.2.2) that the contents decide, in the conference's first language."""
    title, about = contents.own(contents.title), summary(contents.own(contents.about), 400)
    records = contents.records
    said = [
        ("Source-Organization", contents.host.organiser or contents.host.own_name),
        ("Contact-Email", contents.contact),
        ("External-Description", f"{title}. {about}" if about else title),
        ("External-Identifier", contents.url),
        ("Bag-Group-Identifier", contents.host.url),
        ("Internal-Sender-Identifier", contents.url.rpartition("/")[2]),
        ("Internal-Sender-Description", contents.host.own_name),
        # Labels of our own, which the RFC allows; they repeat what metadata.json says for whoever only reads these lines.
        *(
            ("Language", language)
            for language in dict.fromkeys(code for record in records for code in record.languages)
        ),
        *(
            ("Licence", licence.url)
            for licence in dict.fromkeys(record.licence for record in records)
            if licence
        ),
        ("Bag-Software-Agent", f"Meridian {__version__}"),
    ]
    return tuple((label, value) for label, value in said if value)


def dublin_core_xml(record: ResourceRecord) -> bytes:
    """The resource in the fifteen elements of Dublin Core, in the form that OAI-PMH gives them (oai_dc)."""
    oai = "http://www.openarchives.org/OAI/2.0/oai_dc/"
    schema = "http://www.w3.org/2001/XMLSchema-instance"
    for prefix, namespace in (("oai_dc", oai), ("dc", _DC), ("xsi", schema)):
        ElementTree.register_namespace(prefix, namespace)
    root = ElementTree.Element(f"{{{oai}}}dc")
    root.set(f"{{{schema}}}schemaLocation", f"{oai} http://www.openarchives.org/OAI/2.0/oai_dc.xsd")
    for statement in statements(record):
        element = ElementTree.SubElement(root, f"{{{_DC}}}{statement.element}")
        element.text = statement.value
        if statement.language:
            element.set(_XML_LANG, statement.language)
    ElementTree.indent(root)
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode").encode() + b"\n"
    )


def licences_text(records: Iterable[ResourceRecord]) -> str:
    """Each licence once with where its text stands; "" where nothing has one. In English, as licences name themselves."""
    found = dict.fromkeys(record.licence for record in records if record.licence)
    return "\n".join(
        f"{licence.name} ({licence.code})\n{licence.means}\n{licence.url}\n" for licence in found if licence
    )


def link_file(url: str) -> bytes:
    """A shortcut that Windows and macOS open. Nothing in the address can begin a line of its own."""
    return f"[InternetShortcut]\r\nURL={quote(url, safe=_KEPT)}\r\n".encode("ascii")


def link_page(record: ResourceRecord) -> str:
    """A link as a page that opens anywhere; it goes nowhere by itself."""
    title, url = html.escape(record.own_title()), html.escape(record.link)
    language = html.escape(record.language or record.host.languages[0])
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title></head>\n"
        f'<body><p dir="auto">{title}</p>\n<p><a href="{url}" rel="noopener noreferrer">{url}</a></p></body>\n</html>\n'
    )


_KEPT = "!#$%&'()*+,/:;=?@[]~"  # what stands in addresses for itself (RFC 3986 2.2)
_FIRST_PAGE = (
    b'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>Resource pack</title>\n'
    b'<meta http-equiv="refresh" content="0; url=data/index.html"></head>\n'
    b'<body><p><a href="data/index.html">data/index.html</a></p></body>\n</html>\n'
)


def href(path: str) -> str:
    """The path as a link from ``data/index.html``."""
    return quote(path, safe="/")
