"""Files as sheets of people: encodings, delimiters, headings wherever they stand, and what is refused."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from xlsxwriter import Workbook

from registration.asking.tables import QuestionKind
from registration.importing.columns import SeatColumn, guessed_columns
from registration.importing.sheet import PeopleSheet, read_people
from registration.queries import Asked
from sessions.interchange.model import ImportRefused
from tests.shared import data_path

PEOPLE = "Name,E-mail,Country\nZoë,zoe@example.org,India\n"


def guessed(sheet: PeopleSheet) -> list[str]:
    return guessed_columns(sheet.headings, [cells for _line, cells in sheet.rows[:20]], (), ())


@pytest.mark.parametrize(
    "content",
    [
        PEOPLE.encode(),
        PEOPLE.encode("utf-8-sig"),
        PEOPLE.encode("utf-16"),
        PEOPLE.encode("cp1252"),
        PEOPLE.replace(",", ";").encode(),
        PEOPLE.replace(",", "\t").encode(),
        PEOPLE.replace("\n", "\r\n").encode(),
        ("\n\nOur list,,\n\n" + PEOPLE).encode(),
    ],
)
def test_a_sheet_is_read_whatever_wrote_it(content: bytes) -> None:
    sheet = read_people(content)
    assert sheet.headings == ("Name", "E-mail", "Country")
    assert [cells for _line, cells in sheet.rows] == [["Zoë", "zoe@example.org", "India"]]
    assert guessed(sheet) == ["name", "email", "country"]


def test_each_row_knows_its_line() -> None:
    sheet = read_people(b'Name,Mail\n"Ada\nKing",a@example.org\n\nBob,b@example.org\n')
    assert [line for line, _cells in sheet.rows] == [2, 5]


def test_what_is_wider_than_its_headings_keeps_its_cells() -> None:
    sheet = read_people(b"Name,Mail\nAda,a@example.org,more\nBob\n")
    assert sheet.headings == ("Name", "Mail", "C")
    assert [cells for _line, cells in sheet.rows] == [["Ada", "a@example.org", "more"], ["Bob", "", ""]]


def test_a_bare_list_of_addresses_has_no_headings() -> None:
    sheet = read_people(b"Ada King <ada@example.org>\nbob@example.org\n")
    assert sheet.headings == ("A",)
    assert len(sheet.rows) == 2
    assert guessed(sheet) == ["email"]


def workbook(sheets: dict[str, list[list[object]]]) -> bytes:
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return out.getvalue()


def test_of_a_workbook_the_sheet_with_people_is_read_and_the_others_named() -> None:
    rows: list[list[object]] = [["First name", "Surname", "Email"], ["Ada", "King", "a@example.org"]]
    sheet = read_people(workbook({"About": [["Made by", "Bob"]], "People": rows, "Empty": []}))
    assert guessed(sheet) == ["first", "last", "email"]
    assert sheet.rows == ((2, ["Ada", "King", "a@example.org"]),)
    assert sheet.notes == ("The sheet “About” was left out; only one can be taken in at a time.",)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n \n",
        b"Name,E-mail\n",
        b"PK\x03\x04 no workbook",
        b"\xd0\xcf\x11\xe0" + bytes(1000),
        b"\x00\x01\x02\x03" * 100,
        workbook({"Empty": []}),
    ],
)
def test_what_is_no_sheet_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(ImportRefused) as refusal:
        read_people(content)
    assert refusal.value.message.endswith(".")


def test_archives_and_bombs_are_refused() -> None:
    for name in ("zip-slip.zip", "zipbomb-nested.zip", "corkami-zip.zip", "traversal-init-py.zip"):
        with pytest.raises(ImportRefused):
            read_people(data_path(f"adversarial/archives/{name}").read_bytes())


def test_every_real_sheet_is_read_or_refused_in_a_sentence() -> None:
    folder = data_path("csv")
    for path in [*sorted(folder.glob("*.?sv")), *sorted((folder / "spectrum").glob("*.csv"))]:
        sheet = read_people(path.read_bytes())
        assert sheet.rows, path
        targets = [target for target in guessed(sheet) if target]
        assert len(targets) == len(set(targets)), path
        known = {"foss4g-speakers.tsv": "name", "devfest-2017-cfp-google-form.csv": "email"}
        if path.name in known:
            assert known[path.name] in targets


def _lines_of(path: Path) -> int:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return sum(any(row) for row in csv.reader(file))


def test_no_row_of_a_real_sheet_is_lost() -> None:
    for name in (
        "common-forenames-by-country.csv",
        "oscon-2014-speakers.csv",
        "devfest-2017-cfp-google-form.csv",
    ):
        path = data_path(f"csv/{name}")
        assert len(read_people(path.read_bytes()).rows) == _lines_of(path) - 1, name


def asked(code: str, label: dict[str, str], kind: QuestionKind = QuestionKind.TEXT) -> Asked:
    return Asked(1, code, kind, label, {}, (), is_required=False, is_active=True, revision=1)


def test_columns_are_guessed_from_headings_in_every_language_and_from_what_stands_below() -> None:
    questions = [
        asked("abc", {"en": "What do you bring?", "fr": "Qu’apportez-vous ?"}),
        asked("letter", {"en": "A letter"}, QuestionKind.FILE),
    ]
    seats = [SeatColumn("s1", {"en": "Maps"}, True), SeatColumn("s2", {"en": "Bread"}, False)]
    headings = [
        "Nom",
        "Courriel",
        "Pays",
        "QU'APPORTEZ-VOUS ?",
        "Maps",
        "Bread",
        "A letter",
        "consent: updates",
    ]
    samples = [["Ada", "ada@example.org", "France", "Bread", "yes", "yes", "a.pdf", "yes"]]
    found = guessed_columns(headings, samples, questions, seats)
    assert found == ["name", "email", "country", "question:abc", "slot:s1", "", "", ""]
    assert guessed_columns(["الاسم", "البلد", "?"], [["أ", "مصر", "a@example.org"]], (), ()) == [
        "name",
        "country",
        "email",
    ]


def test_our_own_exports_name_their_columns() -> None:
    from registration.desk.sheets import FACTS

    found = dict(zip(FACTS, guessed_columns(FACTS, [[""] * len(FACTS)], (), ()), strict=True))
    assert {name: target for name, target in found.items() if target} == {
        "name": "name",
        "email": "email",
        "country": "country",
        "zone": "zone",
        "language": "language",
        "organisation": "organisation",
        "category": "category",
        "seats": "seats",
    }


def test_pictures_are_no_addresses_and_no_column_is_guessed_twice() -> None:
    samples = [["logo@2x.png", "Ada", "a@example.org", "b@example.org"]]
    assert guessed_columns(["photo", "name", "Email", "E-mail"], samples, (), ()) == ["", "name", "email", ""]
