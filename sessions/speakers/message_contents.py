"""What a mail from the team says to each speaker who gets it: in which language, on whose clock, with which sessions."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conference import texts
from conference.conferences import languages_of
from conference.mail import Ref, link_ref, words
from conference.mail.desk import masked
from conference.tables import Conference
from conference.texts import LocalText
from sessions.speakers.audience import SpeakerRow
from sessions.speakers.letters import ToldSession, conference_facts
from sessions.speakers.placeholders import blocks, filled, uses
from sessions.tables import Appearance, AppearanceState, SessionState, Slot

KIND = "speaker-message"


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
        rendered = words.render(
            KIND, masked(_as_stored(said)), one.language, one.zone, name=one.row.name, base_url=base_url
        )
        made.append(Preview(one, rendered.subject, rendered.text))
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
