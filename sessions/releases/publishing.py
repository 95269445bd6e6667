"""Publishing: the draft becomes a numbered release that never changes, which public pages and calendars are made of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from conference import audit
from conference.conferences import touch_public
from conference.db import locked
from conference.errors import Conflict as Refusal
from conference.i18n import _
from conference.tables import Conference
from conference.texts import clean
from conference.viewer import SignedInOrganiser
from sessions.programme import snapshot
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import latest_programme
from sessions.releases.differences import Change, changes_between, profile_changes
from sessions.releases.draft_programme import read_draft
from sessions.releases.notices import SpeakerNotice, notices
from sessions.releases.stamping import is_same, stamp
from sessions.schedule.conflict_words import ClashLine
from sessions.schedule.rules import release_blockers
from sessions.tables import Release

LONGEST_NOTE = 2000  # characters


class NothingToRelease(Refusal):
    """The draft says what the latest release says, or places nothing at all."""


class ReleasedMeanwhile(Refusal):
    """A colleague published while this release was being looked at."""


class ClashesRemain(Refusal):
    """The draft breaks a rule of a level that blocks a release."""


@dataclass(frozen=True)
class Preview:
    """What publishing now would do. ``number`` is the number the release would get, ``previous`` the programme it
    follows (None: it is the first), ``blockers`` the clashes that stand in its way, ``told`` the speakers it affects."""

    number: int
    previous: ReleasedProgramme | None
    programme: ReleasedProgramme
    changes: list[Change]
    profiles: list[str]
    told: list[SpeakerNotice]
    blockers: list[ClashLine]
    is_changed: bool
    unplaced: int


async def release_programme(
    conference: Conference,
    note: str,
    *,
    actor: SignedInOrganiser | str,
    now: datetime,
    after: int | None = None,
    despite_clashes: bool = False,
    tells_speakers: bool = False,
) -> Release:
    """Publish the draft as the next release and return it.

    ``after`` is the number of the release the organiser compared with (None: the one ``conference`` was read with).
    ``tells_speakers``: those affected are mailed by the job ``sessions.releases.telling``. ``despite_clashes`` is for
    programmes from elsewhere, on the command line; the desk never offers it.

    Raises ReleasedMeanwhile when another has come since, NothingToRelease and ClashesRemain. Two who publish at once
    are served one after the other, and the second is told.
    """
    seen = conference.release_number if after is None else after
    async with locked(Conference, conference.id):
        row = await Conference.objects().where(Conference.id == conference.id).first()
        if row is None or row.release_number != seen:
            raise ReleasedMeanwhile(
                _("A colleague has published meanwhile. Please look at the changes again.")
            )
        preview = await preview_release(row, now=now)
        if not preview.programme.sessions:
            raise NothingToRelease(_("Nothing is placed in a room and at a time yet."))
        if not preview.is_changed:
            raise NothingToRelease(_("Nothing has changed since the last release."))
        if preview.blockers and not despite_clashes:
            raise ClashesRemain(
                _(
                    "Clashes in the draft stand in the way. Settle them, or change what a clash of their kind does."
                )
            )
        release = Release(
            conference=conference.id,
            number=preview.number,
            note=clean(note)[:LONGEST_NOTE],
            snapshot=snapshot.encode(preview.programme),
            changes=json.dumps(preview.changes, ensure_ascii=False),
            released_at=now,
            organiser=actor.id if isinstance(actor, SignedInOrganiser) else None,
            tells_speakers=tells_speakers,
        )
        await release.save()
        await Conference.update({Conference.release_number: preview.number}).where(
            Conference.id == conference.id
        )
        await touch_public(conference.id)
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="programme-released",
            subject=f"release:{preview.number}",
            after={"number": preview.number, "note": release.note, "changes": len(preview.changes)},
            now=now,
        )
    conference.release_number = preview.number
    return release


async def preview_release(conference: Conference, *, now: datetime) -> Preview:
    """What publishing now would do; nothing is written. The number of queries does not depend on the programme."""
    number = conference.release_number + 1
    draft = await read_draft(conference, number=number, now=now)
    previous = await latest_programme(conference)
    stamped = stamp(previous, draft.programme)
    return Preview(
        number=number,
        previous=previous,
        programme=stamped.programme,
        changes=changes_between(previous, stamped),
        profiles=profile_changes(previous, stamped.programme),
        told=notices(previous, stamped.programme),
        blockers=await release_blockers(conference),
        is_changed=previous is None or not is_same(stamped.programme, previous),
        unplaced=draft.unplaced,
    )
