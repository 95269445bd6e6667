"""Which reminders are owed: by the clock, the person's zone and choices, and what they were told before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference.dates import lived_day
from registration.reminding.due import (
    LEAD,
    Choices,
    Due,
    Fact,
    Item,
    coming,
    digest_moment,
    due,
    next_moment,
    still_so,
)
from registration.reminding.tables import ReminderKind

DAY, HOUR, MINUTES, DIGEST = (
    ReminderKind.DAY,
    ReminderKind.HOUR,
    ReminderKind.MINUTES,
    ReminderKind.DIGEST,
)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
LONDON, KOLKATA, AUCKLAND = "Europe/London", "Asia/Kolkata", "Pacific/Auckland"


def at(wall: str, zone: str = LONDON) -> datetime:
    """``25 10:00``: a day of June 2026 and a time, on the clock of the zone."""
    return datetime.strptime(f"2026-06-{wall}", "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo(zone))


def item(slot: str, start: datetime, *, since: datetime = LONG_AGO) -> Item:
    start = start.astimezone(UTC)
    return Item(slot, start, start + timedelta(minutes=45), since)


def wants(*kinds: ReminderKind) -> Choices:
    return Choices(frozenset(kinds))


def told_by(mails: Iterable[Due]) -> list[tuple[ReminderKind, str]]:
    return [(mail.kind, " ".join(one.slot for one in mail.items)) for mail in mails]


def plan(
    items: list[Item], choices: Choices, zone: str = LONDON, *, now: datetime = LONG_AGO
) -> list[tuple[str, str, str]]:
    """Every mail that comes: its kind, when by the person's clock, and what it lists."""
    return [
        (
            mail.kind.value,
            f"{moment.astimezone(ZoneInfo(zone)):%d %H:%M}",
            " ".join(i.slot for i in mail.items),
        )
        for moment, mail in coming(items, choices, zone, now, (), most=50)
    ]


def test_a_session_is_announced_a_day_an_hour_and_ten_minutes_before() -> None:
    opening = item("opening", at("25 10:00"))
    assert plan([opening], wants(DAY, HOUR, MINUTES)) == [
        ("day", "24 10:00", "opening"),
        ("hour", "25 09:00", "opening"),
        ("minutes", "25 09:50", "opening"),
    ]
    assert plan([opening], wants(HOUR)) == [("hour", "25 09:00", "opening")]
    assert plan([opening], wants()) == []


def test_what_follows_soon_stands_in_the_same_mail() -> None:
    day = [item(str(hour), at(f"25 {hour}:00")) for hour in range(10, 14)] + [item("late", at("25 22:30"))]
    assert plan(day, wants(DAY)) == [("day", "24 10:00", "10 11 12 13"), ("day", "24 22:30", "late")]
    close = [item("a", at("25 10:00")), item("b", at("25 10:30")), item("c", at("25 11:00"))]
    assert plan(close, wants(HOUR)) == [("hour", "25 09:00", "a b"), ("hour", "25 10:00", "c")]
    assert plan(close, wants(MINUTES)) == [
        ("minutes", "25 09:50", "a"),
        ("minutes", "25 10:20", "b"),
        ("minutes", "25 10:50", "c"),
    ]


def test_two_that_begin_at_the_same_moment_are_one_mail() -> None:
    both = [item("a", at("25 10:00")), item("b", at("25 10:00"))]
    assert plan(both, wants(MINUTES)) == [("minutes", "25 09:50", "a b")]


@pytest.mark.parametrize(
    ("first", "sent"),
    [
        ("25 10:00", "25 07:00"),
        ("25 09:00", "25 07:00"),
        ("25 08:30", "25 06:30"),  # two hours before
        ("25 08:00", "25 06:00"),
        ("25 07:59", "24 20:00"),  # nobody reads mail at five
        ("25 06:00", "24 20:00"),
        ("25 05:59", "24 20:00"),  # the end of the night of the 24th
        ("25 03:00", "24 20:00"),
        ("25 00:00", "24 20:00"),
        ("24 23:30", "24 07:00"),
    ],
)
@pytest.mark.parametrize("zone", [LONDON, KOLKATA, AUCKLAND])
def test_the_digest_comes_before_the_day_when_people_are_awake(zone: str, first: str, sent: str) -> None:
    assert plan([item("first", at(first, zone))], wants(DIGEST), zone) == [("digest", sent, "first")]


def test_an_evening_that_ends_after_midnight_is_one_day() -> None:
    """London's ten to five is nine in the evening to four in the morning in Auckland."""
    sessions = [item(str(hour), at(f"25 {hour}:00")) for hour in (10, 12, 14, 16)]
    assert [str(lived_day(one.start, AUCKLAND)) for one in sessions] == ["2026-06-25"] * 4
    assert plan(sessions, wants(DIGEST), AUCKLAND) == [("digest", "25 07:00", "10 12 14 16")]


