"""Files of any kind read into one programme: what a file is is told by what stands in it, not by its name alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from conference.i18n import _
from sessions.interchange import (
    calendar_reader,
    flat_files,
    frab_reader,
    indico_json,
    json_document,
    opass,
    osem_json,
    own_yaml_reader,
    pretalx_json,
    schedule_json_reader,
    sessionize,
    sheets,
    xcal_reader,
    yaml_document,
    yaml_schedules,
)
from sessions.interchange.gathered import Found, joined
from sessions.interchange.gathering import gathered
from sessions.interchange.incoming import decoded, read_limited
from sessions.interchange.model import Doubt, Doubts, ImportRefused, ProgrammeFile, ReadResult
from sessions.interchange.yaml_document import Value

MOST_FILES = 20
_LARGEST = 50_000_000  # bytes of XML, which is read as it comes
_LARGEST_OTHER = 20_000_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # workbooks of before 2007
_BINARY = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"\x1f\x8b", "gzip"),
)


@dataclass(frozen=True)
class NamedBytes:
    """A file as it was handed in."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Hints:
    """What the importing person says of what files leave out.

    ``zone`` is the conference's IANA zone, ``first_day`` the date that weekdays and numbers of days count from,
    ``language`` that of texts that do not say theirs, ``name`` and ``slug`` the conference's.
    """

    zone: str | None = None
    first_day: date | None = None
    language: str = ""
    name: str = ""
    slug: str = ""


@dataclass(frozen=True)
class Incoming:
    """What the files say. ``kind`` is what they are, ``doubts`` what had to be decided, in the files' order.

    ``zone_is_assumed`` says that nobody named the zone: whoever confirms the import should.
    """

    kind: str
    programme: ProgrammeFile
    doubts: tuple[Doubt, ...] = field(default=())
    zone_is_assumed: bool = False


def read_programme(files: Sequence[NamedBytes], hints: Hints | None = None) -> Incoming:
    """The programme in one file, or in several that belong together (a schedule and its speakers).

    Pure: the same files and hints give the same programme. Raises ImportRefused with one sentence for what cannot be
    read, and DatesNeeded where only ``hints.first_day`` is missing.
    """
    hints = hints or Hints()
    if not files:
        raise ImportRefused(_("There is no file."))
    if len(files) > MOST_FILES:
        raise ImportRefused(_("There are more than %(count)d files.") % {"count": MOST_FILES})
    doubts = Doubts()
    found: list[Found] = []
    for file in files:
        try:
            one = _read(file, hints, doubts)
        except ImportRefused as error:
            if len(files) == 1:
                raise
            told = _("%(name)s: %(reason)s") % {"name": file.name[:80], "reason": error.message}
            raise type(error)(told) from None
        if isinstance(one, Found):
            found.append(one)
        elif len(files) > 1:
            words = _("%(name)s is a whole programme; it is read alone.") % {"name": file.name[:80]}
            raise ImportRefused(words)
        else:
            return one
    whole = joined(found)
    result = gathered(
        whole,
        doubts,
        zone=hints.zone,
        first_day=hints.first_day,
        language=hints.language,
        name=hints.name,
        slug=hints.slug,
    )
    return Incoming(whole.kind, result.programme, doubts.listed(), result.zone_is_assumed)


