"""Pure: what counts as a word in any script, what a reader looks for, and where it stands in a text.

Both engines are given words that were cut here, and neither cuts or folds anything itself: so both find the same. Words are
compared without case, accents and the variants of one letter. Scripts that set no spaces between words are cut letter by letter,
and what stands together in a search must stand together in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup, escape

from sessions.programme.search import fold

LONGEST_SEARCH = 200  # characters
LONGEST_WORD = 80  # letters that are compared; PostgreSQL takes no lexeme of more than 2 kB
_MOST_TERMS = 24
_AROUND = 70  # characters shown before the first word found in a long text
_LONGEST = 240  # characters of an excerpt
_LONGEST_LINE = 4000  # characters of a line that is looked into

# Letters that Unicode does not take apart, but that people type for each other.
_LIKE = {
    "ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "ð": "d", "ŋ": "n", "æ": "ae", "œ": "oe", "þ": "th",
    "ى": "ي", "ی": "ي", "ک": "ك", "ہ": "ه", "ة": "ه", "ٱ": "ا", "ـ": "",  # Arabic, Persian, Urdu; the stretching stroke
    "ൺ": "ണ", "ൻ": "ന", "ർ": "ര", "ൽ": "ല", "ൾ": "ള", "ൿ": "ക",  # Malayalam consonants without their vowel
}  # fmt: skip
# Scripts without spaces: Thai, Lao, Burmese, Khmer, Japanese kana, Han (also beyond the basic plane).
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uaa60-\uaa7f\U00020000-\U0003ffff]"
)
# "The", alone and with and, by, like, for before it, is written as one word with what follows.
_ARABIC_ARTICLES = ("وال", "بال", "كال", "فال", "لل", "ال")
_SHORTEST_AFTER_ARTICLE = 3  # letters
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))


@dataclass(frozen=True)
class Word:
    """A word of a text, as it is compared, and where it stands there."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Phrase:
    """Words that must stand one after the other; of the last the beginning is enough when ``is_open``."""

    words: tuple[str, ...]
    is_open: bool = False