def test_each_day_has_its_digest() -> None:
    sessions = [item("a", at("25 10:00")), item("b", at("25 16:00")), item("c", at("26 10:00"))]
    assert plan(sessions, wants(DIGEST)) == [("digest", "25 07:00", "a b"), ("digest", "26 07:00", "c")]


def test_seven_o_clock_is_seven_on_the_day_the_clock_changes() -> None:
    first = datetime(2026, 10, 25, 10, tzinfo=ZoneInfo(LONDON))
    assert digest_moment(first, LONDON) == datetime(2026, 10, 25, 7, tzinfo=UTC)
    spring = datetime(2026, 3, 29, 10, tzinfo=ZoneInfo(LONDON))
    assert digest_moment(spring, LONDON) == datetime(2026, 3, 29, 6, tzinfo=UTC)


def test_a_day_by_default_is_few_mails() -> None:
    sessions = [item(str(hour), at(f"25 {hour}:00")) for hour in (10, 11, 14)]
    assert plan(sessions, wants(DAY, HOUR, DIGEST)) == [
        ("day", "24 10:00", "10 11 14"),
        ("digest", "25 07:00", "10 11 14"),
        ("hour", "25 09:00", "10"),
        ("hour", "25 10:00", "11"),
        ("hour", "25 13:00", "14"),
    ]


def test_the_day_before_is_silent_when_the_digest_follows_within_hours() -> None:
    night = [item("night", at("26 03:00"))]  # its digest comes seventeen hours later
    assert plan(night, wants(DAY, DIGEST)) == [("day", "25 03:00", "night"), ("digest", "25 20:00", "night")]
    long_night = [item("evening", at("25 21:00")), item("night", at("26 03:00"))]
    assert plan(long_night, wants(DAY, DIGEST)) == [
        ("day", "24 21:00", "evening night"),
        ("digest", "25 07:00", "evening night"),
    ]
    apart = [item("noon", at("25 12:00")), item("night", at("26 03:00"))]
    assert plan(apart, wants(DAY, DIGEST)) == [
        ("day", "24 12:00", "noon"),
        ("digest", "25 07:00", "noon night"),
    ]
    assert plan(apart, wants(DAY)) == [("day", "24 12:00", "noon"), ("day", "25 03:00", "night")]


@pytest.mark.parametrize(
    ("now", "owed"),
    [
        ("24 15:00", [(DAY, "a")]),  # five hours late, and still of use
        ("25 06:30", [(DAY, "a")]),
        ("25 07:30", [(DIGEST, "a")]),  # the digest says it now
        ("25 09:05", [(HOUR, "a")]),  # neither the digest nor the day before
        ("25 09:55", [(MINUTES, "a")]),
        ("25 10:00", []),
        ("25 12:00", []),
    ],
)
def test_after_a_silence_only_what_is_still_of_use_is_sent(now: str, owed: list[tuple[str, str]]) -> None:
    mails = due([item("a", at("25 10:00"))], wants(DAY, HOUR, MINUTES, DIGEST), LONDON, at(now), ())
    assert told_by(mails) == owed


def test_after_a_silence_one_mail_of_a_kind_is_enough() -> None:
    sessions = [item("a", at("25 10:00")), item("b", at("25 23:00"))]
    assert told_by(due(sessions, wants(DAY), LONDON, at("24 23:30"), ())) == [(DAY, "a b")]


def test_whoever_chose_a_session_after_the_moment_needs_no_reminder_of_it() -> None:
    late = item("a", at("25 10:00"), since=at("24 18:00"))
    assert plan([late], wants(DAY, HOUR), now=at("24 18:00")) == [("hour", "25 09:00", "a")]
    assert due([late], wants(DAY), LONDON, at("24 18:01"), ()) == []


def test_a_moved_session_is_announced_once_more_if_its_moment_lies_ahead() -> None:
    told: set[Fact] = {(DAY, "a", at("25 10:00").astimezone(UTC))}
    later = item("a", at("25 15:00"), since=at("24 12:00"))
    assert due([later], wants(DAY), LONDON, at("24 12:05"), told) == []
    assert next_moment([later], wants(DAY), LONDON, at("24 12:05"), told) == at("24 15:00")
    assert told_by(due([later], wants(DAY), LONDON, at("24 15:00"), told)) == [(DAY, "a")]
    earlier = item("a", at("25 09:00"), since=at("24 12:00"))
    assert plan([earlier], wants(DAY, HOUR), now=at("24 12:05")) == [("hour", "25 08:00", "a")]
    # Moved and moved back: they were told of ten o'clock.
    back = item("a", at("25 10:00"), since=at("24 09:59"))
    assert due([back], wants(DAY), LONDON, at("24 12:05"), told) == []


