"""The outbox: every mail is a row first, written in the transaction that caused it, and leaves from here.

A claimed row is leased, not taken: when the process dies between the server's acceptance and our commit, nobody
knows whether the mail left, so it is sent again after the lease with the same bytes and the same Message-ID, and
the receiver can drop the double. One idempotency key never makes two rows.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiosmtplib

from conference import texts
from conference.addresses import parse_address
from conference.codes import new_code
from conference.mail import Letter
from conference.mail.failures import Failure, NoConnection, Verdict, judge
from conference.mail.folder import FolderWay
from conference.mail.message import compose
from conference.mail.smtp import SmtpWay
from conference.settings import Settings
from conference.tables import MailState, OutgoingMail

logger = logging.getLogger(__name__)

# RFC 5321 4.5.4.1: wait longer each time, give up after four to five days.
WAITS = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
GIVE_UP_AFTER = timedelta(days=4)
LEASE = timedelta(minutes=10)
PAUSE = timedelta(minutes=5)  # of the whole queue, when the server cannot be reached or refuses our sign-in
_USELESS_AFTER = "useless_after"


@dataclass
class Delivered:
    """What one run did. ``paused`` holds the server's words when it ended early because of the server."""

    sent: int = 0
    retried: int = 0
    refused: int = 0
    held: int = 0
    paused: str = ""


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
) -> bool:
    """Put a mail into the outbox, inside the caller's transaction; False when the key was there already.

    ``payload`` is what ``templates/mail/<kind>.txt`` asks for at its top; datetimes in it must be aware. After
    ``useless_after`` the mail is not sent any more. Raises AddressRefused when ``to`` is no address.
    """
    if len(idempotency_key) > 200:
        raise ValueError("an idempotency key has at most 200 characters")
    facts = _storable(payload)
    if useless_after is not None:
        facts[_USELESS_AFTER] = _storable(useless_after)
    row = OutgoingMail(
        conference=conference_id,
        kind=kind,
        idempotency_key=idempotency_key,
        message_id=new_code(20),
        recipient=parse_address(to).address,
        recipient_name=texts.clean_line(to_name)[:200],
        language=language,
        zone=zone,
        payload=json.dumps(facts, ensure_ascii=False),
        calendar=calendar.decode() if calendar is not None else None,
        calendar_method=calendar_method,
        state=MailState.QUEUED,
        next_attempt_at=now,
        created_at=now,
    )
    written = (
        await OutgoingMail.insert(row)
        .on_conflict(target=OutgoingMail.idempotency_key, action="DO NOTHING")
        .returning(OutgoingMail.id)
    )
    return bool(written)


async def send_again(mail_id: int, now: datetime) -> bool:
    """Queue a mail once more that was held or refused; False when it was neither.

    The four days of trying begin again; the message stays the same.
    """
    changed = (
        await OutgoingMail.update(
            {
                OutgoingMail.state: MailState.QUEUED,
                OutgoingMail.attempts: 0,
                OutgoingMail.next_attempt_at: now,
                OutgoingMail.lease_until: None,
            }
        )
        .where(
            OutgoingMail.id == mail_id,
            OutgoingMail.state.is_in([MailState.HELD.value, MailState.REFUSED.value]),
        )
        .returning(OutgoingMail.id)
    )
    return bool(changed)


async def deliver_due(settings: Settings, now: datetime, limit: int = 100) -> Delivered:
    """Send at most ``limit`` mails that are due, oldest first, and record what the server said to each.

    Any number of processes may do this at once: each mail is claimed by one of them. Without ``smtp_url`` the
    mails become ``.eml`` files in ``mail/`` of the data folder.
    """
    began = time.monotonic()
    done = Delivered()
    rows = await (
        OutgoingMail.select(OutgoingMail.id)
        .where(_is_due(now))
        .order_by(OutgoingMail.next_attempt_at)
        .order_by(OutgoingMail.id)
        .limit(limit)
    )
    way = _way_out(settings)
    try:
        for found in rows:
            moment = now + timedelta(seconds=time.monotonic() - began)
            row = await _claim(found["id"], moment)
            if row is None:
                continue
            await _deliver_one(row, way, settings, moment, done)
            if done.paused:
                break
    finally:
        await way.close()
    return done


def mail_job(settings: Settings) -> Callable[[datetime], Awaitable[int]]:
    """The recurring work of ``conference.jobs``: deliver what is due; how many mails were dealt with."""

    async def deliver(now: datetime) -> int:
        done = await deliver_due(settings, now)
        # After a pause there is nothing to hurry for.
        return 0 if done.paused else done.sent + done.retried + done.refused + done.held

    return deliver


def next_wait(attempts: int) -> timedelta:
    """How long to wait after the given number of attempts (at least one)."""
    return WAITS[min(attempts, len(WAITS)) - 1]


def _way_out(settings: Settings) -> SmtpWay | FolderWay:
    return SmtpWay(settings) if settings.smtp_url else FolderWay(settings.data_dir / "mail")


def _is_due(now: datetime) -> Any:
    waiting = (OutgoingMail.state == MailState.QUEUED.value) & (OutgoingMail.next_attempt_at <= now)
    abandoned = (OutgoingMail.state == MailState.SENDING.value) & (OutgoingMail.lease_until <= now)
    return waiting | abandoned


