"""Withdrawing a registration: the seats go back and nothing of it works any more."""

from __future__ import annotations

from datetime import datetime

from conference.db import locked
from conference.tables import Conference
from registration.asking.tables import Consent
from registration.attending.agreement import follow_consents
from registration.calendars.sync import queue_owed
from registration.calendars.tables import AgendaItem
from registration.entries.letters import mail_withdrawn
from registration.entries.record import note
from registration.entries.tables import AttendeeSignIn
from registration.places.passing_on import give_back_place
from registration.seating.seats import release_places, seated_slots
from registration.tables import Registration, RegistrationStatus
from sessions.programme.snapshot import ReleasedProgramme


async def withdraw(
    registration_id: int, conference: Conference, programme: ReleasedProgramme | None, now: datetime
) -> None:
    """Withdraw: place and seats go back to those who wait, calendars are told, every browser is signed out. Twice is once."""
    async with locked(Registration, registration_id):
        registration = await Registration.objects().where(Registration.id == registration_id).first()
        if registration is None or registration.status == RegistrationStatus.WITHDRAWN:
            return
        was_confirmed = registration.status == RegistrationStatus.CONFIRMED
        is_known = registration.status != RegistrationStatus.PENDING
        seats = await seated_slots(registration_id, programme)
        registration.status = RegistrationStatus.WITHDRAWN
        registration.withdrawn_at = now
        registration.changed_at = now
        await registration.save([Registration.status, Registration.withdrawn_at, Registration.changed_at])
        await give_back_place(registration, conference, programme, now)
        await release_places(registration_id, conference, programme, now)
        await AgendaItem.delete().where(AgendaItem.registration == registration_id)
        await AttendeeSignIn.delete().where(AttendeeSignIn.registration == registration_id)
        await Consent.update({Consent.withdrawn_at: now}).where(
            (Consent.registration == registration_id) & Consent.withdrawn_at.is_null()
        )
        await follow_consents(registration_id)
        await note(registration, "registration-withdrawn", now)
        if was_confirmed:
            await queue_owed(registration, conference, programme, now)
        if is_known:  # to an address never confirmed nothing more goes out
            await mail_withdrawn(registration, conference, programme, seats, now)
