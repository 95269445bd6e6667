"""What an organiser asks to see in the editor, and how much choice there is for a session: both pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sessions.schedule.editor_asked import WHOLE, Asked
from sessions.schedule.freedom import Freedom
from sessions.schedule.limits import RuleFacts, SpeakerLimits, Stretches, Surroundings, conference_days
from sessions.schedule.waiting import Sort, WaitingFilter

THE_DAY = date(2026, 6, 25)


def around(*, rules: RuleFacts | None = None, **speakers: SpeakerLimits) -> Surroundings:
    """A day in London with these speakers, by number."""
    facts = rules or RuleFacts(day_starts=9 * 60, day_ends=17 * 60)
    return Surroundings(
        "Europe/London",
        facts,
        conference_days(THE_DAY, THE_DAY, "Europe/London", facts),
        speakers={int(name[1:]): limits for name, limits in speakers.items()},
    )


def test_without_speakers_a_session_may_start_whenever_it_still_ends_in_time() -> None:
    freedom = Freedom(around())
    assert freedom.minutes((), 15) == 8 * 60
    assert freedom.minutes((), 60) == 8 * 60 - 45
    assert freedom.minutes((), 8 * 60) == 15
    assert freedom.minutes((), 8 * 60 + 1) == 0


def test_a_speakers_own_clock_leaves_fewer_minutes() -> None:
    # 07:00 in New York is noon in London: five hours of the day are left, 22:00 in Kolkata is half past five.
    freedom = Freedom(
        around(s1=SpeakerLimits("America/New_York"), s2=SpeakerLimits("Asia/Kolkata"), s3=SpeakerLimits())
    )
    assert freedom.minutes([1], 15) == 5 * 60
    assert freedom.minutes([2], 15) == 8 * 60
    assert freedom.minutes([3], 15) == 8 * 60
    assert freedom.minutes([1, 2], 60) == 5 * 60 - 45
    assert freedom.minutes([99], 15) == 8 * 60  # nobody who is known


def test_times_a_speaker_has_given_count_and_not_the_hour_there() -> None:
    start = datetime(2026, 6, 25, 8, 0, tzinfo=UTC)  # 09:00 in London, 04:00 in New York
    early = Stretches.of([(start, start + timedelta(hours=1))])
    freedom = Freedom(around(s1=SpeakerLimits("America/New_York", early, early)))
    assert freedom.minutes([1], 15) == 60
    assert freedom.minutes([1], 60) == 15
    assert freedom.minutes([1], 75) == 0


def test_nothing_runs_from_one_day_into_the_next() -> None:
    facts = RuleFacts(day_starts=9 * 60, day_ends=10 * 60)
    days = conference_days(THE_DAY, date(2026, 6, 26), "Europe/London", facts)
    assert Freedom(Surroundings("Europe/London", facts, days)).minutes((), 60) == 2 * 15


@given(st.lists(st.integers(0, 95), max_size=6), st.integers(1, 400), st.integers(0, 3))
def test_more_speakers_and_longer_sessions_never_have_more_choice(
    starts: list[int], length: int, hours: int
) -> None:
    midnight = datetime(2026, 6, 24, 23, 0, tzinfo=UTC)
    given_times = Stretches.of(
        (midnight + timedelta(minutes=15 * at), midnight + timedelta(minutes=15 * at, hours=hours))
        for at in starts
    )
    freedom = Freedom(around(s1=SpeakerLimits("", given_times, given_times), s2=SpeakerLimits("Asia/Tokyo")))
    assert freedom.minutes([1, 2], length) <= min(freedom.minutes([1], length), freedom.minutes([2], length))
    assert freedom.minutes([1], length + 15) <= freedom.minutes([1], length)


def test_an_address_says_only_what_does_not_go_without_saying() -> None:
    assert Asked().query() == ""
    asked = Asked(
        "2026-06-25",
        True,
        3,
        frozenset({"b", "a"}),
        WaitingFilter("zines & co", Sort.LENGTH, is_unconfirmed=True),
    )
    told = "?day=2026-06-25&hours=all&zoom=3&room=a&room=b&q=zines+%26+co&sort=length&unconfirmed=yes"
    assert asked.query() == told
    assert asked.query(day=WHOLE, rooms=frozenset(), zoom=2, waiting=WaitingFilter()) == "?day=all&hours=all"
    assert Asked.from_query(asked.pairs()) == asked


@given(
    st.lists(
        st.tuples(st.sampled_from(["day", "zoom", "room", "sort", "length", "q", "x"]), st.text(max_size=20))
    )
)
def test_any_address_can_be_read(pairs: list[tuple[str, str]]) -> None:
    asked = Asked.from_query(pairs)
    assert asked.zoom in (1, 2, 3)
    assert Asked.from_query(asked.pairs()) == asked


def test_rooms_that_are_gone_are_not_asked_for() -> None:
    asked = Asked(rooms=frozenset({"a", "gone"}))
    assert asked.only(["a", "b"]).rooms == {"a"}
    assert asked.only(["b"]).rooms == frozenset()
    assert asked.only(["a"]).rooms == frozenset()  # all there are
    assert Asked().shows("anything")
    assert not asked.shows("b")
