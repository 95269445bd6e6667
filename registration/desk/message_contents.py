"""Who gets a mail from the team to attendees, and what it says to each: in which language, on whose clock, with which sessions."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conference import texts
from conference.conferences import languages_of
from conference.db import connection_scope
from conference.mail import Ref, link_ref, words
from conference.mail.desk import masked
from conference.tables import Conference
from registration.calendars.sync import conference_facts
from registration.calendars.tables import AgendaItem
from registration.desk.filters import Condition, Filter
from registration.desk.lists import meant, rows_of
from registration.seating.tables import Seat
from sessions.programme.snapshot import ReleasedProgramme
from sessions.speakers.message_contents import MessageFacts
from sessions.speakers.placeholders import blocks, filled

KIND = "attendee-message"
SHOWN = 3  # recipients whose mails are shown before sending
_WHO = (
    "registration.id, registration.code, registration.name, registration.email, registration.language, "
    "registration.zone, registration.link_generation"
)


@dataclass(frozen=True)
class Recipient:
    """Somebody who gets the mail. ``language`` is the one they chose."""

    id: int
    code: str
    name: str
    email: str
    language: str
    zone: str
    link_generation: int


@dataclass(frozen=True)
class Audience:
    """How many get the mail: ``kinds`` is their number by (language, zone), ``last`` the highest row id among them."""

    kinds: Mapping[tuple[str, str], int]
    shown: tuple[int, ...]  # row ids: one of each of the commonest kinds
    last: int

    @property
    def total(self) -> int:
        """How many get it."""
        return sum(self.kinds.values())

    @property
    def fingerprint(self) -> str:
        """Changes when others would get it."""
        return f"{self.total}.{self.last}"

    def without(self, written: Collection[str]) -> int:
        """How many chose a language in which it is not written."""
        known = {code.split("-")[0] for code in written}
        return sum(
            count for (language, _z), count in self.kinds.items() if language.split("-")[0] not in known
        )


def _reachable(conference: Conference, wanted: Filter, now: datetime) -> Condition:
    """Those the filter means and who may be written to.

    Who withdrew gets no mail; who was refused, never confirmed the address, or has no place yet, only when the filter names
    them: what is written to everybody is for those who take part.
    """
    silent = ["withdrawn"]
    if not (wanted.status or wanted.unconfirmed):
        silent += ["refused", "pending"]
        if not wanted.waits:
            silent += ["applied", "waiting"]
    test = meant(conference, wanted, now)
    marks = ", ".join("{}" for _status in silent)
    return Condition(f"{test.sql} AND registration.status NOT IN ({marks})", (*test.arguments, *silent))


async def audience_of(conference: Conference, wanted: Filter, now: datetime) -> Audience:
    """Who would get a mail to this filter. One query."""
    rows = await rows_of(
        "registration.language AS language, registration.zone AS zone, COUNT(*) AS number, "
        "MIN(registration.id) AS first, MAX(registration.id) AS last",
        _reachable(conference, wanted, now),
        "GROUP BY registration.language, registration.zone",
    )
    rows = sorted(rows, key=lambda row: (-row["number"], row["first"]))
    return Audience(
        {(row["language"], row["zone"]): row["number"] for row in rows},
        tuple(row["first"] for row in rows[:SHOWN]),
        max((row["last"] for row in rows), default=0),
    )


async def recipients(
    conference: Conference, wanted: Filter, now: datetime, tail: str, *arguments: Any
) -> list[Recipient]:
    """Those who get it, as far as ``tail`` goes. One query."""
    rows = await rows_of(_WHO, _reachable(conference, wanted, now), tail, *arguments)
    return [Recipient(**row) for row in rows]


async def sessions_told(
    people: Sequence[int], programme: ReleasedProgramme | None
) -> dict[int, list[dict[str, Any]]]:
    """What these registrations (row ids) have chosen, in order of time. Two queries."""
    if programme is None or not people:
        return {}
    chosen: dict[int, set[int]] = {}
    async with connection_scope():
        for table in (Seat, AgendaItem):
            for row in await table.select(table.registration, table.slot).where(
                table.registration.is_in(list(people))
            ):
                chosen.setdefault(row["registration"], set()).add(row["slot"])
    placings = [
        (session, slot)
        for session, slot in programme.placings
        if not slot.is_cancelled and not session.is_cancelled
    ]
    return {
        person: [
            {"title": session.title, "start": slot.start, "end": slot.end}
            for session, slot in placings
            if slot.id in slots
        ]
        for person, slots in chosen.items()
    }


def payload(
    conference: Conference,
    facts: MessageFacts,
    to: Recipient,
    language: str,
    sessions: Sequence[Mapping[str, Any]],
    page: Ref,
    *,
    author: str,
    is_test: bool = False,
) -> dict[str, Any]:
    """What ``templates/mail/attendee-message.txt`` tells one recipient."""
    values = {
        "name": to.name,
        "conference": texts.pick(conference.name, language, languages_of(conference)),
    }
    return {
        "conference": conference_facts(conference),
        "subject": filled(facts.subject[language], values),
        "blocks": blocks(facts.body[language], values),
        "sessions": list(sessions),
        "page": page,
        "author": author,
        "is_test": is_test,
    }


@dataclass(frozen=True)
class Preview:
    """A mail as one recipient will read it, the secret of their link left out."""

    to: Recipient
    language: str
    subject: str
    text: str


async def previews(
    conference: Conference,
    programme: ReleasedProgramme | None,
    facts: MessageFacts,
    wanted: Filter,
    audience: Audience,
    *,
    author: str,
    base_url: str,
    now: datetime,
) -> list[Preview]:
    """The mail as one of each of the commonest kinds of recipient gets it. Three queries."""
    made = []
    for to, language, said in await shown(conference, programme, facts, wanted, audience, author, now):
        stored = json.loads(json.dumps(said, default=lambda moment: moment.isoformat()))
        rendered = words.render(KIND, masked(stored), language, to.zone, name=to.name, base_url=base_url)
        made.append(Preview(to, language, rendered.subject, rendered.text))
    return made


async def shown(
    conference: Conference,
    programme: ReleasedProgramme | None,
    facts: MessageFacts,
    wanted: Filter,
    audience: Audience,
    author: str,
    now: datetime,
    *,
    is_test: bool = False,
) -> list[tuple[Recipient, str, dict[str, Any]]]:
    """The recipients to look at, each with the language of their mail and what it says. Three queries."""
    marks = ", ".join("{}" for _one in audience.shown) or "0"
    people = await recipients(
        conference, wanted, now, f"AND registration.id IN ({marks}) ORDER BY registration.id", *audience.shown
    )
    told, languages = await sessions_told([to.id for to in people], programme), languages_of(conference)
    # Whoever looks at it or tries it out gets no key: the link is the recipient's alone.
    page = (
        link_ref(f"/{conference.slug}/me") if is_test else link_ref(f"/{conference.slug}/me/", {"$token": []})
    )
    found = []
    for to in people:
        language = facts.language_for(to.language, languages)
        said = payload(
            conference, facts, to, language, told.get(to.id, []), page, author=author, is_test=is_test
        )
        found.append((to, language, said))
    return found
