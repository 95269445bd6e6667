"""What is known of a session beside its release: recordings that anyone may watch, and when it was to be before."""

from __future__ import annotations

import json
from datetime import datetime

from conference import texts
from conference.tables import Conference
from sessions.packs.licences import LICENCES
from sessions.programme.snapshot import ReleasedSession
from sessions.programme.structured_data import Known, Recording
from sessions.releases.differences import ChangeKind
from sessions.tables import PackAccess, PackState, Release, Resource, ResourceKind


async def known_of(
    conference: Conference, session: ReleasedSession, home_url: str, language: str, languages: tuple[str, ...]
) -> Known:
    """One query, and a second one where a slot has changed since it was first published."""
    rows = (
        await Resource.select(
            Resource.title,
            Resource.language,
            Resource.licence,
            Resource.created_at,
            Resource.pack._.code.as_alias("pack_code"),
        )
        .where(
            (Resource.pack._.session == session.id)
            & (Resource.pack._.state == PackState.PUBLISHED.value)
            & (Resource.pack._.access == PackAccess.PUBLIC.value)
            & (Resource.kind == ResourceKind.RECORDING.value)
        )
        .order_by(Resource.position, Resource.id)
    )
    recordings = [
        Recording(
            title=texts.pick(row["title"], language, languages),
            url=f"{home_url}/resources/{row['pack_code']}",
            published_at=row["created_at"],
            language=row["language"],
            licence_url=LICENCES[row["licence"]].url if row["licence"] in LICENCES else "",
        )
        for row in rows
    ]
    has_changed = any(slot.sequence for slot in session.slots)
    return Known(recordings, await _moves(conference, session) if has_changed else {})


async def _moves(conference: Conference, session: ReleasedSession) -> dict[str, datetime]:
    """The start that was published before the present one, of each slot that was moved."""
    found: dict[str, datetime] = {}
    rows = (
        await Release.select(Release.changes)
        .where((Release.conference == conference.id) & (Release.number <= conference.release_number))
        .order_by(Release.number)
    )
    for row in rows:
        for change in json.loads(row["changes"]) if isinstance(row["changes"], str) else row["changes"]:
            if change.get("kind") == ChangeKind.MOVED and change.get("session") == session.code:
                found[change["slot"]] = datetime.fromisoformat(change["before"]["start"])
    return found
