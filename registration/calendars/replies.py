"""Answers from calendars: kept, and a declined session asked about. A seat goes only when the person says so here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import Message

from conference import texts
from conference.db import locked, transaction
from conference.mail import link_ref
from conference.outbox import queue_mail
from conference.tables import Conference
from registration.calendars.agendas import take_off_agenda
from registration.calendars.countering import tell_time_is_fixed
from registration.calendars.invites import Told
from registration.calendars.reply_reading import Reply, ReplyRefused, read_replies
from registration.calendars.sync import last_told
from registration.calendars.tables import AgendaItem, InviteMethod, InviteReply, InviteSent
from registration.calendars.telling import conference_facts
from registration.entries.links import page_ref
from registration.entries.record import note
from registration.seating.seats import give_up_seat, standing
from registration.seating.tables import Seat
from registration.tables import Registration, RegistrationStatus
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import latest_programme
from sessions.tables import Slot

NOT_COMING = ("DECLINED", "DELEGATED")


@dataclass(frozen=True)
class Declined:
    """A session that the person's calendar declined and that is still theirs. Times are aware."""

    slot_code: str
    session_code: str
    title: texts.LocalText
    start: datetime
    end: datetime
    is_seat: bool
    is_delegated: bool = False  # to somebody else, whom the place does not know


async def handle_calendar_reply(message: Message, now: datetime) -> str | None:
    """Keep what a calendar answered, and ask about a decline once; what was done, in a line. None: no answer at all.

    Believed is only who answers for themself, about an invite they were sent, in its latest SEQUENCE; the order of
    several answers to it is that of their DTSTAMP (RFC 5546 2.1.5).
    """
    done = [
        _refused(str(reply)) if isinstance(reply, ReplyRefused) else await _keep(reply, now)
        for reply in read_replies(message)
    ]
    return "; ".join(done) or None


def _refused(why: str) -> str:
    return f"answer from a calendar refused: {why}"


async def _keep(reply: Reply, now: datetime) -> str:
    found = await (
        InviteSent.select(InviteSent.registration, InviteSent.slot)
        .where(
            (InviteSent.uid == reply.uid)
            & (InviteSent.registration._.attendee._.email_key == reply.attendee)
            & (InviteSent.registration._.status == RegistrationStatus.CONFIRMED.value)
        )
        .first()
    )
    if found is None:
        return _refused("nobody of this address was sent such an invite")
    number, slot_id = found["registration"], found["slot"]
    async with locked(Registration, number):
        registration = await Registration.objects().where(Registration.id == number).first()
        told = (await last_told(number)).get(slot_id)
        if (
            registration is None
            or registration.status != RegistrationStatus.CONFIRMED
            or told is None
            or told.method is not InviteMethod.REQUEST
        ):
            return _refused("the invite was taken back since")
        if reply.sequence != told.sequence:
            return _refused("it answers another version of the invite")
        before = await (
            InviteReply.objects()
            .where((InviteReply.registration == number) & (InviteReply.slot == slot_id))
            .first()
        )
        at = min(reply.at or now, now)
        if before is not None and before.sequence == reply.sequence and before.replied_at > at:
            return _refused("a later answer is here already")
        row = before or InviteReply(registration=number, slot=slot_id, partstat=reply.partstat, replied_at=at)
        is_repeated = (
            before is not None and before.partstat == reply.partstat and before.sequence == reply.sequence
        )
        row.partstat, row.sequence, row.replied_at = reply.partstat, reply.sequence, at
        if not is_repeated:
            row.settled_at = None  # a new answer is a new question
        await row.save()
        return await _answered(registration, reply, told, now, is_repeated=is_repeated)


async def _answered(
    registration: Registration, reply: Reply, told: Told, now: datetime, *, is_repeated: bool
) -> str:
    """Ask or tell the person what their calendar's answer calls for; what was done, in a line."""
    conference = await Conference.objects().where(Conference.id == registration.conference).first()
    programme = await latest_programme(conference) if conference is not None else None
    if conference is not None and reply.partstat in NOT_COMING and not is_repeated:
        if await _ask(registration, conference, programme, reply, now):
            return f"{reply.partstat.lower()} {reply.slot_code}: asked whether the place is free"
    elif conference is not None and reply.is_counter:
        await tell_time_is_fixed(registration, conference, programme, told, now)
        return f"another time proposed for {reply.slot_code}: told that it is fixed"
    return f"{reply.partstat.lower()} {reply.slot_code}: noted"


