"""People whom the organisers invite to register: each gets a link by mail that carries them in."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from conference import audit, texts
from conference.addresses import AddressRefused, address_key, parse_address
from conference.codes import derived_token, new_code
from conference.conferences import languages_of
from conference.db import transaction
from conference.errors import NotFound
from conference.i18n import _
from conference.mail import link_ref, token_ref
from conference.outbox import queue_mail
from conference.tables import Conference
from conference.texts import clean_line
from conference.viewer import SignedInOrganiser
from registration.calendars.sync import conference_facts
from registration.entries.tables import Invitation
from registration.tables import AttendeeCategory, Registration, RegistrationStatus

MOST_AT_ONCE = 200
_PURPOSE = "invitation"
_LINE = re.compile(r"(.*?)[\s,;<\"]*([^\s,;<>\"]+@[^\s,;<>\"]+)>?")


@dataclass(frozen=True)
class Invitee:
    """Somebody to be invited: ``email`` ready to be sent to, ``name`` perhaps empty."""

    email: str
    name: str = ""


def read_invitees(text: str) -> tuple[tuple[Invitee, ...], tuple[str, ...]]:
    """One person to a line, as ``Name <address>``, ``Name, address`` or an address alone; and why lines are refused."""
    found: dict[str, Invitee] = {}
    refused = []
    lines = [(number, clean_line(line)) for number, line in enumerate(text.splitlines(), 1)]
    filled = [(number, line) for number, line in lines if line]
    for number, line in filled:
        match = _LINE.fullmatch(line)
        try:
            address = parse_address(match[2] if match else line).address
        except AddressRefused as error:
            refused.append(_("Line %(number)s: %(why)s") % {"number": number, "why": error.message})
            continue
        name = match[1].strip(' ",;<')[:200] if match else ""
        found.setdefault(address_key(address), Invitee(address, name))
    if len(found) > MOST_AT_ONCE:
        refused.append(_("Please invite at most %(most)s people at a time.") % {"most": MOST_AT_ONCE})
    return tuple(found.values()), tuple(refused)


async def invite(
    conference: Conference,
    people: Sequence[Invitee],
    category: int | None = None,
    *,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> int:
    """Invite each of them by mail, to come in the category (row id; None: in any that needs no invitation of its own).

    Who was invited before gets the same link again, at most once a day for each category, and comes as what they are
    invited as now.
    """
    async with transaction():
        for person in people:
            row = Invitation(
                conference=conference.id,
                code=new_code(12),
                email=person.email,
                email_key=address_key(person.email),
                name=person.name,
                category=category,
                created_at=now,
                sent_at=now,
            )
            await Invitation.insert(row).on_conflict(
                target=(Invitation.conference, Invitation.email_key),
                action="DO UPDATE",
                values=[Invitation.category, Invitation.sent_at],
            )
            await _mail(conference, address_key(person.email), now)
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="people-invited",
            subject=f"conference:{conference.slug}",
            after={"people": len(people), "category": category},
            now=now,
        )
    return len(people)


async def _mail(conference: Conference, email_key: str, now: datetime) -> None:
    kept = await invitation_for(conference.id, email_key)
    if kept is None:
        return
    address = f"/{conference.slug}/register?invitation={kept.code}."
    kind = await AttendeeCategory.objects().where(AttendeeCategory.id == (kept.category or 0)).first()
    await queue_mail(
        kind="registration-invitation",
        to=kept.email,
        to_name=kept.name,
        language=languages_of(conference)[0],
        zone=conference.zone,
        payload={
            "conference": conference_facts(conference),
            "link": link_ref(address, token_ref(_PURPOSE, kept.code, kept.generation)),
            "category": texts.decode(kind.name) if kind else {},
        },
        idempotency_key=f"registration-invitation:{kept.code}:{kept.category or 0}:{now.date().isoformat()}",
        now=now,
        conference_id=conference.id,
    )


async def remove_invitation(
    conference: Conference, code: str, *, actor: SignedInOrganiser | str, now: datetime
) -> None:
    """Take an invitation back: its link works no more. Who has registered stays. Raises NotFound."""
    async with transaction():
        gone = (
            await Invitation.delete()
            .where((Invitation.conference == conference.id) & (Invitation.code == code))
            .returning(Invitation.id)
        )
        if not gone:
            raise NotFound(_("There is no such invitation."))
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="invitation-removed",
            subject=f"invitation:{code}",
            now=now,
        )


async def invitation_for(conference_id: int, email_key: str) -> Invitation | None:
    """The invitation that went to this address, if any. One query."""
    return await (
        Invitation.objects()
        .where((Invitation.conference == conference_id) & (Invitation.email_key == email_key))
        .first()
    )


async def is_invited(registration: Registration) -> bool:
    """Whether the organisers invited the person as what they come: that is their yes. One query."""
    found = await invitation_for(registration.conference, address_key(registration.email))
    return found is not None and found.category in (None, registration.category)


async def invitation_by_link(conference: Conference, link: str) -> Invitation | None:
    """Whose link this is; None for one that is not known, or taken back. One query."""
    code, _dot, token = link.partition(".")
    if not link.isascii() or not 0 < len(code) <= 12:
        return None
    found = await (
        Invitation.objects()
        .where((Invitation.conference == conference.id) & (Invitation.code == code))
        .first()
    )
    if found is None or not hmac.compare_digest(derived_token(_PURPOSE, code, found.generation), token):
        return None
    return found


async def invitations_of(conference: Conference) -> list[dict[str, object]]:
    """Everybody invited, the latest first, and whether they are registered. Two queries."""
    rows = (
        await Invitation.objects()
        .where(Invitation.conference == conference.id)
        .order_by(Invitation.id, ascending=False)
    )
    registered = await Registration.select(Registration.attendee._.email_key.as_alias("key")).where(
        (Registration.conference == conference.id)
        & (Registration.status != RegistrationStatus.WITHDRAWN.value)
    )
    known = {row["key"] for row in registered}
    return [
        {
            "code": row.code,
            "name": row.name,
            "email": row.email,
            "category": row.category,
            "is_registered": row.email_key in known,
        }
        for row in rows
    ]
