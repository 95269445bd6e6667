"""Rows that may exist once only, where one column does not say it, and the index of a purpose's consents."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T13:30:00:000003"
VERSION = "1.38.0"
DESCRIPTION = "Unique rows"

INDEXES = {
    "consent_for_purpose": """CREATE INDEX "{name}" ON "consent" ("purpose")""",
    "registration_live": """CREATE UNIQUE INDEX "{name}" ON "registration" ("conference", "attendee") WHERE "status" <> 'withdrawn'""",
    "answer_once": """CREATE UNIQUE INDEX "{name}" ON "answer" ("registration", "question")""",
    "consent_purpose_code": """CREATE UNIQUE INDEX "{name}" ON "consent_purpose" ("conference", "code")""",
    "seat_once": """CREATE UNIQUE INDEX "{name}" ON "seat" ("slot", "registration")""",
    "agenda_item_once": """CREATE UNIQUE INDEX "{name}" ON "agenda_item" ("registration", "slot")""",
    "invite_sent_once": """CREATE UNIQUE INDEX "{name}" ON "invite_sent" ("registration", "slot", "sequence", "method")""",
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
