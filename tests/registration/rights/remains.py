"""Searching everything there is: every column of every table, and every file."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from piccolo.conf.apps import Finder

from conference import piccolo_conf


async def rows_with(traces: Collection[str]) -> list[str]:
    """Each value in the database that holds one of the traces (in small letters), with where it stands."""
    found = []
    for app in piccolo_conf.APPS:
        for table in Finder().get_app_config(app).table_classes:
            for row in await table.select():
                for column, value in row.items():
                    said = str(value).casefold()
                    found += [
                        f"{table._meta.tablename}.{column}: {trace} in {said[:200]}"
                        for trace in traces
                        if trace in said
                    ]
    return found


def files_with(folder: Path, traces: Collection[str]) -> list[str]:
    """Each file below the folder, but for the database's own, whose name or content holds one of the traces."""
    found = []
    for path in folder.rglob("*"):
        if not path.is_file() or path.name.startswith("meridian.sqlite"):
            continue
        said = path.name.casefold().encode() + path.read_bytes().lower()
        found += [f"{path.name}: {trace}" for trace in traces if trace.encode() in said]
    return found
