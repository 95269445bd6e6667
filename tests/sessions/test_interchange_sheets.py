"""Sheets in and out: whatever a person typed, nothing of it runs, and what went out comes back in."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import datetime, time, timedelta

import pytest
from hypothesis import given, settings
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from sessions.interchange import sheets_out
from sessions.interchange.model import (
    AppearanceFacts,
    ConferenceFacts,
    ImportRefused,
    LinkFacts,
    ProgrammeFile,
    RoomFacts,
    SessionFacts,
    SlotFacts,
    SpeakerFacts,
    TrackFacts,
)
from sessions.interchange.reading import Hints, Incoming, NamedBytes, read_programme
from sessions.tables import AppearanceRole, SessionKind
from tests.sessions.programmes import QUICK, programmes
from tests.shared import data_path

at = datetime.fromisoformat  # wall-clock times are naive
HINTS = Hints(zone="Asia/Kolkata", first_day=at("2026-06-25").date())
PROGRAMME = ProgrammeFile(
    ConferenceFacts(
        "day",
        {"en": "Day"},
        "Asia/Kolkata",
        at("2026-06-25T10:00"),
        at("2026-06-25T17:00"),
        languages=("en", "fr"),
    ),
    (RoomFacts("a", {"en": "Hall A"}),),
    (TrackFacts("m", {"en": "Metadata"}),),
    (
        SpeakerFacts(
            "ada",
            "Ada Berg",
            role="Head",
            organisation="Bibliothèque",
            country="NO",
            zone="Europe/Oslo",
            biography={"en": "=2+5", "fr": "Bonjour"},
            links=(LinkFacts("https://example.org/ada"),),
            pronouns="she/her",
            orcid="0000-0002-1825-0097",
            language="fr",
            email="ada@example.org",
            access_needs="Captions",
            internal_notes="-- shy",
        ),
        SpeakerFacts("bo", "Bo Li"),
    ),
    (
        SessionFacts(
            "s1",
            SessionKind.WORKSHOP,
            {"en": "=HYPERLINK(1)", "fr": "Atelier"},
            (
                SlotFacts(
                    "a", at("2026-06-25T10:00"), 90, seats=12, guid="7c0f6b52-0c55-4b86-9c3a-4b7a5c2d9e01"
                ),
                SlotFacts(
                    "a", at("2026-06-25T14:00"), 90, seats=12, guid="7c0f6b52-0c55-4b86-9c3a-4b7a5c2d9e02"
                ),
            ),
            abstract={"en": "One\n\n-two"},
            language="fr",
            track="m",
            appearances=(
                AppearanceFacts("ada", AppearanceRole.FACILITATOR),
                AppearanceFacts("bo", AppearanceRole.CHAIR),
            ),
            do_not_record=True,
            links=(LinkFacts("https://example.org/slides"),),
            url="https://example.org/s1",
        ),
        SessionFacts(
            "s2", SessionKind.BREAK, {"en": "Lunch"}, (SlotFacts(None, None, 30),), is_cancelled=True
        ),
    ),
)


def read(content: bytes | str, name: str = "x.csv", hints: Hints = HINTS) -> Incoming:
    data = content.encode() if isinstance(content, str) else content
    return read_programme([NamedBytes(name, data)], hints)


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def messages(incoming: Incoming) -> list[str]:
    return [f"{doubt.where}: {doubt.message}" for doubt in incoming.doubts]


# Out --------------------------------------------------------------------------------------------------------------


def assert_is_what_went_out(incoming: Incoming) -> None:
    programme = incoming.programme
    one, other = programme.sessions
    ada, bo = programme.speakers
    assert one.title == PROGRAMME.sessions[0].title
    assert [(slot.local_start, slot.length_minutes, slot.seats) for slot in one.slots] == [
        (at("2026-06-25T10:00"), 90, 12),
        (at("2026-06-25T14:00"), 90, 12),
    ]
    assert one.slots[0].guid == PROGRAMME.sessions[0].slots[0].guid
    assert [(a.speaker, a.role) for a in one.appearances] == [
        (ada.key, AppearanceRole.FACILITATOR),
        (bo.key, AppearanceRole.CHAIR),
    ]
    assert (one.kind, one.language, one.do_not_record) == (SessionKind.WORKSHOP, "fr", True)
    assert one.abstract == {"en": "One\n\n-two"}
    assert one.url == "https://example.org/s1"
    assert one.links == PROGRAMME.sessions[0].links
    assert (other.kind, other.is_cancelled, other.slots[0].local_start) == (SessionKind.BREAK, True, None)
    assert [room.name for room in programme.rooms] == [{"en": "Hall A"}]
    assert [track.name for track in programme.tracks] == [{"en": "Metadata"}]
    assert (bo.name, ada.name, ada.pronouns, ada.role, ada.organisation) == (
        "Bo Li",
        "Ada Berg",
        "she/her",
        "Head",
        "Bibliothèque",
    )
    assert (ada.country, ada.zone, ada.orcid, ada.email) == (
        "NO",
        "Europe/Oslo",
        "0000-0002-1825-0097",
        "ada@example.org",
    )
    assert ada.biography == {"en": "=2+5", "fr": "Bonjour"}
    assert (ada.language, ada.access_needs, ada.internal_notes) == ("fr", "Captions", "-- shy")


def test_two_sheets_that_went_out_come_back_in() -> None:
    files = [
        NamedBytes("sessions.csv", sheets_out.write_sessions_csv(PROGRAMME)),
        NamedBytes("speakers.csv", sheets_out.write_speakers_csv(PROGRAMME, private=True)),
    ]
    assert_is_what_went_out(read_programme(files, Hints(zone="Asia/Kolkata", language="en", name="Day")))


def test_a_workbook_that_went_out_comes_back_in() -> None:
    workbook = sheets_out.write_xlsx(PROGRAMME, private=True)
    assert_is_what_went_out(read(workbook, "programme.xlsx", Hints(language="en", name="Day")))


@settings(max_examples=25, deadline=None, phases=QUICK)
@given(programmes())
def test_no_cell_of_a_sheet_for_people_can_run(programme: ProgrammeFile) -> None:
    for content in (
        sheets_out.write_sessions_csv(programme),
        sheets_out.write_speakers_csv(programme, private=True),
    ):
        assert content.startswith(b"\xef\xbb\xbf")
        assert not any(
            cell.lstrip()[:1] in ("=", "+", "-", "@", "＝") for row in rows_of(content) for cell in row
        )
    workbook = sheets_out.write_xlsx(programme, private=True)
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        for name in parts.namelist():
            if name.startswith("xl/worksheets/"):
                assert b"<f>" not in parts.read(name)
                assert b"<hyperlink" not in parts.read(name)
    assert workbook == sheets_out.write_xlsx(programme, private=True)


def test_injections_known_from_the_wild_are_defused_and_raw_ones_left_alone() -> None:
    payloads = data_path("adversarial/csv-injection/payloadbox.txt").read_text().splitlines()
    for payload in filter(None, payloads):
        (row,) = rows_of(sheets_out.csv_of([[payload]], raw=False))
        assert row[0].lstrip()[:1] not in tuple("=+-@＝＋－＠")
        assert rows_of(sheets_out.csv_of([[payload]], raw=True)) == [[payload.strip()]]
    raw = sheets_out.write_sessions_csv(PROGRAMME, raw=True)
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert b"=HYPERLINK(1)" in raw


def test_only_organisers_sheets_hold_what_is_private() -> None:
    public = sheets_out.write_speakers_csv(PROGRAMME) + sheets_out.write_xlsx(PROGRAMME)
    assert b"ada@example.org" not in public
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(sheets_out.write_xlsx(PROGRAMME))).get_sheet_by_index(1)
    assert "email" not in sheet.to_python()[0]
    assert "Captions" not in str(sheet.to_python())


# In ---------------------------------------------------------------------------------------------------------------


def test_bad_lines_are_told_with_their_number_and_the_good_ones_taken() -> None:
    sheet = (
        "Title,Date,Start,End,Room,Speaker\n"
        "One,2026-06-25,10:00,11:00,A,Ada\n"
        "Two,2026-06-31,10:00,11:00,A,Ada\n"
        '"Three\nlines",2026-06-25,soon,11:00,A,Ada\n'
        ",2026-06-25,10:00,11:00,A,Ada\n"
        "Five,2026-06-25,12:00,11:00,A,Ada\n"
        "Six,2026-06-25,23:00,01:00,A,\n"
    )
    incoming = read(sheet)
    told = messages(incoming)
    assert "line 3, “Two”: “2026-06-31” is not a date or time that can be read; it was left out." in told
    assert "line 4, “Three lines”: “soon” is not a date or time that can be read; it was left out." in told
    assert "line 6: It has no title and was left out." in told
    assert "line 7, “Five”: It ends before it starts, or as it starts; 30 minutes were taken." in told
    assert "line 8, “Six”: It ends at 01:00, before its start; the next day was taken." in told
    assert "line 8, “Six”: It names no speaker." in told
    assert [session.title["en"] for session in incoming.programme.sessions] == [
        "One",
        "Two",
        "Three lines",
        "Five",
        "Six",
    ]
    assert [s.slots[0].length_minutes for s in incoming.programme.sessions][-2:] == [30, 120]


@pytest.mark.parametrize(
    ("date", "clock", "expected"),
    [
        ("2026-06-25", "10:00", "2026-06-25T10:00"),
        ("25.06.2026", "10.00", "2026-06-25T10:00"),
        ("25/06/2026", "10h00", "2026-06-25T10:00"),
        ("6/25/2026", "10 am", "2026-06-25T10:00"),
        ("25 June 2026", "10:00 p.m.", "2026-06-25T22:00"),
        ("Jun 25, 2026", "1000", "2026-06-25T10:00"),
        ("jeudi 25 juin 2026", "10:00", "2026-06-25T10:00"),
        ("2", "10:00", "2026-06-26T10:00"),
        ("Friday", "10:00", "2026-06-26T10:00"),
        ("2026-06-25", "04:30Z", "2026-06-25T10:00"),
        ("20260625", "10:00:00", "2026-06-25T10:00"),
    ],
)
def test_dates_and_times_in_many_shapes(date: str, clock: str, expected: str) -> None:
    incoming = read(f'Title;Datum;Uhrzeit\nOne;"{date}";{clock}\n')
    assert incoming.programme.sessions[0].slots[0].local_start == at(expected)


def test_the_order_of_day_and_month_is_learnt_from_the_column_or_doubted() -> None:
    learnt = read("title,date,start\nA,03/04/2026,9:00\nB,03/25/2026,9:00\n")
    assert learnt.programme.sessions[0].slots[0].local_start == at("2026-03-04T09:00")
    assert not any("both ways" in message for message in messages(learnt))
    doubted = read("title,date,start\nA,03/04/2026,9:00\n")
    assert doubted.programme.sessions[0].slots[0].local_start == at("2026-04-03T09:00")
    assert any("both ways" in message for message in messages(doubted))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiters_and_encodings(delimiter: str, encoding: str) -> None:
    sheet = delimiter.join(["Título", "Fecha", "Inicio", "Ponentes"]) + "\n"
    sheet += delimiter.join(["Café für alle", "25/06/2026", "10:00", "Zoë"]) + "\n"
    incoming = read(sheet.encode(encoding))
    (session,) = incoming.programme.sessions
    assert session.title == {"en": "Café für alle"}
    assert incoming.programme.speakers[0].name == "Zoë"
    assert any("Windows-1252" in message for message in messages(incoming)) == (encoding == "cp1252")


def test_workbooks_keep_their_dates_times_and_lengths() -> None:
    out = io.BytesIO()
    book = Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    day, clock = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"num_format": "hh:mm"})
    sheet.write_row(0, 0, ["Programme of the day"])
    sheet.write_row(2, 0, ["Title", "Date", "Start", "Duration", "Seats"])
    sheet.write_string(3, 0, "One")
    sheet.write_datetime(3, 1, at("2026-06-25"), day)
    sheet.write_datetime(3, 2, time(10, 15), clock)
    sheet.write_datetime(3, 3, timedelta(minutes=45), clock)
    sheet.write_number(3, 4, 20)
    book.add_worksheet("Notes").write_row(0, 0, ["nothing", "of", "use"])
    book.close()
    incoming = read(out.getvalue(), "x.xlsx")
    (slot,) = incoming.programme.sessions[0].slots
    assert (slot.local_start, slot.length_minutes, slot.seats) == (at("2026-06-25T10:15"), 45, 20)
    assert any("The sheet “Notes” was left out" in message for message in messages(incoming))


@pytest.mark.parametrize("cell", [b"XFD1048576", b"A99999999999", b"U4294967295", b"ZZZZZZZ1", b"A0", b""])
def test_a_workbook_that_claims_to_be_endless_is_refused(cell: bytes) -> None:
    out = io.BytesIO()
    book = Workbook(out, {"in_memory": True})
    book.add_worksheet().write_string(0, 0, "Title")
    book.close()
    bomb = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(out.getvalue())) as before,
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            part = before.read(name)
            if name == "xl/worksheets/sheet1.xml":
                part = part.replace(b'r="A1"', b'r="' + cell + b'"')
            after.writestr(name, part)
    with pytest.raises(ImportRefused, match=r"too large|cannot be read|title or name|neither|no dates|empty"):
        read(bomb.getvalue(), "x.xlsx")


def test_rows_that_repeat_are_slots_and_rows_that_stand_twice_are_left_out() -> None:
    incoming = read(
        "id,title,start\n7,Yoga,2026-06-25 10:00\n7,Yoga,2026-06-25 18:00\n7,Yoga,2026-06-25 18:00\n7,Tea,2026-06-25 19:00\n"
    )
    yoga, tea = incoming.programme.sessions
    assert [slot.local_start for slot in yoga.slots] == [at("2026-06-25T10:00"), at("2026-06-25T18:00")]
    assert tea.guid != yoga.guid
    told = messages(incoming)
    assert "line 4, “Yoga”: It stands in the file twice; the second was left out." in told
    assert any("is used twice in the file" in message for message in told)


def test_titles_too_long_and_html_are_not_taken_silently() -> None:
    incoming = read(
        f'title,abstract,speaker\n{"x" * 300},"<p>One</p><script>alert(1)</script><p><b>Two</b></p>",Ada\n'
    )
    (session,) = incoming.programme.sessions
    assert len(session.title["en"]) == 200
    assert session.abstract == {"en": "One\n\n**Two**"}
    assert any("longer than 200 characters and was cut" in message for message in messages(incoming))
