"""Texts of gathered files made fit to keep: cleaned, HTML turned into Markdown, and never cut without saying so."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from conference.i18n import _
from conference.texts import LocalText, clean, clean_line
from sessions.interchange.frab_reader import language_of
from sessions.interchange.gathered import Text
from sessions.interchange.incoming import markdown_of
from sessions.interchange.model import Doubts

LONGEST_LINE = 200  # characters of a title or a name
LONGEST_TEXT = 50_000
_Tidy = Callable[[str], str]
_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]{0,15}(?:\s[^<>]{0,500})?/?>")
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});")


def plain_line(text: str) -> str:
    """A text on one line without the tags and entities that programs leave in titles."""
    text = clean_line(text)
    if "<" in text:
        text = _TAG.sub("", text)
    if _ENTITY.search(text):
        text = unescape(text)
    return clean_line(text)


class Texts:
    """The texts of one import, ``default`` being the language of those that do not say theirs."""

    def __init__(self, doubts: Doubts, default: str) -> None:
        self.doubts = doubts
        self.default = default

    def line(self, text: str, where: str, most: int = LONGEST_LINE) -> str:
        """One line of at most ``most`` characters."""
        text = plain_line(text)
        return self._cut(text, where, most) if len(text) > most else text

    def line_in(self, text: Text, where: str, language: str = "") -> LocalText:
        """A title or name by language."""
        return self._by_language(text, language, lambda words: self.line(words, where))

    def words_in(self, text: Text, where: str, language: str = "") -> LocalText:
        """A longer text by language, as Markdown."""

        def tidy(words: str) -> str:
            # Twice the limit leaves room for markup that goes; beyond that, converting only costs time.
            if len(words) > 2 * LONGEST_TEXT:
                words = words[: 2 * LONGEST_TEXT]
            words = markdown_of(words)
            return self._cut(words, where, LONGEST_TEXT) if len(words) > LONGEST_TEXT else words

        return self._by_language(text, language, tidy)

    def _by_language(self, text: Text, language: str, tidy: _Tidy) -> LocalText:
        if isinstance(text, str):
            words = tidy(text)
            return {language or self.default: words} if words else {}
        found: LocalText = {}
        for code, words in text.items():
            known = language_of(code) or language or self.default
            if (tidied := tidy(words)) and known not in found:
                found[known] = tidied
        # A translation that repeats the original word for word is none, and would be read out in the wrong voice.
        first = next(iter(found.values()), "")
        return found if len(set(found.values())) > 1 or len(found) < 2 else {next(iter(found)): first}

    def _cut(self, text: str, where: str, most: int) -> str:
        self.doubts.add(
            "cut",
            where,
            _("“%(start)s…” is longer than %(count)d characters and was cut there.")
            % {"start": clean_line(text[:40]), "count": most},
        )
        return clean(text[: most - 1]) + "…"
