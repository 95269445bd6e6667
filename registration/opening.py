"""Whether people can register now, and why not. Pure: the clock and the rules come as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from registration.tables import RegistrationAccess


class Stage(StrEnum):
    """Where registration stands."""

    CLOSED = "closed"  # by the organisers' hand
    EARLY = "early"  # it opens by itself later
    OPEN = "open"
    OVER = "over"  # its closing time has passed
    INVITED = "invited"  # open, but only for who is invited


@dataclass(frozen=True)
class Rules:
    """Who may register, when and how many. The times are instants, ``opens_at`` inclusive, ``closes_at`` not.

    None is no limit; ``revision`` 0 means that nothing was ever saved.
    """

    access: RegistrationAccess = RegistrationAccess.OPEN
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    capacity: int | None = None
    takes_interest: bool = True  # people may ask to be told when it opens
    offer_hours: int = 48  # how long an offer from a waiting list stands
    revision: int = 0


@dataclass(frozen=True)
class Door:
    """What somebody needs to come in: an invitation, the organisers' yes, or neither."""

    needs_invitation: bool = False
    needs_approval: bool = False


def door(conference: RegistrationAccess, category: RegistrationAccess | None = None) -> Door:
    """What it takes to register for the conference in a category: what either of the two asks for. None: in no category."""
    asked = {conference, category}
    return Door(RegistrationAccess.INVITATION in asked, RegistrationAccess.APPROVAL in asked)


def stage_of(is_open: bool, rules: Rules, now: datetime) -> Stage:
    """Where registration stands at ``now``: ``is_open`` is the organisers' own switch. A full conference is open: people
    stand in its line."""
    if not is_open:
        return Stage.CLOSED
    if rules.opens_at is not None and now < rules.opens_at:
        return Stage.EARLY
    if rules.closes_at is not None and now >= rules.closes_at:
        return Stage.OVER
    return Stage.OPEN
