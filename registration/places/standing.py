"""Where somebody stands in the line for a place at the conference, and until when one is kept for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registration.places.counting import Limits, places_of
from registration.seating.lines import AHEAD
from registration.seating.tables import WaitlistEntry, WaitState
from registration.tables import Registration, RegistrationStatus

_STANDING = (
    "SELECT w.code AS code, w.state AS state, w.offer_expires_at AS ends, "  # noqa: S608 - all of it is written here
    f"{AHEAD.replace('{line}', 'o.conference = w.conference AND o.slot IS NULL')} AS ahead, "
    f"{AHEAD.replace('{line}', 'o.conference = w.conference AND o.slot IS NULL AND r.category = {}')} AS ahead_alike "
    "FROM waitlist_entry w WHERE w.registration = {} AND w.slot IS NULL AND w.state IN ('waiting', 'offered')"
)


@dataclass(frozen=True)
class Standing:
    """A place in the conference's line. ``place`` counts from 1; ``offer_ends_at`` is None without an offer.

    ``code`` is that of the entry. While the conference itself has places, ``place`` counts those of the person's own
    category alone: only they are before them.
    """

    code: str
    place: int
    offer_ends_at: datetime | None = None


async def place_in_line(registration: Registration, limits: Limits, now: datetime) -> Standing | None:
    """Where the person stands; None for somebody who is in no line, or whose offer has lapsed. Two queries."""
    waits = RegistrationStatus.WAITING.value
    rows: list[dict[str, Any]] = await WaitlistEntry.raw(
        _STANDING, waits, now, registration.category or 0, waits, now, registration.id
    )
    if not rows:
        return None
    (row,) = rows
    if row["state"] == WaitState.OFFERED:
        return Standing(row["code"], 1, row["ends"]) if row["ends"] > now else None
    places = await places_of(conference_id=registration.conference, limits=limits, now=now)
    is_own_line = places.free != 0 and registration.category in limits.in_category
    return Standing(row["code"], (row["ahead_alike"] if is_own_line else row["ahead"]) + 1)