@dataclass(frozen=True)
class Search:
    """What a reader looks for: of each term one of its phrases must be found. Empty: nothing is looked for."""

    terms: tuple[tuple[Phrase, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)


@lru_cache(maxsize=8192)
def _plain(letter: str) -> str:
    """One character as it is compared: none, one or several."""
    if (digit := unicodedata.decimal(letter, None)) is not None:
        return str(digit)
    return "".join(_LIKE.get(one, one) for one in fold(letter) if unicodedata.category(one) != "Cf")


@lru_cache(maxsize=8192)
def _is_of_word(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LNM"


def words_in(text: str) -> Iterator[Word]:
    """The words of a text in their order."""
    letters, start, end = "", 0, 0
    for place, written in enumerate(text):
        plain = _plain(written)
        if not plain:  # an accent, or a sign nobody sees: it belongs to what stands before it
            if letters and end == place:
                end = place + 1
            continue
        for letter in plain:
            is_mark = unicodedata.category(letter)[0] == "M"
            if letters and (not _is_of_word(letter) or (not is_mark and (_cut(letters[-1]) or _cut(letter)))):
                yield Word(_without_article(letters)[:LONGEST_WORD], start, end)
                letters = ""
            if _is_of_word(letter):
                if not letters:
                    start = place
                letters, end = letters + letter, place + 1
    if letters:
        yield Word(_without_article(letters)[:LONGEST_WORD], start, end)


def _cut(letter: str) -> bool:
    return _UNSPACED.match(letter) is not None


def _without_article(word: str) -> str:
    rest = _after_article(word)
    return rest if len(rest) >= _SHORTEST_AFTER_ARTICLE else word


def _after_article(word: str) -> str:
    """What an Arabic word is without its article; "" for a word that has none."""
    article = next((one for one in _ARABIC_ARTICLES if word.startswith(one)), None)
    return word[len(article) :] if article else ""


def read_search(typed: str) -> Search:
    """What somebody looks for who typed this; nothing in it can be wrong.

    Every word must be found, or at least its beginning; what stands between quotation marks (or is joined, such as
    ``e-mail``) in this order. A quotation that is still being typed ends in the beginning of a word.
    """
    terms: list[tuple[Phrase, ...]] = []
    parts = typed[:LONGEST_SEARCH].translate(_QUOTES).split('"')
    for number, part in enumerate(parts):
        is_quoted = number % 2 == 1
        is_closed = is_quoted and number + 1 < len(parts)
        for chunk in [part] if is_quoted else part.split():
            if term := _term(chunk, is_open=not is_closed):
                terms.append(term)
    return Search(tuple(dict.fromkeys(terms))[:_MOST_TERMS])


def _term(chunk: str, *, is_open: bool) -> tuple[Phrase, ...]:
    words = tuple(word.text for word in words_in(chunk))
    if not words:
        return ()
    if not is_open:
        return (Phrase(words),)
    phrases = [Phrase(words), Phrase(words, is_open=True)]  # the whole word counts twice, and so comes first
    if rest := _after_article(words[-1]):  # an article whose word is still being typed
        phrases.append(Phrase((*words[:-1], rest), is_open=True))
    return tuple(phrases)


# --- showing what was found ------------------------------------------------------------------------------------------


def places(text: str, search: Search) -> list[tuple[int, int]]:
    """Where what was looked for stands in the text, as spans of its characters in order; whole words, those of a phrase as one."""
    words = list(words_in(text))
    spans: set[tuple[int, int]] = set()
    for phrase in {phrase for term in search.terms for phrase in term}:
        length = len(phrase.words)
        for first in range(len(words) - length + 1):
            if _stands_at(phrase, words, first):
                spans.add((words[first].start, words[first + length - 1].end))
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _stands_at(phrase: Phrase, words: list[Word], first: int) -> bool:
    *before, last = phrase.words
    if any(words[first + number].text != word for number, word in enumerate(before)):
        return False
    found = words[first + len(before)].text
    return found.startswith(last) if phrase.is_open else found == last


def marked(text: str, search: Search) -> Markup:
    """The text as HTML, with what was looked for in ``<mark>``."""
    return _with_marks(text, places(text, search))


def excerpt(text: str, search: Search) -> Markup:
    """The part of a text around the first place found in it, as HTML with the words marked; "" without any."""
    line = " ".join(text.split())
    found = places(line, search)
    if not found:
        return Markup("")
    start = max(0, found[0][0] - _AROUND)
    end = min(len(line), max(start + _LONGEST, found[0][1]))
    if start and (space := line.find(" ", start, found[0][0])) >= 0:
        start = space + 1
    if end < len(line) and (space := line.rfind(" ", found[0][1], end)) >= 0:
        end = space
    shown = [(a - start, min(b, end) - start) for a, b in found if a < end]
    before, after = "… " if start else "", " …" if end < len(line) else ""
    return Markup("{}{}{}").format(before, _with_marks(line[start:end], shown), after)


def excerpt_of_long(text: str, search: Search) -> Markup:
    """The same of a text too long to be cut into words whole: the first line in which a word looked for may stand, with the
    line after it."""
    wanted = {phrase.words[0] for term in search.terms for phrase in term}
    lines = text.split("\n")
    for number, line in enumerate(lines):
        plain = "".join(map(_plain, line))
        if any(word in plain for word in wanted) and (
            found := excerpt(" ".join(lines[number : number + 2])[:_LONGEST_LINE], search)
        ):
            return found
    return Markup("")


def _with_marks(text: str, spans: Iterable[tuple[int, int]]) -> Markup:
    parts, done = [], 0
    for start, end in spans:
        parts += [escape(text[done:start]), Markup("<mark>"), escape(text[start:end]), Markup("</mark>")]
        done = end
    return Markup("").join([*parts, escape(text[done:])])
