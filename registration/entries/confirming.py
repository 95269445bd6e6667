"""Confirming a registration by its link, which signs the browser in; renewing what stands in its calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from conference.codes import hash_secret, new_token
from conference.db import locked, transaction
from conference.tables import Conference
from registration.calendars.sync import queue_owed
from registration.entries.letters import mail_confirmed
from registration.entries.links import feed_hash
from registration.entries.opening_rules import rules_of
from registration.entries.own_link import CONFIRM_WITHIN, by_page_token, links_last_until
from registration.entries.record import note
from registration.seating.seats import release_places, seated_slots, standing
from registration.seating.waitlist import waits_of
from registration.tables import AttendeeSignIn, Registration, RegistrationAccess, RegistrationStatus
from sessions.programme.snapshot import ReleasedProgramme


@dataclass(frozen=True)
class Welcome:
    """A browser newly signed in to a registration: the cookie's secret, its end, and whether this confirmed it."""

    registration: Registration
    secret: str
    expires_at: datetime
    was_confirmed_now: bool


async def confirm(
    conference: Conference, programme: ReleasedProgramme | None, token: str, now: datetime
) -> Welcome:
    """Confirm the registration behind the link, if it is not yet, and sign the browser in to it.

    Confirming queues the welcome and an invite for each seat. Where organisers approve each registration it makes an
    application of it, and nobody is signed in yet (``secret`` is ""). Raises LinkUnknown, LinkExpired.
    """
    async with transaction():
        found = await by_page_token(conference, token, now)
        async with locked(Registration, found.id):
            registration = await by_page_token(conference, token, now)  # asked again under the lock
            is_new = registration.status == RegistrationStatus.PENDING
            if is_new:
                rules = await rules_of(conference.id)
                if rules.access is RegistrationAccess.APPROVAL:
                    await _become_applied(registration, conference, programme, now)
                else:
                    await become_confirmed(registration, conference, programme, now)
                    await note(registration, "registration-confirmed", now)
            if registration.status != RegistrationStatus.CONFIRMED:
                return Welcome(registration, "", registration.link_expires_at, is_new)
            secret = new_token()
            sign_in = AttendeeSignIn(
                registration=registration.id,
                token_hash=hash_secret(secret),
                created_at=now,
                expires_at=registration.link_expires_at,
            )
            await sign_in.save()
    return Welcome(registration, secret, registration.link_expires_at, is_new)


async def become_confirmed(
    registration: Registration, conference: Conference, programme: ReleasedProgramme | None, now: datetime
) -> None:
    """Inside the registration's lock: the person takes part, and is welcomed."""
    registration.status = RegistrationStatus.CONFIRMED
    registration.confirmed_at = now
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
    await queue_owed(registration, conference, programme, now)
    seats = await seated_slots(registration.id, programme)
    known = programme.slot_by_id if programme else {}
    waits = [known[slot][1] for slot in await waits_of(registration.id, now) if slot in known]
    await mail_confirmed(registration, conference, programme, seats, waits, now)


async def _become_applied(
    registration: Registration, conference: Conference, programme: ReleasedProgramme | None, now: datetime
) -> None:
    registration.status = RegistrationStatus.APPLIED
    registration.changed_at = now
    registration.link_expires_at = max(now + CONFIRM_WITHIN, links_last_until(conference))
    await registration.save([Registration.status, Registration.changed_at, Registration.link_expires_at])
    await release_places(registration.id, conference, programme, now)  # only who takes part holds seats
    await note(registration, "registration-applied", now)


async def sign_out(secret: str) -> None:
    """Forget the browser."""
    await AttendeeSignIn.delete().where(AttendeeSignIn.token_hash == hash_secret(secret))


async def renew_feed(
    registration_id: int, conference: Conference, programme: ReleasedProgramme | None, now: datetime
) -> None:
    """Give the person's calendar a new address and new join links; what was handed on by mistake is dead."""
    async with locked(Registration, registration_id):
        registration = await standing(registration_id)
        registration.feed_generation += 1
        registration.feed_hash = feed_hash(registration.code, registration.feed_generation)
        registration.changed_at = now
        await registration.save(
            [Registration.feed_generation, Registration.feed_hash, Registration.changed_at]
        )
        await queue_owed(registration, conference, programme, now)
        await note(registration, "calendar-address-renewed", now)
