"""Registering, confirming, changing one's details, withdrawing: each one short transaction that queues its mails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from conference import audit
from conference.codes import hash_secret, new_code, new_token
from conference.db import locked, transaction
from conference.errors import Conflict, Gone, NotFound, StaleEdit
from conference.i18n import _
from conference.mail import link_ref
from conference.outbox import queue_mail
from conference.tables import Conference, RegistrationState
from registration.links import feed_hash, feed_ref, join_ref, page_hash, page_ref
from registration.seats import refuse_full, slots_locked, standing
from registration.sync import conference_facts, queue_owed
from registration.tables import (
    AgendaItem,
    Answer,
    Attendee,
    AttendeeSignIn,
    Consent,
    Registration,
    RegistrationStatus,
    Seat,
)
from sessions.snapshot import ReleasedProgramme, ReleasedSlot

CONFIRM_WITHIN = timedelta(days=7)  # how long the link in the first mail works
SEATS_HELD = timedelta(hours=48)  # for those who have not confirmed
FORGOTTEN_AFTER = timedelta(days=30)  # what an unconfirmed person typed is deleted
LINKS_LAST = timedelta(days=30)  # beyond the conference's last day
LINK_MAIL_EVERY = timedelta(minutes=10)  # at most one mail with a link in this time
EXPIRE_BATCH = 200


class RegistrationClosed(Conflict):
    """Registration is not open now."""


class LinkExpired(Gone):
    """The link was good once: too old, or its registration has been withdrawn. ``is_withdrawn`` says which."""

    def __init__(self, message: str, *, is_withdrawn: bool = False) -> None:
        super().__init__(message)
        self.is_withdrawn = is_withdrawn


class LinkUnknown(NotFound):
    """No registration has this link: mistyped, cut off by a mail program, or replaced by a newer one."""


@dataclass(frozen=True)
class Details:
    """What a person says of themself. ``answers`` are by the question's row id; empty ones are not kept."""

    name: str
    country: str
    zone: str
    language: str
    organisation: str = ""
    answers: Mapping[int, str] | None = None


@dataclass(frozen=True)
class Agreement:
    """A consent as it was given: the purpose's row id, the exact words and their language."""

    purpose: int
    wording: str
    language: str


@dataclass(frozen=True)
class Entry:
    """A filled-in and checked registration form. ``email`` is ready to be sent to, ``email_key`` to be compared."""

    details: Details
    email: str
    email_key: str
    agreements: Sequence[Agreement] = ()
    seats: Sequence[ReleasedSlot] = ()


async def register(
    conference: Conference, programme: ReleasedProgramme | None, entry: Entry, now: datetime
) -> str | None:
    """Register the person, unconfirmed, and queue the mail that asks them to confirm; the registration's code.

    One short transaction. Someone who is registered already gets a mail with their link instead, and the answer is
    None: a form that told would tell strangers who comes. Raises RegistrationClosed, SeatsTaken.
    """
    async with slots_locked(slot.id for slot in entry.seats):
        # The short statements of this transaction are written out: building them costs more than running them.
        state = await Conference.raw("SELECT registration_state FROM conference WHERE id = {}", conference.id)
        if not state or state[0]["registration_state"] != RegistrationState.OPEN:
            raise RegistrationClosed(_("Registration is closed."))
        attendee_id = await _attendee(entry, now)
        if await _is_known(attendee_id, conference, now):
            return None
        await refuse_full(entry.seats)
        registration = _new_registration(conference, attendee_id, entry, now)
        await registration.save()
        await _keep_answers(registration, entry, now)
        await _mail_confirm(registration, conference, programme, entry.seats, now)
    return registration.code


async def _attendee(entry: Entry, now: datetime) -> int:
    row = Attendee(email=entry.email, email_key=entry.email_key, created_at=now)
    # Writing the key onto itself returns the row's id and, on PostgreSQL, keeps a second form from the same person
    # waiting until this one is done.
    found = (
        await Attendee.insert(row)
        .on_conflict(target=Attendee.email_key, action="DO UPDATE", values=[Attendee.email_key])
        .returning(Attendee.id)
    )
    return int(found[0]["id"])


