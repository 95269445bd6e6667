"""What counts as an answer, of whom a question is asked, and how answers read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conference.forms import Typed
from registration.asking.answering import answer_fields, answer_words, read_answers
from registration.asking.conditions import Condition, decode, encode, makes_a_circle, shown
from registration.asking.tables import QuestionKind
from registration.queries import Asked

BREADS = ({"en": "Rye", "fr": "Seigle"}, {"en": "Wheat"}, {"en": "None, thanks"})


def ask(kind: QuestionKind, code: str = "a", number: int = 1, **facts: Any) -> Asked:
    values = {"choices": (), "is_required": False, **facts}
    return Asked(number, code, kind, {"en": "Which?"}, {}, is_active=True, revision=1, **values)


def answer(question: Asked, value: str) -> tuple[str, str]:
    typed = Typed({"q_a": value})
    return read_answers(typed, [question]).values[1], typed.errors.get("q_a", "")


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        (QuestionKind.NUMBER, "12", "12"),
        (QuestionKind.NUMBER, "1,50", "1.50"),
        (QuestionKind.NUMBER, "٣", "3"),
        (QuestionKind.NUMBER, "-0", "0"),
        (QuestionKind.DATE, "2026-02-28", "2026-02-28"),
        (QuestionKind.TIME, "09:05", "09:05"),
        (QuestionKind.TIME, "09:05:30", "09:05"),
        (QuestionKind.COUNTRY, "in", "IN"),
        (QuestionKind.PHONE, "+91 (484) 123-4567 ext. 9", "+91 (484) 123-4567 ext. 9"),
        (QuestionKind.PHONE, "٠٢٠ ٧٩٤٦", "020 7946"),
        (QuestionKind.URL, "https://example.org/päth?x=1", "https://example.org/päth?x=1"),
        (QuestionKind.YES_NO, "no", "no"),
    ],
)
def test_answers_are_kept_in_one_way(kind: QuestionKind, typed: str, kept: str) -> None:
    assert answer(ask(kind), typed) == (kept, "")


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        *[(QuestionKind.NUMBER, one) for one in ("1e9", "NaN", "twelve", "1_000", "9" * 40, "--1", "0x1")],
        *[(QuestionKind.DATE, one) for one in ("2026-02-30", "28/02/2026", "2026-W01-1")],
        *[(QuestionKind.TIME, one) for one in ("24:00", "9:5", "09:05+02:00", "noon", "09:05xyz")],
        *[(QuestionKind.COUNTRY, one) for one in ("XX", "India", "<b>")],
        *[(QuestionKind.PHONE, one) for one in ("12", "call me", "+" * 9, "1" * 60)],
        *[(QuestionKind.URL, one) for one in ("javascript:alert(1)", "example.org", "ftp://example.org")],
        (QuestionKind.YES_NO, "maybe"),
    ],
)
def test_what_is_no_answer_is_refused_with_a_word(kind: QuestionKind, typed: str) -> None:
    kept, complaint = answer(ask(kind), typed)
    assert kept == ""
    assert complaint.endswith(".")


def test_numbers_keep_their_limits() -> None:
    question = ask(QuestionKind.NUMBER, least=1, most=10)
    assert answer(question, "10") == ("10", "")
    assert answer(question, "10.1") == ("", "Please give a number from 1 to 10.")
    assert answer(ask(QuestionKind.NUMBER, least=0), "-1")[1] == "Please give a number that is at least 0."
    assert answer(ask(QuestionKind.NUMBER, most=0), "1")[1] == "Please give a number that is at most 0."


@pytest.mark.parametrize("kind", list(QuestionKind))
def test_a_needed_answer_is_asked_for_and_another_may_be_left_out(kind: QuestionKind) -> None:
    assert answer(ask(kind, choices=BREADS, is_required=True), " ")[1]
    assert answer(ask(kind, choices=BREADS), " ") == ("", "")


def test_several_answers_in_any_language_and_order() -> None:
    question = ask(QuestionKind.SEVERAL, choices=BREADS)
    typed = Typed({"q_a_1": "Wheat", "q_a_0": "Seigle"})
    kept = read_answers(typed, [question]).values[1]
    assert json.loads(kept) == ["Rye", "Wheat"]
    assert answer_fields(question, kept) == {"q_a_0": "Rye", "q_a_1": "Wheat"}
    assert answer_words(question.kind, BREADS, kept, "fr") == "Seigle · Wheat"
    typed = Typed({"q_a_0": "Rye", "q_a_1": "Spelt"})
    assert read_answers(typed, [question]).values[1] == ""
    assert typed.errors == {"q_a": "Please choose from the answers."}


def test_the_words_of_an_answer() -> None:
    assert answer_words(QuestionKind.COUNTRY, (), "IN", "en") == "India"
    assert answer_words(QuestionKind.DATE, (), "2026-06-25", "en") == "Thursday 25 June 2026"
    assert answer_words(QuestionKind.YES_NO, (), "yes", "en") == "Yes"
    # Answered while the question was of another kind: shown as it was given.
    assert answer_words(QuestionKind.SEVERAL, BREADS, "free text", "en") == "free text"
    assert answer_words(QuestionKind.SEVERAL, BREADS, "7", "en") == "7"
    assert answer_words(QuestionKind.DATE, (), "soon", "en") == "soon"


def chain() -> list[Asked]:
    return [
        ask(QuestionKind.YES_NO, "a", 1),
        ask(QuestionKind.CHOICE, "b", 2, choices=BREADS, is_required=True, show_if=Condition("a", ("yes",))),
        ask(QuestionKind.TEXT, "c", 3, is_required=True, show_if=Condition("b", ("Rye", "Wheat"))),
    ]


def test_hidden_questions_are_neither_needed_nor_read() -> None:
    typed = Typed({"q_a": "no", "q_b": "Spelt", "q_c": "typed before it was hidden"})
    given = read_answers(typed, chain())
    assert typed.errors == {}
    assert given.values == {1: "no", 2: "", 3: ""}
    assert set(given.asked) == {1}


def test_a_chain_of_conditions() -> None:
    typed = Typed({"q_a": "yes", "q_b": "Seigle"})
    given = read_answers(typed, chain())
    assert given.values[2] == "Rye"
    assert set(typed.errors) == {"q_c"}
    assert json.loads(given.asked[2])["choices"][0] == {"en": "Rye", "fr": "Seigle"}
    typed = Typed({"q_b": "Rye", "q_c": "x"})  # the first one is not answered
    assert read_answers(typed, chain()).values == {1: "", 2: "", 3: ""}


def test_conditions_on_what_is_not_asked_hold_for_nobody() -> None:
    on_gone = {"b": Condition("gone", ("yes",))}
    assert shown(on_gone, {"gone": ["yes"]}) == frozenset()
    circle = {"a": Condition("b", ("x",)), "b": Condition("a", ("x",))}
    assert shown(circle, {"a": ["x"], "b": ["x"]}) == frozenset()


def test_circles() -> None:
    others = {"b": Condition("c", ("x",)), "c": Condition("a", ("x",)), "d": None}
    assert makes_a_circle("a", Condition("b", ("x",)), others)
    assert makes_a_circle("a", Condition("a", ("x",)), {})
    assert not makes_a_circle("a", Condition("d", ("x",)), others)


def test_conditions_are_stored_and_read() -> None:
    condition = Condition("a", ("Zoë", "yes"))
    assert decode(encode(condition)) == condition
    assert decode(encode(None)) is None
    assert decode("") is None
