"""Conferences that choose who comes: an organiser says yes or no to everybody who has confirmed their address."""

from __future__ import annotations

from datetime import datetime

from conference import audit
from conference.db import locked
from conference.errors import NotFound
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from registration.entries.confirming import become_confirmed
from registration.entries.letters import mail_refused
from registration.tables import AttendeeSignIn, Registration, RegistrationStatus
from sessions.programme.snapshot import ReleasedProgramme


async def approve(
    registration_id: int,
    conference: Conference,
    programme: ReleasedProgramme | None,
    *,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> bool:
    """Say yes: the person is welcomed by mail. False where nothing was to be decided any more. Raises NotFound."""
    async with locked(Registration, registration_id):
        registration = await _waiting_for_word(registration_id)
        if registration is None:
            return False
        registration.decided_at = now
        await registration.save([Registration.decided_at])
        await become_confirmed(registration, conference, programme, now)
        await _record(registration, "registration-approved", actor, now)
    return True


async def refuse(
    registration_id: int, conference: Conference, *, actor: SignedInOrganiser | str, now: datetime
) -> bool:
    """Say no: the person is told by mail. False where nothing was to be decided any more. Raises NotFound."""
    async with locked(Registration, registration_id):
        registration = await _waiting_for_word(registration_id)
        if registration is None:
            return False
        registration.status = RegistrationStatus.REFUSED
        registration.decided_at = registration.changed_at = now
        await registration.save([Registration.status, Registration.decided_at, Registration.changed_at])
        await AttendeeSignIn.delete().where(AttendeeSignIn.registration == registration_id)
        await mail_refused(registration, conference, now)
        await _record(registration, "registration-refused", actor, now)
    return True


async def _waiting_for_word(registration_id: int) -> Registration | None:
    registration = await Registration.objects().where(Registration.id == registration_id).first()
    if registration is None:
        raise NotFound(_("There is no such registration."))
    return registration if registration.status == RegistrationStatus.APPLIED else None


async def _record(
    registration: Registration, action: str, actor: SignedInOrganiser | str, now: datetime
) -> None:
    await audit.record(
        conference_id=registration.conference,
        actor=actor,
        action=action,
        subject=f"registration:{registration.code}",
        now=now,
    )
