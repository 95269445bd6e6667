"""What became of a mail that was tried: recorded in its row, with whatever follows from it."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conference import texts
from conference.mail import Letter, trouble
from conference.mail.failures import (
    GIVE_UP_AFTER,
    POLICY_WAIT,
    Failure,
    Verdict,
    is_policy,
    next_wait,
    status_in,
)
from conference.mail.forgetting import scrub
from conference.mail.suppressions import suppress
from conference.tables import MailState, OutgoingMail, SuppressionSource

logger = logging.getLogger(__name__)

USELESS_AFTER = "useless_after"
"""In a payload: after this instant (ISO 8601) the mail is not sent any more."""


@dataclass
class Delivered:
    """What one run did. ``paused`` holds the server's words when it ended early because of the server."""

    sent: int = 0
    retried: int = 0
    refused: int = 0
    held: int = 0
    suppressed: int = 0
    paused: str = ""

    def count(self, state: MailState) -> None:
        """One more mail has come to this state; one that is to be tried again waits once more."""
        name = "retried" if state is MailState.QUEUED else state.value
        setattr(self, name, getattr(self, name) + 1)

    @property
    def total(self) -> int:
        """How many mails were dealt with."""
        return self.sent + self.retried + self.refused + self.held + self.suppressed


def letter_of(row: OutgoingMail) -> Letter:
    """The row as plain values."""
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


def useless_after(letter: Letter) -> datetime | None:
    """When the mail says nothing any more (aware), None for never."""
    last = letter.payload.get(USELESS_AFTER)
    return datetime.fromisoformat(last) if last else None


async def record_failure(
    row: OutgoingMail, failure: Failure, done: Delivered, spared: set[str], now: datetime
) -> None:
    """Record that a mail did not leave, in ``done`` too, and what follows from it: another try, a suppressed address, a rest
    of the whole queue, or a domain to be ``spared`` meanwhile."""
    verdict = failure.verdict
    if verdict is Verdict.POLICY:
        # Once more: filters have moods. Twice is an answer, and a person's to look at.
        verdict = Verdict.HELD if is_policy(status_in(row.last_reply)) else Verdict.RETRY
    if verdict is Verdict.PAUSE:
        logger.warning("mail rests: %s", failure.reply)
        await finish(row, MailState.QUEUED, failure.reply, attempts=row.attempts - 1)
        await trouble.note(failure.reply, is_sign_in=failure.is_sign_in, now=now)
        done.paused = failure.reply
    elif verdict is Verdict.HELD:
        logger.warning("outgoing mail %s is held: %s", row.id, failure.reply)
        await finish(row, MailState.HELD, failure.reply, done=done)
    elif verdict is Verdict.REFUSED:
        await finish(row, MailState.REFUSED, failure.reply, done=done)
        if failure.is_hard:
            await suppress(row.recipient, failure.reply, SuppressionSource.REFUSAL, now=now)
    elif row.attempts > 1 and now - row.created_at >= GIVE_UP_AFTER:
        await finish(row, MailState.REFUSED, f"Given up after three days: {failure.reply}", done=done)
    else:
        await _put_off(row, failure, done, spared, now)


async def _put_off(
    row: OutgoingMail, failure: Failure, done: Delivered, spared: set[str], now: datetime
) -> None:
    last = useless_after(letter_of(row))
    if failure.verdict is Verdict.POLICY:
        wait = POLICY_WAIT
    else:
        wait = next_wait(row.attempts, row.message_id, last - now if last else None)
    await finish(row, MailState.QUEUED, failure.reply, done=done, next_at=now + wait)
    if failure.slow_domain:
        spared.add(row.domain)
        await OutgoingMail.update({OutgoingMail.next_attempt_at: now + wait}).where(
            (OutgoingMail.state == MailState.QUEUED.value) & (OutgoingMail.domain == row.domain),
            OutgoingMail.next_attempt_at <= now,
        )


async def finish(
    row: OutgoingMail,
    state: MailState,
    reply: str,
    *,
    done: Delivered | None = None,
    next_at: datetime | None = None,
    attempts: int | None = None,
    sent_at: datetime | None = None,
) -> None:
    """Record the outcome, and count it in ``done``; neither, when the lease was overslept and another process has the mail
    now."""
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
        .returning(OutgoingMail.id, OutgoingMail.scrub_when_done)
    )
    # Asked of the row as it is now: its person may have been erased while it was on its way.
    if finished and finished[0]["scrub_when_done"] and state is not MailState.QUEUED:
        await scrub([row.id])
    if done is not None and finished:
        done.count(state)
