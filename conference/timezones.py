"""Zones, wall clocks and instants: the one module that owns time zones, and the only one that imports pytz.

pytz lists what it alone has (which zones a country keeps). All arithmetic is ``zoneinfo`` reading the pinned ``tzdata``
wheel and nothing else: a system's own copy of the zone table is often a year behind and an hour off.
"""

from __future__ import annotations

import functools
import importlib
import unicodedata
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import pytz
from babel.core import get_global

from conference.errors import DomainError
from conference.i18n import _, locale_of

# Python prefers the system's zone files to the wheel's; with no search path only the wheel is left.
zoneinfo.reset_tzpath(to=())
ZoneInfo.clear_cache()

HourKind = Literal["day", "edge", "night"]

DAY_STARTS = 8
"""From this local hour on people are asked for nothing unusual."""
DAY_ENDS = 20
"""Local hour at which the evening's edge begins."""
EDGE_STARTS = 6
"""Local hour at which the night ends and the morning's edge begins."""
EDGE_ENDS = 23
"""Local hour at which the night begins."""

# zone.tab orders a large country's zones from east to west or by age; the zone most of its people keep is offered first.
_MOST_PEOPLE = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
}
# Kosovo has no code in the ISO list that pytz carries; its clocks follow Belgrade's, the tz database's zone for it.
_NOT_IN_PYTZ = {"XK": ("Europe/Belgrade",)}


class LocalTimeError(DomainError):
    """A wall-clock time or zone that does not name one instant."""

    http_status = 422


class UnknownZone(LocalTimeError):
    """No zone of the tz database has this name; ``name`` is what was asked for."""

    def __init__(self, name: str) -> None:
        super().__init__(_("“%(zone)s” is not a time zone we know.") % {"zone": name[:64]})
        self.name = name


class SkippedHour(LocalTimeError):
    """The wall time falls into the hour that is left out when clocks go forward.

    ``next_valid`` is the first wall time (naive) that exists after it.
    """

    def __init__(self, wall: datetime, zone_name: str, next_valid: datetime) -> None:
        super().__init__(
            _(
                "%(time)s does not exist in %(zone)s: the clocks go forward then. The next time that exists is %(next)s."
            )
            % {"time": _plain(wall), "zone": zone_name, "next": _plain(next_valid)}
        )
        self.wall = wall
        self.zone_name = zone_name
        self.next_valid = next_valid


class RepeatedHour(LocalTimeError):
    """The wall time happens twice because clocks go back; ``first`` and ``second`` are its instants (UTC).

    ``to_utc(..., fold=0)`` takes the first and ``fold=1`` the second.
    """

    def __init__(self, wall: datetime, zone_name: str, first: datetime, second: datetime) -> None:
        super().__init__(
            _(
                "%(time)s happens twice in %(zone)s: the clocks go back then. Say whether you mean the first or the second."
            )
            % {"time": _plain(wall), "zone": zone_name}
        )
        self.wall = wall
        self.zone_name = zone_name
        self.first = first
        self.second = second


def _plain(wall: datetime) -> str:
    return wall.isoformat(" ", "minutes")


@functools.cache
def _names() -> frozenset[str]:
    """Every name that may be asked for. ``Factory`` and ``localtime`` are listed by some systems but name no place."""
    return frozenset(zoneinfo.available_timezones() - {"localtime", "Factory", "posixrules"})


@functools.cache
def _country_zones() -> dict[str, tuple[str, ...]]:
    listed: dict[str, tuple[str, ...]] = dict(_NOT_IN_PYTZ)
    for code in pytz.country_names:
        try:
            zones = pytz.country_timezones[code]
        except KeyError:  # Bouvet Island, Heard Island: nobody lives there and no zone is kept
            continue
        kept = [name for name in zones if name in _names()]
        first = _MOST_PEOPLE.get(code)
        listed[code] = tuple(sorted(kept, key=lambda name: name != first))
    return listed


@functools.cache
def _countries_of_zones() -> dict[str, str]:
    found: dict[str, str] = {}
    for code, names in _country_zones().items():
        if code not in _NOT_IN_PYTZ:
            for name in names:
                found.setdefault(name, code)
    return found


