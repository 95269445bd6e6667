"""Releases as they were published: read one, read them all, lay two beside each other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sessions.releases.differences import Change
from sessions.tables import Release


@dataclass(frozen=True)
class PastRelease:
    """A release as lists show it."""

    number: int
    note: str
    released_at: datetime
    changes: list[Change]
    by: str


async def past_releases(conference_id: int) -> list[PastRelease]:
    """Every release, the latest first."""
    rows = (
        await Release.select(
            Release.number,
            Release.note,
            Release.released_at,
            Release.changes,
            Release.organiser._.name.as_alias("organiser_name"),
        )
        .where(Release.conference == conference_id)
        .order_by(Release.number, ascending=False)
    )
    return [
        PastRelease(
            row["number"],
            row["note"],
            row["released_at"],
            json.loads(row["changes"]),
            row["organiser_name"] or "",
        )
        for row in rows
    ]
