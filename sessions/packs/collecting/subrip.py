"""SubRip captions (.srt) as WebVTT, which is what players in browsers read. SubRip has no standard; this reads what is common."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conference.i18n import _
from sessions.packs.collecting.captions import Cue, decoded, refused

_TIME = r"(\d{1,2}):([0-5]\d):([0-5]\d)[,.](\d{1,3})"
# Some programs write where the text stands (X1:… Y1:…) behind the times; WebVTT says it otherwise, and players place it well.
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s+.*)?")
_STYLED = re.compile(r"(</?[biu]>)", re.I)
# Bounded, so that a file made of beginnings alone costs no more than another.
_DROPPED = re.compile(r"</?font\b[^<>]{0,300}>|\{\\[^{}]{0,100}\}", re.I)
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|nbsp|lrm|rlm|#\d+);)")


def to_webvtt(data: bytes, filename: str) -> bytes:
    """The captions as a WebVTT file, in order of time. Raises FileRefused, which says what is wrong and in which line."""
    cues = sorted(read_subrip(data, filename), key=lambda cue: (cue.start, cue.end))
    blocks = [f"{_clock(cue.start)} --> {_clock(cue.end)}\n{_words(cue.text)}" for cue in cues]
    return ("WEBVTT\n\n" + "\n\n".join(blocks) + "\n").encode()


def read_subrip(data: bytes, filename: str) -> list[Cue]:
    """The cues of a SubRip file, as they stand in it. Raises FileRefused."""
    cues = [_cue(number, block, filename) for number, block in _blocks(decoded(data, filename))]
    if not cues:
        raise refused(filename, 0, _("there is no cue in it"))
    return cues


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """What stands between empty lines, each with the number of its first line."""
    block: list[str] = []
    first = 1
    for number, line in enumerate([*re.split(r"\r\n|\r|\n", text), ""], start=1):
        if line.strip():
            first = first if block else number
            block.append(line)
        elif block:
            yield first, block
            block = []


def _cue(number: int, block: list[str], filename: str) -> Cue:
    counted = block[0].strip().isdecimal() and len(block) > 1
    at = number + 1 if counted else number
    line, text = (block[1], block[2:]) if counted else (block[0], block[1:])
    match = _TIMING.fullmatch(line)
    if match is None:
        if "-->" in line or counted:
            raise refused(filename, at, _("a time that is not written like 00:01:02,500 --> 00:01:05,000"))
        raise refused(filename, at, _("this line belongs to no cue: is an empty line too many above it?"))
    start, end = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
    if end <= start:
        raise refused(filename, at, _("this cue ends before it begins"))
    for place, one in enumerate(text, start=at + 1):
        if "-->" in one:
            raise refused(filename, place, _("an empty line is missing before the next cue"))
    return Cue(start, end, "\n".join(text), at)


def _seconds(groups: tuple[str, ...]) -> float:
    hours, minutes, seconds = (int(part) for part in groups[:3])
    return hours * 3600 + minutes * 60 + seconds + int(groups[3].ljust(3, "0")) / 1000


def _clock(seconds: float) -> str:
    # WebVTT 4.1: hours of two digits or more, and a dot.
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _words(text: str) -> str:
    """The text with bold, italic and underline kept, everything else as plain characters (WebVTT 4.2.2)."""
    pieces = _STYLED.split(_DROPPED.sub("", text))
    return "".join(
        piece.lower()
        if index % 2
        else _BARE_AMPERSAND.sub("&amp;", piece).replace("<", "&lt;").replace(">", "&gt;")
        for index, piece in enumerate(pieces)
    )
