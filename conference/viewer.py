"""Who is asking, as far as a page needs to know: a value the composition root provides to every package."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class SignedInOrganiser:
    """The organiser whose browser this is. ``zone`` and ``language`` may be empty."""

    id: int
    name: str
    email: str
    may_create: bool
    zone: str = ""
    language: str = ""

    @property
    def label(self) -> str:
        """What stands in the audit log and on pages."""
        return self.name or self.email


@dataclass(frozen=True)
class Attending:
    """The confirmed registration a browser is signed in to, in one conference. ``seats`` are codes of slots;
    ``was_there`` whether the person came into a room of it at least once; ``notes_presence`` that they agreed that
    going into a room is noted for their certificate of attendance."""

    registration_code: str
    name: str
    zone: str
    seats: frozenset[str] = frozenset()
    was_there: bool = False
    notes_presence: bool = False


@dataclass(frozen=True)
class Viewer:
    """Who is asking. ``attending`` maps a conference's id to the person's registration in it, ``in_line`` to the code of one
    that waits for a place; ``team`` holds the ids of the conferences whose team the organiser belongs to."""

    organiser: SignedInOrganiser | None = None
    attending: Mapping[int, Attending] = field(default_factory=dict)
    team: frozenset[int] = frozenset()
    in_line: Mapping[int, str] = field(default_factory=dict)

    def is_registered(self, conference_id: int) -> bool:
        """Whether the person holds a confirmed registration in the conference."""
        return conference_id in self.attending

    def has_attended(self, conference_id: int) -> bool:
        """Whether the person was there when the conference took place."""
        return conference_id in self.attending and self.attending[conference_id].was_there

    def is_team(self, conference_id: int) -> bool:
        """Whether the person belongs to the conference's team."""
        return conference_id in self.team


NOBODY = Viewer()

FindHolder = Callable[[int, str], Awaitable[Attending | None]]
"""Whose personal join link it is, by a conference's id and the key in the link; None for a key that holds nothing.

The composition root provides it as the dependency ``attending_by_key``.
"""


@dataclass(frozen=True)
class PresenceKeeper:
    """How the door of a room reaches those who keep presence.

    ``note`` notes that somebody went in, if they agreed to it: a conference's id, the registration's code, the slot's
    row id, now. ``is_asked`` says whether the conference asks people to agree. The composition root provides it as the
    dependency ``presence_keeper``.
    """

    note: Callable[[int, str, int, datetime], Awaitable[None]]
    is_asked: Callable[[int], Awaitable[bool]]
