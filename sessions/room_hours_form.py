"""The fields of a room's open hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from conference.forms import Typed
from conference.i18n import _
from conference.timezones import LocalTimeError, to_utc
from sessions.room_hours import OpenHours

MOST_HOURS = 60
"""Rows for open hours."""


def hours_values(hours: Iterable[OpenHours]) -> dict[str, str]:
    """The fields of the stretches."""
    values = {}
    for number, (start, end) in enumerate(hours):
        values[f"open_from_{number}"] = start.isoformat(timespec="minutes")
        values[f"open_until_{number}"] = end.isoformat(timespec="minutes")
    return values


def read_hours(typed: Typed, zone: str) -> tuple[OpenHours, ...]:
    """The stretches that were typed, in order. Each has both its ends, as times that the zone's clock shows once."""
    found = []
    for number in range(MOST_HOURS):
        from_field, until_field = f"open_from_{number}", f"open_until_{number}"
        if not typed.raw(from_field) and not typed.raw(until_field):
            continue
        start, end = _time(typed, from_field, zone), _time(typed, until_field, zone)
        if start is not None and end is not None:
            if end <= start:
                typed.errors[until_field] = _("The room must close after it opens.")
            else:
                found.append((start, end))
    return tuple(sorted(found))


def _time(typed: Typed, name: str, zone: str) -> datetime | None:
    wall = typed.wall_clock(name)
    if wall is None:
        return None
    try:
        to_utc(wall, zone)
    except LocalTimeError as refusal:
        typed.errors[name] = refusal.message
        return None
    return wall.replace(second=0)
