"""What a resource is about and what it belongs to: topics, the recording of captions, what a translation translates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from conference import texts
from conference.tables import Conference
from sessions.packs.resource_facts import ResourceFacts, resource_facts
from sessions.packs.tables import PackItem, Resource, ResourceTopic, Topic


async def topics_by_resource(ids: Iterable[int]) -> dict[int, list[str]]:
    """The codes of the topics of each resource (row id), in the conference's order."""
    rows = (
        await ResourceTopic.select(ResourceTopic.resource, ResourceTopic.topic._.code.as_alias("code"))
        .where(ResourceTopic.resource.is_in([*ids, 0]))
        .order_by(ResourceTopic.topic._.position, ResourceTopic.topic)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        found[row["resource"]].append(row["code"])
    return found


async def whole_facts(resource: Resource) -> ResourceFacts:
    """Everything that is said of a resource, also by other rows. Two queries."""
    topics = await topics_by_resource([resource.id])
    others = {
        row["id"]: row["code"]
        for row in await Resource.select(Resource.id, Resource.code).where(
            Resource.id.is_in([resource.belongs_to or 0, resource.translation_of or 0])
        )
    }
    return resource_facts(
        resource,
        topics=topics.get(resource.id, ()),
        belongs_to=others.get(resource.belongs_to, ""),
        translation_of=others.get(resource.translation_of, ""),
    )


async def write_relations(conference: Conference, resource_id: int, facts: ResourceFacts) -> None:
    """Write the topics and relations of a resource, inside the transaction of its change.

    Codes of other conferences, of itself, and of what is no longer there are passed over.
    """
    codes = [facts.belongs_to, facts.translation_of]
    others = {
        row["code"]: row["id"]
        for row in await Resource.select(Resource.id, Resource.code).where(
            (Resource.conference == conference.id) & Resource.code.is_in(codes) & (Resource.id != resource_id)
        )
    }
    await Resource.update(
        {
            Resource.belongs_to: others.get(facts.belongs_to),
            Resource.translation_of: others.get(facts.translation_of),
        }
    ).where(Resource.id == resource_id)
    topics = await Topic.select(Topic.id).where(
        (Topic.conference == conference.id) & Topic.code.is_in([*facts.topics, ""])
    )
    await ResourceTopic.delete().where(ResourceTopic.resource == resource_id)
    if topics:
        await ResourceTopic.insert(
            *(ResourceTopic(resource=resource_id, topic=topic["id"]) for topic in topics)
        )


async def related_to(resource: Resource, language: str) -> list[tuple[str, str]]:
    """Code and title of what the resource may belong to or translate: what stands in a pack with it, or in its session."""
    packs = await PackItem.select(PackItem.pack).where(PackItem.resource == resource.id)
    beside = await PackItem.select(PackItem.resource).where(
        PackItem.pack.is_in([*(row["pack"] for row in packs), 0])
    )
    is_near = Resource.id.is_in([*(row["resource"] for row in beside), 0])
    if resource.session is not None:
        is_near = is_near | (Resource.session == resource.session)
    rows = (
        await Resource.select(Resource.code, Resource.title)
        .where(is_near & (Resource.id != resource.id) & (Resource.conference == resource.conference))
        .order_by(Resource.id)
    )
    return [(row["code"], texts.pick(row["title"], language)) for row in rows]
