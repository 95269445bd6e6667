"""What a speaker's own page says in words: of unusual hours, and of the times that suit them. Pure."""

from __future__ import annotations

from datetime import datetime

from conference import dates, timezones
from conference.i18n import _
from sessions.schedule.limits import RuleFacts
from sessions.schedule.nights import Waking, bearable
from sessions.speakers.availability import Given


def hardship(start: datetime, end: datetime, zone: str, rules: RuleFacts) -> str:
    """A kind word where the time (aware) is outside the hours that the conference asks of its speakers, else ""."""
    if bearable(start, end, zone, Waking(rules.speaker_earliest, rules.speaker_latest)):
        return ""
    begins, ends = timezones.wall_time(start, zone), timezones.wall_time(end, zone)
    if begins.hour < 5 or (ends.date() > begins.date() and ends.hour * 60 + ends.minute > 60):
        return _(
            "This is in the middle of your night. It would be a great kindness; if it is too much, please "
            "say so: perhaps it can be moved."
        )
    if begins.hour * 60 + begins.minute < rules.speaker_earliest:
        return _("This is early in the morning where you are. If it is too early, please say so.")
    return _("This is late in the evening where you are. If it is too late, please say so.")


def given_words(given: Given, zone: str, language: str, *, most: int = 12) -> list[tuple[str, bool]]:
    """Each stretch in words on the zone's clock, and whether only if needed; at most so many."""
    told = []
    for stretch in given.stretches[:most]:
        day = dates.short_day(dates.local_date(stretch.start, zone), language)
        hours = dates.time_range(stretch.start, stretch.end, zone, language)
        told.append((f"{day}, {hours}", stretch.kind == "if-needed"))
    return told
