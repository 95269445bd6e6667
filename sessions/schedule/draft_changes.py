"""The draft's version: moves with every change, so that whoever looks at the draft can follow, and caches can tell."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from sessions.tables import DraftChange


async def touch_draft(
    conference_id: int, *, slots: Iterable[str] = (), actor: SignedInOrganiser | None, now: datetime
) -> int:
    """Say that the draft has changed, inside the transaction that changes it; the new version.

    ``slots`` are the codes of the slots that look otherwise now; none means that anything may (a room renamed, a file
    imported). ``actor`` is None for speakers and for the command line. Call it last: it locks the conference's row.
    """
    rows = (
        await Conference.update({Conference.draft_version: Conference.draft_version + 1})
        .where(Conference.id == conference_id)
        .returning(Conference.draft_version)
    )
    version = int(rows[0]["draft_version"])
    await DraftChange.insert(
        DraftChange(
            conference=conference_id,
            version=version,
            slots=json.dumps(sorted(slots)),
            organiser=actor.id if actor else None,
            actor=actor.label if actor else "",
            at=now,
        )
    )
    return version
