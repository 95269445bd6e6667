"""How many places there are at a conference and in its categories, and what has become of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from registration.entries.letters import SEATS_HELD
from registration.opening import Door, door
from registration.seating.sharing import Places, Tally
from registration.tables import Registration, RegistrationAccess, RegistrationRules

_LIMITS = (
    "SELECT 0 AS id, capacity, access FROM registration_rules WHERE conference = {} "
    "UNION ALL SELECT id, capacity, access FROM attendee_category WHERE conference = {}"
)

_TALLIES = """
SELECT category, SUM(confirmed) AS confirmed, SUM(pending) AS pending, SUM(offered) AS offered,
  SUM(waiting) AS waiting, SUM(unconfirmed) AS unconfirmed
FROM (
  SELECT category, COUNT(*) AS confirmed, 0 AS pending, 0 AS offered, 0 AS waiting, 0 AS unconfirmed
  FROM registration WHERE conference = {} AND status = 'confirmed' GROUP BY category
  UNION ALL
  SELECT r.category, 0, COUNT(*), 0, 0, 0
  FROM registration r WHERE r.conference = {} AND r.status = 'pending' AND r.created_at > {}
    AND NOT EXISTS (SELECT 1 FROM waitlist_entry w
      WHERE w.registration = r.id AND w.slot IS NULL AND w.state IN ('waiting', 'offered'))
  GROUP BY r.category
  UNION ALL
  SELECT r.category, 0, 0,
    COUNT(CASE WHEN w.state = 'offered' THEN 1 END),
    COUNT(CASE WHEN w.state = 'waiting' AND r.status = 'waiting' THEN 1 END),
    COUNT(CASE WHEN w.state = 'waiting' AND r.status = 'pending' AND r.link_expires_at > {} THEN 1 END)
  FROM waitlist_entry w JOIN registration r ON r.id = w.registration
  WHERE w.conference = {} AND w.slot IS NULL AND w.state IN ('waiting', 'offered')
  GROUP BY r.category
) AS counted GROUP BY category
"""


@dataclass(frozen=True)
class Limits:
    """How many may come and what it takes: at the conference, and in each of its categories (row id)."""

    capacity: int | None = None
    access: RegistrationAccess = RegistrationAccess.OPEN
    in_category: Mapping[int, int] = field(default_factory=dict)  # only those with a limit
    access_of: Mapping[int, RegistrationAccess] = field(default_factory=dict)

    @property
    def is_any(self) -> bool:
        """Whether places are counted at all."""
        return self.capacity is not None or bool(self.in_category)

    def door(self, category: int | None) -> Door:
        """What somebody needs who comes in the category."""
        return door(self.access, self.access_of.get(category) if category is not None else None)


async def limits_of(conference_id: int) -> Limits:
    """The limits of the conference and its categories, those no longer offered included. One query."""
    rows: list[dict[str, Any]] = await RegistrationRules.raw(_LIMITS, conference_id, conference_id)
    home = next((row for row in rows if row["id"] == 0), None)
    categories = [row for row in rows if row["id"]]
    return Limits(
        home["capacity"] if home else None,
        RegistrationAccess(home["access"]) if home else RegistrationAccess.OPEN,
        {row["id"]: row["capacity"] for row in categories if row["capacity"] is not None},
        {row["id"]: RegistrationAccess(row["access"]) for row in categories},
    )


async def places_of(conference_id: int, limits: Limits, now: datetime) -> Places:
    """What has become of the places. One query; inside ``places_locked`` it holds until the end.

    A place is taken by everybody confirmed, and for ``SEATS_HELD`` by whoever has yet to confirm; not by somebody in
    line, and not by somebody about whom the organisers have yet to decide.
    """
    rows: list[dict[str, Any]] = await Registration.raw(
        _TALLIES, conference_id, conference_id, now - SEATS_HELD, now, conference_id
    )
    tallies = {
        row["category"]: Tally(
            int(row["confirmed"])
            + (0 if limits.door(row["category"]).needs_approval else int(row["pending"])),
            int(row["offered"]),
            int(row["waiting"]),
            int(row["unconfirmed"]),
        )
        for row in rows
    }
    return Places(limits.capacity, tallies, limits.in_category)


def is_held_for(registration: Registration, limits: Limits, now: datetime) -> bool:
    """Whether a place is kept for somebody who has yet to confirm, and who is not in line."""
    return is_held_in(registration.category, registration, limits, now)


def is_held_in(category: int | None, registration: Registration, limits: Limits, now: datetime) -> bool:
    """The same if they came in this category."""
    return registration.created_at > now - SEATS_HELD and not limits.door(category).needs_approval
