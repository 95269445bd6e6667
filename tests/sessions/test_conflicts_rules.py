"""The rules that a slot breaks by itself, on clocks that change, and every clash in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conference.timezones import to_utc
from sessions.schedule.conflict_words import Clash, Facts, all_clash_lines, clashes_of
from sessions.schedule.conflicts import Conflict, ConflictKind, Level, Placement, find_conflicts
from sessions.schedule.draft import DraftRoom, DraftSlot, DraftSpeaker
from sessions.schedule.limits import (
    RoomLimits,
    RuleFacts,
    SpeakerLimits,
    Stretches,
    Surroundings,
    conference_days,
    wall_stretch,
)
from sessions.schedule.slot_rules import is_antisocial

LONDON, NEW_YORK, CASABLANCA = "Europe/London", "America/New_York", "Africa/Casablanca"
CHANGES = [
    (LONDON, date(2026, 3, 29)),
    (LONDON, date(2026, 10, 25)),
    (NEW_YORK, date(2026, 3, 8)),
    (NEW_YORK, date(2026, 11, 1)),
    (CASABLANCA, date(2026, 2, 15)),  # Morocco's clocks stand still for Ramadan
    (CASABLANCA, date(2026, 3, 22)),
]
THE_DAY = date(2026, 6, 25)
NINE_TO_FIVE = RuleFacts(day_starts=9 * 60, day_ends=17 * 60)


def on(clock: str, zone: str = LONDON, day: date = THE_DAY) -> datetime:
    """The instant at which the zone's clock shows the time on the day."""
    return to_utc(datetime.combine(day, time.fromisoformat(clock)), zone)


def placed(start: str, end: str, slot: int = 1, room: int | None = 1, **more: Any) -> Placement:
    """A placing on the day, by London's clock."""
    return replace(Placement(slot, room, on(start), on(end)), **more)


def kinds(around: Surroundings, *placements: Placement) -> list[ConflictKind]:
    """What kinds of clash these have."""
    return [conflict.kind for conflict in find_conflicts(placements, around)]


# --- each rule -------------------------------------------------------------------------------------------------------


def test_a_room_must_be_open_for_all_of_it() -> None:
    hours = Stretches.of([(on("13:00"), on("17:00")), (on("09:00"), on("12:00")), (on("12:00"), on("12:30"))])
    around = Surroundings(rooms={1: RoomLimits(open=hours), 2: RoomLimits()})
    assert kinds(around, placed("09:00", "12:30")) == []  # stretches that touch are one
    assert kinds(around, placed("12:00", "13:30")) == [ConflictKind.ROOM_CLOSED]
    assert kinds(around, placed("08:45", "09:15")) == [ConflictKind.ROOM_CLOSED]
    assert kinds(around, placed("17:00", "17:15")) == [ConflictKind.ROOM_CLOSED]
    assert kinds(around, placed("20:00", "21:00", room=2), placed("20:00", "21:00", 2, room=None)) == []
    assert kinds(around, placed("20:00", "21:00", is_blocker=True)) == []


def test_a_room_without_any_open_hour_left_is_closed() -> None:
    around = Surroundings(rooms={1: RoomLimits(open=Stretches())})
    assert kinds(around, placed("09:00", "10:00")) == [ConflictKind.ROOM_CLOSED]


def test_who_has_said_when_they_can_is_missed_at_other_times() -> None:
    suits = Stretches.of([(on("09:00"), on("12:00"))])
    possible = Stretches.of([(on("09:00"), on("12:00")), (on("12:00"), on("14:00"))])
    around = Surroundings(speakers={7: SpeakerLimits("", suits, possible), 8: SpeakerLimits()})
    both = frozenset({7, 8})
    assert kinds(around, placed("09:00", "12:00", speakers=both)) == []
    assert kinds(around, placed("11:00", "13:00", speakers=both)) == [ConflictKind.IF_NEEDED]
    assert kinds(around, placed("13:00", "15:00", speakers=both)) == [ConflictKind.UNAVAILABLE]
    [conflict] = find_conflicts([placed("18:00", "19:00", speakers=both)], around)
    assert conflict == Conflict(1, None, ConflictKind.UNAVAILABLE, (7,), Level.WARN)
    never = Surroundings(speakers={7: SpeakerLimits("", Stretches(), Stretches())})
    assert kinds(never, placed("09:00", "12:00", speakers=both)) == [ConflictKind.UNAVAILABLE]


