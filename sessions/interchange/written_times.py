"""Dates, clock times and lengths as people and programs write them, read without guessing what was not said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from conference import timezones
from sessions.interchange.model import PLAUSIBLE_YEARS

LONGEST_TEXT = 80  # characters; no date is longer


@dataclass(frozen=True)
class Moment:
    """What a text says of a time. ``clock`` is (hours, minutes), hours from 24 on being the next day's.

    ``offset`` is the UTC offset it names, ``zone`` the IANA zone; None and "" where it names none. ``weekday`` (Monday
    is 0) and ``ordinal`` (first day of the conference is 1) stand for a day that is not given as a date.
    """

    day: date | None = None
    clock: tuple[int, int] | None = None
    offset: timedelta | None = None
    zone: str = ""
    weekday: int | None = None
    ordinal: int | None = None

    def __or__(self, other: Moment) -> Moment:
        """This moment, with what it does not say taken from the other."""
        has_place = self.offset is not None or bool(self.zone)
        return Moment(
            self.day or other.day,
            self.clock if self.clock is not None else other.clock,
            self.offset if has_place else other.offset,
            self.zone if has_place else other.zone,
            self.weekday if self.weekday is not None else other.weekday,
            self.ordinal if self.ordinal is not None else other.ordinal,
        )

    def has_day(self) -> bool:
        """Whether it says a day in any way."""
        return self.day is not None or self.weekday is not None or self.ordinal is not None


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier janv enero janeiro gennaio januari", "feb february februar février fév febrero fevereiro febbraio februari",
            "mar march märz mär mars marzo março maart", "apr april avril avr abril aprile", "may mai mayo maio maggio mei",
            "jun june juni juin junio junho giugno", "jul july juli juillet juil julio julho luglio", "aug august août agosto augustus",
            "sep sept september septembre septiembre setembro settembre", "oct okt october oktober octobre octubre outubro ottobre",
            "nov november novembre noviembre novembro", "dec dez december dezember décembre déc diciembre dezembro dicembre",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "mon monday montag mo lundi lunes", "tue tues tuesday dienstag di mardi martes", "wed wednesday mittwoch mi mercredi miércoles",
            "thu thur thurs thursday donnerstag do jeudi jueves", "fri friday freitag fr vendredi viernes",
            "sat saturday samstag sa samedi sábado", "sun sunday sonntag so dimanche domingo",
        )
    )
    for name in names.split()
}  # fmt: skip
_CLOCK = (
    r"(?P<hour>\d{1,2})(?:\s*[:.h]\s*(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?:?)?"
    r"\s*(?P<half>[ap]\.?\s?m\b\.?)?(?:\s*(?:uhr|hrs?|h)\b)?"
)
_PLACE = r"(?P<offset>Z\b|(?:UTC|GMT)?\s*[+-]\d{2}:?\d{2}\b|UTC\b|GMT\b)"
_ONLY_CLOCK = re.compile(rf"\s*{_CLOCK}\s*{_PLACE}?\s*", re.IGNORECASE)
_COMPACT_CLOCK = re.compile(r"([01]\d|2[0-3])([0-5]\d)")
_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T\s_]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?\s*"
    r"(Z|UTC|GMT|[+-]\d{2}(?::?\d{2}){0,2})?(?:\[([A-Za-z_+\-/0-9]{1,60})\])?",
    re.IGNORECASE,
)
_BASIC = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(?:\d{2})?(Z)?)?")
_NUMERIC = re.compile(r"(\d{1,4})\s*[./-]\s*(\d{1,2})\s*[./-]\s*(\d{2,4})")
_NAMED = re.compile(
    r"(?:(?P<first>\d{1,2})(?:st|nd|rd|th|\.)?(?:\s+(?:de|of))?\s+(?P<month>[^\W\d_]{3,12})\.?(?:\s+(?:de|of))?,?\s+(?P<year>\d{4})"
    r"|(?P<month2>[^\W\d_]{3,12})\.?\s+(?P<second>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year2>\d{4}))",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"(?:day|tag|jour|día|dia|giorno)?\s*#?\s*([1-9]|[1-5]\d)", re.IGNORECASE)


class Dates:
    """Reads moments. In ``01/02/2020`` the first is the day, unless the texts it has learnt from say otherwise."""

    def __init__(self, samples: Iterable[str] = ()) -> None:
        firsts, seconds = [0], [0]
        self.is_ambiguous = False  # whether a date was met that could be read both ways, with nothing to tell
        for sample in samples:
            found = _NUMERIC.match(sample.strip()[:LONGEST_TEXT])
            if found and len(found.group(1)) < 3:
                firsts.append(int(found.group(1)))
                seconds.append(int(found.group(2)))
        self._is_told = max(firsts) > 12 or max(seconds) > 12
        self._month_first = max(seconds) > 12 >= max(firsts)

    def moment(self, text: str) -> Moment | None:
        """The moment a text says, or None when it says none that can be read whole. "" says nothing: None."""
        text = " ".join(text.split())
        if not text or len(text) > LONGEST_TEXT:
            return None
        if (clock := clock_of(text)) is not None:
            return clock
        if found := _ISO.fullmatch(text):
            year, month, day, hour, minute, _second, offset, zone = found.groups()
            moment = _on(int(year), int(month), int(day))
            return moment and _at(moment, hour, minute, offset, zone)
        if found := _BASIC.fullmatch(text):
            year, month, day, hour, minute, offset = found.groups()
            moment = _on(int(year), int(month), int(day))
            return moment and _at(moment, hour, minute, offset, None)
        return self._composed(text)

    def _composed(self, text: str) -> Moment | None:
        """A date with, before or after it, a clock time and perhaps the name of the weekday."""
        weekday = None
        words = re.match(r"([^\W\d_]{2,12})\.?,?(?:\s+|$)", text)
        if words and (known := _WEEKDAYS.get(words.group(1).casefold())) is not None:
            weekday, text = known, text[words.end() :]
        if not text:
            return Moment(weekday=weekday)
        for pattern in (_NUMERIC, _NAMED):
            found = pattern.search(text)
            if not found:
                continue
            moment = self._numeric(found) if pattern is _NUMERIC else _named(found)
            rest = f"{text[: found.start()]} {text[found.end() :]}".replace(" at ", " ").strip(" ,-–|")
            if moment is None or not rest:
                return moment
            clock = clock_of(rest)
            return clock and clock | moment
        if weekday is not None:
            clock = clock_of(text)
            return clock and replace(clock, weekday=weekday)
        return None

    def _numeric(self, found: re.Match[str]) -> Moment | None:
        first, second, third = (int(part) for part in found.groups())
        if len(found.group(1)) == 4:
            return _on(first, second, third)
        year = third + 2000 if third < 70 else third + 1900 if third < 100 else third
        if not self._is_told and first != second and "." not in found.group():
            self.is_ambiguous = True
        return _on(year, first, second) if self._month_first else _on(year, second, first)

    def day(self, text: str) -> Moment | None:
        """The day a text says: a date, a weekday, or the number of the conference's day ("2", "Day 2")."""
        text = " ".join(text.split())
        if found := _ORDINAL.fullmatch(text):
            return Moment(ordinal=int(found.group(1)))
        return self.moment(text)


