"""What somebody should know before they are erased."""

from __future__ import annotations

from dataclasses import dataclass

from conference.personal_data import Person, addressed
from registration.rights.tables import Complaint
from registration.seating.tables import Seat, WaitlistEntry, WaitState
from registration.tables import Registration, RegistrationStatus


@dataclass(frozen=True)
class Stakes:
    """What goes with the person. ``speaks`` and ``is_organiser``: roles of theirs that stay."""

    is_registered: bool
    seats: int
    lines: int
    open_complaints: int
    speaks: bool
    is_organiser: bool


async def stakes_of(person: Person) -> Stakes:
    """What is at stake for the person. At most four queries."""
    numbers = list(person.ids(Registration)) or [0]
    live = await Registration.exists().where(
        Registration.id.is_in(numbers) & (Registration.status == RegistrationStatus.CONFIRMED.value)
    )
    lines = await WaitlistEntry.count().where(
        WaitlistEntry.registration.is_in(numbers)
        & WaitlistEntry.state.is_in([WaitState.WAITING.value, WaitState.OFFERED.value])
    )
    theirs = addressed(Complaint.conference, Complaint.email)(person)
    complaints = await Complaint.count().where(theirs & Complaint.answered_at.is_null()) if theirs else 0
    return Stakes(
        live,
        await Seat.count().where(Seat.registration.is_in(numbers)),
        lines,
        complaints,
        bool(person.rows.get("speaker")),
        bool(person.rows.get("organiser")),
    )
