"""Rules about mails that the team writes to speakers: tried out, sent once, and kept."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from conference import audit, texts
from conference.db import locked
from conference.errors import Conflict, InvalidInput, NotFound
from conference.i18n import _
from conference.mail import Ref, link_ref
from conference.outbox import queue_mail
from conference.tables import Conference, MailState, Organiser, OutgoingMail
from conference.viewer import SignedInOrganiser
from sessions.speakers.audience import Filter, chosen, speaker_rows
from sessions.speakers.links import ensure_link, page_ref
from sessions.speakers.message_contents import (
    KIND,
    MessageFacts,
    Recipient,
    audience_of,
    payload,
    sessions_told,
)
from sessions.tables import Speaker, SpeakerMessage

STILL_GOOD = timedelta(days=7)
"""A link that works at least so long is sent as it is; for another the conference's dates are asked again."""
_CODE = re.compile(r"[a-z0-9]{8,16}")


class AudienceChanged(Conflict):
    """Not those who were shown before would get the mail."""


class NobodyToWriteTo(InvalidInput):
    """The filter means nobody who has an address."""

    http_status = 422


async def send_test(
    conference: Conference, facts: MessageFacts, like: Recipient, *, actor: SignedInOrganiser, now: datetime
) -> None:
    """Send the organiser the mail as that recipient would get it; its link leads to the desk, not to their page."""
    told = await sessions_told(conference.id, [like.row.id])
    page = link_ref(f"/organise/{conference.slug}/speakers/{like.row.code}")
    said = payload(conference, facts, like, told.get(like.row.id, []), page, author=actor.label, is_test=True)
    await queue_mail(
        kind=KIND,
        to=actor.email,
        to_name=actor.name,
        language=like.language,
        zone=like.zone,
        payload=said,
        idempotency_key=f"{KIND}-test:{actor.id}:{now.isoformat()}",
        now=now,
        conference_id=conference.id,
    )


async def send_message(
    conference: Conference,
    facts: MessageFacts,
    wanted: Filter,
    *,
    code: str,
    expected: str,
    actor: SignedInOrganiser,
    now: datetime,
) -> SpeakerMessage:
    """Queue the mail to everyone the filter means, and keep it. Sent again under the same ``code`` it is sent once.

    ``expected`` is the fingerprint of the audience that the organiser was shown. Raises AudienceChanged when it is
    another by now, and NobodyToWriteTo; then nothing is sent.
    """
    if not _CODE.fullmatch(code):
        raise InvalidInput(_("This form has expired. Please write the mail again."))
    if sent := await _message(conference.id, code):
        return sent
    meant = chosen(await speaker_rows(conference.id), wanted)
    audience = audience_of(conference, meant, facts)
    if not audience.recipients:
        raise NobodyToWriteTo(_("Nobody of these has an e-mail address."))
    if audience.fingerprint != expected:
        raise AudienceChanged(_("Meanwhile others would get this mail. Please look at who they are."))
    recipients = [one.row.id for one in audience.recipients]
    told = await sessions_told(conference.id, recipients)
    # Links first, each in a short transaction of its own: others must not wait while hundreds are made.
    pages = await _pages(recipients, now) if facts.uses_link else {}
    nowhere = link_ref(f"/{conference.slug}/")
    # The organiser's own row: two presses of one button take turns, and no lock of the programme is held.
    async with locked(Organiser, actor.id):
        if sent := await _message(conference.id, code):
            return sent
        for one in audience.recipients:
            page = pages.get(one.row.id, nowhere)
            await queue_mail(
                kind=KIND,
                to=one.row.email,
                to_name=one.row.name,
                language=one.language,
                zone=one.zone,
                payload=payload(conference, facts, one, told.get(one.row.id, []), page, author=actor.label),
                idempotency_key=f"{KIND}:{code}:{one.row.code}",
                now=now,
                conference_id=conference.id,
            )
        message = SpeakerMessage(
            conference=conference.id,
            code=code,
            organiser=actor.id,
            subject=texts.encode(facts.subject),
            body=texts.encode(facts.body),
            audience=json.dumps(
                {
                    "filter": wanted.query,
                    "speakers": [one.row.code for one in audience.recipients],
                    "without_address": [row.name for row in audience.without_address],
                },
                ensure_ascii=False,
            ),
            recipients=len(audience.recipients),
            sent_at=now,
        )
        await message.save()
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="speaker-message-sent",
            subject=f"message:{code}",
            after={"subject": message.subject, "recipients": message.recipients},
            now=now,
        )
    return message


async def _pages(speakers: Sequence[int], now: datetime) -> dict[int, Ref]:
    """The own pages of these speakers (row ids), each of whom has a working link from now on."""
    rows = await Speaker.objects().where(Speaker.id.is_in(list(speakers)))
    pages = {}
    for speaker in rows:
        is_fresh = speaker.link_expires_at is not None and speaker.link_expires_at > now + STILL_GOOD
        pages[speaker.id] = page_ref(speaker if is_fresh else await ensure_link(speaker.id, now))
    return pages


async def _message(conference_id: int, code: str) -> SpeakerMessage | None:
    return (
        await SpeakerMessage.objects()
        .where((SpeakerMessage.conference == conference_id) & (SpeakerMessage.code == code[:16]))
        .first()
    )


async def message_by_code(conference_id: int, code: str) -> SpeakerMessage:
    """The mail that was sent under this code. Raises NotFound."""
    message = await _message(conference_id, code) if code else None
    if message is None:
        raise NotFound(_("There is no such mail."))
    return message


async def messages_of(conference_id: int) -> list[SpeakerMessage]:
    """Every mail the team wrote to speakers, the latest first. One query."""
    return (
        await SpeakerMessage.objects()
        .where(SpeakerMessage.conference == conference_id)
        .order_by(SpeakerMessage.id, ascending=False)
    )


@dataclass(frozen=True)
class Got:
    """A speaker to whom a mail was sent, and how far it came. ``mail`` names it in the list of all mails."""

    name: str
    email: str
    state: MailState
    mail: str


async def who_got(message: SpeakerMessage) -> list[Got]:
    """Everyone to whom the mail was sent, by name. One query."""
    rows = await OutgoingMail.select(
        OutgoingMail.recipient,
        OutgoingMail.recipient_name,
        OutgoingMail.state,
        OutgoingMail.message_id,
    ).where(
        (OutgoingMail.conference == message.conference)
        & OutgoingMail.idempotency_key.like(f"{KIND}:{message.code}:%")
    )
    found = [
        Got(row["recipient_name"], row["recipient"], MailState(row["state"]), row["message_id"])
        for row in rows
    ]
    return sorted(found, key=lambda got: got.name.casefold())
