"""What an uploaded file really is, what it may be called, and how its name travels in a header."""

from __future__ import annotations

import re
import struct
import unicodedata
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

import puremagic

from conference.errors import InvalidInput
from conference.i18n import _, lazy

HEAD_BYTES = 8 * 1024
"""How much of a file's beginning ``sniff`` wants to see."""
TAIL_BYTES = 1024 * 1024
"""How much of a file's end ``check_ending`` wants to see: room for the list of about 10,000 zip members."""
MAX_PIXELS = 100_000_000
MAX_NAME_BYTES = 150

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
# Beginnings that no accepted file has, and that some program would run or render.
_MARKUP = re.compile(rb"(?i)<(?:!doctype\s+html|html|head|body|script|iframe|svg|\?php)\b")
_MARKUP_AT_START = (
    (re.compile(rb"(?is)\A(?:<\?xml.*?\?>\s*|<!--.*?-->\s*|<!doctype\s+svg[^>]*>\s*)*<svg\b"), "svg"),
    (re.compile(rb"(?is)\A(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|script|iframe)\b"), "html"),
    (re.compile(rb"(?is)\A<\?xml"), "xml"),
    (re.compile(rb"(?is)\A(?:#!|<\?php|@echo off\b|push graphic-context\b)"), "script"),
)
_PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\xfe\xed\xfa",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"\0asm",
)


