"""Whatever twenty things an organiser does in the editor: undone, all is as it was; redone, as it had become."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conference import db
from conference.errors import DomainError
from conference.tables import Conference
from sessions.schedule.conflicts import find_conflicts
from sessions.schedule.draft import placings_of
from sessions.schedule.placings_cache import standing
from sessions.schedule.step_log import steps_of
from sessions.schedule.surroundings import surroundings_of
from sessions.schedule.undoing import NothingToUndo, redo_step, undo_step
from tests.databases import SQLiteTemplate, opened
from tests.makers import NOW
from tests.sessions.steps_stage import OPERATIONS, Operation, Stage

TWENTY = 20

NUMBER = st.integers(0, 40)
SEQUENCES = st.lists(
    st.tuples(st.sampled_from(OPERATIONS), NUMBER, NUMBER, NUMBER), min_size=TWENTY, max_size=TWENTY
)


async def play(operations: Sequence[Operation]) -> int:
    """Do it all, undo it all, redo it all, undo it again; how many steps it made."""
    stage = await Stage.build()
    petra = stage.petra
    pictures = [await stage.snapshot()]
    for operation in operations:
        try:
            done = await stage.do(operation)
        except DomainError:
            assert await stage.snapshot() == pictures[-1]  # refused: nothing is half done
            continue
        if done.is_changed:
            pictures.append(await stage.snapshot())
        await cache_is_true(stage.conference)
    assert len((await steps_of(stage.conference.id, petra.id)).history) == len(pictures) - 1
    for picture in reversed(pictures[:-1]):
        await undo_step(stage.conference, actor=petra, now=NOW)
        assert await stage.snapshot() == picture
        await cache_is_true(stage.conference)
    with pytest.raises(NothingToUndo):
        await undo_step(stage.conference, actor=petra, now=NOW)
    for picture in pictures[1:]:
        await redo_step(stage.conference, actor=petra, now=NOW)
        assert await stage.snapshot() == picture
        await cache_is_true(stage.conference)
    with pytest.raises(NothingToUndo):
        await redo_step(stage.conference, actor=petra, now=NOW)
    for picture in reversed(pictures[:-1]):
        await undo_step(stage.conference, actor=petra, now=NOW)
        assert await stage.snapshot() == picture
    return len(pictures) - 1


async def cache_is_true(conference: Conference) -> None:
    """What is kept in memory is what reading everything anew gives."""
    kept = await standing(conference)
    placings = await placings_of(conference.id)
    assert sorted(kept.placings.placements, key=lambda p: p.slot) == sorted(
        placings.placements, key=lambda p: p.slot
    )
    assert (kept.placings.day_of, kept.placings.id_of) == (placings.day_of, placings.id_of)
    assert kept.conflicts == find_conflicts(placings.placements, await surroundings_of(conference))


# Each example has a database of its own, made within it; the template is only copied.
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(operations=SEQUENCES)
def test_twenty_operations_undone_restore_the_identical_state(
    sqlite_template: SQLiteTemplate, operations: list[Operation]
) -> None:
    async def example(folder: Path) -> None:
        sqlite_template.copy_to(folder)
        async with opened(db.make_engine("", folder)):
            await play(operations)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(example(Path(folder) / "data"))


async def test_a_long_afternoon_is_undone_on_either_database(each_database: db.Database) -> None:
    dice = random.Random(3)
    operations = [
        (OPERATIONS[at % len(OPERATIONS)], dice.randrange(40), dice.randrange(40), dice.randrange(40))
        for at in range(3 * len(OPERATIONS))
    ]
    assert await play(operations) >= TWENTY
