"""Tables of places: seats in slots, and the lines of those who wait for one."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import ForeignKey, Integer, OnDelete, Serial, Timestamptz, Varchar
from piccolo.table import Table

from conference.tables import Conference
from registration.tables import Registration
from sessions.tables import Slot


class WaitState(StrEnum):
    """Where somebody stands on a waitlist."""

    WAITING = "waiting"
    OFFERED = "offered"
    SEATED = "seated"
    EXPIRED = "expired"  # an offer that nobody answered
    LEFT = "left"


class WaitlistEntry(Table):
    """Somebody's place in the line for a slot, or (slot None) for the conference or their category.

    In order of ``precedence``, the highest first, then of id: the order they came, unless the team puts somebody first.

    Unique: code; (slot, registration) and (registration) where slot is null, both while waiting or offered.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    slot = ForeignKey(Slot, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    state = Varchar(length=10, choices=WaitState, default=WaitState.WAITING, null=False)
    precedence = Integer(default=0, null=False)
    joined_at = Timestamptz(null=False)
    offered_at = Timestamptz(default=None, null=True)
    offer_expires_at = Timestamptz(default=None, null=True)
    settled_at = Timestamptz(default=None, null=True)


class Seat(Table):
    """A registration's place in a slot of limited capacity. Given up = the row is gone; InviteSent keeps the trace.

    Unique: (slot, registration).
    """

    id: Serial
    slot = ForeignKey(Slot, null=False, on_delete=OnDelete.cascade, index=True)
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade, index=True)
    taken_at = Timestamptz(null=False)
