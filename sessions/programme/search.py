"""Words looked for in the programme: whatever their accents and case, and shown where they were found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from markupsafe import Markup, escape

_AROUND = 60  # characters shown before the first word found in a long text
_LONGEST = 180  # characters of an excerpt


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """The text without case and accents, as words are compared: ``Métadonnées`` is ``metadonnees``."""
    if text.isascii():
        return text.lower()
    return "".join(map(_bare, text))


@lru_cache(maxsize=4096)
def _bare(letter: str) -> str:
    """One character, folded: none, one or several (``ß`` is ``ss``)."""
    decomposed = unicodedata.normalize("NFKD", letter.casefold())
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark)).casefold()


def words_of(search: str) -> tuple[str, ...]:
    """The words to look for, folded, each once."""
    return tuple(dict.fromkeys(fold(search).split()))


def holds_all(words: Iterable[str], text: str) -> bool:
    """Whether every word (folded) stands somewhere in the text, also inside longer words."""
    folded = fold(text)
    return all(word in folded for word in words)


def marked(text: str, words: Iterable[str]) -> Markup:
    """The text as HTML with every place where a word (folded) stands in ``<mark>``."""
    parts, done = [], 0
    for start, end in _places(text, words):
        parts += [escape(text[done:start]), Markup("<mark>"), escape(text[start:end]), Markup("</mark>")]
        done = end
    return Markup("").join([*parts, escape(text[done:])])


def excerpt(text: str, words: Iterable[str]) -> Markup:
    """The part of a text around the first word (folded) found in it, as HTML with the words marked; "" without any.

    Cut between words where there are any near, with an ellipsis where something is left out.
    """
    line = " ".join(text.split())
    wanted = tuple(words)
    places = _places(line, wanted)
    if not places:
        return Markup("")
    start = max(0, places[0][0] - _AROUND)
    end = min(len(line), max(start + _LONGEST, places[0][1]))
    if start and (space := line.find(" ", start, places[0][0])) >= 0:
        start = space + 1
    if end < len(line) and (space := line.rfind(" ", places[0][1], end)) >= 0:
        end = space
    before, after = "… " if start else "", " …" if end < len(line) else ""
    return Markup("{}{}{}").format(before, marked(line[start:end], wanted), after)


def _places(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Where words stand in the text, as spans of its own characters, those that touch joined, in order."""
    words = [word for word in sorted(set(words), key=len, reverse=True) if word]
    wanted = [re.escape(word) for word in words]
    folded = fold(text)
    if not any(word in folded for word in words):
        return []
    origin = _origin(text)
    spans: list[tuple[int, int]] = []
    # A look-ahead finds places that overlap: "ana" stands twice in "banana".
    for match in re.finditer(f"(?=({'|'.join(wanted)}))", folded):
        start, end = origin[match.start(1)], origin[match.end(1) - 1] + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1  # an accent that stands apart from its letter
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _origin(text: str) -> Sequence[int]:
    """For each character of the folded text the place in ``text`` it comes from."""
    if all(len(_bare(letter)) == 1 for letter in set(text)):
        return range(len(text))
    return [place for place, letter in enumerate(text) for _bare_letter in _bare(letter)]
