"""The meridian strip: the same instants on every place's clock."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from conference import timezones
from conference.strip import build_strip
from conference.strip_layout import Strip
from conference.strip_picture import strip_svg
from conference.strip_words import strip_text

DAY = date(2021, 6, 25)
START = datetime(2021, 6, 25, 9, tzinfo=UTC)
END = START + timedelta(hours=7)


strip_of_the_day = partial(build_strip, DAY, conference_zone="Europe/London", spans=[(START, END)])


def kinds(strip: Strip) -> list[tuple[str, float, float]]:
    hours = (strip.end - strip.start).total_seconds() / 3600
    return [
        (segment.kind, round(segment.left * hours, 3), round(segment.right * hours, 3))
        for segment in strip.reader.segments
    ]


def test_an_ordinary_day_has_night_edge_day_edge_night() -> None:
    assert kinds(strip_of_the_day("Asia/Kolkata")) == [
        ("night", 0, 6),
        ("edge", 6, 8),
        ("day", 8, 20),
        ("edge", 20, 23),
        ("night", 23, 24),
    ]


def test_it_says_what_the_reader_must_know() -> None:
    assert strip_of_the_day("Asia/Kolkata").text == (
        "The conference runs 10:00–17:00 in London. "
        "For you in Kolkata it is 14:30–21:30: by day until 20:00, then in the evening."
    )
    assert strip_of_the_day("Europe/London").text == (
        "The conference runs 10:00–17:00 in London, and your clock agrees: all of it by day."
    )
    assert strip_of_the_day("America/New_York", subject="session").text == (
        "This session runs 10:00–17:00 in London. "
        "For you in New York it is 05:00–12:00: at night until 06:00, then in the early morning until 08:00, then by day."
    )


def test_a_reader_on_another_clock_of_the_same_time_is_told_the_conferences_place() -> None:
    assert strip_of_the_day("Europe/Lisbon").text.startswith(
        "The conference runs 10:00–17:00 in London, and your clock"
    )
    assert strip_of_the_day("Europe/Lisbon").conference is None


def test_a_reader_whose_date_is_another_is_told_so() -> None:
    late = datetime(2021, 6, 25, 22, tzinfo=UTC)
    strip = build_strip(
        date(2021, 6, 26), "Asia/Tokyo", "Europe/London", spans=[(late, late + timedelta(minutes=45))]
    )
    assert strip.text == (
        "The conference runs 23:00–23:45 in London. For you in Tokyo it is next day, 07:00–07:45: "
        "all of it in the early morning."
    )


def test_a_session_through_midnight_stays_in_one_piece_from_noon_to_noon() -> None:
    strip = strip_of_the_day("Pacific/Auckland")
    assert (strip.start, strip.end) == (
        datetime(2021, 6, 25, 0, tzinfo=UTC),
        datetime(2021, 6, 26, 0, tzinfo=UTC),
    )
    assert kinds(strip) == [
        ("day", 0, 8),
        ("edge", 8, 11),
        ("night", 11, 18),
        ("edge", 18, 20),
        ("day", 20, 24),
    ]
    (span,) = strip.spans
    assert (span.left * 24, span.right * 24, span.from_before, span.goes_on) == (9, 16, False, False)
    assert strip.reader.hours == "21:00–04:00 (next day)"


def test_what_is_longer_than_the_band_is_cut_and_marked() -> None:
    strip = build_strip(DAY, "Europe/London", "Europe/London", spans=[(START, START + timedelta(hours=30))])
    (span,) = strip.spans
    assert (span.right, span.goes_on, span.from_before) == (1.0, True, False)
    assert "strip-on" in strip_svg(strip)
    tomorrow = build_strip(
        date(2021, 6, 26), "Europe/London", "Europe/London", spans=[(START, START + timedelta(hours=30))]
    )
    assert tomorrow.spans[0].from_before


def test_instants_stand_above_themselves_on_every_clock() -> None:
    strip = strip_of_the_day("Asia/Kathmandu", places=[("America/New_York", 0.25)])
    assert strip.conference is not None
    for row in (strip.reader, strip.conference, *strip.places):
        for tick in row.ticks:
            instant = strip.start + tick.at * (strip.end - strip.start)
            local = (instant + timedelta(microseconds=500)).astimezone(timezones.zone(row.zone))
            assert (local.hour, local.minute, local.second) == (tick.hour, 0, 0)
        assert len(row.ticks) >= 24


@pytest.mark.parametrize(
    ("day", "zone", "hours", "repeated"),
    [
        (date(2026, 3, 29), "Europe/Berlin", 23, 2),
        (date(2026, 10, 25), "Europe/Berlin", 25, 2),
        (date(2026, 4, 5), "Australia/Lord_Howe", 24.5, 1),
        (date(2026, 10, 4), "Australia/Lord_Howe", 23.5, 2),
        (date(2026, 9, 6), "America/Santiago", 23, 0),  # its clocks skip midnight itself
        (date(2011, 12, 30), "Pacific/Apia", 24, -1),  # a day that Samoa never had
    ],
)
def test_days_with_a_clock_change_are_as_long_as_they_are(
    day: date, zone: str, hours: float, repeated: int
) -> None:
    strip = build_strip(day, zone, "Europe/London")
    assert (strip.end - strip.start) == timedelta(hours=hours)
    shown = [tick.hour for tick in strip.reader.ticks]
    if repeated >= 0:
        assert shown.count(repeated) == {25: 2, 24.5: 1}.get(hours, 0 if repeated else 1)
        assert "The clocks change" in strip.text
    assert strip.reader.segments[0].left == 0
    assert strip.reader.segments[-1].right == 1


def test_segments_leave_no_gap_in_any_zone() -> None:
    for zone in timezones.all_zones():
        segments = strip_of_the_day(zone).reader.segments
        assert segments[0].left == 0
        assert segments[-1].right == 1
        assert all(one.right == two.left and one.kind != two.kind for one, two in pairwise(segments))


def test_now_has_a_needle_only_on_its_own_day() -> None:
    assert strip_of_the_day("Europe/London", now=START).now == pytest.approx(10 / 24)
    assert strip_of_the_day("Europe/London", now=START + timedelta(days=1)).now is None
    assert 'class="strip-now"' in strip_svg(strip_of_the_day("Europe/London", now=START))


def test_without_anything_held_it_compares_the_clocks() -> None:
    assert build_strip(DAY, "Asia/Kolkata", "Europe/London").text == (
        "Your clock in Kolkata is 4 hours 30 minutes ahead of the conference's in London."
    )
    assert build_strip(DAY, "America/New_York", "Europe/London").text == (
        "Your clock in New York is 5 hours behind the conference's in London."
    )
    assert build_strip(DAY, "Asia/Kolkata", "Europe/London", now=START).text == (
        "It is now 14:30 in Kolkata and 10:00 in London, where the conference is."
    )


def test_registrants_places_are_told_with_their_share_and_hours() -> None:
    strip = strip_of_the_day("Europe/London", places=[("Asia/Kolkata", 0.34), ("Africa/Nairobi", 0.004)])
    assert strip_text(strip).splitlines()[1:] == [
        "Kolkata, UTC+5:30 (34%): 14:30–21:30",
        "Nairobi, UTC+3 (< 1%): 12:00–19:00",
    ]


@pytest.mark.parametrize("language", ["en", "ar", "hi", "fr"])
def test_the_picture_is_well_formed_named_and_carries_no_style_or_script(language: str) -> None:
    strip = build_strip(
        DAY,
        "Asia/Kolkata",
        "Europe/London",
        spans=[(START, END)],
        places=[("America/St_Johns", 0.1), ("UTC", None)],
        now=START,
        language=language,
    )
    svg = strip_svg(strip)
    drawn = ElementTree.fromstring(svg)
    assert drawn.get("role") == "img"
    title = drawn.find("title")
    assert title is not None
    assert title.text == strip_text(strip)
    names = {name for element in drawn.iter() for name in element.attrib}
    assert not {name for name in names if name == "style" or name.startswith("on") or name == "id"}
    assert "<script" not in svg
    assert "<style" not in svg
    for share in re.findall(r'(?:x|x1|width)="([-\d.]+)%"', svg):
        assert 0 <= float(share) <= 100
    assert len(svg) < 12_000


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(timezones.UnknownZone):
        build_strip(DAY, "Mars/Olympus", "Europe/London")


def test_every_class_drawn_is_dressed() -> None:
    css = (Path(__file__).parents[2] / "static" / "css" / "strip.css").read_text("utf-8")
    svg = strip_svg(strip_of_the_day("Asia/Kolkata", now=START, places=[("Pacific/Auckland", 0.5)]))
    classes = {name for found in re.findall(r'class="([^"]+)"', svg) for name in found.split()}
    undressed = {name for name in classes if f".{name}" not in css}
    assert undressed == {"strip-band", "strip-under", "strip-place"}
