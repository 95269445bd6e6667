"""Rows of resources and packs that may exist once only, and the index that searches read.

The index is each engine's own: FTS5 on SQLite (which lets no trigger or foreign key reach it), a tsvector on PostgreSQL. It is written beside the rows, in the same
transaction, by ``sessions.packs.search_index``; here it begins with what is there.
"""

import json
import unicodedata

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder
from piccolo.table import Table

ID = "2026-11-29T09:00:00:000012"
VERSION = "1.38.0"
DESCRIPTION = "Unique rows, search"

INDEXES = {
    "expected_once": """CREATE UNIQUE INDEX "{name}" ON "expected" ("session", "kind")""",
    "pack_of_session": """CREATE UNIQUE INDEX "{name}" ON "resource_pack" ("session") WHERE "is_automatic" = {true}""",
    "resource_topic_once": """CREATE UNIQUE INDEX "{name}" ON "resource_topic" ("resource", "topic")""",
    "pack_item_once": """CREATE UNIQUE INDEX "{name}" ON "pack_item" ("pack", "resource")""",
    "resource_version_number": """CREATE UNIQUE INDEX "{name}" ON "resource_version" ("resource", "number")""",
    "resource_chase_once": """CREATE UNIQUE INDEX "{name}" ON "resource_chase" ("speaker", "code")""",
    "upload_part_start": """CREATE UNIQUE INDEX "{name}" ON "upload_part" ("upload", "start")""",
    "resource_harvest": """CREATE INDEX "{name}" ON "resource" ("datestamp", "id")""",
}
SQLITE = (
    """CREATE VIRTUAL TABLE "resource_search" USING fts5
       (title, people, words, tokenize = 'unicode61 remove_diacritics 0', prefix = '2 3 4')""",
)
POSTGRES = (
    """CREATE TABLE "resource_search"
       ("id" INTEGER PRIMARY KEY REFERENCES "resource" ("id") ON DELETE CASCADE, "document" TSVECTOR NOT NULL)""",
    """CREATE INDEX "resource_search_document" ON "resource_search" USING GIN ("document")""",
)


class AnyTable(Table):
    """Piccolo sends a statement through a table; which one does not matter."""


def folded(text):
    """Without case and accents, as ``sessions.programme.search.fold`` does it."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark)).casefold()


async def create():
    is_sqlite = engine_finder().engine_type == "sqlite"
    for name, definition in INDEXES.items():
        await AnyTable.raw(definition.format(name=name, true="1" if is_sqlite else "TRUE"))
    for statement in SQLITE if is_sqlite else POSTGRES:
        await AnyTable.raw(statement)
    for row in await AnyTable.raw("SELECT id, title, description, creators FROM resource"):
        people = [person["name"] for person in json.loads(row["creators"])]
        texts = [json.loads(row["title"]).values(), people, json.loads(row["description"]).values()]
        fields = [folded(" ".join(text)) for text in texts]
        if is_sqlite:
            await AnyTable.raw(
                "INSERT INTO resource_search (rowid, title, people, words) VALUES ({}, {}, {}, {})",
                row["id"],
                *fields,
            )
        else:
            await AnyTable.raw(
                "INSERT INTO resource_search (id, document) VALUES ({}, "
                "setweight(to_tsvector('simple', {}), 'A') || setweight(to_tsvector('simple', {}), 'B') || "
                "setweight(to_tsvector('simple', {}), 'C'))",
                row["id"],
                *fields,
            )


async def drop():
    await AnyTable.raw('DROP TABLE "resource_search"')
    for name in INDEXES:
        await AnyTable.raw(f'DROP INDEX "{name}"')


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="sessions", description=DESCRIPTION)
    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    manager.drop_table(class_name="FormerResource", tablename="former_resource", schema=None)
    return manager
