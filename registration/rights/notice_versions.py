"""The privacy notice as it was shown: each wording is kept with the day from which it held, and consents name the one they were given under.

A wording is kept as soon as somebody can have read it: when its page is made, or somebody agrees to something. The same
words are the same version however often that happens; going back to earlier ones makes a new version.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from conference import dates, i18n, texts
from conference.conferences import facts_of
from conference.db import Database, current_engine, locked
from conference.tables import Conference
from conference.texts import LocalText
from registration.queries import offer_of
from registration.rights.notice import notice
from registration.rights.notice_facts import said_of
from registration.rights.retaining import periods_of
from registration.rights.tables import NoticeVersion


@dataclass(frozen=True)
class NoticeWords:
    """A notice in all languages: the organisers' ``own`` words, and what is ``made`` of the conference (Markdown, by language)."""

    own: LocalText
    made: Mapping[str, str]

    @property
    def digest(self) -> str:
        """What tells it from every other wording."""
        said = json.dumps([dict(self.own), dict(self.made)], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(said.encode()).hexdigest()


@dataclass(frozen=True)
class Version:
    """A wording, and since when it holds; ``until`` is None for the one in force."""

    number: int
    since: datetime
    until: datetime | None = None


async def words_now(conference: Conference) -> NoticeWords:
    """The notice as it stands, in every language of the interface. Some six queries, however many languages."""
    facts, offer = facts_of(conference), await offer_of(conference)
    periods, said = (await periods_of(conference.id)).days, await said_of(conference.id)
    made = {}
    for language in i18n.interface_languages():
        with i18n.use_language(language):
            made[language] = notice(facts, offer, periods, said)
    return NoticeWords(facts.privacy, made)


async def keep_version(conference: Conference, words: NoticeWords, now: datetime) -> int:
    """The number of the version that says this, kept from ``now`` on if the last one says something else."""
    last = await _last(conference.id)
    if last is not None and last.digest == words.digest:
        return last.number
    async with locked(Conference, conference.id):
        last = await _last(conference.id)  # somebody may have kept it meanwhile
        if last is not None and last.digest == words.digest:
            return last.number
        row = NoticeVersion(
            conference=conference.id,
            number=last.number + 1 if last else 1,
            digest=words.digest,
            own=texts.encode(words.own),
            made=json.dumps(dict(words.made), ensure_ascii=False),
            # Never before the one it follows, though the clock was set back.
            since=max(now, last.since) if last else now,
        )
        await row.save()
    return row.number


async def _last(conference_id: int) -> NoticeVersion | None:
    return (
        await NoticeVersion.objects()
        .where(NoticeVersion.conference == conference_id)
        .order_by(NoticeVersion.number, ascending=False)
        .first()
    )


# By conference: the version of its public pages that was looked at, and the notice's number then. A database of its own
# has numbers of its own.
_known: WeakKeyDictionary[Database, dict[int, tuple[int, int]]] = WeakKeyDictionary()


async def version_in_force(conference: Conference, now: datetime) -> int:
    """The number of the version in force, for who agrees to something now. No query while no public page has changed."""
    known = _known.setdefault(current_engine(), {})
    seen = known.get(conference.id)
    if seen is not None and seen[0] == conference.public_version:
        return seen[1]
    number = await keep_version(conference, await words_now(conference), now)
    known[conference.id] = (conference.public_version, number)
    return number


async def versions_of(conference_id: int) -> list[Version]:
    """Every version, the latest first. One query."""
    rows = (
        await NoticeVersion.select(NoticeVersion.number, NoticeVersion.since)
        .where(NoticeVersion.conference == conference_id)
        .order_by(NoticeVersion.number, ascending=False)
    )
    ends = [None, *(row["since"] for row in rows)]
    return [Version(row["number"], row["since"], end) for row, end in zip(rows, ends, strict=False)]


@dataclass(frozen=True)
class VersionView:
    """A version in words on the reader's clock; ``until`` is "" for the one in force."""

    number: int
    since: str
    until: str


def version_views(versions: Sequence[Version], zone: str, language: str) -> list[VersionView]:
    """The versions as pages show them. Pure but for words."""
    return [
        VersionView(
            one.number,
            _moment(one.since, zone, language),
            _moment(one.until, zone, language) if one.until else "",
        )
        for one in versions
    ]


def _moment(instant: datetime, zone: str, language: str) -> str:
    day = dates.long_day(dates.local_date(instant, zone), language)
    return dates.day_and_time(day, dates.clock_time(instant, zone, language), language)


async def words_of(conference_id: int, number: int) -> NoticeWords | None:
    """What a version said; None where there is none of this number. One query."""
    row = (
        await NoticeVersion.objects()
        .where((NoticeVersion.conference == conference_id) & (NoticeVersion.number == number))
        .first()
    )
    return NoticeWords(texts.decode(row.own), json.loads(row.made)) if row else None
