"""A person's private calendar: their seats and their agenda, true to the latest release. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from conference.calendar import CalendarEntry
from registration.calendars.invites import Told
from registration.calendars.tables import InviteMethod
from sessions.programme.feeds import CalendarPlace, calendar_entry
from sessions.programme.snapshot import ReleasedProgramme


@dataclass(frozen=True)
class FeedSource:
    """What a feed is made from. ``seats`` and ``agenda`` are row ids of slots, ``told`` by the same.

    ``join`` makes the person's own join link, absolute, of a slot's code.
    """

    programme: ReleasedProgramme
    place: CalendarPlace
    language: str
    join: Callable[[str], str]
    seats: Collection[int] = ()
    agenda: Collection[int] = ()
    told: Mapping[int, Told] | None = None


def feed_entries(source: FeedSource) -> list[CalendarEntry]:
    """The entries of the feed.

    UIDs are those of the invites, and no SEQUENCE is lower than the one an invite carried, so that a calendar holding
    both shows one. A seat given up, and a slot cancelled or dropped, stays as CANCELLED: most calendars would keep what
    merely vanishes.
    """
    told = source.told or {}
    wanted = {*source.seats, *source.agenda}
    given_up = {
        slot_id
        for slot_id, last in told.items()
        if last.method == InviteMethod.CANCEL and slot_id not in wanted
    }
    entries = []
    for slot_id in sorted(wanted | given_up):
        pair = source.programme.slot_by_id.get(slot_id)
        if pair is None:
            continue
        session, slot = pair
        last = told.get(slot_id)
        theirs = replace(
            slot,
            is_cancelled=slot.is_cancelled or slot_id in given_up,
            sequence=max(slot.sequence, last.sequence if last else 0),
            revised_at=max(slot.revised_at, last.sent_at) if last else slot.revised_at,
        )
        link = source.join(slot.code)
        entries.append(
            calendar_entry(
                source.place, source.programme, session, theirs, language=source.language, join_url=link
            )
        )
    return entries
