"""Which uploaded files are kept: what a file really is must agree with its name and stand on the list."""

from __future__ import annotations

import re
import struct
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import puremagic

from conference.errors import InvalidInput
from conference.file_shapes import family_of, pixels, zip_members
from conference.filenames import safe_filename
from conference.i18n import _, lazy

HEAD_BYTES = 8 * 1024
"""How much of a file's beginning ``sniff`` wants to see."""
TAIL_BYTES = 1024 * 1024
"""How much of a file's end ``check_ending`` wants to see: room for the list of about 10,000 zip members."""
MAX_PIXELS = 100_000_000

Kind = Literal["document", "image", "video", "audio", "text", "captions", "data", "archive"]


class FileRefused(InvalidInput):
    """A file that is not kept. ``found`` says in a few words what its content is."""

    http_status = 422

    def __init__(self, message: str, found: str) -> None:
        super().__init__(message)
        self.found = found


@dataclass(frozen=True)
class FileType:
    """A kind of file that may be kept. ``extension`` has no dot; ``family`` is the shape of its bytes."""

    media_type: str
    extension: str
    kind: Kind
    inline_allowed: bool
    family: str


def _types(family: str, kind: Kind, inline_allowed: bool, **media_types: str) -> dict[str, FileType]:
    return {
        extension: FileType(media_type, extension, kind, inline_allowed, family)
        for extension, media_type in media_types.items()
    }


_ODF = "application/vnd.oasis.opendocument."
_OOXML = "application/vnd.openxmlformats-officedocument."
# Only what a browser shows without running anything may be inline; PDFs and office files are always downloads.
FILE_TYPES: dict[str, FileType] = {
    **_types("pdf", "document", False, pdf="application/pdf"),
    **_types("png", "image", True, png="image/png"),
    **_types("jpg", "image", True, jpg="image/jpeg"),
    **_types("gif", "image", True, gif="image/gif"),
    **_types("webp", "image", True, webp="image/webp"),
    **_types("mp4", "video", True, mp4="video/mp4"),
    **_types("webm", "video", True, webm="video/webm"),
    **_types("mp3", "audio", True, mp3="audio/mpeg"),
    **_types("mp4", "audio", True, m4a="audio/mp4"),
    **_types("ogg", "audio", True, ogg="audio/ogg"),
    **_types(
        "zip", "document", False, odt=_ODF + "text", ods=_ODF + "spreadsheet", odp=_ODF + "presentation"
    ),
    **_types(
        "zip",
        "document",
        False,
        docx=_OOXML + "wordprocessingml.document",
        xlsx=_OOXML + "spreadsheetml.sheet",
        pptx=_OOXML + "presentationml.presentation",
        epub="application/epub+zip",
    ),
    **_types("zip", "archive", False, zip="application/zip"),
    **_types("text", "text", False, txt="text/plain", md="text/markdown"),
    **_types("text", "data", False, csv="text/csv", json="application/json"),
    **_types("text", "captions", False, srt="application/x-subrip"),
    **_types("text", "captions", True, vtt="text/vtt"),
}
_ALIASES = {"jpeg": "jpg", "jpe": "jpg", "markdown": "md", "oga": "ogg"}
ACCEPT = ",".join(f".{extension}" for extension in sorted([*FILE_TYPES, *_ALIASES]))
"""For the ``accept`` attribute of a file input."""

_FAMILY_NAMES = {
    "pdf": lazy("a PDF document"),
    "png": lazy("a PNG picture"),
    "jpg": lazy("a JPEG picture"),
    "gif": lazy("a GIF picture"),
    "webp": lazy("a WebP picture"),
    "mp4": lazy("an MP4 recording"),
    "webm": lazy("a WebM recording"),
    "matroska": lazy("a Matroska recording"),
    "mp3": lazy("an MP3 recording"),
    "ogg": lazy("an Ogg recording"),
    "zip": lazy("a zip archive"),
    "text": lazy("plain text"),
    "html": lazy("a web page"),
    "svg": lazy("an SVG drawing"),
    "xml": lazy("an XML document"),
    "script": lazy("a program"),
    "program": lazy("a program"),
    "empty": lazy("an empty file"),
    "unknown": lazy("something unknown"),
}
# What a browser that guesses would render, whatever else the file begins with.
_MARKUP = re.compile(rb"(?i)<(?:!doctype\s+html|html|head|body|script|iframe|svg|\?php)\b")


def check_name(filename: str, size: int) -> None:
    """Refuse a file before any of it is here: an empty one, and one whose name says that it is of no accepted type.

    Raises FileRefused.
    """
    name = safe_filename(filename)
    stem, dot, extension = name.rpartition(".")
    if size == 0:
        raise _refusal(_("“%(name)s” is empty."), name, b"", "empty")
    if not (dot and stem and _ALIASES.get(extension.lower(), extension.lower()) in FILE_TYPES):
        accepted = ", ".join(sorted(FILE_TYPES))
        message = _("“%(name)s” is of a kind that is not accepted. Accepted are: %(accepted)s.")
        raise FileRefused(message % {"name": name, "accepted": accepted}, "")


