"""Sending what is due: which mails now, one after the other, and what the server said to each.

A claimed row is leased, not taken: when the process dies between the server's acceptance and our commit, nobody
knows whether the mail left, so it is sent again after the lease with the same Message-ID, and the receiver can drop
the double.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import aiosmtplib

from conference import texts
from conference.mail import Letter, trouble
from conference.mail.due import due_mails, is_due
from conference.mail.failures import (
    GIVE_UP_AFTER,
    POLICY_WAIT,
    Failure,
    NoConnection,
    Verdict,
    is_policy,
    judge,
    next_wait,
    status_in,
)
from conference.mail.folder import FolderWay
from conference.mail.message import compose
from conference.mail.own_words import OwnWords
from conference.mail.rechecking import Checked, Rechecks, recheck
from conference.mail.returning import return_address
from conference.mail.smtp import SmtpWay
from conference.mail.suppressions import suppress
from conference.mail.templates import OWN_WORDS, words_for
from conference.mail.unsubscribing import unsubscribe_path
from conference.settings import Settings
from conference.tables import Conference, MailState, OutgoingMail, SuppressionSource

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
BATCH_SECONDS = 20.0  # of one run, well within the lease of a job
LONGEST_BREATH = 0.05  # seconds; a mail takes a few milliseconds to make
_USELESS_AFTER = "useless_after"


@dataclass
class Delivered:
    """What one run did. ``paused`` holds the server's words when it ended early because of the server."""

    sent: int = 0
    retried: int = 0
    refused: int = 0
    held: int = 0
    suppressed: int = 0
    paused: str = ""

    @property
    def total(self) -> int:
        """How many mails were dealt with."""
        return self.sent + self.retried + self.refused + self.held + self.suppressed


@dataclass
class _Run:
    """One run's way out, what it has done, and which domains asked to be spared meanwhile."""

    settings: Settings
    way: SmtpWay | FolderWay
    done: Delivered = field(default_factory=Delivered)
    spared: set[str] = field(default_factory=set)
    is_clear: bool = False
    busy_seconds: float = 0.0  # for which the last mail kept the event loop to itself
    checked: Checked = field(default_factory=lambda: Checked({}))
    own_words: dict[tuple[int | None, str, str], OwnWords | None] = field(default_factory=dict)
    slugs: dict[int, str] = field(default_factory=dict)

    async def words(self, row: OutgoingMail) -> OwnWords | None:
        """The team's words for this mail; asked once per run for each kind and language. A test brings its own."""
        if OWN_WORDS in (payload := json.loads(row.payload)):
            return OwnWords(**payload[OWN_WORDS])
        key = (row.conference, row.kind, row.language)
        if key not in self.own_words:
            self.own_words[key] = await words_for(*key)
        return self.own_words[key]

    async def way_to_unsubscribe(self, row: OutgoingMail) -> str:
        """The path that stops such mails; "" for a mail that is no news."""
        if not row.is_promotional or row.conference is None:
            return ""
        if row.conference not in self.slugs:
            found = await Conference.select(Conference.slug).where(Conference.id == row.conference).first()
            self.slugs[row.conference] = found["slug"] if found else ""
        return unsubscribe_path(self.slugs[row.conference], row.conference, row.recipient)


async def deliver_due(
    settings: Settings,
    now: datetime,
    limit: int = 100,
    *,
    though_resting: bool = False,
    rechecks: Rechecks | None = None,
) -> Delivered:
    """Send at most ``limit`` mails that are due, the urgent first and no domain before its turn, and record what the
    server said to each.

    Any number of processes may do this at once: each mail is claimed by one of them. Without ``smtp_url`` the
    mails become ``.eml`` files in ``mail/`` of the data folder. While the queue rests after trouble with the server,
    nothing is tried, unless ``though_resting``. Between mails the pages get as much time as making the last one took.
    ``rechecks`` are asked whether a mail that waited is still true.
    """
    began = time.monotonic()
    run = _Run(settings, _way_out(settings))
    if not though_resting and await trouble.resting(now) is not None:
        return run.done
    due = await due_mails(now, limit=limit, per_minute=settings.mail_per_domain)
    run.checked = await recheck(due.mails, rechecks or {}, now)
    try:
        for found in due.mails:
            started = time.monotonic()
            if found.domain in run.spared or found.id in run.checked.unknown:
                continue
            moment = now + timedelta(seconds=started - began)
            row = await _claim(found.id, moment)
            if row is None:
                continue
            if unwanted := due.why_not(row) or await run.checked.bring_up_to_date(row):
                run.done.suppressed += await _finish(row, MailState.SUPPRESSED, unwanted)
            else:
                await _deliver_one(row, run, moment)
            if run.done.paused or started - began > BATCH_SECONDS:
                break
            await asyncio.sleep(min(run.busy_seconds, LONGEST_BREATH))
    finally:
        await run.way.close()
    return run.done


