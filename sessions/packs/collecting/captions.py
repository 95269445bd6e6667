"""Captions as players read them: WebVTT (W3C), checked line by line so that a person can mend what is wrong.

A player shows nothing and says nothing when a file is not what it should be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from conference.filetypes import FileRefused
from conference.i18n import _

MOST_BYTES = 3_000_000
"""Longer captions than of any day: what is larger is something else."""

# WebVTT 4.1: minutes and seconds of two digits, hours of two or more where there are any, and a dot.
_TIME = r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING = re.compile(rf"[ \t]*{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t]+.*)?")
_SRT_TIME = re.compile(r"\d\d:\d\d:\d\d,\d{3}")


@dataclass(frozen=True)
class Cue:
    """Something to be read from ``start`` to ``end`` (seconds); ``line`` is where its timing stands in the file, from 1."""

    start: float
    end: float
    text: str
    line: int


def read_captions(data: bytes, filename: str) -> list[Cue]:
    """The cues of a WebVTT file. Raises FileRefused, which says what is wrong and in which line."""
    text = decoded(data, filename)
    lines = re.split(r"\r\n|\r|\n", text)
    if not re.fullmatch(r"WEBVTT(?:[ \t].*)?", lines[0]):
        raise refused(filename, 1, _("its first line is not “WEBVTT”"))
    cues: list[Cue] = []
    for number, block in _blocks(lines):
        timing = next((place for place, line in enumerate(block) if "-->" in line), None)
        if timing is None:
            if _is_broken_timing(block):
                raise refused(filename, number, _("a cue without “-->” between its times"))
            continue
        cues.append(_cue(block, timing, number, filename))
        if len(cues) > 1 and cues[-1].start < cues[-2].start:
            raise refused(filename, cues[-1].line, _("this cue begins before the one above it"))
    if not cues:
        raise refused(filename, 0, _("there is no cue in it"))
    return cues


def decoded(data: bytes, filename: str) -> str:
    """The text of a captions file, a byte order mark left out. Raises FileRefused."""
    if len(data) > MOST_BYTES:
        raise refused(filename, 0, _("it is far longer than captions are"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise refused(filename, line, _("it is not written in UTF-8")) from None


def _blocks(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """What stands between empty lines, each with the number of its first line; header, notes and styles left out."""
    block: list[str] = []
    first = 1
    for number, line in enumerate([*lines, ""], start=1):
        if line:
            first = first if block else number
            block.append(line)
            continue
        if block and first > 1 and not re.match(r"(?:NOTE|STYLE|REGION)(?:[ \t]|$)", block[0]):
            yield first, block
        block = []


def _is_broken_timing(block: list[str]) -> bool:
    return any(re.match(r"\s*\d+:\d\d[:.,]", line) for line in block[:2])


def _cue(block: list[str], timing: int, number: int, filename: str) -> Cue:
    at = number + timing
    line = block[timing]
    match = _TIMING.fullmatch(line)
    if match is None:
        if _SRT_TIME.search(line):
            raise refused(filename, at, _("times are written with a comma, as in SubRip; WebVTT has a dot"))
        raise refused(filename, at, _("a time that is not written like 00:01:02.500 --> 00:01:05.000"))
    start, end = _seconds(match.groups()[:4]), _seconds(match.groups()[4:8])
    if end <= start:
        raise refused(filename, at, _("this cue ends before it begins"))
    text = "\n".join(block[timing + 1 :])
    if "-->" in text:
        raise refused(filename, at + 1, _("an empty line is missing before the next cue"))
    return Cue(start, end, text, at)


def _seconds(groups: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in groups)
    return hours * 3600 + minutes * 60 + seconds + thousandths / 1000


def refused(filename: str, line: int, why: str) -> FileRefused:
    """The refusal of a captions file: ``why`` in the language in force, ``line`` from 1, 0 where it is of none."""
    values = {"name": filename, "line": line, "why": why}
    if line:
        message = _("“%(name)s” is not captions that a player can show. In line %(line)s: %(why)s.") % values
    else:
        message = _("“%(name)s” is not captions that a player can show: %(why)s.") % values
    return FileRefused(message, "captions")