def sniff(head: bytes, filename: str) -> FileType:
    """The type of a file that begins with ``head`` (its first HEAD_BYTES, or all of it) and is called ``filename``.

    Content and extension must agree and stand on the list of accepted types. Raises FileRefused, which names what
    was found, for everything else: other types, a web page named ``.jpg``, programs, and files that are two
    things at once.
    """
    name = safe_filename(filename)
    family = _family(head)
    stem, dot, extension = name.rpartition(".")
    extension = extension.lower()
    file_type = FILE_TYPES.get(_ALIASES.get(extension, extension)) if dot and stem else None
    if file_type is None:
        accepted = ", ".join(sorted(FILE_TYPES))
        raise _refusal(
            _("“%(name)s” is %(found)s of a kind that is not accepted. Accepted are: %(accepted)s."),
            name,
            head,
            family,
            accepted=accepted,
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
    if _pixels(head, family) > MAX_PIXELS:
        raise _refusal(_("“%(name)s” is %(found)s with too many pixels to be shown."), name, head, family)
    return file_type


def check_ending(file_type: FileType, filename: str, tail: bytes, size: int) -> None:
    """Refuse a file by its end: ``tail`` is its last TAIL_BYTES, or all of it; ``size`` its whole length in octets.

    Raises FileRefused for pictures and zip files that break off, a zip archive appended to anything else, and
    archives whose members climb out of their folder, are links, unpack to absurd sizes, or carry macros.
    """
    name = safe_filename(filename)
    members = _zip_members(tail, size)
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


def safe_filename(name: str, fallback: str = "file") -> str:
    """``name`` as a plain file name for every system: no folders, control or bidi characters, at most 150 octets.

    Keeps the extension and the writing system; ``fallback`` where nothing is left. Doing it twice changes nothing.
    """
    name = re.split(r"[/\\]", name)[-1]
    # Cf holds the bidi controls; only the joiners are needed to write (Persian, Indic, emoji).
    name = "".join(
        " " if category[0] == "Z" else character
        for character in name
        if (category := unicodedata.category(character)) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
        or character in "\u200c\u200d"
    )
    name = unicodedata.normalize("NFC", name)
    name = re.sub(r'[<>:"|?*%]', "_", name)
    name = re.sub(r" +", " ", name).strip(" .\u200c\u200d")
    if re.match(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)", name):
        name = f"_{name}"  # Windows keeps these names for devices.
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > 20:
        stem, dot, extension = name, "", ""
    room = MAX_NAME_BYTES - len(f"{dot}{extension}".encode())
    if len(stem.encode()) > room:
        stem = stem.encode()[:room].decode(errors="ignore").rstrip(" .\u200c\u200d")
    return f"{stem}{dot}{extension}" or fallback


def content_disposition(filename: str, *, inline: bool = False) -> str:
    """The header's value: an ASCII fallback first, then the true name (RFC 6266 4.3, RFC 8187 3.2)."""
    name = safe_filename(filename)
    word = "inline" if inline else "attachment"
    decomposed = unicodedata.normalize("NFKD", name)
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    plain = re.sub(r"[^ -~]", "_", plain)
    plain = re.sub(r'["\\%]', "_", plain)
    value = f'{word}; filename="{plain}"'
    if plain != name:
        value += f"; filename*=UTF-8''{quote(name, safe='')}"
    return value


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


def _family(head: bytes) -> str:
    """The shape of the bytes: a key of _FAMILY_NAMES."""
    if not head:
        return "empty"
    if any(head.startswith(magic) for magic in _PROGRAMS) and not _is_text(head):
        return "program"
    signatures = (
        (b"%PDF-", "pdf"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\xff\xd8\xff", "jpg"),
        (b"GIF87a", "gif"),
        (b"GIF89a", "gif"),
        (b"PK\x03\x04", "zip"),
        (b"PK\x05\x06", "zip"),
        (b"OggS", "ogg"),
        (b"ID3", "mp3"),
    )
    for magic, family in signatures:
        if head.startswith(magic):
            return family
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return "mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "webm" if b"webm" in head[:64] else "matroska"
    # ISO 11172-3: eleven set bits, then version 1, 2 or 2.5 and layer III.
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and head[1] & 0x18 != 0x08:
        return "mp3"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for pattern, family in _MARKUP_AT_START:
        if pattern.match(start):
            return family
    return "text" if _is_text(head) else "unknown"


def _is_text(head: bytes) -> bool:
    """Whether the bytes are text: UTF-8, UTF-16 with its mark, or an 8-bit code without control characters."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        whole = head[: len(head) // 2 * 2]
        text = whole.decode("utf-16", errors="replace")
        return not re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", text) and text.count("\ufffd") <= 1
    return not re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", head)


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
        return re.match(rb"(?:\xef\xbb\xbf)?\s*\d+\s*\r?\n\s*\d+:\d\d:\d\d[,.]\d+\s*-->", head) is not None
    if extension == "json":
        return re.match(rb'(?:\xef\xbb\xbf)?\s*(?:[\[{"\d-]|true\b|false\b|null\b)', head) is not None
    return True


def _pixels(head: bytes, family: str) -> int:
    """Width times height as a PNG or GIF declares it, else 0."""
    if family == "png" and len(head) >= 24:
        width, height = struct.unpack(">II", head[16:24])
    elif family == "gif" and len(head) >= 10:
        width, height = struct.unpack("<HH", head[6:10])
    else:
        return 0
    return int(width * height)


_OFFICE_PARTS = {"docx": "word/", "xlsx": "xl/", "pptx": "ppt/"}


@dataclass(frozen=True)
class _ZipMember:
    name: str
    size: int
    is_link: bool


def _zip_members(tail: bytes, size: int) -> list[_ZipMember] | None:
    """The members a zip archive ending in ``tail`` lists (APPNOTE 4.3.12), or None when there is no whole list."""
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        return None
    disk, start_disk, here, total, length, offset = struct.unpack("<HHHHII", tail[end + 4 : end + 20])
    list_end = end
    if 0xFFFF in {here, total} or 0xFFFFFFFF in {length, offset}:
        # APPNOTE 4.3.14: the zip64 record stands before its locator, which stands before the old record.
        record = tail.rfind(b"PK\x06\x06", 0, end)
        if record < 0 or len(tail) < record + 56:
            return None
        here, total, length, offset = struct.unpack("<QQQQ", tail[record + 24 : record + 56])
        disk = start_disk = 0
        list_end = record
    start = list_end - length
    if disk or start_disk or here != total or start < 0 or offset > size:
        return None
    members = []
    for _number in range(total):
        if tail[start : start + 4] != b"PK\x01\x02" or start + 46 > list_end:
            return None
        unpacked, name_length, extra_length, comment_length = struct.unpack(
            "<IHHH", tail[start + 24 : start + 34]
        )
        mode = struct.unpack("<I", tail[start + 38 : start + 42])[0] >> 16
        name = tail[start + 46 : start + 46 + name_length].decode("utf-8", errors="replace")
        members.append(_ZipMember(name, unpacked, mode & 0o170000 == 0o120000))
        start += 46 + name_length + extra_length + comment_length
    return members
