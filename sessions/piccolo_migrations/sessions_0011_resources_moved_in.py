"""What was in the former tables of resources moves into those that took their place; then the former ones go
(one in the next migration: taken back, it has to come first).

A resource stays in its pack, with its address. The first pack of each session becomes the session's own.
"""

import json

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-29T09:00:00:000011"
VERSION = "1.38.0"
DESCRIPTION = "Resources move in"

INTO_RESOURCE = """
INSERT INTO resource
    (conference, session, code, kind, title, description, licence, url, created_at, first_out_at, datestamp, revision)
SELECT p.conference, p.session, f.code, f.kind, f.title, f.description, f.licence, f.url, f.created_at,
    p.published_at, p.changed_at, f.revision
FROM former_resource f JOIN resource_pack p ON p.id = f.pack ORDER BY f.id
"""
INTO_PACK = """
INSERT INTO pack_item (pack, resource, position)
SELECT f.pack, r.id, f.position FROM former_resource f JOIN resource r ON r.code = f.code ORDER BY f.id
"""
INTO_CONTENT = """
INSERT INTO stored_content (key, sha512, size, crc32, touched_at)
SELECT storage_key, sha512, size, crc32, uploaded_at FROM former_resource_file ORDER BY id
"""
INTO_FILE = """
INSERT INTO resource_file (resource, content, filename, media_type, uploaded_at)
SELECT r.id, c.id, o.filename, o.media_type, o.uploaded_at
FROM former_resource_file o
JOIN former_resource f ON f.id = o.resource
JOIN resource r ON r.code = f.code
JOIN stored_content c ON c.key = o.storage_key
ORDER BY o.id
"""
INTO_VERSION = """
INSERT INTO resource_version (resource, number, made_at, file)
SELECT r.id, 1, r.created_at, o.id FROM resource r LEFT JOIN resource_file o ON o.resource = r.id
"""


class AnyTable(Table):
    """Piccolo sends a statement through a table; which one does not matter."""


async def move_in():
    for statement in (INTO_RESOURCE, INTO_PACK, INTO_CONTENT, INTO_FILE, INTO_VERSION):
        await AnyTable.raw(statement)
    rows = await AnyTable.raw(
        "SELECT r.id, r.datestamp, r.kind, r.title, r.description, r.licence, r.url, f.creators, f.language "
        "FROM resource r JOIN former_resource f ON f.code = r.code"
    )
    for row in rows:
        languages = json.dumps([row["language"]] if row["language"] else [])
        people = [{"name": name} for name in json.loads(row["creators"])]
        creators = json.dumps(people, ensure_ascii=False)
        await AnyTable.raw(
            "UPDATE resource SET languages = {}, creators = {}, datestamp = {} WHERE id = {}",
            languages,
            creators,
            row["datestamp"].replace(microsecond=0),
            row["id"],
        )
        kept = {name: row[name] for name in ("kind", "title", "description", "licence", "url")}
        facts = {**kept, "languages": languages, "creators": creators}
        await AnyTable.raw(
            "UPDATE resource_version SET facts = {} WHERE resource = {}",
            json.dumps(facts, ensure_ascii=False),
            row["id"],
        )
    await AnyTable.raw("UPDATE resource_pack SET first_out_at = published_at")
    await AnyTable.raw(
        "UPDATE resource_pack SET is_automatic = {} WHERE id IN (SELECT id FROM (SELECT id, ROW_NUMBER() OVER "
        "(PARTITION BY session ORDER BY position, id) AS place FROM resource_pack WHERE session IS NOT NULL) AS ranked "
        "WHERE place = 1)",
        True,
    )


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="sessions", description=DESCRIPTION)
    manager.add_raw(move_in)
    manager.drop_table(class_name="FormerResourceFile", tablename="former_resource_file", schema=None)
    return manager
