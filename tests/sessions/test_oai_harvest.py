"""A whole harvest over a real server with Sickle, as library systems do it: full, since the last time, broken off and gone on with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sickle import Sickle
from sickle.oaiexceptions import NoRecordsMatch

from conference import clock, codes, db
from conference.benchmarks.server import running_server
from conference.storage import open_storage
from conference.tables import Conference
from registration.benchmarks.shelves import CONFERENCES, fill_shelves
from sessions.packs.open_to_all import tell_harvesters
from sessions.packs.resource_packs import remove_pack, unpublish_pack
from sessions.packs.tables import Resource, ResourcePack
from tests.makers import make_organiser
from tests.pages import make_settings

MANY = 430  # three pages of records


@pytest.fixture
async def harvester(database: db.Database, data_dir: Path) -> AsyncIterator[Sickle]:
    """A harvester of a server on the test's own database, with a library in it."""
    settings = make_settings(data_dir)
    codes.use_secret(settings.secret_key)
    await fill_shelves(settings, MANY)
    with running_server(
        data_dir, environ={"MERIDIAN_SECRET_KEY": settings.secret_key.decode(), "MERIDIAN_RUN_JOBS": "no"}
    ) as server:
        yield Sickle(f"{server.url}/oai", timeout=30)


def code_of(record: Any) -> str:
    return str(record.header.identifier.rpartition(":")[2])


async def harvested(harvester: Sickle, **arguments: Any) -> dict[str, Any]:
    """Every record of the list by its code; each must have come once."""

    def work() -> list[Any]:
        try:
            return list(harvester.ListRecords(metadataPrefix="oai_dc", **arguments))
        except NoRecordsMatch:
            return []

    records = await asyncio.to_thread(work)
    found = {code_of(record): record for record in records}
    assert len(found) == len(records)
    return found


async def test_library_systems_get_all_of_it_and_then_what_changed(harvester: Sickle, tmp_path: Path) -> None:
    everything = {
        row["code"]: row for row in await Resource.select(Resource.code, Resource.title, Resource.kind)
    }
    found = await harvested(harvester)
    assert found.keys() == everything.keys()
    assert not any(record.deleted for record in found.values())
    one = found[next(iter(everything))]
    assert one.metadata["type"][-1] in one.header.setSpecs[1]
    assert one.metadata["rights"]
    # By POST, and the headers alone, it is the same.
    posting = Sickle(harvester.endpoint, http_method="POST")
    posted = await asyncio.to_thread(lambda: list(posting.ListIdentifiers(metadataPrefix="oai_dc")))
    assert [header.identifier.rpartition(":")[2] for header in posted] == list(found)
    # The sets of all conferences together are everything, each once.
    sets = await asyncio.to_thread(lambda: [one.setSpec for one in harvester.ListSets()])
    parts = [await harvested(harvester, set=spec) for spec in sets if spec.startswith("conference:")]
    assert len(parts) == CONFERENCES
    assert sum(map(len, parts)) == MANY
    assert set().union(*parts) == everything.keys()

    # Since then one pack was taken back and another deleted: that is all that comes the next time.
    last = clock.now().replace(microsecond=0)
    conference = await Conference.objects().first()
    assert conference is not None
    actor = await make_organiser()
    taken, gone = (
        await ResourcePack.objects()
        .where(ResourcePack.conference.is_in([conference.id, conference.id + 1]))
        .order_by(ResourcePack.id)
        .limit(2)
    )
    owner = await Conference.objects().get(Conference.id == gone.conference)
    assert owner is not None
    inside = {
        row["code"]
        for row in await Resource.select(Resource.code).where(
            Resource.conference.is_in([taken.conference, gone.conference])
        )
    }
    await unpublish_pack(conference, taken.code, actor=actor, now=clock.now())
    await remove_pack(owner, gone.code, storage=open_storage("", tmp_path), actor=actor, now=clock.now())
    await tell_harvesters(clock.now())
    changed = await harvested(harvester, **{"from": f"{last:%Y-%m-%dT%H:%M:%SZ}"})
    assert changed.keys() == inside
    assert all(record.deleted for record in changed.values())
    assert len(await harvested(harvester)) == MANY  # persistent: nothing is ever missing
    assert len(await harvested(harvester, ignore_deleted=True)) == MANY - len(inside)


async def test_a_harvest_that_broke_off_goes_on_where_it_was(harvester: Sickle) -> None:
    def work() -> list[str]:
        first = harvester.ListRecords(metadataPrefix="oai_dc")
        codes_told = [code_of(next(first)) for _number in range(200)]
        token = first.resumption_token.token
        # Another program, another day: the token is all that is needed.
        again = Sickle(harvester.endpoint, timeout=30)
        codes_told += [code_of(record) for record in again.ListRecords(resumptionToken=token)]
        return codes_told

    told = await asyncio.to_thread(work)
    assert len(told) == len(set(told)) == MANY
