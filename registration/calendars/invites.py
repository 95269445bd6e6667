"""Which calendar messages a person is owed: what their bookings are now, against what their calendar was told. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from conference.dates import iso_utc
from registration.calendars.tables import InviteMethod
from sessions.programme.snapshot import ReleasedProgramme

Reason = Literal["new", "updated", "given-up", "cancelled", "readdressed"]
"""Why a message is sent; ``readdressed``: the registration has another address now, and the old one gets this CANCEL."""


@dataclass(frozen=True)
class Booked:
    """A seat as the latest release has it. ``sequence`` is the release's; ``facts`` a fingerprint (see ``facts_of``).

    ``start`` and ``end`` are aware and None when the slot stands in no release any more.
    """

    slot_id: int
    sequence: int = 0
    start: datetime | None = None
    end: datetime | None = None
    is_cancelled: bool = False
    facts: str = ""


@dataclass(frozen=True)
class Told:
    """The last message sent about a slot: its method, its sequence, what it said and when (aware)."""

    slot_id: int
    method: InviteMethod
    sequence: int
    start: datetime
    end: datetime
    facts: str
    sent_at: datetime


@dataclass(frozen=True)
class Owed:
    """A message to send. ``was_start`` and ``was_end`` are what the calendar shows now (None: nothing)."""

    slot_id: int
    method: InviteMethod
    sequence: int
    start: datetime
    end: datetime
    facts: str
    reason: Reason
    was_start: datetime | None = None
    was_end: datetime | None = None


def facts_of(start: datetime, end: datetime, feed_generation: int) -> str:
    """A fingerprint of what makes people reconsider: when it is, and their personal join link.

    Titles are not among it: RFC 5546 2.1.4 asks for no new SEQUENCE for them, and nobody wants mail about a comma.
    """
    text = f"{iso_utc(start)}/{iso_utc(end)}/{feed_generation}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def booked(
    programme: ReleasedProgramme | None, slot_ids: Iterable[int], feed_generation: int
) -> list[Booked]:
    """The person's seats (row ids of slots) as the release has them."""
    found = []
    for slot_id in slot_ids:
        pair = programme.slot_by_id.get(slot_id) if programme else None
        if pair is None:
            found.append(Booked(slot_id, is_cancelled=True))
            continue
        session, slot = pair
        found.append(
            Booked(
                slot_id,
                slot.sequence,
                slot.start,
                slot.end,
                slot.is_cancelled or session.is_cancelled,
                facts_of(slot.start, slot.end, feed_generation),
            )
        )
    return found


def owed(bookings: Iterable[Booked], told: Mapping[int, Told], floor: int = 0) -> list[Owed]:
    """The messages that make the calendar true again, by slot; none when it is.

    RFC 5546 2.1.4: each has a SEQUENCE higher than the last one sent for its UID, a CANCEL included, and at least the
    release's; a first one at least ``floor``, since the calendar may remember an earlier registration. A cancelled
    slot that the calendar never heard of is not worth a message.
    """
    messages = []
    now = {booking.slot_id: booking for booking in bookings}
    for slot_id in sorted(now.keys() | told.keys()):
        booking, last = now.get(slot_id), told.get(slot_id)
        stands = last is not None and last.method == InviteMethod.REQUEST
        following = last.sequence + 1 if last else floor
        if booking is None or booking.is_cancelled or booking.start is None or booking.end is None:
            if last is not None and stands:
                sequence = max(following, booking.sequence if booking else 0)
                reason: Reason = "given-up" if booking is None else "cancelled"
                messages.append(
                    Owed(
                        slot_id,
                        InviteMethod.CANCEL,
                        sequence,
                        last.start,
                        last.end,
                        last.facts,
                        reason,
                        last.start,
                        last.end,
                    )
                )
            continue
        if last is not None and stands and last.facts == booking.facts:
            continue
        messages.append(
            Owed(
                slot_id,
                InviteMethod.REQUEST,
                max(following, booking.sequence),
                booking.start,
                booking.end,
                booking.facts,
                "updated" if stands else "new",
                last.start if last is not None and stands else None,
                last.end if last is not None and stands else None,
            )
        )
    return messages
