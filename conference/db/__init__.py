"""The database: which one it is, transactions, locks, and counting what a page asks of it.

Only this package knows whether SQLite or PostgreSQL is behind it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from piccolo.query.methods import Objects, Select
from piccolo.table import Table

from conference.db.migrations import DatabaseTooNew, migrations_to_run, run_migrations
from conference.db.postgres import PooledPostgresEngine
from conference.db.shared import DatabaseBusy, QueryCount, count_queries
from conference.db.sqlite import PooledSQLiteEngine
from conference.db.statements import first, insert

__all__ = [
    "Database",
    "DatabaseBusy",
    "DatabaseTooNew",
    "QueryCount",
    "bind",
    "close_pool",
    "connection_scope",
    "count_queries",
    "current_engine",
    "first",
    "insert",
    "is_bound",
    "is_unique_violation",
    "keep",
    "locked",
    "locking",
    "make_engine",
    "migrate",
    "open_pool",
    "pending_migrations",
    "skip_locked",
    "transaction",
]

Database = PooledSQLiteEngine | PooledPostgresEngine

_bound: Database | None = None


def make_engine(database_url: str, data_dir: Path, *, replica_urls: Sequence[str] = ()) -> Database:
    """The engine for a URL (``postgres://…``, also with ``?host=/socket/folder``), or the SQLite file when it is empty.

    Connects to nothing yet. ``replica_urls`` are read replicas of the same PostgreSQL database.
    """
    if database_url:
        return PooledPostgresEngine(database_url, replica_urls)
    return PooledSQLiteEngine(data_dir / "meridian.sqlite")


def bind(engine: Database | None) -> None:
    """Make every table use this engine. None unbinds.

    A table defined later finds it too, but by way of ``piccolo_conf``, whose machinery takes a third of a second to load.
    """
    global _bound
    _bound = engine
    for table in _all_tables(Table):
        table._meta._db = engine


def _all_tables(base: type[Table]) -> list[type[Table]]:
    tables = []
    for table in base.__subclasses__():
        tables += [table, *_all_tables(table)]
    return tables


def is_bound() -> bool:
    """Whether an engine is bound."""
    return _bound is not None


def current_engine() -> Database:
    """The engine in use. Raises RuntimeError before ``bind``."""
    if _bound is None:
        raise RuntimeError("No database is bound.")
    return _bound


async def open_pool() -> None:
    """Open the bound engine's connections. Raises BadSetting, naming the setting, when that cannot be."""
    await current_engine().start_connection_pool()


async def close_pool() -> None:
    """Close the bound engine's connections once what is under way has ended."""
    await current_engine().close_connection_pool()


@asynccontextmanager
async def transaction(*, is_short: bool = False) -> AsyncIterator[None]:
    """All of the block or nothing of it. Inside another transaction it joins that one.

    On SQLite it waits its turn to write and is alone from its first line. Raises DatabaseBusy when another process
    keeps it waiting too long, or when PostgreSQL ended it for a deadlock. An error that leaves an inner block has
    not undone anything: let it leave the outer one too.

    One that ``is_short`` may reach the disk together with others of its kind, which is several times faster where many
    come at once: only statements are in it, nothing that is waited for, and it is over in a few milliseconds.
    """
    async with current_engine().transaction(is_short=is_short):
        yield


@asynccontextmanager
async def locked(table: type[Table], row_id: int) -> AsyncIterator[None]:
    """A transaction in which no other ``locked`` block for this row runs. A missing row locks nothing on PostgreSQL."""
    engine = current_engine()
    async with engine.transaction():
        await engine.lock_row(table, row_id)
        yield


async def keep(table: type[Table], row_id: int) -> None:
    """Inside a transaction: nobody deletes the row until it ends, though others may change it.

    For a row that is about to be pointed at. A row deleted just before is waited for and then not found.
    """
    await current_engine().keep_row(table, row_id)


def connection_scope() -> AbstractAsyncContextManager[None]:
    """A block with many reads, which on PostgreSQL share one connection, held from the first of them on.

    Do not wait for a person inside, such as for the rest of an upload: there are few connections. On SQLite readers
    are shared anyway and nothing is held.
    """
    return current_engine().scope()


Query = TypeVar("Query", Select[Any], Objects[Any])


def skip_locked(query: Query) -> Query:
    """The query of rows to claim inside a transaction, without those that another process is claiming now."""
    if isinstance(current_engine(), PooledPostgresEngine):
        return query.lock_rows("UPDATE", skip_locked=True)
    return query  # SQLite has one writing transaction at a time


def locking(query: Query) -> Query:
    """The query of rows that nobody else may lock or change until the transaction ends.

    Order it by id: then two that ask for some of the same rows wait for each other one way only.
    """
    if isinstance(current_engine(), PooledPostgresEngine):
        return query.lock_rows("UPDATE")
    return query  # SQLite has one writing transaction at a time


def is_unique_violation(error: BaseException) -> bool:
    """Whether the database refused a row because a unique column or index already has its value."""
    return current_engine().is_unique_violation(error)


async def migrate() -> list[str]:
    """Bring the bound database up to date, all or nothing; the migrations that ran, such as ``sessions: 2026-11-…``.

    Processes that start together take turns. Raises DatabaseTooNew when a later version wrote the database.
    """
    return await run_migrations(current_engine())


async def pending_migrations() -> list[str]:
    """The migrations that the bound database lacks; empty when it is up to date."""
    return await migrations_to_run()
