"""What lies in a pack: files and links added, described, ordered and removed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from anyio import CancelScope

from conference.codes import new_code
from conference.errors import NotFound, StaleEdit
from conference.i18n import _
from conference.storage import Storage
from conference.tables import Conference
from conference.uploads import ReceivedFile, UploadForm
from conference.viewer import SignedInOrganiser
from sessions.packs import contents, placing, resource_files, versions
from sessions.packs.collecting.consents import check_consents
from sessions.packs.collecting.file_checks import look_at_captions
from sessions.packs.contents import Spare
from sessions.packs.held_packs import Direction, held_pack, moved, record, stamp, write_pack
from sessions.packs.relations import whole_facts, write_relations
from sessions.packs.removing import delete_resources
from sessions.packs.resource_facts import FileDetails, ResourceFacts, guessed_kind, title_from_name
from sessions.packs.search_index import index_resources
from sessions.packs.tables import PackItem, Resource, ResourcePack, ResourceState


async def add_files(
    conference: Conference,
    code: str,
    details: FileDetails,
    form: UploadForm,
    *,
    storage: Storage,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> list[Resource]:
    """A resource for each file of ``form``, whose octets already lie in ``storage``. All of them or none.

    When the rows cannot be written the files are removed again. Raises NotFound, NotReady, and FileRefused for captions
    that no player can show.
    """
    try:
        await look_at_captions(form, storage=storage)
    except BaseException:
        with CancelScope(shield=True):
            await form.discard(storage)
        raise
    arrived = [received.stored for received in form.files]
    async with contents.adopted(storage, arrived, now=now) as kept, held_pack(conference, code) as pack:
        homes = await placing.homes_of(conference, pack, now=now)
        placing.check_licence(homes, details.licence)
        made = []
        for received, content in zip(form.files, kept, strict=True):
            facts = facts_of_file(received, details, conference, is_alone=len(form.files) == 1)
            resource = await insert_resource(conference, facts, session=pack.session, actor=actor, now=now)
            await resource_files.put_file(resource, received, content, now=now)
            made.append(resource)
        await settle(made, homes, actor=actor, now=now)
        for resource, received in zip(made, form.files, strict=True):
            after = {"filename": received.filename, "size": received.stored.size, "kind": resource.kind}
            await record(conference, actor, "resource-added", f"resource:{resource.code}", now, after=after)
    return made


async def add_link(
    conference: Conference,
    code: str,
    facts: ResourceFacts,
    *,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> Resource:
    """A resource that lies elsewhere. Raises NotFound, NotReady."""
    async with held_pack(conference, code) as pack:
        homes = await placing.homes_of(conference, pack, now=now)
        placing.check_licence(homes, facts.licence)
        resource = await insert_resource(conference, facts, session=pack.session, actor=actor, now=now)
        await write_relations(conference, resource.id, facts)
        await settle([resource], homes, actor=actor, now=now)
        subject, after = f"resource:{resource.code}", facts.as_columns()
        await record(conference, actor, "resource-added", subject, now, after=after)
    return resource


async def change_resource(
    conference: Conference,
    pack_code: str,
    code: str,
    facts: ResourceFacts,
    *,
    revision: int,
    note: str = "",
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    """Change what is said of a resource, as seen at ``revision``; ``note`` tells readers of its history why.

    Raises NotFound, StaleEdit, NotReady.
    """
    async with held_pack(conference, pack_code) as pack:
        resource = await resource_in(pack, code)
        before, after = versions.facts_of(resource), facts.as_columns()
        was = await whole_facts(resource)
        if resource.revision != revision:
            raise StaleEdit(_("Someone else changed this resource meanwhile."), mine=after, theirs=before)
        packs = await placing.packs_with(resource.id)
        placing.check_licence(packs, facts.licence)
        changes: dict[Any, Any] = {**after, "revision": revision + 1}
        if facts.licence != resource.licence:
            changes |= {"licence_agreed_by": actor.label, "licence_agreed_at": now}
        await Resource.update(changes).where(Resource.id == resource.id)
        if facts.kind != resource.kind:
            await check_consents([resource.id], packs)
        await write_relations(conference, resource.id, facts)
        if differing := versions.changed_facts(before, after):
            await versions.note_version(resource.id, differing, actor=actor, note=note, now=now)
        elif facts != was:
            await stamp([resource.id], now)
        await index_resources([resource.id])
        for one in packs:
            await write_pack(one, {}, now)
        await record(
            conference, actor, "resource-changed", f"resource:{code}", now, before=before, after=after
        )


async def move_resource(
    conference: Conference,
    pack_code: str,
    code: str,
    direction: Direction,
    *,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    """Let the resource change places with its neighbour. At either end nothing happens."""
    async with held_pack(conference, pack_code) as pack:
        rows = (
            await PackItem.select(PackItem.id, PackItem.position, PackItem.resource._.code.as_alias("code"))
            .where(PackItem.pack == pack.id)
            .order_by(PackItem.position, PackItem.id)
        )
        for position, row in enumerate(moved(rows, code, direction)):
            if row["position"] != position:
                await PackItem.update({PackItem.position: position}).where(PackItem.id == row["id"])
        await write_pack(pack, {}, now)
        await record(
            conference, actor, "resource-moved", f"resource:{code}", now, after={"direction": direction}
        )


async def remove_resource(
    conference: Conference,
    pack_code: str,
    code: str,
    *,
    storage: Storage,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    """Take the resource out of the pack. Where it stands in no other, remove it and its files, and leave a tombstone if
    anybody can have seen it. A published pack left empty is taken back. Raises NotFound."""
    async with held_pack(conference, pack_code) as pack:
        resource = await resource_in(pack, code)
        before = versions.facts_of(resource)
        await PackItem.delete().where((PackItem.pack == pack.id) & (PackItem.resource == resource.id))
        spare: list[Spare] = []
        if not await PackItem.exists().where(PackItem.resource == resource.id):
            spare = await delete_resources(conference, [resource], now=now)
        else:
            await stamp([resource.id], now)
        await write_pack(pack, {}, now)
        await record(conference, actor, "resource-removed", f"resource:{code}", now, before=before)
    await contents.let_go(storage, spare)


async def resource_in(pack: ResourcePack, code: str) -> Resource:
    """The resource of this code in the pack. Raises NotFound."""
    resource = await Resource.objects().where(Resource.code == code).first()
    if resource is None or not await PackItem.exists().where(
        (PackItem.pack == pack.id) & (PackItem.resource == resource.id)
    ):
        raise NotFound(_("There is no such resource in this pack."))
    return resource


def facts_of_file(
    received: ReceivedFile, details: FileDetails, conference: Conference, *, is_alone: bool
) -> ResourceFacts:
    """What is said of a file that came with ``details``; its title is theirs only when it came alone."""
    language = json.loads(conference.languages)[0]
    return ResourceFacts(
        kind=details.kind or guessed_kind(received.file_type),
        title=(details.title if is_alone else {}) or {language: title_from_name(received.filename)},
        languages=details.languages,
        creators=details.creators,
        licence=details.licence,
        rights_holder=details.rights_holder,
        issued=details.issued,
    )


async def insert_resource(
    conference: Conference,
    facts: ResourceFacts,
    *,
    session: int | None,
    state: ResourceState = ResourceState.READY,
    speaker: int | None = None,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> Resource:
    """The row of a new resource, which stands nowhere yet (see ``settle``)."""
    resource = Resource(
        conference=conference.id,
        session=session,
        code=new_code(),
        state=state,
        speaker=speaker,
        created_at=now,
        datestamp=now.replace(microsecond=0),
        **facts.as_columns(),
    )
    if facts.licence:
        resource.licence_agreed_by = actor if isinstance(actor, str) else actor.label
        resource.licence_agreed_at = now
    await resource.save()
    return resource


async def settle(
    made: list[Resource], homes: list[ResourcePack], *, actor: SignedInOrganiser | str, now: datetime
) -> None:
    """What follows from new resources: their first version, their places, the index."""
    for resource in made:
        await versions.note_version(resource.id, [], actor=actor, now=now)
    ids = [resource.id for resource in made]
    await check_consents([one.id for one in made if one.state == ResourceState.READY], homes)
    await placing.place(ids, homes, now=now)
    await index_resources(ids)
