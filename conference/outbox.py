"""The outbox: every mail is a row first, written in the transaction that caused it, and leaves from there.

One idempotency key never makes two rows. ``conference.mail.delivery`` sends what is due.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from conference import texts
from conference.addresses import parse_address
from conference.codes import new_code
from conference.db import insert
from conference.mail.delivery import LEASE, Delivered, deliver_due, mail_job
from conference.mail.outcome import USELESS_AFTER
from conference.mail.suppressions import suppressed_among, unsubscribed_among, unsubscription_hash
from conference.mail.unsubscribing import NO_NEWS_WANTED, suppressed_words
from conference.tables import MailState, OutgoingMail

__all__ = [
    "LEASE",
    "USELESS_AFTER",
    "Delivered",
    "deliver_due",
    "mail_job",
    "mail_row",
    "queue_mail",
    "queue_news",
    "queue_rows",
    "storable",
]


async def queue_mail(
    *,
    kind: str,
    to: str,
    to_name: str,
    language: str,
    zone: str,
    payload: Mapping[str, Any],
    idempotency_key: str,
    now: datetime,
    conference_id: int | None = None,
    calendar: bytes | None = None,
    calendar_method: str | None = None,
    useless_after: datetime | None = None,
    is_promotional: bool = False,
    scrub_when_done: bool = False,
) -> bool:
    """Put a mail into the outbox, inside the caller's transaction; False when the key was there already.

    ``payload`` is what ``templates/mail/<kind>.txt`` asks for at its top; datetimes in it must be aware. After
    ``useless_after`` the mail is not sent any more. News that people may do without are ``is_promotional``: they carry
    a way to unsubscribe, and a mail to somebody who did is kept unsent. ``scrub_when_done``: nothing of the address stays
    here once the mail has left. Raises AddressRefused when ``to`` is no address.
    """
    row = mail_row(
        kind=kind,
        to=to,
        to_name=to_name,
        language=language,
        zone=zone,
        payload=payload,
        idempotency_key=idempotency_key,
        now=now,
        conference_id=conference_id,
        calendar=calendar,
        calendar_method=calendar_method,
        useless_after=useless_after,
        is_promotional=is_promotional,
    )
    if is_promotional and (unwanted := await _why_not(row.recipient, conference_id)):
        row.state, row.last_reply = MailState.SUPPRESSED, unwanted
    row.scrub_when_done = scrub_when_done
    return await queue_rows([row]) == 1


def mail_row(
    *,
    kind: str,
    to: str,
    to_name: str,
    language: str,
    zone: str,
    payload: Mapping[str, Any],
    idempotency_key: str,
    now: datetime,
    conference_id: int | None = None,
    calendar: bytes | None = None,
    calendar_method: str | None = None,
    useless_after: datetime | None = None,
    is_promotional: bool = False,
) -> OutgoingMail:
    """A mail as ``queue_mail`` would queue it, for ``queue_rows``. Raises AddressRefused."""
    if len(idempotency_key) > 200:
        raise ValueError("an idempotency key has at most 200 characters")
    facts = storable(payload)
    if useless_after is not None:
        facts[USELESS_AFTER] = storable(useless_after)
    address = parse_address(to).address
    return OutgoingMail(
        conference=conference_id,
        kind=kind,
        idempotency_key=idempotency_key,
        message_id=new_code(20),
        recipient=address,
        domain=address.rpartition("@")[2],
        recipient_name=texts.clean_line(to_name)[:200],
        language=language,
        zone=zone,
        payload=json.dumps(facts, ensure_ascii=False),
        calendar=calendar.decode() if calendar is not None else None,
        calendar_method=calendar_method,
        state=MailState.QUEUED,
        last_reply="",
        next_attempt_at=now,
        created_at=now,
        is_promotional=is_promotional,
    )


async def queue_rows(rows: Sequence[OutgoingMail]) -> int:
    """Put many mails into the outbox in one statement, inside the caller's transaction; how many keys were new."""
    return await insert(*rows, unless_known=OutgoingMail.idempotency_key)


async def queue_news(rows: Sequence[OutgoingMail], conference_id: int) -> int:
    """As ``queue_rows``, for ``is_promotional`` mails of a conference: those to addresses that want no news, or get no mail at
    all, are kept unsent. Two queries more, however many mails."""
    addresses = {row.recipient for row in rows}
    marks = {unsubscription_hash(conference_id, address): address for address in addresses}
    unwanted = {marks[mark]: NO_NEWS_WANTED for mark in await unsubscribed_among(list(marks))}
    for address, reason in (await suppressed_among(addresses)).items():
        unwanted.setdefault(address, suppressed_words(reason))
    for row in rows:
        if row.recipient in unwanted:
            row.state, row.last_reply = MailState.SUPPRESSED, unwanted[row.recipient]
    return await queue_rows(rows)


async def _why_not(address: str, conference_id: int | None) -> str:
    """Why news need not go to this address, in words for the team; "" when they may."""
    if conference_id is not None:
        mark = unsubscription_hash(conference_id, address)
        if await unsubscribed_among([mark]):
            return NO_NEWS_WANTED
    found = await suppressed_among([address])
    return suppressed_words(found[address]) if found else ""


def storable(value: Any) -> Any:
    """A payload as it is stored in JSON: aware datetimes as ISO 8601, texts without what PostgreSQL's JSON refuses."""
    if isinstance(value, Mapping):
        return {str(key): storable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable(inner) for inner in value]
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time in a mail must know its zone")
        return value.astimezone(UTC).isoformat()
    return texts.clean(value) if isinstance(value, str) else value
