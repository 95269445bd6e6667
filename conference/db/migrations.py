"""Bring the database up to date, once, however many processes start together."""

from __future__ import annotations

import contextlib
import io
import os
import pkgutil
from importlib import import_module

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.tables import Migration

from conference.db import current_engine, transaction


class DatabaseTooNew(Exception):
    """The database was written by a later version of Meridian than this one."""


async def migrate() -> list[str]:
    """Run every migration that has not run yet, all or none; their names, such as ``sessions: 2026-11-22T13:…``.

    Runs nothing and returns an empty list when the database is up to date. Processes that start together take
    turns. Raises DatabaseTooNew when the database has migrations that this version does not know.
    """
    apps: tuple[str, ...] = import_module(os.environ["PICCOLO_CONF"]).APPS
    known = {app: _migrations(app) for app in apps}
    done = await _already_run()
    if all(done.get(app, set()) == set(migrations) for app, migrations in known.items()):
        return []
    ran = []
    async with transaction():
        await current_engine().lock_migrations()
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
                if isinstance(manager, MigrationManager):
                    with contextlib.redirect_stdout(io.StringIO()):  # Piccolo reports by print
                        await manager.run()
                await Migration.insert(Migration(name=name, app_name=app))
                ran.append(f"{app}: {name}")
    return ran


def _migrations(app: str) -> dict[str, str]:
    """The migrations in a package: Piccolo's name of each, and its module."""
    package = import_module(f"{app}.piccolo_migrations")
    modules = [f"{package.__name__}.{found.name}" for found in pkgutil.iter_modules(package.__path__)]
    return {import_module(module).ID: module for module in modules}


async def _already_run() -> dict[str, set[str]]:
    if not await Migration.table_exists():
        return {}
    done: dict[str, set[str]] = {}
    for row in await Migration.select(Migration.app_name, Migration.name):
        done.setdefault(row["app_name"], set()).add(row["name"])
    return done
