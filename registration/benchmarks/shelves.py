"""A library made up for measuring: what ten conferences left behind for everyone, written without the rules."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from conference import clock, codes, db, texts
from conference.conferences import ConferenceFacts, create_conference
from conference.settings import Settings
from conference.tables import Conference
from registration.benchmarks.made import WORDS
from sessions.packs.licences import LICENCES
from sessions.packs.open_to_all import tell_harvesters
from sessions.packs.resource_facts import Creator, creators_column
from sessions.packs.search_index import index_lacking
from sessions.packs.tables import (
    PackItem,
    PackState,
    Resource,
    ResourceFile,
    ResourceKind,
    ResourcePack,
    ResourceTopic,
    StoredContent,
    Topic,
)

CONFERENCES = 10
TOPICS = 8  # of each conference
PER_PACK = 50
_AT_ONCE = 500
_LANGUAGES = ("en", "fr", "ar", "es", "pt-BR", "sw")


async def fill_shelves(_settings: Settings, resources: int) -> None:
    """So many resources, with files, people, topics and descriptions of some forty words, in packs that are out."""
    now = clock.now()
    choice = random.Random(20210625)  # noqa: S311 - words, not secrets
    for number in range(CONFERENCES):
        day = now.date() - timedelta(days=60 + 90 * number)
        conference = await create_conference(
            ConferenceFacts(
                slug=f"bench-{number}",
                zone="Europe/London",
                name={"en": f"Bench {number}"},
                starts_on=day,
                ends_on=day,
                contact_email="bench@example.org",
                organiser_name="The Bench",
            ),
            actor=None,
            uid_host="bench.example.org",
            now=now,
        )
        share = range(number, resources, CONFERENCES)
        await _fill(conference, len(share), choice, now - timedelta(days=number + 1))
    await index_lacking(now)
    await tell_harvesters(now)
    # Stamped over a year, as they would be.
    await Resource.raw("UPDATE resource SET datestamp = first_out_at")
    if db.current_engine().engine_type == "postgres":
        await Resource.raw("ANALYZE")  # what PostgreSQL does by itself within some minutes


async def _fill(conference: Conference, count: int, choice: random.Random, now: datetime) -> None:
    topics = await Topic.insert(
        *(
            Topic(conference=conference.id, code=codes.new_code(), name=texts.encode({"en": word.title()}))
            for word in choice.sample(WORDS, TOPICS)
        )
    ).returning(Topic.id)
    made: list[int] = []
    for rows in _batches(conference, count, choice, now):
        found = await Resource.insert(*rows).returning(Resource.id)
        made += [row["id"] for row in found]
    for start in range(0, len(made), PER_PACK):
        pack = ResourcePack(
            conference=conference.id,
            code=codes.new_code(),
            title=texts.encode({"en": f"Pack {start // PER_PACK}"}),
            state=PackState.PUBLISHED,
            published_at=now,
            first_out_at=now,
            changed_at=now,
        )
        await pack.save()
        inside = made[start : start + PER_PACK]
        await PackItem.insert(
            *(PackItem(pack=pack.id, resource=one, position=place) for place, one in enumerate(inside))
        )
        await ResourceTopic.insert(
            *(ResourceTopic(resource=one, topic=choice.choice(topics)["id"]) for one in inside)
        )
        contents = await StoredContent.insert(
            *(
                StoredContent(
                    key=f"bench/{one}", sha512=f"{one:0128x}", size=1000 * one, crc32=0, touched_at=now
                )
                for one in inside
            )
        ).returning(StoredContent.id)
        await ResourceFile.insert(
            *(
                ResourceFile(
                    resource=one,
                    content=content["id"],
                    filename=f"slides-{one}.pdf",
                    media_type="application/pdf",
                    uploaded_at=now,
                )
                for one, content in zip(inside, contents, strict=True)
            )
        )


def _batches(
    conference: Conference, count: int, choice: random.Random, now: datetime
) -> Iterator[list[Resource]]:
    def sentence(least: int, most: int) -> str:
        return " ".join(choice.choices(WORDS, k=choice.randint(least, most))).capitalize()

    def resource() -> Resource:
        out_at = now - timedelta(seconds=choice.randrange(365 * 24 * 3600))
        people = [Creator(sentence(2, 2).title(), "author") for _person in range(choice.randint(1, 3))]
        return Resource(
            conference=conference.id,
            code=codes.new_code(),
            kind=choice.choice(list(ResourceKind)),
            title=texts.encode({"en": sentence(3, 8)}),
            description=texts.encode({"en": ". ".join(sentence(8, 12) for _line in range(4)) + "."}),
            languages=json.dumps([choice.choice(_LANGUAGES)]),
            creators=creators_column(people),
            licence=choice.choice(list(LICENCES)),
            created_at=out_at,
            first_out_at=out_at.replace(microsecond=0),
            datestamp=out_at.replace(microsecond=0),
        )

    for start in range(0, count, _AT_ONCE):
        yield [resource() for _number in range(min(_AT_ONCE, count - start))]
