"""Pictures of files' first pages, made by a job and kept beside the files; and how long recordings are."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from conference.conferences import touch_public
from conference.db import locked
from conference.storage import Storage, StorageFull, StorageUnavailable
from conference.tables import Conference
from sessions.packs import contents
from sessions.packs.held_packs import stamp
from sessions.packs.reading.lengths import TIMED, seconds_of
from sessions.packs.tables import Resource, ResourceFile

logger = logging.getLogger("meridian.resources")
MEDIA_TYPE = "image/webp"
LONGEST = 960  # pixels of the picture's longer edge: a page can be told from its neighbours, a heading read
LARGEST = 300_000_000
"""Octets of a file of which a picture is made; larger ones are rare, and long in coming from a store."""
PICTURED = ("application/pdf", "image/png", "image/jpeg", "image/webp", "image/gif")
_CHILD = Path(__file__).with_name("preview_child.py")
MOST_SECONDS = 8  # of the processor, for one file
_LONGEST_SECONDS = 25.0  # on the clock
_AT_ONCE = 10  # files for each turn of the job


@dataclass(frozen=True)
class Picture:
    """A preview (WebP). ``pages`` of the whole file, 0 for a picture; ``width`` and ``height`` those of the page or picture
    itself, which give the preview's shape."""

    data: bytes
    pages: int
    width: int
    height: int


async def make_previews(storage: Storage, *, now: datetime) -> int:
    """Make the pictures of files that have come since the last turn; how many files were looked at.

    A file of which none can be made is not tried again. What the store cannot give at the moment is.
    """
    rows = (
        await ResourceFile.select(
            ResourceFile.id,
            ResourceFile.media_type,
            ResourceFile.resource,
            ResourceFile.resource._.conference.as_alias("conference"),
            ResourceFile.content._.key.as_alias("key"),
            ResourceFile.content._.size.as_alias("size"),
        )
        .where(
            ResourceFile.is_current.eq(True)
            & ResourceFile.is_previewed.eq(False)
            & ResourceFile.media_type.is_in([*PICTURED, *TIMED])
        )
        .order_by(ResourceFile.id)
        .limit(_AT_ONCE)
    )
    tried = 0
    for row in rows:
        try:
            if row["media_type"] in TIMED:
                await _keep_length(row, storage, now)
            else:
                await _keep(row, await _picture_of(row, storage), storage, now)
            tried += 1
        except (StorageUnavailable, StorageFull) as error:
            logger.info("no preview of file %s yet: %s", row["id"], error.message)
    return tried


async def made_picture(path: Path, media_type: str) -> Picture | None:
    """A picture of the file on disk, made in a process of its own; None where none can be made."""
    command = (sys.executable, "-I", str(_CHILD), media_type, str(path), str(LONGEST), str(MOST_SECONDS))
    pipe, none = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdin=none, stdout=pipe, stderr=none)
    try:
        async with asyncio.timeout(_LONGEST_SECONDS):
            said, _errors = await process.communicate()
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    head, _line, data = said.partition(b"\n")
    if process.returncode != 0 or not data:
        return None
    told = json.loads(head)
    return Picture(data, told["pages"], told["width"], told["height"])


async def _picture_of(row: dict[str, Any], storage: Storage) -> Picture | None:
    if row["size"] > LARGEST:
        return None
    with tempfile.TemporaryDirectory(prefix="meridian-preview-") as folder:
        path = Path(folder) / "file"
        with path.open("wb") as file:
            async for chunk in storage.stream(row["key"]):
                await asyncio.to_thread(file.write, chunk)
        return await made_picture(path, row["media_type"])


async def _keep_length(row: dict[str, Any], storage: Storage, now: datetime) -> None:
    async def read(start: int, end: int) -> bytes:
        return b"".join([chunk async for chunk in storage.stream(row["key"], start, end)])

    seconds = await seconds_of(read, row["size"], row["media_type"])
    async with locked(Conference, row["conference"]):
        await ResourceFile.update({ResourceFile.is_previewed: True}).where(ResourceFile.id == row["id"])
        if seconds:
            await _note_extent(row, {"seconds": seconds})
            await stamp([row["resource"]], now)


async def _note_extent(row: dict[str, Any], told: dict[str, int]) -> None:
    """Note what a file says of itself, inside the transaction."""
    resource = await Resource.objects().get(Resource.id == row["resource"])
    if resource is None:
        return  # deleted in the meantime, and the file's row with it
    extent = json.loads(resource.extent) | {name: value for name, value in told.items() if value}
    await Resource.update({Resource.extent: json.dumps(extent)}).where(Resource.id == resource.id)
    await touch_public(row["conference"])


async def _keep(row: dict[str, Any], picture: Picture | None, storage: Storage, now: datetime) -> None:
    if picture is None:
        await ResourceFile.update({ResourceFile.is_previewed: True}).where(ResourceFile.id == row["id"])
        return
    stored = await storage.put_stream(_once(picture.data))
    async with (
        contents.adopted(storage, [stored], now=now) as (content,),
        locked(Conference, row["conference"]),
    ):
        await ResourceFile.update({ResourceFile.preview: content.id, ResourceFile.is_previewed: True}).where(
            ResourceFile.id == row["id"]
        )
        await _note_extent(row, {"pages": picture.pages, "width": picture.width, "height": picture.height})


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
