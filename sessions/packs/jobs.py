"""Work on resources that goes on beside the pages: the composition root gives each its store."""

from __future__ import annotations

from datetime import datetime

from conference.file_check import sweep_arriving
from conference.jobs import Work
from conference.storage import Storage
from sessions.packs.collecting.arriving import arrive_left_lying
from sessions.packs.collecting.uploads import sweep_uploads
from sessions.packs.contents import sweep
from sessions.packs.reading.previews import make_previews
from sessions.packs.search_index import drop_strays


def taking_in_uploads(storage: Storage) -> Work:
    """Uploads that are whole, and that no page asks about, become resources."""

    async def run(now: datetime) -> int:
        return await arrive_left_lying(storage, now=now)

    return run


def sweeping_uploads(storage: Storage) -> Work:
    """Uploads whose time is over, bytes that nothing needs or that went nowhere, and words of what is no more are removed."""

    async def run(now: datetime) -> int:
        await drop_strays()
        swept = await sweep_uploads(storage, now=now) + await sweep(storage, now=now)
        await sweep_arriving(storage, now=now)
        return swept

    return run


def making_previews(storage: Storage) -> Work:
    """Files that have come get a picture of their first page."""

    async def run(now: datetime) -> int:
        return await make_previews(storage, now=now)

    return run