async def _is_known(attendee_id: int, conference: Conference, now: datetime) -> bool:
    found = await Registration.raw(
        "SELECT id FROM registration WHERE attendee = {} AND conference = {} AND status <> 'withdrawn'",
        attendee_id,
        conference.id,
    )
    known = await Registration.objects().where(Registration.id == found[0]["id"]).first() if found else None
    if known is None:
        return False
    if known.status == RegistrationStatus.PENDING and known.link_expires_at <= now:
        await Registration.delete().where(Registration.id == known.id)  # never confirmed: it makes way
        return False
    if known.created_at <= now - timedelta(minutes=1):  # else the button was pressed twice
        await _mail_link(known, conference, now)
    return True


def _new_registration(conference: Conference, attendee_id: int, entry: Entry, now: datetime) -> Registration:
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
        link_hash=page_hash(code, 1),
        link_expires_at=now + CONFIRM_WITHIN,
        feed_hash=feed_hash(code, 1),
        created_at=now,
        changed_at=now,
    )


async def _keep_answers(registration: Registration, entry: Entry, now: datetime) -> None:
    number = registration.id
    answers = [
        Answer(registration=number, question=question, value=value)
        for question, value in (entry.details.answers or {}).items()
        if value
    ]
    if answers:
        await Answer.insert(*answers)
    if entry.agreements:
        await Consent.insert(*[consent_row(number, agreement, now) for agreement in entry.agreements])
    if entry.seats:
        await Seat.insert(*[Seat(slot=slot.id, registration=number, taken_at=now) for slot in entry.seats])


def consent_row(registration_id: int, agreement: Agreement, now: datetime) -> Consent:
    """The record of a consent (GDPR 7(1)): who, to which words, in which language, when."""
    return Consent(
        registration=registration_id,
        purpose=agreement.purpose,
        wording=agreement.wording,
        language=agreement.language,
        given_at=now,
    )


def _told_seats(
    programme: ReleasedProgramme | None, slots: Sequence[ReleasedSlot], joining: tuple[str, int] | None = None
) -> list[dict[str, object]]:
    """Seats as mails list them; ``joining`` (registration code, generation) adds the personal join link."""
    told: list[dict[str, object]] = []
    for slot in sorted(slots, key=lambda slot: slot.start):
        session = programme.slot_by_id[slot.id][0] if programme else None
        seat: dict[str, object] = {
            "title": session.title if session else {},
            "start": slot.start,
            "end": slot.end,
        }
        if joining:
            seat["join"] = join_ref(slot.code, *joining)
        told.append(seat)
    return told


async def _mail_confirm(
    registration: Registration,
    conference: Conference,
    programme: ReleasedProgramme | None,
    seats: Sequence[ReleasedSlot],
    now: datetime,
) -> None:
    await queue_mail(
        kind="registration-confirm",
        to=registration.email,
        to_name=registration.name,
        language=registration.language,
        zone=registration.zone,
        payload={
            "conference": conference_facts(conference),
            "link": page_ref(conference.slug, registration.code, registration.link_generation),
            "expires_at": registration.link_expires_at,
            "seats": _told_seats(programme, seats),
            "seats_until": now + SEATS_HELD,
            "waiting": [],
        },
        idempotency_key=f"registration-confirm:{registration.code}",
        now=now,
        conference_id=conference.id,
        useless_after=registration.link_expires_at,
    )


