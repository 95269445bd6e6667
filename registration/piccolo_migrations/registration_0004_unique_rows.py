"""Rows that may exist once only, where one column does not say it, and the order of waitlists."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T17:50:00:000004"
VERSION = "1.38.0"
DESCRIPTION = "Unique rows of waitlists and attending"

INDEXES = {
    "interest_once": """CREATE UNIQUE INDEX "{name}" ON "interest" ("conference", "email_key")""",
    "invitation_once": """CREATE UNIQUE INDEX "{name}" ON "invitation" ("conference", "email_key")""",
    "waitlist_once": """CREATE UNIQUE INDEX "{name}" ON "waitlist_entry" ("slot", "registration") WHERE "slot" IS NOT NULL AND "state" IN ('waiting', 'offered')""",
    "waitlist_once_for_all": """CREATE UNIQUE INDEX "{name}" ON "waitlist_entry" ("registration") WHERE "slot" IS NULL AND "state" IN ('waiting', 'offered')""",
    "waitlist_in_line": """CREATE INDEX "{name}" ON "waitlist_entry" ("slot", "state", "id")""",
    "invite_reply_once": """CREATE UNIQUE INDEX "{name}" ON "invite_reply" ("registration", "slot")""",
    "presence_once": """CREATE UNIQUE INDEX "{name}" ON "presence" ("registration", "slot")""",
    "registration_in_category": """CREATE INDEX "{name}" ON "registration" ("category")""",
    "registration_of_group": """CREATE INDEX "{name}" ON "registration" ("in_group")""",
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