def test_the_conferences_day_has_dates_and_hours() -> None:
    days = conference_days(THE_DAY, THE_DAY + timedelta(days=1), LONDON, NINE_TO_FIVE)
    around = Surroundings(zone=LONDON, rules=NINE_TO_FIVE, days=days)
    assert kinds(around, placed("09:00", "17:00")) == []
    assert kinds(around, placed("08:59", "10:00")) == [ConflictKind.OUTSIDE_DAY]
    assert kinds(around, placed("16:30", "17:01")) == [ConflictKind.OUTSIDE_DAY]
    before = Placement(1, 1, on("10:00", day=date(2026, 6, 24)), on("11:00", day=date(2026, 6, 24)))
    assert kinds(around, before) == [ConflictKind.OUTSIDE_DAY]
    assert kinds(around, replace(before, is_blocker=True)) == []


def test_whole_days_join_at_midnight_and_a_day_may_end_after_it() -> None:
    over_midnight = Placement(1, 1, on("23:30"), on("00:30", day=date(2026, 6, 26)))
    two_days = conference_days(THE_DAY, date(2026, 6, 26), LONDON, RuleFacts())
    assert kinds(Surroundings(days=two_days), over_midnight) == []
    one_day = conference_days(THE_DAY, THE_DAY, LONDON, RuleFacts())
    assert kinds(Surroundings(days=one_day), over_midnight) == [ConflictKind.OUTSIDE_DAY]
    late = RuleFacts(day_starts=12 * 60, day_ends=25 * 60)
    assert kinds(Surroundings(days=conference_days(THE_DAY, THE_DAY, LONDON, late)), over_midnight) == []


def test_a_workshop_must_fit_its_room() -> None:
    around = Surroundings(rooms={1: RoomLimits(25), 2: RoomLimits()})
    assert kinds(around, placed("09:00", "10:00", seats=26)) == [ConflictKind.CAPACITY]
    assert kinds(around, placed("09:00", "10:00", seats=25), placed("10:00", "11:00", 2, seats=None)) == []
    assert kinds(around, placed("09:00", "10:00", room=2, seats=900)) == []


def test_speakers_keep_their_night_by_their_own_clock() -> None:
    zones = {1: "Asia/Tokyo", 2: NEW_YORK, 3: "", 4: LONDON}
    around = Surroundings(speakers={person: SpeakerLimits(zone) for person, zone in zones.items()})
    everyone = frozenset({*zones, 5})
    [conflict] = find_conflicts([placed("10:00", "11:00", speakers=everyone)], around)
    assert conflict.speakers == (2,)  # 05:00 in New York; 18:00 in Tokyo
    assert kinds(around, placed("13:00", "14:00", speakers=frozenset({1}))) == []  # until 22:00 in Tokyo
    assert kinds(around, placed("13:00", "14:01", speakers=frozenset({1}))) == [ConflictKind.ANTISOCIAL]
    assert kinds(around, placed("12:00", "12:30", speakers=frozenset({2}))) == []  # from 07:00 in New York
    assert kinds(around, placed("11:59", "12:30", speakers=frozenset({2}))) == [ConflictKind.ANTISOCIAL]


def test_with_the_whole_day_allowed_nothing_is_antisocial() -> None:
    rules = RuleFacts(speaker_earliest=0, speaker_latest=1440)
    assert not is_antisocial(on("23:00"), on("01:00", day=date(2026, 6, 26)), LONDON, rules)
    half = RuleFacts(speaker_earliest=0, speaker_latest=1439)
    assert is_antisocial(on("23:00"), on("01:00", day=date(2026, 6, 26)), LONDON, half)