def test_a_mail_that_waited_says_what_is_so_now() -> None:
    mine = [item("a", at("25 10:00")), item("b", at("25 12:00"))]
    told: list[Fact] = [
        (HOUR, "a", mine[0].start),
        (HOUR, "b", at("25 11:00")),
        (HOUR, "gone", mine[0].start),
    ]
    hour, day = wants(HOUR), date(2026, 6, 25)
    assert still_so(HOUR, told, None, mine, hour, LONDON, at("25 09:30")) == (mine[0],)
    assert still_so(HOUR, told, None, mine, wants(HOUR, MINUTES), LONDON, at("25 09:50")) == ()
    assert still_so(HOUR, told, None, mine, hour, LONDON, at("25 10:00")) == ()
    assert still_so(HOUR, told, None, mine, wants(DAY), LONDON, at("25 09:30")) == ()
    digest = wants(DIGEST)
    assert still_so(DIGEST, (), day, mine, digest, LONDON, at("25 07:30")) == tuple(mine)
    assert still_so(DIGEST, (), day, mine, digest, LONDON, at("25 11:00")) == (mine[1],)
    assert still_so(DIGEST, (), day, mine, digest, LONDON, at("26 11:00")) == ()
    before = [(DAY, "a", mine[0].start)]
    assert still_so(DAY, before, None, mine, wants(DAY, DIGEST), LONDON, at("24 23:00")) == (mine[0],)
    assert still_so(DAY, before, None, mine, wants(DAY, DIGEST), LONDON, at("25 07:00")) == ()


BASE = datetime(2026, 3, 27, tzinfo=UTC)  # Europe's clocks change within
minutes = st.integers(min_value=0, max_value=5 * 24 * 60)
items = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), minutes, st.integers(0, 5 * 24 * 60)),
    max_size=8,
    unique_by=lambda one: one[0],
).map(
    lambda found: [
        item(slot, BASE + timedelta(minutes=start), since=BASE + timedelta(minutes=since - 24 * 60))
        for slot, start, since in found
    ]
)
choices = st.sets(st.sampled_from(list(ReminderKind))).map(lambda kinds: Choices(frozenset(kinds)))
zones = st.sampled_from(
    [
        LONDON,
        KOLKATA,
        AUCKLAND,
        "America/St_Johns",
        "Asia/Kathmandu",
        "Pacific/Chatham",
        "UTC",
        "Africa/Cairo",
    ]
)


@given(items, choices, zones, st.lists(minutes, max_size=12))
def test_nothing_is_told_twice_or_too_late_however_the_clock_jumps(
    mine: list[Item], wanted: Choices, zone: str, clock: list[int]
) -> None:
    told: set[Fact] = set()
    for minute in clock:
        now = BASE + timedelta(minutes=minute - 24 * 60)
        for mail in due(mine, wanted, zone, now, told):
            assert mail.kind in wanted.kinds
            assert mail.items
            assert set(mail.new) <= set(mail.items)
            assert all(now < one.start for one in mail.items)
            assert now < mail.useless_after <= max(one.start for one in mail.items)
            new = {(mail.kind, one.slot, one.start) for one in mail.new}
            assert not new & told
            told.update(mail.facts)
        assert due(mine, wanted, zone, now, told) == []


@given(items, st.sets(st.sampled_from(list(LEAD))), zones, zones)
def test_reminders_before_sessions_come_at_the_same_instants_in_every_zone(
    mine: list[Item], kinds: set[ReminderKind], here: str, there: str
) -> None:
    wanted, start = Choices(frozenset(kinds)), BASE - timedelta(days=2)
    assert coming(mine, wanted, here, start, (), most=99) == coming(mine, wanted, there, start, (), most=99)


@given(items, choices, zones)
def test_whoever_looks_only_when_told_to_misses_nothing(mine: list[Item], wanted: Choices, zone: str) -> None:
    """Looking at every minute tells the same as looking at ``next_moment``."""
    start = BASE - timedelta(days=2)
    foreseen = coming(mine, wanted, zone, start, (), most=999)
    told: set[Fact] = set()
    seen = []
    moments = {one.start - lead for one in mine for lead in LEAD.values()}
    moments |= {digest_moment(one.start, zone) for one in mine}
    for moment in sorted(moments):
        if moment <= start:
            continue
        for mail in due(mine, wanted, zone, moment, told):
            seen.append((moment, mail))
            told.update(mail.facts)
    assert seen == foreseen


@given(items, zones)
def test_a_digest_comes_at_an_hour_when_it_can_be_read(mine: list[Item], zone: str) -> None:
    for moment, mail in coming(mine, wants(DIGEST), zone, BASE - timedelta(days=2), (), most=99):
        wall = moment.astimezone(ZoneInfo(zone))
        assert wall.hour in (6, 7, 20)
        first = mail.items[0].start
        assert timedelta(hours=1, minutes=59) < first - moment < timedelta(hours=36)
