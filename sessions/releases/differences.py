"""What changed from one release to the next: for people, for calendars (SEQUENCE), and in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from conference import dates, texts
from conference.i18n import _, use_language
from conference.texts import LocalText
from sessions.programme.snapshot import (
    ReleasedProgramme,
    ReleasedRoom,
    ReleasedSession,
    ReleasedSlot,
    ReleasedSpeaker,
    ReleasedTrack,
)
from sessions.tables import SessionKind, SessionState

Change = dict[str, Any]
"""One change as it is stored in ``Release.changes``: ``kind`` (a ChangeKind), ``session`` (code), ``title`` (LocalText)
and, by kind, ``slot`` (code), ``before`` and ``after``; instants as ISO 8601 in UTC."""


class ChangeKind(StrEnum):
    """What happened to a session or to one of its slots."""

    NEW = "new"
    SLOT_ADDED = "slot-added"
    MOVED = "moved"
    ROOM_CHANGED = "room-changed"
    RETITLED = "retitled"
    SPEAKERS_CHANGED = "speakers-changed"
    CANCELLED = "cancelled"
    RESTORED = "restored"
    REMOVED = "removed"
    DETAILS = "details"


@dataclass(frozen=True)
class Stamped:
    """A programme ready to be published. ``vanished`` are the codes of slots that the draft no longer places: they stay
    in the programme as cancelled, since a slot that silently disappears stays in people's calendars."""

    programme: ReleasedProgramme
    vanished: frozenset[str]


def stamp(previous: ReleasedProgramme | None, draft: ReleasedProgramme) -> Stamped:
    """``draft`` with what calendars need: each slot's SEQUENCE and date of revision, counted on from ``previous``.

    RFC 5545 3.8.7.4: the sequence grows by one when start, end, room (our join place) or cancellation changes. A change
    of words alone moves ``revised_at`` only. A cancelled session's slots are cancelled too. What ``previous``
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
        reworded = old is None or _words(previous, old) != _words(draft, session)
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
    if _facts(slot) != _facts(old):
        return replace(slot, sequence=old.sequence + 1, revised_at=now)
    reworded = reworded or slot.seats != old.seats
    return replace(slot, sequence=old.sequence, revised_at=now if reworded else old.revised_at)


def _off(slot: ReleasedSlot, now: datetime) -> ReleasedSlot:
    if slot.is_cancelled:
        return slot
    return replace(slot, is_cancelled=True, sequence=slot.sequence + 1, revised_at=now)


def _facts(slot: ReleasedSlot) -> tuple[object, ...]:
    return slot.start, slot.end, slot.room, slot.is_cancelled


def _words(programme: ReleasedProgramme, session: ReleasedSession) -> tuple[object, ...]:
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
    before, after = _people(previous, old), _people(current, session)
    if before != after:
        changes.append(change(ChangeKind.SPEAKERS_CHANGED, before=before, after=after))
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
            changes.append(change(ChangeKind.MOVED, slot, before=_times(was), after=_times(slot)))
        if slot.room != was.room:
            rooms = {"before": _room(previous, was), "after": _room(current, slot)}
            changes.append(change(ChangeKind.ROOM_CHANGED, slot, **rooms))
    if not changes and _details(previous, old) != _details(current, session):
        changes.append(change(ChangeKind.DETAILS))
    return changes


def _details(programme: ReleasedProgramme, session: ReleasedSession) -> tuple[object, ...]:
    return (*_words(programme, session), [(slot.code, slot.seats) for slot in session.slots])


def _people(programme: ReleasedProgramme, session: ReleasedSession) -> list[str]:
    """Names, each once, in order of appearance."""
    speakers = programme.speaker_by_code
    found = [speakers[a.speaker].name for a in session.appearances if a.speaker in speakers]
    return list(dict.fromkeys(found))


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


def describe(change: Change, zone: str, language: str) -> str:
    """What happened, as one sentence without the session's title; times on the clock of ``zone``, the day with them."""

    def moment(iso: str) -> str:
        instant = datetime.fromisoformat(iso)
        day = dates.short_day(dates.local_date(instant, zone), language)
        return f"{day}, {dates.clock_time(instant, zone, language)}"

    def joined(moments: Iterable[str]) -> str:
        return "; ".join(moment(iso) for iso in moments)

    before: Any = change.get("before")
    after: Any = change.get("after")
    kind = change["kind"]
    with use_language(language):
        if kind == ChangeKind.NEW:
            return _("New: %(time)s.") % {"time": joined(after["starts"])}
        if kind == ChangeKind.SLOT_ADDED:
            return _("One more time: %(time)s.") % {"time": moment(after["start"])}
        if kind == ChangeKind.MOVED:
            if before["start"] == after["start"]:
                end = dates.clock_time(datetime.fromisoformat(after["end"]), zone, language)
                return _("Now ends at %(end)s (starts %(time)s as before).") % {
                    "end": end,
                    "time": moment(after["start"]),
                }
            return _("Moved from %(before)s to %(after)s.") % {
                "before": moment(before["start"]),
                "after": moment(after["start"]),
            }
        if kind == ChangeKind.ROOM_CHANGED:
            return _("Now in %(after)s, before in %(before)s.") % {
                "after": texts.pick(after, language),
                "before": texts.pick(before, language),
            }
        if kind == ChangeKind.RETITLED:
            return _("Was called “%(before)s”.") % {"before": texts.pick(before, language)}
        if kind == ChangeKind.SPEAKERS_CHANGED:
            return _speakers_words(before, after)
        if kind == ChangeKind.CANCELLED:
            return _("Cancelled (was %(time)s).") % {
                "time": joined(before.get("starts") or [before["start"]])
            }
        if kind == ChangeKind.REMOVED:
            return _("Taken off the programme (was %(time)s).") % {
                "time": joined(before.get("starts") or [before["start"]])
            }
        if kind == ChangeKind.RESTORED:
            return _("Takes place after all: %(time)s.") % {
                "time": joined(after.get("starts") or [after["start"]])
            }
        return _("Description or details changed.")


def _speakers_words(before: list[str], after: list[str]) -> str:
    come = [name for name in after if name not in before]
    gone = [name for name in before if name not in after]
    if come and gone:
        return _("With %(come)s; no longer with %(gone)s.") % {
            "come": ", ".join(come),
            "gone": ", ".join(gone),
        }
    if come:
        return _("Now also with %(come)s.") % {"come": ", ".join(come)}
    if gone:
        return _("No longer with %(gone)s.") % {"gone": ", ".join(gone)}
    return _("The order of the speakers changed.")
