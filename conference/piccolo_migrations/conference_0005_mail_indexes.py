"""Rows of the mail tables that may exist once only, how due mails are found by domain, and the domains of old mails."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T17:30:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "Mail by domain"

INDEXES = {
    "mail_template_once": """CREATE UNIQUE INDEX "{name}" ON "mail_template" ("conference", "kind", "language")""",
    "unsubscription_once": """CREATE UNIQUE INDEX "{name}" ON "unsubscription" ("conference", "address_hash")""",
    "outgoing_mail_domains": """CREATE INDEX "{name}" ON "outgoing_mail" ("state", "domain", "next_attempt_at")""",
    "outgoing_mail_attempted": """CREATE INDEX "{name}" ON "outgoing_mail" ("attempted_at")""",
}


class AnyTable(Table):
    """Piccolo sends a statement through a table; which one does not matter."""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="conference", description=DESCRIPTION)

    async def create():
        for name, definition in INDEXES.items():
            await AnyTable.raw(definition.format(name=name))
        # What stands before the last @ is cut off both by SQLite and by PostgreSQL.
        await AnyTable.raw(
            'UPDATE "outgoing_mail" SET "domain" = '
            "replace(\"recipient\", rtrim(\"recipient\", replace(\"recipient\", '@', '')), '')"
        )

    async def drop():
        for name in INDEXES:
            await AnyTable.raw(f'DROP INDEX "{name}"')

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
