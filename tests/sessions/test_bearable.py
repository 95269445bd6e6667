"""Whether a time lies in the waking hours of somebody's own clock, and which day it is for whom, in words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference.timezones import wall_time
from sessions.programme.day_words import day_note, part_of_day
from sessions.schedule.nights import BEARABLE, Waking, bearable

ZONES = (
    "Europe/London",
    "America/New_York",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "Africa/Casablanca",
    "UTC",
)


def london(hour: int, minute: int = 0, day: int = 25) -> datetime:
    """The instant at which London's summer clock shows this."""
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC) - timedelta(hours=1)


@pytest.mark.parametrize(
    ("start", "end", "is_bearable"),
    [
        (london(7), london(8), True),
        (london(6, 59), london(8), False),
        (london(21), london(22), True),
        (london(21), london(22, 1), False),
        (london(23), london(23, 30), False),
        (london(10), london(11, day=26), False),  # longer than a day
    ],
)
def test_both_limits_are_allowed_and_nothing_beyond(
    start: datetime, end: datetime, is_bearable: bool
) -> None:
    assert bearable(start, end, "Europe/London") is is_bearable


def test_limits_may_run_past_midnight() -> None:
    owls = Waking(12 * 60, 2 * 60)
    assert bearable(london(23), london(1, day=26), "Europe/London", owls)
    assert bearable(london(1), london(2), "Europe/London", owls)
    assert not bearable(london(1), london(2, 1), "Europe/London", owls)
    assert not bearable(london(11), london(13), "Europe/London", owls)
    assert bearable(london(3), london(4), "Europe/London", Waking(0, 24 * 60))


@given(
    st.integers(0, 366 * 24 * 60).map(
        lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    ),
    st.integers(5, 300),
    st.sampled_from(ZONES),
)
def test_it_is_what_the_clock_on_the_wall_says(start: datetime, minutes: int, zone: str) -> None:
    end = start + timedelta(minutes=minutes)
    begins, ends = wall_time(start, zone), wall_time(end, zone)
    midnight = begins.replace(hour=0, minute=0, second=0, microsecond=0)
    expected = begins >= midnight + timedelta(minutes=BEARABLE.earliest) and ends <= midnight + timedelta(
        minutes=BEARABLE.latest
    )
    assert bearable(start, end, zone) is expected


@pytest.mark.parametrize(
    ("hour", "words"),
    [
        (0, "Thursday before dawn"),
        (5, "Thursday morning"),
        (12, "Thursday afternoon"),
        (17, "Thursday evening"),
        (22, "Thursday night"),
    ],
)
def test_parts_of_the_day_have_names(hour: int, words: str) -> None:
    assert part_of_day(london(hour), "Europe/London", "en") == words


def test_a_readers_day_says_which_day_it_is_at_the_conference() -> None:
    friday = date(2026, 6, 26)
    assert day_note(friday, [london(19), london(20)], "Europe/London", "en") == (
        "Friday for you; Thursday evening in London."
    )
    both = [london(16), london(20)]
    assert day_note(friday, both, "Europe/London", "en") == "Friday for you; Thursday in London."
    mixed = [london(20), london(10, day=26)]
    assert (
        day_note(friday, mixed, "Europe/London", "en") == "A part of this day is Thursday evening in London."
    )
    assert day_note(friday, [london(10, day=26)], "Europe/London", "en") == ""
    assert day_note(friday, [], "Europe/London", "en") == ""
