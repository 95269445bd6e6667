"""Somebody may come and go several times, and is in a room once at most."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-29T12:05:01:000006"
VERSION = "1.38.0"
DESCRIPTION = "One open stay"


class AnyTable(Table):
    """Piccolo sends a statement through a table; which one does not matter."""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="registration", description=DESCRIPTION)

    async def create():
        await AnyTable.raw('DROP INDEX "presence_once"')
        await AnyTable.raw(
            'CREATE UNIQUE INDEX "presence_open" ON "presence" ("registration", "slot") WHERE "left_at" IS NULL'
        )

    async def back():
        await AnyTable.raw('DROP INDEX "presence_open"')
        await AnyTable.raw('CREATE UNIQUE INDEX "presence_once" ON "presence" ("registration", "slot")')

    manager.add_raw(create)
    manager.add_raw_backwards(back)
    return manager
