"""Who may have a place: newcomers, and those in line, under one limit and under two."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from registration.seating.sharing import Full, Places, Tally


def test_without_a_limit_everybody_comes_in() -> None:
    places = Places(None, {None: Tally(10**6, 0, 3)})
    assert places.has_place_for(None)
    assert places.left_for(None) is None
    assert places.next_in([None, 7]) == [0, 1]
    assert not places.is_limited


def test_a_newcomer_gets_what_those_in_line_leave() -> None:
    assert Places(30, {None: Tally(29)}).has_place_for(None)
    assert not Places(30, {None: Tally(30)}).has_place_for(None)
    assert not Places(30, {None: Tally(29, offered=1)}).has_place_for(None)
    assert not Places(30, {None: Tally(29, waiting=1)}).has_place_for(None)
    assert Places(30, {None: Tally(29, unconfirmed=5)}).has_place_for(None)  # passed over until they confirm
    assert Places(30, {None: Tally(35)}).left_for(None) == 0  # the number was lowered


def test_both_limits_hold() -> None:
    # Ten places, four of them for students (7) at most.
    places = Places(10, {7: Tally(4), None: Tally(5)}, {7: 4})
    assert not places.has_place_for(7)
    assert places.left_for(None) == 1
    assert places.full_for(7) == Full(4, in_category=True)
    full = Places(10, {7: Tally(3), None: Tally(7)}, {7: 4})
    assert not full.has_place_for(7)
    assert full.full_for(7) == Full(10)


def test_who_waits_for_their_own_category_keeps_nobody_else_out() -> None:
    places = Places(10, {7: Tally(4, waiting=20), None: Tally(5)}, {7: 4})
    assert places.left_for(None) == 1
    assert places.owed == 0
    assert places.next_in([7, 7, None, None]) == [2]
    assert places.full_categories == {7}


def test_the_first_in_line_go_first_whatever_their_category() -> None:
    places = Places(10, {7: Tally(2, waiting=3), None: Tally(5, waiting=2)}, {7: 4})
    assert places.owed == 3
    assert places.next_in([7, None, 7, 7, None]) == [0, 1, 2]
    assert places.left_for(None) == 0


CATEGORIES = st.sampled_from([None, 1, 2])
COUNTS = st.integers(0, 6)


@given(
    capacity=st.none() | COUNTS,
    limits=st.dictionaries(st.sampled_from([1, 2]), COUNTS),
    held=st.dictionaries(CATEGORIES, COUNTS),
    line=st.lists(CATEGORIES, max_size=12),
    newcomer=CATEGORIES,
)
def test_a_newcomer_is_as_well_off_as_at_the_end_of_the_line(
    capacity: int | None,
    limits: dict[int, int],
    held: dict[int | None, int],
    line: list[int | None],
    newcomer: int | None,
) -> None:
    tallies = {
        category: Tally(held.get(category, 0), waiting=line.count(category)) for category in (None, 1, 2)
    }
    places = Places(capacity, tallies, limits)

    chosen = places.next_in([*line, newcomer])

    assert places.has_place_for(newcomer) == (len(line) in chosen)
    assert places.owed == len([position for position in chosen if position < len(line)])
    taken = {category: held.get(category, 0) for category in (None, 1, 2)}
    before = dict(taken)
    for position in chosen:
        taken[[*line, newcomer][position]] += 1
    for category, limit in limits.items():
        assert taken[category] <= max(limit, before[category])
    if capacity is not None:
        assert sum(taken.values()) <= max(capacity, sum(before.values()))
