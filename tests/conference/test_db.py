"""The two engines behave alike: values, transactions, locks, cancellation, closing."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from piccolo.columns import (
    JSON,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    Numeric,
    OnDelete,
    Serial,
    Timestamp,
    Timestamptz,
    Varchar,
)
from piccolo.engine.sqlite import SQLiteEngine
from piccolo.table import Table

from conference import db
from conference.db.shared import CurrentTransaction
from conference.db.sqlite import PooledSQLiteEngine
from conference.errors import BadSetting
from tests.databases import opened

KOLKATA = timezone(timedelta(hours=5, minutes=30))
NOON = datetime(2026, 6, 25, 12, 0, tzinfo=UTC)


class Shelf(Table, tablename="test_shelf"):
    """Counts its books, as a workshop counts its seats."""

    id: Serial
    name = Varchar(default=None, null=False, unique=True)
    taken = Integer(default=0, null=False)


class Book(Table, tablename="test_book"):
    """One column of each kind that the project uses."""

    id: Serial
    shelf = ForeignKey(Shelf, null=False, on_delete=OnDelete.cascade)
    lender = ForeignKey(Shelf, null=True, default=None, on_delete=OnDelete.restrict)
    due = Timestamptz(default=None, null=True)
    due_on_the_wall = Timestamp(default=None, null=True)
    bought = Date(default=None, null=True)
    price = Numeric(digits=(6, 2), default=Decimal("0"), null=False)
    is_lent = Boolean(default=False, null=False)
    notes = JSON(default="{}", null=False)


@pytest.fixture
async def shelf(each_database: db.Database) -> Shelf:
    await Shelf.create_table()
    await Book.create_table()
    row = Shelf(name="travel")
    await row.save()
    return row


async def add_book(shelf: Shelf, due: datetime | None = None) -> Book:
    book = Book(shelf=shelf.id, due=due)
    await book.save()
    return book


# Values


async def test_every_kind_of_value_comes_back_as_it_was(shelf: Shelf) -> None:
    book = Book(
        shelf=shelf.id,
        due=NOON.astimezone(KOLKATA),
        due_on_the_wall=datetime(2026, 6, 25, 10, 0),  # noqa: DTZ001 - a wall-clock time has no zone
        bought=date(2021, 6, 25),
        price=Decimal("12.50"),
        is_lent=True,
        notes='{"en": "Žluťoučký kůň 🐎"}',
    )
    await book.save()
    row = await Book.select().first()
    assert row == {
        "id": book.id,
        "shelf": shelf.id,
        "lender": None,
        "due": NOON,
        "due_on_the_wall": datetime(2026, 6, 25, 10, 0),  # noqa: DTZ001 - a wall-clock time has no zone
        "bought": date(2021, 6, 25),
        "price": Decimal("12.50"),
        "is_lent": True,
        "notes": '{"en": "Žluťoučký kůň 🐎"}',
    }
    assert row["due"].utcoffset() == timedelta(0)


async def test_instants_sort_and_compare_by_time_whatever_zone_they_were_given_in(shelf: Shelf) -> None:
    instants = [
        NOON - timedelta(microseconds=1),
        NOON.astimezone(KOLKATA),
        NOON + timedelta(microseconds=1),
        (NOON + timedelta(milliseconds=500)).astimezone(timezone(timedelta(hours=-7))),
        NOON + timedelta(seconds=1),
    ]
    for instant in reversed(instants):
        await add_book(shelf, instant)
    found = await Book.select(Book.due).order_by(Book.due).output(as_list=True)
    assert found == instants
    assert await Book.count().where(Book.due == NOON.astimezone(KOLKATA)) == 1
    assert await Book.count().where(Book.due > NOON.astimezone(KOLKATA)) == 3
    assert await Book.count().where(Book.due.is_in([NOON, NOON + timedelta(seconds=1)])) == 2


async def test_returning_gives_the_new_values(shelf: Shelf) -> None:
    book = await add_book(shelf)
    returned = await (
        Book.update({Book.due: NOON}).where(Book.id == book.id).returning(Book.id, Book.due, Book.is_lent)
    )
    assert returned == [{"id": book.id, "due": NOON, "is_lent": False}]


async def test_integers_beyond_a_float_stay_exact(database: db.Database) -> None:
    await Shelf.create_table()
    await Shelf(name="big", taken=2**53 + 1).save()
    assert await Shelf.select(Shelf.taken).output(as_list=True) == [2**53 + 1]


# Transactions


async def test_an_error_undoes_the_whole_transaction(shelf: Shelf) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            await add_book(shelf)
            async with db.transaction():
                await add_book(shelf)
            _ = 1 / 0
    assert await Book.count() == 0


async def test_an_inner_transaction_joins_the_outer_one(shelf: Shelf) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            async with db.transaction():
                await add_book(shelf)
            assert await Book.count() == 1
            _ = 1 / 0
    assert await Book.count() == 0
    async with db.transaction(), db.transaction():
        await add_book(shelf)
    assert await Book.count() == 1


async def test_nobody_else_sees_a_transaction_before_its_end(shelf: Shelf) -> None:
    written, seen = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with db.transaction():
            await add_book(shelf)
            assert await Book.count() == 1
            written.set()
            await seen.wait()

    writing = asyncio.create_task(write())
    await written.wait()
    assert await Book.count() == 0
    seen.set()
    await writing
    assert await Book.count() == 1


async def test_counting_under_a_lock_loses_no_update(shelf: Shelf) -> None:
    async def add_one() -> None:
        async with db.locked(Shelf, shelf.id):
            (count,) = await Shelf.select(Shelf.taken).where(Shelf.id == shelf.id).output(as_list=True)
            await asyncio.sleep(0)
            await Shelf.update({Shelf.taken: count + 1}).where(Shelf.id == shelf.id)

    await asyncio.gather(*(add_one() for _number in range(40)))
    assert await Shelf.select(Shelf.taken).output(as_list=True) == [40]


async def test_queries_gathered_inside_a_transaction_all_belong_to_it(shelf: Shelf) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            await asyncio.gather(*(add_book(shelf) for _number in range(5)))
            assert await Book.count() == 5
            _ = 1 / 0
    assert await Book.count() == 0


async def test_a_task_that_outlives_its_transaction_does_not_write_into_the_next(shelf: Shelf) -> None:
    first_is_over, late_is_done = asyncio.Event(), asyncio.Event()

    async def late() -> None:
        await first_is_over.wait()
        await add_book(shelf)
        late_is_done.set()

    async with db.transaction():
        task = asyncio.create_task(late())
        await asyncio.sleep(0)
    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            first_is_over.set()
            await asyncio.sleep(0.02)
            _ = 1 / 0
    await task
    assert await Book.count() == 1


async def test_a_cancelled_transaction_leaves_nothing_and_gives_its_connection_back(shelf: Shelf) -> None:
    async def write_slowly() -> None:
        async with db.transaction():
            for _number in range(1000):
                await add_book(shelf)

    for pause in (0, 0, 0.001, 0.003, 0.01, 0.02):
        writing = asyncio.create_task(write_slowly())
        await asyncio.sleep(pause)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert await Book.count() == 0
    for _number in range(20):  # more than any pool holds
        async with db.transaction():
            await add_book(shelf)
    assert await Book.count() == 20


async def test_cancelling_those_who_wait_does_not_stop_those_behind_them(shelf: Shelf) -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with db.locked(Shelf, shelf.id):
            begun.set()
            await go.wait()

    async def add() -> None:
        async with db.locked(Shelf, shelf.id):
            await add_book(shelf)

    holding = asyncio.create_task(hold())
    await begun.wait()
    waiting = [asyncio.create_task(add()) for _number in range(8)]
    await asyncio.sleep(0.05)
    for task in waiting[::2]:
        task.cancel()
    await asyncio.sleep(0.01)
    go.set()
    await asyncio.gather(holding, *waiting[1::2])
    assert [task.cancelled() for task in waiting] == [True, False] * 4
    assert await Book.count() == 4


async def test_a_cancelled_single_write_is_either_there_or_not_and_the_next_one_works(shelf: Shelf) -> None:
    for _number in range(20):
        writing = asyncio.create_task(add_book(shelf))
        await asyncio.sleep(0)
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing
    before = await Book.count()
    await add_book(shelf)
    assert await Book.count() == before + 1


async def test_cancelled_reads_do_not_disturb_others(shelf: Shelf) -> None:
    await add_book(shelf)
    reads = [asyncio.create_task(Book.count().run()) for _number in range(50)]
    await asyncio.sleep(0)
    for read in reads[::2]:
        read.cancel()
    outcomes = await asyncio.gather(*reads, return_exceptions=True)
    assert outcomes[1::2] == [1] * 25


async def test_writers_are_served_in_the_order_they_came(database: db.Database) -> None:
    served: list[int] = []

    async def write(number: int) -> None:
        async with db.transaction():
            served.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(write(number) for number in range(30)))
    assert served == list(range(30))


async def test_a_savepoint_undoes_only_what_came_after_it(shelf: Shelf) -> None:
    async with db.current_engine().transaction() as transaction:
        await add_book(shelf)
        savepoint = await transaction.savepoint()
        await add_book(shelf)
        await transaction.rollback_to(savepoint.name)
    assert await Book.count() == 1


def test_a_transaction_that_ended_counts_as_none() -> None:
    class Finished:
        ended = False

    current, mine = CurrentTransaction("name"), Finished()
    token = current.set(mine)
    assert current.get() is mine
    mine.ended = True
    assert current.get() is None
    current.reset(token)


# Constraints


async def test_a_second_row_with_a_unique_value_is_told_apart_from_other_errors(shelf: Shelf) -> None:
    with pytest.raises(Exception) as same:
        await Shelf(name="travel").save()
    assert db.is_unique_violation(same.value)
    with pytest.raises(Exception) as missing:
        await Book(shelf=shelf.id + 1).save()
    assert not db.is_unique_violation(missing.value)
    assert not db.is_unique_violation(ValueError())


async def test_foreign_keys_cascade_and_restrict(shelf: Shelf) -> None:
    lender = Shelf(name="lender")
    await lender.save()
    book = Book(shelf=shelf.id, lender=lender.id)
    await book.save()
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        await Shelf.delete().where(Shelf.name == "lender")
    await Shelf.delete().where(Shelf.name == "travel")
    assert await Book.count() == 0
    await Shelf.delete().where(Shelf.name == "lender")
    assert await Shelf.count() == 0


# Counting and scopes


async def test_counting_sees_the_statements_of_its_own_block_only(shelf: Shelf) -> None:
    with db.count_queries() as outer:
        await Book.count()
        with db.count_queries() as inner:
            async with db.transaction():
                await asyncio.gather(add_book(shelf), add_book(shelf))
        await Book.count()
    await Book.count()
    assert (outer.total, inner.total) == (4, 2)
    assert all(sql.lstrip().startswith("INSERT") for sql in inner.sql)


async def test_many_scopes_with_transactions_inside_do_not_wait_for_each_other_for_ever(shelf: Shelf) -> None:
    async def request() -> None:
        async with db.connection_scope():
            await asyncio.gather(Book.count(), Shelf.count())
            async with db.locked(Shelf, shelf.id):
                await add_book(shelf)
            async with db.connection_scope():
                assert await Shelf.exists()

    await asyncio.wait_for(asyncio.gather(*(request() for _number in range(40))), timeout=20)
    assert await Book.count() == 40


async def test_claiming_rows_passes_over_those_being_claimed(shelf: Shelf) -> None:
    books = [await add_book(shelf) for _number in range(6)]

    async def claim() -> list[int]:
        async with db.transaction():
            free = Book.select(Book.id).where(Book.is_lent.eq(False)).order_by(Book.id).limit(3)
            ids: list[int] = [row["id"] for row in await db.skip_locked(free)]
            await asyncio.sleep(0.02)
            await Book.update({Book.is_lent: True}).where(Book.id.is_in(ids))
            return ids

    claimed = await asyncio.gather(claim(), claim())
    assert sorted(claimed[0] + claimed[1]) == [book.id for book in books]


# Several processes, and trouble


async def test_two_pools_on_one_file_count_together(data_dir: Path) -> None:
    one, two = (PooledSQLiteEngine(data_dir / "meridian.sqlite") for _number in range(2))

    async def add_one(engine: PooledSQLiteEngine) -> None:
        async with engine.transaction():
            await engine.run_ddl("INSERT INTO test_sum SELECT coalesce(max(n), 0) + 1 FROM test_sum")

    try:
        await one.run_ddl("CREATE TABLE test_sum (n INTEGER PRIMARY KEY)")
        await asyncio.gather(*(add_one(engine) for _number in range(30) for engine in (one, two)))
        assert await two.run_ddl("SELECT max(n) AS n, count(*) AS many FROM test_sum") == [
            {"n": 60, "many": 60}
        ]
    finally:
        await one.close_connection_pool()
        await two.close_connection_pool()


async def test_a_writer_kept_waiting_too_long_says_so_and_writes_nothing(data_dir: Path) -> None:
    path = data_dir / "meridian.sqlite"
    first, second = PooledSQLiteEngine(path), PooledSQLiteEngine(path, busy_seconds=0.05)
    try:
        async with first.transaction():
            with pytest.raises(db.DatabaseBusy) as busy:
                async with second.transaction():
                    pytest.fail("both write at once")
            assert busy.value.http_status == 503
        async with second.transaction():
            pass
    finally:
        await first.close_connection_pool()
        await second.close_connection_pool()


async def test_a_deadlock_ends_one_of_the_two_with_a_clear_error(postgres_database: db.Database) -> None:
    await Shelf.create_table()
    for name in ("one", "two"):
        await Shelf(name=name).save()

    both_hold_one = asyncio.Barrier(2)

    async def lock_both(first: int, second: int) -> None:
        async with db.locked(Shelf, first):
            await both_hold_one.wait()
            async with db.locked(Shelf, second):
                pass

    outcomes = await asyncio.gather(lock_both(1, 2), lock_both(2, 1), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["DatabaseBusy", "NoneType"]


async def test_a_closed_database_refuses_and_can_be_opened_again(shelf: Shelf) -> None:
    await db.close_pool()
    with pytest.raises(RuntimeError, match="closed"):
        await Book.count()
    await db.open_pool()
    assert await Book.count() == 0


async def test_closing_waits_for_the_transaction_under_way(shelf: Shelf) -> None:
    begun = asyncio.Event()

    async def write() -> None:
        async with db.transaction():
            begun.set()
            await asyncio.sleep(0.03)
            await add_book(shelf)

    writing = asyncio.create_task(write())
    await begun.wait()
    await db.close_pool()
    await writing
    await db.open_pool()
    assert await Book.count() == 1


async def test_closing_inside_a_transaction_is_refused(each_database: db.Database) -> None:
    async with db.transaction():
        with pytest.raises(RuntimeError, match="inside a transaction"):
            await db.close_pool()


async def test_every_commit_is_synced_and_foreign_keys_are_on(database: db.Database) -> None:
    async def value(pragma: str) -> object:
        async with db.transaction():
            (row,) = await database.run_ddl(f"PRAGMA {pragma}")
        return next(iter(row.values()))

    assert await value("journal_mode") == "wal"
    assert await value("synchronous") == 2  # FULL
    assert await value("foreign_keys") == 1


async def test_readers_cannot_write(database: db.Database) -> None:
    assert isinstance(database, PooledSQLiteEngine)
    reader = (await database.pool()).reader()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await reader.execute("DELETE FROM conference")


async def test_a_long_search_does_not_stop_the_event_loop(database: db.Database) -> None:
    steps = "WITH RECURSIVE step(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM step WHERE n < 1000000) SELECT n FROM step"
    searching = asyncio.create_task(database.run_ddl(f"SELECT count(*) AS steps FROM ({steps})"))
    turns = 0
    while not searching.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert await searching == [{"steps": 1_000_000}]
    assert turns > 10


async def test_many_short_statements_in_a_row_let_others_have_a_turn(shelf: Shelf) -> None:
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    counting = asyncio.create_task(count_turns())
    async with db.transaction():
        for _number in range(200):
            await Shelf.update({Shelf.taken: Shelf.taken + 1}).where(Shelf.id == shelf.id)
    for _number in range(200):
        await Shelf.select(Shelf.taken)
    counting.cancel()
    assert turns > 3


async def test_a_server_that_is_not_there_is_named_as_a_bad_setting(tmp_path: Path) -> None:
    engine = db.make_engine(f"postgres://nobody@/nothing?host={tmp_path}", tmp_path)
    with pytest.raises(BadSetting) as error:
        await engine.start_connection_pool()
    assert error.value.variable == "MERIDIAN_DATABASE_URL"


async def test_a_file_that_is_no_database_is_named_as_a_bad_setting(tmp_path: Path) -> None:
    (tmp_path / "meridian.sqlite").write_text("not a database " * 100)
    engine = db.make_engine("", tmp_path)
    with pytest.raises(BadSetting) as error:
        await engine.start_connection_pool()
    assert error.value.variable == "MERIDIAN_DATA_DIR"


def test_a_sqlite_without_returning_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(BadSetting, match=r"3\.35"):
        db.make_engine("", tmp_path)


async def test_tables_follow_the_engine_that_is_bound(data_dir: Path, tmp_path: Path) -> None:
    async with opened(db.make_engine("", data_dir)) as first:
        await Shelf.create_table()
        assert Shelf._meta.db is first
    async with opened(db.make_engine("", tmp_path / "other")) as second:
        assert Shelf._meta.db is second
        assert not await Shelf.table_exists()
    with pytest.raises(RuntimeError, match="No database"):
        db.current_engine()


def test_piccolo_finds_the_bound_engine(tmp_path: Path) -> None:
    from conference import piccolo_conf

    engine = db.make_engine("", tmp_path)
    db.bind(engine)
    try:
        assert piccolo_conf.DB is engine
        assert isinstance(engine, SQLiteEngine)
    finally:
        db.bind(None)