def test_between_two_rooms_a_speaker_needs_some_minutes() -> None:
    around = Surroundings(rules=RuleFacts(gap_minutes=10))
    me = frozenset({7})
    first = placed("09:00", "10:00", speakers=me)
    assert kinds(around, first, placed("10:09", "11:00", 2, 2, speakers=me)) == [ConflictKind.GAP]
    assert kinds(around, first, placed("10:00", "11:00", 2, 2, speakers=me)) == [ConflictKind.GAP]
    assert kinds(around, first, placed("10:10", "11:00", 2, 2, speakers=me)) == []
    assert kinds(around, first, placed("10:00", "11:00", 2, 1, speakers=me)) == []  # stays where they are
    assert kinds(around, first, placed("10:00", "11:00", 2, 2, speakers=frozenset({8}))) == []
    assert kinds(Surroundings(rules=RuleFacts(gap_minutes=0)), first, placed("10:00", "11:00", 2, 2, speakers=me)) == []  # fmt: skip


def test_a_chair_and_an_interpreter_are_told_apart_from_other_speakers() -> None:
    me, you = 7, 8
    one = placed("09:00", "10:00", speakers=frozenset({me, you}), chairs=frozenset({me}))
    other = placed("09:30", "10:30", 2, 2, speakers=frozenset({me, you}), interpreters=frozenset({me, you}))
    assert find_conflicts([one, other]) == [
        Conflict(1, 2, ConflictKind.CHAIR, (me,), Level.BLOCK_RELEASE),
        Conflict(1, 2, ConflictKind.INTERPRETER, (you,), Level.BLOCK_RELEASE),
    ]


def test_tracks_clash_between_sessions_and_not_with_breaks_or_repeats() -> None:
    one = placed("09:00", "10:00", track=5, session=1)
    other = placed("09:30", "10:30", 2, 2, track=5, session=2)
    assert kinds(Surroundings(), one, other) == [ConflictKind.TRACK]
    others: tuple[dict[str, Any], ...] = (
        {"session": 1},
        {"track": 6},
        {"track": None},
        {"is_break": True},
        {"is_blocker": True},
    )
    for changed in others:
        assert kinds(Surroundings(), one, replace(other, **changed)) == []


def test_a_blocker_keeps_its_room_free() -> None:
    blocker, talk = placed("09:00", "10:00", is_blocker=True), placed("09:30", "10:30", 2)
    assert kinds(Surroundings(), blocker, talk) == [ConflictKind.BLOCKER]
    assert kinds(Surroundings(), blocker, replace(talk, is_blocker=True)) == []
    assert kinds(Surroundings(), blocker, replace(talk, is_cancelled=True)) == []


def test_a_conference_decides_how_seriously_each_rule_is_taken() -> None:
    pair = [placed("09:00", "10:00"), placed("09:30", "10:30", 2)]
    for level in (Level.BLOCK, Level.BLOCK_RELEASE, Level.WARN):
        around = Surroundings(rules=RuleFacts({ConflictKind.ROOM: level}))
        assert [conflict.level for conflict in find_conflicts(pair, around)] == [level]
    assert find_conflicts(pair, Surroundings(rules=RuleFacts({ConflictKind.ROOM: Level.IGNORE}))) == []


# --- clocks that change ----------------------------------------------------------------------------------------------


def minutes_of(start: datetime, minutes: int, zone: str) -> Iterable[datetime]:
    """What the zone's clock shows in each minute, without any arithmetic of ours."""
    where = ZoneInfo(zone)
    return [(start + timedelta(minutes=minute)).astimezone(where) for minute in range(minutes)]


around_a_change = st.tuples(st.sampled_from(CHANGES), st.integers(-36 * 60, 36 * 60), st.integers(1, 300))


