"""Pure: who sees a pack and what is in it, and from when on; everything that shows packs asks here."""

from __future__ import annotations

from datetime import datetime

from conference.viewer import Viewer
from sessions.packs.tables import PackAccess, PackState


def is_out(state: str, published_at: datetime | None, expires_at: datetime | None, now: datetime) -> bool:
    """Whether a pack is published at ``now``: from ``published_at`` to before ``expires_at`` (None: no bound)."""
    return (
        state == PackState.PUBLISHED
        and (published_at is None or published_at <= now)
        and (expires_at is None or now < expires_at)
    )


def is_embargoed(embargo_until: datetime | None, now: datetime) -> bool:
    """Whether what is in a pack may be named but not yet opened."""
    return embargo_until is not None and now < embargo_until


def may_open(access: str, viewer: Viewer, conference_id: int) -> bool:
    """Whether the viewer may open a pack that is out. The conference's team may open any."""
    if viewer.is_team(conference_id):
        return True
    match PackAccess(access):
        case PackAccess.PUBLIC:
            return True
        case PackAccess.REGISTERED:
            return viewer.is_registered(conference_id)
        case PackAccess.ATTENDED:
            return viewer.has_attended(conference_id)
        case PackAccess.TEAM:
            return False
