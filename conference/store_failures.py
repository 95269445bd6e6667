"""What a store of files says when something fails, told apart. Pure.

obstore hands on what the store's own client says, in many lines and with the whole request in it; an operator wants one.
"""

from __future__ import annotations

import errno
import re
from enum import Enum

from obstore.exceptions import NotFoundError, PermissionDeniedError, UnauthenticatedError

MOST_WORDS = 200


class Failure(Enum):
    """Why the store could not do what was asked."""

    MISSING = "missing"  # it answers; there is no such file, or less of it
    FULL = "full"
    REFUSED = "refused"
    NO_STORE = "no-store"
    UNREACHABLE = "unreachable"
    SLOW = "slow"
    BROKEN = "broken"


_WORDS = {
    Failure.MISSING: "it has no such file",
    Failure.FULL: "it has no room left",
    Failure.REFUSED: "it refuses our key, or the key may not do this",
    Failure.NO_STORE: "there is no such bucket or folder",
    Failure.UNREACHABLE: "it cannot be reached",
    Failure.SLOW: "it takes too long to answer",
    Failure.BROKEN: "it answers with an error",
}

_FULL = re.compile(
    r"No space left|os error 28\b|Disk quota|QuotaExceeded|XMinioStorageFull|InsufficientStorage"
)
_NO_STORE = re.compile(r"NoSuchBucket")
_UNREACHABLE = re.compile(
    r"kind: Connect\b|dns error|tcp connect error|Connection refused|ConnectionReset|IncompleteMessage"
)
_SLOW = re.compile(r"kind: Timeout|TimedOut|operation timed out|deadline has elapsed")
_REFUSED = re.compile(
    r"\b40[13] (?:Unauthorized|Forbidden)|AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch"
)
_SHORT = re.compile(
    r"\b416 Range Not Satisfiable|<Code>InvalidRange<|shorter than|out of range|Range started at"
)


def kind_of(error: BaseException) -> Failure:
    """What kind of failure an error of obstore, or of the system, is."""
    text = str(error)
    if _FULL.search(text) or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return Failure.FULL
    if _NO_STORE.search(text):
        return Failure.NO_STORE
    if isinstance(error, PermissionDeniedError | UnauthenticatedError | PermissionError) or _REFUSED.search(
        text
    ):
        return Failure.REFUSED
    if isinstance(error, NotFoundError | FileNotFoundError | EOFError) or _SHORT.search(text):
        return Failure.MISSING
    if _SLOW.search(text):
        return Failure.SLOW
    if _UNREACHABLE.search(text):
        return Failure.UNREACHABLE
    return Failure.BROKEN


def words_of(kind: Failure) -> str:
    """The kind in words, for an operator."""
    return _WORDS[kind]


def reason_of(error: BaseException) -> str:
    """What the store said, in one short line and without the client's own account of it."""
    first = str(error).strip().partition("\n")[0].partition("Debug source")[0]
    return re.sub(r"\s+", " ", first).strip()[:MOST_WORDS]