@functools.lru_cache(maxsize=2048)
def normalise(name: str) -> str | None:
    """The present name of a zone: ``Asia/Calcutta`` gives ``Asia/Kolkata``, ``UTC``'s many names give ``UTC``.

    None when the tz database has no such name. Names are case-sensitive, as in the database.
    """
    if name not in _names():
        return None
    if name in _countries_of_zones():
        return name
    # CLDR's table rather than the database's links: those now lead across countries (Iceland to Abidjan).
    aliases: Mapping[str, str] = get_global("zone_aliases")
    target = aliases.get(name, name)
    if target in {"Etc/UTC", "Etc/GMT", "Etc/UCT", "UTC", "GMT"}:
        return "UTC"
    return target if target in _names() else name


def zone(name: str) -> ZoneInfo:
    """The zone of that name; old names (``Europe/Kiev``) give the zone under its present name.

    Raises UnknownZone. Membership is asked before ``ZoneInfo`` sees the name, because it raises four kinds of error
    for junk and reads files by the name it is given.
    """
    present = normalise(name)
    if present is None:
        raise UnknownZone(name)
    return _kept(present)


@functools.cache
def _kept(present: str) -> ZoneInfo:
    """Each zone once: ``ZoneInfo`` itself keeps eight, and reads the ninth from its file whenever it is asked for."""
    return ZoneInfo(present)


@functools.cache
def all_zones() -> tuple[str, ...]:
    """Every zone a person may choose, by present name, sorted; ``UTC`` last."""
    return (*sorted({name for names in _country_zones().values() for name in names}), "UTC")


def zones_of_country(code: str) -> tuple[str, ...]:
    """Zones kept in a country (ISO 3166 two-letter code, or XK), most usual first; empty when the code is unknown."""
    return _country_zones().get(code, ())


def country_of_zone(name: str) -> str | None:
    """The country code a zone belongs to (the first, for the few zones of several countries); None for UTC and junk."""
    return _countries_of_zones().get(normalise(name) or "")


@functools.lru_cache(maxsize=64)
def countries(language: str) -> tuple[tuple[str, str], ...]:
    """(code, name) of every country that keeps a zone, named in ``language`` and sorted as its readers look for them.

    Sorting ignores accents and case (Österreich stands under O), since Python carries no collation tables.
    """
    territories = locale_of(language).territories
    english = locale_of("en").territories
    named = [(code, str(territories.get(code) or english.get(code) or code)) for code in _country_zones()]
    return tuple(sorted(named, key=lambda pair: (_sort_key(pair[1]), pair[0])))


def _sort_key(name: str) -> str:
    bare = "".join(mark for mark in unicodedata.normalize("NFKD", name) if not unicodedata.combining(mark))
    return bare.casefold()


def _as_zone(of: ZoneInfo | str) -> ZoneInfo:
    return of if isinstance(of, ZoneInfo) else zone(of)


YEARS = range(1900, 9000)
"""Years in which anything may take place."""


def to_utc(wall: datetime, of: ZoneInfo | str, fold: int | None = None) -> datetime:
    """The instant (aware UTC) at which clocks in the zone show ``wall`` (naive). The only way from wall clock to instant.

    Raises SkippedHour for a time that a clock change leaves out, and RepeatedHour for one that happens twice unless
    ``fold`` says which: 0 the first, 1 the second. Raises UnknownZone. ``wall`` must be naive (ValueError); its own
    ``fold`` is not looked at, because forms cannot set it.
    """
    if wall.tzinfo is not None:
        raise ValueError("a wall-clock time carries no zone of its own")
    where = _as_zone(of)
    if wall.year not in YEARS:  # mistyped; and near datetime's own ends a minute more or less would overflow
        raise LocalTimeError(_("%(time)s is out of range.") % {"time": _plain(wall)})
    naive = wall.replace(fold=0)
    early = naive.replace(tzinfo=where).astimezone(UTC)
    late = naive.replace(tzinfo=where, fold=1).astimezone(UTC)
    if early == late:
        return early
    # PEP 495: with fold=0 the offset before the change applies, with fold=1 the one after.
    if early < late:
        if fold is None:
            raise RepeatedHour(naive, where.key, early, late)
        return late if fold else early
    raise SkippedHour(naive, where.key, _first_after_gap(late, early, where))


