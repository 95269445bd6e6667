"""Conferences that choose who comes: an organiser says yes or no to everybody who has confirmed their address."""

from __future__ import annotations

from datetime import datetime

from conference.db import locked
from conference.errors import NotFound
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from registration.entries.becoming import get_place_or_wait
from registration.entries.letters import mail_refused
from registration.entries.record import note
from registration.entries.tables import AttendeeSignIn
from registration.places.counting import limits_of
from registration.seating.seats import release_places
from registration.tables import Registration, RegistrationStatus
from sessions.programme.snapshot import ReleasedProgramme


async def approve(
    registration_id: int,
    conference: Conference,
    programme: ReleasedProgramme | None,
    *,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> RegistrationStatus | None:
    """Say yes: the person is welcomed by mail, or told that they stand in line where all places are taken.

    What the registration has become; None where nothing was to be decided any more. Raises NotFound.
    """
    async with locked(Registration, registration_id):
        registration = await _waiting_for_word(registration_id)
        if registration is None:
            return None
        registration.decided_at = now
        await registration.save([Registration.decided_at])
        limits = await limits_of(conference.id)
        await get_place_or_wait(registration, conference, programme, now, limits, is_approved=True)
        await note(registration, "registration-approved", now, actor=actor)
    return RegistrationStatus(registration.status)


async def refuse(
    registration_id: int,
    conference: Conference,
    programme: ReleasedProgramme | None,
    *,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> bool:
    """Say no: the person is told by mail. False where nothing was to be decided any more. Raises NotFound."""
    async with locked(Registration, registration_id):
        registration = await _waiting_for_word(registration_id)
        if registration is None:
            return False
        registration.status = RegistrationStatus.REFUSED
        registration.decided_at = registration.changed_at = now
        await registration.save([Registration.status, Registration.decided_at, Registration.changed_at])
        await release_places(registration_id, conference, programme, now)  # what they wished for
        await AttendeeSignIn.delete().where(AttendeeSignIn.registration == registration_id)
        await mail_refused(registration, conference, now)
        await note(registration, "registration-refused", now, actor=actor)
    return True


async def _waiting_for_word(registration_id: int) -> Registration | None:
    registration = await Registration.objects().where(Registration.id == registration_id).first()
    if registration is None:
        raise NotFound(_("There is no such registration."))
    return registration if registration.status == RegistrationStatus.APPLIED else None
