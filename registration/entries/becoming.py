"""What becomes of a registration once its address is confirmed: it takes part, stands in line, or waits for a word.

Every rule here runs inside the registration's lock, and writes down what it did.
"""

from __future__ import annotations

from datetime import datetime

from conference.tables import Conference
from registration.calendars.sync import queue_owed
from registration.entries.letters import mail_confirmed
from registration.entries.line_letters import mail_in_line
from registration.entries.own_link import CONFIRM_WITHIN, links_last_until
from registration.locks import places_locked
from registration.places.counting import Limits, is_held_for, limits_of, places_of
from registration.places.standing import place_in_line
from registration.seating.lines import Line, join, settle, stands_in
from registration.seating.seats import seated_slots, waits_for, wish_instead
from registration.seating.tables import WaitState
from registration.seating.waitlist import grant_wishes
from registration.tables import Registration, RegistrationStatus
from sessions.programme.snapshot import ReleasedProgramme


async def become_confirmed(
    registration: Registration, conference: Conference, programme: ReleasedProgramme | None, now: datetime
) -> None:
    """The person takes part: they get the seats they wished for where any are free, and are welcomed."""
    registration.confirmed_at = now
    await _become(registration, RegistrationStatus.CONFIRMED, conference, now)
    wishes = await waits_for(registration.id)
    if wishes:
        await grant_wishes(registration.id, wishes, conference, programme, now)
    await queue_owed(registration, conference, programme, now)
    seats = await seated_slots(registration.id, programme)
    known = programme.slot_by_id if programme else {}
    left = await waits_for(registration.id) if wishes else ()
    waits = [known[slot][1] for slot in left if slot in known]
    await mail_confirmed(registration, conference, programme, seats, waits, now)


async def become_applied(
    registration: Registration, conference: Conference, programme: ReleasedProgramme | None, now: datetime
) -> None:
    """The organisers have to say yes first: seats held until now become wishes."""
    await _become(registration, RegistrationStatus.APPLIED, conference, now)
    await wish_instead(registration.id, conference, programme, now)


async def get_place_or_wait(
    registration: Registration,
    conference: Conference,
    programme: ReleasedProgramme | None,
    now: datetime,
    limits: Limits,
    *,
    is_approved: bool = False,
) -> bool:
    """A place at the conference if there is one for the person (True), else a place in its line, as far on as they were.

    ``limits`` are those read before: where they say that there are any, they are asked again under the lock.
    """
    if not limits.is_any:
        await become_confirmed(registration, conference, programme, now)
        return True
    line = Line(conference.id)
    async with places_locked(conference.id):
        limits = await limits_of(conference.id)
        is_in_line = await stands_in(registration.id, line)
        is_held = (
            registration.status == RegistrationStatus.PENDING
            and not is_in_line
            and is_held_for(registration, limits, now)
        )
        if is_held or (await places_of(conference.id, limits, now)).has_place_for(registration.category):
            if is_in_line:
                await settle(registration.id, line.entries, WaitState.SEATED, now)
            await become_confirmed(registration, conference, programme, now)
            return True
        if not is_in_line:
            await join(registration.id, [line], now)
        await _become(registration, RegistrationStatus.WAITING, conference, now)
        await wish_instead(registration.id, conference, programme, now)
        standing = await place_in_line(registration, limits, now)
        if standing is not None:
            await mail_in_line(
                registration, conference, standing.place, standing.code, now, is_approved=is_approved
            )
    return False


async def _become(
    registration: Registration, status: RegistrationStatus, conference: Conference, now: datetime
) -> None:
    registration.status = status
    registration.changed_at = now
    registration.link_expires_at = max(now + CONFIRM_WITHIN, links_last_until(conference))
    await registration.save(
        [
            Registration.status,
            Registration.confirmed_at,
            Registration.changed_at,
            Registration.link_expires_at,
        ]
    )
