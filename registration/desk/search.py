"""Searching without minding accents and case, inside the database. Pure.

SQLite folds the case of ASCII alone and neither engine folds accents, so each letter of the search becomes the set of all
letters that are one with it: a ``GLOB`` pattern for SQLite, a regular expression for PostgreSQL.
"""

from __future__ import annotations

import unicodedata
from functools import cache

_BLOCKS = (range(0xC0, 0x250), range(0x370, 0x530), range(0x1E00, 0x2000))
# Letters that Unicode does not take apart, but people do.
_ALSO = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "ŧ": "t"}
MOST_LETTERS = 100


def folded(text: str) -> str:
    """The text in small letters and without accents, in the case and form in which it is compared."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return "".join(_ALSO.get(letter, letter) for letter in kept)


@cache
def _likes() -> dict[str, str]:
    likes: dict[str, set[str]] = {}
    for block in _BLOCKS:
        for number in block:
            letter = chr(number)
            base = folded(letter)
            if len(base) == 1 and base != letter:
                likes.setdefault(base, set()).add(letter)
    return {base: "".join(sorted(letters)) for base, letters in likes.items()}


def _alike(letter: str) -> str:
    return "".join(dict.fromkeys((letter, *letter.upper()[:1], *_likes().get(letter, ""))))


def glob_pattern(word: str) -> str:
    """The word as SQLite's GLOB finds it anywhere in a text."""
    return f"*{''.join(f'[{_alike(letter)}]' if letter != '^' else letter for letter in _letters(word))}*"


def regular_expression(word: str) -> str:
    """The word as PostgreSQL's ``~`` finds it anywhere in a text."""
    return "".join(
        f"[{_alike(letter)}]" if letter.isalnum() else f"\\{letter}" if letter.isascii() else letter
        for letter in _letters(word)
    )


def _letters(word: str) -> str:
    return folded(word)[:MOST_LETTERS]
