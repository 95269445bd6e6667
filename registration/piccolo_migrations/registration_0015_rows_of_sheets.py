"""Rows of sheets: each line once, and how the next ones are found."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-29T12:59:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "Rows of sheets"

INDEXES = {
    "imported_row_once": """CREATE UNIQUE INDEX "{name}" ON "imported_row" ("sheet", "line")""",
    "imported_row_next": """CREATE INDEX "{name}" ON "imported_row" ("sheet", "outcome", "line")""",
    "imported_row_person": """CREATE INDEX "{name}" ON "imported_row" ("registration") WHERE "registration" IS NOT NULL""",
}


class AnyTable(Table):
    """Piccolo sends a statement through a table; which one does not matter."""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="registration", description=DESCRIPTION)

    async def create():
        for name, definition in INDEXES.items():
            await AnyTable.raw(definition.format(name=name))

    async def drop():
        for name in INDEXES:
            await AnyTable.raw(f'DROP INDEX "{name}"')

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