async def _claim(mail_id: int, now: datetime) -> OutgoingMail | None:
    """Take the mail for the time of the lease, or None when another process has it.

    ``attempts`` grows with each claim, so a process that overslept its lease can be told from its successor.
    """
    claimed = (
        await OutgoingMail.update(
            {
                OutgoingMail.state: MailState.SENDING,
                OutgoingMail.lease_until: now + LEASE,
                OutgoingMail.attempts: OutgoingMail.attempts + 1,
            }
        )
        .where(OutgoingMail.id == mail_id, _is_due(now))
        .returning(OutgoingMail.id)
    )
    if not claimed:
        return None
    return await OutgoingMail.objects().get(OutgoingMail.id == mail_id)


async def _deliver_one(
    row: OutgoingMail, way: SmtpWay | FolderWay, settings: Settings, now: datetime, done: Delivered
) -> None:
    failure: Failure | None = None
    reply = ""
    try:
        letter = _letter(row)
        if (last := letter.payload.get(_USELESS_AFTER)) and datetime.fromisoformat(last) <= now:
            failure = Failure(Verdict.REFUSED, "Not sent: it would have come too late.")
        else:
            message = compose(letter, base_url=settings.base_url, mail_from=settings.mail_from)
            sender = message["From"].addresses[0].addr_spec
            try:
                reply = await way.send(row, message.as_bytes(), sender)
            except (aiosmtplib.SMTPException, OSError, NoConnection) as error:
                failure = judge(error)
    except Exception as error:  # the outermost edge of the job: logged with its row, and held
        # The edge: one mail that cannot be made must not stop the others, nor come back every minute.
        logger.exception("outgoing mail %s (%s) could not be made", row.id, row.kind)
        failure = Failure(
            Verdict.HELD, f"This mail could not be made: {type(error).__name__}: {error}"[:1000]
        )
    if failure is None:
        done.sent += await _finish(row, MailState.SENT, reply, sent_at=now)
    else:
        await _record_failure(row, failure, now, done)


def _letter(row: OutgoingMail) -> Letter:
    return Letter(
        kind=row.kind,
        payload=json.loads(row.payload),
        recipient=row.recipient,
        recipient_name=row.recipient_name,
        language=row.language,
        zone=row.zone,
        mail_key=row.message_id,
        created_at=row.created_at,
        calendar=row.calendar,
        calendar_method=row.calendar_method,
    )


async def _record_failure(row: OutgoingMail, failure: Failure, now: datetime, done: Delivered) -> None:
    if failure.verdict is Verdict.PAUSE:
        logger.warning("mail waits %s: %s", PAUSE, failure.reply)
        await _finish(row, MailState.QUEUED, failure.reply, next_at=now + PAUSE, attempts=row.attempts - 1)
        await _postpone(OutgoingMail.state == MailState.QUEUED.value, now, now + PAUSE)
        done.paused = failure.reply
    elif failure.verdict is Verdict.HELD:
        logger.warning("outgoing mail %s is held: %s", row.id, failure.reply)
        done.held += await _finish(row, MailState.HELD, failure.reply)
    elif failure.verdict is Verdict.REFUSED:
        done.refused += await _finish(row, MailState.REFUSED, failure.reply)
    elif row.attempts > 1 and now - row.created_at >= GIVE_UP_AFTER:
        done.refused += await _finish(row, MailState.REFUSED, f"Given up after four days: {failure.reply}")
    else:
        next_at = now + next_wait(row.attempts)
        done.retried += await _finish(row, MailState.QUEUED, failure.reply, next_at=next_at)
        if failure.slow_domain:
            # Stored domains are lower-case A-labels, so nothing in one is a wildcard and case is settled.
            to_domain = OutgoingMail.recipient.like(f"%@{row.recipient.rpartition('@')[2]}")
            await _postpone((OutgoingMail.state == MailState.QUEUED.value) & to_domain, now, next_at)


async def _postpone(which: Any, now: datetime, until: datetime) -> None:
    await OutgoingMail.update({OutgoingMail.next_attempt_at: until}).where(
        which, OutgoingMail.next_attempt_at <= now
    )


async def _finish(
    row: OutgoingMail,
    state: MailState,
    reply: str,
    *,
    next_at: datetime | None = None,
    attempts: int | None = None,
    sent_at: datetime | None = None,
) -> int:
    """Record the outcome; 0 when the lease was overslept and another process has the mail now."""
    values: dict[Any, Any] = {
        OutgoingMail.state: state,
        OutgoingMail.lease_until: None,
        OutgoingMail.last_reply: texts.clean(reply),
    }
    if next_at is not None:
        values[OutgoingMail.next_attempt_at] = next_at
    if attempts is not None:
        values[OutgoingMail.attempts] = attempts
    if sent_at is not None:
        values[OutgoingMail.sent_at] = sent_at
    finished = (
        await OutgoingMail.update(values)
        .where(
            OutgoingMail.id == row.id,
            OutgoingMail.state == MailState.SENDING.value,
            OutgoingMail.attempts == row.attempts,
        )
        .returning(OutgoingMail.id)
    )
    return len(finished)


def _storable(value: Any) -> Any:
    """The payload as JSON: aware datetimes as ISO 8601, texts without what PostgreSQL's JSON refuses."""
    if isinstance(value, Mapping):
        return {str(key): _storable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(inner) for inner in value]
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time in a mail must know its zone")
        return value.astimezone(UTC).isoformat()
    return texts.clean(value) if isinstance(value, str) else value
