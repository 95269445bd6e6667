"""Who holds what a release is about to move: asked by the desk before publishing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from registration.calendars.tables import AgendaItem
from registration.seating.tables import Seat
from registration.tables import RegistrationStatus
from sessions.releases.audience import Affected


async def affected_by(conference_id: int, slots: Collection[int]) -> Affected:
    """The confirmed registrations with a seat in one of the slots (row ids), or with it on their agenda. Two queries,
    none where there is nothing to ask."""
    if not slots:
        return Affected()
    wanted = sorted(slots)
    seats = await Seat.select(
        Seat.registration._.id.as_alias("id"), Seat.registration._.zone.as_alias("zone")
    ).where(
        Seat.slot.is_in(wanted)
        & (Seat.registration._.conference == conference_id)
        & (Seat.registration._.status == RegistrationStatus.CONFIRMED.value)
    )
    agendas = await AgendaItem.select(
        AgendaItem.registration._.id.as_alias("id"), AgendaItem.registration._.zone.as_alias("zone")
    ).where(
        AgendaItem.slot.is_in(wanted)
        & (AgendaItem.registration._.conference == conference_id)
        & (AgendaItem.registration._.status == RegistrationStatus.CONFIRMED.value)
    )
    with_seat = {row["id"]: row["zone"] for row in seats}
    others = {row["id"]: row["zone"] for row in agendas if row["id"] not in with_seat}
    zones = Counter([*with_seat.values(), *others.values()])
    in_order = tuple(sorted(zones.items(), key=lambda pair: (-pair[1], pair[0])))
    return Affected(len(with_seat), len(others), in_order)
