"""Taking in what an archive holds: a transaction for each resource, in which its row says so, and one for the packs at the end.

Killed at any point it goes on with the next row. Octets that had arrived and were not yet anybody's are swept.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from conference import clock, i18n, texts
from conference.codes import new_code
from conference.conferences import languages_of
from conference.db import DatabaseBusy, locked
from conference.errors import DomainError
from conference.filetypes import FileRefused
from conference.jobs import Work
from conference.storage import FileMissing, Storage, StorageUnavailable, forget
from conference.tables import Conference, Organiser
from conference.viewer import SignedInOrganiser
from sessions.packs import contents, placing, resource_files, resources
from sessions.packs.choices import speakers_of
from sessions.packs.collecting.file_checks import look_at
from sessions.packs.contents import Content
from sessions.packs.held_packs import record, write_pack
from sessions.packs.importing.archive import Archive, opened
from sessions.packs.importing.kept import counted, encoded
from sessions.packs.importing.looking import find_session, item_of, look_through, sessions_by_name
from sessions.packs.importing.plans import ItemPlan, PackPlan
from sessions.packs.importing.reasons import Reason, Refused
from sessions.packs.importing.tables import ArchiveState, ImportedResource, ItemOutcome, ResourceImport
from sessions.packs.relations import write_relations
from sessions.packs.resource_facts import Creator, ResourceFacts, recognised
from sessions.packs.search_index import index_resources
from sessions.packs.tables import PackAccess, PackItem, Resource, ResourceKind, ResourcePack, Topic
from sessions.programme.search import fold

logger = logging.getLogger("meridian.jobs")
BATCH = 20  # resources taken in before others get their turn


def working_on_archives(storage: Storage, most_bytes: int) -> Work:
    """Archives are looked through and taken in, a bit at a time."""

    async def run(now: datetime) -> int:
        return await work_on_archives(storage, most_bytes, now)

    return run


async def work_on_archives(storage: Storage, most_bytes: int, now: datetime) -> int:
    """Go on with the archive that has waited longest; how much was done. Raises StorageUnavailable."""
    archive = (
        await ResourceImport.objects()
        .where(ResourceImport.state.is_in([ArchiveState.LOOKING.value, ArchiveState.RUNNING.value]))
        .order_by(ResourceImport.id)
        .first()
    )
    if archive is None:
        return 0
    conference = await Conference.objects().get(Conference.id == archive.conference)
    if conference is None:
        return 0
    with i18n.use_language(archive.language):
        if archive.state == ArchiveState.LOOKING:
            await look_through(archive, conference, storage, most_bytes)
            return 1
        return await take_in_further(archive, conference, storage, most_bytes, now)


async def take_in_further(
    archive: ResourceImport, conference: Conference, storage: Storage, most_bytes: int, now: datetime
) -> int:
    """Take in the next resources; how many there were. After the last one the packs are put together."""
    rows = (
        await ImportedResource.objects()
        .where(
            (ImportedResource.archive == archive.id) & (ImportedResource.outcome == ItemOutcome.TO_ADD.value)
        )
        .order_by(ImportedResource.line)
        .limit(BATCH)
    )
    if rows and await _is_lost(archive, storage):
        for row in rows:
            await _settle(row, ItemOutcome.REFUSED, [("damaged", {"name": archive.name})])
    elif rows:
        actor, sessions = await _actor(archive), await sessions_by_name(conference.id)
        speakers = await speakers_of(conference.id)
        file = storage.as_file(archive.key, archive.size)
        with opened(file, archive.size, most_bytes) as opened_archive:
            for row in rows:
                item = item_of(json.loads(row.facts))
                item.creators = [
                    {name: value for name, value in vars(person).items() if value}
                    for person in recognised((Creator(**one) for one in item.creators), speakers)
                ]
                session = find_session(item.session, sessions)
                await _take_in(row, item, session, conference, opened_archive, storage, actor)
    if len(rows) < BATCH:
        await _finish(archive, conference, now)
    return max(1, len(rows))


async def _is_lost(archive: ResourceImport, storage: Storage) -> bool:
    """Whether the store answers, and has no such file. Raises StorageUnavailable where it does not answer."""
    try:
        await storage.size(archive.key)
    except FileMissing:
        return True
    return False


async def _take_in(
    row: ImportedResource,
    item: ItemPlan,
    session: int | None,
    conference: Conference,
    archive: Archive,
    storage: Storage,
    actor: SignedInOrganiser | str,
) -> None:
    try:
        if not item.member:
            await _add(row, item, session, conference, actor)
            return
        stored = await storage.put_stream(_octets(archive, item.member))
        try:
            received = await look_at(stored, item.filename, storage=storage)
        except BaseException:
            await forget(storage, [stored.key])
            raise
        async with contents.adopted(storage, [received.stored], now=clock.now()) as (content,):
            await _add(row, item, session, conference, actor, (received, content))
    except FileMissing:  # the archive itself is gone
        await _settle(row, ItemOutcome.REFUSED, [("damaged", {"name": item.filename})])
    except (DatabaseBusy, StorageUnavailable):
        raise  # nothing was written: the row's turn comes again
    except FileRefused as refusal:
        await _settle(row, ItemOutcome.REFUSED, [("file", {"words": refusal.message})])
    except Refused as refused:
        await _settle(row, ItemOutcome.REFUSED, [refused.reason])
    except DomainError as refusal:
        await _settle(row, ItemOutcome.REFUSED, [("not-ready", {"words": refusal.message})])
    except Exception:  # the edge of the job: one resource must not keep all the others out
        logger.exception("line %s of import %s could not be taken in", row.line, row.archive)
        await _settle(row, ItemOutcome.REFUSED, [("failed", {})])


async def _octets(archive: Archive, member: str) -> AsyncIterator[bytes]:
    chunks = archive.chunks(member)
    while chunk := await asyncio.to_thread(next, chunks, b""):
        yield chunk


async def _add(
    row: ImportedResource,
    item: ItemPlan,
    session: int | None,
    conference: Conference,
    actor: SignedInOrganiser | str,
    file: tuple[Any, Content] | None = None,
) -> None:
    """The resource's rows, and that they are there in the archive's row: all of it or nothing, and once."""
    now = clock.now()
    async with locked(Conference, conference.id):
        fresh = await ImportedResource.objects().where(ImportedResource.id == row.id).first()
        if fresh is None or fresh.outcome != ItemOutcome.TO_ADD:
            return
        homes = [await placing.own_pack(conference, session, now=now)] if session else []
        placing.check_licence(homes, item.licence)
        facts = ResourceFacts(
            kind=ResourceKind(item.kind),
            title=item.title,
            description=item.description,
            languages=tuple(item.languages),
            creators=tuple(Creator(**one) for one in item.creators),
            licence=item.licence,
            rights_holder=item.rights_holder,
            issued=item.issued,
            accessibility=tuple(item.accessibility),
            topics=tuple(await _topics(conference, item.topics)),
            url=item.link,
        )
        resource = await resources.insert_resource(conference, facts, session=session, actor=actor, now=now)
        if item.chapters:
            await Resource.update({Resource.chapters: encoded(item.chapters)}).where(
                Resource.id == resource.id
            )
        if file is not None:
            received, content = file
            await resource_files.put_file(resource, received, content, now=now)
        await write_relations(conference, resource.id, facts)
        await resources.settle([resource], homes, actor=actor, now=now)
        after = {"kind": resource.kind, "file": item.filename} if item.member else {"url": item.link}
        await record(conference, actor, "resource-added", f"resource:{resource.code}", now, after=after)
        await _settle(row, ItemOutcome.ADDED, json.loads(fresh.reasons), resource.id)


async def _topics(conference: Conference, names: list[dict[str, str]]) -> list[str]:
    """The codes of the topics of these names, made where the conference has none of the name."""
    if not names:
        return []
    rows = await Topic.objects().where(Topic.conference == conference.id)
    known = {fold(name): row.code for row in rows for name in texts.decode(row.name).values()}
    found = []
    for name in names:
        code = next((known[fold(one)] for one in name.values() if fold(one) in known), None)
        if code is None:
            code = new_code()
            await Topic(
                conference=conference.id, code=code, name=texts.encode(name), position=len(known)
            ).save()
            known |= {fold(one): code for one in name.values()}
        found.append(code)
    return found


async def _settle(
    row: ImportedResource, outcome: ItemOutcome, reasons: list[Reason], resource: int | None = None
) -> None:
    changes: dict[Any, Any] = {
        ImportedResource.outcome: outcome.value,
        ImportedResource.reasons: encoded(reasons),
        ImportedResource.resource: resource,
    }
    await ImportedResource.update(changes).where(ImportedResource.id == row.id)


async def _finish(archive: ResourceImport, conference: Conference, now: datetime) -> None:
    """What belongs to what, and the packs with their order and notes. Done once, as a whole."""
    actor = await _actor(archive)
    sessions = await sessions_by_name(conference.id)
    async with locked(Conference, conference.id):
        fresh = await ResourceImport.objects().where(ResourceImport.id == archive.id).first()
        if fresh is None or fresh.state != ArchiveState.RUNNING:
            return
        rows = await ImportedResource.objects().where(ImportedResource.archive == archive.id)
        items = {row.id: item_of(json.loads(row.facts)) for row in rows}
        here = {items[row.id].ref: row.resource for row in rows if row.resource is not None}
        for row in rows:
            if row.outcome == ItemOutcome.ADDED and row.resource is not None:
                await _relate(row.resource, items[row.id], here)
        packs = [PackPlan(**one) for one in json.loads(fresh.packs)]
        for pack in packs:
            await _put_together(pack, here, find_session(pack.session, sessions), conference, actor, now)
        await index_resources(
            [row.resource for row in rows if row.outcome == ItemOutcome.ADDED and row.resource]
        )
        changes: dict[Any, Any] = {
            ResourceImport.state: ArchiveState.DONE.value,
            ResourceImport.finished_at: now,
            ResourceImport.packs: encoded([pack.as_json() for pack in packs]),
        }
        await ResourceImport.update(changes).where(ResourceImport.id == archive.id)
        after = (await counted(archive.id)).by_outcome
        await record(conference, actor, "resources-imported", f"import:{archive.code}", now, after=after)


async def _relate(resource: int, item: ItemPlan, here: dict[str, int]) -> None:
    changes: dict[Any, Any] = {
        column: here[ref]
        for column, ref in (
            (Resource.belongs_to, item.belongs_to),
            (Resource.translation_of, item.translation_of),
        )
        if ref in here and here[ref] != resource
    }
    if changes:
        await Resource.update(changes).where(Resource.id == resource)


async def _put_together(
    plan: PackPlan,
    here: dict[str, int],
    session: int | None,
    conference: Conference,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> None:
    """The pack of the plan: the session's own, or a new one that nobody sees yet; what is in it in the plan's order."""
    wanted = [(here[ref], note) for ref, note in plan.items if ref in here]
    if not wanted:
        return
    if session is not None:
        pack = await placing.own_pack(conference, session, now=now)
    else:
        pack = ResourcePack(
            conference=conference.id,
            code=new_code(),
            title=texts.encode(plan.title or {languages_of(conference)[0]: conference.slug}),
            note=texts.encode(plan.note),
            access=PackAccess(plan.access).value,
            position=await ResourcePack.count().where(ResourcePack.conference == conference.id),
            changed_at=now,
        )
        await pack.save()
        await record(conference, actor, "pack-created", f"pack:{pack.code}", now)
    plan.made = pack.code
    placed = [resource for resource, _note in wanted]
    await placing.place(placed, [pack], now=now)
    others = [
        row["resource"]
        for row in await PackItem.select(PackItem.resource)
        .where((PackItem.pack == pack.id) & PackItem.resource.not_in(placed))
        .order_by(PackItem.position, PackItem.id)
    ]
    notes = dict(wanted)
    for position, resource in enumerate([*others, *placed]):
        changes: dict[Any, Any] = {PackItem.position: position}
        if notes.get(resource):
            changes[PackItem.note] = texts.encode(notes[resource])
        await PackItem.update(changes).where((PackItem.pack == pack.id) & (PackItem.resource == resource))
    if session is not None and plan.note and not texts.decode(pack.note):
        await write_pack(pack, {"note": texts.encode(plan.note)}, now)
    else:
        await write_pack(pack, {}, now)


async def _actor(archive: ResourceImport) -> SignedInOrganiser | str:
    row = await Organiser.objects().where(Organiser.id == (archive.organiser or 0)).first()
    return SignedInOrganiser(row.id, row.name, row.email, row.may_create) if row else "import"
