"""Schedules that conference sites keep in YAML: code4lib's list of blocks, Write the Docs' days of talks."""

from __future__ import annotations

import re

from conference.i18n import _
from sessions.interchange.gathered import Found, FoundPerson, FoundSession, FoundTime
from sessions.interchange.gathered_people import link_of
from sessions.interchange.loose import each, flag, inner, line, text, where
from sessions.interchange.model import Doubts
from sessions.interchange.person_records import mentions
from sessions.interchange.written_times import Dates, Moment, clock_of, clocks_between, length_of
from sessions.interchange.yaml_document import Value

_DAY = re.compile(r"day[ _-]?([1-9]\d?)", re.IGNORECASE)


def is_blocks(root: Value) -> bool:
    """code4lib: a list of entries with a time and the days (day1, day2 …) on which they are."""
    entries = [one for one in root.items or [] if one.fields]
    with_days = [
        one
        for one in entries
        if any(_DAY.fullmatch(name) for name in one.fields or {}) and inner(one, "time")
    ]
    return bool(entries) and len(with_days) * 2 > len(entries)


def is_days(root: Value) -> bool:
    """Write the Docs: a map of days, each a list of entries with a time or a duration, and a title or the slug of a session."""
    days = list((root.fields or {}).values())
    entries = [one for day in days for one in day.items or []]
    return (
        bool(entries)
        and all(day.items is not None for day in days)
        and all(
            inner(one, "time", "duration") is not None and inner(one, "title", "slug") is not None
            for one in entries
        )
    )


def read_blocks(root: Value, doubts: Doubts) -> Found:
    """What stands in code4lib's schedule. What is on several days is a session on each: their contents differ."""
    found, dates = Found("code4lib YAML"), Dates()
    for entry in root.items or []:
        if entry.fields is None:
            continue
        title = text(entry, "title", "name")
        place = where(entry, title)
        said = line(entry, "time")
        between = clocks_between(said) or (clock_of(said), None)
        if between[0] is None:
            words = _("“%(text)s” is not a date or time that can be read; it was left out.")
            doubts.add("time", place, words % {"text": said[:60]})
        days = [
            Moment(ordinal=int(day.group(1)))
            for name in entry.fields
            if (day := _DAY.fullmatch(name)) and flag(entry, name)
        ]
        if said_day := dates.day(line(entry, "day", "date")):
            days.append(said_day)
        for index, on_day in enumerate(days or [Moment()]):
            start, end = between
            time = FoundTime(
                place, start and start | on_day, end and end | on_day, room=line(entry, "room", "location")
            )
            group = line(entry, "groupId", "id", "slug")
            found.sessions.append(
                FoundSession(
                    place,
                    title,
                    (group if len(days) < 2 else f"{group}-{index + 1}",) if group else (),
                    description=text(entry, "description", "abstract"),
                    kind=line(entry, "type"),
                    people=[
                        one
                        for name in ("speakers", "speaker", "presenters")
                        for one in _people(entry, name, place)
                    ],
                    times=[time] if start else [],
                    links=link_of(line(entry, "link", "url")),
                )
            )
    return found


def _people(entry: Value, name: str, place: str) -> list[FoundPerson]:
    value = inner(entry, name)
    return mentions(value, place) if value is not None else []


def read_days(root: Value, doubts: Doubts) -> Found:
    """What stands in Write the Docs' schedule. An entry without time begins when the one before it ends.

    Clock times have no half of the day: one that goes back is an afternoon's.
    """
    found = Found("Write the Docs YAML")
    for number, (name, day) in enumerate((root.fields or {}).items(), 1):
        known = re.search(r"(\d{4}-\d{2}-\d{2})", name)
        on_day = (Dates().day(known.group(1)) if known else None) or Moment(ordinal=number)
        now: int | None = None  # minutes since midnight at which the next entry begins
        last: FoundTime | None = None
        for entry in each(day):
            title = text(entry, "title")
            slug = line(entry, "slug")
            place = where(entry, title or slug)
            said = line(entry, "time")
            start = clock_of(said) if said else None
            if said and (start is None or start.clock is None):
                words = _("“%(text)s” is not a date or time that can be read; it was left out.")
                doubts.add("time", place, words % {"text": said[:60]})
            if start is not None and start.clock is not None:
                begins = start.clock[0] * 60 + start.clock[1]
                if now is not None and begins < now and begins + 720 < 1440:
                    begins += 720
                if last is not None and last.minutes is None and now is not None and begins > now:
                    last.minutes = begins - now
                now = begins
            length = length_of(line(entry, "duration")) if inner(entry, "duration") else None
            if length == 0:
                words = _("It lasts no time at all; it was taken as a heading and left out.")
                doubts.add("heading", place, words)
                continue
            time = FoundTime(
                place, on_day | Moment(clock=divmod(now, 60)) if now is not None else None, minutes=length
            )
            found.sessions.append(
                FoundSession(
                    place,
                    title,
                    (slug,) if slug else (),
                    times=[time],
                    is_placing=bool(slug),
                    people=_people(entry, "speakers", place),
                )
            )
            last = time
            now = now + length if now is not None and length else now
    return found
