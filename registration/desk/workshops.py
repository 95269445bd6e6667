"""Who is in which workshop, and who waits in which order: for a seat in it, or for a place at the conference."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from registration.seating.lines import Line
from registration.tables import RegistrationStatus, Seat, WaitlistEntry, WaitState


@dataclass(frozen=True)
class InSlot:
    """Somebody with a seat in a slot, or in line for one or for a place at the conference.

    ``offer_ends_at`` is None without an offer. ``category`` is the row id of one or None.
    """

    code: str
    name: str
    email: str
    country: str
    organisation: str
    status: RegistrationStatus
    category: int | None
    offer_ends_at: datetime | None = None


_PEOPLE = (
    "r.code AS code, r.name AS name, r.email AS email, r.country AS country, "
    "r.organisation AS organisation, r.status AS status, r.category AS category"
)


async def seated(slot_id: int) -> list[InSlot]:
    """Everyone with a seat in the slot (row id), by name. One query."""
    rows = await Seat.raw(
        f"SELECT {_PEOPLE} FROM seat t JOIN registration r ON r.id = t.registration WHERE t.slot = {{}}",  # noqa: S608 - columns written above
        slot_id,
    )
    people = [InSlot(**{**row, "status": RegistrationStatus(row["status"])}) for row in rows]
    return sorted(people, key=lambda one: (one.name.casefold(), one.code))


async def in_line(line: Line) -> list[InSlot]:
    """Everyone who waits in the line, in its order. One query."""
    where, whose = (
        ("w.slot = {}", line.slot) if line.slot else ("w.slot IS NULL AND w.conference = {}", line.conference)
    )
    rows = await WaitlistEntry.raw(
        f"SELECT {_PEOPLE}, w.state AS state, w.offer_expires_at AS ends "  # noqa: S608 - columns written above
        f"FROM waitlist_entry w JOIN registration r ON r.id = w.registration WHERE {where} "
        "AND w.state IN ('waiting', 'offered') ORDER BY w.precedence DESC, w.id",
        whose,
    )
    found = []
    for row in rows:
        state, ends = row.pop("state"), row.pop("ends")
        offer = ends if state == WaitState.OFFERED else None
        found.append(InSlot(**{**row, "status": RegistrationStatus(row["status"])}, offer_ends_at=offer))
    return found


async def waiting_by_slot(slot_ids: Collection[int]) -> dict[int, int]:
    """How many wait for each of these slots (row ids). One query, none where there is nothing to ask."""
    if not slot_ids:
        return {}
    marks = ", ".join("{}" for _slot in slot_ids)
    rows = await WaitlistEntry.raw(
        "SELECT slot, COUNT(*) AS number FROM waitlist_entry "  # noqa: S608 - only placeholders are put in
        f"WHERE slot IN ({marks}) AND state IN ('waiting', 'offered') GROUP BY slot",
        *slot_ids,
    )
    return {row["slot"]: row["number"] for row in rows}