def mail_job(settings: Settings, rechecks: Rechecks | None = None) -> Callable[[datetime], Awaitable[int]]:
    """The recurring work of ``conference.jobs``: deliver what is due; how many mails were dealt with.

    The first run does not wait for the end of a rest: whoever mended the settings has started the server anew.
    """
    is_first = True

    async def deliver(now: datetime) -> int:
        nonlocal is_first
        though_resting, is_first = is_first, False
        done = await deliver_due(settings, now, though_resting=though_resting, rechecks=rechecks)
        # After a pause there is nothing to hurry for.
        return 0 if done.paused else done.total

    return deliver


def _way_out(settings: Settings) -> SmtpWay | FolderWay:
    return SmtpWay(settings) if settings.smtp_url else FolderWay(settings.data_dir / "mail")


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
                OutgoingMail.attempted_at: now,
            }
        )
        .where(OutgoingMail.id == mail_id, is_due(now))
        .returning(OutgoingMail.id)
    )
    if not claimed:
        return None
    return await OutgoingMail.objects().get(OutgoingMail.id == mail_id)


async def _deliver_one(row: OutgoingMail, run: _Run, now: datetime) -> None:
    failure: Failure | None = None
    reply = ""
    settings = run.settings
    try:
        letter = replace(_letter(row), unsubscribe=await run.way_to_unsubscribe(row))
        last = _useless_after(letter)
        if last is not None and last <= now:
            failure = Failure(Verdict.REFUSED, "Not sent: it would have come too late.")
        else:
            own_words = await run.words(row)
            began = time.monotonic()
            message = compose(
                letter, base_url=settings.base_url, mail_from=settings.mail_from, own_words=own_words
            )
            run.busy_seconds = time.monotonic() - began
            sender = message["From"].addresses[0].addr_spec
            sender = return_address(settings.mail_return, sender, row.message_id)
            try:
                reply = await run.way.send(row, message.as_bytes(), sender)
            except (aiosmtplib.SMTPException, OSError, NoConnection) as error:
                failure = judge(error)
    except Exception as error:  # the outermost edge of the job: logged with its row, and held
        # The edge: one mail that cannot be made must not stop the others, nor come back every minute.
        logger.exception("outgoing mail %s (%s) could not be made", row.id, row.kind)
        failure = Failure(
            Verdict.HELD, f"This mail could not be made: {type(error).__name__}: {error}"[:1000]
        )
    if failure is None:
        run.done.sent += await _finish(row, MailState.SENT, reply, sent_at=now)
        if not run.is_clear:
            await trouble.over()
            run.is_clear = True
    else:
        await _record_failure(row, failure, now, run)


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


def _useless_after(letter: Letter) -> datetime | None:
    last = letter.payload.get(_USELESS_AFTER)
    return datetime.fromisoformat(last) if last else None


async def _record_failure(row: OutgoingMail, failure: Failure, now: datetime, run: _Run) -> None:
    done, verdict = run.done, failure.verdict
    if verdict is Verdict.POLICY:
        # Once more: filters have moods. Twice is an answer, and a person's to look at.
        verdict = Verdict.HELD if is_policy(status_in(row.last_reply)) else Verdict.RETRY
    if verdict is Verdict.PAUSE:
        logger.warning("mail rests: %s", failure.reply)
        await _finish(row, MailState.QUEUED, failure.reply, attempts=row.attempts - 1)
        await trouble.note(failure.reply, is_sign_in=failure.is_sign_in, now=now)
        done.paused = failure.reply
    elif verdict is Verdict.HELD:
        logger.warning("outgoing mail %s is held: %s", row.id, failure.reply)
        done.held += await _finish(row, MailState.HELD, failure.reply)
    elif verdict is Verdict.REFUSED:
        done.refused += await _finish(row, MailState.REFUSED, failure.reply)
        if failure.is_hard:
            await suppress(row.recipient, failure.reply, SuppressionSource.REFUSAL, now=now)
    elif row.attempts > 1 and now - row.created_at >= GIVE_UP_AFTER:
        done.refused += await _finish(row, MailState.REFUSED, f"Given up after three days: {failure.reply}")
    else:
        await _put_off(row, failure, now, run)


async def _put_off(row: OutgoingMail, failure: Failure, now: datetime, run: _Run) -> None:
    last = _useless_after(_letter(row))
    if failure.verdict is Verdict.POLICY:
        wait = POLICY_WAIT
    else:
        wait = next_wait(row.attempts, row.message_id, last - now if last else None)
    run.done.retried += await _finish(row, MailState.QUEUED, failure.reply, next_at=now + wait)
    if failure.slow_domain:
        run.spared.add(row.domain)
        await OutgoingMail.update({OutgoingMail.next_attempt_at: now + wait}).where(
            (OutgoingMail.state == MailState.QUEUED.value) & (OutgoingMail.domain == row.domain),
            OutgoingMail.next_attempt_at <= now,
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
