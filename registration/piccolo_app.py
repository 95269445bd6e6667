"""What Piccolo's command line knows of this package: its tables and its migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

SUBJECTS = (
    "entries",
    "asking",
    "seating",
    "calendars",
    "reminding",
    "attending",
    "importing",
    "desk",
    "rights",
    "announcing",
)

APP_CONFIG = AppConfig(
    app_name="registration",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=table_finder(
        modules=[
            "registration.tables",
            *(f"registration.{subject}.tables" for subject in SUBJECTS),
        ],
        exclude_imported=True,
    ),
    migration_dependencies=["conference.piccolo_app", "sessions.piccolo_app"],
)
