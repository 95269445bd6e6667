"""Which mails go now: the urgent first, then each domain in its turn, and none beyond what a domain takes a minute."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from piccolo.query.functions.aggregate import Count

from conference.mail.suppressions import suppressed_among, unsubscribed_among, unsubscription_hash
from conference.mail.unsubscribing import NO_NEWS_WANTED, suppressed_words
from conference.tables import MailState, OutgoingMail

# Somebody sits before a page and waits for these. They never stand behind a thousand reminders.
URGENT = (
    "organiser-sign-in",
    "registration-confirm",
    "registration-link",
    "interest-confirm",
    "speaker-link",
    "data-link",
)
# An organiser whose mailbox once refused mail must be able to get in, or nobody could take the address off the list.
ALWAYS_TRIED = frozenset({"organiser-sign-in"})
RATE_OVER = timedelta(minutes=1)
WINDOW = 5  # so many times the limit are looked at, that domains may take turns


@dataclass(frozen=True)
class DueMail:
    """A mail that may go now."""

    id: int
    kind: str
    domain: str


@dataclass(frozen=True)
class DueMails:
    """What goes in this run, in this order, and which of it is not wanted."""

    mails: tuple[DueMail, ...]
    suppressed: Mapping[str, str]
    unsubscribed: frozenset[str]

    def why_not(self, row: OutgoingMail) -> str:
        """Why this mail is kept unsent, in words for the team; "" when it may go."""
        if self.unsubscribed and row.is_promotional and row.conference is not None:
            mark = unsubscription_hash(row.conference, row.recipient)
            if mark in self.unsubscribed:
                return NO_NEWS_WANTED
        if row.kind not in ALWAYS_TRIED and row.recipient in self.suppressed:
            return suppressed_words(self.suppressed[row.recipient])
        return ""


def is_due(now: datetime) -> Any:
    """The condition: it waits and its time has come, or its sender's lease has ended."""
    waiting = (OutgoingMail.state == MailState.QUEUED.value) & (OutgoingMail.next_attempt_at <= now)
    abandoned = (OutgoingMail.state == MailState.SENDING.value) & (OutgoingMail.lease_until <= now)
    return waiting | abandoned


async def due_mails(now: datetime, *, limit: int, per_minute: int) -> DueMails:
    """At most ``limit`` mails that may go now; ``per_minute`` to one domain, 0 for no such limit. At most five queries."""
    used = await _used(now) if per_minute else {}
    full = sorted(domain for domain, count in used.items() if count >= per_minute)
    rows = await _oldest(now, limit, full, OutgoingMail.kind.is_in(list(URGENT)))
    if len(rows) < limit:
        rows += await _oldest(now, limit * WINDOW, full, OutgoingMail.kind.not_in(list(URGENT)))
    left = {domain: per_minute - count for domain, count in used.items()}
    mails = in_turns(
        (DueMail(row["id"], row["kind"], row["domain"]) for row in rows),
        limit=limit,
        left=left,
        most=per_minute or limit,
    )
    chosen = {mail.id for mail in mails}
    going = [row for row in rows if row["id"] in chosen]
    return DueMails(
        tuple(mails),
        await suppressed_among({row["recipient"] for row in going}),
        frozenset(
            await unsubscribed_among(
                {
                    unsubscription_hash(row["conference"], row["recipient"])
                    for row in going
                    if row["is_promotional"] and row["conference"] is not None
                }
            )
        ),
    )


def in_turns(mails: Iterable[DueMail], *, limit: int, left: Mapping[str, int], most: int) -> list[DueMail]:
    """At most ``limit`` of the mails, one of each domain after the other: first the urgent ones, then the others.

    ``left`` says how many a domain still takes, ``most`` how many one that it does not name takes.
    """
    chosen: list[DueMail] = []
    takes: dict[str, int] = defaultdict(lambda: most, left)
    found = list(mails)
    for is_urgent in (True, False):
        waiting: dict[str, deque[DueMail]] = defaultdict(deque)
        for mail in found:
            if (mail.kind in URGENT) is is_urgent:
                waiting[mail.domain].append(mail)
        while waiting and len(chosen) < limit:
            for domain in list(waiting):
                if takes[domain] > 0:
                    takes[domain] -= 1
                    chosen.append(waiting[domain].popleft())
                if takes[domain] <= 0 or not waiting[domain]:
                    del waiting[domain]
    return chosen[:limit]


async def _used(now: datetime) -> dict[str, int]:
    rows = (
        await OutgoingMail.select(OutgoingMail.domain, Count())
        .where((OutgoingMail.attempted_at > now - RATE_OVER) & (OutgoingMail.attempted_at <= now))
        .group_by(OutgoingMail.domain)
    )
    return {row["domain"]: int(row["count"]) for row in rows}


async def _oldest(now: datetime, most: int, full: list[str], which: Any) -> list[dict[str, Any]]:
    query = OutgoingMail.select(
        OutgoingMail.id,
        OutgoingMail.kind,
        OutgoingMail.domain,
        OutgoingMail.recipient,
        OutgoingMail.conference,
        OutgoingMail.is_promotional,
    ).where(is_due(now), which)
    if full:
        query = query.where(OutgoingMail.domain.not_in(full))
    return await query.order_by(OutgoingMail.next_attempt_at).order_by(OutgoingMail.id).limit(most)
