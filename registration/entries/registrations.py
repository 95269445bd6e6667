"""Registering, changing what one said of oneself, and what becomes of those who never confirm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from conference.codes import new_code
from conference.db import insert, locked, transaction
from conference.errors import Conflict, StaleEdit
from conference.i18n import _
from conference.tables import Conference, RegistrationState
from registration.asking.form_files import KeptFile
from registration.asking.tables import Consent
from registration.asking.writing_answers import write_answers
from registration.attending.agreement import follow_consents
from registration.entries.invitations import invitation_for
from registration.entries.letters import SEATS_HELD, mail_confirm, mail_link
from registration.entries.line_letters import mail_confirm_line
from registration.entries.links import feed_hash, page_hash
from registration.entries.own_link import CONFIRM_WITHIN
from registration.entries.people import person_of
from registration.entries.record import note
from registration.entries.searching import searched
from registration.locks import places_locked, slots_locked
from registration.opening import door
from registration.places.counting import limits_of, places_of
from registration.seating.lines import Line, join, stands_in
from registration.seating.seats import refuse_full, standing
from registration.seating.tables import Seat
from registration.tables import Attendee, Registration, RegistrationAccess, RegistrationStatus
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSlot

PRESSED_TWICE = timedelta(minutes=1)  # one form sent again within this time is one form
FORGOTTEN_AFTER = timedelta(days=30)  # what an unconfirmed person typed is deleted
EXPIRE_BATCH = 200


class RegistrationClosed(Conflict):
    """Registration is not open now."""


class CategoryGone(Conflict):
    """The category is not offered any more."""


class NotInvited(Conflict):
    """The category takes only people who were invited as such."""


_MAY_REGISTER = (
    "SELECT c.registration_state AS registration_state, r.capacity AS capacity, r.access AS access,"
    " k.id AS category, k.capacity AS category_capacity, k.access AS category_access, k.is_active AS is_offered,"
    " ((r.opens_at IS NULL OR r.opens_at <= {}) AND (r.closes_at IS NULL OR r.closes_at > {})) AS in_time"
    " FROM conference c LEFT JOIN registration_rules r ON r.conference = c.id"
    " LEFT JOIN attendee_category k ON k.conference = c.id AND k.id = {} WHERE c.id = {}"
)


@dataclass(frozen=True)
class Details:
    """What a person says of themself. ``answers`` are by the question's row id; empty ones are not kept."""

    name: str
    country: str
    zone: str
    language: str
    organisation: str = ""
    answers: Mapping[int, str] | None = None
    asked: Mapping[int, str] | None = None  # the questions as they were put, as ``Answer.asked`` holds it
    files: Mapping[int, KeptFile] | None = None  # of the answers that are files


@dataclass(frozen=True)
class Agreement:
    """A consent as it was given: the purpose's row id, the exact words and their language, and which version of the
    privacy notice was in force."""

    purpose: int
    wording: str
    language: str
    notice: int | None = None


@dataclass(frozen=True)
class Entry:
    """A filled-in and checked registration form. ``email`` is ready to be sent to, ``email_key`` to be compared."""

    details: Details
    email: str
    email_key: str
    agreements: Sequence[Agreement] = ()
    seats: Sequence[ReleasedSlot] = ()
    waits: Sequence[ReleasedSlot] = ()  # full ones whose line they join
    category: int | None = None  # row id; None where the conference has no categories
    by_colleague: bool = False  # not the person but somebody of their library filled in the form


@dataclass(frozen=True)
class Registered:
    """What came of a form: the new registration's code, None for somebody registered before, and whether they ``wait``:
    all places were taken, so that they stand in line once they have confirmed."""

    code: str | None
    waits: bool = False