def _read(file: NamedBytes, hints: Hints, doubts: Doubts) -> Found | Incoming:
    content = read_limited(file.content, _LARGEST)
    start = content[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    name = file.name.lower()
    for mark, called in _BINARY:
        if content.startswith(mark):
            raise ImportRefused(
                _("This is a %(kind)s file, and no programme can be read from it.") % {"kind": called}
            )
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06", _OLE)):
        return sheets.read_workbook(read_limited(content, _LARGEST_OTHER), doubts)
    is_xml = start.startswith(b"<") or b"<\x00" in content[:8] or b"\x00<" in content[:8]
    if is_xml or name.endswith((".xml", ".xcal")):
        return _xml(content, hints, doubts)
    read_limited(content, _LARGEST_OTHER)
    if start[:15].upper() == b"BEGIN:VCALENDAR" or name.endswith((".ics", ".ical", ".ifb")):
        return calendar_reader.read(content, doubts)
    if start[:1] in (b"{", b"[") or name.endswith(".json"):
        return _json(decoded(content), hints, doubts)
    if name.endswith((".csv", ".tsv", ".tab")):
        return sheets.read_csv(content, doubts)
    if re.match(rb"(?:---\s|#.*\n|\s)*(?:conference|event):", start):
        return _own(content)
    if name.endswith((".yaml", ".yml")):
        return _yaml(content, doubts)
    return _by_trying(content, start, doubts)


def _xml(content: bytes, hints: Hints, doubts: Doubts) -> Found | Incoming:
    start = re.sub(
        rb"<\?[^>]*\?>|<!--.{0,5000}?-->|<!DOCTYPE[^>[]*>", b"", content[:6000], flags=re.DOTALL
    ).lstrip(b"\xef\xbb\xbf \t\r\n")
    if re.match(rb"<(?:\w+:)?icalendar\b", start, re.IGNORECASE):
        return xcal_reader.read(read_limited(content, _LARGEST_OTHER), doubts)
    if re.match(rb"<(?:html|body|head|div|!doctype html)\b", start, re.IGNORECASE):
        raise ImportRefused(
            _("This is a web page. Please look on the site for its schedule as XML, JSON or a calendar.")
        )
    return _whole(_("schedule XML"), frab_reader.read(content, zone=hints.zone), hints)


def _json(words: str, hints: Hints, doubts: Doubts) -> Found | Incoming:
    root = json_document.parsed(words.removeprefix("\ufeff"), doubts)
    if schedule_json_reader.is_schedule(root):
        result = schedule_json_reader.read(root, doubts, zone=hints.zone)
        return _whole(_("schedule JSON"), result, hints)
    kinds: tuple[tuple[Callable[[Value], bool], Callable[[Value, Doubts], Found]], ...] = (
        (sessionize.is_sessionize, sessionize.read),
        (opass.is_opass, opass.read),
        (osem_json.is_osem, osem_json.read),
        (indico_json.is_indico, indico_json.read),
        (pretalx_json.is_pretalx, pretalx_json.read),
    )
    for is_one, read in kinds:
        if is_one(root):
            return read(root, doubts)
    return flat_files.read(root, _("JSON"), doubts)


def _yaml(content: bytes, doubts: Doubts) -> Found | Incoming:
    root = yaml_document.parsed(decoded(content), doubts)
    if root is None:
        raise ImportRefused(_("The file is empty."))
    if (
        root.fields is not None
        and ("conference" in root.fields or "event" in root.fields)
        and "sessions" in root.fields
    ):
        return _own(content)
    if yaml_schedules.is_blocks(root):
        return yaml_schedules.read_blocks(root, doubts)
    if yaml_schedules.is_days(root):
        return yaml_schedules.read_days(root, doubts)
    return flat_files.read(root, _("YAML"), doubts)


def _own(content: bytes) -> Incoming:
    result = own_yaml_reader.read(content)
    return Incoming(_("Meridian's YAML"), result.programme, result.doubts)


def _whole(kind: str, result: ReadResult, hints: Hints) -> Incoming:
    assumed = hints.zone is None and any(doubt.kind == "zone" for doubt in result.doubts)
    return Incoming(kind, result.programme, result.doubts, assumed)


def _by_trying(content: bytes, start: bytes, doubts: Doubts) -> Found | Incoming:
    """A file whose name and first words say nothing: a sheet if it has headings, YAML if it is a list or a map of them."""
    if re.match(rb"(?:@prefix|PREFIX|@base)\s", start):
        words = _(
            "This is RDF (Turtle), which is not read. Please export the programme as XML, JSON, a calendar or a sheet."
        )
        raise ImportRefused(words)
    tries = (Doubts(), Doubts())
    readers: tuple[tuple[Callable[[bytes, Doubts], Found | Incoming], Doubts], ...] = (
        (sheets.read_csv, tries[0]),
        (_yaml, tries[1]),
    )
    for read, own in readers:
        try:
            found = read(content, own)
        except ImportRefused:
            continue
        for doubt in own.listed():
            doubts.add(doubt.kind, doubt.where, doubt.message)
        return found
    words = _(
        "This is text, but no programme that can be read: neither XML, JSON, YAML, a calendar nor a sheet with headings."
    )
    raise ImportRefused(words)
