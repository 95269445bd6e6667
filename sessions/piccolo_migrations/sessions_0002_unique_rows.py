"""Rows that may exist once only, where one column does not say it, and the index of a pack's resources."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T13:30:00:000002"
VERSION = "1.38.0"
DESCRIPTION = "Unique rows"

INDEXES = {
    "resource_in_pack": """CREATE INDEX "{name}" ON "resource" ("pack")""",
    "appearance_once": """CREATE UNIQUE INDEX "{name}" ON "appearance" ("session", "speaker", "role")""",
    "release_number": """CREATE UNIQUE INDEX "{name}" ON "release" ("conference", "number")""",
}


class AnyTable(Table):
    """Piccolo sends a statement through a table; which one does not matter."""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="sessions", description=DESCRIPTION)

    async def create():
        for name, definition in INDEXES.items():
            await AnyTable.raw(definition.format(name=name))

    async def drop():
        for name in INDEXES:
            await AnyTable.raw(f'DROP INDEX "{name}"')

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
