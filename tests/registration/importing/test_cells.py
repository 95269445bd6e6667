"""What people write into cells: countries, zones, languages, yes and no."""

from __future__ import annotations

import pytest

from conference import i18n, timezones
from registration.importing.cells import country_code, folded, is_yes, language_code, parts, zone_name


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("India", "IN"),
        ("in", "IN"),
        ("IND", "IN"),
        ("Inde", "IN"),
        ("الهند", "IN"),
        ("Indien", "IN"),
        (" united   kingdom ", "GB"),
        ("U.K.", ""),
        ("UK", "GB"),
        ("GBR", "GB"),
        ("Scotland", "GB"),
        ("USA", "US"),
        ("United States of America", "US"),
        ("Cote d'Ivoire", "CI"),
        ("CÔTE D’IVOIRE", "CI"),
        ("Trinidad and Tobago", "TT"),
        ("Trinidad & Tobago", "TT"),
        ("Bosnia and Herzegovina", "BA"),
        ("Saint Lucia", "LC"),
        ("Myanmar", "MM"),
        ("Türkiye", "TR"),
        ("Turkey", "TR"),
        ("Deutschland", "DE"),
        ("Россия", "RU"),
        ("中国", "CN"),
        ("Atlantis", ""),
        ("", ""),
        ("=1+1", ""),
    ],
)
def test_countries_are_found_by_name_and_code(written: str, code: str) -> None:
    assert country_code(written) == code


def test_every_country_is_found_by_its_name_in_every_language_of_the_interface() -> None:
    for language in i18n.interface_languages():
        for code, name in timezones.countries(language):
            assert country_code(name) == code, (language, name)


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("Asia/Kolkata", "Asia/Kolkata"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("asia/kolkata", "Asia/Kolkata"),
        ("Kolkata", "Asia/Kolkata"),
        ("New York", "America/New_York"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("utc", "UTC"),
        ("GMT", "UTC"),
        ("+05:30", ""),
        ("../../etc/passwd", ""),
    ],
)
def test_zones_are_found_by_name_and_city(written: str, zone: str) -> None:
    assert zone_name(written) == zone


def test_languages_are_found_by_code_and_by_name_in_any_language() -> None:
    offered = ("en", "fr")
    for written in ("en", "English", "anglais", "الإنجليزية", "en-GB", "en_US", "English (UK)"):
        assert language_code(written, offered) == "en", written
    assert language_code("français", offered) == "fr"
    assert language_code("Klingon", offered) == ""
    assert language_code("Arabic", offered) == ""


def test_yes_and_no_in_many_words() -> None:
    assert [is_yes(word) for word in ("Yes", "oui", "نعم", "X", "1", "✓", "TRUE")] == [True] * 7
    assert [is_yes(word) for word in ("no", "Non", "لا", "0", "false")] == [False] * 5
    assert [is_yes(word) for word in ("", "maybe", "2")] == [None] * 3


def test_several_values_in_one_cell() -> None:
    known = {folded("Rye"), folded("Wheat, whole")}
    assert parts("Rye\nWheat, whole", known) == ["Rye", "Wheat, whole"]
    assert parts("Rye; Spelt", known) == ["Rye", "Spelt"]
    assert parts("Rye, Spelt", known) == ["Rye", "Spelt"]
    assert parts("  ;\n; ") == []