async def register(
    conference: Conference, programme: ReleasedProgramme | None, entry: Entry, now: datetime
) -> Registered:
    """Register the person, unconfirmed, and queue the mail that asks them to confirm.

    One short transaction. Where all places are taken, or the organisers have to say yes, no seat is held: the seats
    are wishes, and in a full conference the person stands at the end of the line. Someone who is registered already gets
    a mail with their link instead: a form that told would tell strangers who comes. Raises RegistrationClosed,
    CategoryGone, NotInvited, SeatsTaken, FileGone.
    """
    async with transaction(is_short=True), AsyncExitStack() as locks:
        # The short statements of this transaction are written out: building them costs more than running them.
        found = await Conference.raw(_MAY_REGISTER, now, now, entry.category, conference.id)
        rules: dict[str, Any] = found[0] if found else {}
        decides_later = await _at_the_door(rules, entry, conference)
        attendee_id = await person_of(entry.email, entry.email_key, now)
        places = None
        if rules["capacity"] is not None or rules["category_capacity"] is not None:
            await locks.enter_async_context(places_locked(conference.id))
            places = await places_of(conference.id, await limits_of(conference.id), now)
        waits = places is not None and not decides_later and not places.has_place_for(entry.category)
        await locks.enter_async_context(slots_locked(slot.id for slot in (*entry.seats, *entry.waits)))
        known = await known_registration(attendee_id, conference, now)
        if known is not None and known.created_at > now - PRESSED_TWICE:
            return Registered(None, await stands_in(known.id, Line(conference.id)) if places else False)
        if known is not None:
            await mail_link(known, conference, now)
            return Registered(None, waits)
        wishes: Sequence[ReleasedSlot] = ()
        if waits or decides_later:
            wishes = (*entry.seats, *entry.waits)
            entry = replace(entry, seats=(), waits=())
        await refuse_full(entry.seats)
        registration = new_registration(conference, attendee_id, entry, now)
        await insert(registration)
        await keep_said(registration, entry, now)
        lines = [Line(conference.id, slot.id) for slot in (*entry.waits, *wishes)]
        await join(registration.id, [*lines, Line(conference.id)] if waits else lines, now)
        if places is not None and waits:
            taken = places.full_for(entry.category)
            by = entry.by_colleague
            await mail_confirm_line(registration, conference, programme, taken, wishes, now, by_colleague=by)
        else:
            is_kept = places is not None and not decides_later
            await mail_confirm(
                registration,
                conference,
                programme,
                entry.seats,
                entry.waits,
                now,
                wishes=wishes,
                needs_approval=decides_later,
                place_until=now + SEATS_HELD if is_kept else None,
                by_colleague=entry.by_colleague,
            )
        await note(registration, "registration-made", now)
    return Registered(registration.code, waits)


async def _at_the_door(rules: dict[str, Any], entry: Entry, conference: Conference) -> bool:
    """Whether the organisers still have to say yes to the person. Raises what keeps them from registering at all."""
    if rules.get("registration_state") != RegistrationState.OPEN or not rules["in_time"]:
        raise RegistrationClosed(_("Registration is closed."))
    if entry.category is not None and not rules["is_offered"]:
        raise CategoryGone(_("This is not offered any more. Please choose another."))
    home, category = rules["access"], rules["category_access"]
    needs = door(home or RegistrationAccess.OPEN, category)
    if not (needs.needs_invitation or needs.needs_approval):
        return False
    invitation = await invitation_for(conference.id, entry.email_key)
    if home == RegistrationAccess.INVITATION and invitation is None:
        raise RegistrationClosed(_("Only those invited can register."))
    is_invited_as_that = invitation is not None and invitation.category == entry.category
    if category == RegistrationAccess.INVITATION and not is_invited_as_that:
        raise NotInvited(_("Only those whom the organisers invited can come as this."))
    return needs.needs_approval and not (invitation and invitation.category in (None, entry.category))


async def known_registration(attendee_id: int, conference: Conference, now: datetime) -> Registration | None:
    """The person's registration, if they have one that still stands."""
    found = await Registration.raw(
        "SELECT id FROM registration WHERE attendee = {} AND conference = {} AND status <> 'withdrawn'",
        attendee_id,
        conference.id,
    )
    known = await Registration.objects().where(Registration.id == found[0]["id"]).first() if found else None
    if known is None:
        return None
    if known.status == RegistrationStatus.PENDING and known.link_expires_at <= now:
        await Registration.delete().where(Registration.id == known.id)  # never confirmed: it makes way
        return None
    return known


