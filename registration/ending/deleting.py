"""Deleting a conference: everything of it goes, and what readers had seen leaves a tombstone at its address."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from conference import audit, dates, leaving_files, texts
from conference.db import locked, transaction
from conference.errors import Conflict, InvalidInput, NotFound
from conference.i18n import _, ngettext
from conference.storage import Storage, StorageUnavailable
from conference.tables import Conference, MailState, OutgoingMail
from conference.viewer import SignedInOrganiser
from registration.asking.tables import AnswerFile
from registration.desk.tables import RegistrationExport
from registration.tables import Attendee, Registration, RegistrationStatus
from sessions.packs.collecting.uploads import INCOMING
from sessions.packs.contents import Spare, let_go
from sessions.packs.importing.tables import ResourceImport
from sessions.packs.search_index import drop_strays
from sessions.packs.tables import GoneReason, Resource, ResourceFile, ResourcePack, Tombstone, Upload
from sessions.packs.tombstones import bury
from sessions.speakers.photos import photo_of
from sessions.tables import ProgrammeImport, Session, Speaker

logger = logging.getLogger("meridian.conferences")

# Before the conference: whoever is registered for nothing else is known for nothing else.
_OF_NO_OTHER = (
    "DELETE FROM attendee WHERE id IN (SELECT attendee FROM registration WHERE conference = {})"
    " AND id NOT IN (SELECT attendee FROM registration WHERE conference <> {})"
)


class PeopleAreComing(Conflict):
    """People are registered, and the conference is not over: they would stand before a door that is not there."""


class NotTheName(InvalidInput):
    """What was typed is not what the conference is called."""

    http_status = 422


@dataclass(frozen=True)
class WhatGoes:
    """What a conference holds. ``coming``: confirmed people of one that is not over. ``seen``: resources and packs that
    readers have seen, whose addresses answer for ever."""

    registrations: int
    coming: int
    sessions: int
    speakers: int
    resources: int
    seen: int
    waiting_mails: int


async def what_goes(conference: Conference, now: datetime) -> WhatGoes:
    """What deleting the conference would take away. Eight queries."""
    here = conference.id
    is_over = dates.local_date(now, conference.zone) > conference.ends_on
    confirmed = (Registration.conference == here) & (
        Registration.status == RegistrationStatus.CONFIRMED.value
    )
    waits = OutgoingMail.state.is_in([MailState.QUEUED.value, MailState.HELD.value])
    seen = 0
    for table in (Resource, ResourcePack):
        seen += await table.count().where((table.conference == here) & (table.first_out_at <= now))
    return WhatGoes(
        await Registration.count().where(Registration.conference == here),
        0 if is_over else await Registration.count().where(confirmed),
        await Session.count().where(Session.conference == here),
        await Speaker.count().where(Speaker.conference == here),
        await Resource.count().where(Resource.conference == here),
        seen,
        await OutgoingMail.count().where((OutgoingMail.conference == here) & waits),
    )


def is_the_name(typed: str, conference: Conference) -> bool:
    """Whether somebody typed what the conference is called, in any of its languages, or its address. Pure."""
    names = {conference.slug, *texts.decode(conference.name).values()}
    return " ".join(typed.split()).casefold() in {" ".join(name.split()).casefold() for name in names if name}


async def delete_conference(
    conference_id: int, *, typed: str, storage: Storage, actor: SignedInOrganiser, now: datetime
) -> None:
    """Delete the conference with everything in it, as a whole; its files go once that stands.

    ``typed`` is its name, to be sure. What stays: tombstones without a word of what lay there, one line in the record of
    changes, and hashes that keep mail stopped. Raises NotFound, NotTheName, PeopleAreComing.
    """
    async with transaction(), locked(Conference, conference_id):
        conference = await Conference.objects().where(Conference.id == conference_id).first()
        if conference is None:
            raise NotFound(_("There is no conference at this address."))
        if not is_the_name(typed, conference):
            raise NotTheName(_("This is not what the conference is called."))
        goes = await what_goes(conference, now)
        if goes.coming:
            raise PeopleAreComing(
                ngettext(
                    "One person is registered, and the conference is not over. Tell them, and take their registration back first.",
                    "%(count)s people are registered, and the conference is not over. Tell them, and take their registrations back first.",
                    goes.coming,
                )
                % {"count": goes.coming}
            )
        spare = await _spare(conference)
        uploads = await Upload.select(Upload.code).where(Upload.conference == conference.id)
        await _bury(conference, now)
        await leaving_files.note(await _own_files(conference), now)
        await _let_others_forget(conference, now)
        await Attendee.raw(_OF_NO_OTHER, conference.id, conference.id)
        await Conference.delete().where(Conference.id == conference.id)
        await drop_strays()
        await audit.record(
            conference_id=None,
            actor=actor,
            action="conference-deleted",
            subject=f"conference:{conference.slug}",
            after=asdict(goes),
            now=now,
        )
    await _tidy(storage, spare, [f"{INCOMING}/{row['code']}" for row in uploads], now)


async def _spare(conference: Conference) -> list[Spare]:
    """Contents that may be needed no more."""
    rows = await ResourceFile.select(
        ResourceFile.content, ResourceFile.preview, ResourceFile.uploaded_at
    ).where(ResourceFile.resource.conference == conference.id)
    return [
        Spare(content, row["uploaded_at"])
        for row in rows
        for content in (row["content"], row["preview"])
        if content is not None
    ]


async def _bury(conference: Conference, now: datetime) -> None:
    """Tombstones for what readers have seen; those that are there lose the organisers' words."""
    gone: list[Resource | ResourcePack] = [
        *await Resource.objects().where(Resource.conference == conference.id),
        *await ResourcePack.objects().where(ResourcePack.conference == conference.id),
    ]
    buried = await Tombstone.select(Tombstone.code).where(Tombstone.conference == conference.id)
    known = {row["code"] for row in buried}
    for one in gone:
        if one.code not in known:  # what was withdrawn before keeps its reason
            await bury(conference, one, GoneReason.DELETED, now=now)
    await Tombstone.update({Tombstone.words: "{}"}).where(Tombstone.conference == conference.id)


