"""Programme files taken into a conference that is there already: looked at, then done as a whole, and twice changes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conference import db, texts
from conference.tables import AuditEntry, Conference
from conference.viewer import SignedInOrganiser
from sessions.door.facts import DoorFacts
from sessions.door.rules import door_rules_of
from sessions.imports.new_conference import import_programme
from sessions.imports.plan import Action, Plan
from sessions.imports.taking_in import PlanChanged, look_at_import, take_in
from sessions.interchange import frab, own_yaml
from sessions.interchange.model import (
    AppearanceFacts,
    ProgrammeFile,
    RoomFacts,
    SessionFacts,
    SlotFacts,
    SpeakerFacts,
)
from sessions.schedule.live import draft_version
from sessions.tables import (
    Appearance,
    AppearanceRole,
    AppearanceState,
    Room,
    Session,
    SessionKind,
    Slot,
    Speaker,
)
from tests.makers import NOW, make_organiser
from tests.sessions import test_importing
from tests.sessions.test_importing import WORKSHOP, at, talk
from tests.shared import data_path

GUID = "11111111-2222-4333-8444-555555555555"


def programme(*sessions: SessionFacts, zone: str = "Europe/London") -> ProgrammeFile:
    return replace(test_importing.programme(*sessions, zone=zone), packs=())


class Desk:
    """A conference made of one file, at the desk of its organiser."""

    def __init__(self, conference: Conference, actor: SignedInOrganiser) -> None:
        self.conference = conference
        self.actor = actor

    async def look(self, file: ProgrammeFile) -> Plan:
        return (await look_at_import(self.conference, file)).plan

    async def take(self, file: ProgrammeFile) -> Plan:
        plan = await self.look(file)
        return await take_in(self.conference, file, digest=plan.digest, actor=self.actor, now=NOW)

    async def slots(self, title: str) -> list[Slot]:
        rows = await Slot.objects().where(Slot.conference == self.conference.id).order_by(Slot.position)
        names = {row.id: texts.pick(row.title, "en") for row in await Session.objects()}
        return [row for row in rows if names[row.session] == title]


async def made_of(file: ProgrammeFile) -> Desk:
    actor = await make_organiser()
    made = await import_programme(file, slug="bridges", owner=actor, uid_host="conf.example.org", now=NOW)
    return Desk(made.conference, actor)


def lines(plan: Plan) -> list[tuple[str, str, str]]:
    return [(line.action.value, line.subject, line.name) for line in plan.lines]


async def test_the_same_file_again_changes_nothing(each_database: db.Database) -> None:
    file = programme(WORKSHOP, talk("a", SlotFacts("main", at(10), 30), SlotFacts(None, None, 30)))
    desk = await made_of(file)
    version = await draft_version(desk.conference.id)
    plan = await desk.take(file)
    assert plan.is_empty
    assert dict(plan.same) == {"room": 2, "track": 1, "speaker": 1, "session": 2, "slot": 4}
    assert await draft_version(desk.conference.id) == version


async def test_what_is_new_comes_and_what_is_not_in_the_file_stays(each_database: db.Database) -> None:
    desk = await made_of(programme(talk("a", SlotFacts("main", at(10), 30))))
    file = programme(
        replace(
            talk("b", SlotFacts("attic", at(11), 45, 12)),
            appearances=(AppearanceFacts("ama"), AppearanceFacts("ruth")),
        )
    )
    file = replace(
        file,
        rooms=(RoomFacts("attic", {"en": "Attic"}, 12),),
        speakers=(
            SpeakerFacts("ruth", "ruth  OKAFOR"),
            SpeakerFacts("ama", "Ama Boateng", zone="Africa/Accra"),
        ),
        tracks=(),
    )
    plan = await desk.look(file)
    assert lines(plan) == [
        ("new", "room", "Attic"),
        ("changed", "speaker", "ruth  OKAFOR"),
        ("new", "speaker", "Ama Boateng"),
        ("new", "session", "Talk b"),
    ]
    assert dict(plan.left) == {"room": 2, "track": 1, "speaker": 0, "session": 1}
    before = await draft_version(desk.conference.id)
    await desk.take(file)
    assert await Session.count() == 2
    assert await Speaker.count() == 2
    (slot,) = await desk.slots("Talk b")
    attic = await Room.objects().where(Room.id == slot.room).first()
    assert attic is not None
    assert (texts.pick(attic.name, "en"), attic.position, slot.seats) == ("Attic", 2, 12)
    assert await draft_version(desk.conference.id) == before + 1
    entry = await AuditEntry.objects().order_by(AuditEntry.id, ascending=False).first()
    assert entry is not None
    assert entry.action == "programme-imported"
    assert (await desk.look(file)).is_empty


async def test_a_moved_and_retitled_session_is_known_by_its_guid(each_database: db.Database) -> None:
    old = replace(talk("a", SlotFacts("main", at(10), 30)), guid=GUID)
    desk = await made_of(programme(old))
    (before,) = await desk.slots("Talk a")
    new = replace(
        old, key="x", title={"en": "Bridges", "fr": "Ponts"}, slots=(SlotFacts("w", at(11, 15), 45),)
    )
    plan = await desk.take(programme(new))
    assert lines(plan) == [("changed", "session", "Bridges"), ("changed", "slot", "Bridges")]
    assert plan.lines[1].changes == (
        ("length_minutes", "30", "45"),
        ("room", "Main stage", "Workshops"),
        ("local_start", "2027-06-25 10:00", "2027-06-25 11:15"),
    )
    (after,) = await desk.slots("Bridges")
    assert (after.code, after.local_start, after.revision) == (before.code, at(11, 15), before.revision + 1)
    assert (after.end - after.start).total_seconds() == 45 * 60
    assert (await desk.look(programme(new))).is_empty


async def test_silence_takes_nothing_back(database: db.Database) -> None:
    desk = await made_of(programme(WORKSHOP))
    bare = SessionFacts("w", SessionKind.TALK, {"en": "Finding partners"}, (SlotFacts(None, None, 90),))
    plan = await desk.take(replace(programme(bare), speakers=(), tracks=(), rooms=()))
    assert plan.is_empty
    early, late = await desk.slots("Finding partners")
    assert (early.local_start, late.local_start) == (at(13, 30), at(15, 30))
    session = await Session.objects().first()
    assert session is not None
    assert (session.kind, session.is_recorded) == (SessionKind.WORKSHOP, False)


async def test_a_time_without_a_room_leaves_the_room_as_it_is(database: db.Database) -> None:
    desk = await made_of(programme(talk("a", SlotFacts("main", at(10), 30))))
    file = replace(programme(talk("a", SlotFacts(None, at(11), 30))), rooms=())
    plan = await desk.take(file)
    assert lines(plan) == [("changed", "slot", "Talk a")]
    (slot,) = await desk.slots("Talk a")
    rooms = [texts.pick(room.name, "en") for room in await Room.objects().order_by(Room.id)]
    assert (slot.local_start, rooms[:1], "Room not named" in rooms) == (at(11), ["Main stage"], False)
    assert (await desk.look(file)).is_empty


async def test_a_speaker_leaves_a_session_unless_they_were_asked(database: db.Database) -> None:
    ruth, ama = SpeakerFacts("r", "Ruth Okafor"), SpeakerFacts("a", "Ama Boateng")
    old = replace(
        talk("a", SlotFacts("main", at(10), 30)),
        appearances=(AppearanceFacts("r"), AppearanceFacts("a", AppearanceRole.CHAIR)),
    )
    desk = await made_of(replace(programme(old), speakers=(ruth, ama)))
    joyce = SpeakerFacts("j", "Joyce Mwangi")
    new = replace(programme(replace(old, appearances=(AppearanceFacts("j"),))), speakers=(joyce,))
    await Appearance.update({Appearance.state: AppearanceState.CONFIRMED.value}).where(
        Appearance.role == AppearanceRole.CHAIR.value
    )
    plan = await desk.take(new)
    assert [line for line in lines(plan) if line[1] == "appearance"] == [
        (Action.NEW.value, "appearance", "Joyce Mwangi – Talk a"),
        (Action.GONE.value, "appearance", "Ruth Okafor – Talk a"),
    ]
    names = await Appearance.select(Appearance.speaker._.name.as_alias("name")).order_by(Appearance.position)
    assert [row["name"] for row in names] == ["Ama Boateng", "Joyce Mwangi"]
    assert (await desk.look(new)).is_empty


async def test_names_that_several_have_tell_nothing(database: db.Database) -> None:
    two = replace(programme(), speakers=(SpeakerFacts("a", "Ann Lee"), SpeakerFacts("b", "Ann Lee")))
    desk = await made_of(two)
    plan = await desk.look(replace(programme(), speakers=(SpeakerFacts("c", "Ann Lee"),)))
    assert lines(plan) == [("new", "speaker", "Ann Lee")]


async def test_two_people_of_one_name_are_found_again_by_what_they_appear_in(database: db.Database) -> None:
    named = (SpeakerFacts("a", "Ann Lee"), SpeakerFacts("b", "Ann Lee"), SpeakerFacts("c", "Ann Lee"))
    first = replace(talk("a", SlotFacts("main", at(10), 30)), appearances=(AppearanceFacts("a"),))
    second = replace(talk("b", SlotFacts("main", at(11), 30)), appearances=(AppearanceFacts("b"),))
    file = replace(programme(first, second), speakers=named)
    desk = await made_of(file)
    assert (await desk.look(file)).is_empty
    turned = replace(programme(second, first), speakers=tuple(reversed(named)))
    assert (await desk.look(turned)).is_empty


async def test_a_draft_that_changed_meanwhile_is_not_written_over(each_database: db.Database) -> None:
    desk = await made_of(programme(talk("a", SlotFacts("main", at(10), 30))))
    file = programme(talk("a", SlotFacts("main", at(12), 30)))
    plan = await desk.look(file)
    await Slot.update({Slot.length_minutes: 20}, force=True)
    with pytest.raises(PlanChanged):
        await take_in(desk.conference, file, digest=plan.digest, actor=desk.actor, now=NOW)
    (slot,) = await desk.slots("Talk a")
    assert slot.local_start == at(10)


async def test_another_clock_is_doubted_and_not_followed(database: db.Database) -> None:
    desk = await made_of(programme(talk("a", SlotFacts("main", at(10), 30))))
    looked = await look_at_import(desk.conference, programme(zone="Africa/Lagos"))
    assert [doubt.where for doubt in looked.doubts] == ["Africa/Lagos"]


async def test_fosdem_again_changes_nothing_and_costs_few_queries(database: db.Database) -> None:
    file = frab.read(data_path("schedules/fosdem-2020.xml").read_bytes(), zone="Europe/Brussels").programme
    desk = await made_of(file)
    with db.count_queries() as counted:
        plan = await desk.look(file)
    assert lines(plan) == []
    assert plan.same["slot"] == 872
    assert counted.total <= 10


async def test_help_at_the_doors_comes_with_a_file_and_silence_keeps_it(each_database: db.Database) -> None:
    file = programme(WORKSHOP)
    rooms = tuple(replace(room, getting_in={"en": "Wait."}, dial_in={"en": "+44 1"}) for room in file.rooms)
    with_doors = replace(file, rooms=rooms, doors=DoorFacts(30, {"en": "Any browser."}, "door@example.org"))
    desk = await made_of(file)
    plan = await desk.take(with_doors)
    assert ("new", "doors", "") in lines(plan)
    facts, revision = await door_rules_of(desk.conference.id)
    assert (facts, revision) == (with_doors.doors, 1)
    assert {texts.decode(room.dial_in)["en"] for room in await Room.objects()} == {"+44 1"}
    assert (await desk.look(with_doors)).is_empty
    assert (await desk.look(file)).is_empty  # a file that is silent takes nothing back
    plan = await desk.take(replace(with_doors, doors=DoorFacts(20, {"fr": "Un navigateur."})))
    assert ("changed", "doors", "") in lines(plan)
    assert await door_rules_of(desk.conference.id) == (
        DoorFacts(20, {"en": "Any browser.", "fr": "Un navigateur."}, "door@example.org"),
        2,
    )


def test_a_files_words_for_people_never_name_a_meeting_service() -> None:
    read = own_yaml.read(
        b"""
conference: {name: A, zone: UTC, starts: 2026-06-25T10:00, ends: 2026-06-25T17:00, languages: [en, fr]}
rooms:
  - {id: a, name: A, vendor_url: "https://meet.vendor.example/x", getting_in: {en: "Open meet.VENDOR.example", fr: Attendez.}}
doors: {getting_in: "See https://meet.vendor.example/help", help_email: nobody, stage_early_minutes: 9999, what: x}
sessions: []
"""
    )
    assert read.programme.rooms[0].getting_in == {"fr": "Attendez."}
    assert read.programme.doors == DoorFacts(240, {}, "")
    assert sorted(doubt.kind for doubt in read.doubts) == ["address", "field", "vendor", "vendor"]
