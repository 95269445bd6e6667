"""The mails of a conference, counted by state, by kind and by person without reading what they say."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-29T16:45:00:000009"
VERSION = "1.38.0"
DESCRIPTION = "Counting mails"


class AnyTable(Table):
    """Piccolo sends a statement through a table; which one does not matter."""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="conference", description=DESCRIPTION)

    async def create():
        # In the order in which mails are written, so that a new one goes to the end of its part.
        await AnyTable.raw(
            'CREATE INDEX "outgoing_mail_counted" ON "outgoing_mail"'
            ' ("conference", "state", "kind", "created_at", "recipient")'
        )

    async def drop():
        await AnyTable.raw('DROP INDEX "outgoing_mail_counted"')

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
