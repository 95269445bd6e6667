"""The organiser's list of registrations: found, counted and turned by pages. The queries are as many as the page needs, however many people there are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conference import texts
from conference.db import current_engine
from conference.tables import Conference
from conference.texts import LocalText
from registration.desk.filters import Condition, Filter, condition
from registration.seating.tables import Seat
from registration.tables import AttendeeCategory, Registration, RegistrationStatus

PAGE_SIZE = 100
BATCH = 500  # registrations read at once by what walks through all of them

_COLUMNS = (
    "registration.id, registration.code, registration.status, registration.name, registration.email, "
    "registration.country, registration.zone, registration.language, registration.organisation, "
    "registration.created_at, registration.confirmed_at, registration.category"
)


@dataclass(frozen=True)
class Listed:
    """A line of the list. ``seats`` are row ids of slots, ``category`` the row id of one or None."""

    id: int
    code: str
    status: RegistrationStatus
    name: str
    email: str
    country: str
    zone: str
    language: str
    organisation: str
    created_at: datetime
    confirmed_at: datetime | None
    category: int | None
    seats: tuple[int, ...] = ()


@dataclass(frozen=True)
class ListedPage:
    """A page of the list, and how many match in all."""

    rows: tuple[Listed, ...]
    total: int
    number: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE_SIZE))


def meant(conference: Conference, wanted: Filter, now: datetime) -> Condition:
    """The filter as a condition for the database at hand."""
    is_sqlite = current_engine().engine_type == "sqlite"
    return condition(wanted, conference.id, conference.zone, now, is_sqlite=is_sqlite)


async def rows_of(columns: str, test: Condition, tail: str = "", *arguments: Any) -> list[dict[str, Any]]:
    """These columns of the registrations that meet the condition; ``tail`` follows it, with ``arguments`` of its own."""
    found: list[dict[str, Any]] = await Registration.raw(
        f"SELECT {columns} FROM registration WHERE {test.sql} {tail}",  # noqa: S608 - all of it is written in this package, values are arguments
        *test.arguments,
        *arguments,
    )
    return found


async def registrations_page(
    conference: Conference, wanted: Filter, now: datetime, number: int = 1
) -> ListedPage:
    """The registrations that the filter means, the latest first. Three queries."""
    test = meant(conference, wanted, now)
    tail = "ORDER BY registration.id DESC LIMIT {} OFFSET {}"
    total = int((await rows_of("COUNT(*) AS total", test))[0]["total"])
    number = min(max(1, number), max(1, -(-total // PAGE_SIZE)))
    rows = await rows_of(_COLUMNS, test, tail, PAGE_SIZE, (number - 1) * PAGE_SIZE)
    return ListedPage(await _listed(rows), total, number)


async def all_meant(
    conference: Conference, wanted: Filter, now: datetime
) -> AsyncIterator[tuple[Listed, ...]]:
    """Everyone the filter means in the order in which they registered, ``BATCH`` at a time. Two queries for each batch."""
    test, last = meant(conference, wanted, now), 0
    while True:
        rows = await rows_of(
            _COLUMNS, test, "AND registration.id > {} ORDER BY registration.id LIMIT {}", last, BATCH
        )
        if rows:
            yield await _listed(rows)
        if len(rows) < BATCH:
            return
        last = rows[-1]["id"]


async def _listed(rows: Sequence[dict[str, Any]]) -> tuple[Listed, ...]:
    seats: dict[int, list[int]] = {}
    if rows:
        for seat in await Seat.select(Seat.registration, Seat.slot).where(
            Seat.registration.is_in([row["id"] for row in rows])
        ):
            seats.setdefault(seat["registration"], []).append(seat["slot"])
    return tuple(
        Listed(**{**row, "status": RegistrationStatus(row["status"])}, seats=tuple(seats.get(row["id"], ())))
        for row in rows
    )


async def registration_counts(conference: Conference) -> dict[str, int]:
    """How many registrations stand in each state. One query."""
    rows = await Registration.raw(
        "SELECT status, COUNT(*) AS number FROM registration WHERE conference = {} GROUP BY status",
        conference.id,
    )
    return {state.value: 0 for state in RegistrationStatus} | {row["status"]: row["number"] for row in rows}


async def countries_there(conference: Conference) -> list[str]:
    """The countries from which anybody registered. One query."""
    rows = await Registration.raw(
        "SELECT DISTINCT country FROM registration WHERE conference = {}", conference.id
    )
    return [row["country"] for row in rows]


@dataclass(frozen=True)
class Category:
    """A category of attendee as the desk names it."""

    id: int
    code: str
    name: LocalText


async def categories_there(conference: Conference) -> tuple[Category, ...]:
    """The conference's categories of attendee, those of former times included. One query."""
    rows = await (
        AttendeeCategory.select(AttendeeCategory.id, AttendeeCategory.code, AttendeeCategory.name)
        .where(AttendeeCategory.conference == conference.id)
        .order_by(AttendeeCategory.position)
        .order_by(AttendeeCategory.id)
    )
    return tuple(Category(row["id"], row["code"], texts.decode(row["name"])) for row in rows)