async def _own_files(conference: Conference) -> list[str]:
    """Keys of files that are of this conference alone and that its rows name."""
    keys: list[str] = []
    for row in await Speaker.select(Speaker.photo_key).where(Speaker.conference == conference.id):
        if photo := photo_of(row["photo_key"]):
            keys += [photo.key, photo.small_key]
    for row in await ProgrammeImport.select(ProgrammeImport.files).where(
        ProgrammeImport.conference == conference.id
    ):
        keys += [file["key"] for file in json.loads(row["files"])]
    for row in await ResourceImport.select(ResourceImport.key).where(
        ResourceImport.conference == conference.id
    ):
        keys.append(row["key"])
    return keys


async def _let_others_forget(conference: Conference, now: datetime) -> None:
    """Rows that outlive the conference until their file is gone say nothing of it, and go with the next sweep."""
    await AnswerFile.update({AnswerFile.name: "", AnswerFile.kept_until: now}).where(
        AnswerFile.conference == conference.id
    )
    await RegistrationExport.update(
        {RegistrationExport.query: "", RegistrationExport.at: datetime.fromtimestamp(0, now.tzinfo)}
    ).where(RegistrationExport.conference == conference.id)


async def _tidy(storage: Storage, spare: Sequence[Spare], folders: Sequence[str], now: datetime) -> None:
    """The files, now that nothing speaks of them. What a store that is away keeps is swept by the jobs when it is back."""
    try:
        await let_go(storage, spare)
        for folder in folders:
            await storage.delete_below(folder)
        while await leaving_files.remove(storage, now):
            continue
    except StorageUnavailable as error:
        logger.warning("files of a deleted conference go later: %s", error.message)
