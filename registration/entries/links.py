"""The secret links of a registration: its own page, its calendar feed, its personal join links.

All are derived from the server's secret, so that none lies in a table; two are looked up by their hash. The feed and
the join links share a generation: renewing the calendar's address renews whatever stood in that calendar.
"""

from __future__ import annotations

from conference.codes import derived_token, hash_secret
from conference.mail import Ref, link_ref, token_ref

_PAGE = "me"
_FEED = "feed"
_JOIN = "join"


def page_token(code: str, generation: int) -> str:
    """The token of ``/{conference}/me/{token}``."""
    return derived_token(_PAGE, code, generation)


def page_hash(code: str, generation: int) -> str:
    """What is stored of it."""
    return hash_secret(page_token(code, generation))


def page_ref(slug: str, code: str, generation: int) -> Ref:
    """The own page's address as a mail's payload names it."""
    return link_ref(f"/{slug}/me/", token_ref(_PAGE, code, generation))


def reminders_ref(slug: str, code: str, generation: int) -> Ref:
    """The address, as a mail's payload names it, at which the person chooses reminders without signing in."""
    return link_ref(f"/{slug}/me/", token_ref(_PAGE, code, generation), "/reminders")


def feed_token(code: str, generation: int) -> str:
    """The token of ``/calendar/{token}.ics``."""
    return derived_token(_FEED, code, generation)


def feed_hash(code: str, generation: int) -> str:
    """What is stored of it."""
    return hash_secret(feed_token(code, generation))


def feed_ref(code: str, generation: int) -> Ref:
    """The feed's address as a mail's payload names it."""
    return link_ref("/calendar/", token_ref(_FEED, code, generation), ".ics")


def join_key(code: str, generation: int) -> str:
    """The ``key`` of a personal join link: the registration's code and, after a dot, what proves the right to it."""
    return f"{code}.{derived_token(_JOIN, code, generation)}"


def join_path(slot: str, code: str, generation: int) -> str:
    """The personal join link of a slot, from the site's root."""
    return f"/join/{slot}?key={join_key(code, generation)}"


def join_ref(slot: str, code: str, generation: int) -> Ref:
    """The personal join link as a mail's payload names it."""
    return link_ref(f"/join/{slot}?key={code}.", token_ref(_JOIN, code, generation))


def help_ref(slot: str) -> Ref:
    """The page for those who cannot get into the room of a slot, as a mail's payload names it; it is the same for all."""
    return link_ref(f"/join/{slot}/help")
