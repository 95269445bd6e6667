"""What a mail is made of: a letter as plain values, and the references its payload may hold.

A payload is JSON. It holds plain facts and three kinds of reference, resolved only while rendering:

* ``token_ref(purpose, *parts)`` is a secret, derived by ``codes.derived_token``; so no secret lies in the table;
* ``link_ref(*pieces)`` is an address under the site's own, its pieces texts and token references;
* an instant is an ISO 8601 text with offset (``queue_mail`` writes datetimes so).

Every other text in a payload came from a person: it is put on one line, and addresses in it are broken with
zero-width spaces so that no program makes a link of them. Texts in several languages are ``LocalText`` maps.
``mail.words`` tells a payload's facts in a language; ``mail.message`` makes the message that leaves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from conference.codes import derived_token

Ref: TypeAlias = dict[str, list[Any]]

PRODUCT = "Meridian"
LONGEST_FACT = 400  # characters of one text in a mail; a person's name is no place for an essay
_TOKEN = "$token"  # noqa: S105 - the name of a reference, not a secret
_LINK = "$link"
_LINK_PATH = re.compile(r"/[A-Za-z0-9/_.~%?&=-]*")
BREAK = "\u200b"  # a zero-width space


@dataclass(frozen=True)
class Letter:
    """Everything a message is made of: an OutgoingMail row as plain values.

    ``mail_key`` is the left-hand side of the Message-ID, made when the mail was queued. ``created_at`` (aware)
    becomes ``Date``, so a retry is the same message. ``zone`` is the recipient's. ``calendar`` is an iCalendar
    file whose METHOD is ``calendar_method``. ``unsubscribe`` is the path that stops such mails, "" where they are
    no news.
    """

    kind: str
    payload: Mapping[str, Any]
    recipient: str
    recipient_name: str
    language: str
    zone: str
    mail_key: str
    created_at: datetime
    calendar: str | None = None
    calendar_method: str | None = None
    unsubscribe: str = ""


def token_ref(purpose: str, *parts: object) -> Ref:
    """A payload value that becomes ``codes.derived_token(purpose, *parts)`` when the mail is rendered."""
    return {_TOKEN: [purpose, *map(str, parts)]}


def link_ref(*pieces: str | Ref) -> Ref:
    """A payload value that becomes an address of this site: ``link_ref("/join/", code)``.

    The pieces, joined, must be a path that begins with ``/``; a token reference may be one of them.
    """
    return {_LINK: list(pieces)}


def one_line(text: str) -> str:
    """The text without line breaks, control characters or marks that reverse what is shown (bidi overrides)."""
    kept = "".join(
        " " if ch.isspace() or unicodedata.category(ch) in {"Cc", "Cs", "Zl", "Zp"} else ch
        for ch in text
        if ch not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffe\uffff"
    )
    return " ".join(kept.split())


def defanged(text: str) -> str:
    """``one_line(text)``, at most LONGEST_FACT long, in which no program finds an address to make a link of, nor ours a
    footer's beginning."""
    line = one_line(text)
    if len(line) > LONGEST_FACT:
        line = line[: LONGEST_FACT - 1].rstrip() + "…"
    if re.fullmatch("--+", line):
        line = "—"  # two hyphens on a line of their own would begin the footer
    line = line.replace("://", f":{BREAK}//{BREAK}").replace("@", f"@{BREAK}")
    line = re.sub(r"(?i)\b(mailto|tel|javascript|data):", rf"\1{BREAK}:", line)
    return re.sub(r"(?<=\w)\.(?=[^\W\d_]{2})", f".{BREAK}", line)


def resolve(payload: Any, base_url: str) -> Any:
    """The payload with its references put in and every text by a person made harmless."""
    if isinstance(payload, Mapping):
        if set(payload) == {_TOKEN}:
            return derived_token(*payload[_TOKEN])
        if set(payload) == {_LINK}:
            pieces = [p if isinstance(p, str) else derived_token(*p[_TOKEN]) for p in payload[_LINK]]
            path = "".join(pieces)
            if not _LINK_PATH.fullmatch(path):
                raise ValueError(f"a link in a mail's payload is no path of this site: {path!r:.80}")
            return base_url + path
        return {str(key): resolve(value, base_url) for key, value in payload.items()}
    if isinstance(payload, list):
        return [resolve(value, base_url) for value in payload]
    return defanged(payload) if isinstance(payload, str) else payload


def conference_facts(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What the payload says of the conference: a map of facts, or its name alone."""
    home = payload.get("conference") or {}
    return {"name": home} if isinstance(home, str) else dict(home)
