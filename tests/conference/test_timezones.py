"""Wall clocks to instants and back, names and countries."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from conference import timezones
from conference.errors import DomainError
from conference.timezones import (
    LocalTimeError,
    RepeatedHour,
    SkippedHour,
    UnknownZone,
    all_zones,
    countries,
    country_of_zone,
    disagreements,
    hour_kind,
    normalise,
    to_utc,
    utc_offset_label,
    wall_time,
    zone,
    zones_of_country,
)

wall = datetime.fromisoformat  # a naive time, as typed into a form
JUNE = datetime(2021, 6, 25, 9, tzinfo=UTC)


def test_the_systems_zone_files_are_not_read() -> None:
    assert zoneinfo.TZPATH == ()


def test_the_pinned_table_rules_where_older_ones_are_an_hour_off() -> None:
    noon = datetime(2026, 12, 1, 18, tzinfo=UTC)
    assert wall_time(noon, "America/Vancouver") == wall("2026-12-01 11:00")


@pytest.mark.parametrize(
    ("asked", "present"),
    [
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Asia/Katmandu", "Asia/Kathmandu"),
        ("Asia/Saigon", "Asia/Ho_Chi_Minh"),
        ("Asia/Rangoon", "Asia/Yangon"),
        ("America/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("Pacific/Enderbury", "Pacific/Kanton"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("US/Eastern", "America/New_York"),
        ("Iceland", "Atlantic/Reykjavik"),
        ("Europe/Amsterdam", "Europe/Amsterdam"),
        ("Etc/UTC", "UTC"),
        ("GMT", "UTC"),
        ("Etc/GMT+5", "Etc/GMT+5"),
    ],
)
def test_names_that_browsers_send_become_present_ones(asked: str, present: str) -> None:
    assert normalise(asked) == present
    assert zone(asked).key == present


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "America",
        "Factory",
        "localtime",
        "../../etc/passwd",
        "asia/kolkata",
        "\x00",
        "x" * 5000,
        "BST",
        "/",
    ],
)
def test_junk_is_no_zone_and_never_another_error(junk: str) -> None:
    assert normalise(junk) is None
    with pytest.raises(UnknownZone) as refused:
        zone(junk)
    assert isinstance(refused.value, DomainError)
    assert refused.value.http_status == 422
    assert len(refused.value.message) < 120


def test_every_old_name_keeps_the_clock_it_had() -> None:
    changed = [
        name
        for name in zoneinfo.available_timezones() - {"Factory"}
        for moment in (datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC))
        if moment.astimezone(ZoneInfo(name)).utcoffset() != moment.astimezone(zone(name)).utcoffset()
    ]
    assert changed == []


def test_every_zone_offered_is_its_own_present_name() -> None:
    assert [name for name in all_zones() if normalise(name) != name] == []
    assert len(all_zones()) > 400


def test_a_country_offers_its_zones_most_usual_first() -> None:
    assert zones_of_country("GB") == ("Europe/London",)
    assert zones_of_country("UA") == ("Europe/Kyiv", "Europe/Simferopol")
    assert zones_of_country("AU")[0] == "Australia/Sydney"
    assert zones_of_country("XK") == ("Europe/Belgrade",)
    assert zones_of_country("BV") == zones_of_country("gb") == zones_of_country("") == ()


def test_zones_know_their_country() -> None:
    assert country_of_zone("Asia/Calcutta") == "IN"
    assert country_of_zone("Europe/Belgrade") == "RS"
    assert country_of_zone("UTC") is None
    assert country_of_zone("junk") is None


def test_countries_are_named_and_sorted_in_the_readers_language() -> None:
    german = [name for _code, name in countries("de")]
    assert ("DE", "Deutschland") in countries("de")
    assert german.index("Norwegen") < german.index("Österreich") < german.index("Pakistan")
    assert ("XK", "Kosovo") in countries("en")
    assert dict(countries("no such language")) == dict(countries("en"))
    assert len(countries("ar")) == len(countries("en")) == 248


def test_wall_time_becomes_an_instant_in_summer_and_winter() -> None:
    assert to_utc(wall("2021-06-25 10:00"), "Europe/London") == JUNE
    assert to_utc(wall("2021-01-25 10:00"), "Europe/London") == datetime(2021, 1, 25, 10, tzinfo=UTC)
    assert to_utc(wall("2021-06-25 14:45"), "Asia/Kathmandu") == JUNE
    assert to_utc(wall("2021-06-25 10:00"), "Europe/London").tzinfo is UTC


@pytest.mark.parametrize(
    ("skipped", "name", "next_valid"),
    [
        (wall("2026-03-29 01:30"), "Europe/London", wall("2026-03-29 02:00")),
        (wall("2026-03-29 01:00"), "Europe/London", wall("2026-03-29 02:00")),
        (wall("2026-03-29 02:59:59.999999"), "Europe/Berlin", wall("2026-03-29 03:00")),
        (wall("2026-10-04 02:10"), "Australia/Lord_Howe", wall("2026-10-04 02:30")),
        (wall("2011-12-30 12:00"), "Pacific/Apia", wall("2011-12-31 00:00")),
    ],
)
def test_a_time_that_clocks_skip_is_refused_with_the_next_valid_one(
    skipped: datetime, name: str, next_valid: datetime
) -> None:
    with pytest.raises(SkippedHour) as refused:
        to_utc(skipped, name)
    assert refused.value.next_valid == next_valid
    assert name in refused.value.message
    to_utc(next_valid, name)
    with pytest.raises(SkippedHour):
        to_utc(skipped, name, fold=1)


def test_a_time_that_happens_twice_is_asked_about_and_can_be_answered() -> None:
    twice = wall("2026-10-25 01:30")
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    with pytest.raises(RepeatedHour) as asked:
        to_utc(twice, "Europe/London")
    assert (asked.value.first, asked.value.second) == (first, second)
    assert to_utc(twice, "Europe/London", fold=0) == first
    assert to_utc(twice, "Europe/London", fold=1) == second


def test_the_minutes_around_a_change_are_not_asked_about() -> None:
    assert to_utc(wall("2026-10-25 02:00"), "Europe/London") == datetime(2026, 10, 25, 2, tzinfo=UTC)
    assert to_utc(wall("2026-10-25 00:59"), "Europe/London") == datetime(2026, 10, 24, 23, 59, tzinfo=UTC)


def test_a_wall_time_must_be_naive_an_instant_aware_and_both_in_range() -> None:
    with pytest.raises(ValueError):
        to_utc(JUNE, "UTC")
    with pytest.raises(ValueError):
        wall_time(wall("2021-06-25 09:00"), "UTC")
    with pytest.raises(LocalTimeError):
        to_utc(wall("0001-01-01 00:00"), "Asia/Tokyo")


@pytest.mark.parametrize("name", all_zones())
def test_wall_time_and_instant_agree_every_few_hours_of_a_year(name: str) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    while moment.year == 2026:
        local = wall_time(moment, name)
        assert to_utc(local.replace(fold=0), name, fold=local.fold) == moment
        moment += timedelta(hours=11, minutes=30)


def test_offsets_are_said_in_hours_and_minutes_with_a_true_minus() -> None:
    said = {
        name: utc_offset_label(JUNE, name)
        for name in ("Asia/Kolkata", "Pacific/Marquesas", "UTC", "Europe/London")
    }
    assert said == {
        "Asia/Kolkata": "UTC+5:30",
        "Pacific/Marquesas": "UTC−9:30",
        "UTC": "UTC",
        "Europe/London": "UTC+1",
    }
    assert utc_offset_label(JUNE, "America/St_Johns") == "UTC−2:30"


def test_hours_are_day_edge_or_night() -> None:
    kinds = "".join(hour_kind(hour)[0] for hour in range(24))
    assert kinds == "nnnnnn" + "ee" + "d" * 12 + "eee" + "n"
    assert hour_kind(wall("2021-06-25 07:59")) == "edge"


def test_both_tables_are_of_one_release_and_agree() -> None:
    assert timezones.tzdata_version() == timezones.pytz_version()
    assert disagreements(datetime(2026, 1, 1, tzinfo=UTC)) == []
