"""Reading what a person typed: each field cleaned and checked once, each error one sentence beside its field.

A form is a dataclass (often a ``FilledForm``) with ``from_post``, ``errors`` and ``is_valid``; its ``from_post`` reads through a ``Typed``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlsplit

from conference import i18n, texts
from conference.addresses import AddressRefused, parse_address
from conference.i18n import _
from conference.texts import LocalText
from conference.timezones import normalise

# fromisoformat() reads more than browsers send, such as week numbers.
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
SPARE_ROWS = 2
MOST_ROWS = 60


def whole_number(text: str, digits: int = 9) -> int | None:
    """The number that at most so many of the digits 0 to 9 write; None for anything else.

    ``int`` reads more than people mean (``1_000``, other scripts' digits), and raises for thousands of digits.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


@dataclass
class FilledForm:
    """What stands in the fields of a form, by name, and what is wrong with it. ``languages`` are the conference's."""

    values: dict[str, str]
    languages: tuple[str, ...] = ("en",)
    errors: dict[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """What stands in the field."""
        return self.values.get(name, "")

    def local(self, name: str) -> LocalText:
        """What stands in the fields of a text, by language."""
        return {code: self.value(f"{name}_{code}") for code in self.languages}

    @property
    def language_names(self) -> list[tuple[str, str]]:
        """The languages as ``language_fields`` wants them."""
        return [(code, i18n.language_name(code, i18n.current_language())) for code in self.languages]

    def rows(self, *names: str, most: int = MOST_ROWS) -> list[int]:
        """Numbers of the rows to show: those with something in a field ``<name>_<number>``, and some empty ones."""
        filled = [n for n in range(most) if any(self.value(f"{name}_{n}") for name in names)]
        asked = whole_number(self.value(f"{names[0]}_rows"), 3) or 0
        return list(range(min(max((filled[-1] + 1 if filled else 0) + SPARE_ROWS, asked), most)))

    def add_rows(self, *names: str) -> None:
        """Show more empty rows than there are."""
        self.values[f"{names[0]}_rows"] = str(len(self.rows(*names)) + SPARE_ROWS)


class Typed:
    """What was typed, by field. Every reader returns a value fit to store and notes in ``errors`` what is wrong.

    A field at fault returns its empty value, so the caller may read on and report everything at once.
    """

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values = {key: value for key, value in values.items() if isinstance(value, str)}
        self.errors: dict[str, str] = {}

    def raw(self, name: str) -> str:
        """What stood in the field, cleaned of what no person types, whatever its worth."""
        return texts.clean(self.values.get(name, ""))

    def line(self, name: str, *, required: bool = False, most: int = 200) -> str:
        """One line of at most ``most`` characters."""
        return self._checked(name, texts.clean_line(self.values.get(name, "")), required, most)

    def text(self, name: str, *, required: bool = False, most: int = 20_000) -> str:
        """Text of several lines."""
        return self._checked(name, self.raw(name), required, most)

    def _checked(self, name: str, value: str, required: bool, most: int) -> str:
        if required and not value:
            self.errors[name] = _("Please fill this in.")
        elif len(value) > most:
            self.errors[name] = _("This is too long: at most %(most)s characters.") % {"most": most}
            return ""
        return value

    def local_text(
        self,
        name: str,
        languages: Sequence[str],
        *,
        required: bool = False,
        most: int = 20_000,
        lines: bool = False,
    ) -> texts.LocalText:
        """A text per language from the fields ``<name>_<language>``; only the first language can be required."""
        read = self.text if lines else self.line
        found = {
            code: read(f"{name}_{code}", required=required and code == languages[0], most=most)
            for code in languages
        }
        return {code: text for code, text in found.items() if text}

    def email(self, name: str, *, required: bool = True) -> str:
        """An e-mail address as it may be sent to, or ""."""
        typed = self.line(name, required=required, most=254)
        if not typed:
            return ""
        try:
            return parse_address(typed).address
        except AddressRefused as error:
            self.errors[name] = error.message
            return ""

    def choice(self, name: str, options: Collection[str], *, required: bool = True) -> str:
        """One of ``options``, or "" where that is allowed."""
        value = self.raw(name)
        if value in options or (not value and not required):
            return value
        self.errors[name] = _("Please choose one of the options.")
        return ""

    def zone(self, name: str, *, required: bool = True) -> str:
        """A time zone under its present name, or ""."""
        value = self.raw(name)
        if not value and not required:
            return ""
        if known := normalise(value):
            return known
        self.errors[name] = _("Please choose a time zone, such as Europe/London.")
        return ""

    def whole_number(
        self, name: str, *, required: bool = False, least: int = 0, most: int = 1_000_000
    ) -> int | None:
        """A whole number from ``least`` to ``most``, or None where nothing stands."""
        value = self.raw(name)
        if not value and not required:
            return None
        number = whole_number(value)
        if number is not None and least <= number <= most:
            return number
        self.errors[name] = _("Please give a whole number from %(least)s to %(most)s.") % {
            "least": least,
            "most": most,
        }
        return None

    def day(self, name: str, *, required: bool = True) -> date | None:
        """A date as browsers send it: 2026-06-25."""
        value = self.raw(name)
        if not value and not required:
            return None
        try:
            if _DAY.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        self.errors[name] = _("Please give a date, such as 2026-06-25.")
        return None

    def wall_clock(self, name: str, *, required: bool = True) -> datetime | None:
        """A date and time as browsers send them, 2026-06-25T10:00: naive, to be read in the conference's zone."""
        value = self.raw(name)
        if not value and not required:
            return None
        try:
            if 16 <= len(value) <= 19 and _DAY.match(value):
                moment = datetime.fromisoformat(value)
                if moment.tzinfo is None and moment.year >= 1970:
                    return moment.replace(microsecond=0)
        except ValueError:
            pass
        self.errors[name] = _("Please give a date and time, such as 2026-06-25 10:00.")
        return None

    def url(self, name: str, *, required: bool = False, most: int = 2000) -> str:
        """An http or https address, or ""."""
        value = self.line(name, required=required, most=most)
        if value and not is_web_address(value):
            self.errors.setdefault(name, _("Please give a web address that begins with https://."))
            return ""
        return value

    def slug(self, name: str, *, most: int = 60) -> str:
        """A short name for an address: small letters, digits and hyphens."""
        value = self.line(name, required=True, most=most)
        if value and not _SLUG.fullmatch(value):
            self.errors[name] = _("Use small letters, digits and hyphens, such as libraries-2027.")
            return ""
        return value

    def ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return bool(self.values.get(name))


def is_web_address(value: str) -> bool:
    """Whether ``value`` is an http(s) address with a host, and nothing a page or header could trip over."""
    if any(c.isspace() or c in "<>\"'`\\^{|}" for c in value):
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
