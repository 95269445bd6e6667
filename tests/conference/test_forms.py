"""Reading what a person typed."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from conference.forms import Typed, is_web_address, whole_number
from tests.shared import data_path


def test_a_line_is_one_line_without_what_nobody_types() -> None:
    typed = Typed({"name": "  Ana\u0000\r\n  Lucía \u202e ", "file": 3})
    assert typed.line("name") == "Ana Lucía \u202e"
    assert (typed.line("file"), typed.line("absent")) == ("", "")
    assert typed.errors == {}


def test_text_keeps_its_paragraphs() -> None:
    assert Typed({"t": "one\r\n\r\ntwo\x07\n"}).text("t") == "one\n\ntwo"


def test_what_is_missing_or_too_long_is_noted_and_read_as_nothing() -> None:
    typed = Typed({"a": " \t\n ", "b": "x" * 201, "c": "x" * 200})
    assert (typed.line("a", required=True), typed.line("b"), typed.line("c")) == ("", "", "x" * 200)
    assert set(typed.errors) == {"a", "b"}
    assert "200" in typed.errors["b"]


def test_a_text_per_language_needs_the_first_only() -> None:
    typed = Typed({"name_en": "", "name_fr": "Lire", "name_de": "Lesen"})
    assert typed.local_text("name", ["en", "fr"], required=True) == {"fr": "Lire"}
    assert set(typed.errors) == {"name_en"}


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2026-06-25", date(2026, 6, 25)),
        ("2024-02-29", date(2024, 2, 29)),
        *(
            (wrong, None)
            for wrong in (
                "2026-02-29",
                "25.06.2026",
                "20260625",
                "2026-W26-4",
                "",
                "x" * 10,
                "２０２６-06-25",
            )
        ),
    ],
)
def test_a_day(value: str, read: date | None) -> None:
    typed = Typed({"d": value})
    assert typed.day("d") == read
    assert ("d" in typed.errors) == (read is None)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2026-06-25T10:00", datetime(2026, 6, 25, 10)),  # noqa: DTZ001 - a wall clock has no zone
        ("2026-06-25 23:59", datetime(2026, 6, 25, 23, 59)),  # noqa: DTZ001 - a wall clock has no zone
        *(
            (wrong, None)
            for wrong in (
                "2026-06-25T10:00Z",
                "2026-06-25T10:00+01:00",
                "2026-06-25",
                "0001-01-01T00:00",
                "2026-06-25T24:01",
                "",
            )
        ),
    ],
)
def test_a_wall_clock_is_naive(value: str, read: datetime | None) -> None:
    typed = Typed({"d": value})
    assert typed.wall_clock("d") == read
    assert ("d" in typed.errors) == (read is None)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("30", 30),
        ("0", 0),
        ("240", 240),
        ("241", None),
        ("-1", None),
        ("1e3", None),
        ("²", None),
        ("٣", None),
        ("9" * 40, None),
    ],
)
def test_a_whole_number(value: str, read: int | None) -> None:
    typed = Typed({"n": value})
    assert typed.whole_number("n", most=240) == read
    assert ("n" in typed.errors) == (read is None)


def test_nothing_is_no_number_and_no_fault_unless_required() -> None:
    typed = Typed({"n": " "})
    assert typed.whole_number("n") is None
    assert typed.errors == {}
    assert typed.whole_number("n", required=True) is None
    assert "n" in typed.errors


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("UTC", "UTC"),
        *((wrong, "") for wrong in ("Mars/Base", "../etc/passwd", "Europe/", "\x00", "x" * 5000)),
    ],
)
def test_a_zone_under_its_present_name(value: str, read: str) -> None:
    typed = Typed({"z": value})
    assert typed.zone("z") == read
    assert ("z" in typed.errors) == (not read)


def test_a_choice_is_one_of_what_was_offered() -> None:
    typed = Typed({"a": "red", "b": "mauve", "c": ""})
    assert [typed.choice(name, ["red", "blue"]) for name in "abc"] == ["red", "", ""]
    assert set(typed.errors) == {"b", "c"}
    assert Typed({}).choice("c", ["red"], required=False) == ""


@pytest.mark.parametrize("value", ["libraries", "a", "x-1-y", "2027"])
def test_a_slug(value: str) -> None:
    assert Typed({"s": value}).slug("s") == value


@pytest.mark.parametrize(
    "value", ["", "Libraries", "-a", "a-", "a--b", "a b", "ä", "a/b", "a.b", "a" * 61, "١"]
)
def test_no_slug(value: str) -> None:
    typed = Typed({"s": value})
    assert typed.slug("s") == ""
    assert "s" in typed.errors


@pytest.mark.parametrize(
    "value",
    ["https://example.org", "http://[::1]:8080/a?b=c#d", "https://bücher.example/ä", "HTTPS://EXAMPLE.ORG"],
)
def test_a_web_address(value: str) -> None:
    assert is_web_address(value)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "example.org",
            "//example.org",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://",
            "https://a b",
        ),
        *(
            "https://a\r\nb",
            'https://a"b',
            "https://a<b>",
            "https://[::1",
            "https://a:b",
            "https://a:99999",
            "file:///etc",
        ),
    ],
)
def test_no_web_address(value: str) -> None:
    assert not is_web_address(value)


def test_an_address_comes_back_as_mail_can_be_sent_to_it() -> None:
    typed = Typed({"e": " Ana@BÜCHER.example ", "f": "nobody", "g": ""})
    assert typed.email("e") == "Ana@xn--bcher-kva.example"
    assert (typed.email("f"), typed.email("g"), typed.email("h", required=False)) == ("", "", "")
    assert set(typed.errors) == {"f", "g"}


def test_no_strange_text_makes_a_reader_fail() -> None:
    lines = data_path("adversarial/strings/blns.txt").read_text().split("\n")
    assert len(lines) > 400
    for line in [*lines, "\ud800", "\x00" * 9, "a\ufffe"]:
        typed = Typed({"x": line, "x_en": line})
        for read in (typed.line, typed.text, typed.email, typed.zone, typed.whole_number, typed.day):
            read("x")
        typed.wall_clock("x")
        typed.url("x")
        typed.slug("x")
        typed.choice("x", ["a"])
        for text in (typed.line("x"), typed.text("x"), *typed.local_text("x", ["en"]).values()):
            text.encode()  # fit for a database
            assert "\x00" not in text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7),
        ("007", 7),
        ("0", 0),
        ("999", 999),
        ("1000", None),
        ("", None),
        ("-1", None),
        (" 7", None),
        ("1_0", None),
        ("\u0663", None),
        ("\u00b2", None),
        ("9" * 5000, None),
    ],
)
def test_only_a_few_plain_digits_are_a_whole_number(text: str, number: int | None) -> None:
    assert whole_number(text, 3) == number
