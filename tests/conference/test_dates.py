"""Instants in people's languages and zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from conference import dates, timezones

JUNE = datetime(2021, 6, 25, 9, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 25, 9, tzinfo=UTC)
LANGUAGES = [
    "en",
    "en-GB",
    "en-US",
    "de",
    "fr",
    "ar",
    "fa",
    "hi",
    "ja",
    "zh",
    "ru",
    "fi",
    "sw",
    "th",
    "pt-BR",
    "he",
]


@pytest.mark.parametrize(
    ("written", "language", "words"),
    [
        ("2021", "en", "2021"),
        ("2021-06", "en", "June 2021"),
        ("2021-06-25", "en", "25 June 2021"),
        ("2021-06-25", "fr", "25 juin 2021"),
        ("2021-06", "ar", "يونيو 2021"),
        ("2021-06-25", "ja", "2021年6月25日"),
    ],
)
def test_a_date_is_as_exact_as_it_is_known(written: str, language: str, words: str) -> None:
    assert dates.known_date(written, language) == words


def test_times_are_of_the_zone_and_always_four_digits() -> None:
    assert dates.clock_time(JUNE, "Asia/Kolkata", "en") == "14:30"
    assert dates.clock_time(JUNE, "America/New_York", "en-US") == "05:00"
    assert dates.clock_time(JUNE, "Europe/Helsinki", "fi") == "12.00"
    assert dates.clock_time(JUNE, "Asia/Tokyo", "ja") == "18:00"


def test_times_keep_their_direction_in_right_to_left_text() -> None:
    assert dates.clock_time(JUNE, "Asia/Dubai", "ar") == "\u206613:00\u2069"
    assert dates.isolate("x", "en") == "x"


def test_a_range_that_passes_midnight_says_so() -> None:
    end = JUNE + timedelta(hours=7)
    assert dates.time_range(JUNE, end, "Europe/London", "en") == "10:00–17:00"
    assert dates.time_range(JUNE, end, "Pacific/Auckland", "en") == "21:00–04:00 (next day)"
    assert dates.time_range(JUNE, JUNE + timedelta(days=3), "UTC", "en") == "09:00–09:00 (3 days later)"


def test_days_are_written_as_the_language_does() -> None:
    day = date(2021, 6, 25)
    assert dates.long_day(day, "en") == "Friday 25 June 2021"
    assert dates.long_day(day, "en-US") == "Friday, June 25, 2021"
    assert dates.long_day(day, "de") == "Freitag, 25. Juni 2021"
    assert dates.long_day(day, "ja") == "2021年6月25日金曜日"
    assert dates.short_day(day, "en") == "Fri 25 Jun"
    assert dates.day_name(day, "fr") == "vendredi"
    assert dates.day_range(day, date(2021, 6, 26), "en") == "Friday 25 June 2021 – Saturday 26 June 2021"
    assert dates.long_day(day, "klingon") == dates.long_day(day, "en")


@pytest.mark.parametrize(
    ("zone", "moment", "language", "words"),
    [
        ("Europe/London", JUNE, "en", "London, BST, UTC+1"),
        ("Europe/London", DECEMBER, "en", "London, GMT, UTC+0"),
        ("Asia/Calcutta", JUNE, "en", "Kolkata, IST, UTC+5:30"),
        ("Europe/Dublin", JUNE, "en", "Dublin, IST, UTC+1"),
        ("Europe/Berlin", JUNE, "de", "Berlin, MESZ, UTC+2"),
        ("Europe/London", JUNE, "fr", "Londres, BST, UTC+1"),
        ("Asia/Kolkata", JUNE, "hi", "कोलकाता, UTC+5:30"),
        ("Asia/Kathmandu", JUNE, "en", "Kathmandu, UTC+5:45"),
        ("America/Argentina/Buenos_Aires", JUNE, "en", "Buenos Aires, UTC−3"),
        ("America/Vancouver", DECEMBER, "en", "Vancouver, MST, UTC−7"),
        ("Europe/London", JUNE, "ar", "لندن، \u2066UTC+1\u2069"),
        ("UTC", JUNE, "en", "UTC"),
        ("Etc/GMT+5", JUNE, "en", "UTC−5"),
    ],
)
def test_zones_are_named_with_place_and_offset(
    zone: str, moment: datetime, language: str, words: str
) -> None:
    assert dates.zone_name(zone, moment, language) == words


@pytest.mark.parametrize("language", LANGUAGES)
def test_nowhere_is_called_gmt_while_it_keeps_another_time(language: str) -> None:
    wrong = [
        name
        for name in timezones.all_zones()
        for moment in (JUNE, DECEMBER)
        if "GMT" in dates.zone_name(name, moment, language) and timezones.offset_at(moment, name)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_zone_has_a_name_in_every_language(language: str) -> None:
    for name in timezones.all_zones():
        words = dates.zone_name(name, JUNE, language)
        assert timezones.utc_offset_label(JUNE, name) in words
        assert "None" not in words
        assert "_" not in words


def test_a_name_follows_the_season_when_asked_twice() -> None:
    names = [dates.zone_name("Europe/London", moment, "en") for moment in (JUNE, DECEMBER, JUNE)]
    assert names == ["London, BST, UTC+1", "London, GMT, UTC+0", "London, BST, UTC+1"]


def test_the_reader_may_be_a_day_ahead_or_behind() -> None:
    ten = datetime(2026, 6, 25, 10, tzinfo=UTC)  # a Thursday
    assert dates.day_shift(ten, "Pacific/Kiritimati", "UTC") == 1
    assert dates.day_shift(ten, "Pacific/Pago_Pago", "UTC") == -1
    assert dates.day_shift(ten, "Pacific/Kiritimati", "Pacific/Pago_Pago") == 2
    assert [dates.day_shift_words(shift, "en") for shift in (-2, -1, 0, 1, 2)] == [
        "2 days earlier",
        "previous day",
        "",
        "next day",
        "2 days later",
    ]


def test_machines_get_utc() -> None:
    london = JUNE.astimezone(timezones.zone("Europe/London"))
    assert dates.iso_utc(london) == "2021-06-25T09:00:00Z"


def test_lengths_are_in_hours_and_minutes() -> None:
    assert [dates.duration_words(minutes, "en") for minutes in (0, 1, 45, 60, 90)] == [
        "0 minutes",
        "1 minute",
        "45 minutes",
        "1 hour",
        "1 hour 30 minutes",
    ]
    assert dates.duration_words(90, "de") == "1 Stunde 30 Minuten"
    assert dates.duration_words(90, "ja") == "1 時間 30 分"
    assert [dates.length_words(seconds, "en") for seconds in (1, 24, 119, 150, 5400)] == [
        "1 second",
        "24 seconds",
        "119 seconds",
        "2 minutes",
        "1 hour 30 minutes",
    ]
    assert dates.length_words(24, "fr") == "24\u00a0secondes"


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(seconds=59), "now"),
        (timedelta(seconds=-59), "now"),
        (timedelta(minutes=1), "in 1 minute"),
        (timedelta(minutes=119, seconds=59), "in 119 minutes"),
        (timedelta(hours=3, minutes=59), "in 3 hours"),
        (timedelta(hours=47, minutes=59), "in 47 hours"),
        (timedelta(days=31), "in 31 days"),
        (timedelta(days=-3.5), "3 days ago"),
    ],
)
def test_a_countdown_never_promises_more_time_than_there_is(ahead: timedelta, words: str) -> None:
    assert dates.relative_words(JUNE + ahead, JUNE, "en") == words


def test_file_sizes_are_short() -> None:
    sizes = [0, 1, 999, 1000, 1450, 9960, 999_499, 999_700, 54_000_000, 3_200_000_000]
    assert [dates.file_size_words(size, "en") for size in sizes] == [
        "0 bytes",
        "1 byte",
        "999 bytes",
        "1 kB",
        "1.4 kB",
        "10 kB",
        "999 kB",
        "1 MB",
        "54 MB",
        "3.2 GB",
    ]
    assert dates.file_size_words(1_400_000, "fr") == "1,4\u202fMo"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_language_shows_a_unit_that_has_no_word(language: str) -> None:
    said = [
        dates.duration_words(90, language),
        dates.relative_words(JUNE, JUNE - timedelta(hours=5), language),
    ]
    said += [dates.file_size_words(size, language) for size in (5, 5_000, 5_000_000, 5_000_000_000)]
    assert [words for words in said if "digital" in words or "duration" in words] == []


@pytest.mark.parametrize(
    ("language", "words"), [("en", "A, B"), ("fr", "A, B"), ("ar", "A\u060c B"), ("he", "A, B")]
)
def test_a_day_and_a_time_are_joined_by_the_languages_comma(language: str, words: str) -> None:
    assert dates.day_and_time("A", "B", language) == words
