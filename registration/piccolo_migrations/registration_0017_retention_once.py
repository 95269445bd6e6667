"""Each kind of data is noted as due once."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-29T13:10:00:000014"
VERSION = "1.38.0"
DESCRIPTION = "What is due, once"


class AnyTable(Table):
    """Piccolo sends a statement through a table; which one does not matter."""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="registration", description=DESCRIPTION)

    async def create():
        await AnyTable.raw(
            'CREATE UNIQUE INDEX "retention_due_once" ON "retention_due" ("conference", "kind")'
        )

    async def drop():
        await AnyTable.raw('DROP INDEX "retention_due_once"')

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
