"""Headers that hold people's words, encoded by RFC 2047 before the standard library can fold them wrongly."""

from __future__ import annotations

import re
from base64 import b64encode
from email.policy import SMTP, EmailPolicy
from typing import Any


class Encoded(str):
    """A header's value already encoded and folded as it goes out."""

    __slots__ = ()


class _EncodedHeaders(EmailPolicy):
    """SMTP's policy, leaving values of type Encoded as they are.

    CPython (3.11.7 measured) folds a long quoted display name without its quotes, which turns ``"a, <b@c.d>"``
    into another recipient, and loses spaces between encoded words. So the headers that hold people's words are
    encoded here, by RFC 2047, and only kept by the policy.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        if isinstance(value, Encoded):
            return name, value
        return super().header_store_parse(name, value)

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        if isinstance(value, Encoded):
            return SMTP.header_factory(name, re.sub(r"\r?\n", "", value))
        return super().header_fetch_parse(name, value)

    def fold(self, name: str, value: Any) -> str:
        if isinstance(value, Encoded):
            return f"{name}: {value}\r\n"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        if isinstance(value, Encoded):
            return self.fold(name, value).encode("ascii")
        return super().fold_binary(name, value)


POLICY = _EncodedHeaders(linesep="\r\n", raise_on_defect=False)


def encoded_text(text: str) -> str:
    """Unstructured text as a header value (RFC 5322 2.2.1, RFC 2047): plain where short and ASCII."""
    if text.isascii() and len(text) <= 66 and "=?" not in text:
        return text
    return _encoded_words(text)


def _encoded_words(text: str) -> str:
    """The text as RFC 2047 encoded words, each within 75 characters and of whole characters, one to a line."""
    chunks: list[bytes] = [b""]
    for character in text:
        data = character.encode()
        if len(chunks[-1]) + len(data) > 36:
            chunks.append(b"")
        chunks[-1] += data
    return "\r\n ".join(f"=?utf-8?b?{b64encode(chunk).decode()}?=" for chunk in chunks)


def mailbox(name: str, address: str) -> Encoded:
    """``Name <address>`` that reads back as one mailbox whatever the name holds."""
    if len(name) > 120:
        name = name[:119].rstrip() + "…"
    if not name:
        return Encoded(address)
    if re.fullmatch(r"[A-Za-z0-9 '_-]{1,60}", name):
        shown = name
    elif name.isascii() and len(name) <= 60 and "=?" not in name and not set(name) & set('\\"<>@'):
        shown = f'"{name}"'
    else:
        shown = _encoded_words(name)
    return Encoded(f"{shown}\r\n <{address}>" if len(shown) + len(address) > 65 else f"{shown} <{address}>")