@settings(max_examples=200)
@given(around_a_change, st.sampled_from([(7 * 60, 22 * 60), (9 * 60, 17 * 60), (0, 22 * 60), (5 * 60, 1440)]))
def test_an_hour_is_antisocial_when_any_minute_of_it_is(
    when: tuple[tuple[str, date], int, int], limits: tuple[int, int]
) -> None:
    (zone, day), offset, length = when
    earliest, latest = limits
    start = datetime.combine(day, time(), UTC) + timedelta(minutes=offset)
    clock = list(minutes_of(start, length, zone))
    # A session that runs through midnight leaves the day it began on, even where 00:00 is allowed.
    expected = clock[0].date() != clock[-1].date() or any(
        not earliest <= shown.hour * 60 + shown.minute < latest for shown in clock
    )
    rules = RuleFacts(speaker_earliest=earliest, speaker_latest=latest)
    assert is_antisocial(start, start + timedelta(minutes=length), zone, rules) is expected


@settings(max_examples=200)
@given(around_a_change, st.sampled_from([(0, 1440), (8 * 60, 18 * 60), (0, 12 * 60), (6 * 60, 1440)]))
def test_the_conferences_day_is_kept_when_every_minute_is_within(
    when: tuple[tuple[str, date], int, int], hours: tuple[int, int]
) -> None:
    (zone, day), offset, length = when
    rules = RuleFacts(day_starts=hours[0], day_ends=hours[1])
    around = Surroundings(zone=zone, rules=rules, days=conference_days(day, day, zone, rules))
    start = datetime.combine(day, time(), UTC) + timedelta(minutes=offset)
    within = all(
        shown.date() == day and hours[0] <= shown.hour * 60 + shown.minute < hours[1]
        for shown in minutes_of(start, length, zone)
    )
    found = kinds(around, Placement(1, 1, start, start + timedelta(minutes=length)))
    assert found == ([] if within else [ConflictKind.OUTSIDE_DAY])


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (LONDON, date(2026, 3, 29), 23),
        (LONDON, date(2026, 10, 25), 25),
        (NEW_YORK, date(2026, 3, 8), 23),
        (NEW_YORK, date(2026, 11, 1), 25),
        (CASABLANCA, date(2026, 2, 15), 25),
        (CASABLANCA, date(2026, 3, 22), 23),
        (LONDON, THE_DAY, 24),
    ],
)
def test_a_day_is_as_long_as_its_clocks_make_it(zone: str, day: date, hours: int) -> None:
    [(start, end)] = conference_days(day, day, zone, RuleFacts())
    assert end - start == timedelta(hours=hours)


def test_where_a_clock_skips_or_repeats_an_hour_nobody_loses_what_was_promised() -> None:
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    skipped = wall_stretch(datetime.combine(spring, time(1, 30)), datetime.combine(spring, time(3)), LONDON)
    assert skipped == (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 3, 29, 2, tzinfo=UTC))
    twice = wall_stretch(datetime.combine(autumn, time(1, 15)), datetime.combine(autumn, time(1, 45)), LONDON)
    assert twice == (datetime(2026, 10, 25, 0, 15, tzinfo=UTC), datetime(2026, 10, 25, 1, 45, tzinfo=UTC))


def test_stretches_cover_and_meet_what_they_touch() -> None:
    two = Stretches.of([(on("10:00"), on("11:00")), (on("13:00"), on("14:00")), (on("15:00"), on("15:00"))])
    assert list(two) == [(on("10:00"), on("11:00")), (on("13:00"), on("14:00"))]
    assert two.cover(on("10:00"), on("11:00"))
    assert not two.cover(on("10:30"), on("13:30"))
    assert two.meet(on("10:59"), on("12:00"))
    assert not two.meet(on("11:00"), on("13:00"))
    assert not Stretches().cover(on("10:00"), on("11:00"))


# --- in words --------------------------------------------------------------------------------------------------------

