"""How many people come, for the overview of the organiser's desk."""

from __future__ import annotations

from registration.tables import Registration, RegistrationStatus


async def registration_counts(conference_id: int) -> dict[str, int]:
    """Confirmed registrations. One query."""
    return {
        "registrations": await Registration.count().where(
            (Registration.conference == conference_id)
            & (Registration.status == RegistrationStatus.CONFIRMED.value)
        )
    }
