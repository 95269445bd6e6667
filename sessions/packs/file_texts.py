"""What captions, transcripts and notes say, read from their files so that searches find it: words that were only spoken, too."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from conference import db, texts
from conference.filetypes import FileRefused
from conference.jobs import Work
from conference.storage import Storage, StorageUnavailable
from sessions.packs.collecting.captions import read_captions
from sessions.packs.reading.spoken import paragraphs
from sessions.packs.search_index import index_resources
from sessions.packs.tables import ResourceFile, ResourceText

logger = logging.getLogger(__name__)

CAPTIONS = "text/vtt"
MARKDOWN = "text/markdown"
READ = (CAPTIONS, MARKDOWN, "text/plain")
LARGEST = 2_000_000  # octets: longer than what is said in a day
_LONGEST = 200_000  # characters that are kept, some four hours of speech
_AT_ONCE = 20
_MARKS = re.compile(r"[|*_`#>~]+")  # of Markdown; none of them is part of a word


def text_of(data: bytes, media_type: str, filename: str) -> str:
    """What the file says; of captions in paragraphs, without their times and marks. "" for what is no text."""
    try:
        if media_type == CAPTIONS:
            turns = paragraphs(read_captions(data, filename))
            said = "\n".join(f"{turn.speaker}: {turn.text}" if turn.speaker else turn.text for turn in turns)
        else:
            said = data.decode("utf-8-sig")
            said = _MARKS.sub(" ", said) if media_type == MARKDOWN else said
    except (FileRefused, UnicodeDecodeError):
        return ""
    return texts.clean(said)[:_LONGEST]


def reading_texts(storage: Storage) -> Work:
    """The text of files that are new is read, and found by searches from then on."""

    async def run(_now: datetime) -> int:
        done = 0
        for row in await _unread():
            try:
                data = b"".join([chunk async for chunk in storage.stream(row["key"])])
            except StorageUnavailable as error:
                logger.info("the text of file %s cannot be read yet: %s", row["id"], error.message)
                continue
            await _keep(row, text_of(data, row["media_type"], row["filename"]))
            done += 1
        return done

    return run


async def texts_of(ids: Sequence[int]) -> dict[int, str]:
    """What the files of the resources (row ids) say, where that is known. One query."""
    rows = await ResourceText.select(
        ResourceText.file._.resource.as_alias("resource"), ResourceText.text
    ).where(
        ResourceText.file._.resource.is_in([*ids, 0])
        & ResourceText.file._.is_current.eq(True)
        & (ResourceText.text != "")
    )
    return {row["resource"]: row["text"] for row in rows}


async def _unread() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        await ResourceFile.select(
            ResourceFile.id,
            ResourceFile.resource,
            ResourceFile.filename,
            ResourceFile.media_type,
            ResourceFile.content._.key.as_alias("key"),
        )
        .where(
            ResourceFile.is_current.eq(True)
            & ResourceFile.media_type.is_in(list(READ))
            & (ResourceFile.content._.size <= LARGEST)
            & ResourceFile.id.not_in(ResourceText.select(ResourceText.file))
        )
        .order_by(ResourceFile.id)
        .limit(_AT_ONCE)
    )
    return rows


async def _keep(row: dict[str, Any], text: str) -> None:
    async with db.transaction():
        # Deleted, or read by another process, in the meantime: then there is nothing to do.
        await db.keep(ResourceFile, row["id"])
        is_there = await ResourceFile.exists().where(ResourceFile.id == row["id"])
        if is_there and not await ResourceText.exists().where(ResourceText.file == row["id"]):
            await ResourceText(file=row["id"], text=text).save()
            await index_resources([row["resource"]])
