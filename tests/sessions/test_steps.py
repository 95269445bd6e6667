"""Undo and redo: named, per organiser, fifty deep, refused whole when a colleague has changed the same thing since."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from conference.db import Database
from conference.i18n import use_language
from conference.tables import AuditEntry
from sessions.drafting import delete_session
from sessions.releases.publishing import release_programme
from sessions.schedule.copies import BreakFacts, add_break, copy_to_free_rooms, remove_in_editor, repeat_slot
from sessions.schedule.moves import SlotState, StepFacts, StepKind, step_label
from sessions.schedule.session_slots import SlotKept
from sessions.schedule.step_log import MOST_STEPS, steps_of
from sessions.schedule.steps import StepDone
from sessions.schedule.together import Distance, move_together, unschedule_together
from sessions.schedule.undoing import NothingToUndo, UndoRefused, redo_step, undo_step
from sessions.tables import Appearance, DraftChange, ScheduleStep, Session, SessionKind, Slot
from tests.makers import NOW, make_speaker
from tests.sessions.steps_stage import MIDNIGHT, Stage

OPENING, FUNDRAISING, BRIDGES, LUNCH, MAKERS, PANEL = range(6)


async def labels(stage: Stage) -> list[tuple[str, bool]]:
    """Petra's history, newest first: names, and whether undone."""
    steps = await steps_of(stage.conference.id, stage.petra.id)
    return [(step.label, step.is_undone) for step in steps.history]


async def titled(title: str) -> Session:
    """The session of this English title."""
    [found] = [session for session in await Session.objects() if json.loads(session.title).get("en") == title]
    return found


async def test_steps_are_undone_and_redone_in_turn_and_named(each_database: Database) -> None:
    stage = await Stage.build()
    await stage.place(FUNDRAISING, "14:00")
    await stage.place(FUNDRAISING, "15:00", 2)
    assert (await undo_step(stage.conference, actor=stage.petra, now=NOW)).label == (
        "Moved “Fundraising” to Room B, 15:00"
    )
    assert await labels(stage) == [
        ("Moved “Fundraising” to Room B, 15:00", True),
        ("Moved “Fundraising” to Room A, 14:00", False),
    ]
    await undo_step(stage.conference, actor=stage.petra, now=NOW)
    assert await stage.stands(FUNDRAISING) == (0, "10:00")
    for expected in ((1, "14:00"), (2, "15:00")):
        await redo_step(stage.conference, actor=stage.petra, now=NOW)
        assert await stage.stands(FUNDRAISING) == expected
    with pytest.raises(NothingToUndo, match="nothing to redo"):
        await redo_step(stage.conference, actor=stage.petra, now=NOW)
    actions = await AuditEntry.select(AuditEntry.action).where(AuditEntry.subject.like("slot:%"))
    assert [row["action"] for row in actions] == [
        *["slot-moved"] * 2, *["slot-move-undone"] * 2, *["slot-move-redone"] * 2,
    ]  # fmt: skip


async def test_a_new_step_drops_what_could_be_redone(database: Database) -> None:
    stage = await Stage.build()
    await stage.place(FUNDRAISING, "14:00")
    await undo_step(stage.conference, actor=stage.petra, now=NOW)
    await stage.place(MAKERS, "16:00", 3)
    steps = await steps_of(stage.conference.id, stage.petra.id)
    assert [step.label for step in steps.history] == ["Moved “Makers” to Room C, 16:00"]
    assert steps.redo is None


async def test_each_organiser_has_steps_of_their_own(database: Database) -> None:
    stage = await Stage.build()
    await stage.place(FUNDRAISING, "14:00")
    await stage.place(MAKERS, "16:00", 3, actor=stage.anjali)
    await undo_step(stage.conference, actor=stage.petra, now=NOW)
    assert await stage.stands(FUNDRAISING) == (0, "10:00")
    assert await stage.stands(MAKERS) == (3, "16:00")
    with pytest.raises(NothingToUndo):
        await undo_step(stage.conference, actor=stage.petra, now=NOW)


async def test_fifty_steps_are_kept(database: Database) -> None:
    stage = await Stage.build()
    for number in range(MOST_STEPS + 5):
        await stage.place(FUNDRAISING, f"14:{number:02d}")
    assert await ScheduleStep.count() == MOST_STEPS == 50
    for _step in range(MOST_STEPS):
        await undo_step(stage.conference, actor=stage.petra, now=NOW)
    assert await stage.stands(FUNDRAISING) == (1, "14:04")
    with pytest.raises(NothingToUndo):
        await undo_step(stage.conference, actor=stage.petra, now=NOW)


