"""The mails to speakers about their part, and those that tell the team what a speaker answered or asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from conference import texts
from conference.addresses import AddressRefused, parse_address
from conference.conferences import languages_of
from conference.mail import Ref, link_ref
from conference.outbox import queue_mail
from conference.tables import Conference, Role, TeamMember
from conference.texts import LocalText
from sessions.tables import Speaker

LINK_MAIL_EVERY = timedelta(minutes=10)  # at most one mail with a link in this time


@dataclass(frozen=True)
class ToldSession:
    """A session as a mail to its speaker lists it. ``times`` are its placings (aware UTC), () while it has none."""

    title: LocalText
    role: str
    times: tuple[tuple[datetime, datetime], ...] = ()

    def facts(self) -> dict[str, object]:
        """The session in a mail's payload."""
        return {
            "title": self.title,
            "role": self.role,
            "times": [{"start": start, "end": end} for start, end in self.times],
        }


def conference_facts(conference: Conference) -> dict[str, object]:
    """What mails say of the conference."""
    return {
        "name": texts.decode(conference.name),
        "zone": conference.zone,
        "url": link_ref(f"/{conference.slug}/"),
        "reply_to": conference.contact_email,
    }


def can_be_mailed(speaker: Speaker) -> bool:
    """Whether the speaker has an address that mail can be sent to; imported records may hold anything."""
    try:
        parse_address(speaker.email)
    except AddressRefused:
        return False
    return True


async def mail_invitation(
    speaker: Speaker, conference: Conference, page: Ref, sessions: Sequence[ToldSession], now: datetime
) -> None:
    """Invite the speaker to these sessions. Whoever calls has just set their state, so it is said once."""
    key = f"speaker-invitation:{speaker.code}:{now.isoformat()}"
    await _queue(speaker, conference, "speaker-invitation", _about(conference, page, sessions), key, now)


async def mail_reminder(
    speaker: Speaker, conference: Conference, page: Ref, sessions: Sequence[ToldSession], now: datetime
) -> None:
    """Remind the speaker of these sessions, which wait for their answer."""
    key = f"speaker-reminder:{speaker.code}:{now.isoformat()}"
    await _queue(speaker, conference, "speaker-reminder", _about(conference, page, sessions), key, now)


async def mail_link(speaker: Speaker, conference: Conference, page: Ref, now: datetime) -> bool:
    """Send the link to the speaker's page; once in ``LINK_MAIL_EVERY``. False where it was just sent."""
    payload = {
        "conference": conference_facts(conference),
        "page": page,
        "expires_at": speaker.link_expires_at,
    }
    window = int(now.timestamp() // LINK_MAIL_EVERY.total_seconds())
    key = f"speaker-link:{speaker.code}:{speaker.link_generation}:{window}"
    return await _queue(speaker, conference, "speaker-link", payload, key, now)


async def tell_team(
    speaker: Speaker,
    conference: Conference,
    what: str,
    fact: str,
    *,
    session: LocalText | None,
    words: str,
    now: datetime,
) -> None:
    """Tell those who make the programme, each in their zone and language.

    ``what`` is "declined" or "asked", or, of what they handed in, "changed", "replaced" or "taken-back"; ``fact`` names what
    happened, which is told once; ``session`` None: about the speaker as a whole; ``words`` are the speaker's own, or the title
    of what they handed in.
    """
    members = await TeamMember.select(
        TeamMember.organiser._.id.as_alias("id"),
        TeamMember.organiser._.email.as_alias("email"),
        TeamMember.organiser._.name.as_alias("name"),
        TeamMember.organiser._.language.as_alias("language"),
        TeamMember.organiser._.zone.as_alias("zone"),
    ).where(
        (TeamMember.conference == conference.id)
        & TeamMember.role.is_in([Role.OWNER.value, Role.PROGRAMME.value])
    )
    payload = {
        "conference": conference_facts(conference),
        "what": what,
        "speaker": speaker.name,
        "session": session or {},
        "words": words,
        "page": link_ref(f"/organise/{conference.slug}/speakers/{speaker.code}"),
    }
    for member in members:
        await queue_mail(
            kind="speaker-answered",
            to=member["email"],
            to_name=member["name"],
            language=member["language"] or languages_of(conference)[0],
            zone=member["zone"] or conference.zone,
            payload=payload,
            idempotency_key=f"speaker-{what}:{fact}:{member['id']}",
            now=now,
            conference_id=conference.id,
        )


def _about(conference: Conference, page: Ref, sessions: Sequence[ToldSession]) -> dict[str, object]:
    return {
        "conference": conference_facts(conference),
        "page": page,
        "sessions": [session.facts() for session in sessions],
    }


async def _queue(
    speaker: Speaker,
    conference: Conference,
    kind: str,
    payload: Mapping[str, object],
    key: str,
    now: datetime,
) -> bool:
    if not can_be_mailed(speaker):
        return False
    return await queue_mail(
        kind=kind,
        to=speaker.email,
        to_name=speaker.name,
        language=speaker.language or languages_of(conference)[0],
        zone=speaker.zone or conference.zone,
        payload=payload,
        idempotency_key=key,
        now=now,
        conference_id=conference.id,
    )