async def _mail_link(registration: Registration, conference: Conference, now: datetime) -> None:
    window = int(now.timestamp() // LINK_MAIL_EVERY.total_seconds())
    await queue_mail(
        kind="registration-link",
        to=registration.email,
        to_name=registration.name,
        language=registration.language,
        zone=registration.zone,
        payload={
            "conference": conference_facts(conference),
            "page": page_ref(conference.slug, registration.code, registration.link_generation),
            "expires_at": registration.link_expires_at,
            "is_confirmed": registration.status == RegistrationStatus.CONFIRMED,
        },
        idempotency_key=f"registration-link:{registration.code}:{window}",
        now=now,
        conference_id=conference.id,
    )


async def request_link(conference: Conference, email_key: str, now: datetime) -> None:
    """Mail the person behind the address a link to their own page; someone unknown is answered just the same.

    A link that still works is sent again as it is, so that nobody can put out of force what another has in their
    mailbox; one that has expired is replaced.
    """
    async with transaction():
        found = await (
            Registration.select(Registration.id)
            .where(
                (Registration.conference == conference.id)
                & (Registration.attendee._.email_key == email_key)
                & (Registration.status != RegistrationStatus.WITHDRAWN.value)
            )
            .first()
        )
        if found is None:
            return
        async with locked(Registration, found["id"]):
            registration = await Registration.objects().where(Registration.id == found["id"]).first()
            if registration is None or registration.status == RegistrationStatus.WITHDRAWN:
                return
            if registration.link_expires_at <= now:
                registration.link_generation += 1
                registration.link_hash = page_hash(registration.code, registration.link_generation)
                registration.link_expires_at = _link_end(registration, conference, now)
                await registration.save(
                    [Registration.link_generation, Registration.link_hash, Registration.link_expires_at]
                )
            await _mail_link(registration, conference, now)


def links_last_until(conference: Conference) -> datetime:
    """When the links of confirmed people end: some time after the conference's last day."""
    return datetime.combine(conference.ends_on, time(), tzinfo=UTC) + timedelta(days=1) + LINKS_LAST


def _link_end(registration: Registration, conference: Conference, now: datetime) -> datetime:
    soon = now + CONFIRM_WITHIN
    if registration.status == RegistrationStatus.CONFIRMED:
        return max(soon, links_last_until(conference))
    return soon


async def by_page_token(conference: Conference, token: str, now: datetime) -> Registration:
    """The registration whose link this is. Changes nothing. Raises LinkUnknown, LinkExpired."""
    registration = await (
        Registration.objects()
        .where((Registration.link_hash == hash_secret(token)) & (Registration.conference == conference.id))
        .first()
    )
    if registration is None:
        raise LinkUnknown(_("We do not know this link. It may be cut off, or replaced by a newer one."))
    if registration.status == RegistrationStatus.WITHDRAWN:
        raise LinkExpired(_("This registration has been withdrawn."), is_withdrawn=True)
    if registration.link_expires_at <= now:
        raise LinkExpired(_("This link has expired."))
    return registration


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

    Confirming queues the welcome and an invite for each seat. Raises LinkUnknown, LinkExpired.
    """
    async with transaction():
        found = await by_page_token(conference, token, now)
        async with locked(Registration, found.id):
            registration = await by_page_token(conference, token, now)  # asked again under the lock
            is_new = registration.status == RegistrationStatus.PENDING
            if is_new:
                await _become_confirmed(registration, conference, programme, now)
            secret = new_token()
            sign_in = AttendeeSignIn(
                registration=registration.id,
                token_hash=hash_secret(secret),
                created_at=now,
                expires_at=registration.link_expires_at,
            )
            await sign_in.save()
    return Welcome(registration, secret, registration.link_expires_at, is_new)


async def _become_confirmed(
    registration: Registration, conference: Conference, programme: ReleasedProgramme | None, now: datetime
) -> None:
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
    seats = await _seats_of(registration.id, programme)
    code, generation = registration.code, registration.feed_generation
    home: dict[str, object] = conference_facts(conference)
    if programme and programme.placings:
        home["opens"] = min(slot.start for _session, slot in programme.placings)
        home["closes"] = max(slot.end for _session, slot in programme.placings)
    await queue_mail(
        kind="registration-confirmed",
        to=registration.email,
        to_name=registration.name,
        language=registration.language,
        zone=registration.zone,
        payload={
            "conference": home,
            "page": page_ref(conference.slug, code, registration.link_generation),
            "feed": feed_ref(code, generation),
            "seats": _told_seats(programme, seats, (code, generation)),
            "waiting": [],
        },
        idempotency_key=f"registration-confirmed:{code}",
        now=now,
        conference_id=conference.id,
    )
    await _note(registration, "registration-confirmed", now)


async def _seats_of(registration_id: int, programme: ReleasedProgramme | None) -> list[ReleasedSlot]:
    rows = await Seat.select(Seat.slot).where(Seat.registration == registration_id)
    known = programme.slot_by_id if programme else {}
    slots = [known[row["slot"]][1] for row in rows if row["slot"] in known]
    return [slot for slot in slots if not slot.is_cancelled]


async def withdraw(
    registration_id: int, conference: Conference, programme: ReleasedProgramme | None, now: datetime
) -> None:
    """Withdraw: seats go back, calendars are told, every browser is signed out. Twice is once."""
    async with locked(Registration, registration_id):
        registration = await Registration.objects().where(Registration.id == registration_id).first()
        if registration is None or registration.status == RegistrationStatus.WITHDRAWN:
            return
        was_confirmed = registration.status == RegistrationStatus.CONFIRMED
        seats = await _seats_of(registration_id, programme)
        registration.status = RegistrationStatus.WITHDRAWN
        registration.withdrawn_at = now
        registration.changed_at = now
        await registration.save([Registration.status, Registration.withdrawn_at, Registration.changed_at])
        await Seat.delete().where(Seat.registration == registration_id)
        await AgendaItem.delete().where(AgendaItem.registration == registration_id)
        await AttendeeSignIn.delete().where(AttendeeSignIn.registration == registration_id)
        await Consent.update({Consent.withdrawn_at: now}).where(
            (Consent.registration == registration_id) & Consent.withdrawn_at.is_null()
        )
        await _note(registration, "registration-withdrawn", now)
        if was_confirmed:
            await queue_owed(registration, conference, programme, now)
            await _mail_withdrawn(registration, conference, programme, seats, now)


async def _mail_withdrawn(
    registration: Registration,
    conference: Conference,
    programme: ReleasedProgramme | None,
    seats: Sequence[ReleasedSlot],
    now: datetime,
) -> None:
    await queue_mail(
        kind="registration-withdrawn",
        to=registration.email,
        to_name=registration.name,
        language=registration.language,
        zone=registration.zone,
        payload={
            "conference": conference_facts(conference),
            "seats": _told_seats(programme, seats),
            "register": link_ref(f"/{conference.slug}/register"),
        },
        idempotency_key=f"registration-withdrawn:{registration.code}",
        now=now,
        conference_id=conference.id,
    )


async def change_details(registration_id: int, details: Details, *, revision: int, now: datetime) -> None:
    """Change what the person says of themself, as seen at ``revision``. Raises StaleEdit, NotFound."""
    async with locked(Registration, registration_id):
        registration = await standing(registration_id)
        columns = ("name", "country", "zone", "language", "organisation")
        before = {name: getattr(registration, name) for name in columns}
        after = {name: getattr(details, name) for name in columns}
        if registration.revision != revision:
            message = _("Your details were changed meanwhile, perhaps in another window.")
            raise StaleEdit(message, mine=after, theirs=before)
        changes: dict[Any, Any] = {**after, "revision": revision + 1, "changed_at": now}
        await Registration.update(changes).where(Registration.id == registration_id)
        if details.answers is not None:
            asked = list(details.answers)
            if asked:
                await Answer.delete().where(
                    (Answer.registration == registration_id) & Answer.question.is_in(asked)
                )
            given = [
                Answer(registration=registration_id, question=question, value=value)
                for question, value in details.answers.items()
                if value
            ]
            if given:
                await Answer.insert(*given)
        changed = sorted(name for name in columns if before[name] != after[name])
        await _note(registration, "registration-changed", now, {"changed": changed})


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
        await _note(registration, "calendar-address-renewed", now)


async def sign_out(secret: str) -> None:
    """Forget the browser."""
    await AttendeeSignIn.delete().where(AttendeeSignIn.token_hash == hash_secret(secret))


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
        async with locked(Registration, row["id"]):
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


async def _note(
    registration: Registration, action: str, now: datetime, after: Mapping[str, object] | None = None
) -> None:
    """An entry in the record of changes: by code alone, so that a person can be forgotten without touching it."""
    label = f"registration:{registration.code}"
    await audit.record(
        conference_id=registration.conference,
        actor=label,
        action=action,
        subject=label,
        after=after,
        now=now,
    )
