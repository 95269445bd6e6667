"""SQLite for a server: connections that stay open, one of them the writer, and threads only for what may take long.

Piccolo's own engine opens a connection and a thread for every query. Most statements take less time than it takes to
wake a thread, so they run where they are asked for; what waits for the disk, for another process or for a long search
goes to a thread: single writes, COMMIT, and a SELECT that is not done within ``AT_ONCE_SECONDS``. Readers are not
handed out: a statement is complete in itself, so a slow client cannot keep a connection from the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, NoReturn, cast

from piccolo.engine.sqlite import SQLiteEngine, SQLiteTransaction, TransactionType
from piccolo.query.base import Query
from piccolo.querystring import QueryString
from piccolo.table import Table

from conference.db.shared import CurrentTransaction, DatabaseBusy, Result, Rows, note_query, until_done
from conference.errors import BadSetting
from conference.i18n import _

OLDEST_SQLITE = (3, 35)  # the first with RETURNING
READERS = 4
BUSY_SECONDS = 10.0
AT_ONCE_SECONDS = 0.003  # how long a SELECT may keep the event loop before it starts again in a thread
BREATH_SECONDS = 0.005  # after so long, a statement lets others on the event loop have a turn

# FULL: a commit that was answered survives a power cut. The page cache is in KiB when negative.
_PRAGMAS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = FULL",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -8000",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA trusted_schema = OFF",
)


def _integer(value: bytes) -> int:
    try:
        return int(value)
    except ValueError:
        return int(Decimal(value.decode()))  # "1.0", which SQLite may hold in an INTEGER column


# Piccolo goes through Decimal for every integer of every row; the same meaning at a fifth of the time.
sqlite3.register_converter("INTEGER", _integer)
sqlite3.register_converter("BOOLEAN", b"1".__eq__)

_Work = Callable[[sqlite3.Connection], Any]
_Call = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", _Work]


class Connection:
    """A SQLite connection living in its own thread, which does what it is given one thing after the other."""

    def __init__(self, path: str, *, is_writer: bool, busy_seconds: float) -> None:
        self.waiting = 0  # how many calls are in its queue or running
        self._path = path
        self._is_writer = is_writer
        self._busy_seconds = busy_seconds
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        name = "sqlite-writer" if is_writer else "sqlite-reader"
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._connection: sqlite3.Connection | None = None
        self._is_closed = False

    async def open(self) -> None:
        """Connect. Raises sqlite3.Error when the file cannot be used."""
        self._thread.start()
        await self._run(self._set_up)

    async def close(self) -> None:
        """Close after everything already asked for is done, and end the thread."""
        try:
            if not self._is_closed:
                await self._run(self._disconnect)
        finally:
            self._is_closed = True
            self._calls.put(None)
            self._thread.join()

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run one statement and fetch all its rows. On the writer it runs to its end even if the caller is cancelled."""
        try:
            patience = self._busy_seconds if self._is_writer else 0
            return await self._run(lambda connection: _fetch_patiently(connection, sql, parameters, patience))
        except sqlite3.OperationalError as error:
            _raise_clearly(error)

    def at_once(self, sql: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run one statement here and now. For whoever has the writer to themselves, so that nothing else uses it."""
        if self._connection is None:
            raise RuntimeError("The database was closed.")
        try:
            return _fetch(self._connection, sql, parameters)
        except sqlite3.OperationalError as error:
            _raise_clearly(error)

    async def roll_back(self) -> None:
        """Undo the open transaction, if there is one: after some errors SQLite has already undone it."""
        await self._run(_roll_back)

    async def _run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        if self._is_closed:
            raise RuntimeError("The database was closed.")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self.waiting += 1
        self._calls.put((loop, future, work))
        try:
            return await (until_done(future) if self._is_writer else future)
        finally:
            self.waiting -= 1

    def _serve(self) -> None:
        while (call := self._calls.get()) is not None:
            loop, future, work = call
            if future.cancelled():
                continue
            result: Any = None
            failure: Exception | None = None
            try:
                result = work(self._connection or self._made())
            except Exception as error:  # whatever it is, it belongs to the caller
                failure = error
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is waiting any more
                loop.call_soon_threadsafe(_settle, future, result, failure)
            del loop, future, work, call, result, failure  # the rows must not live until the next call

    def _made(self) -> sqlite3.Connection:
        if self._is_closed:  # asked for while it was closing
            raise RuntimeError("The database was closed.")
        # The writer does its own waiting for other processes: finer than SQLite's, and never in ``at_once``.
        self._connection = _connect(self._path, timeout=0 if self._is_writer else self._busy_seconds)
        return self._connection

    def _set_up(self, connection: sqlite3.Connection) -> None:
        if self._is_writer:
            _switch_to_wal(connection, self._busy_seconds)
        _apply_pragmas(connection, is_writer=self._is_writer)

    def _disconnect(self, connection: sqlite3.Connection) -> None:
        if self._is_writer:
            with contextlib.suppress(
                sqlite3.Error
            ):  # fresh statistics are a convenience; closing rolls back anyway
                connection.execute("PRAGMA analysis_limit = 400")
                connection.execute("PRAGMA optimize")
        connection.close()
        self._connection = None
        self._is_closed = True


def _switch_to_wal(connection: sqlite3.Connection, busy_seconds: float) -> None:
    # SQLite does not wait its usual time for this one lock, and two processes may start at once.
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            if mode != "wal":
                raise sqlite3.OperationalError(f"the file system does not carry WAL mode, only “{mode}”")
            return


def _connect(path: str, timeout: float) -> sqlite3.Connection:
    return sqlite3.connect(
        path,
        timeout=timeout,
        isolation_level=None,
        detect_types=sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES,
        check_same_thread=False,
        cached_statements=256,
    )


def _apply_pragmas(connection: sqlite3.Connection, *, is_writer: bool) -> None:
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    if not is_writer:
        connection.execute("PRAGMA query_only = ON")


def _fetch_patiently(
    connection: sqlite3.Connection, sql: str, parameters: Sequence[Any], patience: float
) -> Rows:
    """Try again for ``patience`` seconds while another process is writing. A refused statement has done nothing."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return _fetch(connection, sql, parameters)
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() >= deadline:
                raise
            time.sleep(0.002)


def _fetch(connection: sqlite3.Connection, sql: str, parameters: Sequence[Any]) -> Rows:
    cursor = connection.execute(sql, parameters)
    if cursor.description is None:
        return []
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _settle(future: asyncio.Future[Any], result: Any, failure: Exception | None) -> None:
    if future.done():
        return
    if failure is None:
        future.set_result(result)
    else:
        future.set_exception(failure)


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _raise_clearly(error: sqlite3.OperationalError) -> NoReturn:
    if _is_busy(error):
        raise DatabaseBusy(
            _("The server is busy just now. Nothing was changed; please try again.")
        ) from error
    raise error


class QuickReader:
    """A read-only connection for SELECTs that are over in a moment, on the event loop's own thread."""

    def __init__(self, path: str) -> None:
        self._deadline = 0.0
        self._connection = _connect(path, timeout=0)
        _apply_pragmas(self._connection, is_writer=False)
        self._connection.set_progress_handler(lambda: time.perf_counter() > self._deadline, 1000)

    def fetch(self, sql: str, parameters: Sequence[Any]) -> Rows | None:
        """All the rows, or None when they are not to be had within AT_ONCE_SECONDS."""
        self._deadline = time.perf_counter() + AT_ONCE_SECONDS
        try:
            return _fetch(self._connection, sql, parameters)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT or _is_busy(error):
                return None
            raise

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@dataclass
class _Pool:
    quick: QuickReader
    writer: Connection
    readers: list[Connection]
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # who may write; served in order of asking

    def reader(self) -> Connection:
        """The reader with the least to do."""
        return min(self.readers, key=lambda reader: reader.waiting)

    async def close(self) -> None:
        """Close after the transaction under way; the writer last, as it folds the WAL into the file."""
        async with self.turn:
            self.quick.close()
            for connection in (*self.readers, self.writer):
                await connection.close()


class WriterTransaction(SQLiteTransaction):
    """A transaction on the writer, begun with BEGIN IMMEDIATE so that what it reads first stays true until its end."""

    engine: PooledSQLiteEngine
    connection: Connection

    def __init__(
        self,
        engine: PooledSQLiteEngine,
        transaction_type: TransactionType = TransactionType.immediate,
        allow_nested: bool = True,
    ) -> None:
        super().__init__(engine, transaction_type, allow_nested)
        self.ended = False

    async def __aenter__(self) -> SQLiteTransaction:
        if self._parent is not None:
            return self._parent
        self._pool = await self.engine.pool()
        self.connection = self._pool.writer
        await self._pool.turn.acquire()
        try:
            try:
                self.connection.at_once("BEGIN IMMEDIATE")
            except DatabaseBusy:  # another process is writing: wait for it in the thread
                await self.connection.execute("BEGIN IMMEDIATE")
        except BaseException:  # a cancelled BEGIN may have begun
            await self._give_back()
            raise
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
        try:
            if exception_type is None and not self._committed and not self._rolled_back:
                await self.connection.execute("COMMIT")
                self._committed = True
        finally:
            self.engine.current_transaction.reset(self.context)
            await self._give_back()
        return False

    async def _give_back(self) -> None:
        try:
            if not self._committed:
                await self.connection.roll_back()
        finally:
            self._pool.turn.release()


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
        return _Pool(quick, writer=connections[0], readers=connections[1:])

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
        sql, parameters = querystring.compile_string(engine_type=self.engine_type)
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
        async with pool.turn:
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
    ) -> WriterTransaction:
        """A transaction on the writer, or the one already under way. It is always immediate."""
        return WriterTransaction(self, transaction_type, allow_nested)

    async def batch(self, query: Query[Any, Any], batch_size: int = 100, node: str | None = None) -> NoReturn:
        """Refused: Piccolo's cursor would keep a connection. Read page by page, by ``id``."""
        raise NotImplementedError("Read page by page instead of in batches.")

    @asynccontextmanager
    async def scope(self) -> AsyncIterator[None]:
        """Nothing to hold here: readers are shared, statement by statement."""
        yield

    async def lock_row(self, table: type[Table], row_id: int) -> None:
        """Nothing to lock: BEGIN IMMEDIATE already lets one transaction write at a time."""

    async def lock_migrations(self) -> None:
        """Nothing to lock: BEGIN IMMEDIATE already keeps other processes waiting."""

    def is_unique_violation(self, error: BaseException) -> bool:
        """Whether a unique column or index refused the row."""
        return isinstance(error, sqlite3.IntegrityError) and error.sqlite_errorcode in (
            sqlite3.SQLITE_CONSTRAINT_UNIQUE,
            sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        )
