"""What speakers do with that which they handed in: say other things of it, put a new version in its place, take it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from anyio import CancelScope

from conference import i18n, texts
from conference.conferences import languages_of
from conference.db import locked
from conference.errors import Gone, NotFound, StaleEdit
from conference.i18n import _
from conference.storage import Storage
from conference.tables import AuditEntry, Conference
from conference.texts import LocalText
from conference.uploads import UploadForm
from sessions.packs import contents, placing, versions
from sessions.packs.collecting.consents import check_consents
from sessions.packs.collecting.own_news import tell_of_own
from sessions.packs.held_packs import record, stamp, write_pack
from sessions.packs.relations import whole_facts, write_relations
from sessions.packs.removing import delete_resources
from sessions.packs.resource_facts import ResourceFacts
from sessions.packs.resource_files import replace_file
from sessions.packs.search_index import index_resources
from sessions.packs.tables import GoneReason, Resource, ResourceState
from sessions.packs.tombstones import gone_or_never
from sessions.tables import Speaker


async def own_resource(speaker: Speaker, code: str) -> Resource:
    """What the speaker handed in under this code. Raises Gone for what was there once, and NotFound."""
    mine = (Resource.speaker == speaker.id) & (Resource.code == code[:12])
    row = await Resource.objects().where(mine).first()
    if row is not None:
        return row
    if refusal := await gone_or_never(code):
        raise refusal
    # What nobody but the team ever saw leaves no tombstone; the record of changes knows that it was there.
    if await AuditEntry.exists().where(
        (AuditEntry.conference == speaker.conference)
        & (AuditEntry.subject == f"resource:{code[:12]}")
        & AuditEntry.action.is_in(["resource-taken-back", "resource-removed"])
    ):
        raise Gone(_("This is gone already: it was taken back, or the team removed it."))
    raise NotFound(_("There is nothing here that you handed in."))


async def change_own(
    conference: Conference,
    speaker: Speaker,
    code: str,
    facts: ResourceFacts,
    *,
    revision: int,
    note: str = "",
    now: datetime,
) -> None:
    """Say something else of what the speaker handed in, as seen at ``revision``; ``note`` tells readers of its history why.

    Raises NotFound, Gone, StaleEdit, and NotReady where a published pack would show it without a licence.
    """
    async with locked(Conference, conference.id):
        resource = await own_resource(speaker, code)
        before, after = versions.facts_of(resource), facts.as_columns()
        was = await whole_facts(resource)
        if resource.revision != revision:
            raise StaleEdit(_("Someone else changed this meanwhile."), mine=after, theirs=before)
        if facts == was:
            return
        packs = await placing.packs_with(resource.id)
        is_shown = resource.state == ResourceState.READY
        if is_shown:
            placing.check_licence(packs, facts.licence)
        changes: dict[Any, Any] = {**after, "revision": revision + 1}
        if facts.licence != resource.licence:
            changes |= {"licence_agreed_by": speaker.name, "licence_agreed_at": now}
        await Resource.update(changes).where(Resource.id == resource.id)
        if is_shown and facts.kind != resource.kind:
            await check_consents([resource.id], packs)
        await write_relations(conference, resource.id, facts)
        if differing := versions.changed_facts(before, after):
            await versions.note_version(
                resource.id, differing, actor=speaker.name, note=texts.clean_line(note)[:500], now=now
            )
        else:
            await stamp([resource.id], now)
        await index_resources([resource.id])
        for one in packs:
            await write_pack(one, {}, now)
        subject = f"resource:{code}"
        await record(conference, speaker.name, "resource-changed", subject, now, before=before, after=after)
        await tell_of_own(conference, speaker, resource, "changed", now=now)


async def replace_own(
    conference: Conference,
    speaker: Speaker,
    code: str,
    form: UploadForm,
    *,
    note: str = "",
    storage: Storage,
    now: datetime,
) -> None:
    """Put the first file of ``form``, whose octets already lie in ``storage``, in the place of what the speaker handed in; the
    file before stays with its version. Raises NotFound, Gone, FileRefused."""
    try:
        await own_resource(speaker, code)
    except BaseException:
        with CancelScope(shield=True):
            await form.discard(storage)
        raise
    await replace_file(
        conference,
        code,
        form,
        note=note,
        storage=storage,
        actor=speaker.name,
        speaker=speaker,
        now=now,
    )


async def take_back(
    conference: Conference, speaker: Speaker, code: str, *, storage: Storage, now: datetime
) -> None:
    """Take what the speaker handed in away for good, with its files and versions, from every pack.

    What readers could see leaves a tombstone that says so. Raises NotFound, and Gone for what is away already.
    """
    async with locked(Conference, conference.id):
        resource = await own_resource(speaker, code)
        await tell_of_own(conference, speaker, resource, "taken-back", now=now)
        before = versions.facts_of(resource)
        spare = await delete_resources(
            conference, [resource], reason=GoneReason.WITHDRAWN, words=_farewell(conference), now=now
        )
        subject = f"resource:{resource.code}"
        await record(conference, speaker.name, "resource-taken-back", subject, now, before=before)
    await contents.let_go(storage, spare)


def _farewell(conference: Conference) -> LocalText:
    """What readers are told of something taken back, in each of the conference's languages."""
    told = {}
    for code in languages_of(conference):
        with i18n.use_language(code):
            told[code] = _("Who gave it has taken it back.")
    return told
