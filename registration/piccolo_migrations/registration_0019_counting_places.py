"""What counts the places at a conference: who has one, and who stands in its line."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-29T13:20:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "Indexes that count places"

INDEXES = {
    "registration_places": """CREATE INDEX "{name}" ON "registration" ("conference", "status", "category", "created_at")""",
    "waitlist_for_places": """CREATE INDEX "{name}" ON "waitlist_entry" ("conference", "state") WHERE "slot" IS NULL""",
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
