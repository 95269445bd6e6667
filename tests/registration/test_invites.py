"""What a calendar is owed."""

from datetime import UTC, datetime, timedelta

from registration.calendars.invites import Booked, Owed, Told, facts_of, owed
from registration.calendars.tables import InviteMethod

START = datetime(2026, 6, 25, 10, tzinfo=UTC)
END = START + timedelta(hours=1)
LATER = START + timedelta(hours=4)
FACTS = facts_of(START, END, 1)


def booking(start: datetime = START, sequence: int = 0, *, off: bool = False, generation: int = 1) -> Booked:
    end = start + timedelta(hours=1)
    return Booked(7, sequence, start, end, off, facts_of(start, end, generation))


def told(method: InviteMethod = InviteMethod.REQUEST, sequence: int = 0) -> dict[int, Told]:
    return {7: Told(7, method, sequence, START, END, FACTS, START)}


def kinds(messages: list[Owed]) -> list[tuple[str, int, str]]:
    return [(one.method.value, one.sequence, one.reason) for one in messages]


def test_a_new_seat_is_owed_a_request_with_the_releases_sequence() -> None:
    assert owed([booking(sequence=3)], {}) == [Owed(7, InviteMethod.REQUEST, 3, START, END, FACTS, "new")]


def test_nothing_is_owed_twice() -> None:
    assert owed([booking(sequence=5)], told(sequence=3)) == []


def test_a_moved_slot_is_owed_a_request_with_a_higher_sequence_and_its_old_time() -> None:
    (message,) = owed([booking(LATER, 1)], told(sequence=3))
    assert kinds([message]) == [("REQUEST", 4, "updated")]
    assert (message.start, message.was_start, message.was_end) == (LATER, START, END)


def test_the_releases_sequence_wins_where_it_is_higher() -> None:
    assert kinds(owed([booking(LATER, 9)], told(sequence=3))) == [("REQUEST", 9, "updated")]


def test_a_seat_given_up_is_owed_a_cancel_with_one_more() -> None:
    assert kinds(owed([], told(sequence=3))) == [("CANCEL", 4, "given-up")]


def test_a_cancelled_slot_is_owed_a_cancel_and_only_one() -> None:
    assert kinds(owed([booking(sequence=1, off=True)], told(sequence=0))) == [("CANCEL", 1, "cancelled")]
    assert owed([booking(sequence=1, off=True)], told(InviteMethod.CANCEL, 1)) == []


def test_a_cancelled_slot_nobody_was_told_of_is_owed_nothing() -> None:
    assert owed([booking(off=True)], {}) == []


def test_a_slot_dropped_from_the_programme_is_cancelled() -> None:
    assert kinds(owed([Booked(7, is_cancelled=True)], told(sequence=2))) == [("CANCEL", 3, "cancelled")]


def test_a_seat_taken_again_is_owed_a_request_above_the_cancel() -> None:
    assert kinds(owed([booking()], told(InviteMethod.CANCEL, 4))) == [("REQUEST", 5, "new")]


def test_a_renewed_join_link_is_owed_an_update() -> None:
    assert kinds(owed([booking(generation=2)], told())) == [("REQUEST", 1, "updated")]


def test_a_first_invite_begins_at_the_floor_and_later_ones_count_on() -> None:
    assert kinds(owed([booking(sequence=1)], {}, floor=4)) == [("REQUEST", 4, "new")]
    assert kinds(owed([booking(sequence=6)], {}, floor=4)) == [("REQUEST", 6, "new")]
    assert kinds(owed([], told(sequence=0), floor=4)) == [("CANCEL", 1, "given-up")]
