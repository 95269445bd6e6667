"""A privacy notice has each version once."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-29T16:46:00:000026"
VERSION = "1.38.0"
DESCRIPTION = "Each version of a privacy notice, once"


class AnyTable(Table):
    """Piccolo sends a statement through a table; which one does not matter."""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="registration", description=DESCRIPTION)

    async def create():
        await AnyTable.raw(
            'CREATE UNIQUE INDEX "notice_version_number" ON "notice_version" ("conference", "number")'
        )

    async def drop():
        await AnyTable.raw('DROP INDEX "notice_version_number"')

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
