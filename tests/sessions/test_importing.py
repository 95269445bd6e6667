"""Programme files become conferences, whole or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conference import conferences, db, texts
from conference.conferences import SlugTaken
from conference.db import count_queries
from conference.errors import NotFound
from conference.tables import Conference, Organiser, TeamMember
from conference.timezones import UnknownZone
from sessions.imports.from_files import import_files, import_into, read_files
from sessions.imports.new_conference import import_programme
from sessions.imports.writing import NO_ROOM
from sessions.interchange import own_yaml
from sessions.interchange.exporting import export_programme
from sessions.interchange.model import (
    AppearanceFacts,
    ConferenceFacts,
    ImportRefused,
    LinkFacts,
    PackFacts,
    ProgrammeFile,
    RoomFacts,
    SessionFacts,
    SlotFacts,
    SpeakerFacts,
    TrackFacts,
)
from sessions.packs.tables import Expected, ResourcePack
from sessions.queries import latest_programme
from sessions.tables import (
    Appearance,
    AppearanceRole,
    Room,
    Session,
    SessionKind,
    SessionPart,
    Slot,
    Speaker,
)
from tests.makers import NOW, make_organiser
from tests.shared import data_path


def at(hour: int, minute: int = 0, day: int = 25, month: int = 6) -> datetime:
    return datetime(2027, month, day, hour, minute)  # noqa: DTZ001 - a wall clock has no zone


def programme(*sessions: SessionFacts, zone: str = "Europe/London") -> ProgrammeFile:
    return ProgrammeFile(
        conference=ConferenceFacts(
            slug="bridges", name={"en": "Bridges"}, zone=zone, starts=at(10), ends=at(17), price="free"
        ),
        rooms=(RoomFacts("main", {"en": "Main stage"}), RoomFacts("w", {"en": "Workshops"}, 30)),
        tracks=(TrackFacts("skills", {"en": "Skills"}, "#3b4a86"),),
        speakers=(SpeakerFacts("ruth", "Ruth Okafor", zone="America/New_York", country="US"),),
        sessions=sessions,
        packs=(PackFacts("kit", {"en": "Kit"}, ("workshop",), ("slides", "handout")),),
    )


WORKSHOP = SessionFacts(
    key="workshop",
    kind=SessionKind.WORKSHOP,
    title={"en": "Finding partners"},
    subtitle={"en": "From wish to message"},
    abstract={"en": "A working session."},
    description={"en": "A working session. In groups."},
    track="skills",
    parts=({"en": "Part one"}, {"en": "Part two"}),
    appearances=(
        AppearanceFacts("ruth", AppearanceRole.FACILITATOR, 1),
        AppearanceFacts("ruth", AppearanceRole.FACILITATOR, 0),
        AppearanceFacts("ruth", AppearanceRole.CHAIR),
    ),
    slots=(SlotFacts("w", at(13, 30), 90, 30), SlotFacts("w", at(15, 30), 60, 30)),
    do_not_record=True,
    links=(LinkFacts("https://example.org/handout", "Handout"),),
)


def talk(key: str, *slots: SlotFacts) -> SessionFacts:
    return SessionFacts(key=key, kind=SessionKind.TALK, title={"en": f"Talk {key}"}, slots=slots)


async def test_everything_a_file_says_is_there_afterwards(each_database: db.Database) -> None:
    owner = await make_organiser()

    made = await import_programme(
        programme(WORKSHOP), slug="bridges", owner=owner, uid_host="conf.example.org", now=NOW
    )

    conference = made.conference
    assert made.doubts == ()
    assert (conference.slug, conference.zone, conference.uid_host) == (
        "bridges",
        "Europe/London",
        "conf.example.org",
    )
    assert str(conference.starts_on) == str(conference.ends_on) == "2027-06-25"
    assert texts.decode(conference.description) == {"en": "Price: free."}
    assert await TeamMember.exists().where(TeamMember.conference == conference.id)

    session = await Session.objects().get(Session.conference == conference.id)
    assert session is not None
    assert texts.decode(session.title) == {"en": "Finding partners"}
    assert texts.decode(session.abstract) == {"en": "From wish to message\n\nA working session. In groups."}
    assert (session.kind, session.is_recorded) == ("workshop", False)
    assert json.loads(session.links) == [{"title": "Handout", "url": "https://example.org/handout"}]
    rows = await Expected.select().where(Expected.session == session.id).order_by(Expected.id)
    assert [(row["kind"], bool(row["is_waived"])) for row in rows] == [("slides", False), ("handout", False)]
    assert session.internal_notes == ""

    slots = await Slot.objects().where(Slot.session == session.id).order_by(Slot.position)
    assert [(slot.local_start, slot.start, slot.end, slot.seats) for slot in slots] == [
        (
            at(13, 30),
            datetime(2027, 6, 25, 12, 30, tzinfo=UTC),
            datetime(2027, 6, 25, 14, 0, tzinfo=UTC),
            30,
        ),
        (
            at(15, 30),
            datetime(2027, 6, 25, 14, 30, tzinfo=UTC),
            datetime(2027, 6, 25, 15, 30, tzinfo=UTC),
            30,
        ),
    ]
    parts = (
        await SessionPart.objects().where(SessionPart.session == session.id).order_by(SessionPart.position)
    )
    appearances = (
        await Appearance.objects().where(Appearance.session == session.id).order_by(Appearance.position)
    )
    # The same person in the same role is there once, in the part named first.
    assert [(row.role, row.part) for row in appearances] == [("facilitator", parts[1].id), ("chair", None)]
    pack = await ResourcePack.objects().get(ResourcePack.conference == conference.id)
    assert pack is not None
    assert (pack.session, texts.decode(pack.title)) == (session.id, {"en": "Kit"})


async def test_a_time_that_clocks_leave_out_is_not_guessed(database: db.Database) -> None:
    lost = talk("lost", SlotFacts("main", at(1, 30, day=28, month=3), 30))  # 01:00 to 02:00 is left out

    made = await import_programme(
        programme(WORKSHOP, lost), slug="bridges", owner=None, uid_host="h.example", now=NOW
    )

    assert [doubt.where for doubt in made.doubts] == ["Talk lost"]
    assert "does not exist" in made.doubts[0].message
    slot = await Slot.objects().get((Slot.conference == made.conference.id) & Slot.start.is_null())
    assert slot is not None
    assert slot.length_minutes == 30
    assert slot.local_start is None
    assert slot.room is None


async def test_the_second_of_two_equal_hours_is_told_by_the_fold(database: db.Database) -> None:
    twice = [at(1, 30, day=31, month=10).replace(fold=fold) for fold in (0, 1)]
    sessions = [talk(str(fold), SlotFacts("main", wall, 30)) for fold, wall in enumerate(twice)]

    await import_programme(
        programme(WORKSHOP, *sessions), slug="bridges", owner=None, uid_host="h.example", now=NOW
    )

    rows = await Slot.select(Slot.start).where(Slot.local_start == at(1, 30, day=31, month=10))
    assert sorted(row["start"].astimezone(UTC).hour for row in rows) == [0, 1]


async def test_a_time_without_a_room_keeps_its_time_and_is_reported(database: db.Database) -> None:
    made = await import_programme(
        programme(
            WORKSHOP, talk("lonely", SlotFacts(None, at(11), 30)), talk("later", SlotFacts(None, None, 30))
        ),
        slug="bridges",
        owner=None,
        uid_host="h.example",
        now=NOW,
    )

    assert [doubt.where for doubt in made.doubts] == ["Talk lonely"]
    rooms = await Room.objects().where(Room.conference == made.conference.id).order_by(Room.position)
    assert [texts.pick(room.name, "en") for room in rooms] == ["Main stage", "Workshops", "Room not named"]
    assert await Slot.count().where((Slot.room == rooms[-1].id) & (Slot.local_start == at(11))) == 1
    assert made.counts["unscheduled"] == 1
    assert NO_ROOM not in [room.code for room in rooms]


@pytest.mark.parametrize("minutes", [0, 7 * 24 * 60 + 1, 999_999_999])
async def test_an_impossible_length_refuses_the_whole_file(database: db.Database, minutes: int) -> None:
    with pytest.raises(ImportRefused, match="which no session does"):
        await import_programme(
            programme(WORKSHOP, talk("odd", SlotFacts("main", at(11), minutes))),
            slug="bridges",
            owner=None,
            uid_host="h.example",
            now=NOW,
        )

    assert not await Conference.exists()
    assert not await Room.exists()


async def test_the_slug_of_another_conference_is_refused(database: db.Database) -> None:
    await import_programme(programme(WORKSHOP), slug="bridges", owner=None, uid_host="h.example", now=NOW)

    with pytest.raises(SlugTaken, match="/bridges/"):
        await import_programme(programme(WORKSHOP), slug="bridges", owner=None, uid_host="h.example", now=NOW)

    assert await Conference.count() == 1
    assert await Session.count() == 1


@pytest.mark.parametrize("slug", ["", "Bridges", "a b", "../x", "ä", "x" * 61, "-x"])
async def test_what_cannot_be_an_address_is_refused(database: db.Database, slug: str) -> None:
    with pytest.raises(ImportRefused, match="cannot be an address"):
        await import_programme(programme(WORKSHOP), slug=slug, owner=None, uid_host="h.example", now=NOW)


async def test_an_address_of_meridian_itself_is_refused(database: db.Database) -> None:
    with pytest.raises(SlugTaken):
        await import_programme(
            programme(WORKSHOP), slug="organise", owner=None, uid_host="h.example", now=NOW
        )


async def test_long_names_fit_their_columns(each_database: db.Database) -> None:
    facts = programme(replace(WORKSHOP, title={"en": "T" * 5000}))
    facts = replace(
        facts,
        speakers=(SpeakerFacts("ruth", "R" * 900, role="r" * 900, organisation="o" * 900, zone="Mars/Base"),),
    )

    made = await import_programme(facts, slug="bridges", owner=None, uid_host="h.example", now=NOW)

    speaker = await Speaker.objects().get(Speaker.conference == made.conference.id)
    assert speaker is not None
    assert (len(speaker.name), len(speaker.job_title), speaker.zone) == (200, 200, "")
    assert "Mars/Base" in made.doubts[0].message


async def test_statements_grow_far_slower_than_sessions(database: db.Database) -> None:
    def many(count: int) -> ProgrammeFile:
        return programme(WORKSHOP, *(talk(str(n), SlotFacts("main", at(11), 30)) for n in range(count)))

    with count_queries() as few:
        await import_programme(many(3), slug="few", owner=None, uid_host="h.example", now=NOW)
    with count_queries() as more:
        await import_programme(many(180), slug="more", owner=None, uid_host="h.example", now=NOW)
    assert more.total == few.total


async def test_a_real_conference_of_872_sessions(database: db.Database) -> None:
    report = await import_files(
        [data_path("schedules/fosdem-2020.xml")],
        owner="Petra@Example.org",
        publish=True,
        uid_host="conf.example.org",
        now=NOW,
    )

    assert report[0] == (
        "Made “FOSDEM 2020” at /fosdem-2020/: 35 rooms, 71 tracks, 841 speakers, 872 sessions."
    )
    assert report[1] == "Published as release 1."
    assert any("no time zone" in line for line in report[2:])
    conference = await conferences.conference_by_slug("fosdem-2020")
    assert conference is not None
    assert (str(conference.starts_on), str(conference.ends_on)) == ("2020-02-01", "2020-02-02")
    released = await latest_programme(conference)
    assert released is not None
    assert len(released.placings) == 872
    first = released.placings[0]
    assert (first[0].title, first[1].start) == (
        {"en": "Welcome to FOSDEM 2020"},
        datetime(2020, 2, 1, 8, 30, tzinfo=UTC),
    )
    assert await Organiser.exists().where(Organiser.email_key == "petra@example.org")

    # What goes out comes in again: every event, room, time and person.
    again = read_xml(await export_programme("fosdem-2020", "xml", base_url="https://conf.example.org"))
    assert len(again.sessions) == 872
    assert {(s.title["en"], s.slots[0].local_start) for s in again.sessions} == {
        (session.title["en"], slot.local_start) for session, slot in released.placings
    }


def read_xml(data: bytes) -> ProgrammeFile:
    from sessions.interchange import frab

    return frab.read(data).programme


@pytest.mark.parametrize("kind", ["xml", "json", "ics", "yaml"])
async def test_every_kind_of_export_is_written(database: db.Database, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bridges.yaml"
    path.write_bytes(own_yaml.write(programme(WORKSHOP)))
    await import_files([path], publish=True, uid_host="conf.example.org", now=NOW)

    data = await export_programme("bridges", kind, base_url="https://conf.example.org")

    start = {"xml": b"<?xml", "json": b"{", "ics": b"BEGIN:VCALENDAR", "yaml": b"conference:"}[kind]
    assert data.startswith(start)
    assert data.count(b"Finding partners") == (1 if kind == "yaml" else 2)
    assert b"vendor" not in data


async def test_what_cannot_be_read_leaves_nothing_behind(database: db.Database, tmp_path: Path) -> None:
    broken = tmp_path / "broken.xml"
    broken.write_text("<schedule><day")
    with pytest.raises(ImportRefused):
        await import_files([broken], owner="petra@example.org", uid_host="h.example", now=NOW)
    with pytest.raises(ImportRefused, match="cannot be read"):
        await import_files([tmp_path / "not-there.xml"], uid_host="h.example", now=NOW)
    with pytest.raises(UnknownZone):
        read_files([broken], zone="Mars/Base")

    assert not await Organiser.exists()
    assert not await Conference.exists()


async def test_an_empty_programme_is_made_and_said_not_to_be_published(
    database: db.Database, tmp_path: Path
) -> None:
    path = tmp_path / "plan.yml"
    path.write_bytes(own_yaml.write(replace(programme(), packs=())))

    report = await import_files([path], slug="plan", publish=True, uid_host="h.example", now=NOW)

    assert report[0].startswith("Made “Bridges” at /plan/: 2 rooms")
    assert report[1].startswith("Not published: ")
    assert report[2] == "Nobody has it on their desk yet: meridian organiser add EMAIL --conference plan"


async def test_a_file_is_taken_into_a_draft_from_the_command_line(
    database: db.Database, tmp_path: Path
) -> None:
    path = tmp_path / "plan.yaml"
    path.write_bytes(own_yaml.write(replace(programme(talk("a", SlotFacts("main", at(10), 30))), packs=())))
    await import_files([path], slug="plan", uid_host="h.example", now=NOW)
    sheet = tmp_path / "more.csv"
    sheet.write_text(
        "Title,Room,Date,Start,End\nTalk a,Main stage,2027-06-25,11:00,11:30\nTalk b,Main stage,2027-06-25,12:00,12:30\n"
    )
    looked = await import_into([sheet], "plan", only_look=True, now=NOW)
    assert looked[0].startswith("1 new, 1 changed")
    assert "changed: Talk a (Start: 2027-06-25 10:00 → 2027-06-25 11:00)" in looked
    assert "new: Talk b" in looked
    assert await Session.count() == 1
    assert await import_into([sheet], "plan", only_look=False, now=NOW) == looked
    assert await Session.count() == 2
    assert (await import_into([sheet], "plan", only_look=False, now=NOW))[0].startswith("0 new, 0 changed")
    with pytest.raises(NotFound):
        await import_into([sheet], "nowhere", only_look=True, now=NOW)
