"""The draft as a file: everything an organiser has entered is in it, and another conference made of it is the same."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from lxml import etree

from conference import db
from conference.db import count_queries
from conference.errors import NotFound
from conference.tables import Conference
from sessions.door.facts import DoorFacts
from sessions.imports.from_files import import_files
from sessions.imports.new_conference import import_programme
from sessions.interchange import frab, own_yaml, schedule_json
from sessions.interchange.drafted import draft_programme
from sessions.interchange.exporting import DRAFT_KINDS, export_draft
from sessions.interchange.model import (
    AppearanceFacts,
    AvailabilityFacts,
    ConferenceFacts,
    LinkFacts,
    OpenHours,
    ProgrammeFile,
    RoomFacts,
    RulesFacts,
    SessionFacts,
    SlotFacts,
    SpeakerFacts,
    TrackFacts,
)
from sessions.tables import (
    AppearanceRole,
    AppearanceState,
    AvailabilityKind,
    ConsentState,
    SessionKind,
    SpeakerKind,
)
from tests.makers import NOW
from tests.shared import data_path

at = datetime.fromisoformat
HOST = "conf.example.org"
GUIDS = [f"7c0f6b52-0c55-4b86-9c3a-4b7a5c2d9e0{number}" for number in range(9)]
WHOLE = ProgrammeFile(
    ConferenceFacts(
        "whole",
        {"en": "Whole", "fr": "Tout"},
        "Europe/London",
        at("2026-10-24T10:00"),
        at("2026-10-25T17:00"),
        languages=("en", "fr"),
    ),
    (
        RoomFacts(
            "a",
            {"en": "Hall"},
            40,
            open_hours=(OpenHours(at("2026-10-24T09:00"), at("2026-10-24T18:00")),),
            vendor_url="https://vendor.example/secret",
            getting_in={"en": "Wait in the lobby.", "fr": "Patientez."},
            dial_in={"en": "+44 20 7946 0000, then 123#"},
        ),
    ),
    (TrackFacts("t", {"en": "Metadata"}, "#1f4e79"),),
    (
        SpeakerFacts(
            "ada",
            "Ada Berg",
            SpeakerKind.PERSON,
            "Head",
            "Library",
            "NO",
            "Europe/Oslo",
            {"fr": "Bonjour"},
            (LinkFacts("https://example.org/ada", "Home"),),
            "person-7",
            "she/her",
            "0000-0002-1825-0097",
            "fr",
            "ada@example.org",
            "Captions",
            "A second screen",
            "Ask again in May",
            (
                AvailabilityFacts(at("2026-10-24T08:00+00:00"), at("2026-10-24T12:00+00:00")),
                AvailabilityFacts(
                    at("2026-10-25T08:00+00:00"), at("2026-10-25T12:00+00:00"), AvailabilityKind.IF_NEEDED
                ),
            ),
            datetime(2026, 4, 1, 12, 30, tzinfo=UTC),
        ),
        SpeakerFacts("org", "The Library", SpeakerKind.ORGANISATION),
    ),
    (
        SessionFacts(
            "panel",
            SessionKind.PANEL,
            {"en": "Panel", "fr": "Table ronde"},
            (
                SlotFacts("a", at("2026-10-25T01:30").replace(fold=1), 45, 12, GUIDS[0]),
                SlotFacts(None, None, 45, None, GUIDS[1], is_cancelled=True),
            ),
            guid=GUIDS[2],
            abstract={"en": "One\n\n- two"},
            language="fr",
            track="t",
            appearances=(
                AppearanceFacts(
                    "ada",
                    AppearanceRole.CHAIR,
                    None,
                    AppearanceState.CONFIRMED,
                    datetime(2026, 2, 1, tzinfo=UTC),
                    datetime(2026, 2, 8, tzinfo=UTC),
                    datetime(2026, 2, 9, 7, 5, tzinfo=UTC),
                    "With pleasure",
                    ConsentState.GIVEN,
                    ConsentState.REFUSED,
                ),
                AppearanceFacts("org", AppearanceRole.PANELLIST, 1, AppearanceState.DECLINED),
            ),
            parts=({"en": "First"}, {"en": "Second"}),
            do_not_record=True,
            links=(LinkFacts("https://example.org/p"),),
            recording_url="https://vendor.example/recording",
            internal_notes="Needs two chairs",
        ),
        SessionFacts(
            "keep",
            SessionKind.BLOCKER,
            {"en": "Sound check"},
            (SlotFacts("a", at("2026-10-24T10:00"), 30, None, GUIDS[3]),),
            guid=GUIDS[3],
        ),
        SessionFacts(
            "off",
            SessionKind.TALK,
            {"en": "Off"},
            (SlotFacts("a", at("2026-10-24T14:00"), 30, None, GUIDS[4]),),
            guid=GUIDS[4],
            is_cancelled=True,
        ),
    ),
    rules=RulesFacts(
        levels={"room-overlap": "warn"}, day_starts=540, gap_minutes=5, expected_audience={"NO": 0.5}
    ),
    doors=DoorFacts(45, {"en": "Any browser\n\n- no account", "fr": "Un navigateur"}, "door@example.org"),
)


async def made(programme: ProgrammeFile, slug: str) -> Conference:
    imported = await import_programme(programme, slug=slug, owner=None, uid_host=HOST, now=NOW)
    assert imported.doubts == ()
    return imported.conference


def without_keys(programme: ProgrammeFile) -> ProgrammeFile:
    """The programme with its own keys numbered, for comparing what was made with what it was made of."""
    names = {
        key: f"{kind}{number}"
        for kind, keys in (
            ("room", [one.key for one in programme.rooms]),
            ("track", [one.key for one in programme.tracks]),
            ("speaker", [one.key for one in programme.speakers]),
            ("session", [one.key for one in programme.sessions]),
        )
        for number, key in enumerate(keys)
    }

    def slot(one: SlotFacts) -> SlotFacts:
        return replace(one, room=names.get(one.room or ""))

    return replace(
        programme,
        conference=replace(programme.conference, slug=""),
        rooms=tuple(replace(one, key=names[one.key]) for one in programme.rooms),
        tracks=tuple(replace(one, key=names[one.key]) for one in programme.tracks),
        speakers=tuple(replace(one, key=names[one.key]) for one in programme.speakers),
        sessions=tuple(
            replace(
                one,
                key=names[one.key],
                track=names.get(one.track or ""),
                slots=tuple(slot(each) for each in one.slots),
                appearances=tuple(replace(each, speaker=names[each.speaker]) for each in one.appearances),
            )
            for one in programme.sessions
        ),
    )


async def test_what_is_imported_is_in_the_draft_field_by_field(each_database: db.Database) -> None:
    conference = await made(WHOLE, "whole")
    drafted = without_keys(await draft_programme(conference))
    expected = without_keys(WHOLE)
    assert drafted.rooms == expected.rooms
    assert drafted.tracks == expected.tracks
    assert drafted.speakers == expected.speakers
    assert drafted.sessions == expected.sessions
    assert drafted.rules == expected.rules
    assert drafted.doors == expected.doors
    first = drafted.sessions[0].slots[0].local_start
    assert first is not None
    assert first.fold == 1  # the second of two equal hours


async def test_an_exported_draft_makes_the_same_conference_again(each_database: db.Database) -> None:
    conference = await made(WHOLE, "whole")
    drafted = await draft_programme(conference)
    read = own_yaml.read(own_yaml.write(drafted, private=True))
    assert read.programme == drafted
    assert read.doubts == ()
    again = await made(read.programme, "again")
    assert without_keys(await draft_programme(again)) == without_keys(drafted)


async def test_the_draft_takes_as_many_queries_however_large_it_is(database: db.Database) -> None:
    small = await made(WHOLE, "whole")
    path = data_path("schedules/seagl-2023.xml")
    await import_files([path], slug="seagl", uid_host=HOST, now=NOW)
    large = await Conference.objects().where(Conference.slug == "seagl").first()
    assert large is not None
    counts = []
    for conference in (small, large):
        with count_queries() as count:
            await draft_programme(conference)
        counts.append(count.total)
    assert counts[0] == counts[1]


async def test_public_formats_of_a_draft_hold_nothing_private(database: db.Database) -> None:
    drafted = await draft_programme(await made(WHOLE, "whole"))
    for content in (
        own_yaml.write(drafted),
        frab.write(drafted, version="1", base_url="https://conf.example.org/whole"),
        schedule_json.write(drafted, version="1", base_url="https://conf.example.org/whole"),
    ):
        for secret in (
            "ada@example.org",
            "vendor.example",
            "Sound check",
            "Captions",
            "Ask again",
            "Needs two",
        ):
            assert secret.encode() not in content
    schema = etree.XMLSchema(etree.parse(str(data_path("schedules/schema/xsd-schedule.xml.xsd"))))
    whole = frab.write(drafted, version="1", base_url="https://conf.example.org/whole")
    schema.assertValid(etree.fromstring(whole))
    days = json.loads(schedule_json.write(drafted, version="1", base_url="https://x.example"))
    events = [
        event
        for day in days["schedule"]["conference"]["days"]
        for events in day["rooms"].values()
        for event in events
    ]
    assert [event["title"] for event in events] == ["Panel"]
    assert [person["name"] for person in events[0]["persons"]] == ["Ada Berg"]


async def test_every_kind_of_file_of_a_draft_can_be_written(database: db.Database) -> None:
    await made(WHOLE, "whole")
    for kind in DRAFT_KINDS:
        content = await export_draft("whole", kind, base_url="https://conf.example.org")
        assert len(content) > 200
    assert b"ada@example.org" in await export_draft("whole", "yaml", base_url="https://conf.example.org")
    with pytest.raises(NotFound):
        await export_draft("nowhere", "yaml", base_url="https://conf.example.org")


async def test_a_conference_without_a_programme_is_a_file_too(database: db.Database) -> None:
    conference = await made(
        replace(WHOLE, sessions=(), rooms=(), tracks=(), speakers=(), rules=None), "empty"
    )
    drafted = await draft_programme(conference)
    assert drafted.sessions == ()
    assert drafted.conference.starts.date() == date(2026, 10, 24)
    assert own_yaml.read(own_yaml.write(drafted, private=True)).programme == drafted
