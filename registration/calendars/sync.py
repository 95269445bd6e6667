"""Keeping people's calendars true: each message owed is queued with the record of having sent it, or neither is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from conference import texts
from conference.db import locked
from conference.mail import link_ref
from conference.outbox import queue_mail
from conference.tables import Conference
from registration.calendars.invites import Owed, Told, booked, owed
from registration.entries.links import join_ref, page_ref
from registration.tables import InviteMethod, InviteSent, Registration, RegistrationStatus, Seat
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import latest_programme
from sessions.tables import Session, Slot

BATCH = 500  # registrations looked at in one run
_KINDS = {
    "new": "invite",
    "updated": "invite-updated",
    "given-up": "invite-cancelled",
    "cancelled": "invite-cancelled",
}


async def send_owed_invites(now: datetime) -> int:
    """Bring up to date the calendars of registrations that a later release has overtaken; how many were looked at.

    A job: any number of processes may run it, killed at any point it goes on where it stopped, and no message is ever
    queued twice. Releases only: a draft concerns nobody.
    """
    late = await (
        Registration.select(Registration.id, Registration.conference)
        .where(
            (Registration.status == RegistrationStatus.CONFIRMED.value)
            & (Registration.conference._.release_number > Registration.synced_release)
        )
        .order_by(Registration.id)
        .limit(BATCH)
    )
    if not late:
        return 0
    conferences = {
        row.id: row
        for row in await Conference.objects().where(
            Conference.id.is_in(sorted({r["conference"] for r in late}))
        )
    }
    numbers = [row["id"] for row in late]
    seats = await Seat.select(Seat.registration).where(Seat.registration.is_in(numbers))
    told = await InviteSent.select(InviteSent.registration).where(InviteSent.registration.is_in(numbers))
    concerned = {row["registration"] for row in [*seats, *told]}
    for conference_id, conference in conferences.items():
        idle = [
            row["id"] for row in late if row["conference"] == conference_id and row["id"] not in concerned
        ]
        if idle:
            # Someone among them who takes a seat just now says so in a transaction that sets this number by itself.
            await Registration.update({Registration.synced_release: conference.release_number}).where(
                Registration.id.is_in(idle) & (Registration.synced_release < conference.release_number)
            )
    for row in late:
        if row["id"] in concerned:
            await _bring_up_to_date(row["id"], conferences[row["conference"]], now)
    return len(late)


async def _bring_up_to_date(registration_id: int, conference: Conference, now: datetime) -> None:
    programme = await latest_programme(conference)
    async with locked(Registration, registration_id):
        registration = await Registration.objects().where(Registration.id == registration_id).first()
        if registration is not None and registration.status == RegistrationStatus.CONFIRMED:
            await queue_owed(registration, conference, programme, now)


async def queue_owed(
    registration: Registration, conference: Conference, programme: ReleasedProgramme | None, now: datetime
) -> int:
    """Queue whatever the registration's calendar is owed; how many messages that were.

    Inside the caller's transaction, which holds the lock of the registration.
    """
    rows = await Seat.select(Seat.slot).where(Seat.registration == registration.id)
    told = await last_told(registration.id)
    messages = owed(booked(programme, [row["slot"] for row in rows], registration.feed_generation), told)
    await _queue(registration, conference, programme, messages, now)
    number = programme.number if programme else 0
    if registration.synced_release != number:
        registration.synced_release = number
        await Registration.update({Registration.synced_release: number}).where(
            Registration.id == registration.id
        )
    return len(messages)


async def last_told(registration_id: int) -> dict[int, Told]:
    """The last message sent about each slot, by the slot's row id."""
    rows = await (
        InviteSent.select(
            InviteSent.slot,
            InviteSent.method,
            InviteSent.sequence,
            InviteSent.start,
            InviteSent.end,
            InviteSent.facts,
            InviteSent.sent_at,
        )
        .where(InviteSent.registration == registration_id)
        .order_by(InviteSent.sequence)
        .order_by(InviteSent.id)
    )
    return {
        row["slot"]: Told(
            slot_id=row["slot"],
            method=InviteMethod(row["method"]),
            sequence=row["sequence"],
            start=row["start"],
            end=row["end"],
            facts=row["facts"],
            sent_at=row["sent_at"],
        )
        for row in rows
    }


async def _queue(
    registration: Registration,
    conference: Conference,
    programme: ReleasedProgramme | None,
    messages: Iterable[Owed],
    now: datetime,
) -> None:
    for message in messages:
        slot_code, session_code, title = await _what(programme, message.slot_id)
        uid = slot_uid(slot_code, conference)
        await _mail(registration, conference, message, slot_code, session_code, title, uid, now)
        sent = InviteSent(
            registration=registration.id,
            slot=message.slot_id,
            method=message.method,
            uid=uid,
            sequence=message.sequence,
            start=message.start,
            end=message.end,
            facts=message.facts,
            sent_at=now,
        )
        await sent.save()


async def _what(programme: ReleasedProgramme | None, slot_id: int) -> tuple[str, str, texts.LocalText]:
    pair = programme.slot_by_id.get(slot_id) if programme else None
    if pair is not None:
        session, slot = pair
        return slot.code, session.code, session.title
    # It stands in no release any more; its row remains and names it.
    row = await Slot.select(Slot.code, Slot.session).where(Slot.id == slot_id).first()
    if row is None:
        return "", "", {}
    named = await Session.select(Session.code, Session.title).where(Session.id == row["session"]).first()
    return row["code"], named["code"] if named else "", texts.decode(named["title"]) if named else {}


def slot_uid(slot_code: str, conference: Conference) -> str:
    """The UID of a slot in every calendar: never anything else (RFC 5545 3.8.4.7)."""
    return f"slot-{slot_code}@{conference.uid_host}"


async def _mail(
    registration: Registration,
    conference: Conference,
    message: Owed,
    slot_code: str,
    session_code: str,
    title: texts.LocalText,
    uid: str,
    now: datetime,
) -> None:
    code, generation = registration.code, registration.feed_generation
    is_cancel = message.method is InviteMethod.CANCEL
    has_page = registration.status == RegistrationStatus.CONFIRMED
    page = page_ref(conference.slug, code, registration.link_generation)
    join = join_ref(slot_code, code, generation)
    invite = {
        "uid": uid,
        "sequence": message.sequence,
        "title": title,
        "start": message.start,
        "end": message.end,
        "status": "cancelled" if message.reason == "cancelled" else "confirmed",
        **({} if is_cancel else {"join": join}),
        **({"url": link_ref(f"/{conference.slug}/sessions/{session_code}")} if session_code else {}),
    }
    payload = {
        "conference": conference_facts(conference),
        "title": title,
        "start": message.start,
        "end": message.end,
        "was_start": message.was_start or message.start,
        "was_end": message.was_end or message.end,
        "reason": message.reason,
        "invite": invite,
        **({"page": page} if has_page else {}),
        **({} if is_cancel else {"join": join}),
    }
    await queue_mail(
        kind=_KINDS[message.reason],
        to=registration.email,
        to_name=registration.name,
        language=registration.language,
        zone=registration.zone,
        payload=payload,
        idempotency_key=f"invite:{code}:{slot_code}:{message.method.value}:{message.sequence}",
        now=now,
        conference_id=conference.id,
        calendar_method=message.method.value,
        useless_after=message.end,
    )


def conference_facts(conference: Conference) -> dict[str, object]:
    """What mails say of the conference."""
    return {
        "name": texts.decode(conference.name),
        "zone": conference.zone,
        "url": link_ref(f"/{conference.slug}/programme"),
        "reply_to": conference.contact_email,
    }
