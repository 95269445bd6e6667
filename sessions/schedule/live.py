"""Following the draft while others change it: what changed since a version, and a stream of it for one browser."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from litestar.channels import ChannelsPlugin

from conference import clock, stopping
from conference.tables import Conference
from sessions.tables import DraftChange

KEPT = timedelta(days=1)
"""How long changes are remembered: a browser that was away longer reads everything anew."""

MOST_AT_ONCE = 200
"""More changes than these are told as one: anything may have changed."""

STREAM_LASTS = timedelta(minutes=5)
"""Then the browser asks again by itself, and whether it still may is asked with it."""

PING_AFTER = 15.0
"""Seconds of silence after which a sign of life is sent, so that nothing on the way gives the line up."""


@dataclass(frozen=True)
class DraftNews:
    """A change of the draft. ``slots`` are the codes of the slots that look otherwise now; none: anything may."""

    version: int
    slots: tuple[str, ...]
    organiser: int | None
    actor: str


def draft_channel(conference_id: int) -> str:
    """The channel on which a conference's followers are woken. It carries no content: the table has that."""
    return f"draft-{conference_id}"


async def draft_version(conference_id: int) -> int:
    """The version the draft stands at now."""
    row = await Conference.select(Conference.draft_version).where(Conference.id == conference_id).first()
    return int(row["draft_version"]) if row else 0


async def changes_since(conference_id: int, version: int) -> list[DraftNews]:
    """What has changed since the draft stood at ``version``, in order.

    What is no longer remembered, or is more than anyone could follow, is one piece of news without slots. Two queries.
    """
    latest = await draft_version(conference_id)
    if latest == version:
        return []
    rows = (
        await DraftChange.select(
            DraftChange.version, DraftChange.slots, DraftChange.organiser, DraftChange.actor
        )
        .where(
            (DraftChange.conference == conference_id)
            & (DraftChange.version > version)
            & (DraftChange.version <= latest)
        )
        .order_by(DraftChange.version)
        .limit(MOST_AT_ONCE)
    )
    # One row for each version: any that are missing were forgotten, or the asker knows a version that never was.
    if len(rows) != latest - version:
        return [DraftNews(latest, (), None, "")]
    return [
        DraftNews(row["version"], tuple(json.loads(row["slots"])), row["organiser"], row["actor"])
        for row in rows
    ]


async def follow_draft(
    channels: ChannelsPlugin, conference_id: int, since: int, *, lasts: timedelta = STREAM_LASTS
) -> AsyncIterator[DraftNews | None]:
    """Every change after version ``since`` as it happens, as long as the stream ``lasts`` or until the server stops.

    None when there was none for a while.
    """
    woken = asyncio.Event()

    async def wake(_content: bytes) -> None:
        woken.set()

    ends = clock.now() + lasts
    channel = draft_channel(conference_id)
    with stopping.woken_by_stop(woken):
        async with channels.start_subscription(channel) as line, line.run_in_background(wake, join=False):
            yield None  # the line stands
            while True:
                woken.clear()
                for news in await changes_since(conference_id, since):
                    since = news.version
                    yield news
                if clock.now() >= ends or stopping.is_asked():
                    return
                try:
                    async with asyncio.timeout(PING_AFTER):
                        await woken.wait()
                except TimeoutError:
                    yield None


async def forget_old_changes(now: datetime) -> int:
    """Remove changes that nobody follows any more; a job. Returns how many."""
    gone: list[dict[str, Any]] = (
        await DraftChange.delete().where(DraftChange.at < now - KEPT).returning(DraftChange.id)
    )
    return len(gone)
