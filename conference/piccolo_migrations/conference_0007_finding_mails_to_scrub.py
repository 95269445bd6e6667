"""How the few mails are found that are to be scrubbed when they are done."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-29T12:40:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "Finding mails to be scrubbed"


class AnyTable(Table):
    """Piccolo sends a statement through a table; which one does not matter."""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="conference", description=DESCRIPTION)

    async def create():
        await AnyTable.raw(
            'CREATE INDEX "outgoing_mail_to_scrub" ON "outgoing_mail" ("id") WHERE scrub_when_done'
        )

    async def drop():
        await AnyTable.raw('DROP INDEX "outgoing_mail_to_scrub"')

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
