from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Boolean
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-29T16:30:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "Which reminders a speaker wants"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="sessions", description=DESCRIPTION)

    for column, default in (("remind_day", True), ("remind_hour", True), ("remind_minutes", False)):
        manager.add_column(
            table_class_name="Speaker",
            tablename="speaker",
            column_name=column,
            db_column_name=column,
            column_class_name="Boolean",
            column_class=Boolean,
            params={
                "default": default,
                "null": False,
                "primary_key": False,
                "unique": False,
                "index": False,
                "index_method": IndexMethod.btree,
                "choices": None,
                "db_column_name": None,
                "secret": False,
            },
            schema=None,
        )

    return manager
