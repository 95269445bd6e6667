"""Text for people, in the languages of a conference: a map language -> text, with fallback."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

LocalText = dict[str, str]


def encode(texts: Mapping[str, str]) -> str:
    """The map as stored: JSON without empty texts, keys sorted."""
    return json.dumps({k: v for k, v in sorted(texts.items()) if v}, ensure_ascii=False)


def decode(stored: str | Mapping[str, str] | None) -> LocalText:
    """The map from what a JSON column returns. Nothing stored is an empty map."""
    if not stored:
        return {}
    value: Any = json.loads(stored) if isinstance(stored, str) else stored
    return {str(k): str(v) for k, v in value.items()}


def pick(texts: str | Mapping[str, str] | None, language: str, fallback: Sequence[str] = ()) -> str:
    """The text in ``language``, else in its base language, else in the first of ``fallback``, else any, else ""."""
    return pick_with_language(texts, language, fallback)[0]


def pick_with_language(
    texts: str | Mapping[str, str] | None, language: str, fallback: Sequence[str] = ()
) -> tuple[str, str]:
    """Like :func:`pick`, with the language of the text found (for the ``lang`` attribute)."""
    known = decode(texts)
    for code in (language, language.split("-")[0], *fallback):
        if text := known.get(code):
            return text, code
    return next(((text, code) for code, text in known.items() if text), ("", language))


_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def clean(text: str) -> str:
    """Text as it may be stored: NFC, newlines as ``\\n``, without control characters and lone surrogates.

    XML 1.0, JSON in PostgreSQL and iCalendar all refuse some of these; none is ever meant by a person.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _CONTROLS.sub("", text)).strip()


def clean_line(text: str) -> str:
    """Like :func:`clean`, on one line: every run of white space becomes one space."""
    return " ".join(clean(text).split())
