"""Which speakers a release concerns, and what each is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession
from sessions.releases.notices import NoticeKind, notices, rescheduled
from sessions.releases.stamping import stamp
from tests.sessions.test_differences import HOUR, TEN, draft, first, session, slot


def told(previous: ReleasedProgramme | None, *sessions: ReleasedSession) -> dict[str, list[str]]:
    """Kinds of notice by speaker."""
    current = stamp(previous, draft(*sessions, number=2)).programme
    return {n.speaker.name: [line.kind.value for line in n.lines] for n in notices(previous, current)}


def test_the_first_release_tells_everyone_on_the_programme_when_they_are_on() -> None:
    both = session("ses1", slot("slot1"), slot("slot2", start=TEN + HOUR), speakers=("ruth", "omar"))
    assert told(None, both) == {"Omar Haddad": ["added", "added"], "Ruth Okafor": ["added", "added"]}


def test_only_those_in_what_changed_are_told() -> None:
    ruths, omars = (
        session("ses1", slot(), speakers=("ruth",)),
        session("ses2", slot("slot2", start=TEN + HOUR), speakers=("omar",)),
    )
    previous = first(ruths, omars)
    assert told(previous, ruths, omars) == {}
    moved = replace(ruths, slots=(slot(start=TEN + timedelta(hours=3)),))
    assert told(previous, moved, omars) == {"Ruth Okafor": ["moved"]}


def test_every_kind_of_change_is_told_by_its_name() -> None:
    old = session("ses1", slot(), speakers=("ruth",))
    previous = first(old)

    def kinds(*sessions: ReleasedSession) -> list[str]:
        return told(previous, *sessions).get("Ruth Okafor", [])

    assert kinds(replace(old, slots=(slot(start=TEN + HOUR),))) == ["moved"]
    assert kinds(replace(old, slots=(replace(slot(), end=TEN + 2 * HOUR),))) == ["length"]
    assert kinds(replace(old, slots=(slot(room="side"),))) == ["room"]
    assert kinds(replace(old, title={"en": "Roads"})) == ["retitled"]
    assert kinds(replace(old, slots=(slot(), slot("slot2", start=TEN + HOUR)))) == ["time-added"]
    assert kinds(replace(old, state="cancelled")) == ["cancelled"]
    assert kinds(replace(old, slots=(slot(off=True),))) == ["cancelled"]
    assert kinds() == ["cancelled"]
    assert kinds(replace(old, appearances=())) == ["left"]
    assert kinds(replace(old, abstract={"en": "Other words"})) == []


def test_what_was_off_and_takes_place_again_is_told_as_restored() -> None:
    one = first(session("ses1", slot(), speakers=("ruth",)))
    off = stamp(one, draft(session("ses1", slot(off=True), speakers=("ruth",)), number=2)).programme
    assert told(off, session("ses1", slot(), speakers=("ruth",))) == {"Ruth Okafor": ["restored"]}
    assert told(off, session("ses1", slot(off=True), speakers=("ruth",))) == {}


def test_a_move_carries_the_old_time_and_the_new_room() -> None:
    previous = first(session("ses1", slot(), speakers=("ruth",)))
    moved = session("ses1", slot(start=TEN + HOUR, room="side"), speakers=("ruth",))
    [notice] = notices(previous, stamp(previous, draft(moved, number=2)).programme)
    [line] = notice.lines
    assert (line.kind, line.room) == (NoticeKind.MOVED, {"en": "Side room"})
    assert line.slot is not None
    assert line.was is not None
    assert (line.was.start, line.slot.start) == (TEN, TEN + HOUR)


def test_calendars_follow_times_and_cancellations_but_not_rooms_or_words() -> None:
    old = session("ses1", slot(), speakers=("ruth",))
    previous = first(old)

    def moved(*sessions: ReleasedSession) -> set[int]:
        return rescheduled(previous, stamp(previous, draft(*sessions, number=2)).programme)

    assert moved(old) == set()
    assert moved(replace(old, title={"en": "Roads"}, slots=(slot(room="side"),))) == set()
    assert moved(replace(old, slots=(slot(start=TEN + HOUR),))) == {1}
    assert moved(replace(old, state="cancelled")) == {1}
    assert moved() == {1}
    assert moved(old, session("ses2", slot("slot2"))) == set()
    assert rescheduled(None, previous) == set()
