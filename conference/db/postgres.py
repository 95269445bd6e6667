"""PostgreSQL: Piccolo's engine with a pool, transactions that survive cancellation, and clear errors."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any, NoReturn, cast

import asyncpg
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction
from piccolo.query.base import Query
from piccolo.querystring import QueryString
from piccolo.table import Table

from conference.db.shared import CurrentTransaction, DatabaseBusy, timed_query, until_done
from conference.db.statements import compiled
from conference.errors import BadSetting
from conference.i18n import _

OLDEST_POSTGRES = 140000  # as in server_version_num; the oldest that PostgreSQL still keeps up
POOL_SIZE = 10
CONNECT_SECONDS = 10.0
MIGRATION_LOCK = 0x4D45524944  # "MERID": any number that no other program takes on this database

_STOOD_IN_THE_WAY = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
)


@contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except _STOOD_IN_THE_WAY as error:
        raise DatabaseBusy(
            _("The server is busy just now. Nothing was changed; please try again.")
        ) from error


async def _keep_as_is(connection: Any) -> None:
    """Between two users of a pooled connection: nothing here sets anything on a session that outlives a transaction.

    asyncpg's own reset would cost every query a second round trip.
    """


class _Held:
    """A pooled connection kept for a scope from its first query on. asyncpg allows one query at a time on it."""

    def __init__(self) -> None:
        self.connection: Any = None
        self.lock = asyncio.Lock()
        self.ended = False


class PooledTransaction(PostgresTransaction):
    """A transaction on a pooled connection, given back whatever happens."""

    engine: PooledPostgresEngine

    def __init__(self, engine: PooledPostgresEngine, allow_nested: bool = True) -> None:
        super().__init__(engine, allow_nested)
        self.ended = False
        self.lock = asyncio.Lock()

    async def __aenter__(self) -> PostgresTransaction:
        if self._parent is not None:
            return self._parent
        self._lease = self.engine.lease()
        self.connection = await self._lease.__aenter__()
        try:
            self.transaction = self.connection.transaction()
            await self.transaction.start()
        except BaseException:
            await until_done(asyncio.ensure_future(self._lease.__aexit__(None, None, None)))
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
            await until_done(asyncio.ensure_future(self._end(is_good=exception_type is None)))
        finally:
            self.engine.current_transaction.reset(self.context)
        return False

    async def _end(self, *, is_good: bool) -> None:
        try:
            async with self.lock:
                if self._committed or self._rolled_back:
                    return
                if is_good:
                    with _clear_errors():
                        await self.transaction.commit()
                else:
                    # A connection that is gone has rolled back already; the first error is the one to tell.
                    with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                        await self.transaction.rollback()
        finally:
            await self._lease.__aexit__(None, None, None)


class PooledPostgresEngine(PostgresEngine):
    """Piccolo's PostgreSQL engine on a pool. ``replica_urls`` become the extra nodes ``replica_1``, ``replica_2`` …"""

    def __init__(self, url: str, replica_urls: Sequence[str] = ()) -> None:
        super().__init__(
            config={
                "dsn": url,
                "timeout": CONNECT_SECONDS,
                "server_settings": {"application_name": "meridian", "TimeZone": "UTC"},
            },
            extra_nodes={
                f"replica_{number}": PooledPostgresEngine(replica)
                for number, replica in enumerate(replica_urls, start=1)
            },
        )
        self.current_transaction = cast("ContextVar[PostgresTransaction | None]", CurrentTransaction("pg"))
        self._held: ContextVar[_Held | None] = ContextVar("held_connection", default=None)
        self._is_closed = False
        self._opening = asyncio.Lock()

    async def check_version(self) -> None:
        """Asked when the pool opens instead: making an engine must not need the server."""

    async def start_connection_pool(self, **kwargs: Any) -> None:
        """Connect. Raises BadSetting when the server cannot be reached, refuses us, or is too old."""
        self._is_closed = False
        await self.opened()
        for node in self.extra_nodes.values():
            await node.start_connection_pool()

    async def opened(self) -> Any:
        """The open pool; a command line tool that did not open it gets it on first use."""
        if self.pool is None:
            async with self._opening:
                if self._is_closed:
                    raise RuntimeError("The database was closed.")
                if self.pool is None:
                    self.pool = await self._open()
        return self.pool

    async def _open(self) -> Any:
        try:
            pool = await asyncpg.create_pool(**self.config, min_size=1, max_size=POOL_SIZE, reset=_keep_as_is)
            number = int(await pool.fetchval("SHOW server_version_num"))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise BadSetting("MERIDIAN_DATABASE_URL", f"the database cannot be reached: {reason}") from error
        if number < OLDEST_POSTGRES:
            await pool.close()
            raise BadSetting("MERIDIAN_DATABASE_URL", "PostgreSQL 14 or newer is needed")
        return pool

    async def close_connection_pool(self) -> None:
        """Wait for what is under way, and close. Later use is refused until opened again."""
        if self.transaction_exists():
            raise RuntimeError("The database cannot be closed inside a transaction.")
        self._is_closed = True
        pool, self.pool = self.pool, None
        if pool is not None:
            await pool.close()
        for node in self.extra_nodes.values():
            await node.close_connection_pool()

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[Any]:
        """A connection for one user: the scope's, or one of the pool."""
        held = self._held.get()
        if held is not None:
            async with held.lock:
                if not held.ended:
                    if held.connection is None:
                        held.connection = await (await self.opened()).acquire()
                    yield held.connection
                    return
        async with (await self.opened()).acquire() as connection:
            yield connection

    @asynccontextmanager
    async def scope(self) -> AsyncIterator[None]:
        """Hold one connection from the first query in the block to its end."""
        if self._held.get() is not None or self.transaction_exists():
            yield
            return
        held = _Held()
        token = self._held.set(held)
        try:
            yield
        finally:
            with contextlib.suppress(ValueError):  # left in another task than entered; ``ended`` says enough
                self._held.reset(token)
            await until_done(asyncio.ensure_future(self._let_go(held)))

    async def _let_go(self, held: _Held) -> None:
        async with held.lock:
            held.ended = True
            if held.connection is not None:
                await (await self.opened()).release(held.connection)

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> list[Any]:
        """Run a statement: in the current transaction, or on the scope's connection, or on one of the pool."""
        sql, parameters = compiled(querystring, self.engine_type)
        return await self._fetch(sql, parameters)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> list[Any]:
        """Run a statement that changes the schema."""
        return await self._fetch(ddl, ())

    async def _fetch(self, sql: str, parameters: Sequence[Any]) -> list[Any]:
        if self.log_queries:
            self.print_query(self.get_query_id(), sql)
        transaction = cast(PooledTransaction | None, self.current_transaction.get())
        with _clear_errors(), timed_query(sql):
            if transaction is not None:
                async with transaction.lock:
                    return cast(list[Any], await transaction.connection.fetch(sql, *parameters))
            async with self.lease() as connection:
                return cast(list[Any], await connection.fetch(sql, *parameters))

    def transaction(self, allow_nested: bool = True, *, is_short: bool = False) -> PooledTransaction:
        """A transaction on a pooled connection, or the one already under way. ``is_short`` says nothing here: commits
        that come together share a flush to the disk by themselves."""
        return PooledTransaction(self, allow_nested)

    async def batch(self, query: Query[Any, Any], batch_size: int = 100, node: str | None = None) -> NoReturn:
        """Refused, as on SQLite: a cursor would keep a connection. Read page by page, by ``id``."""
        raise NotImplementedError("Read page by page instead of in batches.")

    async def lock_row(self, table: type[Table], row_id: int) -> None:
        """Keep others from locking or changing the row until the transaction ends."""
        key = table._meta.primary_key
        await table.select(key).where(key == row_id).lock_rows("UPDATE")

    async def keep_row(self, table: type[Table], row_id: int) -> None:
        """Keep others from deleting the row until the transaction ends: the lock a foreign key to it would take."""
        key = table._meta.primary_key
        await table.select(key).where(key == row_id).lock_rows("KEY SHARE")

    async def lock_migrations(self) -> None:
        """Let one process migrate at a time, until the transaction ends."""
        await self.run_ddl(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")

    def is_unique_violation(self, error: BaseException) -> bool:
        """Whether a unique column or index refused the row."""
        return isinstance(error, asyncpg.UniqueViolationError)