async def test_undo_of_several_is_refused_whole_when_one_of_them_has_changed(each_database: Database) -> None:
    stage = await Stage.build()
    seen = await stage.seen(OPENING, BRIDGES, MAKERS)
    await move_together(stage.conference.id, seen, Distance(minutes=30), actor=stage.petra, now=NOW)
    await stage.place(BRIDGES, "17:00", 3, actor=stage.anjali)
    before = await stage.snapshot()
    with pytest.raises(
        UndoRefused, match=r"^Anjali Menon has changed this since\. Not undone: Moved 3 sessions by 30"
    ):
        await undo_step(stage.conference, actor=stage.petra, now=NOW)
    assert await stage.snapshot() == before
    # Once the colleague takes theirs back, all three stand as the step left them.
    await undo_step(stage.conference, actor=stage.anjali, now=NOW)
    await undo_step(stage.conference, actor=stage.petra, now=NOW)
    assert [await stage.stands(which) for which in (OPENING, BRIDGES, MAKERS)] == [
        (0, "09:00"), (1, "10:00"), (2, "14:00"),
    ]  # fmt: skip
    # And now the colleague's own step no longer fits.
    with pytest.raises(UndoRefused, match=r"^Petra Vogel has changed this since\. Not redone: "):
        await redo_step(stage.conference, actor=stage.anjali, now=NOW)


async def test_an_earlier_step_can_be_undone_by_name_when_nothing_of_it_has_changed(
    database: Database,
) -> None:
    stage = await Stage.build()
    first = await stage.place(FUNDRAISING, "14:00")
    second = await stage.place(MAKERS, "16:00", 3)
    third = await stage.place(MAKERS, "16:30", 3)
    with pytest.raises(UndoRefused, match=r"^You have changed this again since"):
        await undo_step(stage.conference, actor=stage.petra, now=NOW, step_id=second.step_id)
    await undo_step(stage.conference, actor=stage.petra, now=NOW, step_id=first.step_id)
    assert await stage.stands(FUNDRAISING) == (0, "10:00")
    assert await stage.stands(MAKERS) == (3, "16:30")
    with pytest.raises(NothingToUndo):
        await undo_step(stage.conference, actor=stage.anjali, now=NOW, step_id=third.step_id)


@pytest.mark.parametrize("is_undo", [True, False])
async def test_a_button_pressed_twice_does_it_once(each_database: Database, is_undo: bool) -> None:
    stage = await Stage.build()
    [lunch] = await stage.seen(LUNCH)
    done = await copy_to_free_rooms(stage.conference.id, lunch, actor=stage.petra, now=NOW)
    if not is_undo:
        await undo_step(stage.conference, actor=stage.petra, now=NOW)
    turn = undo_step if is_undo else redo_step
    outcomes = await asyncio.gather(
        *(turn(stage.conference, actor=stage.petra, now=NOW, step_id=done.step_id) for _press in range(3)),
        return_exceptions=True,
    )
    names = sorted(type(outcome).__name__ for outcome in outcomes)
    assert names == ["NothingToUndo", "NothingToUndo", "StepDone"]
    assert await Slot.count() == (6 if is_undo else 9)


async def test_two_organisers_shuffling_the_same_slots_never_wait_for_each_other_for_ever(
    each_database: Database,
) -> None:
    stage = await Stage.build()

    async def shuffle(mine: bool, number: int) -> str:
        actor = stage.petra if mine else stage.anjali
        which = [OPENING, MAKERS, BRIDGES] if mine else [BRIDGES, MAKERS, OPENING]
        seen = await stage.seen(*which)
        try:
            await move_together(stage.conference.id, seen, Distance(minutes=5), actor=actor, now=NOW)
            if number % 2:
                await undo_step(stage.conference, actor=actor, now=NOW)
        except Exception as error:  # whatever it is, its name is looked at below
            return type(error).__name__
        return "done"

    outcomes = await asyncio.gather(*(shuffle(number % 2 == 0, number) for number in range(12)))
    assert set(outcomes) <= {"done", "StaleSlot", "UndoRefused", "NothingToUndo"}
    assert "done" in outcomes


