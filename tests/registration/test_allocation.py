"""Which wishes fit together, and how many seats are left."""

from datetime import UTC, datetime

from registration.seating.allocation import Placing, clashes, free_seats


def placing(slot: str, start: int, end: int) -> Placing:
    return Placing(
        f"s-{slot}", slot, datetime(2026, 6, 25, start, tzinfo=UTC), datetime(2026, 6, 25, end, tzinfo=UTC)
    )


def test_one_that_begins_as_the_other_ends_fits() -> None:
    assert clashes([placing("a", 10, 11), placing("b", 11, 12)]) == []


def test_every_pair_that_overlaps_is_told_the_earlier_first() -> None:
    a, b, c = placing("a", 9, 12), placing("b", 10, 11), placing("c", 11, 13)
    assert clashes([c, b, a]) == [(a, b), (a, c)]


def test_two_at_the_very_same_time_clash_once() -> None:
    a, b = placing("a", 9, 10), placing("b", 9, 10)
    assert clashes([b, a]) == [(a, b)]


def test_seats_are_never_fewer_than_none() -> None:
    assert (free_seats(30, 12), free_seats(30, 30), free_seats(10, 12), free_seats(None, 5)) == (
        18,
        0,
        0,
        None,
    )
