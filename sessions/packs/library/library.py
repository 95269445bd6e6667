"""The library: everything that conferences have left behind and that anyone may open, searched, filtered and counted.

Each answer takes the same few statements, however much there is. What nobody may see (drafts, packs for those registered, what is
under embargo, conferences that are not listed) takes no part in them, so that no count tells of it either.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from conference import texts
from conference.conferences import languages_of
from conference.tables import Conference
from conference.texts import LocalText
from sessions.packs.file_texts import texts_of
from sessions.packs.library.library_asked import FILTERS, Asked
from sessions.packs.library.library_sql import Within
from sessions.packs.open_to_all import Statement
from sessions.packs.queries import StoredFile, current_files
from sessions.packs.resource_facts import Creator, creators_from
from sessions.packs.tables import Resource, ResourceTopic, Topic
from sessions.programme.search import fold

PAGE = 20  # resources


@dataclass(frozen=True)
class KnownConference:
    """A conference that is listed. ``starts_on`` its first day."""

    id: int
    slug: str
    name: LocalText
    languages: tuple[str, ...]
    starts_on: date


@dataclass(frozen=True)
class TopicGroup:
    """Topics of several conferences that have the same name: one to the reader. ``code`` is the oldest's."""

    code: str
    name: LocalText
    ids: tuple[int, ...]
    codes: frozenset[str]


@dataclass(frozen=True)
class FoundResource:
    """A resource in the list. ``spoken`` is what its file says, where that is known."""

    id: int
    code: str
    kind: str
    title: LocalText
    description: LocalText
    languages: tuple[str, ...]
    creators: tuple[Creator, ...]
    licence: str
    issued: str
    url: str
    conference: KnownConference
    topics: tuple[LocalText, ...]
    spoken: str
    file: StoredFile | None
    out_at: datetime | None


@dataclass(frozen=True)
class Found:
    """What the library has for a reader.

    ``counts`` maps each filter to its values and how many there would be with each instead of those chosen; ``without`` maps
    each filter in force to how many there would be if it were taken off, "q" the words (asked only where nothing was found).
    """

    total: int
    resources: list[FoundResource]
    counts: Mapping[str, Mapping[str, int]]
    without: Mapping[str, int]
    conferences: Mapping[str, KnownConference]
    topics: Mapping[str, TopicGroup]
    page: int
    pages: int


