"""What is kept in memory of a draft: cheap while nothing changes, true whatever changes, whoever changed it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from conference.db import Database, count_queries, transaction
from conference.tables import Conference
from sessions.drafting import set_session_state
from sessions.schedule.conflicts import Conflict, ConflictKind, Level, find_conflicts
from sessions.schedule.draft import placings_of
from sessions.schedule.limits import RuleFacts
from sessions.schedule.placings_cache import standing
from sessions.schedule.rules import change_rules
from sessions.schedule.surroundings import surroundings_of
from sessions.schedule.together import Distance, move_together, shift_from
from sessions.tables import DraftChange, SessionState, Slot
from tests.makers import NOW
from tests.sessions.steps_stage import MIDNIGHT, Stage

OPENING, FUNDRAISING, BRIDGES, LUNCH, MAKERS, PANEL = range(6)


async def everything_anew(conference: Conference) -> tuple[list[object], list[Conflict]]:
    """Placements by slot and conflicts, read without anything kept."""
    fresh = await Conference.objects().where(Conference.id == conference.id).first()
    assert fresh is not None
    placings = await placings_of(conference.id)
    placements: list[object] = [*sorted(placings.placements, key=lambda placement: placement.slot)]
    return placements, find_conflicts(placings.placements, await surroundings_of(fresh))


async def kept(conference: Conference) -> tuple[list[object], list[Conflict]]:
    """The same as it is kept."""
    stands = await standing(conference)
    placements: list[object] = [*sorted(stands.placings.placements, key=lambda placement: placement.slot)]
    return placements, stands.conflicts


async def kinds(conference: Conference) -> list[ConflictKind]:
    """The clashes kept; those of Ruth's hours, whom the stage makes speak at five in the morning, aside."""
    found = (await standing(conference)).conflicts
    return [conflict.kind for conflict in found if conflict.kind is not ConflictKind.ANTISOCIAL]


async def test_what_has_not_changed_is_not_read_again(database: Database) -> None:
    stage = await Stage.build()
    first = await standing(stage.conference)
    with count_queries() as asked:
        assert await standing(stage.conference) is first
    assert asked.total == 1
    with count_queries() as asked:
        assert await standing(stage.conference, version=first.version) is first
    assert asked.total == 0


async def test_a_step_costs_the_same_however_much_stands_there(database: Database) -> None:
    stage = await Stage.build()
    await standing(stage.conference)
    await stage.place(FUNDRAISING, "12:10", 0)
    with count_queries() as asked:
        await standing(stage.conference)
    assert asked.total <= 6
    assert await kinds(stage.conference) == [ConflictKind.ROOM]
    assert await kept(stage.conference) == await everything_anew(stage.conference)


async def test_changes_that_may_be_anything_are_followed(each_database: Database) -> None:
    stage = await Stage.build()
    await stage.place(BRIDGES, "10:00", 0)  # clashes with Fundraising
    assert await kinds(stage.conference) == [ConflictKind.ROOM]
    rules = RuleFacts(levels={ConflictKind.ROOM: Level.IGNORE})
    await change_rules(stage.conference, rules, revision=0, actor=stage.petra, now=NOW)
    assert await kinds(stage.conference) == []
    await change_rules(stage.conference, RuleFacts(), revision=1, actor=stage.petra, now=NOW)
    row = await Slot.select(Slot.session).where(Slot.id == stage.slots[BRIDGES].id).first()
    assert row is not None
    await set_session_state(row["session"], SessionState.CANCELLED, actor=stage.petra, now=NOW)
    assert await kinds(stage.conference) == []
    assert await kept(stage.conference) == await everything_anew(stage.conference)


async def test_a_gap_in_what_is_known_of_the_changes_is_filled_by_reading_all(database: Database) -> None:
    stage = await Stage.build()
    await standing(stage.conference)
    await stage.place(FUNDRAISING, "12:10", 0)
    await stage.place(MAKERS, "12:20", 0)
    first = await DraftChange.select(DraftChange.id).order_by(DraftChange.version).first()
    assert first is not None
    await DraftChange.delete().where(DraftChange.id == first["id"])  # as after a day
    assert await kept(stage.conference) == await everything_anew(stage.conference)
    assert await kinds(stage.conference) == [ConflictKind.ROOM] * 3


async def test_a_shift_of_everything_is_followed(database: Database) -> None:
    stage = await Stage.build()
    await standing(stage.conference)
    await shift_from(stage.conference.id, MIDNIGHT, 35, actor=stage.petra, now=NOW)
    assert await kept(stage.conference) == await everything_anew(stage.conference)


async def test_what_a_transaction_sees_is_not_kept(each_database: Database) -> None:
    stage = await Stage.build()
    before = await standing(stage.conference)
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            seen = await stage.seen(FUNDRAISING, BRIDGES)
            await move_together(stage.conference.id, seen, Distance(115), actor=stage.petra, now=NOW)
            assert (await standing(stage.conference)).conflicts != before.conflicts
            raise ZeroDivisionError
    assert await standing(stage.conference) is before


async def test_other_dates_of_the_conference_are_minded_at_once(database: Database) -> None:
    stage = await Stage.build()
    assert await kinds(stage.conference) == []
    stage.conference.starts_on = stage.conference.ends_on = stage.conference.starts_on + timedelta(days=1)
    assert set(await kinds(stage.conference)) == {ConflictKind.OUTSIDE_DAY}
