"""The editor's moves are steps now: what could be undone before this is forgotten, the schedule stays as it is."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-22T16:40:00:000006"
VERSION = "1.38.0"
DESCRIPTION = "Steps in place of moves"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="sessions", description=DESCRIPTION)
    manager.drop_table(class_name="ScheduleMove", tablename="schedule_move", schema=None)
    return manager
