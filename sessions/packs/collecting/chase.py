"""Asking speakers for what their sessions still owe: whom a filter means, as each gets it, one letter to each, sent once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from conference import dates, texts
from conference.conferences import languages_of
from conference.db import locked
from conference.errors import Conflict, InvalidInput
from conference.i18n import _
from conference.mail import Ref, link_ref, words
from conference.mail.desk import masked
from conference.mail.templates import words_for
from conference.outbox import queue_mail
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from sessions.packs.collecting.expectations import rules_of
from sessions.packs.collecting.owed import Owing, When
from sessions.packs.collecting.owing import by_speaker, owing_in
from sessions.packs.held_packs import record
from sessions.packs.tables import ResourceChase
from sessions.speakers.letters import can_be_mailed, conference_facts
from sessions.speakers.links import ensure_link, page_ref
from sessions.tables import Speaker

KIND = "resource-chase"
NOT_AGAIN_WITHIN = timedelta(hours=1)
"""Who was asked so lately is left out: two colleagues at the same list are one conference to its speakers."""
_CODE = re.compile(r"[a-z0-9]{8,16}")


class OthersOwe(Conflict):
    """Not those who were shown before would be asked, or not for the same things."""


class NobodyToAsk(InvalidInput):
    """Nobody whom the filter means can be written to."""

    http_status = 422


@dataclass(frozen=True)
class ChaseFilter:
    """Which debts are meant; "" and () narrow nothing. ``what`` is a kind of resource, "licence" or "consent", ``when`` a When,
    ``kind`` a kind of session, ``codes`` speakers."""

    q: str = ""
    what: str = ""
    when: str = ""
    kind: str = ""
    codes: tuple[str, ...] = ()

    @property
    def query(self) -> dict[str, str]:
        """The filter as an address says it, without ``codes``."""
        named = {"q": self.q, "what": self.what, "when": self.when, "kind": self.kind}
        return {name: value for name, value in named.items() if value}


def read_filter(values: Mapping[str, str], codes: Collection[str] = ()) -> ChaseFilter:
    """The filter that an address or form names; what it does not know finds nobody rather than everybody."""
    named = {name: values.get(name, "")[:200].strip() for name in ("q", "what", "when", "kind")}
    return ChaseFilter(**named, codes=tuple(dict.fromkeys(code[:12] for code in codes)))


@dataclass(frozen=True)
class Debtor:
    """A speaker who owes something. ``owes`` are all their sessions that do, with what they themselves are to give there;
    ``asked_at`` when they were last asked, None: never."""

    id: int
    code: str
    name: str
    email: str
    language: str
    zone: str
    can_be_mailed: bool
    asked_at: datetime | None
    owes: tuple[tuple[Owing, tuple[str, ...]], ...]

    @property
    def is_overdue(self) -> bool:
        """Whether anything of it should have been there already."""
        return any(one.when is When.OVERDUE for one, _whats in self.owes)


@dataclass(frozen=True)
class Ledger:
    """Everything that is still owed in a conference: its sessions, and the speakers (by row id) who are to give something."""

    owing: tuple[Owing, ...]
    debtors: Mapping[int, Debtor]

    def meant(self, wanted: ChaseFilter) -> list[Owing]:
        """The sessions whose debts the filter means."""
        asked = wanted.q.casefold().split()
        return [one for one in self.owing if self._is_meant(one, wanted, asked)]

    def people(self, wanted: ChaseFilter) -> list[Debtor]:
        """The speakers who are to give what the filter means, by name."""
        found = dict.fromkeys(
            speaker
            for one in self.meant(wanted)
            for debt in one.debts
            if not wanted.what or wanted.what == debt.what
            for speaker in debt.speakers
        )
        people = [self.debtors[speaker] for speaker in found if speaker in self.debtors]
        chosen = [one for one in people if not wanted.codes or one.code in wanted.codes]
        return sorted(chosen, key=lambda one: (one.name.casefold(), one.code))

    def _is_meant(self, one: Owing, wanted: ChaseFilter, asked: Sequence[str]) -> bool:
        names = [self.debtors[speaker].name for speaker in one.speakers if speaker in self.debtors]
        told = " ".join((*one.session.title.values(), *names)).casefold()
        return (
            all(word in told for word in asked)
            and (not wanted.what or any(debt.what == wanted.what for debt in one.debts))
            and (not wanted.when or wanted.when == one.when)
            and (not wanted.kind or wanted.kind == one.session.kind)
        )


async def ledger_of(conference: Conference, now: datetime) -> Ledger:
    """What is owed now. Eight queries, whatever the size of the conference."""
    rules, _revision = await rules_of(conference.id)
    owing = await owing_in(conference, rules, now)
    owes = by_speaker(owing)
    asked = {
        row["speaker"]: row["asked_at"]
        for row in await ResourceChase.select(ResourceChase.speaker, ResourceChase.asked_at)
        .where(ResourceChase.conference == conference.id)
        .order_by(ResourceChase.asked_at)
    }
    language = languages_of(conference)[0]
    debtors = {}
    for speaker in await Speaker.objects().where(Speaker.conference == conference.id):
        if speaker.id in owes:
            debtors[speaker.id] = Debtor(
                speaker.id,
                speaker.code,
                speaker.name,
                speaker.email,
                speaker.language or language,
                speaker.zone or conference.zone,
                can_be_mailed(speaker),
                asked.get(speaker.id),
                tuple(owes[speaker.id]),
            )
    return Ledger(tuple(owing), debtors)


@dataclass(frozen=True)
class Audience:
    """Who would be asked, who cannot be, and who was asked a moment ago and is left alone."""

    recipients: tuple[Debtor, ...]
    without_address: tuple[Debtor, ...]
    just_asked: tuple[Debtor, ...]

    @property
    def fingerprint(self) -> str:
        """Sixteen characters that change when somebody else would be asked, or for other things."""
        told = [
            f"{one.code} {one.language} {[(owing.session.code, whats, owing.when) for owing, whats in one.owes]}"
            for one in self.recipients
        ]
        return hashlib.sha256("\n".join(sorted(told)).encode()).hexdigest()[:16]


def audience_of(people: Iterable[Debtor], now: datetime) -> Audience:
    """The people as recipients of a letter sent ``now``."""
    meant = list(people)
    reachable = [one for one in meant if one.can_be_mailed]
    just_asked = {one.id for one in reachable if one.asked_at is not None and _is_recent(one.asked_at, now)}
    return Audience(
        tuple(one for one in reachable if one.id not in just_asked),
        tuple(one for one in meant if not one.can_be_mailed),
        tuple(one for one in reachable if one.id in just_asked),
    )


async def chase(
    conference: Conference,
    wanted: ChaseFilter,
    *,
    code: str,
    expected: str,
    actor: SignedInOrganiser,
    now: datetime,
) -> int:
    """Ask everyone whom the filter means, one letter to each about all they owe; how many. The same ``code`` asks once.

    ``expected`` is the fingerprint of the audience that the organiser was shown. Raises OthersOwe when it is another by
    now, and NobodyToAsk; then nobody is asked.
    """
    if not _CODE.fullmatch(code):
        raise InvalidInput(_("This form has expired. Please look at the list again."))
    if sent := await _sent(conference.id, code):
        return sent
    shown = await _as_shown(conference, wanted, expected, now)
    # Links first, each in a short transaction of its own: others must not wait while hundreds are made.
    pages = {one.id: page_ref(await ensure_link(one.id, now)) for one in shown}
    async with locked(Conference, conference.id):
        if sent := await _sent(conference.id, code):
            return sent
        asked = await _as_shown(conference, wanted, expected, now)
        for one in asked:
            await queue_mail(
                kind=KIND,
                to=one.email,
                to_name=one.name,
                language=one.language,
                zone=one.zone,
                payload=payload(conference, one, pages[one.id]),
                idempotency_key=f"{KIND}:{code}:{one.code}",
                now=now,
                conference_id=conference.id,
            )
        await ResourceChase.insert(
            *(
                ResourceChase(
                    conference=conference.id, speaker=one.id, code=code, organiser=actor.id, asked_at=now
                )
                for one in asked
            )
        )
        after = {"speakers": [one.code for one in asked]}
        await record(conference, actor, "resources-chased", f"conference:{conference.slug}", now, after=after)
    return len(asked)


async def _as_shown(
    conference: Conference, wanted: ChaseFilter, expected: str, now: datetime
) -> tuple[Debtor, ...]:
    """Those who are to be asked, if they are who the organiser was shown."""
    audience = audience_of((await ledger_of(conference, now)).people(wanted), now)
    if not audience.recipients:
        raise NobodyToAsk(_("There is nobody to ask."))
    if audience.fingerprint != expected:
        raise OthersOwe(
            _("Meanwhile something has changed. Please look at who would be asked, and for what.")
        )
    return audience.recipients


def payload(conference: Conference, to: Debtor, page: Ref) -> dict[str, Any]:
    """What ``templates/mail/resource-chase.txt`` tells one speaker. Days are on their clock."""
    return {
        "conference": conference_facts(conference),
        "page": page,
        "sessions": [
            {
                "title": owing.session.title,
                "what": list(whats),
                "due": dates.local_date(owing.due_at, to.zone).isoformat() if owing.due_at else "",
                "is_overdue": owing.when is When.OVERDUE,
            }
            for owing, whats in to.owes
        ],
    }


@dataclass(frozen=True)
class Preview:
    """A letter as one speaker will read it, the secret of their link left out."""

    to: Debtor
    subject: str
    text: str


async def previews(conference: Conference, to: Sequence[Debtor], *, base_url: str) -> list[Preview]:
    """The letter as these speakers get it, in the team's own words where it has some. A query for each."""
    made = []
    for one in to:
        told = payload(conference, one, link_ref("/speak/", {"$token": []}))
        rendered = words.render(
            KIND,
            masked(json.loads(json.dumps(told))),
            one.language,
            one.zone,
            name=one.name,
            base_url=base_url,
            own_words=await words_for(conference.id, KIND, one.language),
        )
        made.append(Preview(one, rendered.subject, rendered.text))
    return made


def varied(people: Sequence[Debtor], most: int) -> list[Debtor]:
    """At most so many people to look at: one for each language there is first, then others."""
    first = list({one.language: one for one in reversed(people)}.values())
    chosen = {one.id for one in first}
    return [*reversed(first), *(one for one in people if one.id not in chosen)][:most]


async def _sent(conference_id: int, code: str) -> int:
    count: int = await ResourceChase.count().where(
        (ResourceChase.conference == conference_id) & (ResourceChase.code == code)
    )
    return count


def _is_recent(asked_at: datetime, now: datetime) -> bool:
    return now - asked_at < NOT_AGAIN_WITHIN


def session_title(owing: Owing, language: str, languages: Sequence[str]) -> str:
    """The session's title for a reader, or that it has none."""
    return texts.pick(owing.session.title, language, languages) or _("Untitled")
