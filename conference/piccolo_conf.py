"""What Piccolo's command line and Piccolo itself look up: the database in use and the three apps.

``DB`` and ``APP_REGISTRY`` are made when asked for: a running server has its database bound and needs no registry.
"""

from __future__ import annotations

import os
from typing import Any

APPS = ("conference", "sessions", "registration")  # in the order their migrations run


def __getattr__(name: str) -> Any:
    if name == "DB":
        return _database()
    if name == "APP_REGISTRY":
        from piccolo.conf.apps import AppRegistry

        registry = globals()[name] = AppRegistry(apps=[f"{app}.piccolo_app" for app in APPS])
        return registry
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _database() -> Any:
    from conference import db
    from conference.settings import Settings

    if not db.is_bound():
        settings = Settings.from_environment(os.environ)
        db.bind(db.make_engine(settings.database_url, settings.data_dir))
    return db.current_engine()
