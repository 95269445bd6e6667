"""Citations as other programs read them, names taken apart, and the Dublin Core of a resource."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import rispy
from bibtexparser.entrypoint import parse_string
from bibtexparser.middlewares import LatexDecodingMiddleware

from conference.i18n import use_language
from conference.viewer import Viewer
from sessions.packs.describing.citations import (
    FORMATS,
    PACK,
    Work,
    bibtex,
    csl_items,
    plain_line,
    ris,
    work_of,
)
from sessions.packs.describing.dublin_core import Statement, dcmi_type, duration, statements
from sessions.packs.describing.resource_record import (
    Host,
    InPack,
    Maker,
    PublishedSession,
    ResourceRecord,
    names_a_body,
    split_name,
)
from sessions.packs.describing.standing import Standing, stand_of
from sessions.packs.licences import LICENCES
from sessions.packs.queries import StoredFile

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
    from citeproc.source.json import CiteProcJSON

ZOE = Maker("Zoë Müller", "author", "0000-0002-1825-0097", "zoe1")
CILIP = Maker("CILIP", "author", is_organisation=True)
RECORD = ResourceRecord(
    id=7,
    code="abc123",
    url="https://conf.example.org/resources/abc123",
    kind="slides",
    state="ready",
    title={"en": "Libraries & {borders}: 50% more_\\ #1 ~ ^", "fr": "Bibliothèques et frontières"},
    host=Host(
        id=1,
        slug="wil",
        name={"en": "Working Internationally"},
        url="https://conf.example.org/wil",
        zone="Europe/London",
        organiser="CILIP",
    ),
    description={"en": "What we learnt."},
    languages=("en",),
    makers=(ZOE, CILIP, Maker("ليلى حداد", "translator"), Maker("Kim", "interpreter")),
    licence_code="CC-BY-4.0",
    rights_holder="Zoë Müller",
    issued="2026-06-25",
    topics=({"en": "Partnerships"},),
    file=StoredFile("k", "slides.pdf", "application/pdf", 12, "0" * 128, 0),
    session=PublishedSession("sess1", {"en": "Across borders"}),
)
BARE = Work(key="z9", kind="other", title="Nothing known", url="https://conf.example.org/resources/z9")
HARD = [
    replace(BARE, title="A newline\r\nER  - \r\nTY  - BOOK", makers=(Maker("A\nB"),)),
    replace(
        BARE, title="Quotes \" and 'ticks' — “marks” \u202eRTL\u202c", makers=(Maker("O'Neil, Shaquille"),)
    ),
    replace(
        BARE, title="}{ unbalanced }}} {", makers=(Maker("Simon and Garfunkel"), Maker("One, Two, Three"))
    ),
    replace(
        BARE,
        title="数字图书馆 مكتبة 🦉",
        makers=(Maker("王小明"), Maker("ليلى حداد"), Maker("Anna van der Berg")),
    ),
]


def read_bibtex(text: str) -> list[dict[str, Any]]:
    library = parse_string(text)
    assert library.failed_blocks == []
    return [
        {"key": entry.key, **{field.key: field.value for field in entry.fields}} for entry in library.entries
    ]


def test_bibtex_is_read_by_another_program_with_every_sign_as_it_was() -> None:
    (read,) = read_bibtex(bibtex([work_of(RECORD)]))
    assert read["author"] == "Müller, Zoë and {CILIP}"
    assert read["author+an:orcid"] == '1="0000-0002-1825-0097"'
    assert (read["year"], read["month"], read["day"]) == ("2026", "jun", "25")
    assert read["url"] == RECORD.url
    assert read["eventtitle"] == "Working Internationally"
    assert read["organization"] == "CILIP"
    assert read["note"] == "With ليلى حداد, Kim. Creative Commons Attribution 4.0"
    plain = parse_string(bibtex([work_of(RECORD)]), append_middleware=[LatexDecodingMiddleware()]).entries[0]
    # Its decoder does not know the names of braces, and takes the circumflex for an accent.
    as_it_reads = RECORD.title["en"].replace("{", "").replace("}", "").replace("^", "ˆ")
    assert plain.fields_dict["title"].value.strip("{}") == as_it_reads
    assert r"{\textbraceleft}borders{\textbraceright}" in read["title"]


def test_ris_is_read_by_another_program() -> None:
    text = ris([work_of(RECORD)])
    assert text.startswith("TY  - SLIDE\r\n")
    assert text.endswith("ER  - \r\n\r\n")
    (read,) = rispy.loads(text)
    assert read["authors"] == ["Müller, Zoë", "CILIP"]
    assert read["subsidiary_authors"] == [["ليلى", "حداد"][1] + ", " + ["ليلى", "حداد"][0]]
    assert read["title"] == RECORD.title["en"]
    assert read["secondary_title"] == "Working Internationally"
    assert (read["year"], read["date"]) == ("2026", "2026/06/25/")
    assert read["publisher"] == "CILIP"
    assert read["language"] == "en"
    assert read["notes"] == [
        "Creative Commons Attribution 4.0 (https://creativecommons.org/licenses/by/4.0/)",
        "Zoë Müller: https://orcid.org/0000-0002-1825-0097",
    ]


def test_csl_json_is_set_by_another_program() -> None:
    (item,) = csl_items([work_of(RECORD)])
    assert item == {
        "id": "abc123",
        "type": "speech",
        "title": RECORD.title["en"],
        "author": [{"family": "Müller", "given": "Zoë"}, {"literal": "CILIP"}],
        "translator": [{"family": "حداد", "given": "ليلى"}],
        "contributor": [{"literal": "Kim"}],
        "issued": {"date-parts": [[2026, 6, 25]]},
        "genre": "Slides",
        "event-title": "Working Internationally",
        "publisher": "CILIP",
        "language": "en",
        "URL": RECORD.url,
        "custom": {
            "license": "https://creativecommons.org/licenses/by/4.0/",
            "orcid": {"Zoë Müller": "https://orcid.org/0000-0002-1825-0097"},
        },
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # citeproc-py knows fewer variables than CSL 1.0.2
        set_ = CitationStylesBibliography(
            CitationStylesStyle("harvard-cite-them-right", validate=False),
            CiteProcJSON([{name: value for name, value in item.items() if name != "custom"}]),
            formatter.plain,
        )
        set_.register(Citation([CitationItem("abc123")]))
        line = str(set_.bibliography()[0])
    assert line.startswith("Müller, Z. and CILIP (2026)")


@pytest.mark.parametrize("work", HARD, ids=range(len(HARD)))
def test_nothing_people_typed_breaks_a_format(work: Work) -> None:
    (entry,) = read_bibtex(bibtex([work, BARE])[: len(bibtex([work]))])
    assert entry["key"] == "z9"
    assert len(read_bibtex(bibtex([work, replace(BARE, key="after")]))) == 2
    records = rispy.loads(ris([work, BARE]))
    assert [record["type_of_reference"] for record in records] == ["GEN", "GEN"]
    assert records[0]["title"] == " ".join(work.title.split())
    assert json.loads(FORMATS["json"].write([work]))[0]["title"] == " ".join(work.title.split())
    assert "\n" not in plain_line(work)


def test_a_work_without_author_date_or_licence_is_cited_by_its_title() -> None:
    assert plain_line(BARE) == "Nothing known [Other]. https://conf.example.org/resources/z9"
    assert bibtex([BARE]) == (
        "@misc{z9,\n  title = {{Nothing known}},\n  howpublished = {Other},\n"
        "  url = {https://conf.example.org/resources/z9}\n}\n"
    )
    assert csl_items([BARE]) == [
        {
            "id": "z9",
            "type": "document",
            "title": "Nothing known",
            "genre": "Other",
            "URL": "https://conf.example.org/resources/z9",
        }
    ]


def test_the_plain_line_has_names_date_kind_and_licence_in_the_readers_words() -> None:
    work = replace(work_of(RECORD), title="Across borders", licence=LICENCES["CC0-1.0"], kind=PACK)
    assert plain_line(work) == (
        "Zoë Müller, CILIP (2026-06-25): Across borders [Resource pack]. Working Internationally, CILIP. "
        "Creative Commons Zero 1.0, no rights reserved. https://conf.example.org/resources/abc123"
    )
    with use_language("fr"):
        assert "[Diapositives]" in plain_line(replace(work, kind="slides"))


def test_dates_are_as_exact_as_they_are_known() -> None:
    for issued, year, month, ris_date in (
        ("2026", "2026", None, "2026///"),
        ("2026-06", "2026", "jun", "2026/06//"),
        ("2026-06-25", "2026", "jun", "2026/06/25/"),
    ):
        work = replace(BARE, issued=issued)
        (entry,) = read_bibtex(bibtex([work]))
        assert (entry["year"], entry.get("month")) == (year, month)
        assert rispy.loads(ris([work]))[0]["date"] == ris_date
        assert csl_items([work])[0]["issued"] == {"date-parts": [list(work.date)]}


@pytest.mark.parametrize(
    ("name", "is_organisation", "parts"),
    [
        ("Zoë Müller", False, ("Müller", "Zoë")),
        ("Müller, Zoë", False, ("Müller", "Zoë")),
        ("Anna van der Berg", False, ("van der Berg", "Anna")),
        ("Mary Jane Watson", False, ("Watson", "Mary Jane")),
        ("王小明", False, ("王小明", "")),
        ("Kim", False, ("Kim", "")),
        ("The British Library", True, ("The British Library", "")),
        ("One, Two, Three", False, ("One, Two, Three", "")),
        (" ,", False, ("", "")),
    ],
)
def test_names_are_taken_apart_as_catalogues_do(
    name: str, is_organisation: bool, parts: tuple[str, str]
) -> None:
    assert split_name(name, is_organisation) == parts


def test_bodies_are_known_by_their_names() -> None:
    bodies = ["The British Library", "CILIP", "Université de Lyon", "مكتبة الإسكندرية", "IFLA", "Team Cyprus"]
    people = ["Zoë Müller", "JK", "Ruth Okafor", "ليلى حداد", "Libby Archer"]
    assert [name for name in bodies if not names_a_body(name)] == []
    assert [name for name in people if names_a_body(name)] == []


def test_dublin_core_says_everything_once_and_nothing_empty() -> None:
    assert statements(RECORD) == [
        Statement("title", RECORD.title["en"], "en"),
        Statement("title", "Bibliothèques et frontières", "fr"),
        Statement("creator", "Zoë Müller"),
        Statement("creator", "CILIP"),
        Statement("subject", "Partnerships", "en"),
        Statement("description", "What we learnt.", "en"),
        Statement("publisher", "CILIP"),
        Statement("contributor", "ليلى حداد"),
        Statement("contributor", "Kim"),
        Statement("date", "2026-06-25"),
        Statement("type", "Text"),
        Statement("type", "slides"),
        Statement("format", "application/pdf"),
        Statement("identifier", "https://conf.example.org/resources/abc123"),
        Statement("language", "en"),
        Statement("relation", "Working Internationally", "en"),
        Statement("relation", "https://conf.example.org/wil/sessions/sess1"),
        Statement("rights", "https://creativecommons.org/licenses/by/4.0/"),
        Statement("rights", "© Zoë Müller"),
    ]


def test_types_follow_what_a_file_is() -> None:
    assert dcmi_type("recording") == "MovingImage"
    assert dcmi_type("recording", "audio/mpeg") == "Sound"
    assert dcmi_type("handout", "image/png") == "StillImage"
    assert dcmi_type("dataset", "text/csv") == "Dataset"
    assert dcmi_type("link") == "InteractiveResource"
    assert dcmi_type("guideline", "application/pdf") == "Text"
    assert [duration(seconds) for seconds in (0, 59, 60, 3909)] == ["", "PT59S", "PT1M", "PT1H5M9S"]


NOW = datetime(2026, 12, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def pack(**changes: Any) -> InPack:
    return replace(InPack(1, "p", {}, "published", "public", NOW - DAY), **changes)


@pytest.mark.parametrize(
    ("packs", "state", "standing"),
    [
        ((), "ready", Standing.HIDDEN),
        ((pack(),), "ready", Standing.OPEN),
        ((pack(),), "offered", Standing.HIDDEN),
        ((pack(state="review"),), "ready", Standing.HIDDEN),
        ((pack(published_at=NOW + DAY),), "ready", Standing.HIDDEN),
        ((pack(expires_at=NOW),), "ready", Standing.HIDDEN),
        ((pack(access="team"),), "ready", Standing.HIDDEN),
        ((pack(access="registered"),), "ready", Standing.CLOSED),
        ((pack(access="attended"),), "ready", Standing.CLOSED),
        ((pack(embargo_until=NOW + DAY),), "ready", Standing.LATER),
        ((pack(access="registered", embargo_until=NOW + DAY),), "ready", Standing.CLOSED),
        ((pack(access="registered"), pack(embargo_until=NOW + DAY)), "ready", Standing.LATER),
        ((pack(access="team"), pack(access="registered"), pack()), "ready", Standing.OPEN),
    ],
)
def test_the_most_open_of_its_packs_says_how_a_resource_stands(
    packs: tuple[InPack, ...], state: str, standing: Standing
) -> None:
    record = replace(RECORD, packs=packs, state=state)
    assert stand_of(record, NOW).standing == standing
    assert stand_of(record, NOW, Viewer(team=frozenset({1}))).standing == Standing.OPEN
