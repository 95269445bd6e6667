"""Rows of the schedule that may exist once only, and the speakers found by their link."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T16:30:00:000004"
VERSION = "1.38.0"
DESCRIPTION = "Unique rows of the schedule"

INDEXES = {
    "speaker_by_link": """CREATE UNIQUE INDEX "{name}" ON "speaker" ("link_hash")""",
    "draft_change_once": """CREATE UNIQUE INDEX "{name}" ON "draft_change" ("conference", "version")""",
    "availability_in_order": """CREATE INDEX "{name}" ON "availability" ("speaker", "start")""",
}


class AnyTable(Table):
    """Piccolo sends a statement through a table; which one does not matter."""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="sessions", description=DESCRIPTION)

    async def create():
        for name, definition in INDEXES.items():
            await AnyTable.raw(definition.format(name=name))

    async def drop():
        for name in INDEXES:
            await AnyTable.raw(f'DROP INDEX "{name}"')

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
