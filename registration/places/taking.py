"""What somebody in the conference's line does, and what the team does for them: take the place, wait again, go first."""

from __future__ import annotations

from datetime import datetime

from piccolo.query.functions import Max

from conference.db import locked
from conference.errors import Conflict, NotFound
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from registration.entries.becoming import become_confirmed, get_place_or_wait
from registration.entries.record import note
from registration.locks import places_locked, slots_locked
from registration.places.counting import limits_of
from registration.seating.lines import Line, has_offer, settle
from registration.seating.tables import WaitlistEntry, WaitState
from registration.tables import Registration, RegistrationStatus
from sessions.programme.snapshot import ReleasedProgramme


class PlaceOver(Conflict):
    """The offer has lapsed, or was never made: the place is somebody else's."""


async def accept_place(
    registration_id: int, conference: Conference, programme: ReleasedProgramme | None, now: datetime
) -> None:
    """Take the place that was offered. Twice is once. Raises PlaceOver when the offer has lapsed, NotFound."""
    async with locked(Registration, registration_id):
        registration = await _waiting(registration_id)
        if registration is None:
            return
        line = Line(conference.id)
        async with places_locked(conference.id):
            if not await has_offer(registration_id, line, now):
                raise PlaceOver(_("This offer is over: the place has gone to the next in line."))
            await settle(registration_id, line.entries, WaitState.SEATED, now)
            await become_confirmed(registration, conference, programme, now)
        await note(registration, "registration-place-taken", now)


async def wait_again(
    registration_id: int, conference: Conference, programme: ReleasedProgramme | None, now: datetime
) -> bool:
    """After an offer that lapsed: a place if one is free (True), else a place at the end of the line. Raises NotFound."""
    async with locked(Registration, registration_id):
        registration = await _waiting(registration_id)
        if registration is None:
            return True
        line = Line(conference.id)
        async with places_locked(conference.id):
            if await has_offer(registration_id, line, now):
                return False
            limits = await limits_of(conference.id)
            has_place = await get_place_or_wait(registration, conference, programme, now, limits)
        await note(registration, "registration-place-taken" if has_place else "registration-in-line", now)
    return has_place


async def admit(
    registration_id: int,
    conference: Conference,
    programme: ReleasedProgramme | None,
    *,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> bool:
    """The team gives the person a place at once, also beyond the number of places; False for one who has one already.

    Raises NotFound for somebody who does not wait for one.
    """
    async with locked(Registration, registration_id):
        registration = await _waiting(registration_id)
        if registration is None:
            return False
        async with places_locked(conference.id):
            await settle(registration_id, Line(conference.id).entries, WaitState.SEATED, now)
            await become_confirmed(registration, conference, programme, now)
        await note(registration, "registration-admitted", now, actor=actor)
    return True


async def put_first(
    registration: Registration, slot: int | None, *, actor: SignedInOrganiser | str, now: datetime
) -> bool:
    """Put the person at the head of the line for the slot (row id) or, without one, for the conference.

    False for somebody who does not wait in it. Who has an offer keeps it.
    """
    line = Line(registration.conference, slot)
    async with places_locked(registration.conference) if slot is None else slots_locked([slot]):
        highest = await (
            WaitlistEntry.select(Max(WaitlistEntry.precedence, alias="highest")).where(line.entries).first()
        )
        moved = (
            await WaitlistEntry.update({WaitlistEntry.precedence: ((highest or {})["highest"] or 0) + 1})
            .where(
                line.entries
                & (WaitlistEntry.registration == registration.id)
                & (WaitlistEntry.state == WaitState.WAITING.value)
            )
            .returning(WaitlistEntry.id)
        )
        if moved:
            await note(registration, "registration-put-first", now, actor=actor)
    return bool(moved)


async def _waiting(registration_id: int) -> Registration | None:
    """Inside the lock: the registration that waits; None for one that has its place already. Raises NotFound."""
    registration = await Registration.objects().where(Registration.id == registration_id).first()
    if registration is None or registration.status not in (
        RegistrationStatus.WAITING,
        RegistrationStatus.CONFIRMED,
    ):
        raise NotFound(_("This registration does not wait for a place."))
    return None if registration.status == RegistrationStatus.CONFIRMED else registration
