"""People who cannot get in call the team to the door; the team answers by mail or says that it is settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from conference import audit, texts
from conference.addresses import address_key
from conference.conferences import languages_of
from conference.db import locked, transaction
from conference.errors import Conflict, NotFound
from conference.i18n import _
from conference.mail import link_ref
from conference.outbox import queue_mail
from conference.tables import Conference, Role, TeamMember
from conference.texts import LocalText
from conference.throttle import count_tries
from conference.viewer import SignedInOrganiser
from sessions.door.rules import door_rules_of
from sessions.door.tables import DoorCall, DoorTrouble
from sessions.privacy import masked_text
from sessions.queries import ReleasedPlacing
from sessions.speakers.letters import conference_facts
from sessions.speakers.placeholders import as_typed
from sessions.tables import Slot

KEPT_FOR = timedelta(days=30)
MOST_SHOWN = 200
MOST_CALLS = 8  # of one address, in the throttle's window
MOST_OF_A_NETWORK = 60  # whole libraries share one


@dataclass(frozen=True)
class Call:
    """What somebody before the door says. ``code`` is made with the form: the same one twice is one call."""

    code: str
    name: str
    email: str
    trouble: DoorTrouble
    text: str
    language: str
    zone: str


class AlreadySettled(Conflict):
    """A colleague was faster."""


async def call_team(placing: ReleasedPlacing, call: Call, *, network: str, now: datetime) -> None:
    """Note the call and tell the team by mail. The same call twice is one. Raises TooManyTries, AddressRefused."""
    conference = placing.conference
    if await DoorCall.exists().where(DoorCall.code == call.code):
        return
    most = {f"door:{address_key(call.email)}": MOST_CALLS, f"door-network:{network}": MOST_OF_A_NETWORK}
    await count_tries(most, now=now)
    async with transaction():
        slot = await Slot.select(Slot.id).where(Slot.id == placing.slot.id).first()
        row = DoorCall(
            conference=conference.id,
            slot=slot["id"] if slot else None,
            code=call.code,
            name=call.name,
            email=call.email,
            trouble=call.trouble,
            text=call.text,
            language=call.language,
            zone=call.zone,
            asked_at=now,
        )
        written = (
            await DoorCall.insert(row)
            .on_conflict(target=DoorCall.code, action="DO NOTHING")
            .returning(DoorCall.id)
        )
        if written:
            await _tell(placing, call, now)


async def _tell(placing: ReleasedPlacing, call: Call, now: datetime) -> None:
    conference = placing.conference
    payload = {
        "conference": conference_facts(conference),
        "title": placing.session.title,
        "start": placing.slot.start,
        "end": placing.slot.end,
        "person": call.name,
        "trouble": call.trouble.value,
        "words": as_typed(call.text),
        "page": link_ref(f"/organise/{conference.slug}/door"),
    }
    for name, address, language, zone in await _who_is_called(conference):
        await queue_mail(
            kind="door-call",
            to=address,
            to_name=name,
            language=language or languages_of(conference)[0],
            zone=zone or conference.zone,
            payload=payload,
            idempotency_key=f"door-call:{call.code}:{address_key(address)}"[:200],
            now=now,
            conference_id=conference.id,
        )


async def _who_is_called(conference: Conference) -> list[tuple[str, str, str, str]]:
    """Name, address, language and zone: the address named for it, else the contact's, else those in charge."""
    rules, _revision = await door_rules_of(conference.id)
    if address := rules.help_email or conference.contact_email:
        return [("", address, "", "")]
    members = await TeamMember.select(
        TeamMember.organiser._.name.as_alias("name"),
        TeamMember.organiser._.email.as_alias("email"),
        TeamMember.organiser._.language.as_alias("language"),
        TeamMember.organiser._.zone.as_alias("zone"),
    ).where(
        (TeamMember.conference == conference.id)
        & TeamMember.role.is_in([Role.OWNER.value, Role.REGISTRATION.value])
    )
    return [(row["name"], row["email"], row["language"], row["zone"]) for row in members]


@dataclass(frozen=True)
class CallLine:
    """A call as the desk lists it. ``slot`` is the code of what they wanted to join, "" once it is gone;
    ``answered_at`` None: it waits."""

    code: str
    name: str
    email: str
    trouble: DoorTrouble
    text: str
    asked_at: datetime
    answer: str
    answered_at: datetime | None
    answered_by: str
    slot: str
    session: str
    title: LocalText


