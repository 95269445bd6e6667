"""Where the people are who come to a conference: what the programme is weighed by."""

from __future__ import annotations

from piccolo.query.functions.aggregate import Count

from conference.audience import Audience
from registration.tables import Registration, RegistrationStatus


async def audience_of(conference_id: int) -> Audience:
    """Confirmed registrations by zone. One query."""
    rows = (
        await Registration.select(Registration.zone, Count(alias="people"))
        .where(
            (Registration.conference == conference_id)
            & (Registration.status == RegistrationStatus.CONFIRMED.value)
        )
        .group_by(Registration.zone)
    )
    return Audience({row["zone"]: row["people"] for row in rows})
