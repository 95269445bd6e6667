"""Rules about mails that the team writes to attendees: tried out, sent to each once, and kept."""

from __future__ import annotations

import json
import re
from datetime import datetime

from conference import audit, texts
from conference.conferences import languages_of
from conference.db import locked, locking, transaction
from conference.errors import Conflict, InvalidInput, NotFound
from conference.i18n import _
from conference.outbox import queue_mail
from conference.tables import Conference, Organiser, OutgoingMail
from conference.viewer import SignedInOrganiser
from registration.desk.filters import Filter, read_filter
from registration.desk.lists import BATCH
from registration.desk.message_contents import (
    KIND,
    audience_of,
    payload,
    recipients,
    sessions_told,
    shown,
)
from registration.desk.tables import AttendeeMessage
from registration.entries.links import page_ref
from registration.tables import Registration
from sessions.programme.snapshot import ReleasedProgramme
from sessions.speakers.message_contents import MessageFacts

_CODE = re.compile(r"[a-z0-9]{8,12}")


class AudienceChanged(Conflict):
    """Not those who were shown before would get the mail."""


class NobodyToWriteTo(InvalidInput):
    """The filter means nobody who may be written to."""

    http_status = 422


async def send_test(
    conference: Conference,
    programme: ReleasedProgramme | None,
    facts: MessageFacts,
    wanted: Filter,
    *,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    """Send the organiser the mail as the first of those shown would get it. Raises NobodyToWriteTo, AddressRefused."""
    audience = await audience_of(conference, wanted, now)
    found = await shown(conference, programme, facts, wanted, audience, actor.label, now, is_test=True)
    if not found:
        raise NobodyToWriteTo(_("Nobody who can be written to fits these filters."))
    to, language, said = found[0]
    await queue_mail(
        kind=KIND,
        to=actor.email,
        to_name=actor.name,
        language=language,
        zone=to.zone,
        payload=said,
        idempotency_key=f"{KIND}-test:{actor.id}:{now.isoformat()}",
        now=now,
        conference_id=conference.id,
    )


async def send_message(
    conference: Conference,
    programme: ReleasedProgramme | None,
    facts: MessageFacts,
    wanted: Filter,
    *,
    is_news: bool,
    code: str,
    expected: str,
    actor: SignedInOrganiser,
    now: datetime,
) -> AttendeeMessage:
    """Keep the mail and queue it to everyone the filter means; sent again under the same ``code`` nobody gets it twice.

    ``expected`` is the fingerprint of the audience that the organiser was shown. Raises AudienceChanged when it is
    another by now, and NobodyToWriteTo; then nothing is sent.
    """
    if not _CODE.fullmatch(code):
        raise InvalidInput(_("This form has expired. Please write the mail again."))
    # The organiser's own row: two presses of one button take turns, and no lock of a registration is held.
    async with locked(Organiser, actor.id):
        message = await _message(conference.id, code)
        if message is None:
            audience = await audience_of(conference, wanted, now)
            if not audience.total:
                raise NobodyToWriteTo(_("Nobody who can be written to fits these filters."))
            if audience.fingerprint != expected:
                raise AudienceChanged(_("Meanwhile others would get this mail. Please look at who they are."))
            message = AttendeeMessage(
                conference=conference.id,
                code=code,
                organiser=actor.id,
                subject=texts.encode(facts.subject),
                body=texts.encode(facts.body),
                audience=json.dumps({"filter": wanted.query, "last": audience.last}, ensure_ascii=False),
                is_news=is_news,
                recipients=audience.total,
                sent_at=now,
            )
            await message.save()
            await audit.record(
                conference_id=conference.id,
                actor=actor,
                action="attendee-message-sent",
                subject=f"message:{code}",
                after={"subject": message.subject, "recipients": message.recipients},
                now=now,
            )
    await send_rest(conference, programme, message, author=actor.label, now=now)
    return message


async def send_rest(
    conference: Conference,
    programme: ReleasedProgramme | None,
    message: AttendeeMessage,
    *,
    author: str,
    now: datetime,
) -> None:
    """Queue the mail to everyone it was meant for who has not got it: all of them at first, none in the end.

    Some hundred in one transaction, so that registering never waits for long; stopped at any point, it goes on from there.
    """
    facts = MessageFacts(texts.decode(message.subject), texts.decode(message.body))
    kept, languages = json.loads(message.audience), languages_of(conference)
    wanted, last = read_filter(kept["filter"]), 0
    while True:
        meant = await recipients(
            conference,
            wanted,
            message.sent_at,
            "AND registration.id > {} AND registration.id <= {} ORDER BY registration.id LIMIT {}",
            last,
            kept["last"],
            BATCH,
        )
        if not meant:
            return
        async with transaction():
            # Nobody is erased, withdraws or changes their address between here and the end; whoever just did is read anew.
            numbers = [to.id for to in meant]
            await locking(
                Registration.select(Registration.id)
                .where(Registration.id.is_in(numbers))
                .order_by(Registration.id)
            )
            people = await recipients(
                conference,
                wanted,
                message.sent_at,
                "AND registration.id > {} AND registration.id <= {} ORDER BY registration.id",
                last,
                numbers[-1],
            )
            told = await sessions_told([to.id for to in people], programme)
            for to in people:
                language = facts.language_for(to.language, languages)
                page = page_ref(conference.slug, to.code, to.link_generation)
                said = payload(conference, facts, to, language, told.get(to.id, []), page, author=author)
                await queue_mail(
                    kind=KIND,
                    to=to.email,
                    to_name=to.name,
                    language=language,
                    zone=to.zone,
                    payload=said,
                    idempotency_key=f"{KIND}:{message.code}:{to.code}",
                    now=now,
                    conference_id=conference.id,
                    is_promotional=message.is_news,
                )
        if len(meant) < BATCH:
            return
        last = numbers[-1]


async def _message(conference_id: int, code: str) -> AttendeeMessage | None:
    return (
        await AttendeeMessage.objects()
        .where((AttendeeMessage.conference == conference_id) & (AttendeeMessage.code == code[:12]))
        .first()
    )


async def message_by_code(conference_id: int, code: str) -> AttendeeMessage:
    """The mail that was sent under this code. Raises NotFound."""
    message = await _message(conference_id, code)
    if message is None:
        raise NotFound(_("There is no such mail."))
    return message


async def messages_of(conference_id: int) -> list[AttendeeMessage]:
    """Every mail the team wrote to attendees, the latest first. One query."""
    return (
        await AttendeeMessage.objects()
        .where(AttendeeMessage.conference == conference_id)
        .order_by(AttendeeMessage.id, ascending=False)
    )


async def states_of(message: AttendeeMessage) -> dict[str, int]:
    """How far the mail came: recipients by the state of their mail. One query."""
    rows = await OutgoingMail.raw(
        "SELECT state, COUNT(*) AS number FROM outgoing_mail "
        "WHERE conference = {} AND idempotency_key LIKE {} GROUP BY state",
        message.conference,
        f"{KIND}:{message.code}:%",
    )
    return {row["state"]: row["number"] for row in rows}