AIKO, RUTH = DraftSpeaker(7, "Aiko Tanaka", "Asia/Tokyo"), DraftSpeaker(8, "Ruth Okafor", NEW_YORK)
WORKSHOP_HOURS = Stretches.of([(on("09:00"), on("12:00")), (on("13:00"), on("17:00"))])
FACTS = Facts(
    LONDON,
    {1: DraftRoom(1, "main", "Main stage"), 2: DraftRoom(2, "work", "Workshop room")},
    "en",
    Surroundings(
        zone=LONDON,
        rules=NINE_TO_FIVE,
        days=conference_days(THE_DAY, THE_DAY, LONDON, NINE_TO_FIVE),
        rooms={2: RoomLimits(25, WORKSHOP_HOURS)},
    ),
)


def card(number: int, start: str, end: str, room: int = 1, **more: Any) -> DraftSlot:
    """A slot of the day."""
    times: dict[str, Any] = {"local_start": datetime.combine(THE_DAY, time.fromisoformat(start)), "start": on(start), "end": on(end)}  # fmt: skip
    plain = DraftSlot(number, f"s{number}", 1, f"Session {number}", "en", "talk", 30, room, **times)
    return replace(plain, **{"speakers": (AIKO, RUTH), **more})


def told(kind: ConflictKind, slot: DraftSlot, other: DraftSlot | None = None, *people: int) -> str:
    """The clash as the slot's card tells it."""
    conflict = Conflict(slot.id, other.id if other else None, kind, people)
    others = {other.id: other} if other else {}
    [clash] = clashes_of(slot, [conflict], others, FACTS)
    return clash.text


def test_clashes_of_two_slots_in_words() -> None:
    one, other = card(1, "10:00", "10:30"), card(2, "10:15", "11:00", 2, track="Practice")
    assert told(ConflictKind.ROOM, one, other) == "Workshop room is taken by “Session 2”, 10:15–11:00"
    assert told(ConflictKind.BLOCKER, one, other) == "Workshop room is kept free for “Session 2”, 10:15–11:00"
    assert told(ConflictKind.BLOCKER, replace(one, kind="blocker"), other) == (
        "Workshop room is kept free here, and “Session 2” stands in it, 10:15–11:00"
    )
    assert told(ConflictKind.SPEAKER, one, other, 7) == (
        "Aiko Tanaka also speaks in “Session 2”, Workshop room, 10:15–11:00"
    )
    assert told(ConflictKind.SPEAKER, one, other, 7, 8) == (
        "Aiko Tanaka, Ruth Okafor also speak in “Session 2”, Workshop room, 10:15–11:00"
    )
    assert told(ConflictKind.CHAIR, one, other, 8) == (
        "A chair is needed twice: Ruth Okafor also in “Session 2”, Workshop room, 10:15–11:00"
    )
    assert told(ConflictKind.INTERPRETER, one, other, 8) == (
        "An interpreter is needed twice: Ruth Okafor also in “Session 2”, Workshop room, 10:15–11:00"
    )
    assert told(ConflictKind.TRACK, one, other) == (
        "Same track, Practice, at the same time: “Session 2”, Workshop room, 10:15–11:00"
    )


def test_a_short_gap_is_told_in_minutes_from_both_sides() -> None:
    one, later, at_once = (
        card(1, "10:00", "10:30"),
        card(2, "10:35", "11:00", 2),
        card(3, "10:30", "11:00", 2),
    )
    assert told(ConflictKind.GAP, one, later, 7) == (
        "Aiko Tanaka has only 5 minutes between this and “Session 2”, Workshop room, 10:35–11:00"
    )
    assert told(ConflictKind.GAP, later, one, 7, 8) == (
        "Aiko Tanaka, Ruth Okafor have only 5 minutes between this and “Session 1”, Main stage, 10:00–10:30"
    )
    assert told(ConflictKind.GAP, one, at_once, 7) == (
        "Aiko Tanaka has no time between this and “Session 3”, Workshop room, 10:30–11:00"
    )


