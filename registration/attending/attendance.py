"""Who was in which session, for the team: numbers of everyone, names of those alone who agreed to being noted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registration.attending.hours import Stay, attended, whole_minutes
from registration.attending.tables import Certificate, Presence
from registration.tables import Registration
from sessions.programme.snapshot import ReleasedSlot


async def noted_by_slot(conference_id: int) -> dict[int, int]:
    """How many people were noted in each slot (row ids). One query."""
    rows = await Presence.raw(
        "SELECT p.slot AS slot, COUNT(DISTINCT p.registration) AS number FROM presence p "
        "JOIN registration r ON r.id = p.registration WHERE r.conference = {} GROUP BY p.slot",
        conference_id,
    )
    return {row["slot"]: int(row["number"]) for row in rows}


@dataclass(frozen=True)
class Present:
    """Somebody who was noted in a slot: from when (aware UTC), and how many minutes of it count."""

    code: str
    name: str
    email: str
    organisation: str
    came: datetime
    minutes: int


async def present_in(slot: ReleasedSlot) -> list[Present]:
    """Everyone who was noted in the slot, by name. One query."""
    rows = (
        await Presence.select(
            Presence.registration,
            Presence.first_at,
            Presence.left_at,
            Presence.registration._.code.as_alias("code"),
            Presence.registration._.name.as_alias("name"),
            Presence.registration._.email.as_alias("email"),
            Presence.registration._.organisation.as_alias("organisation"),
        )
        .where(Presence.slot == slot.id)
        .order_by(Presence.id)
    )
    by_person: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        by_person.setdefault(row["registration"], []).append(row)
    people = []
    for own in by_person.values():
        stays = [Stay(slot.code, slot.start, slot.end, one["first_at"], one["left_at"]) for one in own]
        first = own[0]
        people.append(
            Present(
                first["code"],
                first["name"],
                first["email"],
                first["organisation"],
                min(stay.came for stay in stays),
                whole_minutes(attended(stays)),
            )
        )
    return sorted(people, key=lambda one: (one.name.casefold(), one.code))


@dataclass(frozen=True)
class Given:
    """A certificate that is out, as the team's list has it."""

    registration: str
    name: str
    email: str
    minutes: int
    code: str
    issued_at: datetime


async def certificates_given(conference_id: int) -> list[Given]:
    """Every certificate of the conference, by name. One query."""
    rows = await Certificate.select(
        Certificate.code,
        Certificate.minutes,
        Certificate.issued_at,
        Certificate.registration._.code.as_alias("registration"),
        Certificate.registration._.name.as_alias("name"),
        Certificate.registration._.email.as_alias("email"),
    ).where(Certificate.registration._.conference == conference_id)
    given = [
        Given(row["registration"], row["name"], row["email"], row["minutes"], row["code"], row["issued_at"])
        for row in rows
    ]
    return sorted(given, key=lambda one: (one.name.casefold(), one.registration))


async def number_given(conference_id: int) -> int:
    """How many certificates are out. One query."""
    found: int = await Certificate.count().where(Certificate.registration._.conference == conference_id)
    return found


async def number_agreed(conference_id: int) -> int:
    """How many agreed to being noted. One query."""
    found: int = await Registration.count().where(
        (Registration.conference == conference_id) & Registration.notes_presence.eq(True)
    )
    return found
