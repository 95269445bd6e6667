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
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.message import EmailMessage

import aiosmtplib

from conference.mail import Letter, trouble
from conference.mail.due import DueMail, DueMails, due_mails, is_due
from conference.mail.failures import (
    Failure,
    NoConnection,
    Verdict,
    judge,
)
from conference.mail.folder import FolderWay
from conference.mail.message import compose
from conference.mail.outcome import Delivered as Delivered
from conference.mail.outcome import finish, letter_of, record_failure, useless_after
from conference.mail.own_words import OwnWords
from conference.mail.rechecking import Checked, Rechecks, recheck
from conference.mail.returning import return_address
from conference.mail.smtp import SmtpWay
from conference.mail.templates import OWN_WORDS, words_for
from conference.mail.unsubscribing import unsubscribe_path
from conference.settings import Settings
from conference.tables import Conference, MailState, OutgoingMail

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
BATCH_SECONDS = 20.0  # of one run, well within the lease of a job
CHECK_HOLDS = 2.0  # seconds; what a mail says is asked about once more where the last time was longer ago
LONGEST_BREATH = 0.05  # seconds; a mail takes a few milliseconds to make
LANES = 4  # connections at most: a distant server takes five answers to a mail, and each takes its time
MAILS_PER_LANE = 25  # fewer are not worth another connection


@dataclass
class _Run:
    """What one run has done, and which domains asked to be spared meanwhile. Its lanes take the mails that are left."""

    settings: Settings
    due: DueMails
    left: Iterator[DueMail]
    now: datetime
    began: float
    done: Delivered = field(default_factory=Delivered)
    spared: set[str] = field(default_factory=set)
    is_clear: bool = False
    flows: asyncio.Event = field(default_factory=asyncio.Event)  # the first lane has sent a mail, or ended
    making: asyncio.Lock = field(default_factory=asyncio.Lock)  # one mail is made after the other
    rechecks: Rechecks = field(default_factory=dict)
    checked: Checked = field(default_factory=lambda: Checked({}))
    checked_at: float | None = None
    checking: asyncio.Lock = field(default_factory=asyncio.Lock)
    own_words: dict[tuple[int | None, str, str], OwnWords | None] = field(default_factory=dict)
    slugs: dict[int, str] = field(default_factory=dict)

    async def check(self, moment: datetime) -> Checked:
        """What became of the mails that are left, as it was at most ``CHECK_HOLDS`` seconds before ``moment``."""
        async with self.checking:
            asked = time.monotonic()
            if self.checked_at is None or asked - self.checked_at > CHECK_HOLDS:
                self.checked = await recheck(self.due.mails, self.rechecks, moment)
                self.checked_at = asked
            return self.checked

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
    nothing is tried, unless ``though_resting``. Many mails go by several connections at once, but only one is made at a
    time, and then the pages get as much time as making it took.
    ``rechecks`` are asked whether a mail that waited is still true.
    """
    began = time.monotonic()
    if not though_resting and await trouble.resting(now) is not None:
        return Delivered()
    due = await due_mails(now, limit=limit, per_minute=settings.mail_per_domain)
    run = _Run(settings, due, iter(due.mails), now, began, rechecks=rechecks or {})
    lanes = min(LANES, 1 + len(due.mails) // MAILS_PER_LANE)
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(lanes):
                group.create_task(_deliver_some(run, is_extra=number > 0))
    except ExceptionGroup as several:  # one says enough, and says it in words of its own
        raise several.exceptions[0] from several
    return run.done


async def _deliver_some(run: _Run, *, is_extra: bool) -> None:
    """One lane: mails one after the other by a connection of its own, until there are none or it is time to stop.

    An extra lane for which the server has no connection left is closed again, and that is no trouble.
    """
    way = _way_out(run.settings)
    try:
        if is_extra and not await _is_open(way, run):
            return
        for found in run.left:
            elapsed = time.monotonic() - run.began
            if run.done.paused or elapsed > BATCH_SECONDS:
                break
            if found.domain in run.spared:
                continue
            moment = run.now + timedelta(seconds=elapsed)
            checked = await run.check(moment)
            row = None if found.id in checked.unknown else await _claim(found.id, moment)
            if row is None:
                continue
            if unwanted := run.due.why_not(row) or await checked.bring_up_to_date(row):
                await finish(row, MailState.SUPPRESSED, unwanted, done=run.done)
            else:
                await _deliver_one(row, run, way, moment)
    finally:
        run.flows.set()
        await way.close()


async def _is_open(way: SmtpWay | FolderWay, run: _Run) -> bool:
    """Whether the server takes one more connection, now that mail flows by the first."""
    await run.flows.wait()
    try:
        await way.open()
    except (aiosmtplib.SMTPException, OSError, NoConnection) as error:
        logger.debug("the mail server takes no further connection: %s", error)
        return False
    return not run.done.paused


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


async def _deliver_one(row: OutgoingMail, run: _Run, way: SmtpWay | FolderWay, now: datetime) -> None:
    failure: Failure | None = None
    reply = ""
    settings = run.settings
    try:
        letter = replace(letter_of(row), unsubscribe=await run.way_to_unsubscribe(row))
        last = useless_after(letter)
        if last is not None and last <= now:
            failure = Failure(Verdict.REFUSED, "Not sent: it would have come too late.")
        else:
            message = await _made(letter, await run.words(row), run)
            sender = message["From"].addresses[0].addr_spec
            sender = return_address(settings.mail_return, sender, row.message_id)
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
        await finish(row, MailState.SENT, reply, done=run.done, sent_at=now)
        run.flows.set()
        if not run.is_clear:
            run.is_clear = True
            await trouble.over()
    else:
        await record_failure(row, failure, run.done, run.spared, now)


async def _made(letter: Letter, own_words: OwnWords | None, run: _Run) -> EmailMessage:
    """The message. Whoever else wants the event loop then has it for as long as making the message took."""
    async with run.making:
        began = time.monotonic()
        message = compose(
            letter,
            base_url=run.settings.base_url,
            mail_from=run.settings.mail_from,
            own_words=own_words,
        )
        await asyncio.sleep(min(time.monotonic() - began, LONGEST_BREATH))
    return message
