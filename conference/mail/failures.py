"""Why a mail did not leave, judged by the mail server's reply: try later, never again, or ask a person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

import aiosmtplib


class Verdict(Enum):
    """What a failure means for the mail: try later, never again, wait for a person, or stop the queue."""

    RETRY = "retry"
    REFUSED = "refused"
    HELD = "held"
    PAUSE = "pause"


@dataclass(frozen=True)
class Failure:
    """Why a mail did not leave. ``reply`` is the server's words; ``slow_domain`` asks to spare its domain."""

    verdict: Verdict
    reply: str
    slow_domain: bool = False


class NoConnection(Exception):
    """The server could not be reached, or would not let us in: no fault of the mail at hand."""


def judge(error: Exception) -> Failure:
    """What a failed delivery means (RFC 5321 4.2.1, RFC 3463; classes as in STANDARDS 3).

    A full mailbox (552, 5.2.2) counts as passing. 5.7.x blames policy, usually ours, so the mail is held for a
    person to look at. A lost connection may have delivered the mail: it is tried again, as the same message.
    """
    if isinstance(error, NoConnection):
        return Failure(Verdict.PAUSE, str(error))
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return judge(error.recipients[0])
    if isinstance(error, aiosmtplib.SMTPResponseException):
        code = error.code
        reply = server_words(error)
        status = found[0] if (found := re.match(r"[245]\.\d{1,3}\.\d{1,3}", error.message)) else ""
        if code in {530, 534, 535, 538}:
            return Failure(Verdict.PAUSE, reply)
        if code < 500 or code == 552 or status.startswith("5.2.2"):
            return Failure(Verdict.RETRY, reply, slow_domain=code == 421 or status.startswith("4.7."))
        if status.startswith("5.7.") or isinstance(error, aiosmtplib.SMTPSenderRefused):
            return Failure(Verdict.HELD, reply)
        return Failure(Verdict.REFUSED, reply)
    return Failure(Verdict.RETRY, server_words(error))


def server_words(error: Exception) -> str:
    """What the server said, else what went wrong, on one line."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        said = f"{error.code} {error.message}"
    else:
        said = f"{type(error).__name__}: {error}"
    return " ".join(said.split())[:1000]
