"""Bringing the draft back to what a release, or a draft that was kept, says.

Public facts only: what is private (meeting links, notes, addresses, a speaker's own answers) stays as it is. What was
added since is deleted nowhere: it leaves the grid. The draft that is overwritten is kept, and can be restored in turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from conference import audit
from conference.db import locked
from conference.errors import Conflict, NotFound
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import released_programme
from sessions.releases.kept_drafts import DraftContent, keep_draft, kept_draft, read_content
from sessions.releases.restored_people import restore_people, restore_speakers
from sessions.releases.restored_rows import (
    Counts,
    restore_rooms,
    restore_sessions,
    restore_slots,
    restore_tracks,
)
from sessions.schedule.draft_changes import touch_draft
from sessions.tables import Appearance, AppearanceState, Release


class DraftMoved(Conflict):
    """The draft has changed since the organiser looked at what restoring would overwrite."""


@dataclass(frozen=True)
class Restored:
    """What restoring did. ``kept`` is the code of the draft it replaced."""

    kept: str
    counts: Counts


async def restore_release(
    conference: Conference, number: int, *, seen: int, actor: SignedInOrganiser | str, now: datetime
) -> Restored:
    """Make the draft say what release ``number`` says. ``seen`` is the draft's version that the organiser looked at.

    Who has declined since stays declined. Raises NotFound, DraftMoved, and then nothing is written.
    """
    programme = await released_programme(conference.id, number)
    if programme is None:
        raise NotFound(_("There is no such release."))
    content = DraftContent(programme, {}, {})
    return await _restore(conference, content, f"release:{number}", seen=seen, actor=actor, now=now)


async def restore_kept(
    conference: Conference, code: str, *, seen: int, actor: SignedInOrganiser | str, now: datetime
) -> Restored:
    """Make the draft what it was when it was kept. Raises NotFound, DraftMoved, and then nothing is written."""
    kept = await kept_draft(conference.id, code)
    if kept is None:
        raise NotFound(_("This draft is not kept any more."))
    return await _restore(
        conference, kept.content, f"kept:{code}", is_whole=True, seen=seen, actor=actor, now=now
    )


async def _restore(
    conference: Conference,
    wanted: DraftContent,
    what: str,
    *,
    is_whole: bool = False,
    seen: int,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> Restored:
    first = (
        await Release.select(Release.id)
        .where(Release.conference == conference.id)
        .order_by(Release.id)
        .first()
    )
    # Two who restore at once are served one after the other. The conference's own row is locked last, by the draft's
    # version, as in every rule about the draft: locked first it could meet one of those halfway.
    async with locked(Release, first["id"] if first else 0):
        fresh = await Conference.objects().where(Conference.id == conference.id).first()
        if fresh is None:
            raise NotFound(_("There is no such conference."))
        before = await read_content(fresh, now=now)
        kept = await keep_draft(fresh, before, what, actor=actor, now=now)
        counts = await _write(fresh, wanted, is_whole=is_whole)
        await audit.record(
            conference_id=fresh.id,
            actor=actor,
            action="draft-restored",
            subject=what,
            after={"changed": counts.changed, "added": counts.added, "off_the_grid": counts.unscheduled},
            now=now,
        )
        by = actor if isinstance(actor, SignedInOrganiser) else None
        version = await touch_draft(fresh.id, actor=by, now=now)
        # Every change of the draft counts one up and holds the conference's row: so nobody came between.
        if version != seen + 1:
            raise DraftMoved(
                _(
                    "The draft has changed since you looked at it. Please look again at what would be overwritten."
                )
            )
    return Restored(kept, counts)


async def _write(conference: Conference, wanted: DraftContent, *, is_whole: bool) -> Counts:
    """In the order in which other rules lock these rows: rooms and speakers first, the conference's own row last."""
    programme: ReleasedProgramme = wanted.programme
    counts = Counts()
    rooms = await restore_rooms(conference, programme, counts)
    tracks = await restore_tracks(conference, programme, counts)
    speakers = await restore_speakers(conference, programme, counts)
    sessions = await restore_sessions(conference, programme, tracks, counts)
    await restore_people(programme, sessions, speakers, wanted.answers, counts, is_whole=is_whole)
    await restore_slots(conference, wanted, rooms, sessions, counts, is_whole=is_whole)
    return counts


async def declined_since(conference: Conference, programme: ReleasedProgramme) -> list[str]:
    """Names of those who appear in the programme and have declined in the draft: restoring leaves them out. One query."""
    rows = await Appearance.select(
        Appearance.session._.code.as_alias("session_code"),
        Appearance.speaker._.code.as_alias("speaker_code"),
        Appearance.speaker._.name.as_alias("name"),
        Appearance.role,
    ).where(
        (Appearance.session._.conference == conference.id)
        & (Appearance.state == AppearanceState.DECLINED.value)
    )
    there = {(s.code, a.speaker, a.role) for s in programme.sessions for a in s.appearances}
    return sorted(
        {row["name"] for row in rows if (row["session_code"], row["speaker_code"], row["role"]) in there}
    )
