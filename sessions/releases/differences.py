"""What changed from one programme to another, as plain values. The words for it are in ``change_words``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from conference import dates
from conference.texts import LocalText
from sessions.programme.snapshot import (
    ReleasedProgramme,
    ReleasedSession,
    ReleasedSlot,
    ReleasedSpeaker,
)
from sessions.releases.stamping import Stamped, stamp, wording
from sessions.tables import SessionKind

Change = dict[str, Any]
"""One change as it is stored in ``Release.changes``: ``kind`` (a ChangeKind), ``session`` (code), ``title`` (LocalText)
and, by kind, ``slot`` (code), ``before`` and ``after``; instants as ISO 8601 in UTC."""


class ChangeKind(StrEnum):
    """What happened to a session or to one of its slots."""

    NEW = "new"
    SLOT_ADDED = "slot-added"
    MOVED = "moved"
    LENGTH = "length"
    ROOM_CHANGED = "room-changed"
    RETITLED = "retitled"
    SPEAKERS_CHANGED = "speakers-changed"
    CANCELLED = "cancelled"
    RESTORED = "restored"
    REMOVED = "removed"
    DETAILS = "details"


def compare(one: ReleasedProgramme, other: ReleasedProgramme) -> list[Change]:
    """What people would call the difference, from ``one`` to ``other``: any two programmes of one conference, in either
    order. What only ``one`` has is taken off. Nothing, for a programme and itself."""
    return changes_between(one, stamp(one, other))


def changes_between(previous: ReleasedProgramme | None, stamped: Stamped) -> list[Change]:
    """What people should know of the step from ``previous`` (None: this is the first release) to ``stamped``.

    In order of the sessions' first slots. Changes that touch no session (a biography) are none of them.
    """
    current = stamped.programme
    found: list[tuple[datetime, str, Change]] = []
    for session in current.sessions:
        old = previous.session_by_code.get(session.code) if previous else None
        for change in _of_session(previous, current, old, session, stamped.vanished):
            found.append((session.slots[0].start, session.code, change))
    found.sort(key=lambda row: row[:2])
    return [change for _start, _code, change in found]


def _of_session(
    previous: ReleasedProgramme | None,
    current: ReleasedProgramme,
    old: ReleasedSession | None,
    session: ReleasedSession,
    vanished: frozenset[str],
) -> list[Change]:
    def change(kind: ChangeKind, slot: ReleasedSlot | None = None, **facts: Any) -> Change:
        found: Change = {"kind": kind.value, "session": session.code, "title": dict(session.title)}
        return {**found, **({"slot": slot.code} if slot else {}), **facts}

    if old is None or previous is None:
        if session.is_cancelled or session.kind == SessionKind.BREAK:
            return []  # a new lunch hour is no news
        starts = [dates.iso_utc(slot.start) for slot in session.slots if not slot.is_cancelled]
        return [change(ChangeKind.NEW, after={"starts": starts})]
    changes: list[Change] = []
    if old.title != session.title:
        changes.append(change(ChangeKind.RETITLED, before=dict(old.title), after=dict(session.title)))
    if speakers := _speakers_changed(previous, old, current, session):
        changes.append(change(ChangeKind.SPEAKERS_CHANGED, **speakers))
    was_on = any(not slot.is_cancelled for slot in old.slots)
    is_on = any(not slot.is_cancelled for slot in session.slots)
    known = {slot.code: slot for slot in old.slots}
    if was_on and not is_on:
        removed = any(slot.code in vanished for slot in session.slots)
        kind = ChangeKind.REMOVED if removed else ChangeKind.CANCELLED
        return [*changes, change(kind, before={"starts": _starts(old)})]
    if is_on and not was_on:
        return [*changes, change(ChangeKind.RESTORED, after={"starts": _starts(session)})]
    for slot in session.slots:
        was = known.get(slot.code)
        if was is None:
            if not slot.is_cancelled:
                changes.append(change(ChangeKind.SLOT_ADDED, slot, after=_times(slot)))
            continue
        if slot.is_cancelled != was.is_cancelled:
            kind = ChangeKind.CANCELLED if slot.is_cancelled else ChangeKind.RESTORED
            if slot.code in vanished:
                kind = ChangeKind.REMOVED
            changes.append(change(kind, slot, **{"before" if slot.is_cancelled else "after": _times(slot)}))
        elif (slot.start, slot.end) != (was.start, was.end):
            kind = ChangeKind.MOVED if slot.start != was.start else ChangeKind.LENGTH
            changes.append(change(kind, slot, before=_times(was), after=_times(slot)))
        if slot.room != was.room:
            rooms = {"before": _room(previous, was), "after": _room(current, slot)}
            changes.append(change(ChangeKind.ROOM_CHANGED, slot, **rooms))
    if not changes and _details(previous, old) != _details(current, session):
        changes.append(change(ChangeKind.DETAILS))
    return changes


def _details(programme: ReleasedProgramme, session: ReleasedSession) -> tuple[object, ...]:
    return (*wording(programme, session), [(slot.code, slot.seats) for slot in session.slots])


def _speakers_changed(
    previous: ReleasedProgramme, old: ReleasedSession, current: ReleasedProgramme, session: ReleasedSession
) -> dict[str, Any]:
    """Names before and after, and of those who stay under another name both; nothing where nobody and no order changed."""
    before, after = _people(previous, old), _people(current, session)
    if list(before.items()) == list(after.items()):
        return {}
    renamed = [[before[c], after[c]] for c in before if c in after and before[c] != after[c]]
    names: dict[str, Any] = {"before": list(before.values()), "after": list(after.values())}
    return names | {"renamed": renamed} if renamed else names


def _people(programme: ReleasedProgramme, session: ReleasedSession) -> dict[str, str]:
    """Names by code, each once, in order of appearance."""
    speakers = programme.speaker_by_code
    return {a.speaker: speakers[a.speaker].name for a in session.appearances if a.speaker in speakers}


def _starts(session: ReleasedSession) -> list[str]:
    return [dates.iso_utc(slot.start) for slot in session.slots]


def _times(slot: ReleasedSlot) -> dict[str, str]:
    return {"start": dates.iso_utc(slot.start), "end": dates.iso_utc(slot.end)}


def _room(programme: ReleasedProgramme, slot: ReleasedSlot) -> LocalText:
    room = programme.room_by_code.get(slot.room)
    return dict(room.name) if room else {}


def profile_changes(previous: ReleasedProgramme | None, current: ReleasedProgramme) -> list[str]:
    """Names of speakers whose own page would change though no session does; for the organiser's preview."""
    if previous is None:
        return []
    known: Mapping[str, ReleasedSpeaker] = previous.speaker_by_code
    return [s.name for s in current.speakers if s.code in known and known[s.code] != s]