async def test_made_slots_go_with_undo_and_come_back_with_the_same_codes(each_database: Database) -> None:
    stage = await Stage.build()
    [lunch] = await stage.seen(LUNCH)
    before = await stage.snapshot()
    copied = await copy_to_free_rooms(stage.conference.id, lunch, actor=stage.petra, now=NOW)
    assert copied.label == "Copied “Lunch” to 3 rooms"
    codes = sorted(one.code for one in copied.slots)
    undone = await undo_step(stage.conference, actor=stage.petra, now=NOW)
    assert sorted(undone.removed) == codes
    assert await stage.snapshot() == before
    redone = await redo_step(stage.conference, actor=stage.petra, now=NOW)
    assert sorted(one.code for one in redone.slots) == codes
    assert [await stage.stands(code) for code in codes].count((1, "12:00")) == 1


async def test_a_break_made_here_goes_whole_and_comes_back_as_it_was_renamed(each_database: Database) -> None:
    stage = await Stage.build()
    rooms = tuple(room.id for room in stage.rooms[:2])
    tea = BreakFacts(SessionKind.BREAK, "Tea", rooms, MIDNIGHT + timedelta(hours=15), 20)
    done = await add_break(stage.conference.id, tea, actor=stage.petra, now=NOW)
    assert done.label == "Added “Tea” to 2 rooms, 15:00"
    session = await titled("Tea")
    await Session.update({Session.title: json.dumps({"en": "Tea and cake"})}).where(Session.id == session.id)
    await undo_step(stage.conference, actor=stage.petra, now=NOW)
    assert (await Session.count(), await Slot.count()) == (6, 6)
    await redo_step(stage.conference, actor=stage.petra, now=NOW)
    assert await Slot.count() == 8
    # With a speaker it is more than what was made: it stays.
    session = await titled("Tea and cake")
    speaker = await make_speaker(stage.conference, "Aiko Tanaka")
    await Appearance(session=session.id, speaker=speaker.id).save()
    with pytest.raises(UndoRefused, match="It has got speakers or further slots since"):
        await undo_step(stage.conference, actor=stage.petra, now=NOW)
    assert await Slot.count() == 8


async def test_what_was_published_since_stays(database: Database) -> None:
    stage = await Stage.build()
    await repeat_slot(stage.conference.id, stage.slots[LUNCH].code, actor=stage.petra, now=NOW)
    made = await copy_to_free_rooms(
        stage.conference.id, (await stage.seen(LUNCH))[0], actor=stage.petra, now=NOW
    )
    await release_programme(stage.conference, "", actor=stage.petra, now=NOW + timedelta(minutes=1))
    with pytest.raises(UndoRefused, match="has been published"):
        await undo_step(stage.conference, actor=stage.petra, now=NOW)
    assert made.is_changed
    [opening] = await stage.seen(OPENING)
    with pytest.raises(SlotKept, match="at least one slot"):
        await remove_in_editor(stage.conference.id, opening, actor=stage.petra, now=NOW)
    [lunch] = await stage.seen(LUNCH)
    with pytest.raises(SlotKept, match="has been published"):
        await remove_in_editor(stage.conference.id, lunch, actor=stage.petra, now=NOW)


async def test_the_last_slot_of_a_break_takes_the_break_with_it(each_database: Database) -> None:
    stage = await Stage.build()
    before = await stage.snapshot()
    [lunch] = await stage.seen(LUNCH)
    done = await remove_in_editor(stage.conference.id, lunch, actor=stage.petra, now=NOW)
    assert (done.label, done.removed) == ("Removed “Lunch”", (lunch.code,))
    assert await Session.count() == 5
    await undo_step(stage.conference, actor=stage.petra, now=NOW)
    assert await stage.snapshot() == before
    await redo_step(stage.conference, actor=stage.petra, now=NOW)
    assert await Slot.count() == 5


async def test_a_step_about_a_session_deleted_since_makes_way(each_database: Database) -> None:
    stage = await Stage.build()
    await stage.place(MAKERS, "16:00", 3)
    await stage.place(FUNDRAISING, "14:00")
    row = await Slot.select(Slot.session).where(Slot.id == stage.slots[FUNDRAISING].id).first()
    assert row is not None
    await delete_session(row["session"], actor=stage.anjali, now=NOW)
    with pytest.raises(UndoRefused, match="has deleted this since"):
        await undo_step(stage.conference, actor=stage.petra, now=NOW)
    undone = await undo_step(stage.conference, actor=stage.petra, now=NOW)
    assert undone.label == "Moved “Makers” to Room C, 16:00"


