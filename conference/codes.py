"""Public codes, and secrets that are never stored.

A *code* names a row in an address: short, random, without look-alike characters. A *token* carries a right
(to a registration, a feed, a join link). Tokens are derived from the server's secret, so that the database
holds only their hash, and any of them can be renewed by raising the ``generation`` among its parts.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no 0/o, 1/i/l
_secret_key = secrets.token_bytes(32)


def use_secret(key: bytes) -> None:
    """Set the server's secret (at least 32 bytes). Until then a random one serves this process only."""
    global _secret_key
    _secret_key = key


def new_code(length: int = 8) -> str:
    """A fresh public code of ``length`` characters (31 letters and digits, about 5 bits each)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def new_token() -> str:
    """A fresh secret of 256 bits, safe in an address."""
    return secrets.token_urlsafe(32)


def derived_token(purpose: str, *parts: object) -> str:
    """The token (43 characters, safe in an address) that carries the right ``purpose`` over ``parts``.

    The same purpose and parts always give the same token under one server secret.
    """
    text = "\x1f".join([purpose, *map(str, parts)])
    digest = hmac.new(_secret_key, text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def hash_secret(token: str) -> str:
    """What is stored of a token: its SHA-256 in hexadecimal. Tokens are long and random, so no salt is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
