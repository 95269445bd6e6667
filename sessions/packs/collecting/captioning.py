"""Captions and chapters of a recording: put beside it in one step, by the team or by who handed the recording in."""

from __future__ import annotations

import json
from asyncio import to_thread
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anyio import CancelScope

from conference import i18n, texts
from conference.db import locked
from conference.errors import NotFound, StaleEdit
from conference.filetypes import FileRefused
from conference.i18n import _
from conference.storage import Storage
from conference.tables import Conference
from conference.texts import LocalText
from conference.uploads import UploadForm
from conference.viewer import SignedInOrganiser
from sessions.packs import contents, placing, resource_files, versions
from sessions.packs.collecting.captions import MOST_BYTES
from sessions.packs.collecting.chapters import Chapter, chapters_column, chapters_from, chapters_of_file
from sessions.packs.collecting.file_checks import VTT, look_at_captions
from sessions.packs.held_packs import record, write_pack
from sessions.packs.relations import write_relations
from sessions.packs.resource_facts import ResourceFacts, creators_from
from sessions.packs.resources import insert_resource, settle
from sessions.packs.tables import Resource, ResourceKind, ResourceState


@dataclass(frozen=True)
class CaptionsThere:
    """Captions that a recording has; ``language`` is the first they are in, "" where nobody said."""

    code: str
    title: LocalText
    language: str
    state: str


async def captions_of(recording: Resource) -> list[CaptionsThere]:
    """The captions of a recording, in the order they came. One query."""
    rows = (
        await Resource.objects()
        .where(
            (Resource.belongs_to == recording.id)
            & (Resource.kind == ResourceKind.CAPTIONS.value)
            & (Resource.state != ResourceState.WITHDRAWN.value)
        )
        .order_by(Resource.id)
    )
    return [
        CaptionsThere(row.code, texts.decode(row.title), next(iter(json.loads(row.languages)), ""), row.state)
        for row in rows
    ]


async def add_captions(
    conference: Conference,
    code: str,
    form: UploadForm,
    language: str,
    *,
    speaker: int | None = None,
    storage: Storage,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> Resource:
    """Put the first file of ``form``, whose octets already lie in ``storage``, beside the recording as its captions in
    ``language``, wherever that stands; what a ``speaker`` (row id) hands in waits for the team.

    They are under the recording's licence. Raises NotFound, NotReady, and FileRefused for what is not captions.
    """
    try:
        await look_at_captions(form, storage=storage)
        received = form.files[0]
        if received.file_type != VTT:
            raise FileRefused(
                _("“%(name)s” is not captions: these are files that end in .vtt or .srt.")
                % {"name": received.filename},
                "captions",
            )
    except BaseException:
        with CancelScope(shield=True):
            await form.discard(storage)
        raise
    arrived = contents.adopted(storage, [received.stored], now=now)
    async with arrived as (content,), locked(Conference, conference.id):
        recording = await _recording(conference, code)
        homes = await placing.packs_with(recording.id)
        facts = ResourceFacts(
            kind=ResourceKind.CAPTIONS,
            title=_title(recording),
            languages=(language,),
            creators=creators_from(recording.creators),
            licence=recording.licence,
            rights_holder=recording.rights_holder,
            belongs_to=recording.code,
        )
        made = await insert_resource(
            conference,
            facts,
            session=recording.session,
            state=ResourceState.READY if speaker is None else ResourceState.OFFERED,
            speaker=speaker,
            actor=actor,
            now=now,
        )
        await write_relations(conference, made.id, facts)
        await resource_files.put_file(made, received, content, now=now)
        await settle([made], homes, actor=actor, now=now)
        action = "resource-added" if speaker is None else "resource-offered"
        after = {"filename": received.filename, "size": received.stored.size, "kind": made.kind}
        await record(conference, actor, action, f"resource:{made.code}", now, after=after)
    return made


async def read_chapters_file(form: UploadForm, *, storage: Storage) -> tuple[Chapter, ...]:
    """The chapters in the first file of ``form``; the files are kept in no case. Raises FileRefused."""
    try:
        received = form.files[0]
        if received.file_type != VTT:
            raise FileRefused(
                _("“%(name)s” is not a file of chapters: these end in .vtt.") % {"name": received.filename},
                "chapters",
            )
        size = min(received.stored.size, MOST_BYTES + 1)
        stream = storage.stream(received.stored.key, 0, size)
        data = b"".join([chunk async for chunk in stream])
        return await to_thread(chapters_of_file, data, received.filename)
    finally:
        with CancelScope(shield=True):
            await form.discard(storage)


async def set_chapters(
    conference: Conference,
    code: str,
    chapters: Sequence[Chapter],
    *,
    revision: int,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> None:
    """Give the recording these chapters instead of those it has, as seen at ``revision``. Raises NotFound, StaleEdit."""
    async with locked(Conference, conference.id):
        recording = await _recording(conference, code)
        before, after = chapters_from(recording.chapters), tuple(chapters)
        if before == after:
            return
        if recording.revision != revision:
            raise StaleEdit(
                _("Someone else changed this resource meanwhile."),
                mine={"chapters": after},
                theirs={"chapters": before},
            )
        changes: dict[Any, Any] = {"chapters": chapters_column(after), "revision": revision + 1}
        await Resource.update(changes).where(Resource.id == recording.id)
        await versions.note_version(recording.id, ["chapters"], actor=actor, now=now)
        for pack in await placing.packs_with(recording.id):
            await write_pack(pack, {}, now)
        await record(
            conference,
            actor,
            "resource-changed",
            f"resource:{code}",
            now,
            before={"chapters": before},
            after={"chapters": after},
        )


async def _recording(conference: Conference, code: str) -> Resource:
    row = (
        await Resource.objects()
        .where(
            (Resource.conference == conference.id)
            & (Resource.code == code[:12])
            & (Resource.kind == ResourceKind.RECORDING.value)
        )
        .first()
    )
    if row is None:
        raise NotFound(_("There is no such recording."))
    return row


def _title(recording: Resource) -> LocalText:
    """What captions of the recording are called, in each language in which it has a title itself."""
    found = {}
    for code, title in texts.decode(recording.title).items():
        with i18n.use_language(code):
            found[code] = (_("Captions: %(title)s") % {"title": title})[:200]
    return found
