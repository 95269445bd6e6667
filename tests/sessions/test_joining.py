from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from conference.viewer import NOBODY, Attending, SignedInOrganiser, Viewer
from sessions.programme.joining import (
    GRACE,
    Entry,
    Moment,
    TimeLeft,
    arrival,
    door_of,
    other_slots,
    recording_entry,
    refresh_seconds,
    time_left,
)
from sessions.programme.snapshot import ReleasedSession, ReleasedSlot

START = datetime(2026, 6, 25, 9, 0, tzinfo=UTC)
END = START + timedelta(minutes=45)
SECOND = timedelta(seconds=1)
SLOT = ReleasedSlot(
    id=1, code="aaaa", guid="", room="main", start=START, end=END, local_start=START.replace(tzinfo=None)
)
SESSION = ReleasedSession(
    id=1, code="sess", guid="", kind="workshop", title={"en": "Sourdough"}, slots=(SLOT,)
)
ANJALI = Attending("reg1", "Anjali Menon", "Asia/Kolkata")
TEAM = Viewer(organiser=SignedInOrganiser(1, "Petra", "petra@example.org", True), team=frozenset({7}))


@pytest.mark.parametrize(
    ("now", "moment"),
    [
        (START - timedelta(days=90), Moment.BEFORE),
        (START - timedelta(minutes=15) - SECOND, Moment.BEFORE),
        (START - timedelta(minutes=15), Moment.OPEN),
        (START, Moment.OPEN),
        (END, Moment.OPEN),
        (END + GRACE - SECOND, Moment.OPEN),
        (END + GRACE, Moment.OVER),
        (END + timedelta(days=900), Moment.OVER),
    ],
)
def test_the_door_opens_early_and_closes_after_a_grace(now: datetime, moment: Moment) -> None:
    assert door_of(SESSION, SLOT, early_minutes=15, now=now).moment == moment


def test_the_door_opens_as_early_as_the_conference_says() -> None:
    assert door_of(SESSION, SLOT, early_minutes=40, now=START).opens_at == START - timedelta(minutes=40)
    assert door_of(SESSION, SLOT, early_minutes=0, now=START).opens_at == START


@pytest.mark.parametrize("now", [START - timedelta(days=1), START, END + timedelta(days=1)])
def test_what_is_cancelled_is_cancelled_at_any_time(now: datetime) -> None:
    off = replace(SLOT, is_cancelled=True)
    assert door_of(SESSION, off, early_minutes=15, now=now).moment == Moment.CANCELLED
    all_off = replace(SESSION, state="cancelled")
    assert door_of(all_off, SLOT, early_minutes=15, now=now).moment == Moment.CANCELLED


def test_a_room_open_to_all_takes_everyone_registered() -> None:
    assert arrival(NOBODY, 7, SLOT, None).entry == Entry.NEEDS_REGISTRATION
    assert arrival(Viewer(attending={7: ANJALI}), 7, SLOT, None).entry == Entry.ENTITLED
    assert arrival(Viewer(attending={8: ANJALI}), 7, SLOT, None).entry == Entry.NEEDS_REGISTRATION
    assert arrival(NOBODY, 7, SLOT, ANJALI).entry == Entry.ENTITLED
    assert arrival(TEAM, 7, SLOT, None).entry == Entry.ENTITLED
    assert arrival(TEAM, 8, SLOT, None).entry == Entry.NEEDS_REGISTRATION


def test_a_room_of_limited_seats_takes_those_who_have_one() -> None:
    workshop = replace(SLOT, seats=30)
    seated = replace(ANJALI, seats=frozenset({"aaaa"}))
    elsewhere = replace(ANJALI, seats=frozenset({"bbbb"}))
    assert arrival(Viewer(attending={7: ANJALI}), 7, workshop, None).entry == Entry.NEEDS_SEAT
    assert arrival(Viewer(attending={7: elsewhere}), 7, workshop, None).entry == Entry.NEEDS_SEAT
    assert arrival(Viewer(attending={7: seated}), 7, workshop, None).entry == Entry.ENTITLED
    assert arrival(Viewer(attending={7: elsewhere}), 7, workshop, seated).entry == Entry.ENTITLED
    assert arrival(NOBODY, 7, workshop, elsewhere).entry == Entry.NEEDS_SEAT
    assert arrival(TEAM, 7, workshop, None).entry == Entry.ENTITLED


def test_a_recording_is_for_everyone_registered() -> None:
    assert recording_entry(NOBODY, 7, None) == Entry.NEEDS_REGISTRATION
    assert recording_entry(Viewer(attending={7: ANJALI}), 7, None) == Entry.ENTITLED
    assert recording_entry(NOBODY, 7, ANJALI) == Entry.ENTITLED
    assert recording_entry(TEAM, 7, None) == Entry.ENTITLED


def test_other_slots_are_those_one_can_still_go_to() -> None:
    def at(code: str, hours: int, *, off: bool = False) -> ReleasedSlot:
        shift = timedelta(hours=hours)
        return replace(SLOT, code=code, start=START + shift, end=END + shift, is_cancelled=off)

    session = replace(
        SESSION, slots=(at("late", 9), SLOT, at("past", -9), at("next", 3), at("off", 5, off=True))
    )
    assert [other.code for other in other_slots(session, SLOT, START)] == ["next", "late"]
    assert [other.code for other in other_slots(session, session.slots[3], START)] == ["aaaa", "late"]
    assert list(other_slots(replace(session, state="cancelled"), SLOT, START)) == []


def test_a_page_without_script_asks_again_when_the_door_opens() -> None:
    def seconds(before: timedelta) -> int | None:
        now = START - timedelta(minutes=15) - before
        return refresh_seconds(door_of(SESSION, SLOT, early_minutes=15, now=now), now)

    assert seconds(timedelta(minutes=5)) == 302
    assert seconds(SECOND) == 3
    assert seconds(timedelta(days=30)) == 1800
    assert seconds(timedelta(0)) is None
    assert seconds(-timedelta(days=1)) is None


def test_time_left_is_rounded_up_to_the_minute() -> None:
    assert time_left(START, START - timedelta(days=2, hours=3, minutes=4)) == TimeLeft(2, 3, 4)
    assert time_left(START, START - timedelta(seconds=61)) == TimeLeft(0, 0, 2)
    assert time_left(START, START - timedelta(seconds=1)) == TimeLeft(0, 0, 1)
    assert time_left(START, START) == TimeLeft(0, 0, 0)
    assert time_left(START, START + timedelta(days=1)) == TimeLeft(0, 0, 0)
