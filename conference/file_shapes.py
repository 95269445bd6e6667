"""The shape of a file's bytes, told from its beginning or its end; which shapes are welcome is said elsewhere."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

# Beginnings that no accepted file has, and that some program would run or render.
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


def family_of(head: bytes) -> str:
    """The shape of the bytes: ``png``, ``zip``, ``text`` …, or ``empty`` or ``unknown``."""
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


def pixels(head: bytes, family: str) -> int:
    """Width times height as a PNG or GIF declares it, else 0."""
    if family == "png" and len(head) >= 24:
        width, height = struct.unpack(">II", head[16:24])
    elif family == "gif" and len(head) >= 10:
        width, height = struct.unpack("<HH", head[6:10])
    else:
        return 0
    return int(width * height)


@dataclass(frozen=True)
class ZipMember:
    """A file as a zip archive lists it; ``size`` is its unpacked length in octets."""

    name: str
    size: int
    is_link: bool


def zip_members(tail: bytes, size: int) -> list[ZipMember] | None:
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
        members.append(ZipMember(name, unpacked, mode & 0o170000 == 0o120000))
        start += 46 + name_length + extra_length + comment_length
    return members
