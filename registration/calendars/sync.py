"""Keeping people's calendars true: each message owed is queued with the record of having sent it, or neither is."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from piccolo.columns.combination import And, Or, Where

from conference import texts
from conference.db import locked
from conference.tables import Conference
from registration.calendars import sequences
from registration.calendars.changes import told_to
from registration.calendars.invites import Owed, Told, booked, owed
from registration.calendars.tables import AgendaItem, InviteSent
from registration.calendars.telling import Message, mail_messages
from registration.calendars.telling import (
    conference_facts as conference_facts,
)  # every letter of a person says it
from registration.seating.tables import Seat
from registration.tables import Registration, RegistrationStatus
from sessions.programme.feeds import uid_of
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import latest_programme
from sessions.tables import Slot

BATCH = 500  # registrations looked at in one run
UNSETTLED = -1
"""As ``synced_release``: the agenda has changed since the calendar was told."""
SETTLE = timedelta(minutes=2)
"""Stars come and go while somebody reads a programme: their calendar is told when they have let it rest this long."""


async def send_owed_invites(now: datetime) -> int:
    """Bring up to date the calendars that a release or a change of the agenda has overtaken; how many were looked at.

    A job: any number of processes may run it, killed at any point it goes on where it stopped, and no message is ever
    queued twice. Releases only: a draft concerns nobody.
    """
    late = await (
        Registration.select(Registration.id, Registration.conference)
        .where(
            (Registration.status == RegistrationStatus.CONFIRMED.value)
            & (Registration.conference._.release_number > Registration.synced_release)
            & _settled(now)
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
    agendas = await AgendaItem.select(AgendaItem.registration).where(AgendaItem.registration.is_in(numbers))
    told = await InviteSent.select(InviteSent.registration).where(InviteSent.registration.is_in(numbers))
    concerned = {row["registration"] for row in [*seats, *agendas, *told]}
    for conference_id, conference in conferences.items():
        idle = [
            row["id"] for row in late if row["conference"] == conference_id and row["id"] not in concerned
        ]
        if idle:
            # Someone among them who takes a seat just now says so in a transaction that sets this number by itself;
            # one who fills their agenda just now is unsettled and stays so.
            await Registration.update({Registration.synced_release: conference.release_number}).where(
                Registration.id.is_in(idle)
                & (Registration.synced_release < conference.release_number)
                & _settled(now)
            )
    for row in late:
        if row["id"] in concerned:
            await _bring_up_to_date(row["id"], conferences[row["conference"]], now)
    return len(late)


def _settled(now: datetime) -> And | Or | Where:
    # A moment in the future is no reason to wait: the clock was set back.
    return (
        (Registration.synced_release != UNSETTLED)
        | (Registration.changed_at <= now - SETTLE)
        | (Registration.changed_at > now + SETTLE)
    )


async def agenda_changed(registration_id: int, now: datetime) -> None:
    """Say that the agenda has changed: feeds show it at once, the calendar is told when it has settled.

    Inside the caller's transaction, which holds the lock of the registration.
    """
    await Registration.update({Registration.changed_at: now, Registration.synced_release: UNSETTLED}).where(
        Registration.id == registration_id
    )


async def _bring_up_to_date(registration_id: int, conference: Conference, now: datetime) -> None:
    programme = await latest_programme(conference)
    async with locked(Registration, registration_id):
        registration = await (
            Registration.objects().where((Registration.id == registration_id) & _settled(now)).first()
        )
        if registration is not None and registration.status == RegistrationStatus.CONFIRMED:
            await queue_owed(registration, conference, programme, now, by_job=True)


async def queue_owed(
    registration: Registration,
    conference: Conference,
    programme: ReleasedProgramme | None,
    now: datetime,
    *,
    by_job: bool = False,
) -> int:
    """Queue whatever the registration's calendar is owed for its seats and its agenda; how many messages that were.

    ``by_job``: no act of the person is the reason, so that what a release changed is one letter. Inside the caller's
    transaction, which holds the lock of the registration. Withdrawing and erasing call it when seats and agenda are gone: everything is then cancelled.
    """
    seats = await Seat.select(Seat.slot).where(Seat.registration == registration.id)
    agenda = await AgendaItem.select(AgendaItem.slot).where(AgendaItem.registration == registration.id)
    wanted = sorted({row["slot"] for row in [*seats, *agenda]})
    told = await last_told(registration.id)
    is_first = any(slot not in told for slot in wanted)
    floor = await sequences.floor_of(conference.id) if is_first else 0
    messages = owed(booked(programme, wanted, registration.feed_generation), told, floor)
    if messages:
        # Someone who starred just before a release: both are told, in the letter about the release.
        is_release = by_job and (
            registration.synced_release != UNSETTLED
            or any(one.reason in ("updated", "cancelled") for one in messages)
        )
        await _send(registration, conference, programme, messages, now, is_release=is_release)
    said = [one.sequence for one in told.values()] + [one.sequence for one in messages]
    if said and registration.status != RegistrationStatus.CONFIRMED:
        await sequences.raise_floor(conference.id, max(said) + 1)  # they may come back as a new registration
    number = programme.number if programme else 0
    if registration.synced_release != number:
        registration.synced_release = number
        await Registration.update({Registration.synced_release: number}).where(
            Registration.id == registration.id
        )
    return len(messages)


async def take_back(
    registration: Registration, conference: Conference, programme: ReleasedProgramme | None, now: datetime
) -> None:
    """Cancel all that the calendar behind the registration's address was told: the registration gets another one.

    Inside the caller's transaction, which holds the lock of the registration and then owes the new address everything.
    """
    told = await last_told(registration.id)
    messages = [replace(one, reason="readdressed") for one in owed([], told)]
    if messages:
        await _send(registration, conference, programme, messages, now, is_release=False)


async def _send(
    registration: Registration,
    conference: Conference,
    programme: ReleasedProgramme | None,
    messages: Iterable[Owed],
    now: datetime,
    *,
    is_release: bool,
) -> None:
    named = await _named(conference, programme, messages)
    await mail_messages(registration, conference, named, now, is_release=is_release)
    await InviteSent.insert(*(_record(registration.id, one, now) for one in named))


async def last_told(registration_id: int) -> dict[int, Told]:
    """The last message sent about each slot, by the slot's row id."""
    history = (await told_to([registration_id])).get(registration_id, [])
    return {told.slot_id: told for told in history}