async def look_up(asked: Asked, now: datetime) -> Found:
    """What fits, a page of it, with the counts of every filter. A page beyond the last is the last."""
    conferences = await _listed()
    topics = await _topics(conferences)
    ids = {
        "topics": [n for group in topics if group.codes & set(asked.values("topic")) for n in group.ids],
        "conferences": [one.id for one in conferences.values() if one.slug in asked.values("conference")],
    }
    within = Within(asked, now, **ids)
    told = await _told(within.statement((asked.page - 1) * PAGE, PAGE))
    total = told[""][""]
    pages = max(1, -(-total // PAGE))
    page = min(asked.page, pages)
    if page < asked.page:
        told |= await _told(within.statement((page - 1) * PAGE, PAGE, is_counted=False))
    without = dict(told["without"])
    if not total and asked.search and asked.chosen:
        without["q"] = (await _told(Within(asked.without("q"), now, **ids).statement(0, 0)))[""][""]
    shown = sorted(told["row"], key=lambda row: told["row"][row])
    return Found(
        total=total,
        resources=await _resources([int(row) for row in shown], conferences, is_search=bool(asked.search)),
        counts=_counts(told, topics, conferences),
        without=without,
        conferences={one.slug: one for one in conferences.values()},
        topics={group.code: group for group in topics},
        page=page,
        pages=pages,
    )


async def _told(statement: Statement) -> dict[str, dict[str, int]]:
    """What the statement tells: by filter the numbers of its values."""
    sql, values = statement
    told: dict[str, dict[str, int]] = defaultdict(dict)
    for row in await Resource.raw(sql, *values):
        told[row["filter"]][row["value"]] = row["number"]
    return told


def _counts(
    told: Mapping[str, Mapping[str, int]],
    topics: Sequence[TopicGroup],
    conferences: Mapping[int, KnownConference],
) -> dict[str, dict[str, int]]:
    """How many there are of each value of each filter, as addresses call the values."""
    names = {
        "topic": {str(number): group.code for group in topics for number in group.ids},
        "conference": {str(one.id): one.slug for one in conferences.values()},
    }
    counts: dict[str, dict[str, int]] = {name: {} for name in FILTERS}
    for name in FILTERS:
        for value, number in told.get(name, {}).items():
            if code := names[name].get(value, "") if name in names else value:
                counts[name][code] = counts[name].get(code, 0) + number
    return counts


async def _resources(
    ids: Sequence[int], conferences: Mapping[int, KnownConference], *, is_search: bool
) -> list[FoundResource]:
    """The resources in this order; of a search with what their files say."""
    if not ids:
        return []
    rows = {row["id"]: row for row in await Resource.select().where(Resource.id.is_in(list(ids)))}
    files = await current_files(ids)
    topics = await _topics_of(ids)
    spoken = await texts_of(ids) if is_search else {}
    found = [rows[number] for number in ids if number in rows and rows[number]["conference"] in conferences]
    return [
        FoundResource(
            id=row["id"],
            code=row["code"],
            kind=row["kind"],
            title=texts.decode(row["title"]),
            description=texts.decode(row["description"]),
            languages=tuple(json.loads(row["languages"])),
            creators=creators_from(row["creators"]),
            licence=row["licence"],
            issued=row["issued"],
            url=row["url"],
            conference=conferences[row["conference"]],
            topics=tuple(topics[row["id"]]),
            spoken=spoken.get(row["id"], ""),
            file=files.get(row["id"]),
            out_at=row["first_out_at"],
        )
        for row in found
    ]


# --- what filters are called -----------------------------------------------------------------------------------------


async def _listed() -> dict[int, KnownConference]:
    rows = (
        await Conference.objects()
        .where(Conference.is_listed.eq(True))
        .order_by(Conference.starts_on, Conference.id, ascending=False)
    )
    return {
        row.id: KnownConference(row.id, row.slug, texts.decode(row.name), languages_of(row), row.starts_on)
        for row in rows
    }


async def _topics(conferences: Mapping[int, KnownConference]) -> list[TopicGroup]:
    """The topics of conferences that are listed, those of one name (in any language) together."""
    rows = await Topic.select(Topic.id, Topic.code, Topic.name, Topic.conference).order_by(Topic.id)
    by_name: dict[str, list[dict[str, Any]]] = {}
    groups: list[list[dict[str, Any]]] = []
    for row in rows:
        if row["conference"] not in conferences:
            continue
        row["name"] = texts.decode(row["name"])
        names = {fold(name) for name in row["name"].values()}
        group = next((by_name[name] for name in names if name in by_name), None)
        if group is None:
            groups.append(group := [])
        group.append(row)
        for name in names:
            by_name.setdefault(name, group)
    return [
        TopicGroup(
            code=group[0]["code"],
            name={language: name for row in reversed(group) for language, name in row["name"].items()},
            ids=tuple(row["id"] for row in group),
            codes=frozenset(row["code"] for row in group),
        )
        for group in groups
    ]


async def _topics_of(ids: Sequence[int]) -> dict[int, list[LocalText]]:
    """The names of what the resources (row ids) are about."""
    rows = await ResourceTopic.select(
        ResourceTopic.resource, ResourceTopic.topic._.name.as_alias("name")
    ).where(ResourceTopic.resource.is_in([*ids, 0]))
    found: dict[int, list[LocalText]] = defaultdict(list)
    for row in rows:
        found[row["resource"]].append(texts.decode(row["name"]))
    return found