def sniff(head: bytes, filename: str, accepted: Collection[str] = FILE_TYPES) -> FileType:
    """The type of a file that begins with ``head`` (its first HEAD_BYTES, or all of it) and is called ``filename``.

    Content and extension must agree and be among those ``accepted`` (keys of FILE_TYPES). Raises FileRefused, which names what
    was found, for everything else: other types, a web page named ``.jpg``, programs, and files that are two
    things at once.
    """
    name = safe_filename(filename)
    family = family_of(head)
    stem, dot, extension = name.rpartition(".")
    extension = extension.lower()
    file_type = FILE_TYPES.get(_ALIASES.get(extension, extension)) if dot and stem else None
    if file_type is None or file_type.extension not in accepted:
        raise _refusal(
            _("“%(name)s” is %(found)s of a kind that is not accepted. Accepted are: %(accepted)s."),
            name,
            head,
            family,
            accepted=", ".join(sorted(accepted)),
        )
    if family == "empty":
        raise _refusal(_("“%(name)s” is empty."), name, head, family)
    if family != file_type.family or not _fits(head, file_type):
        raise _refusal(
            _(
                "“%(name)s” holds %(found)s, which does not agree with “.%(extension)s” at the end of its name."
            ),
            name,
            head,
            family,
            extension=extension,
        )
    if file_type.family not in {"text", "zip"} and _MARKUP.search(head[:1024]):
        raise _refusal(_("“%(name)s” is %(found)s with a web page hidden inside."), name, head, family)
    if pixels(head, family) > MAX_PIXELS:
        raise _refusal(_("“%(name)s” is %(found)s with too many pixels to be shown."), name, head, family)
    return file_type


def check_ending(file_type: FileType, filename: str, tail: bytes, size: int) -> None:
    """Refuse a file by its end: ``tail`` is its last TAIL_BYTES, or all of it; ``size`` its whole length in octets.

    Raises FileRefused for pictures and zip files that break off, a zip archive appended to anything else, and
    archives whose members climb out of their folder, are links, unpack to absurd sizes, or carry macros.
    """
    name = safe_filename(filename)
    members = zip_members(tail, size)
    if file_type.family != "zip":
        if members:
            raise _refusal(
                _("“%(name)s” is %(found)s with a zip archive hidden inside."), name, b"", file_type.family
            )
        whole = {"png": b"IEND", "jpg": b"\xff\xd9"}.get(file_type.family, b"")
        if whole not in tail:
            raise _refusal(_("“%(name)s” is %(found)s that breaks off."), name, b"", file_type.family)
        return
    if members is None:
        raise _refusal(
            _("“%(name)s” is %(found)s that breaks off, or is too full to be checked."), name, b"", "zip"
        )
    for member in members:
        parts = re.split(r"[/\\]", member.name)
        if ".." in parts or parts[0] == "" or re.match(r"[A-Za-z]:", member.name) or member.is_link:
            raise _refusal(
                _(
                    "“%(name)s” is %(found)s whose content would be unpacked outside its folder (“%(member)s”)."
                ),
                name,
                b"",
                "zip",
                member=safe_filename(member.name),
            )
    unpacked = sum(member.size for member in members)
    if unpacked > 100 * 1024**2 and unpacked > 200 * size:
        raise _refusal(_("“%(name)s” is %(found)s that unpacks to an absurd size."), name, b"", "zip")
    if (prefix := _OFFICE_PARTS.get(file_type.extension)) is not None:
        names = [member.name for member in members]
        if not any(member.startswith(prefix) for member in names):
            raise _refusal(
                _(
                    "“%(name)s” holds %(found)s, which does not agree with “.%(extension)s” at the end of its name."
                ),
                name,
                b"",
                "zip",
                extension=file_type.extension,
            )
        if any(member.endswith("vbaProject.bin") for member in names):
            raise _refusal(
                _("“%(name)s” carries macros. Save it without them and try again."), name, b"", "zip"
            )


def _refusal(message: str, name: str, head: bytes, family: str, **values: str) -> FileRefused:
    found = _FAMILY_NAMES[family] if family != "unknown" else _name_of_unknown(head)
    found = _(found)
    return FileRefused(message % {"name": name, "found": found, **values}, found)


def _name_of_unknown(head: bytes) -> str:
    """What puremagic's long list calls it; its names are technical and stay untranslated."""
    try:
        best = max(puremagic.magic_string(head), key=lambda match: float(match.confidence))
    except (puremagic.PureError, ValueError):
        return _FAMILY_NAMES["unknown"]
    return str(best.name or best.extension) if best.confidence >= 0.5 else _FAMILY_NAMES["unknown"]


def _fits(head: bytes, file_type: FileType) -> bool:
    """Whether the beginning is more than the right signature: what each extension promises of its family."""
    extension = file_type.extension
    if extension == "png":
        # PNG 11.2.2: IHDR comes first, 13 octets long, and neither side is zero.
        sides = struct.unpack(">II", head[16:24]) if len(head) >= 24 else (0, 0)
        return head[8:16] == b"\0\0\0\rIHDR" and all(sides)
    if extension in {"odt", "ods", "odp", "epub"}:
        # OpenDocument 1.3 part 2, 3.3 and EPUB OCF 4.3: "mimetype" is the first member and is stored as it is.
        return head[30:].startswith(b"mimetype" + file_type.media_type.encode())
    if extension in _OFFICE_PARTS:
        beginnings = (b"[Content_Types].xml", b"_rels/", b"docProps/", _OFFICE_PARTS[extension].encode())
        return head[30:].startswith(beginnings)
    if extension == "vtt":
        # WebVTT 4.1: the word, then a space, a tab, a line end or nothing.
        return re.match(rb"(?:\xef\xbb\xbf)?WEBVTT(?:[ \t\r\n]|\Z)", head) is not None
    if extension == "srt":
        # What is broken further on is told with its line where captions are read.
        return (
            not head.lstrip(b"\xef\xbb\xbf").startswith(b"WEBVTT")
            and re.search(rb"\d\s*--?>\s*\d", head) is not None
        )
    if extension == "json":
        return re.match(rb'(?:\xef\xbb\xbf)?\s*(?:[\[{"\d-]|true\b|false\b|null\b)', head) is not None
    return True


_OFFICE_PARTS = {"docx": "word/", "xlsx": "xl/", "pptx": "ppt/"}