def at_clock(wall: datetime, of: ZoneInfo | str, fold: int = 0) -> datetime:
    """``to_utc`` where nobody can be asked: of a time that happens twice the first (``fold`` 1: the second), of one that
    is left out the moment at which the clocks jump."""
    try:
        return to_utc(wall, of, fold)
    except SkippedHour as skipped:
        return to_utc(skipped.next_valid, of, 0)


def _first_after_gap(before: datetime, after: datetime, where: ZoneInfo) -> datetime:
    """The wall time the clocks jump to, known to happen after ``before`` and not after ``after`` (UTC, whole seconds)."""
    offset_before = before.astimezone(where).utcoffset()
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if (before + timedelta(seconds=middle)).astimezone(where).utcoffset() == offset_before:
            low = middle
        else:
            high = middle
    return (before + timedelta(seconds=high)).replace(microsecond=0).astimezone(where).replace(tzinfo=None)


def wall_time(instant: datetime, of: ZoneInfo | str) -> datetime:
    """What clocks in the zone show at the instant (aware): naive, with ``fold`` 1 on the second run of a repeated hour."""
    if instant.tzinfo is None:
        raise ValueError("an instant must say its offset")
    return instant.astimezone(_as_zone(of)).replace(tzinfo=None)


def offset_at(instant: datetime, of: ZoneInfo | str) -> timedelta:
    """The zone's offset from UTC at the instant."""
    return instant.astimezone(_as_zone(of)).utcoffset() or timedelta()


def utc_offset_label(instant: datetime, of: ZoneInfo | str) -> str:
    """``UTC``, ``UTC+5:30`` or ``UTC−9:30`` (with a true minus sign): the zone's offset at the instant."""
    seconds = int(offset_at(instant, of).total_seconds())
    if not seconds:
        return "UTC"
    hours, rest = divmod(abs(seconds), 3600)
    minutes, odd = divmod(rest, 60)
    label = f"UTC{'+' if seconds > 0 else '−'}{hours}"
    # Offsets with seconds are local mean time of before about 1900.
    return label + (f":{minutes:02}" if minutes or odd else "") + (f":{odd:02}" if odd else "")


def hour_kind(local: datetime | int) -> HourKind:
    """Whether a local hour (0 to 23, or a wall time) is by day, at an edge of the day, or in the night.

    Day is 08:00 to 20:00, the edges are 06:00 to 08:00 and 20:00 to 23:00, the rest is night. Half-open.
    """
    hour = local if isinstance(local, int) else local.hour
    if DAY_STARTS <= hour < DAY_ENDS:
        return "day"
    if EDGE_STARTS <= hour < EDGE_ENDS:
        return "edge"
    return "night"


def tzdata_version() -> str:
    """The tz database release all arithmetic uses, such as ``2026f``."""
    return str(vars(importlib.import_module("tzdata"))["IANA_VERSION"])


def pytz_version() -> str:
    """The tz database release that pytz lists zones from."""
    return str(vars(pytz)["OLSON_VERSION"])


@dataclass(frozen=True)
class Disagreement:
    """pytz and tzdata give a zone different offsets: ``first_seen`` is the first sampled instant (UTC)."""

    zone: str
    first_seen: datetime
    by_pytz: timedelta
    by_tzdata: timedelta


def disagreements(now: datetime, names: Sequence[str] | None = None) -> list[Disagreement]:
    """Zones (all that people may choose, or ``names``) on which the two tables differ within three years from ``now``.

    One sample a month, so a difference of some days between two samples is not seen; for the doctor's report.
    """
    found = []
    start = now.astimezone(UTC)
    samples = [start + timedelta(days=30.4375 * month) for month in range(37)]
    for name in names or all_zones():
        theirs, ours = pytz.timezone(name), ZoneInfo(name)
        for sample in samples:
            by_pytz = sample.astimezone(theirs).utcoffset() or timedelta()
            by_tzdata = sample.astimezone(ours).utcoffset() or timedelta()
            if by_pytz != by_tzdata:
                found.append(Disagreement(name, sample, by_pytz, by_tzdata))
                break
    return found
