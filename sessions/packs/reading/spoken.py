"""Pure: captions as text to be read: for those who would rather read, whose line is too slow for pictures, or who search."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sessions.packs.collecting.captions import Cue

_SPAN = 40.0
"""Seconds after which a paragraph ends with the next sentence, so that nobody is lost in it."""
_SHORTER = 90.0
"""Seconds after which it ends in any case."""
_VOICE = re.compile(r"<v(?:\.[^ >]*)?[ \t]+([^>]*)>")
_TAG = re.compile(r"<[^>]*>")
_ENDS = re.compile(r"[.!?…。！？؟۔][\"'”’»)]*$")


@dataclass(frozen=True)
class Paragraph:
    """What somebody says without a break, from ``at`` (whole seconds) on; ``speaker`` is "" where the captions do not say."""

    at: int
    speaker: str
    text: str


def paragraphs(cues: Sequence[Cue]) -> list[Paragraph]:
    """The captions as paragraphs: one for each speaker's turn, long ones parted after a sentence."""
    found: list[Paragraph] = []
    words: list[str] = []
    began, speaker = 0.0, ""

    def end() -> None:
        if words:
            found.append(Paragraph(int(began), speaker, " ".join(words)))
            words.clear()

    for cue in cues:
        for voice, text in _parts(cue.text):
            if not text or (words and words[-1] == text):
                continue  # captions that roll up repeat the line above
            is_another = bool(voice) and voice != speaker
            lasts = cue.start - began
            if words and (is_another or (lasts > _SPAN and _ENDS.search(words[-1])) or lasts > _SHORTER):
                end()
            if not words:
                began = cue.start
            if is_another:
                speaker = voice
            words.append(text)
    end()
    return found


def _parts(text: str) -> list[tuple[str, str]]:
    """(speaker or "", text) of what is in a cue: WebVTT 4.2.2, spans of voices and of styles, entities."""
    pieces = _VOICE.split(text)
    parts = [("", pieces[0]), *zip(pieces[1::2], pieces[2::2], strict=True)]
    return [(" ".join(html.unescape(voice).split()), _plain(words)) for voice, words in parts]


def _plain(text: str) -> str:
    # A dash at the start of a line is how captions mark that another one speaks.
    return " ".join(html.unescape(_TAG.sub("", text)).split())
