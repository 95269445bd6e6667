"""How the answer that a file belongs to is found."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-29T11:50:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "Files of answers"

INDEXES = {
    "answer_of_file": """CREATE INDEX "{name}" ON "answer" ("file_key") WHERE "file_key" <> ''""",
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
