"""What a report of a mail that came back changes: the outbox says so, and a dead address gets no mail any more."""

from __future__ import annotations

from datetime import datetime
from email.message import Message

from conference import texts
from conference.mail.bounces import Fate, Report, ReportKind, read_report
from conference.mail.failures import is_hard
from conference.mail.suppressions import suppress, unsubscribe, unsubscription_hash, without_addresses
from conference.tables import MailState, OutgoingMail, SuppressionSource


async def handle_bounce(message: Message, now: datetime) -> str | None:
    """Deal with a report about a mail of ours (a ``MailHandler``); None when the message is no report."""
    report = read_report(message)
    if report is None:
        return None
    row = await _mail(report)
    if row is None:
        return "a report, but of no mail in the outbox"
    fate = _fate_of(row, report)
    if fate is None:
        return f"a report about mail {row.message_id}, but of another address"
    if fate.kind is ReportKind.COMPLAINT:
        return await _complained(row, now)
    if fate.kind is not ReportKind.FAILED:
        return f"mail {row.message_id}: {fate.kind.value}"
    return await _failed(row, fate, now)


async def _mail(report: Report) -> OutgoingMail | None:
    keys = list(report.mail_keys[:10])
    if not keys:
        return None
    rows = await OutgoingMail.objects().where(OutgoingMail.message_id.is_in(keys))
    return min(rows, key=lambda row: keys.index(row.message_id), default=None)


def _fate_of(row: OutgoingMail, report: Report) -> Fate | None:
    """What the report says of this mail. A report about one address, which a server forwarded to, may name that alone."""
    for fate in report.fates:
        if row.recipient.casefold() in fate.addresses:
            return fate
    return report.fates[0] if len(report.fates) == 1 else None


async def _failed(row: OutgoingMail, fate: Fate, now: datetime) -> str:
    said = texts.clean_line(" ".join(filter(None, (fate.status, fate.words))))[:500]
    if (
        not row.recipient
    ):  # the person was erased since, and nothing of their address may come back with the report
        said = without_addresses(said)
    await OutgoingMail.update(
        {
            OutgoingMail.state: MailState.REFUSED,
            OutgoingMail.lease_until: None,
            OutgoingMail.last_reply: f"It came back: {said or 'no reason given'}",
        }
    ).where(OutgoingMail.id == row.id)
    # Where another address failed, ours still takes mail and passes it on; the person can mend that.
    is_theirs = row.recipient.casefold() in fate.addresses
    if is_theirs and fate.status and is_hard(fate.status):
        await suppress(row.recipient, said, SuppressionSource.BOUNCE, now=now)
        return f"mail {row.message_id} came back: {without_addresses(said)}; the address gets no more mail"
    return f"mail {row.message_id} came back: {without_addresses(said) or 'no reason given'}"


async def _complained(row: OutgoingMail, now: datetime) -> str:
    """The recipient called the mail spam: no news for them any more. Mails about their own registration still go."""
    if row.conference is None:
        return f"mail {row.message_id} was called spam"
    await unsubscribe(row.conference, unsubscription_hash(row.conference, row.recipient), now=now)
    return f"mail {row.message_id} was called spam; this person gets no more news of the conference"
