"""SQLite connections that stay open: one that has a thread, for what may take long, and one for what does not."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from queue import SimpleQueue
from typing import Any, NoReturn

from conference.db.shared import DatabaseBusy, Result, Rows, until_done
from conference.i18n import _

AT_ONCE_SECONDS = 0.003  # how long a SELECT may keep the event loop before it starts again in a thread

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

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open. For whoever has the writer to themselves."""
        return self._connection is not None and self._connection.in_transaction

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
