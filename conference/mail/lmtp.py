"""Mail handed over by a mail server (LMTP, RFC 2033): reports and answers from calendars, each recipient answered.

A message that breaks on our side is answered with 451, so that the server keeps it and tries again; nothing that is
asked of a person depends on this intake, and what is no report and no answer is taken and left alone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from conference.errors import InvalidInput
from conference.mail.intake import MOST_OCTETS, Taken
from conference.mail.returning import is_ours

logger = logging.getLogger(__name__)

MOST_RECIPIENTS = 100  # of one message (RFC 5321 4.5.3.1.8)
IDLE_SECONDS = 300.0
PATIENCE = 10.0  # seconds, when told to stop amid a message
_LONGEST_REPLY = 200

TakeIn = Callable[[bytes, str], Awaitable[Taken]]
"""Deals with a message for one recipient of the envelope."""


@dataclass(frozen=True)
class Place:
    """Where to listen: a ``path`` of a socket, or a ``host`` of this machine with a ``port``."""

    path: Path | None = None
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        return (
            str(self.path)
            if self.path
            else f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"
        )


def read_place(text: str) -> Place:
    """Read ``HOST:PORT`` or the path of a socket. Raises InvalidInput.

    LMTP asks nobody for a password, so only this machine may speak to us: a loopback address, or a socket, whose folder
    says who may.
    """
    if "/" in text:
        return Place(path=Path(text.removeprefix("unix:")).absolute())
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise InvalidInput(f"“{text}” is neither an address like 127.0.0.1:2424 nor the path of a socket.")
    try:
        is_local = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_local = False
    if not is_local:
        raise InvalidInput(
            f"{host} is not this machine: LMTP knows no passwords, so only this machine may hand mail over."
        )
    return Place(host=host, port=int(port))


class _Server(LMTP):
    """aiosmtpd's LMTP with what RFC 2033 asks beyond it: an answer for each recipient, and enhanced status codes."""

    line_length_limit = MOST_OCTETS  # some programs write a whole HTML mail on one line
    _owed = 0  # replies after the final dot

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.event_handler.connections.add(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.connections.discard(self.transport)
        super().connection_lost(error)

    async def push(self, status: str | bytes) -> None:
        text = _with_enhanced_code(status if isinstance(status, str) else status.decode("utf-8", "replace"))
        if text.startswith("354 ") and self.envelope is not None:
            self._owed = len(self.envelope.rcpt_tos)
        elif self._owed:
            if "\n" not in text:  # RFC 2033 4.2: one for each, whatever happened
                text = "\r\n".join([text] * self._owed)
            self._owed = 0
        await super().push(text)


_ENHANCED = {"2": "2.0.0", "4": "4.3.0", "5": "5.5.0"}


def _with_enhanced_code(text: str) -> str:
    """A reply with the code of RFC 2034, which it advertises; greetings and the list of extensions have none."""
    found = re.match(r"([245])\d\d (?!\1\.\d)", text)
    if found is None or "\n" in text or text.startswith(("220 ", "250 HELP", "250-")):
        return text
    return f"{text[:4]}{_ENHANCED[found[1]]} {text[4:]}"


class _Handler:
    """What is done with mail as it comes in (the hooks of aiosmtpd)."""

    def __init__(self, take_in: TakeIn, ours: Collection[str]) -> None:
        self._take_in = take_in
        self._ours = tuple(ours)
        self.connections: set[asyncio.BaseTransport] = set()
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", "250-ENHANCEDSTATUSCODES", responses[-1]]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not is_ours(address, *self._ours):
            return "550 5.1.1 no such mailbox here"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self._under_way += 1
        self._idle.clear()
        try:
            return "\r\n".join([await self._answer(envelope, recipient) for recipient in envelope.rcpt_tos])
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    async def _answer(self, envelope: Envelope, recipient: str) -> str:
        data = envelope.content
        try:
            taken = await self._take_in(data if isinstance(data, bytes) else str(data).encode(), recipient)
        except Exception:  # the outermost edge of a message: the server keeps it, and the others go on
            logger.exception("a mail that came in could not be dealt with")
            taken = Taken("not now", may_come_again=True)
        logger.info("mail came in: %s", taken.words)
        words = " ".join(taken.words.encode("ascii", "replace").decode().split())[:_LONGEST_REPLY]
        return f"451 4.3.0 {words}" if taken.may_come_again else f"250 2.0.0 {words}"

    async def idle(self) -> None:
        """Wait until no message is being dealt with."""
        await self._idle.wait()

    async def handle_exception(self, error: Exception) -> str:
        logger.exception("a mail server's command could not be dealt with", exc_info=error)
        return "451 4.3.0 not now"


@asynccontextmanager
async def listening(place: Place, take_in: TakeIn, ours: Collection[str]) -> AsyncIterator[str]:
    """Take mail in at the place while the block runs; where that is, in words. Raises InvalidInput where it is taken.

    ``ours`` are the addresses that mail is taken for.
    """
    loop, handler = asyncio.get_running_loop(), _Handler(take_in, ours)
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # it tells every command, addresses and all

    def protocol() -> _Server:
        return _Server(
            handler,
            data_size_limit=MOST_OCTETS,
            enable_SMTPUTF8=True,
            hostname="meridian",
            ident="LMTP",
            timeout=IDLE_SECONDS,
            loop=loop,
        )

    try:
        if place.path is not None:
            _make_way(place.path)
            server = await loop.create_unix_server(protocol, place.path)
            place.path.chmod(0o666)  # as a port of this machine: who may is the folder's to say
            where = str(place)
        else:
            server = await loop.create_server(protocol, place.host, place.port)
            where = str(Place(host=place.host, port=server.sockets[0].getsockname()[1]))
    except OSError as error:
        raise InvalidInput(f"Nothing can listen at {place}: {error.strerror or error}.") from error
    try:
        yield where
    finally:
        server.close()
        with suppress(TimeoutError):  # a message that is answered is not handed over again
            await asyncio.wait_for(handler.idle(), PATIENCE)
        for connection in list(handler.connections):
            connection.close()
        await asyncio.sleep(0)  # in which they close
        if place.path is not None:
            place.path.unlink(missing_ok=True)


def _make_way(path: Path) -> None:
    """Remove a socket that a killed process left. Raises InvalidInput where one still listens, or a file lies."""
    try:
        kind = path.stat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(kind):
        raise InvalidInput(f"{path} is a file and no socket.")
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(os.fspath(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise InvalidInput(f"Another process listens at {path} already.")
