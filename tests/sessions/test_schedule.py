"""Placing, taking off, resizing, undoing: on both databases, and never over a colleague's change."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime, timedelta

import pytest

from conference.db import Database
from conference.errors import NotFound, StaleEdit
from conference.tables import AuditEntry, Conference, Role
from conference.timezones import RepeatedHour, SkippedHour
from conference.viewer import SignedInOrganiser
from sessions.schedule.placing import PlacingRefused, place_slot, resize, slot_id_of, unschedule_slot
from sessions.schedule.step_log import steps_of
from sessions.schedule.steps import StepDone
from sessions.schedule.undoing import NothingToUndo, UndoRefused, undo_step
from sessions.tables import Room, ScheduleStep, Slot
from tests.makers import (
    NOW,
    THE_DAY,
    make_conference,
    make_member,
    make_organiser,
    make_room,
    make_session,
    make_slot,
)
from tests.people import KOLKATA_ATTENDEE

AT_TWO = datetime.combine(THE_DAY, datetime.min.time()) + timedelta(hours=14)


class Stage:
    """A conference with two rooms, one slot at 10:00, and two organisers."""

    conference: Conference
    main: Room
    workshop: Room
    slot: Slot
    petra: SignedInOrganiser
    anjali: SignedInOrganiser

    @classmethod
    async def build(cls, zone: str = "Europe/London", day: date = THE_DAY) -> Stage:
        """The scene in the database."""
        stage = cls()
        stage.petra = await make_organiser()
        stage.conference = await make_conference(owner=stage.petra, zone=zone, starts_on=day, ends_on=day)
        stage.anjali = await make_member(stage.conference, KOLKATA_ATTENDEE, Role.PROGRAMME)
        stage.main = await make_room(stage.conference, "Main stage")
        stage.workshop = await make_room(stage.conference, "Workshop room B")
        session = await make_session(stage.conference, "Fundraising")
        stage.slot = await make_slot(stage.conference, session, stage.main, "10:00", day=day)
        return stage

    async def place(
        self,
        at: datetime = AT_TWO,
        room: Room | None = None,
        *,
        revision: int = 1,
        actor: SignedInOrganiser | None = None,
        minutes: int = 45,
        fold: int | None = None,
    ) -> StepDone:
        """Place the slot in the workshop room unless told otherwise."""
        return await place_slot(
            self.slot.id,
            room_id=(room or self.workshop).id,
            local_start=at,
            length_minutes=minutes,
            fold=fold,
            revision=revision,
            actor=actor or self.petra,
            now=NOW,
        )

    async def stands(self) -> tuple[int | None, datetime | None, datetime | None, datetime | None, int, int]:
        """Where the slot stands in the database."""
        row = await Slot.select().where(Slot.id == self.slot.id).first()
        assert row is not None
        return (
            row["room"],
            row["local_start"],
            row["start"],
            row["end"],
            row["length_minutes"],
            row["revision"],
        )


async def test_a_slot_is_placed_by_the_conference_clock(each_database: Database) -> None:
    stage = await Stage.build()
    placed = await stage.place(minutes=60)
    in_utc = datetime(2026, 6, 25, 13, 0, tzinfo=UTC)
    assert await stage.stands() == (
        stage.workshop.id,
        AT_TWO,
        in_utc,
        in_utc + timedelta(hours=1),
        60,
        2,
    )
    assert placed.label == "Moved “Fundraising” to Workshop room B, 14:00"
    assert (placed.placed.revision, placed.placed.start, placed.is_changed) == (2, in_utc, True)
    entry = await AuditEntry.select().where(AuditEntry.action == "slot-moved").first()
    assert entry is not None
    assert (entry["actor"], entry["subject"]) == ("Petra Vogel", f"slot:{stage.slot.code}")
    assert json.loads(entry["before"]) == {
        "room": "Main stage",
        "start": "2026-06-25 10:00",
        "length_minutes": 45,
    }
    assert json.loads(entry["after"]) == {
        "room": "Workshop room B",
        "start": "2026-06-25 14:00",
        "length_minutes": 60,
    }


async def test_putting_a_slot_where_it_is_writes_nothing(database: Database) -> None:
    stage = await Stage.build()
    placed = await stage.place(AT_TWO.replace(hour=10), stage.main)
    assert not placed.is_changed
    assert (await stage.stands())[-1] == 1
    assert await ScheduleStep.count() == 0
    with pytest.raises(NothingToUndo):
        await undo_step(stage.conference, actor=stage.petra, now=NOW)


async def test_taking_off_and_placing_again(each_database: Database) -> None:
    stage = await Stage.build()
    off = await unschedule_slot(stage.slot.id, revision=1, actor=stage.petra, now=NOW)
    assert await stage.stands() == (None, None, None, None, 45, 2)
    assert off.label == "Took “Fundraising” off the schedule"
    placed = await stage.place(revision=2)
    assert placed.label == "Placed “Fundraising” in Workshop room B, 2026-06-25 14:00"
    assert (await stage.stands())[2] == datetime(2026, 6, 25, 13, 0, tzinfo=UTC)


async def test_a_new_length_keeps_the_start(database: Database) -> None:
    stage = await Stage.build()
    placed = await resize(stage.slot.id, length_minutes=90, revision=1, actor=stage.petra, now=NOW)
    room, wall, start, end, minutes, revision = await stage.stands()
    assert (room, wall, minutes, revision) == (stage.main.id, AT_TWO.replace(hour=10), 90, 2)
    assert start is not None
    assert end == start + timedelta(minutes=90)
    assert placed.label == "Gave “Fundraising” 90 minutes"


async def test_lengths_and_rooms_that_cannot_be_are_refused(database: Database) -> None:
    stage = await Stage.build()
    elsewhere = await make_conference("elsewhere")
    foreign = await make_room(elsewhere)
    for minutes in (0, -5, 24 * 60 + 1):
        with pytest.raises(PlacingRefused) as refused:
            await stage.place(minutes=minutes)
        assert refused.value.field == "length"
    with pytest.raises(PlacingRefused) as refused:
        await stage.place(room=foreign)
    assert refused.value.field == "room"
    with pytest.raises(NotFound):
        await slot_id_of(elsewhere.id, stage.slot.code)
    assert await slot_id_of(stage.conference.id, stage.slot.code) == stage.slot.id
    assert (await stage.stands())[-1] == 1


async def test_of_two_organisers_moving_one_slot_one_is_told(each_database: Database) -> None:
    stage = await Stage.build()
    outcomes = await asyncio.gather(
        stage.place(AT_TWO, actor=stage.petra),
        stage.place(AT_TWO.replace(hour=16), actor=stage.anjali),
        return_exceptions=True,
    )
    done = [outcome for outcome in outcomes if isinstance(outcome, StepDone)]
    told = [outcome for outcome in outcomes if isinstance(outcome, StaleEdit)]
    assert len(done) == len(told) == 1
    assert done[0].placed.after is not None
    assert done[0].placed.after.local_start is not None
    assert told[0].theirs == {
        "room": "Workshop room B",
        "start": done[0].placed.after.local_start.replace("T", " "),
        "length_minutes": 45,
        "revision": 2,
    }
    assert told[0].mine["start"] in {"2026-06-25 14:00", "2026-06-25 16:00"} - {told[0].theirs["start"]}
    assert (await stage.stands())[-1] == 2
    with pytest.raises(StaleEdit):
        await unschedule_slot(stage.slot.id, revision=1, actor=stage.petra, now=NOW)
    with pytest.raises(StaleEdit):
        await resize(stage.slot.id, length_minutes=5, revision=1, actor=stage.petra, now=NOW)


async def test_moves_are_undone_one_by_one_back_to_the_beginning(each_database: Database) -> None:
    stage = await Stage.build()
    beginning = await stage.stands()
    await stage.place(revision=1)
    await resize(stage.slot.id, length_minutes=20, revision=2, actor=stage.petra, now=NOW)
    await unschedule_slot(stage.slot.id, revision=3, actor=stage.petra, now=NOW)
    labels = []
    for _step in range(3):
        offered = (await steps_of(stage.conference.id, stage.petra.id)).undo
        undone = await undo_step(stage.conference, actor=stage.petra, now=NOW)
        assert offered is not None
        assert offered.label == undone.label
        labels.append(undone.label)
    assert labels == [
        "Took “Fundraising” off the schedule",
        "Gave “Fundraising” 20 minutes",
        "Moved “Fundraising” to Workshop room B, 14:00",
    ]
    assert (await stage.stands())[:-1] == beginning[:-1]
    assert (await stage.stands())[-1] == 7  # each step is a change that others must see
    assert (await steps_of(stage.conference.id, stage.petra.id)).undo is None
    with pytest.raises(NothingToUndo):
        await undo_step(stage.conference, actor=stage.petra, now=NOW)


async def test_undo_is_refused_after_a_colleagues_change_and_names_them(each_database: Database) -> None:
    stage = await Stage.build()
    await stage.place(revision=1, actor=stage.petra)
    await stage.place(AT_TWO.replace(hour=9), stage.main, revision=2, actor=stage.anjali)
    with pytest.raises(UndoRefused) as refused:
        await undo_step(stage.conference, actor=stage.petra, now=NOW)
    assert refused.value.message == (
        "Anjali Menon has changed this since. Not undone: Moved “Fundraising” to Workshop room B, 14:00"
    )
    assert (await stage.stands())[1] == AT_TWO.replace(hour=9)
    # Once the colleague takes theirs back, the first move is the last word again.
    await undo_step(stage.conference, actor=stage.anjali, now=NOW)
    await undo_step(stage.conference, actor=stage.petra, now=NOW)
    assert (await stage.stands())[:2] == (stage.main.id, AT_TWO.replace(hour=10))


async def test_a_change_made_elsewhere_also_stands_in_the_way_of_undo(database: Database) -> None:
    stage = await Stage.build()
    await stage.place()
    await Slot.update({Slot.revision: 3}).where(Slot.id == stage.slot.id)
    with pytest.raises(UndoRefused, match=r"^Someone has changed this since"):
        await undo_step(stage.conference, actor=stage.petra, now=NOW)


async def test_an_undo_button_pressed_twice_undoes_once(each_database: Database) -> None:
    stage = await Stage.build()
    await stage.place(AT_TWO, revision=1)
    await stage.place(AT_TWO.replace(hour=15), revision=2)
    offered = (await steps_of(stage.conference.id, stage.petra.id)).undo
    assert offered is not None
    outcomes = await asyncio.gather(
        *(undo_step(stage.conference, actor=stage.petra, now=NOW, step_id=offered.id) for _press in range(2)),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NothingToUndo", "StepDone"]
    assert (await stage.stands())[1] == AT_TWO


async def test_undo_does_not_bring_back_a_room_that_is_gone(database: Database) -> None:
    stage = await Stage.build()
    await stage.place()
    await Room.delete().where(Room.id == stage.main.id)
    with pytest.raises(PlacingRefused):
        await undo_step(stage.conference, actor=stage.petra, now=NOW)
    assert (await stage.stands())[0] == stage.workshop.id


async def test_an_hour_the_clocks_leave_out_is_refused(each_database: Database) -> None:
    stage = await Stage.build(day=date(2026, 3, 29))
    with pytest.raises(SkippedHour) as refused:
        await stage.place(datetime.fromisoformat("2026-03-29T01:30"))
    assert refused.value.next_valid == datetime.fromisoformat("2026-03-29T02:00")
    assert (await stage.stands())[-1] == 1


async def test_an_hour_that_comes_twice_is_asked_about_once(each_database: Database) -> None:
    stage = await Stage.build(day=date(2026, 10, 25))
    half_past_one = datetime.fromisoformat("2026-10-25T01:30")
    with pytest.raises(RepeatedHour):
        await stage.place(half_past_one)
    second = await stage.place(half_past_one, fold=1)
    assert second.placed.start == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    # Another room, same time: which of the two hours is known.
    moved = await stage.place(half_past_one, stage.main, revision=2)
    assert moved.placed.after is not None
    assert (moved.placed.start, moved.placed.after.fold) == (second.placed.start, 1)
    first = await stage.place(half_past_one, stage.main, revision=3, fold=0)
    assert first.placed.start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    await undo_step(stage.conference, actor=stage.petra, now=NOW)
    assert (await stage.stands())[2] == second.placed.start
