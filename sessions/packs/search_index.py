"""The index that searches for resources read, written in the transaction of the change it follows.

Each engine has its own: FTS5 on SQLite, a tsvector on PostgreSQL. What both are given is folded here (without case and
accents), so that both find the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from conference import db, texts
from sessions.packs.resource_facts import creators_from
from sessions.packs.tables import Resource, ResourceTopic
from sessions.programme.search import fold

_PUT = {
    "sqlite": (
        "INSERT OR REPLACE INTO resource_search (rowid, title, people, words) VALUES ({}, {}, {}, {})"
    ),
    "postgres": (
        "INSERT INTO resource_search (id, document) VALUES ({}, "
        "setweight(to_tsvector('simple', {}), 'A') || setweight(to_tsvector('simple', {}), 'B') || "
        "setweight(to_tsvector('simple', {}), 'C')) "
        "ON CONFLICT (id) DO UPDATE SET document = EXCLUDED.document"
    ),
}


async def index_resources(ids: Sequence[int]) -> None:
    """Write the resources (row ids) into the index as they stand: titles, people, descriptions, topics, in all languages.

    To be called inside the transaction that changed them.
    """
    if not ids:
        return
    rows = await Resource.select(Resource.id, Resource.title, Resource.description, Resource.creators).where(
        Resource.id.is_in(list(ids))
    )
    topics: dict[int, list[str]] = {}
    for row in await ResourceTopic.select(
        ResourceTopic.resource, ResourceTopic.topic._.name.as_alias("name")
    ).where(ResourceTopic.resource.is_in(list(ids))):
        topics.setdefault(row["resource"], []).extend(texts.decode(row["name"]).values())
    statement = _PUT[db.current_engine().engine_type]
    for row in rows:
        words = [*texts.decode(row["description"]).values(), *topics.get(row["id"], [])]
        people = [person.name for person in creators_from(row["creators"])]
        fields = (texts.decode(row["title"]).values(), people, words)
        await Resource.raw(statement, row["id"], *(fold(" ".join(field)) for field in fields))


async def drop_strays() -> None:
    """Remove from the index what is no resource any more. Searches never show it: they read the resources' rows too."""
    # On PostgreSQL a foreign key has done it already. SQLite gives no row number twice, so nothing is found by another's words.
    if db.current_engine().engine_type == "sqlite":
        await Resource.raw("DELETE FROM resource_search WHERE rowid NOT IN (SELECT id FROM resource)")
