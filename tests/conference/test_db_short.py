"""Short transactions share a COMMIT on SQLite, and each is as whole and as alone as if it had its own."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from piccolo.columns import Serial, Text, Varchar
from piccolo.table import Table

from conference import db
from conference.db.sqlite import PooledSQLiteEngine


class Note(Table, tablename="test_note"):
    """Something written down."""

    id: Serial
    name = Varchar(default=None, null=False, unique=True)
    words = Text(default="", null=False)


@pytest.fixture
async def notes(each_database: db.Database) -> db.Database:
    await Note.create_table()
    return each_database


@pytest.fixture
async def file_notes(database: db.Database) -> db.Database:
    await Note.create_table()
    return database


async def write(name: str, *, then: BaseException | None = None, words: str = "") -> None:
    async with db.transaction(is_short=True):
        await Note(name=name, words=words).save()
        await asyncio.sleep(0)
        if then is not None:
            raise then


async def write_long(name: str) -> None:
    async with db.transaction():
        await Note(name=name).save()


async def names() -> set[str]:
    return {row["name"] for row in await Note.select(Note.name)}


@contextmanager
def commits(engine: db.Database) -> Iterator[list[str]]:
    """The COMMITs that the writer is asked for."""
    assert isinstance(engine, PooledSQLiteEngine)
    assert engine._pool is not None
    connection = engine._pool.writer._connection
    assert connection is not None
    seen: list[str] = []
    connection.set_trace_callback(lambda sql: seen.append(sql) if sql == "COMMIT" else None)
    try:
        yield seen
    finally:
        connection.set_trace_callback(None)


async def test_all_that_come_at_once_are_kept(notes: db.Database) -> None:
    await asyncio.gather(*(write(str(number)) for number in range(50)))
    assert await names() == {str(number) for number in range(50)}


async def test_they_reach_the_disk_together_a_few_at_a_time(file_notes: db.Database) -> None:
    with commits(file_notes) as seen:
        await asyncio.gather(*(write(str(number)) for number in range(64)))
    assert 4 <= len(seen) < 40
    with commits(file_notes) as seen:
        await write("alone")
    assert len(seen) == 1


async def test_nobody_hears_of_the_end_before_it_is_on_the_disk(file_notes: db.Database) -> None:
    assert isinstance(file_notes, PooledSQLiteEngine)
    elsewhere = sqlite3.connect(file_notes.path)

    async def write_and_look(name: str) -> bool:
        await write(name)
        seen = elsewhere.execute("SELECT count(*) FROM test_note WHERE name = ?", (name,)).fetchone()
        return bool(seen == (1,))

    try:
        assert all(await asyncio.gather(*(write_and_look(str(number)) for number in range(40))))
    finally:
        elsewhere.close()


async def test_an_error_undoes_its_own_transaction_and_no_other(notes: db.Database) -> None:
    outcomes = await asyncio.gather(
        *(write(str(number), then=KeyError(number) if number % 3 == 0 else None) for number in range(30)),
        return_exceptions=True,
    )
    assert [isinstance(outcome, KeyError) for outcome in outcomes] == [
        number % 3 == 0 for number in range(30)
    ]
    assert await names() == {str(number) for number in range(30) if number % 3}


async def test_a_refused_row_is_told_to_whoever_wrote_it(notes: db.Database) -> None:
    outcomes = await asyncio.gather(
        *(write(str(number // 2)) for number in range(20)), return_exceptions=True
    )
    refused = [outcome for outcome in outcomes if outcome is not None]
    assert len(refused) == 10
    assert all(isinstance(one, BaseException) and db.is_unique_violation(one) for one in refused)
    assert await names() == {str(number) for number in range(10)}


async def test_whoever_is_cancelled_leaves_nothing_and_keeps_nobody_waiting(notes: db.Database) -> None:
    choice = random.Random(20260625)
    for turn in range(15):
        tasks = [asyncio.create_task(write(f"{turn}.{number}")) for number in range(12)]
        tasks.append(asyncio.create_task(write_long(f"{turn}.long")))
        for _step in range(choice.randrange(6)):
            await asyncio.sleep(0)
        gone = choice.sample(tasks[:12], 5)
        for task in gone:
            task.cancel()
        outcomes = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 20)
        kept = await names()
        for number, outcome in enumerate(outcomes[:12]):
            if outcome is None:
                assert f"{turn}.{number}" in kept
        assert f"{turn}.long" in kept


async def test_long_and_short_ones_are_served_in_the_order_they_came(file_notes: db.Database) -> None:
    served: list[int] = []

    async def take(number: int) -> None:
        async with db.transaction(is_short=number % 3 != 0):
            served.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(take(number) for number in range(40)))
    assert served == list(range(40))


async def test_a_commit_that_fails_fails_for_all_and_the_next_one_works(file_notes: db.Database) -> None:
    await file_notes.run_ddl(
        "CREATE TABLE test_reply (note INTEGER REFERENCES test_note (id) DEFERRABLE INITIALLY DEFERRED)"
    )

    async def reply_to_nothing() -> None:
        async with db.transaction(is_short=True):
            await file_notes.run_ddl("INSERT INTO test_reply VALUES (77)")  # COMMIT finds out

    outcomes = await asyncio.gather(write("a"), reply_to_nothing(), write("b"), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [sqlite3.IntegrityError] * 3
    assert await names() == set()
    await write("c")
    assert await names() == {"c"}


async def test_a_full_disk_keeps_what_was_answered_and_nothing_else(file_notes: db.Database) -> None:
    assert isinstance(file_notes, PooledSQLiteEngine)
    pages = (await file_notes.run_ddl("PRAGMA page_count"))[0]["page_count"]
    pool = await file_notes.pool()
    await pool.writer.execute(f"PRAGMA max_page_count = {pages + 20}")
    outcomes = await asyncio.gather(
        *(write(str(number), words="x" * 9000) for number in range(30)), return_exceptions=True
    )
    assert any(isinstance(outcome, sqlite3.OperationalError) for outcome in outcomes)
    assert await names() == {str(number) for number, outcome in enumerate(outcomes) if outcome is None}
    await pool.writer.execute("PRAGMA max_page_count = 1000000")
    await write("afterwards")
    assert "afterwards" in await names()


async def test_what_cannot_be_undone_alone_is_kept_by_nobody(
    file_notes: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(file_notes, PooledSQLiteEngine)
    writer = (await file_notes.pool()).writer
    at_once = writer.at_once

    def broken(sql: str, parameters: Sequence[Any] = ()) -> Any:
        if sql.startswith("ROLLBACK TO"):
            raise sqlite3.OperationalError("disk I/O error")
        return at_once(sql, parameters)

    monkeypatch.setattr(writer, "at_once", broken)
    outcomes = await asyncio.gather(
        write("a"), write("b", then=KeyError("b")), write("c"), return_exceptions=True
    )
    monkeypatch.undo()
    assert "b" not in await names()
    assert await names() == {name for name, one in zip("abc", outcomes, strict=True) if one is None}
    await write("d")
    assert "d" in await names()


async def test_ending_the_transaction_by_hand_is_refused(file_notes: db.Database) -> None:
    async with db.current_engine().transaction() as transaction:
        with pytest.raises(NotImplementedError):
            await transaction.commit()  # type: ignore[no-untyped-call]
        with pytest.raises(NotImplementedError):
            await transaction.rollback()  # type: ignore[no-untyped-call]


async def test_two_processes_both_get_their_turn(file_notes: db.Database) -> None:
    assert isinstance(file_notes, PooledSQLiteEngine)
    other = PooledSQLiteEngine(Path(file_notes.path))

    async def write_there(number: int) -> None:
        async with other.transaction(is_short=True):
            await other.run_ddl(f"INSERT INTO test_note (name, words) VALUES ('there {number}', '')")

    try:
        await asyncio.gather(
            *(write(str(number)) for number in range(60)), *(write_there(number) for number in range(60))
        )
        assert len(await names()) == 120
    finally:
        await other.close_connection_pool()
