"""The conference's own list of topics, by which resources are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from piccolo.query.functions.aggregate import Count

from conference import texts
from conference.codes import new_code
from conference.conferences import touch_public
from conference.db import locked
from conference.tables import Conference
from conference.texts import LocalText
from conference.viewer import SignedInOrganiser
from sessions.packs.held_packs import record, stamp
from sessions.packs.search_index import index_resources
from sessions.packs.tables import ResourceTopic, Topic


@dataclass(frozen=True)
class TopicLine:
    """A topic, and how many resources are about it."""

    code: str
    name: LocalText
    resources: int


async def topics_of(conference_id: int) -> list[TopicLine]:
    """The conference's topics in their order. Two queries."""
    rows = (
        await Topic.select(Topic.id, Topic.code, Topic.name)
        .where(Topic.conference == conference_id)
        .order_by(Topic.position, Topic.id)
    )
    counts = {
        row["topic"]: row["found"]
        for row in await ResourceTopic.select(ResourceTopic.topic, Count(alias="found"))
        .where(ResourceTopic.topic._.conference == conference_id)
        .group_by(ResourceTopic.topic)
    }
    return [TopicLine(row["code"], texts.decode(row["name"]), counts.get(row["id"], 0)) for row in rows]


async def save_topics(
    conference: Conference,
    topics: Sequence[tuple[str, LocalText]],
    *,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    """Make these the conference's topics, in this order: (code, name), with an empty code for a new one.

    A topic without a name is removed, and so from every resource; one that is not named here at all stays, after the others:
    a colleague may have added it meanwhile.
    """
    async with locked(Conference, conference.id):
        rows = (
            await Topic.objects().where(Topic.conference == conference.id).order_by(Topic.position, Topic.id)
        )
        before = {row.code: row for row in rows}
        named = [(code, name) for code, name in topics if any(name.values())]
        gone = [code for code, name in topics if code in before and not any(name.values())]
        touched = await _resources_about([before[code].id for code in gone])
        if gone:
            await Topic.delete().where(Topic.id.is_in([before[code].id for code in gone]))
        order = [code for code, _name in named if code in before]
        rest = [row for row in rows if row.code not in order and row.code not in gone]
        for position, (code, name) in enumerate(named):
            if code in before:
                row = before[code]
                if texts.decode(row.name) != name:
                    touched += await _resources_about([row.id])
                row.name, row.position, row.revision = texts.encode(name), position, row.revision + 1
                await row.save()
            else:
                await Topic(
                    conference=conference.id, code=new_code(), name=texts.encode(name), position=position
                ).save()
        for position, row in enumerate(rest, start=len(named)):
            await Topic.update({Topic.position: position}).where(Topic.id == row.id)
        await index_resources(touched)
        await stamp(touched, now)
        await touch_public(conference.id)
        await record(
            conference,
            actor,
            "topics-changed",
            "topics",
            now,
            before={"topics": [row.name for row in rows]},
            after={"topics": [texts.encode(name) for _code, name in named] + [row.name for row in rest]},
        )


async def _resources_about(topic_ids: Sequence[int]) -> list[int]:
    if not topic_ids:
        return []
    rows = await ResourceTopic.select(ResourceTopic.resource).where(
        ResourceTopic.topic.is_in(list(topic_ids))
    )
    return list({row["resource"] for row in rows})
