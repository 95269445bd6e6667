"""What stands in the fields of a file by another program: taken where it is there, whatever its type."""

from __future__ import annotations

import re

from conference.i18n import _, is_language
from conference.texts import clean_line
from sessions.interchange.frab_reader import language_of
from sessions.interchange.gathered import Text
from sessions.interchange.yaml_document import Value

_NAMES = ("name", "title", "text", "label", "value", "$t")


def inner(value: Value | None, *names: str) -> Value | None:
    """The field under the first of ``names`` that is there and not null; a point goes a step deeper."""
    for name in names:
        found = value
        for step in name.split("."):
            found = found.fields.get(step) if found is not None and found.fields is not None else None
        if found is not None and (
            found.text is not None or found.items is not None or found.fields is not None
        ):
            return found
    return None


def each(value: Value | None, *names: str) -> list[Value]:
    """The entries of the list there; those of a map are its values; a single value is a list of itself."""
    found = inner(value, *names) if names else value
    if found is None:
        return []
    if found.items is not None:
        return found.items
    if found.fields is not None:
        return list(found.fields.values())
    return [found] if (found.text or "").strip() else []


def words(value: Value | None, *names: str) -> str:
    """The text there as written; of a map its name; "" for nothing, lists and null."""
    found = inner(value, *names) if names else value
    if found is None:
        return ""
    if found.fields is not None:
        texts = by_language(found)
        if texts:
            return next(iter(texts.values()))
        found = inner(found, *_NAMES)
        return (found.text or "") if found is not None else ""
    return found.text or ""


def line(value: Value | None, *names: str) -> str:
    """The text there on one line."""
    return clean_line(words(value, *names))


def text(value: Value | None, *names: str) -> Text:
    """The text there, or where it is a map of languages, the texts by language."""
    found = inner(value, *names) if names else value
    if found is not None and found.fields is not None and (texts := by_language(found)):
        return texts
    return words(found)


def by_language(value: Value) -> dict[str, str]:
    """The texts of a map whose every name is a language; else none."""
    if not value.fields or set(value.fields) == {"id"}:  # an identifier, and no Indonesian
        return {}
    if not all(is_language(code) and language_of(code) for code in value.fields):
        return {}
    texts = {code: one.text for code, one in value.fields.items() if one.text}
    return texts if len(texts) <= 40 else {}


def number(value: Value | None, *names: str) -> int | None:
    """The whole number there, or None."""
    found = re.fullmatch(r"\s*(\d{1,9})(?:\.0+)?\s*", words(value, *names))
    return int(found.group(1)) if found else None


def flag(value: Value | None, *names: str) -> bool:
    """Whether it says yes."""
    return line(value, *names).casefold() in ("true", "yes", "1", "y", "x", "ja", "oui", "si", "sí")


def where(value: Value, title: Text = "") -> str:
    """The place a doubt names: the value's line and what it is about."""
    about = title if isinstance(title, str) else next(iter(title.values()), "")
    about = clean_line(about)[:80]
    said = _("line %(line)d, “%(title)s”") if about else _("line %(line)d")
    return said % {"line": value.line, "title": about}
