"""What an organiser changes for a person: what they said of themself, their address, category, and the team's own note."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conference.db import locked, transaction
from conference.errors import Conflict, NotFound, StaleEdit
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from registration.calendars.sync import queue_owed, take_back
from registration.entries.letters import mail_link
from registration.entries.links import feed_hash, page_hash
from registration.entries.people import person_of
from registration.entries.record import note
from registration.entries.registrations import Details, keep_answers
from registration.entries.searching import searched
from registration.entries.tables import AttendeeSignIn
from registration.locks import places_locked
from registration.places.counting import is_held_in, limits_of, places_of
from registration.seating.lines import Line, has_offer, stands_in
from registration.seating.seats import give_up_seat
from registration.seating.waitlist import leave_line, take_seat_or_wait
from registration.tables import Registration, RegistrationStatus
from sessions.programme.snapshot import ReleasedProgramme

_GONE = (RegistrationStatus.WITHDRAWN, RegistrationStatus.REFUSED)


class AddressTaken(Conflict):
    """Somebody else of this conference has the address."""


class CategoryFull(Conflict):
    """The category has no place for one more; the team may say that it shall take the person all the same."""


@dataclass(frozen=True)
class Edited:
    """A registration as the team wants it. ``category`` is a row id; ``email_key`` compares the address without case.

    ``beyond_limit``: the category takes the person though it is full.
    """

    details: Details
    email: str
    email_key: str
    category: int | None
    note: str
    beyond_limit: bool = False

    @property
    def columns(self) -> dict[str, Any]:
        """What stands in the registration's own row."""
        said = self.details
        return {
            "name": said.name,
            "email": self.email,
            "country": said.country,
            "zone": said.zone,
            "language": said.language,
            "organisation": said.organisation,
            "category": self.category,
            "organiser_note": self.note,
        }


async def edit(
    registration_id: int,
    conference: Conference,
    programme: ReleasedProgramme | None,
    edited: Edited,
    *,
    revision: int,
    actor: SignedInOrganiser,
    now: datetime,
) -> bool:
    """Change the registration as seen at ``revision``; whether its address is another now.

    A new address gets a link of its own: those sent to the old one, its calendar's and join links among them, work no
    more, its calendar is told to drop them, and every browser is signed out. Raises StaleEdit, AddressTaken, CategoryFull,
    NotFound, FileGone.
    """
    async with transaction(), AsyncExitStack() as locks:
        attendee = await person_of(edited.email, edited.email_key, now)
        await locks.enter_async_context(locked(Registration, registration_id))
        registration = await Registration.objects().where(Registration.id == registration_id).first()
        if registration is None or registration.status in _GONE:
            raise NotFound(_("This registration is withdrawn or refused: nothing of it can be changed."))
        after = edited.columns
        before = {name: getattr(registration, name) for name in after}
        if registration.revision != revision:
            raise StaleEdit(
                _("Meanwhile somebody else changed this registration."), mine=after, theirs=before
            )
        is_beyond = False
        if edited.category is not None and edited.category != before["category"]:
            await locks.enter_async_context(places_locked(conference.id))
            is_beyond = await _is_full(registration, edited.category, now)
        if is_beyond and not edited.beyond_limit:
            raise CategoryFull(
                _("All places in this category are taken, or kept for those who wait for one.")
            )
        is_moved = bool(before["email"] != edited.email)
        said = edited.details
        found_by = searched(said.name, edited.email, said.organisation, registration.code)
        changes: dict[Any, Any] = {
            **after,
            "searched": found_by,
            "revision": revision + 1,
            "changed_at": now,
        }
        if is_moved:
            await take_back(registration, conference, programme, now)
            changes |= await _new_links(registration, conference, attendee)
        await Registration.update(changes).where(Registration.id == registration_id)
        await keep_answers(registration_id, edited.details, now)
        if is_moved:
            await AttendeeSignIn.delete().where(AttendeeSignIn.registration == registration_id)
            moved = await Registration.objects().where(Registration.id == registration_id).first()
            if moved is not None:
                await mail_link(moved, conference, now)
                if moved.status == RegistrationStatus.CONFIRMED:
                    await queue_owed(moved, conference, programme, now)
        changed = sorted(name for name in after if before[name] != after[name])
        beyond = {"beyond_limit": True} if is_beyond else {}
        await note(registration, "registration-edited", now, {"changed": changed, **beyond}, actor=actor)
    return is_moved


async def _is_full(registration: Registration, category: int, now: datetime) -> bool:
    """Inside ``places_locked``: whether the registration would take a place in the category that it does not have.

    Who is in line without an offer, or waits for the team's word, takes none yet.
    """
    limits, line = await limits_of(registration.conference), Line(registration.conference)
    if registration.status == RegistrationStatus.CONFIRMED:
        takes_one = True
    elif await stands_in(registration.id, line):
        takes_one = await has_offer(registration.id, line, now)
    else:
        is_pending = registration.status == RegistrationStatus.PENDING
        takes_one = is_pending and is_held_in(category, registration, limits, now)
    return takes_one and not (await places_of(registration.conference, limits, now)).takes_one_more(category)


async def _new_links(registration: Registration, conference: Conference, attendee: int) -> dict[str, Any]:
    if await Registration.exists().where(
        (Registration.conference == conference.id)
        & (Registration.attendee == attendee)
        & (Registration.id != registration.id)
        & (Registration.status != RegistrationStatus.WITHDRAWN.value)
    ):
        raise AddressTaken(_("Somebody else is registered with this address."))
    page, feed = registration.link_generation + 1, registration.feed_generation + 1
    return {
        "attendee": attendee,
        "link_generation": page,
        "link_hash": page_hash(registration.code, page),
        "feed_generation": feed,
        "feed_hash": feed_hash(registration.code, feed),
    }


async def give_seat(
    registration: Registration,
    conference: Conference,
    programme: ReleasedProgramme | None,
    slot_code: str,
    *,
    actor: SignedInOrganiser,
    now: datetime,
) -> bool:
    """A seat for the person (True), in place of one at another time of the same session, or a place in line (False).

    Raises what ``take_seat_or_wait`` raises.
    """
    async with transaction():
        is_seated = await take_seat_or_wait(registration.id, conference, programme, slot_code, now)
        action = "registration-seated" if is_seated else "registration-put-in-line"
        await note(registration, action, now, {"slot": slot_code}, actor=actor)
    return is_seated


async def take_place_away(
    registration: Registration,
    conference: Conference,
    programme: ReleasedProgramme | None,
    slot_code: str,
    *,
    actor: SignedInOrganiser,
    now: datetime,
) -> bool:
    """Give up the person's seat in the slot, or their place in its line; False when they had neither."""
    async with transaction():
        gone = await give_up_seat(registration.id, conference, programme, slot_code, now) or await leave_line(
            registration.id, conference, programme, slot_code, now
        )
        if gone:
            await note(registration, "registration-unseated", now, {"slot": slot_code}, actor=actor)
    return gone
