"""Making the draft ready to publish: what calendars need of it (SEQUENCE), and what may not silently disappear."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sessions.programme.snapshot import (
    ReleasedProgramme,
    ReleasedRoom,
    ReleasedSession,
    ReleasedSlot,
    ReleasedTrack,
)
from sessions.tables import SessionState


@dataclass(frozen=True)
class Stamped:
    """A programme ready to be published. ``vanished`` are the codes of slots that the draft no longer places: they stay
    in the programme as cancelled, since a slot that silently disappears stays in people's calendars."""

    programme: ReleasedProgramme
    vanished: frozenset[str]


def stamp(previous: ReleasedProgramme | None, draft: ReleasedProgramme) -> Stamped:
    """``draft`` with what calendars need: each slot's SEQUENCE and date of revision, counted on from ``previous``.

    RFC 5545 3.8.7.4: the sequence grows by one when start, end, room (our join place) or cancellation changes. A change
    of words alone moves ``revised_at`` only, and never back: where the clock was set back, the older revision's date stays
    (RFC 5546 2.1.5: of two with one sequence the later DTSTAMP holds). A cancelled session's slots are cancelled too. What ``previous``
    had and ``draft`` lacks is kept as cancelled. Rooms, tracks and speakers are those that its sessions name: who is only
    being considered stays in the draft.
    """
    previous = previous or ReleasedProgramme(number=0, released_at=draft.released_at, zone=draft.zone)
    sessions: list[ReleasedSession] = []
    vanished: set[str] = set()
    for session in draft.sessions:
        old = previous.session_by_code.get(session.code)
        placed = {slot.code for slot in session.slots}
        gone = tuple(slot for slot in old.slots if slot.code not in placed) if old else ()
        vanished.update(slot.code for slot in gone if not slot.is_cancelled)
        reworded = old is None or wording(previous, old) != wording(draft, session)
        known = {slot.code: slot for slot in old.slots} if old else {}
        slots = [
            _stamped(slot, session, known.get(slot.code), draft.released_at, reworded)
            for slot in session.slots
        ]
        slots += [_off(slot, draft.released_at) for slot in gone]
        if not session.slots:
            if not slots:
                continue  # never had a place: it stays in the draft
            session = replace(session, state=SessionState.CANCELLED.value)
        sessions.append(replace(session, slots=_in_order(slots)))
    drafted = {session.code for session in draft.sessions}
    for old in previous.sessions:
        if old.code not in drafted:
            vanished.update(slot.code for slot in old.slots if not slot.is_cancelled)
            kept = tuple(_off(slot, draft.released_at) for slot in old.slots)
            sessions.append(replace(old, state=SessionState.CANCELLED.value, slots=kept))
    sessions.sort(key=lambda session: session.id)
    rooms = {slot.room for session in sessions for slot in session.slots}
    tracks = {session.track for session in sessions}
    speakers = {appearance.speaker for session in sessions for appearance in session.appearances}
    programme = replace(
        draft,
        sessions=tuple(sessions),
        rooms=tuple(sorted(_named(rooms, draft.rooms, previous.rooms), key=_place)),
        tracks=tuple(sorted(_named(tracks, draft.tracks, previous.tracks), key=_place)),
        speakers=tuple(
            sorted(_named(speakers, draft.speakers, previous.speakers), key=lambda s: (s.name, s.code))
        ),
    )
    return Stamped(programme, frozenset(vanished))


def _stamped(
    slot: ReleasedSlot, session: ReleasedSession, old: ReleasedSlot | None, now: datetime, reworded: bool
) -> ReleasedSlot:
    slot = replace(slot, is_cancelled=slot.is_cancelled or session.is_cancelled)
    if old is None:
        return replace(slot, sequence=0, revised_at=now)
    now = max(now, old.revised_at)
    if _facts(slot) != _facts(old):
        return replace(slot, sequence=old.sequence + 1, revised_at=now)
    reworded = reworded or slot.seats != old.seats
    return replace(slot, sequence=old.sequence, revised_at=now if reworded else old.revised_at)


def _off(slot: ReleasedSlot, now: datetime) -> ReleasedSlot:
    if slot.is_cancelled:
        return slot
    return replace(slot, is_cancelled=True, sequence=slot.sequence + 1, revised_at=max(now, slot.revised_at))


def _facts(slot: ReleasedSlot) -> tuple[object, ...]:
    return slot.start, slot.end, slot.room, slot.is_cancelled


def wording(programme: ReleasedProgramme, session: ReleasedSession) -> tuple[object, ...]:
    """Everything a calendar entry says beside time, place and state."""
    track = programme.track_by_code.get(session.track or "")
    names = [
        (programme.speaker_by_code[a.speaker].name, a.role, a.part)
        for a in session.appearances
        if a.speaker in programme.speaker_by_code
    ]
    return (
        session.title,
        session.abstract,
        session.kind,
        session.language,
        track and track.name,
        names,
        list(map(dict, session.parts)),
        list(map(dict, session.links)),
        session.is_recorded,
    )


def _in_order(slots: Iterable[ReleasedSlot]) -> tuple[ReleasedSlot, ...]:
    return tuple(sorted(slots, key=lambda slot: (slot.start, slot.code)))


class _Coded(Protocol):
    @property
    def code(self) -> str: ...


Kept = TypeVar("Kept", bound=_Coded)


def _named(needed: set[Any], drafted: Iterable[Kept], before: Iterable[Kept]) -> list[Kept]:
    """The rows that the programme's sessions name, as drafted, else as they were released before."""
    rows = {row.code: row for row in (*before, *drafted)}
    return [row for code, row in rows.items() if code in needed]


def _place(row: ReleasedRoom | ReleasedTrack) -> tuple[int, str]:
    return row.position, row.code


def is_same(one: ReleasedProgramme, other: ReleasedProgramme) -> bool:
    """Whether two releases say the same, whatever their numbers and dates."""
    return replace(one, number=other.number, released_at=other.released_at) == other
