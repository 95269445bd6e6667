"""What speakers hand in on their own page, and what the team makes of it: accepted, or put back after it was withdrawn."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from anyio import CancelScope

from conference.db import locked
from conference.errors import NotFound
from conference.i18n import _
from conference.storage import Storage
from conference.tables import Conference
from conference.uploads import UploadForm
from conference.viewer import SignedInOrganiser
from sessions.packs import contents, placing, resource_files
from sessions.packs.collecting.consents import check_consents
from sessions.packs.collecting.file_checks import look_at_captions
from sessions.packs.held_packs import held_pack, record, stamp, write_pack
from sessions.packs.resource_facts import FileDetails, ResourceFacts
from sessions.packs.resources import facts_of_file, insert_resource, resource_in, settle
from sessions.packs.tables import PackItem, Resource, ResourceState
from sessions.packs.tombstones import unearth
from sessions.tables import Appearance, AppearanceState, Session, Speaker


async def session_of_speaker(speaker: Speaker, code: str) -> Session:
    """The session of this code in which the speaker takes part. Raises NotFound."""
    rows = await Appearance.select(Appearance.session).where(
        (Appearance.speaker == speaker.id)
        & (Appearance.session._.code == code[:12])
        & (Appearance.state != AppearanceState.DECLINED.value)
    )
    session = await Session.objects().where(Session.id == (rows[0]["session"] if rows else 0)).first()
    if session is None:
        raise NotFound(
            _("You are no longer listed in this session. The team may have changed the programme.")
        )
    return session


async def hand_in_files(
    conference: Conference,
    speaker: Speaker,
    session: Session,
    details: FileDetails,
    form: UploadForm,
    *,
    storage: Storage,
    now: datetime,
) -> int:
    """Offer each file of ``form``, whose octets already lie in ``storage``, to the session's own pack; how many. All of them
    or none. Raises FileRefused."""
    try:
        await look_at_captions(form, storage=storage)
    except BaseException:
        with CancelScope(shield=True):
            await form.discard(storage)
        raise
    arrived = [received.stored for received in form.files]
    async with contents.adopted(storage, arrived, now=now) as kept, locked(Conference, conference.id):
        made = []
        for received, content in zip(form.files, kept, strict=True):
            facts = facts_of_file(received, details, conference, is_alone=len(form.files) == 1)
            resource = await _offer(conference, speaker, session, facts, now=now)
            await resource_files.put_file(resource, received, content, now=now)
            made.append(resource)
        await _place(conference, speaker, session, made, now=now)
    return len(made)


async def hand_in_link(
    conference: Conference, speaker: Speaker, session: Session, facts: ResourceFacts, *, now: datetime
) -> None:
    """Offer something that lies elsewhere to the session's own pack."""
    async with locked(Conference, conference.id):
        resource = await _offer(conference, speaker, session, facts, now=now)
        await _place(conference, speaker, session, [resource], now=now)


async def handed_in(speaker: Speaker) -> list[Resource]:
    """Everything the speaker has handed in, the newest first."""
    return (
        await Resource.objects().where(Resource.speaker == speaker.id).order_by(Resource.id, ascending=False)
    )


async def waiting_in_packs(conference_id: int) -> dict[str, int]:
    """How many things that speakers handed in wait for a look of the team, by the code of the pack they stand in. One query."""
    found: dict[str, int] = {}
    for row in await PackItem.select(PackItem.pack._.code.as_alias("code")).where(
        (PackItem.pack._.conference == conference_id)
        & (PackItem.resource._.state == ResourceState.OFFERED.value)
    ):
        found[row["code"]] = found.get(row["code"], 0) + 1
    return found


async def accept_resource(
    conference: Conference, pack_code: str, code: str, *, actor: SignedInOrganiser, now: datetime
) -> None:
    """Let readers see what was handed in, or was withdrawn, wherever its packs are out. Nothing happens when they already do.

    Raises NotFound, and NotReady where a licence or somebody's consent is missing.
    """
    async with held_pack(conference, pack_code) as pack:
        resource = await resource_in(pack, code)
        if resource.state == ResourceState.READY:
            return
        packs = await placing.packs_with(resource.id)
        placing.check_licence(packs, resource.licence)
        await check_consents([resource.id], packs)
        changes: dict[Any, Any] = {"state": ResourceState.READY.value, "revision": resource.revision + 1}
        await Resource.update(changes).where(Resource.id == resource.id)
        await unearth(code)
        await stamp([resource.id], now)
        for one in packs:
            await write_pack(one, {}, now)
        await record(
            conference, actor, "resource-accepted", f"resource:{code}", now, before={"state": resource.state}
        )


async def _offer(
    conference: Conference, speaker: Speaker, session: Session, facts: ResourceFacts, *, now: datetime
) -> Resource:
    return await insert_resource(
        conference,
        facts,
        session=session.id,
        state=ResourceState.OFFERED,
        speaker=speaker.id,
        actor=speaker.name,
        now=now,
    )


async def _place(
    conference: Conference, speaker: Speaker, session: Session, made: list[Resource], *, now: datetime
) -> None:
    home = await placing.own_pack(conference, session.id, now=now)
    await settle(made, [home], actor=speaker.name, now=now)
    for resource in made:
        after = {"session": session.code, "kind": resource.kind}
        await record(
            conference, speaker.name, "resource-offered", f"resource:{resource.code}", now, after=after
        )
