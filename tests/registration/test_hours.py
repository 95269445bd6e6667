"""How long somebody attended: examples at the edges, and properties of any stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from registration.attending.hours import Stay, attended, merged, minutes_by_slot, whole_minutes

START = datetime(2026, 6, 25, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def stay(came: int, left: int | None = None, *, start: int = 0, end: int = 60, slot: str = "aaaa") -> Stay:
    """Minutes after nine."""

    def at(minutes: int) -> datetime:
        return START + minutes * MINUTE

    return Stay(slot, at(start), at(end), at(came), None if left is None else at(left))


def minutes(*stays: Stay) -> int:
    return whole_minutes(attended(stays))


def test_a_session_counts_from_coming_in_until_its_end() -> None:
    assert minutes(stay(0)) == 60
    assert minutes(stay(20)) == 40
    assert minutes(stay(59)) == 1


def test_whoever_comes_early_is_counted_from_the_start() -> None:
    assert minutes(stay(-15)) == 60
    assert minutes(stay(-15, -5)) == 0


def test_leaving_ends_it_and_coming_back_begins_it_again() -> None:
    assert minutes(stay(0, 10)) == 10
    assert minutes(stay(0, 10), stay(40)) == 30
    assert minutes(stay(0, 90)) == 60


def test_coming_after_the_end_counts_nothing() -> None:
    assert minutes(stay(60)) == 0
    assert minutes(stay(74)) == 0
    assert minutes_by_slot([stay(60)]) == {}


def test_a_clock_set_back_never_makes_less_than_nothing() -> None:
    assert minutes(stay(30, 10)) == 0
    assert minutes(stay(30, 10), stay(0, 20)) == 20


def test_two_sessions_at_once_count_once() -> None:
    other = stay(10, start=30, end=90, slot="bbbb")
    assert minutes(stay(0), other) == 90
    assert minutes_by_slot([stay(0), other]) == {"aaaa": 60, "bbbb": 60}


def test_what_is_left_of_a_minute_is_dropped() -> None:
    almost = Stay("aaaa", START, START + 60 * MINUTE, START + timedelta(seconds=1))
    assert minutes(almost) == 59


def test_nothing_is_nothing() -> None:
    assert attended([]) == timedelta()
    assert merged([]) == []


instants = st.integers(-200, 400)
stays = st.lists(
    st.builds(
        lambda start, length, came, left, slot: stay(came, left, start=start, end=start + length, slot=slot),
        instants,
        st.integers(1, 120),
        instants,
        st.none() | instants,
        st.sampled_from("abcd"),
    ),
    max_size=12,
)


@given(stays)
def test_never_negative_and_never_more_than_the_sessions_took(some: list[Stay]) -> None:
    whole = attended(some)
    slots = merged((one.start, one.end) for one in some)
    assert timedelta() <= whole <= sum((ends - begins for begins, ends in slots), timedelta())


@given(stays)
def test_the_whole_is_never_more_than_its_parts(some: list[Stay]) -> None:
    assert whole_minutes(attended(some)) <= sum(minutes_by_slot(some).values()) + len(some)


@given(stays, stays)
def test_another_stay_never_takes_time_away(some: list[Stay], more: list[Stay]) -> None:
    assert attended(some) <= attended([*some, *more]) <= attended(some) + attended(more)


@given(stays)
def test_the_order_of_stays_does_not_matter(some: list[Stay]) -> None:
    assert attended(some) == attended(list(reversed(some)))
    assert attended(some) == attended([*some, *some])
