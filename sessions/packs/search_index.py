"""The index that searches for resources read, written in the transaction of the change it follows.

Each engine has its own: FTS5 on SQLite, a tsvector on PostgreSQL. Both are given the words that ``search_words`` cut, and searches
as it understood them, so that both find the same: no parser of theirs sees what anybody typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from conference import db, texts
from sessions.packs.resource_facts import creators_from
from sessions.packs.search_words import Phrase, Search, words_in
from sessions.packs.tables import Resource, ResourceText, ResourceTopic

Fields = tuple[list[str], list[str], list[str]]
"""The texts of a resource by weight: titles, people, everything else."""

_PUT = {
    "sqlite": (
        "INSERT OR REPLACE INTO resource_search (rowid, title, people, words) VALUES ({}, {}, {}, {})"
    ),
    "postgres": (
        "INSERT INTO resource_search (id, document) VALUES ({}, CAST(CAST({} AS text) AS tsvector)) "
        "ON CONFLICT (id) DO UPDATE SET document = EXCLUDED.document"
    ),
}
_LACKING = {
    "sqlite": "SELECT id FROM resource WHERE id NOT IN (SELECT rowid FROM resource_search) ORDER BY id LIMIT {}",
    "postgres": (
        "SELECT id FROM resource WHERE NOT EXISTS "
        "(SELECT 1 FROM resource_search s WHERE s.id = resource.id) ORDER BY id LIMIT {}"
    ),
}
_AT_ONCE = 500
_BETWEEN = "¶"  # no word: keeps a phrase from reaching from one text into the next


async def index_resources(ids: Sequence[int]) -> None:
    """Write the resources (row ids) into the index as they stand: titles, people, descriptions, topics, in all
    languages, and what their files say.

    To be called inside the transaction that changed them.
    """
    if not ids:
        return
    rows = await Resource.select(Resource.id, Resource.title, Resource.description, Resource.creators).where(
        Resource.id.is_in(list(ids))
    )
    more: dict[int, list[str]] = {}
    for row in await ResourceTopic.select(
        ResourceTopic.resource, ResourceTopic.topic._.name.as_alias("name")
    ).where(ResourceTopic.resource.is_in(list(ids))):
        more.setdefault(row["resource"], []).extend(texts.decode(row["name"]).values())
    said = await ResourceText.select(
        ResourceText.file._.resource.as_alias("resource"), ResourceText.text
    ).where(ResourceText.file._.resource.is_in(list(ids)) & ResourceText.file._.is_current.eq(True))
    for row in said:
        more.setdefault(row["resource"], []).append(row["text"])
    engine = db.current_engine().engine_type
    for row in rows:
        words = [*texts.decode(row["description"]).values(), *more.get(row["id"], [])]
        people = [text for one in creators_from(row["creators"]) for text in (one.name, one.orcid) if text]
        fields = ([*texts.decode(row["title"]).values()], people, words)
        document = [fts_text(field) for field in fields] if engine == "sqlite" else [tsvector(fields)]
        await Resource.raw(_PUT[engine], row["id"], *document)


async def index_lacking(_now: datetime) -> int:
    """Bring resources into the index that it lacks, such as all of them after it was made anew; how many those were."""
    indexed = 0
    while rows := await Resource.raw(_LACKING[db.current_engine().engine_type], _AT_ONCE):
        async with db.transaction():
            await index_resources([row["id"] for row in rows])
        indexed += len(rows)
    return indexed


async def drop_strays() -> None:
    """Remove from the index what is no resource any more. Searches never show it: they read the resources' rows too."""
    # On PostgreSQL a foreign key has done it already. SQLite gives no row number twice, so nothing is found by another's words.
    if db.current_engine().engine_type == "sqlite":
        await Resource.raw("DELETE FROM resource_search WHERE rowid NOT IN (SELECT id FROM resource)")


# --- what the engines are given (pure) -------------------------------------------------------------------------------


def fts_text(field: Iterable[str]) -> str:
    """The texts for a column of the FTS5 table, whose tokenizer cuts at spaces only."""
    return f" {_BETWEEN} ".join(" ".join(word.text for word in words_in(text)) for text in field)


def tsvector(fields: Fields) -> str:
    """The texts as a tsvector is written, with weights A, B and C (PostgreSQL 8.11.1). Words hold no quotation marks."""
    found: dict[str, list[str]] = {}
    place = 0
    for weight, field in zip("ABC", fields, strict=True):
        for text in field:
            for word in words_in(text):
                place += 1
                found.setdefault(word.text, []).append(f"{place}{weight}")
            place += 1
    return " ".join(f"'{word}':{','.join(places)}" for word, places in found.items())


def fts_match(search: Search, *, in_title: bool = False) -> str:
    """The search in FTS5's own words; ``in_title`` asks for all of it in the title."""

    def phrase(one: Phrase) -> str:
        return f'"{" ".join(one.words)}"' + ("*" if one.is_open else "")

    every = " AND ".join(f"({' OR '.join(map(phrase, term))})" for term in search.terms)
    return f"title : ({every})" if in_title else every


def tsquery(search: Search, *, in_title: bool = False) -> str:
    """The search as a tsquery is written; ``in_title`` asks for all of it in the title."""
    weight = "A" if in_title else ""
    terms = (" | ".join(_tsphrase(phrase, weight) for phrase in term) for term in search.terms)
    return " & ".join(f"({term})" for term in terms)


def whole_words(search: Search) -> str:
    """A tsquery of what was looked for as it was typed, any of it: what holds whole words ranks before what begins so."""
    return " | ".join(_tsphrase(phrase) for term in search.terms for phrase in term if not phrase.is_open)


def _tsphrase(phrase: Phrase, weight: str = "") -> str:
    *before, last = phrase.words
    words = [*((word, weight) for word in before), (last, ("*" if phrase.is_open else "") + weight)]
    return "(" + " <-> ".join(f"'{word}':{marks}" if marks else f"'{word}'" for word, marks in words) + ")"
