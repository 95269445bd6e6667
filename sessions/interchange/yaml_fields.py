"""What should stand in a field of a YAML file: taken for that, or refused with its line (ImportRefused)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from conference.i18n import _, is_language
from conference.texts import clean_line
from sessions.interchange.incoming import is_web_address
from sessions.interchange.model import (
    PLAUSIBLE_YEARS,
)
from sessions.interchange.yaml_document import Value, refused

_Choice = TypeVar("_Choice", bound=StrEnum)


def field_of(value: Value | None, *names: str) -> Value | None:
    """The field under the first of ``names`` that is there and not null."""
    if value is None:
        return None
    if value.fields is None:
        raise refused(value.line, _("fields with names should stand here"))
    for name in names:
        value.used.add(name)
        found = value.fields.get(name)
        if found is not None and (
            found.text is not None or found.items is not None or found.fields is not None
        ):
            return found
    return None


def needed(value: Value, name: str) -> Value:
    """The field, which must be there with something in it."""
    found = field_of(value, name)
    if found is None or found.text == "":
        raise refused(value.line, _("“%(name)s” is missing") % {"name": name})
    return found


def listed(value: Value, *names: str) -> list[Value]:
    """The field's entries; none where the field is not there."""
    found = field_of(value, *names)
    if found is None:
        return []
    if found.items is None:
        raise refused(found.line, _("“%(name)s” should be a list") % {"name": names[0]})
    return found.items


def words_of(value: Value | None) -> str:
    """The text as it is written; "" for None."""
    if value is None:
        return ""
    if value.items is not None or value.fields is not None:
        raise refused(value.line, _("a text should stand here"))
    return value.text or ""


def line_of(value: Value | None) -> str:
    """The text on one line; "" for None."""
    return clean_line(words_of(value))


def key_of(value: Value) -> str:
    """The value's ``id``, by which other parts of the file refer to it."""
    key = line_of(needed(value, "id"))
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}", key):
        raise refused(value.line, _("an id is made of letters, digits and hyphens"))
    return key


def count_of(value: Value | None) -> int | None:
    """A whole number from 0; None where nothing stands."""
    text = line_of(value)
    if not text:
        return None
    if not re.fullmatch(r"\d{1,9}", text):
        raise refused(value.line if value else 0, _("“%(text)s” is not a whole number") % {"text": text[:40]})
    return int(text)


def flag_of(value: Value | None) -> bool:
    """True or false, yes or no; False where nothing stands."""
    text = line_of(value).lower()
    if text not in ("", "true", "false", "yes", "no"):
        raise refused(
            value.line if value else 0, _("“%(text)s” is neither true nor false") % {"text": text[:40]}
        )
    return text in ("true", "yes")


def guid_of(value: Value | None) -> str:
    """A UUID in small letters; "" where nothing stands."""
    text = line_of(value).lower()
    if text and not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text):
        raise refused(value.line if value else 0, _("“%(text)s” is not a UUID") % {"text": text[:40]})
    return text


def one_of(choices: type[_Choice], value: Value | None, default: _Choice) -> _Choice:
    """One of the choices by its value; ``default`` where nothing stands."""
    text = line_of(value)
    if not text:
        return default
    try:
        return choices(text)
    except ValueError:
        raise refused(
            value.line if value else 0,
            _("“%(text)s” is none of %(choices)s") % {"text": text[:40], "choices": ", ".join(choices)},
        ) from None


def language_of(value: Value) -> str:
    """A language tag."""
    code = line_of(value)
    if not is_language(code):
        raise refused(value.line, _("“%(code)s” is not a language") % {"code": code[:40]})
    return code


def moment_of(value: Value) -> datetime:
    """A wall-clock time in the conference's zone, naive."""
    try:
        moment = datetime.fromisoformat(line_of(value))
    except ValueError:
        raise refused(
            value.line,
            _("“%(text)s” is not a date and time like 2021-06-25T10:00") % {"text": line_of(value)[:40]},
        ) from None
    if moment.tzinfo is not None:
        raise refused(value.line, _("times are written as clocks show them in the conference's zone"))
    if moment.year not in PLAUSIBLE_YEARS:
        raise refused(value.line, _("no conference is held in that year"))
    return moment


def instant_of(value: Value) -> datetime:
    """An instant with its offset (2026-06-25T09:00Z), as aware UTC."""
    try:
        moment = datetime.fromisoformat(line_of(value))
        if moment.tzinfo is not None and moment.year in PLAUSIBLE_YEARS:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    words = _("“%(text)s” is not an instant like 2026-06-25T09:00Z") % {"text": line_of(value)[:40]}
    raise refused(value.line, words)


def address_of(value: Value | None) -> str:
    """A web address; "" where nothing stands."""
    address = line_of(value)
    if address and not is_web_address(address):
        line = value.line if value else 0
        raise refused(line, _("“%(text)s” is not a web address") % {"text": address[:60]})
    return address
