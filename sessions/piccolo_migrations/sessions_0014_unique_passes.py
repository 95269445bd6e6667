"""One pass for each person at the door of a slot."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-29T11:42:11:000010"
VERSION = "1.38.0"
DESCRIPTION = "Unique passes at the door"


class AnyTable(Table):
    """Piccolo sends a statement through a table; which one does not matter."""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="sessions", description=DESCRIPTION)

    async def create():
        await AnyTable.raw('CREATE UNIQUE INDEX "door_pass_once" ON "door_pass" ("slot", "mark")')

    async def drop():
        await AnyTable.raw('DROP INDEX "door_pass_once"')

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
