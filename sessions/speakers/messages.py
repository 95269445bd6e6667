"""Mails that the team writes to speakers: to whom, as each gets it, sent once, and kept."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from conference import audit, texts
from conference.conferences import languages_of
from conference.db import locked
from conference.errors import Conflict, InvalidInput, NotFound
from conference.i18n import _
from conference.mail import Ref, link_ref
from conference.mail import words as mail_words
from conference.mail.desk import masked
from conference.outbox import queue_mail
from conference.tables import Conference, MailState, Organiser, OutgoingMail
from conference.texts import LocalText
from conference.viewer import SignedInOrganiser
from sessions.speakers.audience import Filter, SpeakerRow, chosen, speaker_rows
from sessions.speakers.letters import ToldSession, conference_facts
from sessions.speakers.links import ensure_link, page_ref
from sessions.speakers.placeholders import blocks, filled, uses
from sessions.tables import Appearance, AppearanceState, SessionState, Slot, Speaker, SpeakerMessage

KIND = "speaker-message"
STILL_GOOD = timedelta(days=7)
"""A link that works at least so long is sent as it is; for another the conference's dates are asked again."""
_CODE = re.compile(r"[a-z0-9]{8,16}")


class AudienceChanged(Conflict):
    """Not those who were shown before would get the mail."""


class NobodyToWriteTo(InvalidInput):
    """The filter means nobody who has an address."""

    http_status = 422


@dataclass(frozen=True)
class MessageFacts:
    """What the mail says, by language: Markdown has no meaning in it, placeholders have (see ``placeholders``)."""

    subject: LocalText
    body: LocalText

    def language_for(self, wanted: str, languages: Sequence[str]) -> str:
        """The language in which somebody who wants ``wanted`` gets it: the nearest there is a text in."""
        for code in (wanted, wanted.split("-")[0], *languages):
            if code in self.subject and code in self.body:
                return code
        return next(code for code in self.body if code in self.subject)

    @property
    def uses_link(self) -> bool:
        """Whether any of its texts has a link to the speaker's own page."""
        return any(uses(text, "link") for text in self.body.values())


@dataclass(frozen=True)
class Recipient:
    """A speaker who gets the mail, in which language and on whose clock."""

    row: SpeakerRow
    language: str
    zone: str


@dataclass(frozen=True)
class Audience:
    """Who gets the mail, and who does not because they have no address."""

    recipients: tuple[Recipient, ...]
    without_address: tuple[SpeakerRow, ...]

    @property
    def fingerprint(self) -> str:
        """Sixteen characters that change when somebody else would get it, or in another language."""
        told = "\n".join(sorted(f"{one.row.code} {one.language}" for one in self.recipients))
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def audience_of(conference: Conference, rows: Iterable[SpeakerRow], facts: MessageFacts) -> Audience:
    """The speakers as recipients. Those who chose no language get the conference's first."""
    languages = languages_of(conference)
    meant = list(rows)
    return Audience(
        tuple(
            Recipient(
                row, facts.language_for(row.language or languages[0], languages), row.zone or conference.zone
            )
            for row in meant
            if row.email
        ),
        tuple(row for row in meant if not row.email),
    )


async def sessions_told(conference_id: int, speakers: Collection[int]) -> dict[int, list[ToldSession]]:
    """The sessions of these speakers (row ids) that take place and they have not declined, in order of time.

    Two queries, however many speakers there are.
    """
    wanted = set(speakers)
    appearances = await (
        Appearance.select(
            Appearance.speaker,
            Appearance.session,
            Appearance.role,
            Appearance.session._.title.as_alias("title"),
        )
        .where(
            (Appearance.session._.conference == conference_id)
            & (Appearance.session._.state == SessionState.ACTIVE.value)
            & (Appearance.state != AppearanceState.DECLINED.value)
        )
        .order_by(Appearance.id)
    )
    times: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for slot in (
        await Slot.select(Slot.session, Slot.start, Slot.end)
        .where((Slot.conference == conference_id) & Slot.start.is_not_null() & Slot.is_cancelled.eq(False))
        .order_by(Slot.start)
    ):
        times[slot["session"]].append((slot["start"], slot["end"]))
    told: dict[int, list[ToldSession]] = defaultdict(list)
    for row in appearances:
        if row["speaker"] in wanted:
            placed = tuple(times[row["session"]])
            told[row["speaker"]].append(ToldSession(texts.decode(row["title"]), row["role"], placed))
    for sessions in told.values():
        sessions.sort(key=lambda one: (not one.times, [start.timestamp() for start, _end in one.times]))
    return told


def payload(
    conference: Conference,
    facts: MessageFacts,
    to: Recipient,
    sessions: Sequence[ToldSession],
    page: Ref,
    *,
    author: str,
    is_test: bool = False,
) -> dict[str, Any]:
    """What ``templates/mail/speaker-message.txt`` tells one recipient."""
    name = texts.pick(conference.name, to.language, languages_of(conference))
    values = {"name": to.row.name, "conference": name}
    return {
        "conference": conference_facts(conference),
        "subject": filled(facts.subject[to.language], values),
        "blocks": blocks(facts.body[to.language], values),
        "sessions": [session.facts() for session in sessions],
        "page": page,
        "author": author,
        "is_test": is_test,
    }


@dataclass(frozen=True)
class Preview:
    """A mail as one recipient will read it, the secret of their link left out."""

    to: Recipient
    subject: str
    text: str


async def previews(
    conference: Conference, facts: MessageFacts, to: Sequence[Recipient], *, author: str, base_url: str
) -> list[Preview]:
    """The mail as these recipients get it, each on their own clock and in their own language. Two queries."""
    told = await sessions_told(conference.id, [one.row.id for one in to])
    made = []
    for one in to:
        page = link_ref("/speak/", {"$token": []})
        said = payload(conference, facts, one, told.get(one.row.id, []), page, author=author)
        words = mail_words.render(
            KIND, masked(_as_stored(said)), one.language, one.zone, name=one.row.name, base_url=base_url
        )
        made.append(Preview(one, words.subject, words.text))
    return made


def _as_stored(said: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(said, default=lambda moment: moment.isoformat()))


def varied(recipients: Sequence[Recipient], most: int) -> list[Recipient]:
    """At most so many recipients to look at: first one for each language and zone there is, then others."""
    seen: set[tuple[str, str]] = set()
    first: list[Recipient] = []
    others: list[Recipient] = []
    for one in recipients:
        kind = (one.language, one.zone)
        (others if kind in seen else first).append(one)
        seen.add(kind)
    return [*first, *others][:most]


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
