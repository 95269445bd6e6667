"""Where a measurement takes place: a data folder, and the database of one engine or the other."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from conference import codes, db
from conference.benchmarks.server import RunningServer, running_server
from conference.settings import Settings

Done = TypeVar("Done")


@dataclass(frozen=True)
class Place:
    """A data folder; its SQLite file is the database unless a PostgreSQL ``database_url`` is given.

    ``database_process`` is the first process of that server, where it runs on this machine.
    """

    data_dir: Path
    database_url: str = ""
    database_process: int | None = None

    @property
    def engine(self) -> str:
        """The database's name, for people."""
        return "PostgreSQL" if self.database_url else "SQLite"

    def prepare(self, work: Callable[[Settings], Awaitable[Done]]) -> Done:
        """Do the work on the database, migrated first."""
        return asyncio.run(self._on_database(work))

    async def _on_database(self, work: Callable[[Settings], Awaitable[Done]]) -> Done:
        settings = Settings.from_environment({"MERIDIAN_DATA_DIR": str(self.data_dir)})
        codes.use_secret(settings.secret_key)
        db.bind(db.make_engine(self.database_url, self.data_dir))
        await db.open_pool()
        try:
            await db.migrate()
            return await work(settings)
        finally:
            await db.close_pool()
            db.bind(None)

    def serving(
        self,
        *,
        first_path: str = "/healthz",
        jobs: bool = False,
        workers: int = 1,
        measured: bool = False,
        **variables: str,
    ) -> AbstractContextManager[RunningServer]:
        """A server on it, apart; a ``measured`` one says what each answer cost. ``variables`` are further MERIDIAN_…
        settings without that beginning."""
        given = {
            "RUN_JOBS": "yes" if jobs else "no",
            "WORKERS": str(workers),
            "DATABASE_URL": self.database_url,
            **variables,
        }
        environ = {f"MERIDIAN_{name}": value for name, value in given.items()}
        command = (sys.executable, "-m", "conference", "serve-measured" if measured else "serve")
        return running_server(self.data_dir, command=command, first_path=first_path, environ=environ)