def new_registration(conference: Conference, attendee_id: int, entry: Entry, now: datetime) -> Registration:
    """The row of somebody who has yet to confirm; not saved."""
    code, details = new_code(12), entry.details
    return Registration(
        conference=conference.id,
        attendee=attendee_id,
        code=code,
        status=RegistrationStatus.PENDING,
        name=details.name,
        email=entry.email,
        country=details.country,
        zone=details.zone,
        language=details.language,
        organisation=details.organisation,
        searched=searched(details.name, entry.email, details.organisation, code),
        category=entry.category,
        link_hash=page_hash(code, 1),
        link_expires_at=now + CONFIRM_WITHIN,
        feed_hash=feed_hash(code, 1),
        created_at=now,
        changed_at=now,
    )


async def keep_said(registration: Registration, entry: Entry, now: datetime) -> None:
    """Keep what the form of a new registration says beside its own row: answers, consents, seats. Raises FileGone."""
    number = registration.id
    await keep_answers(number, entry.details, now, is_first=True)
    if entry.agreements:
        await insert(*[consent_row(number, agreement, now) for agreement in entry.agreements])
        await follow_consents(number)
    if entry.seats:
        await insert(*[Seat(slot=slot.id, registration=number, taken_at=now) for slot in entry.seats])


async def keep_answers(
    registration_id: int, details: Details, now: datetime, *, is_first: bool = False
) -> None:
    """Inside the registration's lock: keep the answers, if any were asked for. Raises FileGone."""
    if details.answers is not None:
        await write_answers(
            registration_id,
            details.answers,
            details.asked or {},
            details.files or {},
            now,
            is_first=is_first,
        )


def consent_row(registration_id: int, agreement: Agreement, now: datetime) -> Consent:
    """The record of a consent (GDPR 7(1)): who, to which words, in which language, when, told by which notice."""
    return Consent(
        registration=registration_id,
        purpose=agreement.purpose,
        wording=agreement.wording,
        language=agreement.language,
        notice=agreement.notice,
        given_at=now,
    )


async def change_details(registration_id: int, details: Details, *, revision: int, now: datetime) -> None:
    """Change what the person says of themself, as seen at ``revision``. Raises StaleEdit, NotFound, FileGone."""
    async with locked(Registration, registration_id):
        registration = await standing(registration_id, or_waiting=True)
        columns = ("name", "country", "zone", "language", "organisation")
        before = {name: getattr(registration, name) for name in columns}
        after = {name: getattr(details, name) for name in columns}
        if registration.revision != revision:
            message = _("Your details were changed meanwhile, perhaps in another window.")
            raise StaleEdit(message, mine=after, theirs=before)
        found_by = searched(details.name, registration.email, details.organisation, registration.code)
        changes: dict[Any, Any] = {
            **after,
            "searched": found_by,
            "revision": revision + 1,
            "changed_at": now,
        }
        await Registration.update(changes).where(Registration.id == registration_id)
        await keep_answers(registration_id, details, now)
        changed = sorted(name for name in columns if before[name] != after[name])
        await note(registration, "registration-changed", now, {"changed": changed})


async def expire_unconfirmed(now: datetime) -> int:
    """Give back the seats of those who have not confirmed in time, and forget those who never did. A job."""
    pending = Registration.status == RegistrationStatus.PENDING.value
    late = (
        await Registration.select(Registration.id)
        .where(pending & (Registration.created_at <= now - SEATS_HELD))
        .where(Registration.id.is_in(Seat.select(Seat.registration)))
        .limit(EXPIRE_BATCH)
    )
    done = 0
    for row in late:
        async with locked(Registration, row["id"]):
            if await Registration.exists().where((Registration.id == row["id"]) & pending):
                gone = await Seat.delete().where(Seat.registration == row["id"]).returning(Seat.id)
                done += len(gone)
    forgotten = (
        await Registration.select(Registration.id, Registration.attendee)
        .where(pending & (Registration.link_expires_at <= now - FORGOTTEN_AFTER))
        .limit(EXPIRE_BATCH)
    )
    for row in forgotten:
        async with locked(Attendee, row["attendee"]), locked(Registration, row["id"]):
            still = pending & (Registration.link_expires_at <= now - FORGOTTEN_AFTER)
            gone = (
                await Registration.delete()
                .where((Registration.id == row["id"]) & still)
                .returning(Registration.id)
            )
            elsewhere = await Registration.exists().where(Registration.attendee == row["attendee"])
            if gone and not elsewhere:
                await Attendee.delete().where(Attendee.id == row["attendee"])
            done += len(gone)
    return done
