"""Clashes of rooms and speakers: symmetrical, half-open, quick."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import combinations

from sessions.schedule.conflicts import (
    Conflict,
    ConflictKind,
    Level,
    Placement,
    by_slot,
    conflicts_of,
    find_conflicts,
)

MORNING = datetime(2026, 6, 25, 9, 0, tzinfo=UTC)
ANNA, BEN = 1, 2
ROOM, SPEAKER = ConflictKind.ROOM, ConflictKind.SPEAKER
BLOCKS_RELEASE = Level.BLOCK_RELEASE


def placed(
    slot: int, start: int, end: int, room: int | None = 1, *speakers: int, is_cancelled: bool = False
) -> Placement:
    """A placing from minute ``start`` to ``end`` of the morning."""
    return Placement(
        slot,
        room,
        MORNING + timedelta(minutes=start),
        MORNING + timedelta(minutes=end),
        frozenset(speakers),
        is_cancelled,
    )


def test_two_things_in_one_room_clash() -> None:
    assert find_conflicts([placed(1, 0, 45), placed(2, 30, 60)]) == [Conflict(1, 2, ROOM, (), BLOCKS_RELEASE)]


def test_back_to_back_is_no_clash() -> None:
    assert find_conflicts([placed(1, 0, 45, 1, ANNA), placed(2, 45, 60, 1, ANNA)]) == []


def test_other_rooms_do_not_clash() -> None:
    assert find_conflicts([placed(1, 0, 45, 1), placed(2, 0, 45, 2), placed(3, 0, 45, None)]) == []


def test_one_thing_within_another_clashes_in_any_order() -> None:
    around, within = placed(1, 0, 120), placed(2, 30, 40)
    assert (
        find_conflicts([around, within])
        == find_conflicts([within, around])
        == [Conflict(1, 2, ROOM, (), BLOCKS_RELEASE)]
    )


def test_a_long_one_clashes_with_all_that_follow_within_it() -> None:
    found = find_conflicts([placed(1, 0, 120), placed(2, 0, 20), placed(3, 20, 40), placed(4, 120, 140)])
    assert found == [Conflict(1, 2, ROOM, (), BLOCKS_RELEASE), Conflict(1, 3, ROOM, (), BLOCKS_RELEASE)]


def test_a_speaker_in_two_rooms_is_named_once_per_pair() -> None:
    found = find_conflicts([placed(1, 0, 45, 1, ANNA, BEN), placed(2, 30, 60, 2, BEN, ANNA)])
    assert found == [Conflict(1, 2, SPEAKER, (ANNA, BEN), BLOCKS_RELEASE)]


def test_room_and_speaker_are_told_apart() -> None:
    found = find_conflicts([placed(1, 0, 45, 1, ANNA), placed(2, 0, 45, 1, ANNA)])
    assert found == [
        Conflict(1, 2, ROOM, (), BLOCKS_RELEASE),
        Conflict(1, 2, SPEAKER, (ANNA,), BLOCKS_RELEASE),
    ]


def test_a_cancelled_slot_is_in_nobodys_way() -> None:
    assert find_conflicts([placed(1, 0, 45, 1, ANNA), placed(2, 0, 45, 1, ANNA, is_cancelled=True)]) == []


def test_a_slot_without_length_overlaps_nothing() -> None:
    assert find_conflicts([placed(1, 0, 45), placed(2, 10, 10)]) == []


def test_both_sides_show_a_clash() -> None:
    conflict = Conflict(1, 2, ROOM, (), BLOCKS_RELEASE)
    assert by_slot([conflict]) == {1: [conflict], 2: [conflict]}
    assert conflict.partner(1) == 2
    assert conflict.partner(2) == 1


def test_the_clashes_of_one_slot_are_those_among_all() -> None:
    shuffled = random.Random(7)
    placements = [
        placed(slot, start := shuffled.randrange(0, 300, 5), start + shuffled.randrange(0, 90, 5),
               shuffled.choice([1, 2, 3, None]), *shuffled.sample(range(8), 2),
               is_cancelled=shuffled.random() < 0.1)
        for slot in range(80)
    ]  # fmt: skip
    everything = find_conflicts(placements)
    assert everything
    for slot in range(80):
        assert conflicts_of(slot, placements) == [c for c in everything if slot in (c.one, c.other)]
    assert conflicts_of(1000, placements) == []


def test_sweeping_finds_what_comparing_every_pair_finds() -> None:
    shuffled = random.Random(11)
    placements = [
        placed(slot, start := shuffled.randrange(0, 600, 5), start + shuffled.randrange(5, 120, 5),
               shuffled.randrange(6), *shuffled.sample(range(30), 2))
        for slot in range(150)
    ]  # fmt: skip
    expected = []
    for one, other in combinations(placements, 2):
        if one.start < other.end and other.start < one.end:
            if one.room == other.room:
                expected.append(Conflict(one.slot, other.slot, ROOM, (), BLOCKS_RELEASE))
            if both := one.speakers & other.speakers:
                expected.append(Conflict(one.slot, other.slot, SPEAKER, tuple(sorted(both)), BLOCKS_RELEASE))
    assert find_conflicts(placements) == sorted(expected)
