"""The mails that carry calendar messages: one for one fact, and one for everything a single release changed.

RFC 5546 3.2.2 lets a REQUEST hold one UID alone, so two sessions are two iCalendar objects. RFC 6047 2.2 and 2.4 let
one mail hold several objects, each a ``text/calendar`` part with its own ``method``. So a release that moves three of a
person's sessions is one letter to read with three parts to apply. Several VEVENTs in one object would break the RFC, and
Apple's calendar refuses them; a mail for each would make ten letters of one fact. Programs that take in only the first
part (Gmail, Outlook) get the soonest session there; the others are attached as files of their own, and the words of the
letter name each session's file and give the address to subscribe to, so that nobody misses one. Seats taken and given
back by the person are letters of their own, since each is a fact of its own and every program then applies it unasked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conference import texts
from conference.mail import link_ref
from conference.outbox import queue_mail
from conference.tables import Conference
from registration.calendars.invites import Owed
from registration.calendars.tables import InviteMethod
from registration.entries.links import feed_ref, help_ref, join_ref, page_ref
from registration.tables import Registration, RegistrationStatus

KINDS = {
    "new": "invite",
    "updated": "invite-updated",
    "given-up": "invite-cancelled",
    "cancelled": "invite-cancelled",
    "readdressed": "invite-cancelled",
}


@dataclass(frozen=True)
class Message:
    """A calendar message with the names of what it is about. ``is_seat``: the slot has limited seats."""

    owed: Owed
    uid: str
    slot_code: str
    session_code: str
    title: texts.LocalText
    is_seat: bool = True


def letters(messages: Sequence[Message], now: datetime, *, is_release: bool) -> list[list[Message]]:
    """Which messages share a letter: all about one release; else those of the agenda, each seat standing alone.

    The soonest comes first. What is over at ``now`` (aware) is worth no mail and is left out.
    """
    live = sorted((one for one in messages if one.owed.end > now), key=lambda one: (one.owed.start, one.uid))
    if is_release:
        return [live] if live else []
    alone = [[one] for one in live if one.is_seat]
    together = [one for one in live if not one.is_seat]
    return [*alone, together] if together else alone


async def mail_messages(
    registration: Registration,
    conference: Conference,
    messages: Sequence[Message],
    now: datetime,
    *,
    is_release: bool,
) -> None:
    """Queue the letters that carry the messages. Inside the caller's transaction, which records them as sent."""
    for group in letters(messages, now, is_release=is_release):
        await _queue(registration, conference, group, now, is_release=is_release)


async def _queue(
    registration: Registration,
    conference: Conference,
    group: Sequence[Message],
    now: datetime,
    *,
    is_release: bool,
) -> None:
    first = group[0]
    payload: dict[str, Any] = {"conference": conference_facts(conference)}
    if registration.status == RegistrationStatus.CONFIRMED and group[0].owed.reason != "readdressed":
        payload["page"] = page_ref(conference.slug, registration.code, registration.link_generation)
    payload["invite"] = _invite(registration, conference, first)
    kind = KINDS[first.owed.reason]
    if len(group) == 1:
        payload |= _told(registration, first)
    else:
        kind = "release-digest" if is_release else "agenda-invites"
        payload["changes"] = [_told(registration, one) for one in group]  # in the order of the files
        if "page" in payload:
            payload["feed"] = feed_ref(registration.code, registration.feed_generation)
        payload["more_invites"] = [
            {**_invite(registration, conference, one), "method": one.owed.method.value} for one in group[1:]
        ]
    await queue_mail(
        kind=kind,
        to=registration.email,
        to_name=registration.name,
        language=registration.language,
        zone=registration.zone,
        payload=payload,
        idempotency_key=(
            f"invite:{registration.code}:{first.slot_code}:{first.owed.method.value}:{first.owed.sequence}"
        ),
        now=now,
        conference_id=conference.id,
        calendar_method=first.owed.method.value,
        useless_after=max(one.owed.end for one in group),
    )


def _told(registration: Registration, message: Message) -> dict[str, Any]:
    owed = message.owed
    facts: dict[str, Any] = {
        "title": message.title,
        "start": owed.start,
        "end": owed.end,
        "was_start": owed.was_start or owed.start,
        "was_end": owed.was_end or owed.end,
        "reason": owed.reason,
        "seat": message.is_seat,
    }
    if owed.method is InviteMethod.REQUEST:
        facts["join"] = join_ref(message.slot_code, registration.code, registration.feed_generation)
        facts["help"] = help_ref(message.slot_code)
    return facts


def _invite(registration: Registration, conference: Conference, message: Message) -> dict[str, Any]:
    owed = message.owed
    facts: dict[str, Any] = {
        "uid": message.uid,
        "sequence": owed.sequence,
        "title": message.title,
        "start": owed.start,
        "end": owed.end,
        "status": "cancelled" if owed.reason == "cancelled" else "confirmed",
    }
    if owed.method is InviteMethod.REQUEST:
        facts["join"] = join_ref(message.slot_code, registration.code, registration.feed_generation)
    if message.session_code:
        facts["url"] = link_ref(f"/{conference.slug}/sessions/{message.session_code}")
    return facts


def conference_facts(conference: Conference) -> dict[str, object]:
    """What mails say of the conference."""
    return {
        "name": texts.decode(conference.name),
        "zone": conference.zone,
        "url": link_ref(f"/{conference.slug}/programme"),
        "reply_to": conference.contact_email,
    }
