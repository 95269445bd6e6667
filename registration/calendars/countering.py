"""A calendar proposes another time for a session (RFC 5546 3.2.7): it is told, once, that the time is everybody's."""

from __future__ import annotations

from datetime import datetime

from conference.outbox import queue_mail
from conference.tables import Conference
from registration.calendars.invites import Told
from registration.calendars.telling import conference_facts
from registration.entries.links import page_ref
from registration.seating.tables import Seat
from registration.tables import Registration
from sessions.programme.snapshot import ReleasedProgramme


async def tell_time_is_fixed(
    registration: Registration,
    conference: Conference,
    programme: ReleasedProgramme | None,
    told: Told,
    now: datetime,
) -> bool:
    """Queue the mail that turns the proposal down, once for each version of the invite. Nothing is given up.

    Words alone: few programs do anything with a DECLINECOUNTER, and what it may hold is told differently (RFC 5546 3.2.8,
    libical). False where the session is no more, or the mail was there already.
    """
    pair = programme.slot_by_id.get(told.slot_id) if programme else None
    if pair is None or told.end <= now:
        return False
    session, slot = pair
    has_seat = await Seat.exists().where((Seat.registration == registration.id) & (Seat.slot == told.slot_id))
    return await queue_mail(
        kind="invite-countered",
        to=registration.email,
        to_name=registration.name,
        language=registration.language,
        zone=registration.zone,
        payload={
            "conference": conference_facts(conference),
            "title": session.title,
            "start": told.start,
            "end": told.end,
            "seat": has_seat,
            "repeats": sum(1 for one in session.slots if not one.is_cancelled and one.start > now) > 1,
            "page": page_ref(conference.slug, registration.code, registration.link_generation),
        },
        idempotency_key=f"invite-countered:{registration.code}:{slot.code}:{told.sequence}",
        now=now,
        conference_id=conference.id,
        useless_after=told.end,
    )
