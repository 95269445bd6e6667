"""The way out through a mail server: its address in the settings, and one connection for many mails."""

from __future__ import annotations

import asyncio
import logging
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import aiosmtplib

from conference.errors import BadSetting
from conference.mail.failures import SIGN_IN_REFUSED, NoConnection, server_words
from conference.settings import Settings
from conference.tables import OutgoingMail

logger = logging.getLogger(__name__)

COMMAND_SECONDS = 30.0
MAIL_SECONDS = 240.0  # for one mail with its connection: well within the lease
MAILS_PER_CONNECTION = 50  # servers answer 421 to those who never hang up


@dataclass(frozen=True)
class MailServer:
    """Where mail goes: read from MERIDIAN_SMTP_URL."""

    host: str
    port: int
    username: str | None
    password: str | None
    use_tls: bool
    start_tls: bool


def mail_server(smtp_url: str) -> MailServer:
    """Read ``smtp://``, ``smtp+starttls://`` or ``smtps://`` ``[user:password@]host[:port]``.

    ``smtp://`` is unencrypted, so it takes a password only to this very machine. Ports default to 25, 587 and
    465. Raises BadSetting.
    """
    parts = urlsplit(smtp_url)
    host = parts.hostname or ""
    tls, starttls = parts.scheme == "smtps", parts.scheme == "smtp+starttls"
    if not host or not (tls or starttls or parts.scheme == "smtp"):
        raise BadSetting("MERIDIAN_SMTP_URL", "must be smtp://, smtps:// or smtp+starttls:// with a host")
    if parts.password and not (tls or starttls) and not _is_this_machine(host):
        raise BadSetting(
            "MERIDIAN_SMTP_URL",
            "would send the password unencrypted; use smtps:// or smtp+starttls://",
        )
    return MailServer(
        host=host,
        port=parts.port or (465 if tls else 587 if starttls else 25),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_tls=tls,
        start_tls=starttls,
    )


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class SmtpWay:
    """One SMTP connection, opened when the first mail needs it and used for those that follow.

    Raises NoConnection when there is none to be had, else what aiosmtplib or the network raises.
    """

    def __init__(self, settings: Settings) -> None:
        self._server = mail_server(settings.smtp_url)
        self._greeting = _greeting(settings.base_host)
        self._client: aiosmtplib.SMTP | None = None
        self._sent = 0

    async def open(self) -> None:
        """Connect now, before there is a mail to send. Raises as ``send`` does."""
        async with asyncio.timeout(MAIL_SECONDS):
            await self._connected()

    async def send(self, row: OutgoingMail, data: bytes, sender: str) -> str:
        async with asyncio.timeout(MAIL_SECONDS):
            client = await self._connected()
            self._sent += 1
            # RFC 3461 4.3, 4.4: a report then names the mail, and brings its headers and not all of it.
            options = [f"ENVID={row.message_id}", "RET=HDRS"] if client.supports_extension("dsn") else []
            try:
                _refused, reply = await client.sendmail(sender, [row.recipient], data, mail_options=options)
            except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused):
                raise  # an answer: the conversation goes on with the next mail
            except BaseException:
                # Nobody knows where the conversation stands, so the next mail begins a new one.
                client.close()
                self._client = None
                raise
        return reply

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None and (not self._client.is_connected or self._sent >= MAILS_PER_CONNECTION):
            await self.close()
        if self._client is None:
            server = self._server
            client = aiosmtplib.SMTP(
                hostname=server.host,
                port=server.port,
                username=server.username,
                password=server.password,
                use_tls=server.use_tls,
                start_tls=server.start_tls,
                local_hostname=self._greeting,
                timeout=COMMAND_SECONDS,
                tls_context=ssl.create_default_context() if server.use_tls or server.start_tls else None,
            )
            try:
                await client.connect()
                if client.is_ehlo_or_helo_needed:
                    await client.ehlo()
            except BaseException as error:
                client.close()
                if isinstance(error, aiosmtplib.SMTPException | OSError):
                    refused_us = (
                        isinstance(error, aiosmtplib.SMTPResponseException) and error.code in SIGN_IN_REFUSED
                    )
                    is_sign_in = refused_us or isinstance(error, aiosmtplib.SMTPAuthenticationError)
                    words = f"{server.host}:{server.port}: {server_words(error)}"
                    raise NoConnection(words, is_sign_in=is_sign_in) from error
                raise
            self._client, self._sent = client, 0
        return self._client

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        try:
            if client.is_connected:
                await client.quit(timeout=5)
        except (aiosmtplib.SMTPException, OSError):
            logger.debug("the mail server hung up before QUIT")
        finally:
            client.close()


def _greeting(host: str) -> str:
    """Our name in EHLO (RFC 5321 4.1.3): an address literal where the site has no host name."""
    try:
        number = ip_address(host)
    except ValueError:
        return host.encode("idna").decode() if not host.isascii() else host
    return f"[{number}]" if number.version == 4 else f"[IPv6:{number}]"
