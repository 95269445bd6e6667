"""The chapters of a recording: where each begins and what it is called, typed line by line or from a WebVTT file of chapters."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Sequence

from conference import texts
from conference.filetypes import FileRefused
from conference.i18n import _
from sessions.packs.collecting.captions import read_captions, refused

Chapter = tuple[int, str]
"""When it begins (whole seconds) and its title."""
MOST = 200
LONGEST_TITLE = 200
_LINE = re.compile(r"(?:(\d{1,3}):)?([0-5]?\d):([0-5]\d)(?:[.,]\d{1,3})?\s+(?:[-–—]\s+)?(.+)")
_TAG = re.compile(r"<[^<>]{0,300}>")  # bounded: see subrip


def read_chapters(text: str) -> tuple[Chapter, ...]:
    """The chapters as typed, one a line: ``12:30 Questions`` or ``1:02:03 Questions``; or pasted as WebVTT.

    Raises FileRefused, which names the line.
    """
    if text.lstrip("\ufeff \t\r\n").startswith("WEBVTT"):
        return chapters_of_file(text.lstrip("\ufeff \t\r\n").encode(), _("the chapters"))
    found: list[Chapter] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise _wrong(number, _("it does not begin with a time such as 12:30, and a title behind it"))
        hours, minutes, seconds, title = match.groups()
        at = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
        found.append((at, title))
        if why := _complaint(found):
            raise _wrong(number, why)
    return _cleaned(found)


def chapters_of_file(data: bytes, filename: str) -> tuple[Chapter, ...]:
    """The chapters of a WebVTT file (kind=chapters: the text of each cue is a title). Raises FileRefused."""
    found: list[Chapter] = []
    for cue in read_captions(data, filename):
        title = html.unescape(_TAG.sub("", cue.text))
        if not texts.clean_line(title):
            raise refused(filename, cue.line, _("this chapter has no title"))
        found.append((int(cue.start), title))
        if why := _complaint(found):
            raise refused(filename, cue.line, why)
    return _cleaned(found)


def chapters_column(chapters: Iterable[Chapter]) -> str:
    """The chapters as ``Resource.chapters`` holds them."""
    return json.dumps([{"at": at, "title": title} for at, title in chapters], ensure_ascii=False)


def chapters_from(stored: str) -> tuple[Chapter, ...]:
    """The chapters that a row holds."""
    return tuple((int(one["at"]), one["title"]) for one in json.loads(stored))


def as_typed(chapters: Iterable[Chapter]) -> str:
    """The chapters for a field, one a line."""
    return "\n".join(f"{clock(at)} {title}" for at, title in chapters)


def clock(seconds: int) -> str:
    """``1:02:03``, or ``2:03`` within the first hour."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _cleaned(found: Sequence[Chapter]) -> tuple[Chapter, ...]:
    return tuple((at, texts.clean_line(title)[:LONGEST_TITLE]) for at, title in found)


def _complaint(found: Sequence[Chapter]) -> str:
    """What is wrong with the last of these, "" when nothing is."""
    if len(found) > MOST:
        return _("there are more than %(most)s chapters") % {"most": MOST}
    if len(found) > 1 and found[-1][0] <= found[-2][0]:
        return _("this chapter does not begin after the one above it")
    return ""


def _wrong(line: int, why: str) -> FileRefused:
    return FileRefused(_("In line %(line)s: %(why)s.") % {"line": line, "why": why}, "chapters")
