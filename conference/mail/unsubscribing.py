"""The way out of a conference's news: links that unsubscribe with one click (RFC 2369, RFC 8058), and their words."""

from __future__ import annotations

import hmac

from conference.codes import derived_token
from conference.mail.suppressions import unsubscription_hash

# The server's words, as in every mail's last reply, are not translated: they are read beside those of mail servers.
NO_NEWS_WANTED = "Not sent: this person wants no more news of the conference."


def suppressed_words(reason: str) -> str:
    """Why a mail to an address on the list of suppressed ones was not sent; ``reason`` is what a server said of it."""
    return f"Not sent: this address does not work. {reason}".rstrip()


def unsubscribe_path(slug: str, conference_id: int, address: str) -> str:
    """The address, under the site's own, that unsubscribes ``address`` from the conference's news."""
    mark = unsubscription_hash(conference_id, address)
    return f"/{slug}/unsubscribe/{mark}{_seal(conference_id, mark)}"


def mark_in(token: str, conference_id: int) -> str | None:
    """The ``unsubscription_hash`` that the token in such an address stands for; None when the token is none of ours."""
    mark, seal = token[:43], token[43:]
    if not token.isascii():
        return None
    return mark if hmac.compare_digest(seal, _seal(conference_id, mark)) else None


def _seal(conference_id: int, mark: str) -> str:
    return derived_token("unsubscribe-link", conference_id, mark)[:22]
