"""Why a mail did not leave, judged by the mail server's reply: try later, once more, never again, or ask a person."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

import aiosmtplib

# RFC 5321 4.5.4.1: wait longer each time. Three days are enough for a server that somebody mends after a weekend.
WAITS = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
GIVE_UP_AFTER = timedelta(days=3)
SIGN_IN_REFUSED = frozenset({530, 534, 535, 538})  # RFC 4954 6
POLICY_WAIT = timedelta(hours=1)
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")


class Verdict(Enum):
    """What a failure means for the mail: try later, once more, never again, wait for a person, or stop the queue."""

    RETRY = "retry"
    POLICY = "policy"
    REFUSED = "refused"
    HELD = "held"
    PAUSE = "pause"


@dataclass(frozen=True)
class Failure:
    """Why a mail did not leave. ``reply`` is the server's words; ``slow_domain`` asks to spare its domain.

    ``is_hard`` is True where the address itself is at fault: it gets no mail any more. ``is_sign_in`` tells a server
    that does not let us in from one that cannot be reached.
    """

    verdict: Verdict
    reply: str
    slow_domain: bool = False
    is_hard: bool = False
    is_sign_in: bool = False


class NoConnection(Exception):
    """The server could not be reached, or would not let us in: no fault of the mail at hand."""

    def __init__(self, words: str, *, is_sign_in: bool = False) -> None:
        super().__init__(words)
        self.is_sign_in = is_sign_in


def judge(error: Exception) -> Failure:
    """What a failed delivery means (RFC 5321 4.2.1, RFC 3463; classes as in STANDARDS 3).

    A full mailbox (552, 5.2.2) counts as passing. 5.7.x blames policy, usually ours or a filter's mood: worth one more
    try, then a person. A lost connection may have delivered the mail: it is tried again, as the same message.
    """
    if isinstance(error, NoConnection):
        return Failure(Verdict.PAUSE, str(error), is_sign_in=error.is_sign_in)
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return judge(error.recipients[0])
    if isinstance(error, aiosmtplib.SMTPResponseException):
        code = error.code
        reply = server_words(error)
        status = status_in(error.message)
        if code in SIGN_IN_REFUSED:
            return Failure(Verdict.PAUSE, reply, is_sign_in=True)
        if code < 500 or code == 552 or status.startswith("5.2.2"):
            return Failure(Verdict.RETRY, reply, slow_domain=code == 421 or status.startswith("4.7."))
        if is_policy(status):
            return Failure(Verdict.POLICY, reply)
        if isinstance(error, aiosmtplib.SMTPSenderRefused):
            return Failure(Verdict.HELD, reply)
        at_recipient = isinstance(error, aiosmtplib.SMTPRecipientRefused)
        return Failure(Verdict.REFUSED, reply, is_hard=is_hard(status, code if at_recipient else None))
    return Failure(Verdict.RETRY, server_words(error))


def status_in(words: str) -> str:
    """The enhanced status code (RFC 3463) in a server's words, such as ``5.1.1``; "" without one."""
    found = _STATUS.search(words[:200])
    return found[0] if found else ""


def is_policy(status: str) -> bool:
    """Whether a final refusal blames policy and not the address (RFC 3463 3.8)."""
    return status.startswith("5.7.")


def is_hard(status: str, code: int | None = None) -> bool:
    """Whether a final refusal says that the address itself does not work, and never will.

    By the enhanced status where there is one: 5.1.x, save for those about the sender (5.1.7, 5.1.8), and a mailbox
    that is disabled (5.2.1). Else by the ``code`` in answer to RCPT TO (RFC 5321 4.2.3).
    """
    if status:
        return status == "5.2.1" or (status.startswith("5.1.") and status not in {"5.1.7", "5.1.8"})
    return code in {550, 551, 553}


def next_wait(attempts: int, salt: str = "", left: timedelta | None = None) -> timedelta:
    """How long to wait after the given number of attempts (at least one).

    Up to a quarter more or less by ``salt``, so that mails put off together do not come back together; the same for the
    same salt. ``left`` is the time until the mail is useless: at least one more try fits into it.
    """
    wait = WAITS[min(attempts, len(WAITS)) - 1]
    if salt:
        chance = zlib.crc32(f"{salt}:{attempts}".encode()) / 2**32
        wait = wait * (0.75 + chance / 2)
    if left is not None:
        wait = min(wait, max(timedelta(minutes=1), left / 2))
    return wait


def server_words(error: Exception) -> str:
    """What the server said, else what went wrong, on one line."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        said = f"{error.code} {error.message}"
    else:
        said = f"{type(error).__name__}: {error}"
    return " ".join(said.split())[:1000]
