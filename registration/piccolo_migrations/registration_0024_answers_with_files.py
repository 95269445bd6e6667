"""The few answers that are files, found among the many that are not."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-29T16:45:00:000024"
VERSION = "1.38.0"
DESCRIPTION = "Answers with files"


class AnyTable(Table):
    """Piccolo sends a statement through a table; which one does not matter."""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="registration", description=DESCRIPTION)

    async def create():
        await AnyTable.raw(
            """CREATE INDEX "answer_with_file" ON "answer" ("question") WHERE "file_key" <> ''"""
        )

    async def drop():
        await AnyTable.raw('DROP INDEX "answer_with_file"')

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