def clock_of(text: str) -> Moment | None:
    """A clock time alone: 9:30, 09.30, 9h30, 9 am, 0930, 25:10 (the next day's), each with an offset or not."""
    if found := _COMPACT_CLOCK.fullmatch(text.strip()):
        return Moment(clock=(int(found.group(1)), int(found.group(2))))
    found = _ONLY_CLOCK.fullmatch(text) if len(text) <= LONGEST_TEXT else None
    if not found or not (found.group("minute") or found.group("half")):
        return None
    hour, minute = int(found.group("hour")), int(found.group("minute") or 0)
    if half := found.group("half"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    if hour >= 48 or minute >= 60:
        return None
    return Moment(clock=(hour, minute), offset=_offset(found.group("offset") or ""))


def clocks_between(text: str) -> tuple[Moment, Moment] | None:
    """The two clock times of "9:00-10:30", "9 – 10.30 am" or "from 9:00 to 10:30", or None."""
    parts = re.split(
        r"\s*(?:-|–|—|\bto\b|\bbis\b|\bà\b|\buntil\b)\s*", text.strip()[:LONGEST_TEXT].removeprefix("from ")
    )
    if len(parts) != 2:
        return None
    last = clock_of(parts[1])
    half = re.search(r"[ap]\.?\s?m\.?$", parts[1], re.IGNORECASE)
    first = clock_of(parts[0])
    if last and half and last.clock and not re.search(r"m\.?$", parts[0], re.IGNORECASE):
        # "9 - 10.30 am": the half of the day is said once, and "11 - 1 pm" begins in the other one.
        guess = clock_of(f"{parts[0]} {half.group()}")
        if guess and guess.clock and guess.clock > last.clock:
            guess = Moment(clock=((guess.clock[0] - 12) % 24, guess.clock[1]))
        first = guess or first
    return (first, last) if first and last else None


_LENGTH = re.compile(
    r"(?:(?P<hours>\d{1,3}(?:[.,]\d{1,2})?)\s*(?:hours?|hrs?|h|stunden?|std|heures?|horas?|ore)(?![^\W\d])\.?)?\s*(?:and|und|et|y)?\s*"
    r"(?:(?P<minutes>\d{1,5})\s*(?:minutes?|mins?|m|minuten|minutos|minuti|')?)?",
    re.IGNORECASE,
)


def length_of(text: str) -> int | None:
    """Minutes of a length: 45, "45 min", "1h30", "1.5 hours", "1:30", "0:30:00", "PT1H30M"; None for anything else."""
    text = text.strip()[:LONGEST_TEXT]
    if found := re.fullmatch(r"(\d{1,3}):(\d{2})(?::(\d{2}))?", text):
        return int(found.group(1)) * 60 + int(found.group(2))
    if found := re.fullmatch(
        r"P(?:(\d{1,3})D)?(?:T(?:(\d{1,3})H)?(?:(\d{1,5})M)?(?:\d+S)?)?", text, re.IGNORECASE
    ):
        days, hours, minutes = (int(part or 0) for part in found.groups())
        return (days * 24 + hours) * 60 + minutes
    found = _LENGTH.fullmatch(text)
    if not text or not found or not (found.group("hours") or found.group("minutes")):
        return None
    hours_said = float((found.group("hours") or "0").replace(",", "."))
    return round(hours_said * 60) + int(found.group("minutes") or 0)


def _on(year: int, month: int, day: int) -> Moment | None:
    if year not in PLAUSIBLE_YEARS:
        return None
    try:
        return Moment(day=date(year, month, day))
    except ValueError:
        return None


def _named(found: re.Match[str]) -> Moment | None:
    name = found.group("month") or found.group("month2") or ""
    month = _MONTHS.get(name.casefold())
    if month is None:
        return None
    return _on(
        int(found.group("year") or found.group("year2")),
        month,
        int(found.group("first") or found.group("second")),
    )


def _at(
    moment: Moment, hour: str | None, minute: str | None, offset: str | None, zone: str | None
) -> Moment | None:
    if hour is None or minute is None:
        return moment
    if int(hour) >= 48 or int(minute) >= 60:
        return None
    named = timezones.normalise(zone) if zone else None
    return replace(moment, clock=(int(hour), int(minute)), offset=_offset(offset or ""), zone=named or "")


def _offset(text: str) -> timedelta | None:
    text = text.upper().replace(" ", "")
    if text in ("Z", "UTC", "GMT"):
        return timedelta()
    found = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{2}):?(\d{2})?(?::?\d{2})?", text)
    if not found or int(found.group(2)) > 15:
        return None
    size = timedelta(hours=int(found.group(2)), minutes=int(found.group(3) or 0))
    return -size if found.group(1) == "-" else size


def instant_of(moment: datetime) -> Moment:
    """A datetime as a moment: aware ones keep their offset, naive ones are clocks of the conference's zone."""
    return Moment(moment.date(), (moment.hour, moment.minute), moment.utcoffset())
