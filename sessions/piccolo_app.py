"""What Piccolo's command line knows of this package: its tables and its migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="sessions",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=table_finder(
        modules=[
            "sessions.tables",
            "sessions.door.tables",
            "sessions.packs.tables",
            "sessions.packs.importing.tables",
        ],
        exclude_imported=True,
    ),
    migration_dependencies=["conference.piccolo_app"],
)
