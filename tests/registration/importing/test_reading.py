"""A row of a sheet as a registration: what is taken, what is assumed and said, and what refuses the row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from conference import i18n
from registration.asking.categories import Category, CategoryFacts
from registration.asking.conditions import Condition
from registration.asking.tables import QuestionKind
from registration.importing.reading import Plan, ReadRow, RowReader
from registration.importing.reasons import Reason, decode, encode
from registration.queries import Asked, Offer
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSlot
from tests.makers import NOW

BREADS = ({"en": "Rye", "fr": "Seigle"}, {"en": "Wheat, whole"})
STAFF = Category(7, "staff", CategoryFacts({"en": "Library staff", "fr": "Personnel"}, {}), 1)


def ask(number: int, kind: QuestionKind, **facts: Any) -> Asked:
    values = {"choices": (), "is_required": True, "is_active": True, "revision": 1, **facts}
    return Asked(number, f"q{number}", kind, {"en": f"Question {number}"}, {}, **values)


QUESTIONS = (
    ask(1, QuestionKind.TEXT),
    ask(2, QuestionKind.CHOICE, choices=BREADS),
    ask(3, QuestionKind.SEVERAL, choices=BREADS),
    ask(4, QuestionKind.YES_NO),
    ask(5, QuestionKind.NUMBER, most=10),
    ask(6, QuestionKind.COUNTRY),
    ask(7, QuestionKind.TEXT, show_if=Condition("q4", ("yes",))),
    ask(8, QuestionKind.FILE),
)
OFFER = Offer(("en", "fr"), QUESTIONS, categories=(STAFF,))


def slot(number: int, hours: float, *, seats: int | None = 9, is_cancelled: bool = False) -> ReleasedSlot:
    start = NOW + timedelta(hours=hours)
    return ReleasedSlot(
        number,
        f"slot{number}",
        "",
        "room",
        start,
        start + timedelta(hours=1),
        start.replace(tzinfo=None),
        seats,
        is_cancelled,
    )


def session(number: int, title: str, *slots: ReleasedSlot) -> ReleasedSession:
    return ReleasedSession(number, f"session{number}", "", "workshop", {"en": title}, slots=slots)


# Bread takes place twice; Maps is at the same time as the first; Films is over, Talks needs no seat.
PROGRAMME = ReleasedProgramme(
    1,
    NOW,
    "Europe/London",
    sessions=(
        session(1, "Bread, and butter", slot(1, 5), slot(2, 9)),
        session(2, "Maps", slot(3, 5.5)),
        session(3, "Films", slot(4, -3)),
        session(4, "Talks", slot(5, 7, seats=None)),
        session(5, "Off", slot(6, 12, is_cancelled=True)),
    ),
)


def read(plan: Plan, *cells: str) -> ReadRow:
    return RowReader(plan, OFFER, PROGRAMME, NOW).read(cells)


def person(target: str = "", cell: str = "", **plan: Any) -> ReadRow:
    """Ada in India, and one cell more."""
    columns = ("name", "email", "country", target)
    return read(Plan(columns, **plan), "Ada King", "Ada@Example.org", "India", cell)


def told(reasons: Sequence[Reason]) -> list[tuple[str, str]]:
    return [(reason.code, reason.facts.get("value", "")) for reason in reasons]


def test_a_plain_row_is_a_registration() -> None:
    row = person("organisation", " Town  library ")
    assert row.entry is not None
    details = row.entry.details
    assert (details.name, details.country, details.zone, details.language, details.organisation) == (
        "Ada King",
        "IN",
        "Asia/Kolkata",
        "en",
        "Town library",
    )
    assert (row.entry.email, row.entry.email_key) == ("Ada@example.org", "ada@example.org")
    assert (row.entry.agreements, row.entry.seats, row.entry.category) == ((), (), None)
    assert row.remarks == []


@pytest.mark.parametrize(
    ("columns", "cells", "code"),
    [
        (("name", "email", "country"), ("Ada", "", "India"), "no-email"),
        (("name", "email", "country"), ("Ada", "ada at example", "India"), "bad-email"),
        (("name", "email", "country"), ("Ada", "ada@example.org\nbcc: x@y.org", "India"), "bad-email"),
        (("name", "email", "country"), (" ", "ada@example.org", "India"), "no-name"),
        (("name", "email", "country"), ("Ada", "ada@example.org", ""), "no-country"),
        (("name", "email", "country"), ("Ada", "ada@example.org", "Atlantis"), "bad-country"),
        (("name", "email"), ("Ada",), "no-email"),
        (
            ("name", "email", "country", "category"),
            ("Ada", "ada@example.org", "IN", "Royals"),
            "bad-category",
        ),
    ],
)
def test_rows_are_refused_for_one_clear_reason(
    columns: tuple[str, ...], cells: tuple[str, ...], code: str
) -> None:
    row = read(Plan(columns), *cells)
    assert row.entry is None
    assert row.refusal is not None
    assert row.refusal.code == code


def test_names_come_whole_in_two_parts_or_beside_the_address() -> None:
    parts = Plan(("first", "last", "email"), country="IN")
    assert read(parts, "Ada", "King", "a@example.org").name == "Ada King"
    assert read(parts, "", "King", "a@example.org").name == "King"
    alone = Plan(("email",), country="IN")
    row = read(alone, '"King, Ada" <ada@example.org>')
    assert (row.name, row.email) == ("King, Ada", "ada@example.org")
    assert row.entry is not None


def test_what_is_too_long_is_cut_and_said() -> None:
    row = person("organisation", "x" * 500)
    assert row.entry is not None
    assert len(row.entry.details.organisation) == 200
    assert [reason.code for reason in row.remarks] == ["too-long"]


def test_country_and_zone_help_to_find_each_other() -> None:
    plan = Plan(("name", "email", "country", "zone"))

    def place(country: str, zone: str) -> tuple[str, str, list[str]]:
        row = read(plan, "Ada", "ada@example.org", country, zone)
        assert row.entry is not None, row.refusal
        details = row.entry.details
        return details.country, details.zone, [reason.code for reason in row.remarks]

    assert place("", "Asia/Calcutta") == ("IN", "Asia/Kolkata", [])
    assert place("Germany", "") == ("DE", "Europe/Berlin", [])  # both of its zones show the same clock
    assert place("United States", "") == ("US", "America/New_York", ["zone-guessed"])
    assert place("New Zealand", "Pacific/Chatham") == ("NZ", "Pacific/Chatham", [])
    assert place("India", "Middle Earth") == ("IN", "Asia/Kolkata", ["bad-zone"])
    assert place("India", "Europe/London") == ("IN", "Europe/London", [])  # where they are just now


def test_what_a_row_does_not_say_holds_as_the_organiser_said() -> None:
    row = read(
        Plan(("name", "email"), country="NG", language="fr", category="staff"), "Ada", "ada@example.org"
    )
    assert row.entry is not None
    assert (row.entry.details.country, row.entry.details.zone) == ("NG", "Africa/Lagos")
    assert row.entry.details.language == "fr"
    assert row.entry.category == STAFF.id


def test_categories_and_languages_are_found_by_their_names_in_any_language() -> None:
    for words in ("Library staff", "PERSONNEL", "staff"):
        found = person("category", words).entry
        assert found is not None
        assert found.category == STAFF.id
    french = person("language", "français").entry
    assert french is not None
    assert french.details.language == "fr"
    odd = person("language", "Klingon")
    assert odd.entry is not None
    assert odd.entry.details.language == "en"
    assert told(odd.remarks) == [("bad-language", "Klingon")]


@pytest.mark.parametrize(
    ("number", "cell", "kept"),
    [
        (1, "I bring bread", "I bring bread"),
        (2, "seigle", "Rye"),
        (2, "Wheat, whole", "Wheat, whole"),
        (3, "Wheat, whole\nRye", json.dumps(["Rye", "Wheat, whole"])),
        (3, "rye; wheat, whole", json.dumps(["Rye", "Wheat, whole"])),
        (4, "oui", "yes"),
        (4, "نعم", "yes"),
        (5, "7", "7"),
        (6, "Inde", "IN"),
    ],
)
def test_answers_are_taken_as_the_form_would_take_them(number: int, cell: str, kept: str) -> None:
    row = person(f"question:q{number}", cell)
    assert row.entry is not None
    assert row.entry.details.answers == {number: kept}
    assert row.remarks == []
    assert set(row.entry.details.asked or {}) == {number}


@pytest.mark.parametrize(
    ("number", "cell", "code"),
    [
        (2, "Spelt", "bad-answer"),
        (3, "Rye; Spelt", "bad-answer"),
        (4, "perhaps", "bad-answer"),
        (5, "70", "bad-answer"),
        (7, "only after a yes", "not-asked"),
    ],
)
def test_answers_that_are_none_are_left_out_and_said(number: int, cell: str, code: str) -> None:
    row = person(f"question:q{number}", cell)
    assert row.entry is not None
    assert row.entry.details.answers == {}
    assert [reason.code for reason in row.remarks] == [code]
    assert row.remarks[0].facts["question"] == f"Question {number}"


def test_no_answer_is_needed_and_files_are_skipped() -> None:
    row = person("question:q8", "letter.pdf")
    assert row.entry is not None
    assert row.entry.details.answers == {}
    assert row.remarks == []


@pytest.mark.parametrize(
    ("target", "cell", "slots", "remarks"),
    [
        ("seats", "Maps", [3], []),
        ("seats", "maps\n", [3], []),
        ("seats", "slot2", [2], []),
        ("seats", "session2", [3], []),
        ("seats", "Bread, and butter (2026-05-01 18:00Z)", [2], []),
        ("seats", "Maps; Bread, and butter (2026-05-01 18:00Z)", [3, 2], []),
        ("seats", "Maps, slot2", [3, 2], []),
        ("seats", "Bread, and butter", [], [("which-seat", "Bread, and butter")]),
        ("seats", "Maps; slot1", [3], [("seat-clash", "Bread, and butter")]),
        ("seats", "slot1; slot2", [1], [("seat-clash", "Bread, and butter")]),
        ("seats", "Maps; Maps", [3], []),
        ("seats", "Films", [], [("seat-over", "Films")]),
        ("seats", "Off", [], [("seat-over", "Off")]),
        ("seats", "Talks", [], [("bad-seat", "Talks")]),
        ("seats", "Juggling", [], [("bad-seat", "Juggling")]),
        ("seats", "Maps (2026-13-45 99:99Z)", [], [("bad-seat", "Maps (2026-13-45 99:99Z)")]),
        ("slot:slot3", "yes", [3], []),
        ("slot:slot3", "x", [3], []),
        ("slot:slot3", "no", [], []),
        ("slot:slot3", "", [], []),
        ("slot:slot3", "perhaps", [], [("bad-seat", "perhaps")]),
        ("slot:gone", "yes", [], [("bad-seat", "yes")]),
    ],
)
def test_seats_are_found_by_title_code_time_and_column(
    target: str, cell: str, slots: list[int], remarks: list[tuple[str, str]]
) -> None:
    row = person(target, cell)
    assert row.entry is not None
    assert [one.id for one in row.entry.seats] == slots
    assert told(row.remarks) == remarks


def test_notes_are_for_the_team_and_may_stand_in_several_columns() -> None:
    row = read(
        Plan(("name", "email", "note", "note"), country="IN"), "Ada", "a@example.org", "Fee paid", "VIP"
    )
    assert row.note == "Fee paid\nVIP"


def test_no_consent_is_ever_taken_from_a_sheet() -> None:
    row = read(Plan(("name", "email", ""), country="IN"), "Ada", "a@example.org", "yes")
    assert row.entry is not None
    assert row.entry.agreements == ()


def test_reasons_are_kept_as_codes_and_told_in_the_readers_language() -> None:
    reasons = [
        Reason("bad-language", {"value": "Klingon", "language": "fr"}),
        Reason("zone-guessed", {"zone": "America/New_York", "country": "US"}),
        Reason("double", {"line": "7"}),
    ]
    assert decode(encode(reasons)) == reasons
    assert [reason.words for reason in decode(encode(reasons))] == [
        "“Klingon” is no language of this conference; French is taken.",
        "No time zone is given, and United States has several: that of New York is taken.",
        "The same address stands in line 7.",
    ]
    with i18n.use_language("fr"):
        assert "français" in reasons[0].words


def test_hostile_cells_are_values_and_nothing_else() -> None:
    for cell in (
        "=cmd|' /C calc'!A0",
        "%(line)s {0} {{x}}",
        "<script>alert(1)</script>",
        "\u202egnp.exe",
        "x" * 9000,
    ):
        row = person("country", "")
        row = read(Plan(("name", "email", "country")), cell, "ada@example.org", cell)
        assert row.entry is None
        assert row.refusal is not None
        assert row.refusal.words
        kept = read(Plan(("name", "email"), country="IN"), cell, "ada@example.org")
        assert kept.entry is not None
        assert len(kept.name) <= 200