def test_clashes_of_one_slot_in_words() -> None:
    late = card(1, "19:10", "19:55", 2, seats=40)
    assert told(ConflictKind.ANTISOCIAL, late, None, 7) == "It is 03:10 (next day) for Aiko Tanaka (Tokyo)"
    assert told(ConflictKind.ANTISOCIAL, card(1, "13:30", "14:15"), None, 7) == (
        "It ends at 22:15 for Aiko Tanaka (Tokyo)"
    )
    ann, tom = DraftSpeaker(9, "Ann Lee", NEW_YORK), DraftSpeaker(6, "Tom Reid", LONDON)
    early = card(1, "06:00", "06:30", speakers=(RUTH, ann, tom))
    assert told(ConflictKind.ANTISOCIAL, early, None, 6, 8, 9) == (
        "It is 01:00 for Ruth Okafor (New York), Ann Lee (New York); It is 06:00 for Tom Reid (London)"
    )
    assert told(ConflictKind.CAPACITY, late) == "40 seats, and Workshop room holds 25"
    assert told(ConflictKind.OUTSIDE_DAY, late) == "This is outside the conference’s day, 09:00–17:00"
    assert told(ConflictKind.ROOM_CLOSED, late) == (
        "Workshop room is open only 09:00–12:00, 13:00–17:00 that day"
    )
    assert told(ConflictKind.UNAVAILABLE, late, None, 7, 8) == (
        "This time does not suit Aiko Tanaka (03:10–03:55 in Tokyo), Ruth Okafor (14:10–14:55 in New York)"
    )
    assert told(ConflictKind.IF_NEEDED, replace(late, speakers=(DraftSpeaker(7, "Aiko"),)), None, 7) == (
        "This time suits Aiko only if needed"
    )


def test_another_day_and_another_year_are_told_as_such() -> None:
    plain = replace(FACTS, surroundings=replace(FACTS.surroundings, rules=RuleFacts()))
    next_day = date(2026, 6, 26)
    moved = replace(
        card(1, "10:00", "10:30", 2), start=on("10:00", day=next_day), end=on("10:30", day=next_day)
    )
    [outside] = clashes_of(moved, [Conflict(1, None, ConflictKind.OUTSIDE_DAY)], {}, plain)
    assert outside.text == "Fri 26 Jun is not a day of the conference"
    [closed] = clashes_of(moved, [Conflict(1, None, ConflictKind.ROOM_CLOSED)], {}, plain)
    assert closed.text == "Workshop room is not open that day"


def test_the_gravest_clash_is_told_first_and_its_level_in_words() -> None:
    one, other = card(1, "10:00", "10:30", track="Practice"), card(2, "10:15", "11:00", 1, track="Practice")
    conflicts = [
        Conflict(1, None, ConflictKind.ANTISOCIAL, (8,), Level.WARN),
        Conflict(1, 2, ConflictKind.TRACK, (), Level.BLOCK),
        Conflict(1, 2, ConflictKind.ROOM, (), Level.BLOCK_RELEASE),
    ]
    found = clashes_of(one, conflicts, {2: other}, FACTS)
    assert [(clash.badge, clash.level, clash.level_words) for clash in found] == [
        ("Track clash", "block", "Not allowed"),
        ("Room clash", "block-release", "Blocks the release"),
        ("Antisocial hour", "warn", "Warning"),
    ]
    lines = all_clash_lines(conflicts, {1: one, 2: other}, FACTS)
    assert [(line.code, line.other, line.time, line.day, line.level_words) for line in lines] == [
        ("s2", "s1", "10:15", THE_DAY, "Not allowed"),
        ("s2", "s1", "10:15", THE_DAY, "Blocks the release"),
        ("s1", "", "10:00", THE_DAY, "Warning"),
    ]


def test_every_kind_has_its_words() -> None:
    one, other = card(1, "10:00", "10:30"), card(2, "10:15", "11:00", 2)
    alone = {"room-closed", "unavailable", "outside-day", "capacity", "antisocial", "if-needed"}
    for kind in ConflictKind:
        partner = None if kind in alone else other
        conflict = Conflict(1, partner.id if partner else None, kind, (7,))
        [clash] = clashes_of(one, [conflict], {2: other}, FACTS)
        assert isinstance(clash, Clash)
        assert clash.badge
        assert clash.text
        assert "%" not in clash.text