async def calls_of(conference_id: int) -> list[CallLine]:
    """The calls, those that wait first and the oldest of them on top; at most 200. One query."""
    rows = (
        await DoorCall.select(
            *DoorCall.all_columns(exclude=[DoorCall.conference, DoorCall.slot, DoorCall.organiser]),
            DoorCall.organiser._.name.as_alias("organiser_name"),
            DoorCall.organiser._.email.as_alias("organiser_email"),
            DoorCall.slot._.code.as_alias("slot_code"),
            DoorCall.slot._.session._.code.as_alias("session_code"),
            DoorCall.slot._.session._.title.as_alias("title"),
        )
        .where(DoorCall.conference == conference_id)
        .order_by(DoorCall.id, ascending=False)
        .limit(MOST_SHOWN)
    )
    lines = [_line(row) for row in rows]
    waiting = [line for line in reversed(lines) if line.answered_at is None]
    return waiting + [line for line in lines if line.answered_at is not None]


def _line(row: Mapping[str, Any]) -> CallLine:
    return CallLine(
        code=row["code"],
        name=row["name"],
        email=row["email"],
        trouble=DoorTrouble(row["trouble"]),
        text=row["text"],
        asked_at=row["asked_at"],
        answer=row["answer"],
        answered_at=row["answered_at"],
        answered_by=row["organiser_name"] or row["organiser_email"] or "",
        slot=row["slot_code"] or "",
        session=row["session_code"] or "",
        title=texts.decode(row["title"]),
    )


async def open_calls(conference_id: int) -> int:
    """How many wait for an answer. One query."""
    found: int = await DoorCall.count().where(
        (DoorCall.conference == conference_id) & DoorCall.answered_at.is_null()
    )
    return found


async def settle_call(
    conference: Conference, code: str, answer: str, *, actor: SignedInOrganiser, now: datetime
) -> None:
    """Settle a call: an ``answer`` goes to the person by mail, "" means that it was settled otherwise.

    Raises NotFound, AlreadySettled. The same answer sent twice is sent once.
    """
    found = (
        await DoorCall.select(DoorCall.id)
        .where((DoorCall.conference == conference.id) & (DoorCall.code == code[:12]))
        .first()
    )
    if found is None:
        raise NotFound(_("There is no such call. It may have been deleted meanwhile."))
    async with locked(DoorCall, found["id"]):
        call = await DoorCall.objects().where(DoorCall.id == found["id"]).first()
        if call is None:
            raise NotFound(_("There is no such call. It may have been deleted meanwhile."))
        if call.answered_at is not None:
            if call.answer == answer:
                return
            raise AlreadySettled(_("A colleague has settled this meanwhile."))
        changes: dict[Any, Any] = {"answer": answer, "answered_at": now, "organiser": actor.id}
        await DoorCall.update(changes).where(DoorCall.id == call.id)
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="door-call-settled",
            subject=f"call:{call.code}",
            after={"answer": masked_text(answer)},
            now=now,
        )
        if answer:
            await _mail_answer(conference, call, answer, actor, now)


async def _mail_answer(
    conference: Conference, call: DoorCall, answer: str, actor: SignedInOrganiser, now: datetime
) -> None:
    row = (
        await Slot.select(Slot.code, Slot.start, Slot.end, Slot.session._.title.as_alias("title"))
        .where(Slot.id == call.slot)
        .first()
        if call.slot
        else None
    )
    about = (
        {
            "title": texts.decode(row["title"]),
            "start": row["start"],
            "end": row["end"],
            "join": link_ref(f"/join/{row['code']}"),
        }
        if row and row["start"]
        else {"title": {}}
    )
    await queue_mail(
        kind="door-answer",
        to=call.email,
        to_name=call.name,
        language=call.language,
        zone=call.zone,
        payload={
            "conference": conference_facts(conference),
            **about,
            "answer": as_typed(answer),
            "asked": as_typed(call.text),
            "author": actor.label,
        },
        idempotency_key=f"door-answer:{call.code}",
        now=now,
        conference_id=conference.id,
    )


async def forget_calls(now: datetime) -> int:
    """Delete calls that were made long ago. A job."""
    gone = await DoorCall.delete().where(DoorCall.asked_at <= now - KEPT_FOR).returning(DoorCall.id)
    return len(gone)
