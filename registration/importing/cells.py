"""What people write into cells of a sheet: countries, languages, zones, yes and no, in any interface language. Pure."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Collection, Iterable

from babel.core import get_global

from conference import i18n, timezones

_YES = "yes|y|true|1|x|✓|✔|☑|ja|oui|o|si|sí|sim|نعم|是|да"
_NO = "no|n|false|0|nein|non|não|لا|否|нет"
_MORE_LANGUAGES = ("de", "es", "it", "pt", "ru", "tr", "zh")  # in which lists of people are often kept
# What people call countries beside the names that CLDR has, or to tell parts of one.
_ALSO = {
    "uk": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "great britain": "GB",
    "britain": "GB",
    "united states of america": "US",
    "america": "US",
    "uae": "AE",
    "emirates": "AE",
    "holland": "NL",
    "the netherlands": "NL",
    "the gambia": "GM",
    "czech republic": "CZ",
    "ivory coast": "CI",
    "cote d ivoire": "CI",
    "turkey": "TR",
    "burma": "MM",
    "viet nam": "VN",
    "swaziland": "SZ",
    "macedonia": "MK",
    "palestine": "PS",
    "russian federation": "RU",
    "republic of ireland": "IE",
    "dr congo": "CD",
    "drc": "CD",
    "democratic republic of the congo": "CD",
    "republic of korea": "KR",
    "korea": "KR",
    "iran islamic republic of": "IR",
    "tanzania united republic of": "TZ",
    "bolivia plurinational state of": "BO",
    "moldova republic of": "MD",
    "hong kong": "HK",
    "macau": "MO",
    "kosovo": "XK",
}


def folded(words: str) -> str:
    """The words for comparing: small letters and digits of any script, single spaces, no accents."""
    bare = "".join(
        mark for mark in unicodedata.normalize("NFKD", words[:500]) if not unicodedata.combining(mark)
    )
    return " ".join(re.sub(r"[\W_]+", " ", bare.casefold()).split())


@functools.cache
def _countries() -> dict[str, str]:
    known = {code for code, _name in timezones.countries("en")}
    found: dict[str, str] = {}
    # CLDR's aliases hold ISO 3166's three letters and its numbers too: GBR, 826.
    for alias, codes in get_global("territory_aliases").items():
        if len(codes) == 1 and codes[0] in known:
            found.setdefault(folded(alias), codes[0])
    found |= {name: code for name, code in _ALSO.items() if code in known}
    for language in (*i18n.interface_languages(), *_MORE_LANGUAGES):
        for code, name in timezones.countries(language):
            written = {
                name,
                name.split(" (")[0],
                name.replace(" & ", " and "),
                name.replace("St. ", "Saint "),
            }
            for one in written:  # “Myanmar (Burma)”, “Trinidad & Tobago”
                found.setdefault(folded(one), code)
    return found | {code.lower(): code for code in known}


def country_code(words: str) -> str:
    """The country that is named or coded, in any interface language; "" for none."""
    return _countries().get(folded(words), "")


def zone_name(words: str) -> str:
    """The time zone of that name, whatever its case and spaces; "" for none. A city alone is enough where one has it."""
    if known := timezones.normalise(words.strip()):
        return known
    return _zones().get(folded(words), "")


@functools.cache
def _zones() -> dict[str, str]:
    found: dict[str, str] = {}
    cities: dict[str, set[str]] = {}
    for name in timezones.all_zones():
        found[folded(name)] = name
        cities.setdefault(folded(name.rpartition("/")[2]), set()).add(name)
    for city, names in cities.items():
        if len(names) == 1:
            found.setdefault(city, names.pop())
    return found


def language_code(words: str, offered: Iterable[str]) -> str:
    """Which of the ``offered`` languages is coded or named, in itself or in any interface language; "" for none."""
    known = _languages(tuple(offered))
    for name in (words, words.split("(")[0], words.split("-")[0], words.split("_")[0]):  # English (UK), en-GB
        if code := known.get(folded(name)):
            return code
    return ""


@functools.lru_cache(maxsize=64)
def _languages(offered: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for code in offered:
        names = [code, i18n.language_name(code)]
        names += [i18n.language_name(code, shown) for shown in i18n.interface_languages()]
        for name in names:
            found.setdefault(folded(name), code)
    for code in offered:
        found.setdefault(folded(code.split("-")[0]), code)
    return found


def is_yes(words: str) -> bool | None:
    """Whether the cell says yes or no; None for anything else, such as nothing."""
    said = words.strip().casefold()
    if said in _YES.split("|"):
        return True
    return False if said in _NO.split("|") else None


def parts(cell: str, known: Collection[str] = ()) -> list[str]:
    """Several values in one cell, a line each or parted by semicolons; by commas too where the whole is not ``known``
    (folded)."""
    found = [part.strip() for part in re.split(r"[\n;]", cell) if part.strip()]
    if known and any(folded(part) not in known for part in found):
        pieces: list[str] = []
        for part in found:
            pieces += [part] if folded(part) in known else [one.strip() for one in part.split(",")]
        found = [piece for piece in pieces if piece]
    return found
