"""Instants as people read them: in their language, in their zone, with the zone named and the day never lost."""

from __future__ import annotations

import functools
import re
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from babel.core import get_global
from babel.dates import (
    format_date,
    format_skeleton,
    format_timedelta,
    get_timezone_location,
    get_timezone_name,
)
from babel.units import format_unit

from conference import timezones
from conference.i18n import _, is_language, locale_of, ngettext, use_language

# Bare "en" is American in CLDR ("June 25"); this is read in every country, so the day comes first, as on most of them.
_DAY_FIRST = {"en", "en-GB"}
# The comma of languages that do not use ours; Babel keeps no table of it.
_COMMAS = {"ar": "، ", "fa": "، ", "ur": "، ", "ps": "، ", "ja": "、", "zh": "，"}
# Unicode Bidirectional Algorithm 2.4: what stands between keeps its own direction inside right-to-left text.
_ISOLATE_LTR, _END_ISOLATE = "\u2066", "\u2069"


def isolate(text: str, language: str) -> str:
    """``text`` (a time, an offset, an address) kept left to right inside right-to-left languages; as it is in others."""
    if locale_of(language).text_direction != "rtl":
        return text
    return f"{_ISOLATE_LTR}{text}{_END_ISOLATE}"


@functools.lru_cache(maxsize=256)
def _clock_separator(language: str) -> str:
    pattern = str(locale_of(language).datetime_skeletons.get("Hm") or "HH:mm")
    found = re.search(r"H+([:.])mm", pattern)
    return found.group(1) if found else ":"


def clock_time(instant: datetime, zone: str, language: str) -> str:
    """``09:05``: the 24-hour clock of the zone, always two digits and two, with the language's separator (``09.05``).

    The 24-hour clock everywhere: half past two must never be read as a night hour.
    """
    wall = timezones.wall_time(instant, zone)
    return isolate(f"{wall.hour:02}{_clock_separator(language)}{wall.minute:02}", language)


def time_range(start: datetime, end: datetime, zone: str, language: str) -> str:
    """``14:30–21:30`` in the zone; ``22:30–05:30 (next day)`` when it ends on another date there."""
    words = f"{clock_time(start, zone, language)}–{clock_time(end, zone, language)}"
    shift = (timezones.wall_time(end, zone).date() - timezones.wall_time(start, zone).date()).days
    return f"{words} ({day_shift_words(shift, language)})" if shift else words


def _day_first(language: str) -> bool:
    return language in _DAY_FIRST or not is_language(language)


def _day(day: date, pattern: str, language: str) -> str:
    return str(format_date(day, pattern, locale=locale_of(language)))


def local_date(instant: datetime, zone: str) -> date:
    """The date on the wall in the zone at the instant."""
    return timezones.wall_time(instant, zone).date()


def lived_day(instant: datetime, zone: str) -> date:
    """The day that people would say it is: the hours after midnight, until the night ends, are still the day before."""
    return (timezones.wall_time(instant, zone) - timedelta(hours=timezones.EDGE_STARTS)).date()


def day_name(day: date, language: str) -> str:
    """``Friday``."""
    return _day(day, "cccc", language)


def long_day(day: date, language: str) -> str:
    """``Friday 25 June 2021``."""
    return _day(day, "EEEE d MMMM y" if _day_first(language) else "full", language)


def known_date(written: str, language: str) -> str:
    """``25 June 2021``, ``June 2021`` or ``2021`` of a date written as exactly as it is known: 2021-06-25, 2021-06, 2021."""
    if len(written) == len("2021"):
        return written
    if len(written) == len("2021-06"):
        first = date.fromisoformat(f"{written}-01")
        return str(format_skeleton("yMMMM", first, locale=locale_of(language)))
    return _day(date.fromisoformat(written), "d MMMM y" if _day_first(language) else "long", language)


