"""Every schedule we have, of every kind: read with the counts that are in it, or refused with its reason."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest

from sessions.interchange.model import DatesNeeded, ImportRefused, ProgrammeFile
from sessions.interchange.reading import Hints, Incoming, NamedBytes, read_programme
from tests.shared import data_path

HINTS = Hints(first_day=date(2024, 5, 6), zone="Europe/London")
COUNTS = {
    # file: sessions, slots with a time, speakers, rooms, zone
    "csv/acml-2021-journal.csv": (15, 0, 57, 0, "Europe/London"),
    "csv/acml-2021-speakers.csv": (4, 0, 4, 0, "Europe/London"),
    "csv/csvconf-2014-presentations.csv": (30, 30, 30, 3, "Europe/London"),
    "csv/csvconf-2017-speakers.csv": (45, 0, 45, 0, "Europe/London"),
    "csv/csvconf-2020-schedule.csv": (43, 0, 40, 0, "Europe/London"),
    "csv/csvconf-2020-speakers.csv": (34, 0, 34, 0, "Europe/London"),
    "csv/csvconf-2023-speakers.csv": (52, 0, 51, 0, "Europe/London"),
    "csv/devfest-2017-cfp-google-form.csv": (119, 0, 89, 0, "Europe/London"),
    "csv/eurobioc-2025-schedule.csv": (26, 26, 10, 0, "Europe/London"),
    "csv/eurobioc-2025-sessions.csv": (98, 30, 249, 0, "Europe/London"),
    "csv/foss4g-speakers.tsv": (0, 0, 316, 0, "Europe/London"),
    "csv/orconf-2019-schedule.csv": (63, 63, 47, 0, "Europe/London"),
    "csv/oscon-2014-events.csv": (477, 477, 0, 47, "Europe/London"),
    "csv/oscon-2014-speakers.csv": (0, 0, 351, 0, "Europe/London"),
    "csv/pycones-2018-talks.csv": (74, 74, 62, 0, "Europe/London"),
    "csv/pyconza-2024-talks.csv": (36, 0, 34, 0, "Europe/London"),
    "csv/wordcamp-kathmandu-speakers.csv": (0, 0, 76, 0, "Europe/London"),
    "csv/wordcamp-kathmandu-topics.csv": (84, 0, 59, 5, "Europe/London"),
    "ics/conference/klimacamp-event-112.ics": (1, 1, 0, 1, "Europe/Berlin"),
    "ics/conference/klimacamp-event-37.ics": (1, 1, 0, 1, "Europe/Berlin"),
    "ics/conference/klimacamp-schedule.ics": (106, 106, 0, 10, "Europe/Berlin"),
    "ics/conference/linux-conf-au-2020.ics": (262, 262, 0, 7, "Australia/Brisbane"),
    "ics/conference/nightlybuild-2014.ics": (1, 1, 0, 1, "Europe/Berlin"),
    "ics/conference/pyconau-2023-adelaide.ics": (94, 94, 0, 4, "Australia/Adelaide"),
    "ics/conference/pyconuk-2016.ics": (162, 162, 0, 11, "Europe/London"),
    "library/code4lib-2016-schedule.yml": (40, 40, 0, 0, "Europe/London"),
    "library/code4lib-2016-speakers.yml": (0, 0, 21, 0, "Europe/London"),
    "library/code4lib-2016-speakers_final.yml": (0, 0, 90, 0, "Europe/London"),
    "library/code4lib-2018-presentation-proposals.yml": (93, 0, 0, 0, "Europe/London"),
    "library/code4lib-2018-schedule.yml": (39, 39, 0, 0, "Europe/London"),
    "library/code4lib-2018-speakers.yml": (0, 0, 88, 0, "Europe/London"),
    "library/code4lib-2018-workshop-proposals.yml": (32, 0, 0, 0, "Europe/London"),
    "library/code4lib-2020-presentation-proposals.yml": (80, 0, 0, 0, "Europe/London"),
    "library/code4lib-2020-schedule.yml": (35, 35, 0, 0, "Europe/London"),
    "library/code4lib-2020-speakers.yml": (0, 0, 63, 0, "Europe/London"),
    "library/code4lib-2020-workshop-proposals.yml": (1, 0, 0, 0, "Europe/London"),
    "library/code4lib-2023-schedule.yml": (35, 35, 0, 1, "Europe/London"),
    "library/code4lib-2023-speakers.yml": (0, 0, 62, 0, "Europe/London"),
    "library/code4lib-2025-schedule.yml": (34, 34, 0, 0, "Europe/London"),
    "library/code4lib-2025-speakers.yml": (0, 0, 58, 0, "Europe/London"),
    "library/code4lib-2026-speakers-example.csv": (0, 0, 4, 0, "Europe/London"),
    "library/code4lib-2026-workshops.csv": (9, 0, 10, 0, "Europe/London"),
    "schedules/31c3-frab.xml": (138, 138, 198, 4, "Europe/London"),
    "schedules/31c3-wiki-sessions.xml": (48, 48, 0, 11, "Europe/London"),
    "schedules/31c3-workshops.json": (182, 182, 89, 8, "Europe/London"),
    "schedules/35c3-everything.xml": (927, 927, 499, 74, "Europe/London"),
    "schedules/36c3-stages.json": (498, 498, 549, 12, "Europe/London"),
    "schedules/cccamp2019-everything.xml": (480, 606, 278, 64, "Europe/London"),
    "schedules/cccamp2019-frab.json": (79, 79, 90, 2, "Europe/Berlin"),
    "schedules/coscup-2023.json": (352, 352, 415, 28, "Europe/London"),
    "schedules/debconf17-montreal.xml": (181, 181, 126, 6, "Europe/London"),
    "schedules/democon-pretalx.json": (36, 36, 27, 2, "UTC"),
    "schedules/devconf-za-2022-johannesburg.xml": (46, 46, 36, 5, "Europe/London"),
    "schedules/devconf-za-2023-pretoria.xml": (50, 50, 39, 6, "Europe/London"),
    "schedules/devfest-ukraine-2014-sessions.yml": (42, 0, 0, 4, "Europe/London"),
    "schedules/devfest-ukraine-2014-speakers.yml": (0, 0, 27, 0, "Europe/London"),
    "schedules/fosdem-2007.xml": (215, 215, 244, 18, "Europe/London"),
    "schedules/fosdem-2020.xml": (872, 872, 841, 35, "Europe/London"),
    "schedules/foss4g-2026-sessions-en.json": (301, 0, 0, 0, "Europe/London"),
    "schedules/foss4g-2026-sessions-ja.json": (301, 0, 0, 0, "Europe/London"),
    "schedules/global-azure-linz-2025-sessionize.json": (13, 13, 12, 3, "Europe/London"),
    "schedules/indico-event.json": (37, 37, 33, 3, "Europe/Warsaw"),
    "schedules/jev22-everything.json": (350, 433, 303, 48, "Europe/Amsterdam"),
    "schedules/klimacamp-events.json": (98, 98, 52, 10, "Europe/London"),
    "schedules/klimacamp-schedule.json": (106, 106, 57, 11, "Europe/London"),
    "schedules/klimacamp-schedule.xcal": (106, 106, 57, 10, "Europe/London"),
    "schedules/klimacamp-speakers.json": (0, 0, 52, 0, "Europe/London"),
    "schedules/malformed/invalid-example.json": (1, 1, 1, 1, "Europe/Zurich"),
    "schedules/malformed/klimacamp-schedule.xml": (106, 106, 57, 11, "Europe/London"),
    "schedules/nixvegas-fixture-pretalx.json": (4, 4, 3, 2, "America/Los_Angeles"),
    "schedules/orconf-2019.json": (52, 52, 47, 0, "Europe/London"),
    "schedules/pyconfr-2025.json": (89, 98, 87, 13, "Europe/London"),
    "schedules/scottish-summit-sessionize.json": (61, 61, 76, 7, "Europe/London"),
    "schedules/seagl-2018.xml": (61, 61, 56, 9, "Europe/London"),
    "schedules/seagl-2022.xml": (34, 34, 24, 4, "Europe/London"),
    "schedules/seagl-2023-osem-api.json": (48, 48, 46, 4, "Europe/London"),
    "schedules/seagl-2023.xml": (48, 48, 46, 4, "Europe/London"),
    "schedules/sitcon-2022.json": (50, 50, 49, 5, "Europe/London"),
    "schedules/submission-frab-event.json": (1, 0, 2, 0, "Europe/London"),
    "schedules/writethedocs-australia-2024-schedule.yaml": (40, 41, 0, 0, "Europe/London"),
    "schedules/writethedocs-australia-2024-sessions.yaml": (10, 0, 11, 0, "Europe/London"),
    "schedules/writethedocs-portland-2020-schedule.yaml": (36, 36, 0, 0, "Europe/London"),
    "schedules/writethedocs-portland-2020-sessions.yaml": (16, 0, 16, 0, "Europe/London"),
}
REASONS = {
    "csv/common-forenames-by-country.csv": "None of the columns is called title or name; they are",
    "csv/csvconf-2017-schedule.csv": "This is a grid with a column for each room (“Time”,",
    "csv/csvconf-2023-schedule.csv": "This is a grid with a column for each room (“Time”,",
    "csv/papaparse-utf8-bom.csv": "None of the columns is called title or name; they are",
    "csv/papaparse-verylong-sample.csv": "None of the columns is called title or name; they are",
    "library/code4lib-2009-schedule-hcalendar.md": "This is text, but no programme that can be read:",
    "library/ifla-wlic-2013-singapore-opening.txt": "This is text, but no programme that can be read:",
    "library/swib-2021.ttl": "This is RDF (Turtle), which is not read. Please export",
    "library/swib-2023.ttl": "This is RDF (Turtle), which is not read. Please export",
    "schedules/europython-2014-own-xml.xml": "This is a schedule of another family: it has <entry>",
    "schedules/fisl15-grid.xml": "The file is XML but not a schedule: it begins with",
    "schedules/schema/json-schema.json": "This is a JSON schema: it describes programmes and",
    "schedules/schema/json-schema2.json": "This is a JSON schema: it describes programmes and",
    "schedules/schema/submission-json-person.json": "This is a JSON schema: it describes programmes and",
    "schedules/schema/submission-json-schema.json": "This is a JSON schema: it describes programmes and",
    "schedules/schema/submission-json-submission.json": "This is a JSON schema: it describes programmes and",
    "schedules/schema/xsd-schedule-without-person.xml.xsd": "The file is XML but not a schedule: it begins with",
    "schedules/schema/xsd-schedule.xml.xsd": "The file is XML but not a schedule: it begins with",
}
TOGETHER = [
    # files that belong together: sessions, slots with a time, speakers
    (("foss4g-2026-sessions-en.json", "foss4g-2026-sessions-ja.json"), (301, 0, 0)),
    (("devfest-ukraine-2014-sessions.yml", "devfest-ukraine-2014-speakers.yml"), (42, 0, 27)),
    (("writethedocs-portland-2020-schedule.yaml", "writethedocs-portland-2020-sessions.yaml"), (36, 36, 16)),
    (
        ("writethedocs-australia-2024-schedule.yaml", "writethedocs-australia-2024-sessions.yaml"),
        (40, 41, 11),
    ),
    (("klimacamp-events.json", "klimacamp-speakers.json"), (98, 98, 52)),
]


def named(path: Path) -> NamedBytes:
    return NamedBytes(path.name, path.read_bytes())


def read(name: str, hints: Hints = HINTS) -> Incoming:
    return read_programme([named(data_path(name))], hints)


def placed(programme: ProgrammeFile) -> int:
    return sum(slot.local_start is not None for session in programme.sessions for slot in session.slots)


def assert_whole(programme: ProgrammeFile) -> None:
    """Every key that is referred to is there, and what must be there is."""
    rooms, tracks = {room.key for room in programme.rooms}, {track.key for track in programme.tracks}
    speakers = {speaker.key for speaker in programme.speakers}
    assert len(rooms) == len(programme.rooms)
    assert len(speakers) == len(programme.speakers)
    assert len({session.key for session in programme.sessions}) == len(programme.sessions)
    guids = [slot.guid for session in programme.sessions for slot in session.slots]
    assert len(set(guids)) == len(guids)
    assert all(speaker.name and len(speaker.name) <= 200 for speaker in programme.speakers)
    for session in programme.sessions:
        assert session.slots
        assert any(session.title.values())
        assert session.track is None or session.track in tracks
        assert {appearance.speaker for appearance in session.appearances} <= speakers
        for slot in session.slots:
            assert slot.room is None or slot.room in rooms
            assert 0 < slot.length_minutes <= 7 * 24 * 60
    assert programme.conference.starts <= programme.conference.ends


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_a_readable_file_is_read_whole_and_quickly(name: str) -> None:
    path = data_path(name)
    begins = time.process_time()
    incoming = read_programme([named(path)], HINTS)
    assert time.process_time() - begins < 10
    programme = incoming.programme
    assert (
        len(programme.sessions),
        placed(programme),
        len(programme.speakers),
        len(programme.rooms),
        programme.conference.zone,
    ) == COUNTS[name]
    assert_whole(programme)
    assert incoming.kind
    assert all(doubt.where and doubt.message and doubt.kind for doubt in incoming.doubts)


@pytest.mark.parametrize("name", sorted(REASONS))
def test_any_other_file_is_refused_with_its_reason(name: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        read(name)
    assert REASONS[name] in refused.value.message


def test_no_file_of_the_folders_is_forgotten() -> None:
    listed = {*COUNTS, *REASONS}
    root = data_path("schedules").parent
    found = {
        str(path.relative_to(root))
        for folder in ("schedules", "library", "csv", "ics/conference")
        for path in (root / folder).rglob("*")
        if path.is_file() and path.name != "SOURCES.md" and "spectrum" not in path.parts
    }
    assert found == listed


@pytest.mark.parametrize(("names", "counts"), TOGETHER)
def test_files_that_belong_together_are_one_programme(
    names: tuple[str, ...], counts: tuple[int, int, int]
) -> None:
    files = [named(data_path(f"schedules/{name}")) for name in names]
    programme = read_programme(files, HINTS).programme
    assert (len(programme.sessions), placed(programme), len(programme.speakers)) == counts
    assert_whole(programme)


def test_a_file_read_again_gives_the_same_programme() -> None:
    for name in ("scottish-summit-sessionize.json", "klimacamp-schedule.xcal", "orconf-2019.json"):
        assert read(f"schedules/{name}") == read(f"schedules/{name}")


def test_a_file_without_dates_asks_for_the_first_day() -> None:
    with pytest.raises(DatesNeeded, match="on which day the conference begins"):
        read("library/code4lib-2018-schedule.yml", Hints())
    programme = read("library/code4lib-2018-schedule.yml", Hints(first_day=date(2018, 2, 13))).programme
    assert programme.conference.starts.date() == date(2018, 2, 13)
    assert programme.conference.ends.date() == date(2018, 2, 15)


def test_a_zone_that_nobody_named_is_marked_as_assumed() -> None:
    assert read("schedules/orconf-2019.json", Hints()).zone_is_assumed
    assert not read("schedules/orconf-2019.json", Hints(zone="Europe/Paris")).zone_is_assumed
    assert not read("schedules/indico-event.json", Hints()).zone_is_assumed


def test_a_calendar_keeps_its_zone_and_its_instants() -> None:
    programme = read("ics/conference/pyconau-2023-adelaide.ics").programme
    assert programme.conference.zone == "Australia/Adelaide"
    first = min(slot.local_start for one in programme.sessions for slot in one.slots if slot.local_start)
    assert first.isoformat() == "2023-08-18T09:00:00"
