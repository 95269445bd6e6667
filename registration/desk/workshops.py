"""Who is in which workshop, and who waits for it in which order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from registration.tables import RegistrationStatus, Seat, WaitlistEntry, WaitState


@dataclass(frozen=True)
class InSlot:
    """Somebody with a seat in a slot, or in line for one. ``offer_ends_at`` is None without an offer."""

    code: str
    name: str
    email: str
    country: str
    organisation: str
    status: RegistrationStatus
    offer_ends_at: datetime | None = None


_PEOPLE = (
    "r.code AS code, r.name AS name, r.email AS email, r.country AS country, "
    "r.organisation AS organisation, r.status AS status"
)


async def seated(slot_id: int) -> list[InSlot]:
    """Everyone with a seat in the slot (row id), by name. One query."""
    rows = await Seat.raw(
        f"SELECT {_PEOPLE} FROM seat t JOIN registration r ON r.id = t.registration WHERE t.slot = {{}}",  # noqa: S608 - columns written above
        slot_id,
    )
    people = [InSlot(**{**row, "status": RegistrationStatus(row["status"])}) for row in rows]
    return sorted(people, key=lambda one: (one.name.casefold(), one.code))


async def in_line(slot_id: int) -> list[InSlot]:
    """Everyone who waits for the slot (row id), in the order of the line. One query."""
    rows = await WaitlistEntry.raw(
        f"SELECT {_PEOPLE}, w.state AS state, w.offer_expires_at AS ends "  # noqa: S608 - columns written above
        "FROM waitlist_entry w JOIN registration r ON r.id = w.registration "
        "WHERE w.slot = {} AND w.state IN ('waiting', 'offered') ORDER BY w.id",
        slot_id,
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
