"""Whose night it is: whether a time falls into the waking hours of somebody's own clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from conference.timezones import wall_time


@dataclass(frozen=True)
class Waking:
    """The hours a person can bear, in minutes of their own day: from ``earliest`` on, until ``latest``.

    A ``latest`` that is not after ``earliest`` lies on the next day (12:00 to 02:00).
    """

    earliest: int = 7 * 60
    latest: int = 22 * 60


BEARABLE = Waking()
"""From 07:00 to 22:00."""


def bearable(start: datetime, end: datetime, zone: str, limits: Waking = BEARABLE) -> bool:
    """Whether all of ``start`` to ``end`` (aware) lies within the limits of one day of the zone's clock.

    Both limits are allowed: what begins at 07:00 or ends at 22:00 is bearable. What is longer than a day is not.
    """
    begins, ends = wall_time(start, zone), wall_time(end, zone)
    length = (limits.latest - limits.earliest) % (24 * 60) or 24 * 60
    for days_before in (0, 1):  # hours that run past midnight may have begun the evening before
        midnight = datetime.combine(begins.date() - timedelta(days=days_before), time())
        opens = midnight + timedelta(minutes=limits.earliest)
        if opens <= begins and ends <= opens + timedelta(minutes=length):
            return True
    return False
