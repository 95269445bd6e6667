"""Where a mail comes back to when it cannot be delivered: an address that says which mail it was (VERP). Pure.

RFC 3464 reports name the mail by its Message-ID only where they carry its headers, and many servers cut those off. The
address that a report is sent to is never cut off, and neither, between servers that know RFC 3461, is the ENVID.
"""

from __future__ import annotations

import re

_MARK = "[2-9a-hjkmnp-z]{20}"
"""A mail's key, the left-hand side of its Message-ID: servers may make all letters of an address small."""
_IN_ADDRESS = re.compile(rf"(?<![0-9a-z])({_MARK})(?![0-9a-z])[^@\s<>]*@")
_IN_ENVELOPE = re.compile(rf"\s*({_MARK})\s*")


def return_address(mail_return: str, sender: str, mail_key: str) -> str:
    """The envelope's sender (RFC 5321 4.1.1.2): ``mail_return`` of the settings with the mail's key, else ``sender``."""
    return mail_return.replace("*", mail_key) if mail_return else sender


def keys_in_addresses(line: str) -> list[str]:
    """The mails that the addresses in a header's line stand for."""
    return _IN_ADDRESS.findall(line.casefold())


def key_in_envelope_id(value: str) -> str:
    """The mail that an ENVID of ours (RFC 3461 4.4) stands for; "" where it is none of ours."""
    found = _IN_ENVELOPE.fullmatch(value.casefold())
    return found[1] if found else ""


def is_ours(recipient: str, *ours: str) -> bool:
    """Whether mail to ``recipient`` is meant for one of ``ours``, whatever stands for a ``*`` or behind a ``+``.

    Neither domains are compared nor marks asked for: mail servers rewrite the ones and cut off the others (Exim, as it
    comes) before they hand a mail over.
    """
    local = recipient.partition("@")[0].casefold()
    for address in ours:
        name = address.partition("@")[0].casefold()
        before, star, after = name.partition("*")
        if star and local.startswith(before) and local.endswith(after) and len(local) >= len(name):
            return True
        if local.partition("+")[0] == before.rstrip("+-_=").partition("+")[0]:
            return True
    return False
