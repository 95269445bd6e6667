"""Confirming a registration by its link, which signs the browser in; renewing what stands in its calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from conference.codes import hash_secret, new_token
from conference.db import locked, transaction
from conference.tables import Conference
from registration.calendars.sync import queue_owed
from registration.entries.becoming import become_applied, get_place_or_wait
from registration.entries.invitations import is_invited
from registration.entries.links import feed_hash
from registration.entries.own_link import by_page_token
from registration.entries.record import note
from registration.entries.tables import AttendeeSignIn
from registration.places.counting import Limits, limits_of
from registration.seating.lines import Line, stands_in
from registration.seating.seats import standing
from registration.tables import Registration, RegistrationStatus
from sessions.programme.snapshot import ReleasedProgramme

SIGNS_IN = (RegistrationStatus.CONFIRMED, RegistrationStatus.WAITING)  # who has a page of their own


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

    Confirming queues the welcome and an invite for each seat. Where all places are taken it makes the person stand in line,
    with a page that says so. Where organisers approve it makes an application of it, and nobody is signed in yet
    (``secret`` is ""). Raises LinkUnknown, LinkExpired.
    """
    async with transaction():
        found = await by_page_token(conference, token, now)
        async with locked(Registration, found.id):
            registration = await by_page_token(conference, token, now)  # asked again under the lock
            is_new = registration.status == RegistrationStatus.PENDING
            if is_new:
                await _let_in(registration, conference, programme, now)
            if registration.status not in SIGNS_IN:
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


async def prospect(registration: Registration) -> str:
    """What confirming would come to for somebody who has yet to: "line" (all places were taken), "word" (the organisers
    decide), or "" (they take part)."""
    if registration.status != RegistrationStatus.PENDING:
        return ""
    limits = await limits_of(registration.conference)
    if await _needs_word(registration, limits):
        return "word"
    return "line" if await stands_in(registration.id, Line(registration.conference)) else ""


async def _let_in(
    registration: Registration, conference: Conference, programme: ReleasedProgramme | None, now: datetime
) -> None:
    """Inside the registration's lock: what becomes of somebody whose address has just been confirmed."""
    limits = await limits_of(conference.id)
    if await _needs_word(registration, limits):
        await become_applied(registration, conference, programme, now)
        await note(registration, "registration-applied", now)
    elif await get_place_or_wait(registration, conference, programme, now, limits):
        await note(registration, "registration-confirmed", now)
    else:
        await note(registration, "registration-in-line", now)


async def _needs_word(registration: Registration, limits: Limits) -> bool:
    """Whether the organisers still have to say yes: not of those whom they invited, or put down themselves."""
    if not limits.door(registration.category).needs_approval or registration.decided_at is not None:
        return False
    return not await is_invited(registration)


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
