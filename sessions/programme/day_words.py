"""Which day it is for the reader and which at the conference, in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from conference import dates, timezones
from conference.i18n import _, use_language

MORNING, AFTERNOON, EVENING, NIGHT = 5, 12, 17, 22  # hours at which each begins


def part_of_day(instant: datetime, zone: str, language: str) -> str:
    """``Friday evening``: the day and its part on the zone's clock at the instant (aware)."""
    wall = timezones.wall_time(instant, zone)
    with use_language(language):
        if wall.hour < MORNING:
            words = _("%(day)s before dawn")
        elif wall.hour < AFTERNOON:
            words = _("%(day)s morning")
        elif wall.hour < EVENING:
            words = _("%(day)s afternoon")
        elif wall.hour < NIGHT:
            words = _("%(day)s evening")
        else:
            words = _("%(day)s night")
    return words % {"day": dates.day_name(wall.date(), language)}


def day_note(day: date, starts: Iterable[datetime], conference_zone: str, language: str) -> str:
    """``Saturday for you; Friday evening in London.``: said of a reader's ``day`` on which something begins at another
    date of the conference's. ``starts`` are what begins that day (aware); "" where both dates are always the same."""
    instants = list(starts)
    elsewhere = [start for start in instants if dates.local_date(start, conference_zone) != day]
    if not elsewhere:
        return ""
    parts = list(dict.fromkeys(part_of_day(start, conference_zone, language) for start in elsewhere))
    days = dict.fromkeys(dates.local_date(start, conference_zone) for start in elsewhere)
    words = parts if len(parts) == 1 else [dates.day_name(other, language) for other in days]
    said = {
        "mine": dates.day_name(day, language),
        "theirs": " / ".join(words),
        "place": dates.city_name(conference_zone, language),
    }
    with use_language(language):
        if len(elsewhere) == len(instants):
            return _("%(mine)s for you; %(theirs)s in %(place)s.") % said
        return _("A part of this day is %(theirs)s in %(place)s.") % said
