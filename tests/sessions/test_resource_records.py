"""Resources read whole, on both engines, in the same number of queries however many they are."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from conference import db
from conference.conferences import conference_by_slug
from conference.tables import Conference
from sessions.packs.describing.records import record_of, records_of
from sessions.packs.describing.resource_record import InPack, Maker, PublishedSession
from sessions.packs.tables import Resource, ResourceTopic, Topic
from sessions.queries import latest_programme
from sessions.releases.publishing import release_programme
from sessions.tables import Session
from tests.makers import (
    NOW,
    make_conference,
    make_room,
    make_session,
    make_slot,
    make_speaker,
)
from tests.sessions.resource_makers import make_file_row, make_pack_row, make_resource_row

BASE = "https://conf.example.org"


async def release(conference: Conference, session: Session) -> None:
    await make_slot(conference, session, await make_room(conference))
    await release_programme(conference, "First", actor="command line", now=NOW)
    await conference.refresh()


async def test_a_record_holds_all_that_is_known(each_database: db.Database) -> None:
    conference = await make_conference()
    zoe = await make_speaker(conference, "Zoë Müller")
    body = await make_speaker(conference, "Readers United", kind="organisation")
    session = await make_session(conference, "Across borders", speakers=(zoe, body))
    await release(conference, session)
    pack = await make_pack_row(conference, "Toolkit", state="published", published_at=NOW)
    recording = await make_resource_row(
        conference,
        pack,
        title="The recording",
        kind="recording",
        session=session.id,
        languages='["en"]',
        licence="CC-BY-4.0",
        creators=json.dumps(
            [
                {"name": "Zoë Müller", "role": "presenter", "speaker": zoe.code},
                {"name": "Readers United", "speaker": body.code},
                {"name": "Somebody Else", "speaker": "nobody"},
            ]
        ),
        extent='{"seconds": 1830}',
        chapters='[{"at": 0, "title": "Welcome"}, {"at": 95, "title": "Questions"}]',
        first_out_at=NOW,
    )
    captions = await make_resource_row(
        conference, pack, title="Captions", kind="captions", belongs_to=recording.id
    )
    french = await make_resource_row(
        conference, title="L’enregistrement", translation_of=recording.id, languages='["fr"]'
    )
    german = await make_resource_row(conference, title="Die Aufnahme", translation_of=recording.id)
    await make_resource_row(conference, title="Offered", translation_of=recording.id, state="offered")
    await make_file_row(recording, "talk.mp4")
    topic = Topic(conference=conference.id, code="t1", name='{"en": "Partnerships"}')
    await topic.save()
    await ResourceTopic(resource=recording.id, topic=topic.id).save()

    record = await record_of(recording.code, base_url=BASE)
    assert record is not None
    assert record.url == f"{BASE}/resources/{recording.code}"
    assert record.makers == (
        Maker("Zoë Müller", "presenter", speaker=zoe.code),
        Maker("Readers United", speaker=body.code, is_organisation=True),
        Maker("Somebody Else"),
    )
    assert record.session == PublishedSession(session.code, {"en": "Across borders"})
    assert record.issued == NOW.date().isoformat()
    assert (record.seconds, record.chapters) == (1830, ((0, "Welcome"), (95, "Questions")))
    assert record.topics == ({"en": "Partnerships"},)
    assert record.file is not None
    assert record.file.filename == "talk.mp4"
    in_pack = InPack(pack.id, pack.code, {"en": "Toolkit"}, "published", "public", NOW)
    assert record.packs == (in_pack,)
    assert [(one.relation, one.code, one.packs) for one in record.related] == [
        ("with", captions.code, (in_pack,)),
        ("translation", french.code, ()),
        ("translation", german.code, ()),
    ]
    of_french = await record_of(french.code, base_url=BASE)
    assert of_french is not None
    assert [(one.relation, one.code, one.is_original) for one in of_french.related] == [
        ("translation", recording.code, True),
        ("translation", german.code, False),
    ]
    of_captions = await record_of(captions.code, base_url=BASE)
    assert of_captions is not None
    assert [(one.relation, one.code) for one in of_captions.related] == [("of", recording.code)]


async def test_a_session_still_in_the_draft_is_not_named(database: db.Database) -> None:
    conference = await make_conference()
    session = await make_session(conference, "Secret guest")
    resource = await make_resource_row(conference, session=session.id)
    record = await record_of(resource.code, base_url=BASE)
    assert record is not None
    assert record.session is None


@pytest.mark.parametrize("code", ["", "nothing", "../etc", "é", "a" * 13, "a'--"])
async def test_odd_codes_are_nothing(database: db.Database, code: str) -> None:
    assert await record_of(code, base_url=BASE) is None


async def test_many_cost_the_queries_of_one(database: db.Database) -> None:
    conference = await make_conference()
    await release(conference, await make_session(conference))
    found = await conference_by_slug(conference.slug)
    assert found is not None
    await latest_programme(found)  # at hand, as on a running server
    pack = await make_pack_row(conference, published_at=NOW - timedelta(days=1))
    rows: list[Resource] = [await make_resource_row(conference, pack) for _ in range(5)]
    for row in rows:
        await make_file_row(row)
    costs = []
    for some in (rows[:1], rows):
        with db.count_queries() as count:
            assert list(await records_of([row.id for row in reversed(some)], base_url=BASE)) == [
                row.id for row in reversed(some)
            ]
        costs.append(count.total)
    assert costs == [6, 6]
    with db.count_queries() as count:
        assert await records_of([], base_url=BASE) == {}
    assert count.total == 0
