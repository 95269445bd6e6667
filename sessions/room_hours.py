"""When a room is open: stretches of wall-clock time (naive) on the conference's clock. Plain values."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime

from conference import dates

OpenHours = tuple[datetime, datetime]
"""From and until (exclusive), as the conference's clock shows them."""


def decode_hours(stored: str) -> tuple[OpenHours, ...]:
    """The stretches as ``Room.open_hours`` stores them, in order; none means that the room is always open."""
    return tuple(
        sorted(
            (datetime.fromisoformat(hours["from"]), datetime.fromisoformat(hours["until"]))
            for hours in json.loads(stored)
        )
    )


def encode_hours(hours: Iterable[OpenHours]) -> str:
    """The stretches as ``Room.open_hours`` stores them."""
    return json.dumps(
        [
            {
                "from": start.isoformat(timespec="minutes"),
                "until": end.isoformat(timespec="minutes"),
            }
            for start, end in sorted(hours)
        ]
    )


def hours_in_words(hours: Iterable[OpenHours], language: str) -> list[str]:
    """A line for each day on which the room opens: ``Thu 25 Jun, 09:00–12:00, 13:00–17:00``."""
    by_day: dict[date, list[str]] = {}
    for start, end in sorted(hours):
        # A wall-clock time is written as any clock's would be; UTC's leaves out and repeats no hour.
        words = dates.time_range(start.replace(tzinfo=UTC), end.replace(tzinfo=UTC), "UTC", language)
        by_day.setdefault(start.date(), []).append(words)
    return [", ".join([dates.short_day(day, language), *words]) for day, words in by_day.items()]
