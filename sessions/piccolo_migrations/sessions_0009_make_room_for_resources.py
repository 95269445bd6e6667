"""The tables of resources step aside, for those that take their place have columns that SQLite cannot add to rows."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-29T09:00:00:000009"
VERSION = "1.38.0"
DESCRIPTION = "The tables of resources step aside"

NAMES = ("resource_in_pack", "resource_file_resource")
TABLES = (("Resource", "resource"), ("ResourceFile", "resource_file"))


class AnyTable(Table):
    """Piccolo sends a statement through a table; which one does not matter."""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="sessions", description=DESCRIPTION)

    async def free_the_names():
        for name in NAMES:
            await AnyTable.raw(f'DROP INDEX "{name}"')

    async def take_the_names_back():
        await AnyTable.raw('CREATE INDEX "resource_in_pack" ON "former_resource" ("pack")')
        await AnyTable.raw('CREATE INDEX "resource_file_resource" ON "former_resource_file" ("resource")')
        await AnyTable.raw('DROP INDEX "former_resource_file_resource"')

    manager.add_raw(free_the_names)
    manager.add_raw_backwards(take_the_names_back)
    for class_name, tablename in TABLES:
        manager.rename_table(
            old_class_name=class_name,
            old_tablename=tablename,
            new_class_name=f"Former{class_name}",
            new_tablename=f"former_{tablename}",
        )
    return manager
