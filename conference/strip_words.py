"""The meridian strip in words, for readers who hear it and for mails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from babel.numbers import format_percent

from conference import dates, timezones
from conference.i18n import _, locale_of, use_language
from conference.strip_layout import STEP, Row, Strip

Subject = Literal["conference", "session", "mine"]


def place_words(zone: str, instant: datetime, language: str) -> str:
    """The zone's city; its offset at the instant where the zone is named after no place."""
    name = dates.city_name(zone, language)
    return name if "/" in zone and not zone.startswith("Etc/") else timezones.utc_offset_label(instant, zone)


def range_words(
    start: datetime, end: datetime, zone: str, language: str, *, against: str | None = None
) -> str:
    """A time range in the zone; a start on another date than in the zone ``against`` says so."""
    words = dates.time_range(start, end, zone, language)
    shift = dates.day_shift(start, zone, against) if against else 0
    return f"{dates.day_shift_words(shift, language)}, {words}" if shift else words


def strip_sentences(
    subject: Subject,
    reader: Row,
    conference: Row | None,
    home: str,
    held: Sequence[tuple[datetime, datetime]],
    start: datetime,
    end: datetime,
    now: datetime | None,
    language: str,
) -> str:
    """What a strip shows, in one to three sentences.

    ``home`` names the conference's place; ``held`` are the starts and ends (UTC, in order) of what takes place
    between ``start`` and ``end``, the band's ends. ``conference`` is None where both clocks agree.
    """
    with use_language(language):
        sentences = []
        if held:
            first, last = held[0][0], max(ends for _begins, ends in held)
            light = _light(ZoneInfo(reader.zone), first, last, language)
            if conference is None:
                both = {
                    "session": _(
                        "This session runs %(time)s in %(place)s, and your clock agrees: %(light)s."
                    ),
                    "mine": _("Your sessions run %(time)s in %(place)s, and your clock agrees: %(light)s."),
                    "conference": _(
                        "The conference runs %(time)s in %(place)s, and your clock agrees: %(light)s."
                    ),
                }[subject]
                sentences.append(both % {"time": reader.hours, "place": home, "light": light})
            else:
                there = range_words(first, last, conference.zone, language)
                here = range_words(first, last, reader.zone, language, against=conference.zone)
                runs = {
                    "session": _("This session runs %(time)s in %(place)s."),
                    "mine": _("Your sessions run %(time)s in %(place)s."),
                    "conference": _("The conference runs %(time)s in %(place)s."),
                }[subject]
                sentences.append(runs % {"time": there, "place": conference.name})
                sentences.append(
                    _("For you in %(place)s it is %(time)s: %(light)s.")
                    % {"place": reader.name, "time": here, "light": light}
                )
        elif now and conference:
            sentences.append(
                _(
                    "It is now %(time)s in %(place)s and %(their_time)s in %(their_place)s, where the conference is."
                )
                % {
                    "time": reader.hours,
                    "place": reader.name,
                    "their_time": conference.hours,
                    "their_place": conference.name,
                }
            )
        elif conference:
            sentences.append(_apart(reader, conference, start, language))
        else:
            sentences.append(
                _("Your clock in %(place)s agrees with the conference's all day.") % {"place": reader.name}
            )
        if end - start != timedelta(days=1):
            sentences.append(_("The clocks change in %(place)s during this time.") % {"place": reader.name})
        return " ".join(sentences)


def _apart(reader: Row, conference: Row, instant: datetime, language: str) -> str:
    ahead = timezones.offset_at(instant, reader.zone) - timezones.offset_at(instant, conference.zone)
    minutes = int(ahead.total_seconds() // 60)
    words = {
        "place": reader.name,
        "home": conference.name,
        "time": dates.duration_words(abs(minutes), language),
    }
    if minutes > 0:
        return _("Your clock in %(place)s is %(time)s ahead of the conference's in %(home)s.") % words
    return _("Your clock in %(place)s is %(time)s behind the conference's in %(home)s.") % words


def _light(zone: ZoneInfo, start: datetime, end: datetime, language: str) -> str:
    """What part of the reader's day a time falls into: ``by day until 20:00, then in the evening``."""
    stretches: list[tuple[str, datetime]] = []  # what it is like, and until when
    moment = start
    while moment < end:
        name = _kind_words(moment.astimezone(zone))
        step = min(moment + STEP, end)
        if stretches and stretches[-1][0] == name:
            stretches[-1] = (name, step)
        else:
            stretches.append((name, step))
        moment = step
    if not stretches:
        return _kind_words(start.astimezone(zone))
    if len(stretches) == 1:
        return _("all of it %(light)s") % {"light": stretches[0][0]}
    parts = [
        _("%(light)s until %(time)s") % {"light": name, "time": dates.clock_time(until, zone.key, language)}
        for name, until in stretches[:-1]
    ]
    return _(", then ").join([*parts, stretches[-1][0]])


def _kind_words(local: datetime) -> str:
    kind = timezones.hour_kind(local)
    if kind == "day":
        return _("by day")
    if kind == "night":
        return _("at night")
    return _("in the early morning") if local.hour < timezones.DAY_STARTS else _("in the evening")


def strip_text(strip: Strip) -> str:
    """The strip in words, for mails and wherever there is no picture; each further place on a line of its own."""
    lines = [strip.text]
    for place in strip.places:
        amount = f" ({percent_words(place.share, strip.language)})" if place.share is not None else ""
        hours = f": {place.hours}" if place.hours else ""
        lines.append(f"{place.name}, {place.note}{amount}{hours}")
    return "\n".join(lines)


def percent_words(share: float, language: str) -> str:
    """The share (0 to 1) in per cent; one that is not nothing never reads as 0."""
    if 0 < share < 0.01:
        return f"< {format_percent(0.01, locale=locale_of(language))}"
    return format_percent(
        share, "#,##0%" if locale_of(language).language == "en" else None, locale=locale_of(language)
    )
