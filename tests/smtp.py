"""A real SMTP server for tests: aiosmtpd over a socket, answering as the recipient's address asks."""

from __future__ import annotations

import asyncio
import re
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Mailbox:
    """The server's side of the story: what arrived, and how it answers.

    ``replies`` maps a recipient to the answer to RCPT TO. ``drop_after_data`` lists recipients for whom the
    connection breaks after the final dot, once each, with the message kept: the sender cannot know.
    """

    port: int = 0
    replies: dict[str, str] = field(default_factory=dict)
    drop_after_data: list[str] = field(default_factory=list)
    received: list[Envelope] = field(default_factory=list)
    mail_options: list[list[str]] = field(default_factory=list)  # what RFC 3461 adds to each MAIL FROM
    has_dsn: bool = False
    connections: int = 0
    most_connections: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def messages(self) -> list[EmailMessage]:
        """The messages that arrived, read back as a mail program reads them."""
        read = []
        for envelope in self.received:
            assert isinstance(envelope.content, bytes)
            message = message_from_bytes(envelope.content, policy=default)
            assert isinstance(message, EmailMessage)
            read.append(message)
        return read

    @property
    def recipients(self) -> list[str]:
        return [address for envelope in self.received for address in envelope.rcpt_tos]

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        if 0 < self.most_connections < self.connections:
            return ["421 4.7.0 too many connections"]
        session.host_name = hostname
        return [*responses[:-1], "250-DSN", responses[-1]] if self.has_dsn else responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = self.replies.get(address, "250 2.1.5 OK")
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.received.append(envelope)
        for address in envelope.rcpt_tos:
            if address in self.drop_after_data:
                self.drop_after_data.remove(address)
                assert isinstance(server.transport, asyncio.Transport)
                server.transport.abort()
        return "250 2.0.0 kept"


class _Server(SMTP):
    """aiosmtpd refuses every parameter that it does not know."""

    async def smtp_MAIL(self, arg: str | None) -> None:
        known = r" (?:ENVID|RET)=\S+" if self.event_handler.has_dsn else r"(?!)"
        self.event_handler.mail_options.append([one.strip() for one in re.findall(known, arg or "")])
        await super().smtp_MAIL(re.sub(known, "", arg or ""))


@asynccontextmanager
async def smtp_server(
    *, password: str | None = None, most_connections: int = 0, has_dsn: bool = False
) -> AsyncIterator[Mailbox]:
    """A server on a free port of this machine; with ``password`` it lets in only user ``meridian`` with it.

    ``has_dsn``: it knows reports by RFC 3461. Beyond ``most_connections`` it turns clients away; 0: no limit.
    """
    mailbox = Mailbox(has_dsn=has_dsn, most_connections=most_connections)

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and data.password == (password or "").encode()
        return AuthResult(success=good, handled=False)

    def protocol() -> SMTP:
        with warnings.catch_warnings():
            # It warns that passwords go unencrypted: between this process and itself.
            warnings.simplefilter("ignore")
            return _Server(
                mailbox,
                hostname="mx.example",
                authenticator=authenticate if password else None,
                auth_required=password is not None,
                auth_require_tls=False,
            )

    listening = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    mailbox.port = listening.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        listening.close()
        await listening.wait_closed()
