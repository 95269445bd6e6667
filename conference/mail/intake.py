"""Mail that comes in: each message read once, and given to whoever knows what to do with it.

``meridian mail-in`` takes a mailbox file, a Maildir, one message, or what a mail server hands over by LMTP
(``conference.mail.lmtp``); the composition root says who may deal with one.
"""

from __future__ import annotations

import hashlib
import logging
import mailbox
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import BinaryIO, TypeAlias

from conference.db import transaction
from conference.errors import DomainError, InvalidInput
from conference.tables import HandledMail

logger = logging.getLogger(__name__)

MOST_OCTETS = 2_000_000  # of one message; larger ones are no reports

MailHandler: TypeAlias = Callable[[Message, datetime], Awaitable[str | None]]
"""Deals with a message that came in, inside the intake's transaction, and says in a line what it did; None: not mine.

The message is hostile input. Its headers are as they were sent; ``str(message.get(…))`` before use.
"""


@dataclass(frozen=True)
class Taken:
    """What was done with a message, in a line. ``may_come_again``: it broke on our side, and another try may help."""

    words: str
    may_come_again: bool = False


async def mail_in(
    messages: Iterator[bytes], handlers: Sequence[MailHandler], *, now: datetime
) -> AsyncIterator[str]:
    """Deal with each message, and say in a line what was done with it. A message seen before counts as done."""
    for number, data in enumerate(messages, 1):
        yield f"{number}: {(await take_in(data, handlers, now=now)).words}"


async def take_in(
    data: bytes, handlers: Sequence[MailHandler], *, now: datetime, recipient: str = ""
) -> Taken:
    """Deal with one message. The same Message-ID is dealt with once. ``recipient`` is the envelope's, where it is known.

    What breaks while it is read leaves nothing behind, so that it can be given again after a repair.
    """
    if len(data) > MOST_OCTETS:
        return Taken(f"left alone: larger than {MOST_OCTETS} octets")
    try:
        message = message_from_bytes(data)
        key = _key(message, data)
        if recipient:
            del message["Delivered-To"]
            message["Delivered-To"] = recipient
        async with transaction():
            row = HandledMail(key=key, at=now)
            fresh = (
                await HandledMail.insert(row)
                .on_conflict(target=HandledMail.key, action="DO NOTHING")
                .returning(HandledMail.id)
            )
            if not fresh:
                return Taken("done before")
            outcome = await _outcome(message, handlers, now)
            await HandledMail.update({HandledMail.outcome: outcome[:300]}).where(HandledMail.key == key)
        return Taken(outcome)
    except DomainError as error:
        return Taken(f"refused: {error.message}")
    except RecursionError:  # parts in parts without end: another try would find the same
        return Taken("left alone: its parts are nested too deeply")
    except Exception as error:  # the outermost edge: one message that cannot be read must not stop the others
        logger.exception("a mail that came in could not be dealt with")
        return Taken(f"could not be read: {type(error).__name__}", may_come_again=True)


async def _outcome(message: Message, handlers: Sequence[MailHandler], now: datetime) -> str:
    for handler in handlers:
        if (done := await handler(message, now)) is not None:
            return done
    return "left alone: neither a report of a mail of ours nor an answer from a calendar"


def _key(message: Message, data: bytes) -> str:
    """What a message is known by: its Message-ID, or all of it where it has none."""
    name = str(message.get("Message-ID") or "").strip()
    return hashlib.sha256(name.encode("utf-8", "surrogateescape") if name else data).hexdigest()


def messages_in_mbox(path: Path) -> Iterator[bytes]:
    """The messages of a mailbox file, each cut off just above ``MOST_OCTETS``. Raises InvalidInput."""
    if not path.is_file():
        raise InvalidInput(f"{path} is not a file.")
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            with box.get_file(key) as file:
                yield file.read(MOST_OCTETS + 1)
    finally:
        box.close()


def messages_in_maildir(path: Path) -> Iterator[bytes]:
    """The messages of a Maildir, new ones and others, in the order of their names. Raises InvalidInput."""
    folders = [path / name for name in ("new", "cur")]
    if not all(folder.is_dir() for folder in folders):
        raise InvalidInput(f"{path} is not a Maildir: it has no folders “new” and “cur”.")
    for file in sorted(one for folder in folders for one in folder.iterdir() if one.is_file()):
        with file.open("rb") as opened:
            yield opened.read(MOST_OCTETS + 1)


def message_in_stream(stream: BinaryIO) -> Iterator[bytes]:
    """The one message that a mail server hands over, without the envelope's line that some put before it."""
    data = stream.read(MOST_OCTETS + 1)
    if data.startswith(b"From "):
        data = data.partition(b"\n")[2]
    yield data
