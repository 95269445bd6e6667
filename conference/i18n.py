"""The language of the page: gettext catalogues read from ``locale/``, chosen per request.

The language in force is a context variable, so code may call ``_()`` anywhere inside a request. Outside one it is
English, the language the sources are written in. Catalogues are kept as ``.po`` and compiled in memory on first use,
so that there is nothing to build.
"""

from __future__ import annotations

import gettext as gettext_module
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path

from babel import Locale, UnknownLocaleError, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from markupsafe import Markup, escape

SOURCE_LANGUAGE = "en"
_LOCALE_FOLDER = Path(__file__).parent / "locale"
_language: ContextVar[str] = ContextVar("language", default=SOURCE_LANGUAGE)


@cache
def interface_languages() -> tuple[str, ...]:
    """Languages the interface speaks: English and every catalogue present."""
    found = sorted(path.parent.parent.name for path in _LOCALE_FOLDER.glob("*/LC_MESSAGES/messages.po"))
    return (SOURCE_LANGUAGE, *(code for code in found if code != SOURCE_LANGUAGE))


@cache
def _catalogue(language: str) -> gettext_module.NullTranslations:
    path = _LOCALE_FOLDER / language / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return gettext_module.NullTranslations()
    with path.open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext_module.GNUTranslations(compiled)


def current_language() -> str:
    """The language in force: a BCP 47 code such as ``en`` or ``pt-BR``."""
    return _language.get()


@contextmanager
def use_language(language: str) -> Iterator[None]:
    """Within the block, texts come in ``language`` (English where it has no catalogue)."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def set_language(language: str) -> None:
    """Put ``language`` in force for the rest of this request's context."""
    _language.set(language)


def _(message: str) -> str:
    """``message`` in the language in force."""
    return _catalogue(_language.get()).gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The form of the message that fits ``count`` in the language in force."""
    return _catalogue(_language.get()).ngettext(singular, plural, count)


def pgettext(context: str, message: str) -> str:
    """``message`` in the language in force, told apart by ``context``."""
    return _catalogue(_language.get()).pgettext(context, message)


def number_words(number: int) -> str:
    """A whole number grouped as in the language in force, in the digits 0 to 9: ``10,000``, ``10 000``."""
    return str(format_decimal(number, locale=locale_of(current_language()), numbering_system="latn"))


def labelled(text: str) -> str:
    """The text with its language's colon, as before an address or a value; HTML stays HTML."""
    pattern = _("%(label)s:")
    return (escape(pattern) if isinstance(text, Markup) else pattern) % {"label": text}


def lazy(message: str) -> str:
    """Mark ``message`` for the catalogues without translating it yet (for constants); pass it to ``_`` when shown."""
    return message


def is_language(code: str) -> bool:
    """Whether ``code`` is a language tag Babel knows (``en``, ``ar``, ``pt-BR``)."""
    try:
        Locale.parse(code, sep="-")
    except (UnknownLocaleError, ValueError, TypeError):
        return False
    return True


@lru_cache(maxsize=256)  # asked several times for each time of day on a page
def locale_of(language: str) -> Locale:
    """Babel's locale of a language code; English where the code is unknown."""
    return Locale.parse(language, sep="-") if is_language(language) else Locale.parse(SOURCE_LANGUAGE)


def direction(language: str) -> str:
    """``ltr`` or ``rtl``."""
    return str(locale_of(language).text_direction)


def language_name(code: str, display: str | None = None) -> str:
    """The name of a language in itself (``français``), or in ``display``."""
    name = locale_of(code).get_display_name(display and locale_of(display)) if is_language(code) else None
    return name or code


def negotiate(accept_language: str, offered: Sequence[str]) -> str:
    """The offered language that an ``Accept-Language`` header (RFC 9110 12.5.4) likes best, else the first offered."""
    wishes: list[tuple[float, str]] = []
    for part in accept_language[:500].split(","):
        tag, _sep, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        if tag and weight > 0:
            wishes.append((-weight, tag))
    wanted = [tag for _weight, tag in sorted(wishes, key=lambda wish: wish[0])]
    return negotiate_locale(wanted, list(offered), sep="-") or offered[0]
