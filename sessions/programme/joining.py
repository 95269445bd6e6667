"""What a join link shows now: one address per slot, for ever, whatever becomes of the slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from conference.viewer import Attending, Viewer
from sessions.programme.snapshot import ReleasedSession, ReleasedSlot

GRACE = timedelta(minutes=15)
"""How long after its end a room still lets people in: sessions run over, and someone always drops out and comes back."""

_REFRESH_AT_MOST = 30 * 60  # seconds


class Moment(StrEnum):
    """Where a slot stands, seen from its join link."""

    BEFORE = "before"
    OPEN = "open"
    OVER = "over"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Door:
    """When the link leads into the room: from ``opens_at`` to before ``closes_at`` (UTC); ``moment`` is how it stands now."""

    moment: Moment
    opens_at: datetime
    closes_at: datetime


def door_of(session: ReleasedSession, slot: ReleasedSlot, *, early_minutes: int, now: datetime) -> Door:
    """How the slot's door stands at ``now``. It opens ``early_minutes`` before the start and closes GRACE after the end."""
    opens_at = slot.start - timedelta(minutes=max(0, early_minutes))
    closes_at = slot.end + GRACE
    if session.is_cancelled or slot.is_cancelled:
        moment = Moment.CANCELLED
    elif now < opens_at:
        moment = Moment.BEFORE
    elif now < closes_at:
        moment = Moment.OPEN
    else:
        moment = Moment.OVER
    return Door(moment, opens_at, closes_at)


class Entry(StrEnum):
    """Whether someone may go in, and if not, what they lack."""

    ENTITLED = "entitled"
    NEEDS_SEAT = "needs-seat"
    NEEDS_REGISTRATION = "needs-registration"


@dataclass(frozen=True)
class Arrival:
    """As whom somebody may go in. ``person`` is None for the team, and for those who may not go in.

    ``is_known_here``: this browser is signed in as the person. Else only the key in the address speaks for them, and it
    may have been followed by a program that looks at mail.
    """

    entry: Entry
    person: Attending | None = None
    is_known_here: bool = False


def arrival(viewer: Viewer, conference_id: int, slot: ReleasedSlot, holder: Attending | None) -> Arrival:
    """Who may go into the room: the team, and those registered; with a seat in this slot where seats are limited.

    ``holder`` is whose personal link it is, None without one: it serves beside whatever the browser is signed in to.
    """
    signed_in = viewer.attending.get(conference_id)
    known = [(person, person is signed_in) for person in (signed_in, holder) if person is not None]
    fitting = [one for one in known if slot.seats is None or slot.code in one[0].seats]
    if fitting:
        return Arrival(Entry.ENTITLED, *fitting[0])
    if viewer.is_team(conference_id):
        return Arrival(Entry.ENTITLED)
    return Arrival(Entry.NEEDS_SEAT if known else Entry.NEEDS_REGISTRATION)


def recording_entry(viewer: Viewer, conference_id: int, holder: Attending | None) -> Entry:
    """Who may watch the recording: the team, and everyone registered. A recording has room for all."""
    if viewer.is_team(conference_id) or viewer.is_registered(conference_id) or holder is not None:
        return Entry.ENTITLED
    return Entry.NEEDS_REGISTRATION


def other_slots(session: ReleasedSession, slot: ReleasedSlot, now: datetime) -> Sequence[ReleasedSlot]:
    """The session's other slots that are still to come or going on, in order of time."""
    if session.is_cancelled:
        return ()
    others = (other for other in session.slots if other.code != slot.code)
    return sorted(
        (other for other in others if not other.is_cancelled and now < other.end),
        key=lambda other: other.start,
    )


def refresh_seconds(door: Door, now: datetime) -> int | None:
    """After how many seconds a page without script should ask again: when the door opens, or half an hour from now.

    None when asking again would show nothing new.
    """
    if door.moment != Moment.BEFORE:
        return None
    left = int((door.opens_at - now).total_seconds()) + 2
    return min(left, _REFRESH_AT_MOST)


@dataclass(frozen=True)
class TimeLeft:
    """Time until the door opens as the countdown writes it; minutes are rounded up."""

    days: int
    hours: int
    minutes: int


def time_left(until: datetime, now: datetime) -> TimeLeft:
    """What is left until ``until``; zeros from then on."""
    minutes = max(0, -int((now - until).total_seconds() // 60))
    return TimeLeft(minutes // 1440, minutes % 1440 // 60, minutes % 60)
