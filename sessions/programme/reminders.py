"""When a reminder of a session is due, whoever it is for. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

DAY_BEFORE = timedelta(hours=24)
HOUR_BEFORE = timedelta(hours=1)
MINUTES_BEFORE = timedelta(minutes=10)


def useful_until(start: datetime, lead: timedelta, leads: Iterable[timedelta]) -> datetime:
    """From when on a reminder ``lead`` before ``start`` says nothing new any more: the next of the ``leads`` is due, or
    the session has begun."""
    return min([start, *(start - other for other in leads if other < lead)])


def is_timely(
    start: datetime, lead: timedelta, leads: Iterable[timedelta], *, since: datetime, now: datetime
) -> bool:
    """Whether a reminder ``lead`` before ``start`` is to go at ``now``: its moment has come, and it is useful still.

    ``leads`` are all that the person gets. Who has known of the session and its time only ``since`` a later moment was
    told then, and needs no reminder of it. All instants are aware.
    """
    moment = start - lead
    return since <= moment <= now < useful_until(start, lead, leads)
