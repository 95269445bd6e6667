"""ORCID iDs as people paste them, checked by their check digit and written the one way."""

from __future__ import annotations

import re

from conference.errors import InvalidInput
from conference.i18n import _

# People paste the whole address, with or without scheme, and word processors turn hyphens into other dashes.
_BEFORE = re.compile(r"(?i)\A(?:orcid(?!\.)(?:\s*id)?\s*:?\s*)?(?:https?://)?(?:www\.)?(?:orcid\.org/)?")
_DASHES = re.compile("[\\s\u00ad\u2010-\u2015\u2212-]+")


class OrcidRefused(InvalidInput):
    """The text is no ORCID iD; the message says what is wrong."""


def check_digit(digits: str) -> str:
    """The last character, 0 to 9 or X, of the iD that begins with these fifteen digits (ISO 7064 MOD 11-2)."""
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    rest = (12 - total % 11) % 11
    return "X" if rest == 10 else str(rest)


def parse_orcid(typed: str) -> str:
    """``0000-0002-1825-0097`` from an iD or its address as somebody typed it; "" for nothing typed.

    Raises OrcidRefused when it is no iD, or when its check digit shows that it was mistyped.
    """
    bare = typed.strip()
    if not bare:
        return ""
    bare = _BEFORE.sub("", bare).rstrip("/").partition("?")[0]
    whole = _DASHES.sub("", bare).upper()
    if not re.fullmatch(r"[0-9]{15}[0-9X]", whole):
        raise OrcidRefused(_("An ORCID iD has sixteen digits, such as 0000-0002-1825-0097."))
    if whole == "0" * 15 + "1" or check_digit(whole[:15]) != whole[15]:
        raise OrcidRefused(
            _("This ORCID iD has a mistake in it: its last character does not fit the others.")
        )
    return "-".join(whole[at : at + 4] for at in range(0, 16, 4))


def orcid_url(orcid: str) -> str:
    """The address by which the iD is shown (ORCID asks for the whole of it, with https); "" for none."""
    return f"https://orcid.org/{orcid}" if orcid else ""
