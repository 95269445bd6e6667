"""A line of an archive stands in it once."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-29T16:40:00:000019"
VERSION = "1.38.0"
DESCRIPTION = "Lines of archives"


class AnyTable(Table):
    """Piccolo sends a statement through a table; which one does not matter."""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="sessions", description=DESCRIPTION)

    async def create():
        await AnyTable.raw(
            'CREATE UNIQUE INDEX "imported_resource_line" ON "imported_resource" ("archive", "line")'
        )

    async def drop():
        await AnyTable.raw('DROP INDEX "imported_resource_line"')

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
