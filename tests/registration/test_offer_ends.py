"""Until when an offer stands: on the reader's clock, before it begins, with turns for several."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference import timezones
from registration.seating.offer_ends import LAST_CALL, SHORTEST, offer_end

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
FAR = NOON + timedelta(days=60)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("hours", "zone", "wall"),
    [
        (48, "Europe/London", "2026-05-06 13:00"),  # as long as the team said
        (48, "Asia/Kolkata", "2026-05-06 17:30"),
        (5, "Asia/Kolkata", "2026-05-05 09:00"),  # 22:30 there: rather in the morning
        (12, "Europe/London", "2026-05-05 09:00"),  # 01:00
        (20, "Europe/London", "2026-05-05 09:00"),  # 09:00 is by day
        (48, "Pacific/Auckland", "2026-05-07 09:00"),  # midnight there, and the day after tomorrow already
        (18, "America/Los_Angeles", "2026-05-05 09:00"),  # 23:00
    ],
)
def test_no_offer_ends_in_its_readers_night(hours: int, zone: str, wall: str) -> None:
    end = offer_end(NOON, hours, FAR, zone)
    assert timezones.wall_time(end, zone).isoformat(" ", "minutes") == wall


@pytest.mark.parametrize(
    ("left", "length"),
    [
        (timedelta(days=9), 48 * HOUR),
        (timedelta(days=1), 6 * HOUR),  # a quarter, so that others still have their turn
        (4 * HOUR, HOUR),
        (2 * HOUR, HOUR),
        (HOUR / 2, HOUR / 2),
        (timedelta(minutes=5), timedelta(minutes=5)),
    ],
)
def test_near_the_beginning_offers_are_shorter(left: timedelta, length: timedelta) -> None:
    begins = NOON + left + LAST_CALL
    assert offer_end(NOON, 48, begins, "Europe/London") == NOON + length


def test_a_clock_change_makes_no_hour_that_does_not_exist() -> None:
    # Cairo's clocks go from 24:00 to 01:00 on 24 April 2026; Berlin's from 02:00 to 03:00 on 29 March.
    for zone, day in (("Africa/Cairo", 23), ("Europe/Berlin", 28)):
        month = 4 if day == 23 else 3
        evening = datetime(2026, month, day, 20, 30, tzinfo=UTC)
        end = timezones.wall_time(offer_end(evening, 3, evening + timedelta(days=90), zone), zone)
        assert (end.day, end.hour, end.minute) == (day + 1, 9, 0)


@given(
    hours=st.integers(1, 336),
    minutes=st.integers(31, 60 * 24 * 30),
    zone=st.sampled_from(timezones.all_zones()),
    later=st.integers(0, 60 * 24),
)
def test_every_offer_ends_by_day_or_as_late_as_can_be(
    hours: int, minutes: int, zone: str, later: int
) -> None:
    now = NOON + timedelta(minutes=later)
    begins = now + timedelta(minutes=minutes)
    end = offer_end(now, hours, begins, zone)
    assert now < end <= begins - LAST_CALL
    by_day = 9 <= timezones.wall_time(end, zone).hour < 22
    assert by_day or end == begins - LAST_CALL
    assert end - now >= min(SHORTEST, begins - LAST_CALL - now)
