"""Which speakers a release concerns, and what each should know of it. Plain values in and out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from conference.texts import LocalText
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSlot, ReleasedSpeaker


class NoticeKind(StrEnum):
    """What happened to a speaker's session, as they see it."""

    ADDED = "added"  # they are in the session, and were not
    TIME_ADDED = "time-added"  # it takes place once more
    MOVED = "moved"
    LENGTH = "length"
    ROOM = "room"
    RETITLED = "retitled"
    RESTORED = "restored"  # it takes place after all
    CANCELLED = "cancelled"  # it does not take place, or not at this time
    LEFT = "left"  # they are not in it any more


@dataclass(frozen=True)
class NoticeLine:
    """One thing to know. ``slot`` is as it is now (as it was, where it is off), ``was`` as it was before a move.

    ``title`` and ``room`` are the present ones, ``was_title`` and ``was_room`` the former, None where they are no news.
    """

    kind: NoticeKind
    session: str
    title: LocalText
    slot: ReleasedSlot | None = None
    was: ReleasedSlot | None = None
    room: LocalText | None = None
    was_room: LocalText | None = None
    was_title: LocalText | None = None


@dataclass(frozen=True)
class SpeakerNotice:
    """What one speaker should know: the lines in order of their sessions' first slots."""

    speaker: ReleasedSpeaker
    lines: tuple[NoticeLine, ...]


def notices(previous: ReleasedProgramme | None, current: ReleasedProgramme) -> list[SpeakerNotice]:
    """The speakers whom the step from ``previous`` (None: nothing was published) to ``current`` concerns, by name.

    A change of words, or of who else speaks, concerns nobody's calendar and is not told.
    """
    found: dict[str, list[NoticeLine]] = defaultdict(list)
    sessions = sorted(current.sessions, key=lambda s: (s.slots[0].start, s.code))
    for session in sessions:
        old = previous.session_by_code.get(session.code) if previous else None
        now_in, were_in = _people(session), _people(old) if old else {}
        if previous is not None and old is not None:
            stays = _changed(previous, old, current, session)
            for code in now_in:
                if code in were_in:
                    found[code] += stays
            for code in were_in:
                if code not in now_in:
                    found[code] += [
                        NoticeLine(NoticeKind.LEFT, old.code, old.title, slot) for slot in _on(old)
                    ]
        for code in now_in:
            if code not in were_in:
                found[code] += [
                    NoticeLine(NoticeKind.ADDED, session.code, session.title, slot, room=_room(current, slot))
                    for slot in _on(session)
                ]
    told = []
    for code, lines in found.items():
        speaker = current.speaker_by_code.get(code) or (
            previous.speaker_by_code.get(code) if previous else None
        )
        if lines and speaker is not None:
            told.append(SpeakerNotice(speaker, tuple(lines)))
    return sorted(told, key=lambda notice: (notice.speaker.name.casefold(), notice.speaker.code))


def rescheduled(previous: ReleasedProgramme | None, current: ReleasedProgramme) -> set[int]:
    """Row ids of the slots that people's calendars must follow: another time, off, or on again.

    A slot that ``previous`` did not have is in no calendar yet; a room is virtual, and its join link stays.
    """
    if previous is None:
        return set()
    return {
        slot.id
        for code, (_session, slot) in current.slot_by_code.items()
        if code in previous.slot_by_code and _times(slot) != _times(previous.slot_by_code[code][1])
    }


def _times(slot: ReleasedSlot) -> tuple[object, ...]:
    return slot.start, slot.end, slot.is_cancelled


def _people(session: ReleasedSession) -> dict[str, None]:
    return dict.fromkeys(appearance.speaker for appearance in session.appearances)


def _on(session: ReleasedSession) -> list[ReleasedSlot]:
    return [] if session.is_cancelled else [slot for slot in session.slots if not slot.is_cancelled]


def _room(programme: ReleasedProgramme, slot: ReleasedSlot) -> LocalText:
    room = programme.room_by_code.get(slot.room)
    return room.name if room else {}


def _changed(
    previous: ReleasedProgramme, old: ReleasedSession, current: ReleasedProgramme, session: ReleasedSession
) -> list[NoticeLine]:
    """What is new about a session for those who were in it and still are."""
    before = {slot.code: slot for slot in _on(old)}
    after = {slot.code: slot for slot in _on(session)}
    lines = list(_slots_changed(previous, before, current, after, session, is_back=not before))
    if after and old.title != session.title:
        lines.append(NoticeLine(NoticeKind.RETITLED, session.code, session.title, was_title=old.title))
    return lines


def _slots_changed(
    previous: ReleasedProgramme,
    before: dict[str, ReleasedSlot],
    current: ReleasedProgramme,
    after: dict[str, ReleasedSlot],
    session: ReleasedSession,
    *,
    is_back: bool,
) -> Iterable[NoticeLine]:
    code, title = session.code, session.title
    for slot in after.values():
        room = _room(current, slot)
        was = before.get(slot.code)
        if was is None:
            kind = NoticeKind.RESTORED if is_back else NoticeKind.TIME_ADDED
            yield NoticeLine(kind, code, title, slot, room=room)
        elif (slot.start, slot.end) != (was.start, was.end):
            kind = NoticeKind.MOVED if slot.start != was.start else NoticeKind.LENGTH
            yield NoticeLine(kind, code, title, slot, was, room=room)
        elif slot.room != was.room:
            yield NoticeLine(NoticeKind.ROOM, code, title, slot, room=room, was_room=_room(previous, was))
    for slot in before.values():
        if slot.code not in after:
            yield NoticeLine(NoticeKind.CANCELLED, code, title, slot)
