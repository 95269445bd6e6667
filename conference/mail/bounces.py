"""Reports that a mail of ours came back, read from whatever a mail server sent: RFC 3464, RFC 5965, qmail and Exim.

Nothing is read from subjects or from what people write. Every report is hostile input: whoever knows an address may
have made it up, so a report means something only where it holds the key of a mail that went to that address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum

from conference.mail.returning import key_in_envelope_id, keys_in_addresses

MOST_PARTS = 50
LONGEST_TEXT = 100_000  # characters of a part that is searched
_OUR_ID = re.compile(r"<([2-9a-hjkmnp-z]{20})@[^<>\s]{1,253}>")
_ADDRESS = re.compile(r"[^\s<>;,\"]{1,64}@[^\s<>;,\"]{1,253}")
_QMAIL = re.compile(r"^Hi\. This is the qmail-send program", re.M)
_QMAIL_FAILED = re.compile(r"^<([^\s<>]{1,64}@[^\s<>]{1,253})>:\n((?:.+\n?){1,8})", re.M)


class ReportKind(StrEnum):
    """What a report says became of a mail."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    COMPLAINT = "complaint"  # the recipient called it spam


@dataclass(frozen=True)
class Fate:
    """What became of a mail to one address. ``addresses`` are those it is known by, in small letters: a forwarding
    server names the last one and, often, the one we wrote to. ``status`` is that of RFC 3463, "" without one."""

    kind: ReportKind
    addresses: frozenset[str]
    status: str = ""
    words: str = ""


@dataclass(frozen=True)
class Report:
    """A report: what became of which addresses, and the keys of mails of ours in it, the surest first."""

    fates: tuple[Fate, ...]
    mail_keys: tuple[str, ...]


def read_report(message: Message) -> Report | None:
    """What the message reports of mails that we sent; None when it is no report."""
    parts = [part for part, _number in zip(message.walk(), range(MOST_PARTS), strict=False)]
    fates = [fate for part in parts for fate in _fates_in(part)]
    if not fates:
        fates = [*_exim(message), *_qmail(parts)]
    if not fates:
        return None
    return Report(tuple(fates[:MOST_PARTS]), tuple(dict.fromkeys(_keys(message, parts))))


def _fates_in(part: Message) -> Iterator[Fate]:
    kind = part.get_content_type()
    if kind == "message/delivery-status":
        for block in _blocks(part):
            if block.get("Action") or block.get("Status"):
                yield _fate(block)
    elif kind == "message/feedback-report":
        for block in _blocks(part):
            addresses = _addresses(block, "Original-Rcpt-To", "Original-Recipient", "Removal-Recipient")
            if addresses or block.get("Feedback-Type"):
                yield Fate(ReportKind.COMPLAINT, addresses, words=_line(block, "Feedback-Type"))


def _blocks(part: Message) -> list[Message]:
    """The groups of fields in a part (RFC 3464 2.1), which the parser reads as messages of headers alone."""
    inside = part.get_payload()
    if isinstance(inside, list):
        return [block for block in inside[:MOST_PARTS] if isinstance(block, Message)]
    return []


def _fate(block: Message) -> Fate:
    action = _line(block, "Action").casefold()
    status = _line(block, "Status").partition(" ")[0]
    if action in {"failed", "fail"} or (not action and status.startswith("5")):
        kind = ReportKind.FAILED
    elif action == "delayed" or (not action and status.startswith("4")):
        kind = ReportKind.DELAYED
    else:
        kind = ReportKind.DELIVERED
    words = _line(block, "Diagnostic-Code").partition(";")
    return Fate(
        kind,
        _addresses(block, "Final-Recipient", "Original-Recipient", "X-Actual-Recipient"),
        status if re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", status) else "",
        (words[2] or words[0]).strip()[:500],
    )


def _exim(message: Message) -> Iterator[Fate]:
    for address in _addresses(message, "X-Failed-Recipients"):
        yield Fate(ReportKind.FAILED, frozenset({address}), words="X-Failed-Recipients")


def _qmail(parts: list[Message]) -> Iterator[Fate]:
    for part in parts:
        text = _text(part)
        if _QMAIL.search(text):
            report = text.partition("--- Below this line is a copy of the message.")[0]
            for address, words in _QMAIL_FAILED.findall(report):
                said = " ".join(words.split())[:500]
                found = re.search(r"#?\b(5\.\d{1,3}\.\d{1,3})\b", said)
                yield Fate(
                    ReportKind.FAILED, frozenset({address.casefold()}), found[1] if found else "", said
                )


def _keys(message: Message, parts: list[Message]) -> Iterator[str]:
    """What the report says of which mail it is about, the surest first: the address it was sent to and the ENVID, which
    nobody cuts off; then the Message-ID, in the mail that came back or in what the report answers."""
    for part in parts:
        if part.get_content_type() in ("message/delivery-status", "message/feedback-report"):
            for block in _blocks(part):
                if key := key_in_envelope_id(_line(block, "Original-Envelope-Id")):
                    yield key
                yield from keys_in_addresses(_line(block, "Original-Mail-From"))
    for name in ("Delivered-To", "X-Original-To", "Envelope-To", "To"):
        yield from keys_in_addresses(_line(message, name))
    for part in parts:
        if part is not message and part.get("Message-ID"):
            yield from _OUR_ID.findall(_line(part, "Message-ID"))
        if not part.is_multipart():
            for line in re.findall(r"(?im)^message-id:[ \t]*(?:\r?\n[ \t]+)?(<[^<>\s]+>)", _text(part)):
                yield from _OUR_ID.findall(line)
    for name in ("In-Reply-To", "References", "Original-Message-ID"):
        yield from _OUR_ID.findall(_line(message, name))


def _text(part: Message) -> str:
    """What a part that is no multipart says, in full or as far as it is looked at."""
    if part.is_multipart():
        return ""
    content = part.get_payload(decode=True)
    return content[:LONGEST_TEXT].decode("utf-8", "replace") if isinstance(content, bytes) else ""


def _line(message: Message, name: str) -> str:
    return " ".join(str(message.get(name) or "")[:2000].split())


def _addresses(message: Message, *names: str) -> frozenset[str]:
    found = (address for name in names for address in _ADDRESS.findall(_line(message, name)))
    return frozenset(address.casefold() for address in found)