async def _ask(
    registration: Registration,
    conference: Conference,
    programme: ReleasedProgramme | None,
    reply: Reply,
    now: datetime,
) -> bool:
    open_now = await open_declines(registration, programme, now)
    one = next((one for one in open_now if one.slot_code == reply.slot_code), None)
    if one is None:
        return False
    return await queue_mail(
        kind="invite-declined",
        to=registration.email,
        to_name=registration.name,
        language=registration.language,
        zone=registration.zone,
        payload={
            "conference": conference_facts(conference),
            "title": one.title,
            "start": one.start,
            "end": one.end,
            "seat": one.is_seat,
            "delegated": one.is_delegated,
            "register": link_ref(f"/{conference.slug}/register"),
            "page": page_ref(conference.slug, registration.code, registration.link_generation),
        },
        idempotency_key=f"invite-declined:{registration.code}:{one.slot_code}:{reply.sequence}",
        now=now,
        conference_id=conference.id,
        useless_after=one.start,
    )


async def open_declines(
    registration: Registration,
    programme: ReleasedProgramme | None,
    now: datetime,
    told: Mapping[int, Told] | None = None,
) -> tuple[Declined, ...]:
    """What the person's calendar declined and they have not spoken about here, in order of time.

    A session that has moved since was offered anew and is asked about no more. ``told`` spares a query where it is at
    hand; none beyond the first where nothing was declined.
    """
    rows = await InviteReply.select(InviteReply.slot, InviteReply.sequence, InviteReply.partstat).where(
        (InviteReply.registration == registration.id)
        & InviteReply.partstat.is_in(list(NOT_COMING))
        & InviteReply.settled_at.is_null()
    )
    if not rows or programme is None:
        return ()
    said = told if told is not None else await last_told(registration.id)
    seats = {row["slot"] for row in await Seat.select(Seat.slot).where(Seat.registration == registration.id)}
    items = {
        row["slot"]
        for row in await AgendaItem.select(AgendaItem.slot).where(AgendaItem.registration == registration.id)
    }
    found = []
    for row in rows:
        pair, last = programme.slot_by_id.get(row["slot"]), said.get(row["slot"])
        if pair is None or last is None or last.sequence != row["sequence"]:
            continue
        session, slot = pair
        if row["slot"] not in seats | items or slot.start <= now:
            continue
        found.append(
            Declined(
                slot.code,
                session.code,
                session.title,
                slot.start,
                slot.end,
                is_seat=row["slot"] in seats,
                is_delegated=row["partstat"] == "DELEGATED",
            )
        )
    return tuple(sorted(found, key=lambda one: (one.start, one.slot_code)))


async def calendar_answers(registration_id: int, told: Mapping[int, Told]) -> dict[str, str]:
    """What the person's calendar answered (a PARTSTAT) to what it was last ``told``, by the slot's code; not what they
    have settled here. One query."""
    rows = await InviteReply.select(
        InviteReply.slot, InviteReply.slot._.code.as_alias("code"), InviteReply.partstat, InviteReply.sequence
    ).where((InviteReply.registration == registration_id) & InviteReply.settled_at.is_null())
    return {
        row["code"]: row["partstat"]
        for row in rows
        if row["slot"] in told and told[row["slot"]].sequence == row["sequence"]
    }


async def settle_decline(
    registration_id: int,
    conference: Conference,
    programme: ReleasedProgramme | None,
    slot_code: str,
    now: datetime,
    *,
    frees: bool,
) -> None:
    """The person has said whether the declined place is free; only then does it go, to the next who waits for it.

    Twice is once. Raises NotFound when the registration does not stand.
    """
    async with transaction(), locked(Registration, registration_id):
        registration = await standing(registration_id)
        row = await Slot.select(Slot.id).where(Slot.code == slot_code).first()
        settled = (
            await InviteReply.update({InviteReply.settled_at: now})
            .where(
                (InviteReply.registration == registration_id)
                & (InviteReply.slot == (row["id"] if row else 0))
                & InviteReply.settled_at.is_null()
            )
            .returning(InviteReply.id)
        )
        if not settled:
            return
        await note(registration, "invite-decline-settled", now, {"slot": slot_code, "freed": frees})
        if frees and not await give_up_seat(registration_id, conference, programme, slot_code, now):
            await take_off_agenda(registration_id, slot_code, now)
