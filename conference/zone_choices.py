"""The zones a reader can pick from, by part of the world, named in their language: the list in the bar of every page."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from itertools import groupby

from markupsafe import Markup

from conference import clock, dates, timezones
from conference.i18n import _, current_language, lazy

_REGIONS = {
    "Africa": lazy("Africa"),
    "America": lazy("The Americas"),
    "Antarctica": lazy("Antarctica"),
    "Arctic": lazy("Arctic"),
    "Asia": lazy("Asia"),
    "Atlantic": lazy("Atlantic Ocean"),
    "Australia": lazy("Australia"),
    "Europe": lazy("Europe"),
    "Indian": lazy("Indian Ocean"),
    "Pacific": lazy("Pacific Ocean"),
}


def _region(zone: str) -> str:
    region, slash, _place = zone.partition("/")
    return region if slash else ""


def zone_label(zone: str, instant: datetime, language: str) -> str:
    """``Kolkata, UTC+5:30``: the place a zone is named after and its offset at ``instant`` (aware); ``UTC`` alone."""
    offset = dates.isolate(timezones.utc_offset_label(instant, zone), language)
    return f"{dates.city_name(zone, language)}, {offset}" if "/" in zone else offset


def zone_groups(instant: datetime, language: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every zone a person may choose as (region, [(name, label)]), regions and places sorted for the reader.

    The region is in the language in force and empty for UTC; labels carry the offset at ``instant`` (aware).
    """
    groups = []
    for region, names in groupby(sorted(timezones.all_zones(), key=_region), key=_region):
        pairs = [(name, zone_label(name, instant, language)) for name in names]
        groups.append(
            (_(_REGIONS[region]) if region in _REGIONS else region, sorted(pairs, key=lambda pair: pair[1]))
        )
    return sorted(groups)


def zone_pairs() -> tuple[tuple[str, str], ...]:
    """Every zone as (name, label) in the language in force, for a field in which a name is typed."""
    return _pairs(clock.now().date(), current_language())


@lru_cache(maxsize=16)
def _pairs(day: date, language: str) -> tuple[tuple[str, str], ...]:
    instant = clock.now()
    return tuple((name, zone_label(name, instant, language)) for name in timezones.all_zones())


@lru_cache(maxsize=64)
def _options(day: date, language: str) -> Markup:
    parts = []
    instant = clock.now()
    for region, zones in zone_groups(instant, language):
        options = Markup("").join(
            Markup('<option value="{}">{}</option>').format(name, label) for name, label in zones
        )
        parts.append(
            Markup('<optgroup label="{}">{}</optgroup>').format(region, options) if region else options
        )
    return Markup("").join(parts)


def zone_options(chosen: str = "") -> Markup:
    """``<option>``s of every zone in the language in force, ``chosen`` selected. Made once a day and language."""
    options = _options(clock.now().date(), current_language())
    wanted = Markup('<option value="{}"').format(chosen)
    return options.replace(wanted, wanted + Markup(" selected"), 1) if chosen else options
