"""Who is in which workshop, and who waits in which order: for a seat in it, or for a place at the conference."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from registration.desk.lists import PAGE_SIZE
from registration.seating.lines import Line
from registration.seating.tables import Seat, WaitlistEntry, WaitState
from registration.tables import RegistrationStatus


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


@dataclass(frozen=True)
class SeatedPage:
    """A page of those with a seat in a slot, and how many have one."""

    people: tuple[InSlot, ...]
    total: int
    number: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE_SIZE))


async def seated(slot_id: int, number: int = 1) -> SeatedPage:
    """Those with a seat in the slot (row id), by name, page ``number`` of them or the last there is. Two queries."""
    total = await Seat.count().where(Seat.slot == slot_id)
    number = min(max(1, number), max(1, -(-total // PAGE_SIZE)))
    rows = await Seat.raw(
        f"SELECT {_PEOPLE} FROM seat t JOIN registration r ON r.id = t.registration WHERE t.slot = {{}} "  # noqa: S608 - columns written above
        "ORDER BY lower(r.name), r.code LIMIT {} OFFSET {}",
        slot_id,
        PAGE_SIZE,
        (number - 1) * PAGE_SIZE,
    )
    people = tuple(InSlot(**{**row, "status": RegistrationStatus(row["status"])}) for row in rows)
    return SeatedPage(people, total, number)


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
