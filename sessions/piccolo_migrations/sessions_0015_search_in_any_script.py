"""The index of resources is given words cut beforehand, in any script, and cuts nothing itself.

It begins empty: the job ``index-resources`` fills it within a minute.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder
from piccolo.table import Table

ID = "2026-11-29T16:05:00:000015"
VERSION = "1.38.0"
DESCRIPTION = "Search in any script"

# "ascii" takes every character beyond ASCII for a letter; of the others it is given letters and digits alone.
NOW = "ascii"
BEFORE = "unicode61 remove_diacritics 0"


class AnyTable(Table):
    """Piccolo sends a statement through a table; which one does not matter."""


async def make_anew(tokenizer, prefix):
    if engine_finder().engine_type == "sqlite":
        await AnyTable.raw('DROP TABLE "resource_search"')
        await AnyTable.raw(
            'CREATE VIRTUAL TABLE "resource_search" USING fts5 '
            f"(title, people, words, tokenize = '{tokenizer}', prefix = '{prefix}')"
        )
    else:
        await AnyTable.raw('DELETE FROM "resource_search"')


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="sessions", description=DESCRIPTION)

    async def after():
        await make_anew(NOW, "1 2 3")

    async def before():
        await make_anew(BEFORE, "2 3 4")

    manager.add_raw(after)
    manager.add_raw_backwards(before)
    return manager
