"""Several slots at once: all of them or none, and what is refused names the slot at fault."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from conference.db import Database, count_queries
from conference.errors import NotFound
from conference.timezones import RepeatedHour
from sessions.schedule.conflicts import ConflictKind, Level
from sessions.schedule.copies import BreakFacts, add_break, copy_to_free_rooms, repeat_slot
from sessions.schedule.limits import RuleFacts
from sessions.schedule.placing import place_slot, unschedule_slot
from sessions.schedule.rules import change_rules
from sessions.schedule.slot_changes import PlacingRefused, StaleSlot
from sessions.schedule.together import (
    Distance,
    Seen,
    move_together,
    shift_from,
    swap_two,
    unschedule_together,
)
from sessions.schedule.undoing import undo_step
from sessions.tables import Room, ScheduleStep, SessionKind, Slot
from tests.makers import NOW, make_conference, make_organiser, make_room, make_session, make_slot
from tests.sessions.steps_stage import MIDNIGHT, Stage

OPENING, FUNDRAISING, BRIDGES, LUNCH, MAKERS, PANEL = range(6)


async def test_several_move_by_minutes_and_rooms(each_database: Database) -> None:
    stage = await Stage.build()
    seen = await stage.seen(FUNDRAISING, BRIDGES)
    done = await move_together(
        stage.conference.id, seen, Distance(minutes=45, rooms=1), actor=stage.petra, now=NOW
    )
    assert done.label == "Moved 2 sessions by 45 minutes"
    assert [await stage.stands(which) for which in (FUNDRAISING, BRIDGES)] == [(1, "10:45"), (2, "10:45")]
    one = await move_together(
        stage.conference.id, await stage.seen(MAKERS), Distance(days=1), actor=stage.petra, now=NOW
    )
    assert one.label == "Moved “Makers” to Room B, 2026-06-26 14:00"


@pytest.mark.parametrize(
    ("by", "message"),
    [
        (Distance(rooms=-1), "“Opening”: there is no room so far to the left."),
        (Distance(rooms=4), "“Opening”: there is no room so far to the right."),
        (Distance(), "Please say how far: a number other than 0."),
        (Distance(days=400), "Nothing is moved by more than 366 days at once."),
    ],
)
async def test_what_cannot_move_keeps_all_where_they_are(
    database: Database, by: Distance, message: str
) -> None:
    stage = await Stage.build()
    before = await stage.snapshot()
    with pytest.raises(PlacingRefused) as refused:
        await move_together(
            stage.conference.id, await stage.seen(OPENING, MAKERS), by, actor=stage.petra, now=NOW
        )
    assert refused.value.message == message
    assert (await stage.snapshot(), await ScheduleStep.count()) == (before, 0)


async def test_what_is_off_the_grid_or_gone_is_named(database: Database) -> None:
    stage = await Stage.build()
    with pytest.raises(PlacingRefused, match="“Panel”: it is not on the schedule"):
        await move_together(
            stage.conference.id, await stage.seen(OPENING, PANEL), Distance(5), actor=stage.petra, now=NOW
        )
    with pytest.raises(NotFound):
        await unschedule_together(stage.conference.id, [Seen("nothere", 1)], actor=stage.petra, now=NOW)
    with pytest.raises(PlacingRefused, match="at least one"):
        await unschedule_together(stage.conference.id, [], actor=stage.petra, now=NOW)
    elsewhere = await make_conference("elsewhere")
    with pytest.raises(NotFound):
        await unschedule_together(elsewhere.id, await stage.seen(OPENING), actor=stage.petra, now=NOW)


async def test_one_stale_slot_keeps_all_where_they_are_and_shows_both_versions(
    each_database: Database,
) -> None:
    stage = await Stage.build()
    seen = await stage.seen(OPENING, BRIDGES)
    await stage.place(BRIDGES, "17:00", 3, actor=stage.anjali)
    for attempt in (
        move_together(stage.conference.id, seen, Distance(15), actor=stage.petra, now=NOW),
        unschedule_together(stage.conference.id, seen, actor=stage.petra, now=NOW),
        swap_two(stage.conference.id, *seen, actor=stage.petra, now=NOW),
        shift_from(stage.conference.id, MIDNIGHT, 15, seen=seen, actor=stage.petra, now=NOW),
    ):
        with pytest.raises(StaleSlot) as stale:
            await attempt
        assert stale.value.code == seen[1].code
        assert stale.value.theirs["start"] == "2026-06-25 17:00"
    assert await stage.stands(OPENING) == (0, "09:00")


async def test_two_change_places_and_keep_their_lengths(each_database: Database) -> None:
    stage = await Stage.build()
    await stage.place(OPENING, "09:00", 0, minutes=60)
    done = await swap_two(
        stage.conference.id, *(await stage.seen(OPENING, MAKERS)), actor=stage.petra, now=NOW
    )
    assert done.label == "Swapped “Opening” and “Makers”"
    assert [await stage.stands(which) for which in (OPENING, MAKERS)] == [(2, "14:00"), (0, "09:00")]
    lengths = await Slot.select(Slot.length_minutes, Slot.start, Slot.end).where(
        Slot.code.is_in([one.code for one in done.slots])
    )
    assert sorted(row["length_minutes"] for row in lengths) == [45, 60]
    assert all(row["end"] - row["start"] == timedelta(minutes=row["length_minutes"]) for row in lengths)
    # With one that waits: it takes the place, and the other waits.
    await swap_two(stage.conference.id, *(await stage.seen(PANEL, MAKERS)), actor=stage.petra, now=NOW)
    assert [await stage.stands(which) for which in (PANEL, MAKERS)] == [(0, "09:00"), (None, "")]
    [panel] = await stage.seen(PANEL)
    with pytest.raises(PlacingRefused, match="two different"):
        await swap_two(stage.conference.id, panel, panel, actor=stage.petra, now=NOW)


async def test_everything_after_a_time_shifts_in_all_rooms_or_one(each_database: Database) -> None:
    stage = await Stage.build()
    ten = MIDNIGHT + timedelta(hours=10)
    done = await shift_from(stage.conference.id, ten, 15, actor=stage.petra, now=NOW)
    assert done.label == "Shifted 4 sessions by 15 minutes from 10:00"
    assert [await stage.stands(which) for which in (OPENING, FUNDRAISING, BRIDGES, LUNCH, MAKERS)] == [
        (0, "09:00"), (0, "10:15"), (1, "10:15"), (0, "12:15"), (2, "14:15"),
    ]  # fmt: skip
    main = stage.rooms[0].id
    done = await shift_from(stage.conference.id, ten, -15, room_id=main, actor=stage.petra, now=NOW)
    assert done.label == "Shifted 2 sessions by −15 minutes from 10:00 in Main stage"
    assert [await stage.stands(which) for which in (FUNDRAISING, BRIDGES, LUNCH)] == [
        (0, "10:00"), (1, "10:15"), (0, "12:00"),
    ]  # fmt: skip
    with pytest.raises(PlacingRefused, match="Nothing starts at or after 18:00"):
        await shift_from(stage.conference.id, MIDNIGHT + timedelta(hours=18), 5, actor=stage.petra, now=NOW)


async def test_a_shift_costs_the_same_queries_for_few_and_for_many(database: Database) -> None:
    stage = await Stage.build()

    async def cost() -> int:
        with count_queries() as counted:
            await shift_from(stage.conference.id, MIDNIGHT, 5, actor=stage.petra, now=NOW)
        await undo_step(stage.conference, actor=stage.petra, now=NOW)
        return counted.total

    await cost()
    few = await cost()
    for number in range(20):
        session = await make_session(stage.conference, f"More {number}")
        await make_slot(stage.conference, session, stage.rooms[number % 4], f"{8 + number % 12:02d}:00")
    assert await cost() == few


async def test_a_break_is_copied_to_rooms_that_are_free_and_open(each_database: Database) -> None:
    stage = await Stage.build()
    await stage.place(BRIDGES, "12:30", 1)  # overlaps lunch
    await Room.update({Room.open_hours: '[{"from": "2026-06-25T13:00", "until": "2026-06-25T18:00"}]'}).where(
        Room.id == stage.rooms[2].id
    )
    [lunch] = await stage.seen(LUNCH)
    done = await copy_to_free_rooms(stage.conference.id, lunch, actor=stage.petra, now=NOW)
    assert done.label == "Copied “Lunch” to one room"
    [made] = done.slots
    assert await stage.stands(made.code) == (3, "12:00")
    rows = await Slot.select(Slot.session, Slot.position, Slot.guid).where(
        Slot.code.is_in([made.code, lunch.code])
    )
    assert len({row["session"] for row in rows}) == 1
    assert sorted(row["position"] for row in rows) == [0, 1]
    with pytest.raises(PlacingRefused, match="No other room is free then"):
        await copy_to_free_rooms(stage.conference.id, lunch, actor=stage.petra, now=NOW)
    [opening] = await stage.seen(OPENING)
    with pytest.raises(PlacingRefused, match="Only breaks"):
        await copy_to_free_rooms(stage.conference.id, opening, actor=stage.petra, now=NOW)


async def test_a_repeat_waits_for_its_place(database: Database) -> None:
    stage = await Stage.build()
    done = await repeat_slot(stage.conference.id, stage.slots[MAKERS].code, actor=stage.petra, now=NOW)
    assert done.label == "Added a repeat of “Makers”"
    assert await stage.stands(done.placed.code) == (None, "")


async def test_breaks_and_blockers_are_made_in_one_go(each_database: Database) -> None:
    stage = await Stage.build()
    rooms = tuple(room.id for room in stage.rooms)
    at = MIDNIGHT + timedelta(hours=16)
    done = await add_break(
        stage.conference.id, BreakFacts(SessionKind.BLOCKER, "Setting up", rooms, at, 30),
        actor=stage.petra, now=NOW,
    )  # fmt: skip
    assert [await stage.stands(one.code) for one in done.slots] == [(room, "16:00") for room in range(4)]
    with pytest.raises(PlacingRefused, match="at least one room"):
        await add_break(
            stage.conference.id, BreakFacts(SessionKind.BREAK, "Tea", (), at, 30),
            actor=stage.petra, now=NOW,
        )  # fmt: skip


async def test_clock_changes_stop_the_whole_move_and_name_the_session(each_database: Database) -> None:
    petra = await make_organiser()
    conference = await make_conference(owner=petra, starts_on=date(2026, 3, 28), ends_on=date(2026, 10, 25))
    room = await make_room(conference)
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    early = await make_slot(conference, await make_session(conference, "Early"), room, "00:30", day=spring)
    late = await make_slot(conference, await make_session(conference, "Late"), room, "04:30", day=spring)
    back = await make_slot(conference, await make_session(conference, "Back"), room, "00:30", day=autumn)

    async def move(minutes: int, *slots: Slot) -> None:
        codes = [slot.code for slot in slots]
        rows = await Slot.select(Slot.code, Slot.revision).where(Slot.code.is_in(codes))
        seen = [Seen(row["code"], row["revision"]) for row in rows]
        await move_together(conference.id, seen, Distance(minutes), actor=petra, now=NOW)

    with pytest.raises(PlacingRefused, match=r"“Early”: .*01:30 does not exist"):
        await move(60, late, early)
    with pytest.raises(PlacingRefused, match="“Back”: "):
        await move(60, back)
    # Placed in the second of the two hours by hand, it stays in the second when moved within it.
    placed = await place_slot(
        back.id, room_id=room.id, local_start=datetime.fromisoformat("2026-10-25T01:10"),
        length_minutes=30, fold=1, revision=1, actor=petra, now=NOW,
    )  # fmt: skip
    await move(15, back)
    row = await Slot.select(Slot.start).where(Slot.id == back.id).first()
    assert row is not None
    assert placed.placed.start is not None
    assert row["start"] == placed.placed.start + timedelta(minutes=15)
    with pytest.raises(RepeatedHour):
        await place_slot(
            early.id, room_id=room.id, local_start=datetime.fromisoformat("2026-10-25T01:10"),
            length_minutes=30, revision=1, actor=petra, now=NOW,
        )  # fmt: skip


async def test_a_clash_that_is_not_allowed_is_refused_but_can_be_left(each_database: Database) -> None:
    stage = await Stage.build()
    await stage.place(BRIDGES, "10:30", 0)  # a room clash with Fundraising, 10:00–10:45, before the rule
    rules = RuleFacts(levels={ConflictKind.ROOM: Level.BLOCK})
    await change_rules(stage.conference, rules, revision=0, actor=stage.petra, now=NOW)
    before = await stage.snapshot()
    with pytest.raises(PlacingRefused) as refused:
        await stage.place(MAKERS, "12:10", 0)
    assert refused.value.message == (
        "“Makers” cannot stand there, by this conference’s rules. Main stage is taken by “Lunch”, 12:00–12:45."
    )
    with pytest.raises(PlacingRefused, match="“Bridges” cannot stand there"):
        await stage.place(BRIDGES, "10:15", 0)  # longer than it was
    assert await stage.snapshot() == before
    await stage.place(BRIDGES, "10:35", 0)  # shorter
    # Both at once, and the clash between them as it was.
    await move_together(
        stage.conference.id, await stage.seen(FUNDRAISING, BRIDGES), Distance(5), actor=stage.petra, now=NOW
    )
    [bridges] = await stage.seen(BRIDGES)
    await unschedule_slot(stage.slots[BRIDGES].id, revision=bridges.revision, actor=stage.petra, now=NOW)
    with pytest.raises(PlacingRefused, match="cannot stand there"):
        await undo_step(stage.conference, actor=stage.petra, now=NOW)
