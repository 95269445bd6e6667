"""A person is told of a slot once for each kind of reminder and each start."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-29T12:21:00:000010"
VERSION = "1.38.0"
DESCRIPTION = "Unique rows of reminders"

INDEXES = {
    "reminder_once": """CREATE UNIQUE INDEX "{name}" ON "reminder_sent" ("registration", "slot_code", "kind", "start")""",
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
