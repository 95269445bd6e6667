"""ORCID iDs: their check digit, and the many ways they are pasted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.speakers.orcid import OrcidRefused, check_digit, orcid_url, parse_orcid

# ORCID's own examples (support.orcid.org, "Structure of the ORCID Identifier").
KNOWN = ["0000-0002-1825-0097", "0000-0001-5109-3700", "0000-0002-1694-233X"]
FIFTEEN = st.text("0123456789", min_size=15, max_size=15).filter(lambda text: text != "0" * 15)


@pytest.mark.parametrize("orcid", KNOWN)
def test_known_ids_are_read_however_they_are_pasted(orcid: str) -> None:
    bare = orcid.replace("-", "")
    for typed in (
        orcid,
        f"  {orcid} ",
        bare,
        orcid.lower(),
        f"https://orcid.org/{orcid}",
        f"http://www.orcid.org/{orcid}/",
        f"orcid.org/{orcid}?lang=en",
        f"ORCID iD: {orcid}",
        f"ORCID:{bare}",
        orcid.replace("-", "–"),
        " ".join(orcid.split("-")),
    ):
        assert parse_orcid(typed) == orcid


@pytest.mark.parametrize(
    "typed",
    [
        "0000-0002-1825-0098",
        "0000-0002-1825-009",
        "0000-0002-1825-00977",
        "https://example.org/0000-0002-1825-0097",
        "0000-0000-0000-0001",
        "X000-0002-1825-0097",
        "٠٠٠٠-0002-1825-0097",
        "https://orcid.org/",
        "javascript:0000-0002-1825-0097",
    ],
)
def test_what_is_no_id_is_refused(typed: str) -> None:
    with pytest.raises(OrcidRefused):
        parse_orcid(typed)


def test_nothing_is_nothing() -> None:
    assert (parse_orcid("  "), orcid_url("")) == ("", "")
    assert orcid_url(KNOWN[0]) == "https://orcid.org/0000-0002-1825-0097"


@given(FIFTEEN)
def test_every_id_with_its_digit_is_read_back(digits: str) -> None:
    whole = digits + check_digit(digits)
    assert parse_orcid(whole).replace("-", "") == whole
    assert parse_orcid(parse_orcid(whole)) == parse_orcid(orcid_url(parse_orcid(whole)))


@given(FIFTEEN, st.integers(0, 14), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(digits: str, at: int, by: int) -> None:
    wrong = digits[:at] + str((int(digits[at]) + by) % 10) + digits[at + 1 :]
    with pytest.raises(OrcidRefused):
        parse_orcid(wrong + check_digit(digits))


@given(FIFTEEN, st.integers(0, 13))
def test_two_digits_exchanged_are_always_noticed(digits: str, at: int) -> None:
    if digits[at] != digits[at + 1]:
        wrong = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
        with pytest.raises(OrcidRefused):
            parse_orcid(wrong + check_digit(digits))
