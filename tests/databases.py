"""Databases for tests: a migrated template of each kind, and a fresh copy for each test."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg

from conference import db, piccolo_conf
from conference.benchmarks.postgres import start_server
from sessions.queries import forget_programmes

for _app in piccolo_conf.APPS:
    import_module(f"{_app}.piccolo_app")  # which imports all tables: known before a database is bound


@asynccontextmanager
async def opened(engine: db.Database) -> AsyncIterator[db.Database]:
    """The engine bound and its connections open, for the length of the block."""
    db.bind(engine)
    forget_programmes()
    try:
        await db.open_pool()
        yield engine
    finally:
        await db.close_pool()
        db.bind(None)


def run_apart(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end on a loop of its own, leaving the tests' loop as it is."""
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(work)
    finally:
        loop.close()


async def _migrate(engine: db.Database) -> None:
    async with opened(engine):
        await db.migrate()


class SQLiteTemplate:
    """A migrated file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        run_apart(_migrate(db.make_engine("", folder)))

    def copy_to(self, folder: Path) -> None:
        """Put a copy where ``make_engine("", folder)`` finds it."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._folder / "meridian.sqlite", folder / "meridian.sqlite")


class PostgresTemplate:
    """A real PostgreSQL server of our own, with a migrated database in it. It stops with ``stop()``."""

    def __init__(self) -> None:
        self._server = start_server()
        self._numbers = count(1)
        run_apart(self._prepare())

    def stop(self) -> None:
        """Stop the server and remove its files."""
        self._server.cleanup()

    @asynccontextmanager
    async def copy(self) -> AsyncIterator[str]:
        """The URL of a fresh copy of the migrated database, removed afterwards."""
        name = f"test_{next(self._numbers)}"
        await self._run(f"CREATE DATABASE {name} TEMPLATE migrated STRATEGY file_copy")
        try:
            yield self._server.get_uri(name)
        finally:
            await self._run(f"DROP DATABASE {name} WITH (FORCE)")

    @asynccontextmanager
    async def empty(self) -> AsyncIterator[str]:
        """The URL of a fresh database without any tables, removed afterwards."""
        name = f"empty_{next(self._numbers)}"
        await self._run(f"CREATE DATABASE {name}")
        try:
            yield self._server.get_uri(name)
        finally:
            await self._run(f"DROP DATABASE {name} WITH (FORCE)")

    async def _prepare(self) -> None:
        # Durability is PostgreSQL's own business; without it a copy takes a third of the time.
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            await self._run(f"ALTER SYSTEM SET {setting} = off")
        await self._run("SELECT pg_reload_conf()")
        await self._run("CREATE DATABASE migrated")
        await _migrate(db.make_engine(self._server.get_uri("migrated"), Path()))

    async def _run(self, sql: str) -> None:
        connection = await asyncpg.connect(self._server.get_uri())
        try:
            await connection.execute(sql)
        finally:
            await connection.close()
