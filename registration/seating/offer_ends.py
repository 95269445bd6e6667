"""Until when an offer stands: long enough to be read by day, short enough that others have their turn. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from conference import timezones

LAST_CALL = timedelta(
    minutes=30
)  # before it begins: nothing is offered later, whatever is free goes to whoever comes
SHORTEST = timedelta(hours=1)
TURNS = 4  # as many people in line as may follow each other until it begins
WAKES, RESTS = (
    9,
    22,
)  # on the reader's clock: no offer ends in the hours between, nor before they had time to look


def offer_end(now: datetime, hours: int, begins_at: datetime, zone: str) -> datetime:
    """When an offer made ``now`` lapses, for a reader whose clock is that of ``zone``.

    It stands for ``hours``, or a quarter of the time left where that is less, and never ends between 22:00 and 09:00 of
    the reader's clock, but then in their morning. At the latest it ends ``LAST_CALL`` before ``begins_at``.
    """
    last = begins_at - LAST_CALL
    length = min(timedelta(hours=hours), max(SHORTEST, (last - now) / TURNS))
    return min(_by_day(now + length, zone), last)


def _by_day(end: datetime, zone: str) -> datetime:
    wall = timezones.wall_time(end, zone)
    if WAKES <= wall.hour < RESTS:
        return end
    day = wall.date() + timedelta(days=1 if wall.hour >= RESTS else 0)
    # No clock changes at this hour of the morning; where one did, the hour after it would do as well.
    return datetime.combine(day, time(WAKES), timezones.zone(zone)).astimezone(UTC)
