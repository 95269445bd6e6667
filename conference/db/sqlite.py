"""SQLite for a server: connections that stay open, one of them the writer, and threads only for what may take long.

Piccolo's own engine opens a connection and a thread for every query. Most statements take less time than it takes to
wake a thread, so they run where they are asked for; what waits for the disk, for another process or for a long search
goes to a thread: single writes, COMMIT, and a SELECT that is not done within ``AT_ONCE_SECONDS``. Readers are not
handed out: a statement is complete in itself, so a slow client cannot keep a connection from the others.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, cast

from piccolo.engine.sqlite import SQLiteEngine, SQLiteTransaction, TransactionType
from piccolo.query.base import Query
from piccolo.querystring import QueryString
from piccolo.table import Table

from conference.db.shared import CurrentTransaction, Rows, note_query, until_done
from conference.db.sqlite_connections import Connection, QuickReader
from conference.db.sqlite_turns import Turns
from conference.db.statements import compiled
from conference.errors import BadSetting

OLDEST_SQLITE = (3, 35)  # the first with RETURNING
READERS = 4
BUSY_SECONDS = 10.0
BREATH_SECONDS = 0.005  # after so long, a statement lets others on the event loop have a turn


@dataclass
class _Pool:
    quick: QuickReader
    writer: Connection
    readers: list[Connection]
    turns: Turns

    def reader(self) -> Connection:
        """The reader with the least to do."""
        return min(self.readers, key=lambda reader: reader.waiting)

    async def close(self) -> None:
        """Close after the transaction under way; the writer last, as it folds the WAL into the file."""
        async with self.turns.alone():
            self.quick.close()
            for connection in (*self.readers, self.writer):
                await connection.close()


class WriterTransaction(SQLiteTransaction):
    """A transaction on the writer, begun with BEGIN IMMEDIATE so that what it reads first stays true until its end.

    One that ``is_short`` may share its COMMIT with others (``sqlite_turns``).
    """

    engine: PooledSQLiteEngine
    connection: Connection

    def __init__(
        self,
        engine: PooledSQLiteEngine,
        transaction_type: TransactionType = TransactionType.immediate,
        allow_nested: bool = True,
        *,
        is_short: bool = False,
    ) -> None:
        super().__init__(engine, transaction_type, allow_nested)
        self.ended = False
        self._is_short = is_short

    async def __aenter__(self) -> SQLiteTransaction:
        if self._parent is not None:
            return self._parent
        pool = await self.engine.pool()
        self.connection, self._turns = pool.writer, pool.turns
        self._together = await self._turns.begin(is_short=self._is_short)
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if self._parent is not None:
            return False
        self.ended = True
        self.engine.current_transaction.reset(self.context)
        await self._turns.end(self._together, exception)
        return False

    async def commit(self) -> NoReturn:
        """Refused: others may be in the same transaction."""
        raise NotImplementedError("Leave the block instead.")

    async def rollback(self) -> NoReturn:
        """Refused, for the same reason."""
        raise NotImplementedError("Raise an error that leaves the block instead.")


class PooledSQLiteEngine(SQLiteEngine):
    """Piccolo's SQLite engine on connections that stay open. Raises BadSetting when this SQLite is too old.

    ``busy_seconds`` is how long a writer waits for another process to finish writing.
    """

    def __init__(self, path: Path, *, busy_seconds: float = BUSY_SECONDS) -> None:
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise BadSetting(
                "MERIDIAN_DATABASE_URL",
                f"Python's SQLite is {sqlite3.sqlite_version}; Meridian needs 3.35 or newer, or PostgreSQL",
            )
        super().__init__(path=str(path))
        self.current_transaction = cast(
            "ContextVar[SQLiteTransaction | None]", CurrentTransaction(f"transaction_{path}")
        )
        self._busy_seconds = busy_seconds
        self._pool: _Pool | None = None
        self._is_closed = False
        self._opening = asyncio.Lock()
        self._breathed_at = 0.0

    async def start_connection_pool(self) -> None:
        """Open the writer and the readers. Raises BadSetting when the file cannot be used."""
        self._is_closed = False
        await self.pool()

    async def pool(self) -> _Pool:
        """The open connections; a command line tool that did not open them gets them on first use."""
        if self._pool is None:
            async with self._opening:
                if self._is_closed:
                    raise RuntimeError("The database was closed.")
                if self._pool is None:
                    self._pool = await self._open()
        return self._pool

    async def _open(self) -> _Pool:
        connections: list[Connection] = []
        try:
            Path(self.path).parent.mkdir(parents=True, exist_ok=True)
            for number in range(1 + READERS):  # the writer first: it makes the file and switches it to WAL
                connection = Connection(self.path, is_writer=number == 0, busy_seconds=self._busy_seconds)
                connections.append(connection)
                await connection.open()
            quick = QuickReader(self.path)
        except BaseException as error:
            for connection in connections:
                await connection.close()
            if isinstance(error, (sqlite3.Error, OSError)):
                raise BadSetting("MERIDIAN_DATA_DIR", f"{self.path} cannot be used: {error}") from error
            raise
        writer, *readers = connections
        return _Pool(quick, writer, readers, Turns(writer))

    async def close_connection_pool(self) -> None:
        """Wait for the transaction that is under way, if any, and close. Later use is refused until opened again."""
        if self.transaction_exists():
            raise RuntimeError("The database cannot be closed inside a transaction.")
        self._is_closed = True
        pool, self._pool = self._pool, None
        if pool is None:
            return
        await until_done(asyncio.ensure_future(pool.close()))

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Rows:
        """Run a statement: in the current transaction, or SELECT on a reader, or anything else on the writer."""
        sql, parameters = compiled(querystring, self.engine_type)
        return await self._execute(sql, parameters)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Rows:
        """Run a statement that changes the schema."""
        return await self._execute(ddl, ())

    async def _execute(self, sql: str, parameters: Sequence[Any]) -> Rows:
        note_query(sql)
        if self.log_queries:
            self.print_query(self.get_query_id(), sql)
        transaction = cast(WriterTransaction | None, self.current_transaction.get())
        if transaction is not None:
            # The transaction has the writer, so nothing here waits for a lock or the disk; only COMMIT will.
            rows = transaction.connection.at_once(sql, parameters)
            await self._breathe()
            return rows
        pool = await self.pool()
        if sql.lstrip()[:6].upper() == "SELECT":
            found = pool.quick.fetch(sql, parameters)
            await self._breathe()
            return found if found is not None else await pool.reader().execute(sql, parameters)
        async with pool.turns.alone():
            return await pool.writer.execute(sql, parameters)

    async def _breathe(self) -> None:
        """Let the event loop do other things now and then: awaiting what is already done does not."""
        if time.perf_counter() - self._breathed_at > BREATH_SECONDS:
            await asyncio.sleep(0)
            self._breathed_at = time.perf_counter()

    def transaction(
        self,
        transaction_type: TransactionType = TransactionType.immediate,
        allow_nested: bool = True,
        *,
        is_short: bool = False,
    ) -> WriterTransaction:
        """A transaction on the writer, or the one already under way. It is always immediate."""
        return WriterTransaction(self, transaction_type, allow_nested, is_short=is_short)

    async def batch(self, query: Query[Any, Any], batch_size: int = 100, node: str | None = None) -> NoReturn:
        """Refused: Piccolo's cursor would keep a connection. Read page by page, by ``id``."""
        raise NotImplementedError("Read page by page instead of in batches.")

    @asynccontextmanager
    async def scope(self) -> AsyncIterator[None]:
        """Nothing to hold here: readers are shared, statement by statement."""
        yield

    async def lock_row(self, table: type[Table], row_id: int) -> None:
        """Nothing to lock: BEGIN IMMEDIATE already lets one transaction write at a time."""

    async def keep_row(self, table: type[Table], row_id: int) -> None:
        """Nothing to keep, for the same reason."""

    async def lock_migrations(self) -> None:
        """Nothing to lock: BEGIN IMMEDIATE already keeps other processes waiting."""

    def is_unique_violation(self, error: BaseException) -> bool:
        """Whether a unique column or index refused the row."""
        return isinstance(error, sqlite3.IntegrityError) and error.sqlite_errorcode in (
            sqlite3.SQLITE_CONSTRAINT_UNIQUE,
            sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        )
