"""What is known of a session beside its release: recordings that anyone may watch, and when it was to be before."""

from __future__ import annotations

import json
from datetime import datetime

from conference import clock, texts
from conference.tables import Conference
from sessions.packs.licences import LICENCES
from sessions.packs.showing import is_embargoed, is_out
from sessions.packs.tables import PackAccess, PackItem, PackState, ResourceKind, ResourceState
from sessions.programme.snapshot import ReleasedSession
from sessions.programme.structured_data import Known, Recording
from sessions.releases.differences import ChangeKind
from sessions.tables import Release


async def known_of(
    conference: Conference, session: ReleasedSession, home_url: str, language: str, languages: tuple[str, ...]
) -> Known:
    """One query, and a second one where a slot has changed since it was first published."""
    rows = (
        await PackItem.select(
            *(
                column.as_alias(name)
                for name, column in (
                    ("title", PackItem.resource._.title),
                    ("languages", PackItem.resource._.languages),
                    ("licence", PackItem.resource._.licence),
                    ("created_at", PackItem.resource._.created_at),
                    ("code", PackItem.resource._.code),
                    ("embargo_until", PackItem.pack._.embargo_until),
                    ("published_at", PackItem.pack._.published_at),
                    ("expires_at", PackItem.pack._.expires_at),
                )
            )
        )
        .where(
            (PackItem.pack._.session == session.id)
            & (PackItem.pack._.state == PackState.PUBLISHED.value)
            & (PackItem.pack._.access == PackAccess.PUBLIC.value)
            & (PackItem.resource._.kind == ResourceKind.RECORDING.value)
            & (PackItem.resource._.state == ResourceState.READY.value)
        )
        .order_by(PackItem.position, PackItem.id)
    )
    now = clock.now()
    recordings = [
        Recording(
            title=texts.pick(row["title"], language, languages),
            url=f"{home_url.rpartition('/')[0]}/resources/{row['code']}",
            published_at=row["created_at"],
            language=next(iter(json.loads(row["languages"])), ""),
            licence_url=LICENCES[row["licence"]].url if row["licence"] in LICENCES else "",
        )
        for row in rows
        if is_out(PackState.PUBLISHED, row["published_at"], row["expires_at"], now)
        and not is_embargoed(row["embargo_until"], now)
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