def _record(registration_id: int, message: Message, now: datetime) -> InviteSent:
    owed_now = message.owed
    return InviteSent(
        registration=registration_id,
        slot=owed_now.slot_id,
        method=owed_now.method,
        uid=message.uid,
        sequence=owed_now.sequence,
        start=owed_now.start,
        end=owed_now.end,
        facts=owed_now.facts,
        sent_at=now,
    )


async def _named(
    conference: Conference, programme: ReleasedProgramme | None, messages: Iterable[Owed]
) -> list[Message]:
    known = programme.slot_by_id if programme else {}
    found = []
    gone = [message.slot_id for message in messages if message.slot_id not in known]
    names = await _names(gone)
    for message in messages:
        slot_id = message.slot_id
        if slot_id in known:
            session, slot = known[slot_id]
            facts = (slot.code, session.code, session.title, slot.seats is not None)
        else:
            facts = names.get(slot_id, ("", "", {}, True))
        found.append(Message(message, slot_uid(facts[0], conference), *facts))
    return found


async def _names(slot_ids: Collection[int]) -> dict[int, tuple[str, str, texts.LocalText, bool]]:
    """Slots that stand in no release any more: their rows remain and name them. One query, none for no slot."""
    if not slot_ids:
        return {}
    rows = await Slot.select(
        Slot.id,
        Slot.code,
        Slot.seats,
        Slot.session._.code.as_alias("session_code"),
        Slot.session._.title.as_alias("title"),
    ).where(Slot.id.is_in(sorted(slot_ids)))
    return {
        row["id"]: (row["code"], row["session_code"], texts.decode(row["title"]), row["seats"] is not None)
        for row in rows
    }


def slot_uid(slot_code: str, conference: Conference) -> str:
    """The UID of a slot in every calendar: never anything else (RFC 5545 3.8.4.7)."""
    return uid_of(slot_code, conference.uid_host)
