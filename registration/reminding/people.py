"""Reads of the reminding: whose conferences are near, who is to be looked at, and what many people have at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from conference.tables import Conference
from registration.calendars.tables import AgendaItem
from registration.reminding.due import Choices, Fact, Item
from registration.reminding.tables import ReminderKind, ReminderSent
from registration.seating.tables import Seat
from registration.tables import Registration, RegistrationStatus
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import programmes_soon

AHEAD = timedelta(days=3)
"""So long before a session begins its people are looked at; nothing is due earlier."""


_TO_LOOK_AT = """
SELECT registration.id FROM registration
JOIN conference ON conference.id = registration.conference
LEFT JOIN reminder_plan ON reminder_plan.registration = registration.id
WHERE registration.conference IN (MARKS) AND registration.status = {}
AND (
    reminder_plan.id IS NULL
    OR reminder_plan.look_at <= {}
    OR reminder_plan.changed_at <> registration.changed_at
    OR reminder_plan.release_number <> conference.release_number
)
ORDER BY registration.id LIMIT {}
"""


@dataclass(frozen=True)
class Near:
    """A conference with a session within ``AHEAD``, and the programme people know of."""

    conference: Conference
    programme: ReleasedProgramme


async def conferences_near(now: datetime) -> dict[int, Near]:
    """The conferences of which a session begins soon, by row id. One query, and the programmes that are not at hand."""
    found = await programmes_soon(now, AHEAD)
    return {conference.id: Near(conference, programme) for conference, programme in found}


async def to_look_at(conference_ids: Collection[int], now: datetime, most: int) -> list[int]:
    """Row ids of confirmed registrations whose reminders are to be worked out at ``now``; at most ``most``. One query."""
    marks = ", ".join("{}" for _id in conference_ids)
    rows = await Registration.raw(
        _TO_LOOK_AT.replace("MARKS", marks),
        *conference_ids,
        RegistrationStatus.CONFIRMED.value,
        now,
        most,
    )
    return [row["id"] for row in rows]


@dataclass(frozen=True)
class Holding:
    """A slot (row id) that a person has, since when, and whether by a seat."""

    slot_id: int
    since: datetime
    is_seat: bool


async def holdings_of(registration_ids: Collection[int]) -> dict[int, list[Holding]]:
    """Seats and agendas of many people, by the registration's row id. Two queries."""
    mine = sorted(registration_ids)
    found: dict[int, list[Holding]] = defaultdict(list)
    if not mine:
        return found
    for row in await Seat.select(Seat.registration, Seat.slot, Seat.taken_at).where(
        Seat.registration.is_in(mine)
    ):
        found[row["registration"]].append(Holding(row["slot"], row["taken_at"], True))
    for row in await AgendaItem.select(AgendaItem.registration, AgendaItem.slot, AgendaItem.chosen_at).where(
        AgendaItem.registration.is_in(mine)
    ):
        found[row["registration"]].append(Holding(row["slot"], row["chosen_at"], False))
    return found


async def told_of(registration_ids: Collection[int], since: datetime) -> dict[int, set[Fact]]:
    """What these people were told of sessions that begin after ``since``, by the registration's row id. One query."""
    rows = await ReminderSent.select(
        ReminderSent.registration, ReminderSent.kind, ReminderSent.slot_code, ReminderSent.start
    ).where(ReminderSent.registration.is_in(sorted(registration_ids)) & (ReminderSent.start > since))
    found: dict[int, set[Fact]] = defaultdict(set)
    for row in rows:
        found[row["registration"]].add((ReminderKind(row["kind"]), row["slot_code"], row["start"]))
    return found


def items_of(
    registration: Registration, programme: ReleasedProgramme, holdings: Iterable[Holding]
) -> list[Item]:
    """The person's sessions that take place, as the release has them; a slot they hold twice counts once. Pure."""
    found: dict[str, Item] = {}
    for holding in sorted(holdings, key=lambda one: one.is_seat):
        session, slot = programme.slot_by_id.get(holding.slot_id, (None, None))
        if session is None or slot is None or session.is_cancelled or slot.is_cancelled:
            continue
        since = max(holding.since, slot.revised_at, registration.confirmed_at or holding.since)
        found[slot.code] = Item(slot.code, slot.start, slot.end, since, holding.is_seat)
    return list(found.values())


def choices_of(registration: Registration) -> Choices:
    """Which reminders the person wants. Pure."""
    return Choices(frozenset(kind for kind, column in COLUMNS.items() if getattr(registration, column)))


COLUMNS: Mapping[ReminderKind, str] = {
    ReminderKind.DAY: "remind_day",
    ReminderKind.HOUR: "remind_hour",
    ReminderKind.MINUTES: "remind_minutes",
    ReminderKind.DIGEST: "remind_digest",
}
"""Where the table of registrations keeps each choice."""
