"""Private values as the team's lists and the audit log may show them."""

from __future__ import annotations

from urllib.parse import urlsplit

from conference.codes import hash_secret


def host_of(address: str) -> str:
    """The host of a web address, which tells the vendor and opens nothing; "" for none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def masked_address(address: str) -> str:
    """A private link as the audit log keeps it: the vendor, and a mark that changes when the link does; "" for none."""
    return f"{host_of(address)} #{fingerprint(address)}" if address else ""


def masked_text(text: str) -> str:
    """Private text as the audit log keeps it: a mark that changes when the text does; "" for none."""
    return f"#{fingerprint(text)}" if text else ""


def fingerprint(value: str) -> str:
    """Eight hexadecimal digits that differ (in all likelihood) when the values differ."""
    return hash_secret(value)[:8]