def short_day(day: date, language: str) -> str:
    """``Fri 25 Jun``: without the year, for headings that say it elsewhere."""
    if _day_first(language):
        return _day(day, "E d MMM", language)
    return str(format_skeleton("MMMEd", day, locale=locale_of(language)))


def day_and_time(day: str, time: str, language: str) -> str:
    """Words for a day and for a time of it, with the language's comma: ``Friday 8 January 2027, 10:00``."""
    return f"{day}{_COMMAS.get(locale_of(language).language, ', ')}{time}"


def day_range(first: date, last: date, language: str) -> str:
    """``Friday 25 June 2021``, or the first and the last day of a longer time joined by a dash."""
    return (
        long_day(first, language)
        if first == last
        else f"{long_day(first, language)} – {long_day(last, language)}"
    )


@functools.lru_cache(maxsize=4096)
def city_name(zone: str, language: str) -> str:
    """The place a zone is named after, in the language: ``London``, ``Londres``, ``لندن``; ``UTC`` for UTC."""
    name = timezones.normalise(zone) or zone
    if "/" not in name or name.startswith("Etc/"):
        return name.removeprefix("Etc/")
    locale = locale_of(language)
    # CLDR files its translations under the names of long ago (Asia/Calcutta).
    for known_as in (name, *_former_names().get(name, ())):
        if translated := locale.time_zones.get(known_as, {}).get("city"):
            return str(translated)
    # What is left is Babel's making of the English name, sometimes with a region ("Argentina/Buenos Aires").
    located = str(get_timezone_location(timezones.zone(name), locale=locale, return_city=True))
    return located.rpartition("/")[2]


@functools.cache
def _former_names() -> dict[str, tuple[str, ...]]:
    former: dict[str, tuple[str, ...]] = {}
    for old, present in get_global("zone_aliases").items():
        former[present] = (*former.get(present, ()), old)
    return former


def _abbreviation(instant: datetime, zone: str, language: str) -> str | None:
    """``BST``, ``MESZ``; None where people use none. Never ``GMT`` on a day when the place keeps another time.

    Babel works from its own idea of what is standard time (it has Dublin on GMT in June), so its word is taken only
    when the tz database agrees with it in English.
    """
    local = instant.astimezone(timezones.zone(zone))
    plain = local.tzname() or ""
    if not plain.isalpha():
        return None  # "+0545": the database's way of saying that there is no usual abbreviation
    locale = locale_of(language)
    for english in ("en_US", "en_GB", "en_AU"):
        if get_timezone_name(local, "short", locale=english) == plain:
            word = str(get_timezone_name(local, "short", locale=locale))
            if word.isalpha() and len(word) <= 6:
                return word
            break
    return plain if locale.script in (None, "Latn") and plain.isascii() and _writes_latin(language) else None


def _writes_latin(language: str) -> bool:
    return _day(date(2024, 1, 1), "MMMM", language)[:1] < "\u0250"


# Keyed by what the words depend on, not by the instant: a programme asks for hundreds of instants of few zones.
_zone_names: dict[tuple[str, str, timedelta | None, str | None], str] = {}
_ZONE_NAMES_KEPT = 8192


def zone_name(zone: str, instant: datetime, language: str) -> str:
    """``London, BST, UTC+1`` as at the instant; city and offset alone where no good abbreviation exists.

    Raises UnknownZone.
    """
    where = timezones.zone(zone)
    local = instant.astimezone(where)
    key = (where.key, language, local.utcoffset(), local.tzname())
    if (known := _zone_names.get(key)) is not None:
        return known
    if len(_zone_names) >= _ZONE_NAMES_KEPT:
        _zone_names.clear()
    return _zone_names.setdefault(key, _make_zone_name(where.key, instant, language))


