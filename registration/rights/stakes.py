"""What somebody should know before they are erased."""

from __future__ import annotations

from dataclasses import dataclass

from conference.personal_data import Person, addressed
from registration.rights.tables import Complaint
from registration.seating.tables import Seat, WaitlistEntry, WaitState
from registration.tables import Registration, RegistrationStatus
from sessions.speakers.erasing import is_published
from sessions.tables import Speaker


@dataclass(frozen=True)
class Stakes:
    """What goes with the person. ``speaks``: as a speaker they go as well; ``is_published``: a programme or resource that
    readers have seen names them. ``is_organiser``: a role that stays."""

    is_registered: bool
    seats: int
    lines: int
    open_complaints: int
    speaks: bool
    is_published: bool
    is_organiser: bool


async def stakes_of(person: Person) -> Stakes:
    """What is at stake for the person. At most five queries, and two for each speaker they are."""
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
    speakers = await Speaker.objects().where(Speaker.id.is_in(list(person.ids(Speaker)) or [0]))
    return Stakes(
        live,
        await Seat.count().where(Seat.registration.is_in(numbers)),
        lines,
        complaints,
        bool(person.rows.get("speaker")),
        any([await is_published(speaker) for speaker in speakers]),
        bool(person.rows.get("organiser")),
    )
