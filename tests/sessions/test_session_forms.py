"""The forms of sessions and slots, and the rules they lead to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from conference import db
from conference.errors import NotFound, StaleEdit
from conference.tables import AuditEntry, Conference
from conference.timezones import RepeatedHour, SkippedHour
from sessions.desk_words import differences, session_words
from sessions.drafting import (
    SessionFacts,
    SessionWasReleased,
    add_session,
    change_session,
    delete_session,
    facts_of,
    set_session_state,
)
from sessions.releases.publishing import release_programme
from sessions.schedule.placing import PlacingRefused
from sessions.schedule.session_slots import (
    SlotFacts,
    SlotKept,
    add_slot,
    change_slot,
    remove_slot,
    set_slot_cancelled,
    slot_facts,
    slots_of,
)
from sessions.schedule.undoing import undo_step
from sessions.session_form import People, Person, SessionForm, SlotForm, other_languages
from sessions.session_people import AppearanceFacts
from sessions.tables import Session, SessionState, Slot
from tests.makers import NOW, make_conference, make_organiser, make_room, make_speaker, make_track

PEOPLE = People(
    [Person(1, "aaaa", "Ruth Okafor"), Person(2, "bbbb", "Sam Lee"), Person(3, "cccc", "sam lee")]
)
TRACKS = {"tttt": 7}
ROOMS = {"rrrr": 5}
FULL = SessionFacts(
    kind="panel",
    title={"en": "Bridges"},
    abstract={"en": "Four."},
    language="fr",
    track=7,
    appearances=(AppearanceFacts(1, "chair"), AppearanceFacts(3, "panellist", 1), AppearanceFacts(1, "host")),
    parts=({"en": "Oxford"}, {"en": "Bergen"}),
    links=({"title": "", "url": "https://example.org/"},),
    is_recorded=False,
    recording_url="https://vendor.example/r",
    internal_notes="Loud.",
)


def test_people_are_found_by_name_by_label_and_by_code() -> None:
    assert PEOPLE.labels == {1: "Ruth Okafor", 2: "Sam Lee (bbbb)", 3: "sam lee (cccc)"}
    assert PEOPLE.find("RUTH OKAFOR") == Person(1, "aaaa", "Ruth Okafor")
    assert PEOPLE.find("Sam Lee (bbbb)") == PEOPLE.find("bbbb") == Person(2, "bbbb", "Sam Lee")
    assert PEOPLE.find("Sam Lee") is None
    assert "Several" in PEOPLE.why_not("Sam Lee")
    assert "No speaker" in PEOPLE.why_not("Zoe")


def test_a_sessions_form_gives_back_the_facts_it_was_made_from() -> None:
    form = SessionForm.of(FULL, ("en",), 4, people=PEOPLE, tracks=TRACKS)
    again = SessionForm.from_post(form.values, ("en",), FULL, people=PEOPLE, tracks=TRACKS)
    assert (again.errors, again.facts, again.revision) == ({}, FULL, 4)
    assert form.people_rows == [0, 1, 2, 3, 4]  # two empty ones more
    assert form.part_choices == [("1", "1. Oxford"), ("2", "2. Bergen")]


def test_one_speaker_has_each_role_once_and_only_parts_with_a_title() -> None:
    form = SessionForm.of(FULL, ("en",), 1, people=PEOPLE, tracks=TRACKS)
    form.values |= {"role_2": "chair", "in_part_1": "9"}
    again = SessionForm.from_post(form.values, ("en",), people=PEOPLE, tracks=TRACKS)
    assert sorted(again.errors) == ["in_part_1", "person_2"]
    assert again.facts is None


def test_an_empty_row_between_parts_moves_nobody_to_another_part() -> None:
    values = {"kind": "panel", "title_en": "T", "part_en_0": "A", "part_en_2": "C"}
    values |= {"person_0": "Ruth Okafor", "in_part_0": "3"}
    form = SessionForm.from_post(values, ("en",), people=PEOPLE, tracks={})
    assert form.facts is not None
    assert form.facts.parts == ({"en": "A"}, {"en": "C"})
    assert form.facts.appearances == (AppearanceFacts(1, "presenter", 1),)


def test_two_versions_are_told_apart_in_words() -> None:
    theirs = SessionFacts(**{**FULL.__dict__, "title": {"en": "Bridges!"}, "appearances": ()})
    found = differences(
        session_words(FULL, people=PEOPLE.labels, tracks={7: "Good practice"}),
        session_words(theirs, people=PEOPLE.labels, tracks={7: "Good practice"}),
    )
    assert [one.label for one in found] == ["Title", "Speakers"]
    assert found[1].mine.splitlines()[1] == "sam lee (cccc) (panellist), Bergen"


def test_languages_beside_the_conferences_own_are_offered_once_by_name() -> None:
    codes = [code for code, _name in other_languages(("en", "fr"), "en")]
    assert "cy" in codes
    assert {"en", "fr"}.isdisjoint(codes)
    assert len(codes) == len(set(codes)) > 100


def slot_form(**typed: str) -> SlotForm:
    values = {f"slot_{name}": value for name, value in {"length": "30", **typed}.items()}
    return SlotForm.from_post("slot", values, rooms=ROOMS, zone="Europe/London")


def test_a_slots_room_and_start_come_together_or_not_at_all() -> None:
    assert slot_form().facts == SlotFacts(30, None, None, None)
    assert slot_form(room="rrrr", start="2026-06-25T10:00", seats="30").facts == SlotFacts(
        30,
        30,
        5,
        datetime(2026, 6, 25, 10),  # noqa: DTZ001  # a wall clock has no zone
    )
    assert list(slot_form(room="rrrr").errors) == ["slot_start"]
    assert list(slot_form(start="2026-06-25T10:00").errors) == ["slot_room"]
    assert list(slot_form(room="other", start="2026-06-25T10:00").errors) == ["slot_room"]
    for length in ("", "0", "1441", "-5", "1.5", "x"):
        assert list(slot_form(length=length).errors) == ["slot_length"]


def test_only_a_start_that_happens_twice_asks_which_is_meant() -> None:
    twice = slot_form(room="rrrr", start="2026-10-25T01:30")
    assert [value for value, _words in twice.fold_choices] == ["0", "1"]
    assert twice.fold is None
    assert slot_form(room="rrrr", start="2026-10-25T01:30", fold="1").fold == 1
    assert slot_form(room="rrrr", start="2026-10-25T02:30").fold_choices == []
    assert slot_form(room="rrrr", start="2026-03-29T01:30").fold_choices == []
    assert slot_form(start="junk").fold_choices == []


# --- rules ---------------------------------------------------------------------------------------------------------


async def add(
    conference: Conference, slot: SlotFacts | None = None, fold: int | None = None, **facts: object
) -> Session:
    return await add_session(
        conference,
        SessionFacts(**{"title": {"en": "Bridges"}, **facts}),  # type: ignore[arg-type]  # any of its fields
        slot or SlotFacts(),
        fold=fold,
        actor=await make_organiser(),
        now=NOW,
    )


async def test_a_session_with_parts_and_people_is_stored_whole(each_database: db.Database) -> None:
    conference = await make_conference()
    ruth, sam = await make_speaker(conference), await make_speaker(conference, "Sam")
    track = await make_track(conference)
    facts = SessionFacts(
        **{
            **FULL.__dict__,
            "track": track.id,
            "appearances": (AppearanceFacts(ruth.id, "chair"), AppearanceFacts(sam.id, "panellist", 1)),
        }
    )
    petra = await make_organiser()
    session = await add_session(conference, facts, SlotFacts(90, 30), actor=petra, now=NOW)
    assert await facts_of(session) == facts
    assert [slot_facts(slot) for slot in await slots_of(session.id)] == [SlotFacts(90, 30)]
    fewer = SessionFacts(**{**facts.__dict__, "parts": (), "appearances": (AppearanceFacts(sam.id),)})
    await change_session(session.id, fewer, revision=1, actor=petra, now=NOW)
    stored = await Session.objects().get(Session.id == session.id)
    assert stored is not None
    assert (await facts_of(stored), stored.revision) == (fewer, 2)
    with pytest.raises(StaleEdit):
        await change_session(session.id, facts, revision=1, actor=petra, now=NOW)


async def test_speakers_and_tracks_of_another_conference_are_not_taken(each_database: db.Database) -> None:
    conference, other = await make_conference(), await make_conference("other")
    stranger, track = await make_speaker(other), await make_track(other)
    with pytest.raises(NotFound, match="speaker"):
        await add(conference, appearances=(AppearanceFacts(stranger.id),))
    with pytest.raises(NotFound, match="track"):
        await add(conference, track=track.id)
    assert await Session.count() == 0


async def test_a_session_may_be_placed_at_once_and_the_move_undone(each_database: db.Database) -> None:
    conference = await make_conference()
    room = await make_room(conference)
    at = datetime(2026, 6, 25, 10)  # noqa: DTZ001  # a wall clock has no zone
    session = await add(conference, SlotFacts(45, None, room.id, at))
    [slot] = await slots_of(session.id)
    assert (slot.room, slot.start) == (room.id, datetime(2026, 6, 25, 9, tzinfo=UTC))
    await undo_step(conference, actor=await make_organiser(), now=NOW)
    assert [slot_facts(slot) for slot in await slots_of(session.id)] == [SlotFacts(45)]


async def test_a_start_that_is_skipped_or_happens_twice_leaves_nothing_behind(
    each_database: db.Database,
) -> None:
    conference = await make_conference()
    room = await make_room(conference)
    skipped = datetime(2026, 3, 29, 1, 30)  # noqa: DTZ001  # a wall clock has no zone
    twice = datetime(2026, 10, 25, 1, 30)  # noqa: DTZ001  # a wall clock has no zone
    with pytest.raises(SkippedHour):
        await add(conference, SlotFacts(45, None, room.id, skipped))
    with pytest.raises(RepeatedHour):
        await add(conference, SlotFacts(45, None, room.id, twice))
    assert (await Session.count(), await Slot.count(), await AuditEntry.count()) == (0, 0, 1)
    session = await add(conference, SlotFacts(45, None, room.id, twice), fold=1)
    [slot] = await slots_of(session.id)
    assert slot.start == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


async def test_seats_and_place_change_together_or_not_at_all(each_database: db.Database) -> None:
    conference = await make_conference()
    room = await make_room(conference)
    foreign = await make_room(await make_conference("other"))
    petra = await make_organiser()
    session = await add(conference)
    [slot] = await slots_of(session.id)
    at = datetime(2026, 6, 25, 10)  # noqa: DTZ001  # a wall clock has no zone
    with pytest.raises(PlacingRefused):
        await change_slot(slot.id, SlotFacts(60, 30, foreign.id, at), revision=1, actor=petra, now=NOW)
    assert [slot_facts(slot) for slot in await slots_of(session.id)] == [SlotFacts()]
    placed = SlotFacts(60, 30, room.id, at)
    await change_slot(slot.id, placed, revision=1, actor=petra, now=NOW)
    [slot] = await slots_of(session.id)
    assert slot_facts(slot) == placed
    with pytest.raises(StaleEdit) as refusal:
        await change_slot(slot.id, SlotFacts(15), revision=1, actor=petra, now=NOW)
    assert (refusal.value.mine["length_minutes"], refusal.value.theirs["length_minutes"]) == (15, 60)
    await change_slot(slot.id, SlotFacts(15), revision=slot.revision, actor=petra, now=NOW)
    assert [slot_facts(slot) for slot in await slots_of(session.id)] == [SlotFacts(15)]


async def test_a_second_slot_comes_and_goes_but_the_last_and_the_published_stay(
    each_database: db.Database,
) -> None:
    conference = await make_conference()
    room = await make_room(conference)
    petra = await make_organiser()
    at = datetime(2026, 6, 25, 10)  # noqa: DTZ001  # a wall clock has no zone
    session = await add(conference, SlotFacts(45, 30, room.id, at))
    first = (await slots_of(session.id))[0]
    with pytest.raises(SlotKept, match="on the schedule"):
        await remove_slot(first.id, actor=petra, now=NOW)
    second = await add_slot(session.id, SlotFacts(45, 30), actor=petra, now=NOW)
    assert [slot.id for slot in await slots_of(session.id)] == [first.id, second.id]
    await remove_slot(second.id, actor=petra, now=NOW)
    await release_programme(conference, "", actor=petra, now=NOW)
    await change_slot(first.id, SlotFacts(45, 30), revision=first.revision, actor=petra, now=NOW)
    with pytest.raises(SlotKept, match="at least one"):
        await remove_slot(first.id, actor=petra, now=NOW)
    third = await add_slot(session.id, SlotFacts(), actor=petra, now=NOW)
    with pytest.raises(SlotKept, match="published"):
        await remove_slot(first.id, actor=petra, now=NOW)
    await remove_slot(third.id, actor=petra, now=NOW)


async def test_a_published_session_is_cancelled_and_restored_and_a_new_one_deleted(
    each_database: db.Database,
) -> None:
    conference = await make_conference()
    room = await make_room(conference)
    petra = await make_organiser()
    at = datetime(2026, 6, 25, 10)  # noqa: DTZ001  # a wall clock has no zone
    published = await add(conference, SlotFacts(45, None, room.id, at))
    await release_programme(conference, "", actor=petra, now=NOW)
    draft = await add(conference)
    with pytest.raises(SessionWasReleased):
        await delete_session(published.id, actor=petra, now=NOW)
    await delete_session(draft.id, actor=petra, now=NOW)
    await set_session_state(published.id, SessionState.CANCELLED, actor=petra, now=NOW)
    await set_session_state(published.id, SessionState.CANCELLED, actor=petra, now=NOW)
    assert (await Session.select(Session.id, Session.state)) == [
        {"id": published.id, "state": SessionState.CANCELLED}
    ]
    await set_session_state(published.id, SessionState.ACTIVE, actor=petra, now=NOW)
    actions = [
        row["action"]
        for row in await AuditEntry.select(AuditEntry.action)
        .where(AuditEntry.subject == f"session:{published.code}")
        .order_by(AuditEntry.id)
    ]
    assert actions == ["session-added", "session-cancelled", "session-restored"]


async def test_one_slot_of_a_session_can_be_cancelled_and_restored(each_database: db.Database) -> None:
    session = await add(await make_conference())
    [slot] = await slots_of(session.id)
    petra = await make_organiser()
    await set_slot_cancelled(slot.id, True, actor=petra, now=NOW)
    [cancelled] = await slots_of(session.id)
    assert (bool(cancelled.is_cancelled), cancelled.revision) == (True, 2)
    await set_slot_cancelled(slot.id, False, actor=petra, now=NOW)
    assert not (await slots_of(session.id))[0].is_cancelled
