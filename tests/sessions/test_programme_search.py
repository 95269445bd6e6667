"""Words looked for in the programme, found whatever their accents and case, and shown where they stand."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from sessions.programme.search import excerpt, fold, holds_all, marked, words_of


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Métadonnées", "metadonnees"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("Łódź", "łodz"),  # the stroke of ł is no accent
        ("ﬁle", "file"),
        ("Ελλάδα", "ελλαδα"),
        ("e\u0301", "e"),
    ],
)
def test_words_are_compared_without_case_and_accents(typed: str, folded: str) -> None:
    assert fold(typed) == folded


def test_every_word_must_stand_somewhere() -> None:
    assert holds_all(words_of("müller KATA"), "Zoë Muller\nKatalogisierung")
    assert not holds_all(words_of("müller katze"), "Zoë Muller\nKatalogisierung")
    assert holds_all(words_of("   "), "")


@pytest.mark.parametrize(
    ("text", "search", "shown"),
    [
        ("Opening up", "open", "<mark>Open</mark>ing up"),
        ("Métadonnées & <b>", "metadonnees", "<mark>Métadonnées</mark> &amp; &lt;b&gt;"),
        ("Banana", "ana", "B<mark>anana</mark>"),
        ("Straßenbau", "strasse", "<mark>Straße</mark>nbau"),
        ("e\u0301te\u0301", "ete", "<mark>e\u0301te\u0301</mark>"),
        ("a+b (c)", "+ (c", "a<mark>+</mark>b <mark>(c</mark>)"),
        ("nothing", "zzz", "nothing"),
    ],
)
def test_found_words_are_marked_in_the_text_as_it_is_written(text: str, search: str, shown: str) -> None:
    assert str(marked(text, words_of(search))) == shown


@given(st.text(max_size=60), st.text(max_size=12))
def test_marking_changes_no_letter_and_finds_whatever_holds(text: str, search: str) -> None:
    words = words_of(search)
    shown = marked(text, words)
    assert str(shown).replace("<mark>", "").replace("</mark>", "") == str(escape(text))
    found = bool(words) and any(word in fold(text) for word in words)
    assert ("<mark>" in shown) == found


def test_an_excerpt_shows_the_words_in_their_surroundings() -> None:
    text = "First words. " * 20 + "Then the cataloguing of maps begins, " + "and goes on. " * 20
    shown = excerpt(text, words_of("Catalog"))
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert "Then the <mark>catalog</mark>uing of maps begins" in shown
    assert excerpt("short catalogue", ["catalogue"]) == "short <mark>catalogue</mark>"
    assert excerpt(text, ["absent"]) == ""


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=400))
def test_folding_is_done_once(text: str) -> None:
    assert fold(fold(text)) == fold(text) or not unicodedata.is_normalized("NFKD", text)