def _make_zone_name(zone: str, instant: datetime, language: str) -> str:
    offset = isolate(timezones.utc_offset_label(instant, zone), language)
    if zone == "UTC" or zone.startswith("Etc/"):
        return offset  # "Etc/GMT+5" means UTC−5; its name misleads everyone
    abbreviation = _abbreviation(instant, zone, language)
    if abbreviation and offset == "UTC":
        offset = "UTC+0"  # "GMT, UTC" would look like two names of one thing
    parts = [city_name(zone, language), abbreviation, offset]
    return _COMMAS.get(locale_of(language).language, ", ").join(part for part in parts if part)


def day_shift(instant: datetime, zone: str, other_zone: str) -> int:
    """By how many days the date in ``zone`` is ahead of the date in ``other_zone`` at the instant: −1, 0 or 1."""
    return (local_date(instant, zone) - local_date(instant, other_zone)).days


def day_shift_words(shift: int, language: str) -> str:
    """``next day``, ``previous day``; empty for no shift."""
    with use_language(language):
        if shift == 0:
            return ""
        if shift == 1:
            return _("next day")
        if shift == -1:
            return _("previous day")
        if shift > 0:
            return ngettext("%(count)d day later", "%(count)d days later", shift) % {"count": shift}
        return ngettext("%(count)d day earlier", "%(count)d days earlier", -shift) % {"count": -shift}


def iso_utc(instant: datetime) -> str:
    """``2026-10-24T07:00:00Z``, for ``<time datetime>`` and other machines."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def duration_words(minutes: int, language: str) -> str:
    """``1 hour 30 minutes``; hours are left out when there are none, and minutes too."""
    hours, rest = divmod(minutes, 60)
    parts = [(hours, "duration-hour"), (rest, "duration-minute")]
    shown = [part for part in parts if part[0]] or [parts[1]]
    return " ".join(_unit(count, unit, language, "long", "short") for count, unit in shown)


def length_words(seconds: int, language: str) -> str:
    """How long something plays: ``24 seconds``, ``1 hour 30 minutes``; from two minutes on without the seconds."""
    if seconds < 120:
        return _unit(seconds, "duration-second", language, "long", "short")
    return duration_words(round(seconds / 60), language)


def _unit(value: float, unit: str, language: str, *lengths: Literal["long", "short", "narrow"]) -> str:
    """The value with its unit in the first of these lengths that CLDR has in the language."""
    words = ""
    for length in lengths:
        words = format_unit(value, unit, length, locale=locale_of(language))
        if unit not in words:  # where Babel finds no word it prints the unit's own key
            return words
    return words


def relative_words(instant: datetime, now: datetime, language: str) -> str:
    """``in 3 hours``, ``in 95 minutes``, ``2 days ago``; ``now`` within a minute.

    Rounded down, so that "in 2 hours" is never too late, and in minutes up to two hours, hours up to two days.
    """
    seconds = int((instant - now).total_seconds())
    size = abs(seconds)
    if size < 60:
        with use_language(language):
            return _("now")
    granularity: Literal["minute", "hour", "day"]
    if size < 2 * 3600:
        unit, granularity = 60, "minute"
    elif size < 2 * 86400:
        unit, granularity = 3600, "hour"
    else:
        unit, granularity = 86400, "day"
    whole = timedelta(seconds=size // unit * unit)
    return str(
        format_timedelta(
            whole if seconds > 0 else -whole,
            granularity=granularity,
            threshold=10**9,  # never a larger unit than the one chosen here
            add_direction=True,
            locale=locale_of(language),
        )
    )


def file_size_words(size: int, language: str) -> str:
    """``340 kB``, ``1.4 MB`` of a size in bytes: decimal units, at most one decimal."""
    if size < 1000:
        return _unit(size, "digital-byte", language, "long", "short", "narrow")
    value, unit = size / 1000, "digital-kilobyte"
    for larger in ("digital-megabyte", "digital-gigabyte", "digital-terabyte"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return _unit(round(value, 1) if value < 9.95 else round(value), unit, language, "short", "narrow")
