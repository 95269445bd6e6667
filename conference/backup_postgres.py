"""PostgreSQL's part of a backup: every table by COPY, as of one moment, with no other program needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncpg

from conference import db
from conference.backup_archive import BackupRefused
from conference.errors import BadSetting
from conference.i18n import _

MIGRATIONS = "migration"  # Piccolo's own table: compared, not copied


async def _connect(url: str) -> Any:
    try:
        return await asyncpg.connect(url, timeout=10)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise BadSetting("MERIDIAN_DATABASE_URL", f"the database cannot be reached: {error}") from error


async def dump(url: str, folder: Path) -> tuple[list[str], list[Path]]:
    """Write each table to ``<table>.copy`` in ``folder``; the migrations the database has, and the files."""
    connection = await _connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            tables = await _tables(connection)
            if MIGRATIONS not in tables:
                raise BackupRefused(_("The database holds nothing of Meridian's."))
            migrations = await _migrations(connection)
            files = []
            for table in tables:
                if table != MIGRATIONS:
                    files.append(folder / f"{table}.copy")
                    await connection.copy_from_table(table, output=files[-1], format="csv", header=True)
    finally:
        await connection.close()
    return migrations, files


async def load(url: str, folder: Path, migrations: object) -> int:
    """Fill the empty database at ``url`` from the files of ``dump``; how many tables. Raises BackupRefused."""
    connection = await _connect(url)
    try:
        if MIGRATIONS in await _tables(connection):
            raise BackupRefused(_("The database of MERIDIAN_DATABASE_URL is not empty."))
    finally:
        await connection.close()
    engine = db.make_engine(url, folder)
    db.bind(engine)
    try:
        await db.migrate()
    finally:
        await db.close_pool()
    connection = await _connect(url)
    try:
        try:
            async with connection.transaction():
                return await _fill(connection, folder, migrations)
        except BaseException:
            # The tables were made by us in an empty database: leave it as it was found.
            async with connection.transaction():
                for table in await _tables(connection):
                    await connection.execute(f'DROP TABLE "{table}" CASCADE')
            raise
    finally:
        await connection.close()


async def _fill(connection: Any, folder: Path, migrations: object) -> int:
    if await _migrations(connection) != migrations:
        raise BackupRefused(
            _(
                "The backup was made by another version of Meridian. Restore it with that version, then upgrade."
            )
        )
    tables = [table for table in await _tables(connection) if table != MIGRATIONS]
    for table in await _in_order(connection, tables):
        source = folder / f"{table}.copy"
        if not source.exists():
            raise BackupRefused(_("The archive lacks the table “%(table)s”.") % {"table": table})
        with source.open("rb") as lines:
            names = lines.readline().decode().strip().replace('"', "").split(",")
        try:
            await connection.copy_to_table(table, source=source, columns=names, format="csv", header=True)
        except asyncpg.PostgresError as error:
            raise BackupRefused(
                _("The table “%(table)s” cannot be restored: %(reason)s.") % {"table": table, "reason": error}
            ) from error
        if sequence := await connection.fetchval("SELECT pg_get_serial_sequence($1, 'id')", table):
            highest = await connection.fetchval(f'SELECT max(id) FROM "{table}"')  # noqa: S608 - a table of ours
            if highest is not None:
                await connection.execute("SELECT setval($1::text::regclass, $2)", sequence, highest)
    return len(tables)


async def _tables(connection: Any) -> list[str]:
    rows = await connection.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
    )
    return [row["tablename"] for row in rows]


async def _migrations(connection: Any) -> list[str]:
    rows = await connection.fetch("SELECT app_name, name FROM migration")
    return sorted(f"{row['app_name']}: {row['name']}" for row in rows)


async def _in_order(connection: Any, tables: list[str]) -> list[str]:
    """The tables, each after those its foreign keys point to."""
    rows = await connection.fetch(
        "SELECT conrelid::regclass::text AS child, confrelid::regclass::text AS parent "
        "FROM pg_constraint WHERE contype = 'f'"
    )
    parents: dict[str, set[str]] = {table: set() for table in tables}
    for row in rows:
        child, parent = row["child"].strip('"'), row["parent"].strip('"')
        if child in parents and parent != child:
            parents[child].add(parent)
    ordered: list[str] = []
    while len(ordered) < len(tables):
        ready = [table for table in tables if table not in ordered and parents[table] <= set(ordered)]
        if not ready:
            raise BackupRefused(_("The tables refer to each other in a circle."))
        ordered += ready
    return ordered
