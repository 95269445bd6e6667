"""Bring the database up to date, once, however many processes start together."""

from __future__ import annotations

import contextlib
import io
import os
import re
from importlib import import_module, resources

from piccolo.apps.migrations.tables import Migration

from conference.db.postgres import PooledPostgresEngine
from conference.db.sqlite import PooledSQLiteEngine

_ID = re.compile(r'^ID = "([^"]+)"$', re.MULTILINE)


class DatabaseTooNew(Exception):
    """The database was written by a later version of Meridian than this one."""


async def run_migrations(engine: PooledSQLiteEngine | PooledPostgresEngine) -> list[str]:
    """Run every migration that has not run yet, all or none; their names, such as ``sessions: 2026-11-22T13:…``.

    Runs nothing and returns an empty list when the database is up to date. Processes that start together take
    turns. Raises DatabaseTooNew when the database has migrations that this version does not know.
    """
    apps: tuple[str, ...] = import_module(os.environ["PICCOLO_CONF"]).APPS
    known = {app: migrations_of(app) for app in apps}
    done = await _already_run()
    if all(done.get(app, set()) == set(migrations) for app, migrations in known.items()):
        return []
    ran = []
    async with engine.transaction():
        await engine.lock_migrations()
        done = await _already_run()  # another process may have been first
        await Migration.create_table(if_not_exists=True)
        for app, migrations in known.items():
            if unknown := done.get(app, set()) - set(migrations):
                raise DatabaseTooNew(
                    f"The database was written by a newer version of Meridian ({app}: {', '.join(sorted(unknown))}). "
                    "Install that version, or restore a backup made before it."
                )
            for name in sorted(set(migrations) - done.get(app, set())):
                manager = await import_module(migrations[name]).forwards()
                with contextlib.redirect_stdout(io.StringIO()):  # Piccolo reports by print
                    await manager.run()
                await Migration.insert(Migration(name=name, app_name=app))
                ran.append(f"{app}: {name}")
    return ran


async def migrations_to_run() -> list[str]:
    """The migrations of this version that have not run, as ``run_migrations`` names them."""
    apps: tuple[str, ...] = import_module(os.environ["PICCOLO_CONF"]).APPS
    done = await _already_run()
    return [
        f"{app}: {name}" for app in apps for name in sorted(set(migrations_of(app)) - done.get(app, set()))
    ]


def migrations_of(app: str) -> dict[str, str]:
    """The migrations in a package: Piccolo's name of each, and its module.

    The name is read from the text. Importing them takes a third of a second, and most starts have nothing to run.
    """
    package = f"{app}.piccolo_migrations"
    modules = {}
    for file in resources.files(package).iterdir():
        if file.name.endswith(".py") and (found := _ID.search(file.read_text("utf-8"))):
            modules[found[1]] = f"{package}.{file.name.removesuffix('.py')}"
    return modules


async def _already_run() -> dict[str, set[str]]:
    if not await Migration.table_exists():
        return {}
    done: dict[str, set[str]] = {}
    for row in await Migration.select(Migration.app_name, Migration.name):
        done.setdefault(row["app_name"], set()).add(row["name"])
    return done
