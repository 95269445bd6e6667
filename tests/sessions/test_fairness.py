"""Everyone's night: shares of an audience, and a whole programme weighed."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference.audience import Audience, expected_audience
from conference.timezones import all_zones, to_utc, wall_time
from sessions.schedule.fairness import Weighed, candidate_times, weigh
from sessions.schedule.limits import RuleFacts, Stretches, conference_days
from sessions.schedule.shares import NOBODY, Limits, best_kinds, merged, shares_at, together

LONDON = "Europe/London"
ZONES = (
    LONDON,
    "Asia/Kolkata",
    "Africa/Lagos",
    "Asia/Dubai",
    "Pacific/Auckland",
    "America/New_York",
    "Asia/Kathmandu",
)
RULES = RuleFacts()
LIMITS = Limits.of(RULES)


def at(hour: int, minute: int = 0, *, minutes: int = 60, zone: str = LONDON) -> tuple[datetime, datetime]:
    start = to_utc(datetime.combine(date(2026, 6, 25), time(hour, minute)), zone)
    return start, start + timedelta(minutes=minutes)


def weighed(code: str, *times: tuple[datetime, datetime], speakers: tuple[str, ...] = ()) -> Weighed:
    return Weighed(code, times, speakers)


@pytest.mark.parametrize(
    ("time", "kind"),
    [
        ((7, 0), "day"),
        ((6, 59), "edge"),
        ((6, 0), "edge"),
        ((5, 59), "night"),
        ((21, 0), "day"),  # ends at 22:00 sharp
        ((21, 1), "edge"),
        ((22, 0), "edge"),
        ((22, 1), "night"),
        ((2, 0), "night"),
    ],
)
def test_the_worst_minute_of_a_session_counts(time: tuple[int, int], kind: str) -> None:
    assert LIMITS.kind(*at(*time), LONDON) == kind


def test_shares_count_people_not_zones() -> None:
    audience = Audience({LONDON: 60, "Asia/Kolkata": 30, "Pacific/Auckland": 10})
    shares = shares_at(*at(10), audience, LIMITS)  # 14:30 in Kolkata, 21:00 to 22:00 in Auckland
    assert (shares.day, shares.edge, shares.night) == (1.0, 0.0, 0.0)
    shares = shares_at(*at(16), audience, LIMITS)  # 20:30 in Kolkata, 03:00 in Auckland
    assert (shares.day, shares.edge, shares.night) == pytest.approx((0.9, 0.0, 0.1))
    assert shares_at(*at(10), Audience(), LIMITS) == NOBODY


def test_edges_that_meet_leave_no_night() -> None:
    limits = Limits.of(RuleFacts(bearable_from=60, bearable_until=1380, edge_minutes=120))
    assert {limits.kind(*at(hour, minutes=30), LONDON) for hour in range(24)} == {"day", "edge"}


def test_an_expected_audience_is_where_most_of_a_country_lives() -> None:
    audience = expected_audience({"GB": 60, "IN": 30, "Asia/Calcutta": 5, "XX": 9, "FR": 0, "": 4})
    assert audience == Audience({"Europe/London": 60, "Asia/Kolkata": 35}, is_expected=True)


def test_a_repeat_serves_those_who_had_the_first_in_their_night() -> None:
    audience = Audience({LONDON: 50, "America/Los_Angeles": 50})
    days = conference_days(date(2026, 6, 25), date(2026, 6, 25), LONDON, RULES)
    alone = weigh([weighed("k", at(10), speakers=(LONDON,))], audience, RULES, days)
    assert alone.overall.night == pytest.approx(0.5)
    (repeat,) = alone.repeats
    assert repeat.code == "k"
    assert repeat.unserved == pytest.approx(0.5)
    best = repeat.times[0]
    assert best.gain == pytest.approx(0.5)
    assert best.is_bearable_for_speakers
    assert wall_time(best.start, LONDON).hour >= 14  # 06:00 in Los Angeles at the earliest
    both = weigh([weighed("k", at(10), (best.start, best.end))], audience, RULES, days)
    assert (both.repeats, both.overall.night) == ((), 0.0)
    assert [(place.zone, place.bearable) for place in both.places] == [
        ("America/Los_Angeles", 1.0),
        (LONDON, 1.0),
    ]


def test_a_few_people_are_no_reason_to_repeat() -> None:
    audience = Audience({LONDON: 90, "America/Los_Angeles": 10})
    days = conference_days(date(2026, 6, 25), date(2026, 6, 25), LONDON, RULES)
    assert weigh([weighed("k", at(10))], audience, RULES, days).repeats == ()


def test_nobody_and_nothing_are_weighed_without_complaint() -> None:
    assert weigh([], Audience({LONDON: 1}), RULES, None).repeats == ()
    empty = weigh([weighed("k", at(3))], Audience(), RULES, Stretches())
    assert (empty.places, empty.repeats, empty.overall.bearable) == ((), (), 0.0)


first = datetime(2026, 1, 1, tzinfo=UTC)
instants = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: first + timedelta(minutes=minutes))
audiences = st.dictionaries(st.sampled_from(ZONES), st.integers(1, 500), min_size=1).map(Audience)


@given(instants, st.integers(1, 600), audiences)
def test_shares_are_a_whole(start: datetime, minutes: int, audience: Audience) -> None:
    shares = shares_at(start, start + timedelta(minutes=minutes), audience, LIMITS)
    assert shares.day + shares.edge + shares.night == pytest.approx(1)


@given(st.lists(instants, min_size=1, max_size=5), st.integers(15, 180), audiences)
def test_a_repeat_never_makes_it_worse(starts: list[datetime], minutes: int, audience: Audience) -> None:
    order = ("day", "edge", "night")
    times = [(start, start + timedelta(minutes=minutes)) for start in starts]
    before, after = (best_kinds(some, audience.zones, LIMITS) for some in (times[:-1], times))
    assert all(order.index(after[zone]) <= order.index(before[zone]) for zone in audience.zones)
    assert all(
        after[zone] == "night" or any(LIMITS.kind(*t, zone) == after[zone] for t in times) for zone in after
    )


@given(
    st.dates(date(2026, 1, 1), date(2027, 12, 1)),
    st.integers(1, 3),
    st.sampled_from(ZONES),
    st.integers(15, 240),
)
def test_candidates_lie_within_the_conference_s_days(first: date, days: int, zone: str, minutes: int) -> None:
    rules = RuleFacts(day_starts=9 * 60, day_ends=18 * 60)
    stretches = conference_days(first, first + timedelta(days=days - 1), zone, rules)
    for start, end in candidate_times(stretches, timedelta(minutes=minutes)):
        assert stretches.cover(start, end)
        assert 9 <= wall_time(start, zone).hour < 18


@pytest.mark.parametrize("month", [3, 6, 10])  # among them the days on which Europe's clocks change
def test_zones_are_weighed_together_only_where_their_clocks_agree(month: int) -> None:
    begins = datetime(2026, month, 24, 6, tzinfo=UTC)
    times = [(begins + timedelta(hours=h), begins + timedelta(hours=h + 1)) for h in range(0, 24 * 7, 3)]
    same = together(all_zones(), (moment for time in times for moment in time))
    assert len(set(same.values())) < 60
    assert len(set(same.values())) > 30
    for zone, other in same.items():
        assert [wall_time(begin, zone) for begin, _end in times] == [
            wall_time(begin, other) for begin, _end in times
        ]
    audience = Audience({zone: number for number, zone in enumerate(all_zones(), start=1)})
    of_all, of_few = audience, merged(audience, same)
    assert of_few.size == of_all.size
    for start, end in times:
        assert shares_at(start, end, of_few, LIMITS) == shares_at(start, end, of_all, LIMITS)


def test_a_place_gets_what_it_would_get_were_it_weighed_alone() -> None:
    sessions = [weighed("a", at(10)), weighed("b", at(15), at(3)), weighed("c", at(20, 30, minutes=90))]
    days = conference_days(date(2026, 6, 25), date(2026, 6, 25), LONDON, RULES)
    whole = weigh(sessions, Audience(dict.fromkeys(all_zones(), 1)), RULES, days)
    alone = {zone: weigh(sessions, Audience({zone: 1}), RULES, days).places[0] for zone in all_zones()[::7]}
    found = {place.zone: place for place in whole.places}
    for zone, place in alone.items():
        assert (found[zone].day, found[zone].edge, found[zone].night) == (place.day, place.edge, place.night)