async def test_a_step_about_a_slot_that_may_come_back_waits_for_it(database: Database) -> None:
    stage = await Stage.build()
    await stage.place(LUNCH, "12:30", 0)
    [lunch] = await stage.seen(LUNCH)
    await remove_in_editor(stage.conference.id, lunch, actor=stage.anjali, now=NOW)
    with pytest.raises(UndoRefused, match=r"^Anjali Menon has deleted this since"):
        await undo_step(stage.conference, actor=stage.petra, now=NOW)
    await undo_step(stage.conference, actor=stage.anjali, now=NOW)
    await undo_step(stage.conference, actor=stage.petra, now=NOW)
    assert await stage.stands(LUNCH) == (0, "12:00")


async def test_every_step_tells_those_who_look_which_slots_it_touched(database: Database) -> None:
    stage = await Stage.build()
    seen = await stage.seen(OPENING, MAKERS)
    await unschedule_together(stage.conference.id, seen, actor=stage.petra, now=NOW)
    await undo_step(stage.conference, actor=stage.petra, now=NOW)
    rows = await DraftChange.select(DraftChange.slots, DraftChange.organiser).order_by(DraftChange.version)
    codes = sorted(one.code for one in seen)
    assert [(json.loads(row["slots"]), row["organiser"]) for row in rows] == [(codes, stage.petra.id)] * 2


async def test_names_are_in_the_readers_language_and_stay_when_a_session_is_renamed(
    database: Database,
) -> None:
    stage = await Stage.build()
    titles = json.dumps({"en": "Fundraising", "fr": "Collecte de fonds"})
    session = await titled("Fundraising")
    await Session.update({Session.title: titles}).where(Session.id == session.id)
    await stage.place(FUNDRAISING, "14:00")
    await Session.update({Session.title: json.dumps({"en": "Money"})}).where(Session.id == session.id)
    assert "Fundraising" in (await labels(stage))[0][0]
    with use_language("fr"):
        assert "Collecte de fonds" in (await labels(stage))[0][0]


def test_steps_are_named_by_what_they_did() -> None:
    lunch, tea, room = {"en": "Lunch"}, {"en": "Tea"}, {"en": "Room A"}
    on, off = SlotState(1, "2026-06-25T09:00", 0, 30), SlotState(None, None, 0, 30)
    told = [
        step_label(StepKind.SWAP, StepFacts((lunch, tea), count=2)),
        step_label(StepKind.SHIFT, StepFacts((lunch,), count=6, minutes=15, since="2026-06-25T14:00")),
        step_label(StepKind.SHIFT, StepFacts((lunch,), room, 1, -5, "2026-06-25T14:00")),
        step_label(StepKind.COPY, StepFacts((lunch,), count=4)),
        step_label(StepKind.MOVE, StepFacts((lunch, tea), count=2, minutes=30)),
        step_label(StepKind.MOVE, StepFacts((lunch, tea), count=2)),
        step_label(StepKind.UNSCHEDULE, StepFacts((lunch, tea), count=2)),
        step_label(StepKind.UNSCHEDULE, StepFacts((lunch,), before=on, after=off)),
        step_label(StepKind.REPEAT, StepFacts((lunch,))),
        step_label(StepKind.ADD, StepFacts((tea,), room, since="2026-06-25T15:00")),
    ]
    assert told == [
        "Swapped “Lunch” and “Tea”",
        "Shifted 6 sessions by 15 minutes from 14:00",
        "Shifted one session by −5 minutes from 14:00 in Room A",
        "Copied “Lunch” to 4 rooms",
        "Moved 2 sessions by 30 minutes",
        "Moved 2 sessions to other rooms",
        "Took 2 sessions off the schedule",
        "Took “Lunch” off the schedule",
        "Added a repeat of “Lunch”",
        "Added “Tea”, 15:00",
    ]
    facts = StepFacts((lunch,), room, 2, 15, "2026-06-25T14:00", on, off)
    assert StepFacts.from_plain(json.loads(json.dumps(facts.as_plain()))) == facts


def test_a_step_that_changed_nothing_says_so() -> None:
    assert not StepDone(None, "place", "", ()).is_changed
