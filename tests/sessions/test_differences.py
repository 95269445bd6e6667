"""What one release says that the last did not, and what calendars are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sessions.programme import snapshot
from sessions.programme.snapshot import (
    ReleasedAppearance,
    ReleasedProgramme,
    ReleasedRoom,
    ReleasedSession,
    ReleasedSlot,
    ReleasedSpeaker,
)
from sessions.releases.change_words import describe
from sessions.releases.differences import Change, ChangeKind, changes_between
from sessions.releases.stamping import is_same, stamp

MAY = datetime(2026, 5, 1, 9, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, 9, tzinfo=UTC)
TEN = datetime(2026, 6, 25, 9, tzinfo=UTC)  # 10:00 in London
HOUR = timedelta(hours=1)


def slot(
    code: str = "slot1", *, start: datetime = TEN, room: str = "main", off: bool = False
) -> ReleasedSlot:
    return ReleasedSlot(
        id=int(code[-1]),
        code=code,
        guid=code,
        room=room,
        start=start,
        end=start + HOUR,
        local_start=(start + HOUR).replace(tzinfo=None),
        is_cancelled=off,
    )


def session(
    code: str = "ses1", *slots: ReleasedSlot, title: str = "Bridges", speakers: tuple[str, ...] = ()
) -> ReleasedSession:
    return ReleasedSession(
        id=int(code[-1]),
        code=code,
        guid=code,
        kind="talk",
        title={"en": title},
        appearances=tuple(ReleasedAppearance(name, "presenter") for name in speakers),
        slots=slots,
    )


def draft(*sessions: ReleasedSession, number: int = 1, at: datetime = MAY) -> ReleasedProgramme:
    return ReleasedProgramme(
        number=number,
        released_at=at,
        zone="Europe/London",
        rooms=(
            ReleasedRoom("main", {"en": "Main stage"}),
            ReleasedRoom("side", {"en": "Side room"}, position=1),
        ),
        speakers=(ReleasedSpeaker("ruth", "Ruth Okafor"), ReleasedSpeaker("omar", "Omar Haddad")),
        sessions=sessions,
    )


def first(*sessions: ReleasedSession) -> ReleasedProgramme:
    return stamp(None, draft(*sessions)).programme


def second(previous: ReleasedProgramme, *sessions: ReleasedSession) -> tuple[ReleasedProgramme, list[Change]]:
    stamped = stamp(previous, draft(*sessions, number=previous.number + 1, at=JUNE))
    return stamped.programme, changes_between(previous, stamped)


def only_slot(programme: ReleasedProgramme) -> ReleasedSlot:
    [(_session, found)] = programme.slot_by_code.values()
    return found


def kinds(changes: list[Change]) -> list[str]:
    return [change["kind"] for change in changes]


def test_a_new_slot_starts_at_sequence_0() -> None:
    found = only_slot(first(session("ses1", slot())))
    assert (found.sequence, found.revised_at) == (0, MAY)


def test_the_same_draft_again_is_the_same_release() -> None:
    previous = first(session("ses1", slot(), speakers=("ruth",)))
    current, changes = second(previous, session("ses1", slot(), speakers=("ruth",)))
    assert is_same(current, previous)
    assert changes == []
    assert only_slot(current).revised_at == MAY


def test_what_is_the_same_stays_the_same_when_stored_and_read_back() -> None:
    previous = snapshot.decode(snapshot.encode(first(session("ses1", slot(), speakers=("ruth",)))))
    current, _changes = second(previous, session("ses1", slot(), speakers=("ruth",)))
    assert is_same(current, previous)


@pytest.mark.parametrize(
    ("moved", "kind"),
    [
        (slot(start=TEN + HOUR), ChangeKind.MOVED),
        (replace(slot(), end=TEN + 2 * HOUR), ChangeKind.LENGTH),
        (slot(room="side"), ChangeKind.ROOM_CHANGED),
        (slot(off=True), ChangeKind.CANCELLED),
    ],
)
def test_what_calendars_must_follow_raises_the_sequence(moved: ReleasedSlot, kind: ChangeKind) -> None:
    current, changes = second(first(session("ses1", slot())), session("ses1", moved))
    found = only_slot(current)
    assert (found.sequence, found.revised_at) == (1, JUNE)
    assert kinds(changes) == [kind]


def test_words_alone_keep_the_sequence_and_move_the_date_of_revision() -> None:
    previous = first(session("ses1", slot(), title="Bridges"))
    current, changes = second(previous, session("ses1", slot(), title="Building bridges"))
    assert (only_slot(current).sequence, only_slot(current).revised_at) == (0, JUNE)
    assert kinds(changes) == [ChangeKind.RETITLED]


def test_a_speaker_renamed_revises_the_slots_they_are_in() -> None:
    previous = first(session("ses1", slot(), speakers=("ruth",)))
    changed = replace(
        draft(session("ses1", slot(), speakers=("ruth",)), number=2, at=JUNE),
        speakers=(ReleasedSpeaker("ruth", "Dr Ruth Okafor"),),
    )
    stamped = stamp(previous, changed)
    assert (only_slot(stamped.programme).sequence, only_slot(stamped.programme).revised_at) == (0, JUNE)
    assert kinds(changes_between(previous, stamped)) == [ChangeKind.SPEAKERS_CHANGED]


def test_cancelled_and_taken_up_again_raises_the_sequence_each_time() -> None:
    one = first(session("ses1", slot()))
    two, _changes = second(one, session("ses1", slot(off=True)))
    three, changes = second(two, session("ses1", slot()))
    assert [only_slot(p).sequence for p in (one, two, three)] == [0, 1, 2]
    assert kinds(changes) == [ChangeKind.RESTORED]


def test_a_cancelled_session_cancels_its_slots() -> None:
    off = replace(session("ses1", slot("slot1"), slot("slot2", start=TEN + HOUR)), state="cancelled")
    current, changes = second(first(session("ses1", slot("slot1"), slot("slot2", start=TEN + HOUR))), off)
    assert [found.is_cancelled for found in current.sessions[0].slots] == [True, True]
    assert [found.sequence for found in current.sessions[0].slots] == [1, 1]
    assert kinds(changes) == [ChangeKind.CANCELLED]


def test_a_session_deleted_from_the_draft_stays_as_cancelled_once() -> None:
    one = first(
        session("ses1", slot("slot1"), speakers=("ruth",)), session("ses2", slot("slot2", room="side"))
    )
    two, changes = second(one, session("ses2", slot("slot2", room="side")))
    kept = two.session_by_code["ses1"]
    assert kept.is_cancelled
    assert [(s.is_cancelled, s.sequence, s.revised_at) for s in kept.slots] == [(True, 1, JUNE)]
    assert kinds(changes) == [ChangeKind.REMOVED]
    assert "ruth" in two.speaker_by_code
    assert "main" in two.room_by_code
    three, changes = second(two, session("ses2", slot("slot2", room="side")))
    assert is_same(three, two)
    assert changes == []


def test_a_slot_taken_off_a_session_is_cancelled_while_the_session_goes_on() -> None:
    both = session("ses1", slot("slot1"), slot("slot2", start=TEN + 5 * HOUR))
    current, changes = second(first(both), session("ses1", slot("slot1")))
    found = current.session_by_code["ses1"]
    assert not found.is_cancelled
    assert [(s.code, s.is_cancelled, s.sequence) for s in found.slots] == [
        ("slot1", False, 0),
        ("slot2", True, 1),
    ]
    assert kinds(changes) == [ChangeKind.REMOVED]
    assert changes[0]["slot"] == "slot2"


def test_a_session_that_lost_its_place_is_cancelled_and_one_that_never_had_one_is_not_shown() -> None:
    current, _changes = second(first(session("ses1", slot())), session("ses1"), session("ses2"))
    assert [found.code for found in current.sessions] == ["ses1"]
    assert current.sessions[0].is_cancelled
    assert stamp(None, draft(session("ses1"))).programme.sessions == ()


def test_only_rooms_and_speakers_of_the_programme_are_published() -> None:
    programme = first(session("ses1", slot(), speakers=("ruth",)))
    assert [speaker.name for speaker in programme.speakers] == ["Ruth Okafor"]
    assert [room.code for room in programme.rooms] == ["main"]


def test_a_second_time_for_a_session_is_told() -> None:
    both = session("ses1", slot("slot1"), slot("slot2", start=TEN + 5 * HOUR))
    _current, changes = second(first(session("ses1", slot("slot1"))), both)
    assert kinds(changes) == [ChangeKind.SLOT_ADDED]
    assert describe(changes[0], "Asia/Kolkata", "en") == "One more time: Thu 25 Jun, 19:30."


def test_changes_of_abstract_or_seats_are_told_as_details() -> None:
    previous = first(session("ses1", slot()))
    reworded = replace(session("ses1", slot()), abstract={"en": "New words."})
    assert kinds(second(previous, reworded)[1]) == [ChangeKind.DETAILS]
    seated = session("ses1", replace(slot(), seats=20))
    current, changes = second(previous, seated)
    assert kinds(changes) == [ChangeKind.DETAILS]
    assert only_slot(current).revised_at == JUNE


def test_a_move_is_told_on_the_readers_clock() -> None:
    _current, changes = second(first(session("ses1", slot())), session("ses1", slot(start=TEN + 2 * HOUR)))
    assert describe(changes[0], "Europe/London", "en") == "Moved from Thu 25 Jun, 10:00 to Thu 25 Jun, 12:00."
    assert (
        describe(changes[0], "Pacific/Auckland", "en") == "Moved from Thu 25 Jun, 21:00 to Thu 25 Jun, 23:00."
    )


def test_who_came_and_who_left_is_told_by_name() -> None:
    previous = first(session("ses1", slot(), speakers=("ruth",)))
    _current, changes = second(previous, session("ses1", slot(), speakers=("omar",)))
    assert describe(changes[0], "UTC", "en") == "With Omar Haddad; no longer with Ruth Okafor."


def test_every_kind_of_change_has_words() -> None:
    previous = first(
        session("ses1", slot("slot1")),
        session("ses2", slot("slot2", start=TEN + HOUR)),
        session("ses3", slot("slot3", start=TEN + 2 * HOUR)),
    )
    current, changes = second(
        previous,
        session("ses1", slot("slot1", room="side"), title="Other"),
        session("ses2", slot("slot2", start=TEN + HOUR, off=True)),
        session("ses4", slot("slot4")),
    )
    words = [describe(change, "Europe/London", "en") for change in changes]
    assert words == [
        "Was called “Bridges”.",
        "Now in Side room, before in Main stage.",
        "New: Thu 25 Jun, 10:00.",
        "Cancelled (was Thu 25 Jun, 11:00).",
        "Taken off the programme (was Thu 25 Jun, 12:00).",
    ]
    _after, changes = second(current, session("ses2", slot("slot2", start=TEN + HOUR)))
    assert "Takes place after all: Thu 25 Jun, 11:00." in [
        describe(c, "Europe/London", "en") for c in changes
    ]
