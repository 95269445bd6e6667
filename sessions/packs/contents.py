"""Bytes in the store under keys made of their checksum, and the count of who needs them.

A file arrives under a random key, since its checksum is known only at its end; ``adopt`` then gives it its place, over the
same bytes where they lie there already. Nothing is ever deleted that something refers to, or may be about to.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from anyio import CancelScope

from conference.db import locked
from conference.storage import Listed, Storage, Stored, forget
from sessions.packs.tables import ResourceFile, StoredContent

GRACE = timedelta(hours=1)
"""For so long after bytes have arrived somebody may be about to refer to them."""


@dataclass(frozen=True)
class Content:
    """Bytes in their place: ``id`` is the row's."""

    id: int
    stored: Stored


def key_of(sha512: str) -> str:
    """Where the bytes of this checksum (hexadecimal) lie."""
    return f"sha512/{sha512[:2]}/{sha512[2:4]}/{sha512}"


async def adopt(storage: Storage, arrived: Stored, *, now: datetime) -> Content:
    """Put what has arrived in its place and note that it is wanted. Not to be called inside a transaction: the store may
    take its time. Raises StorageUnavailable, StorageFull, and then leaves what arrived where it was."""
    key = key_of(arrived.sha512)
    stored = Stored(key, arrived.size, arrived.sha512, arrived.crc32)
    # First the row and then the file: whoever sweeps sees that it was touched, and leaves both.
    row_id = await _touch(stored, now)
    if arrived.key != key:
        # Also where the same bytes lie already: should they have been damaged there, they are sound again.
        await storage.move(arrived.key, key)
    return Content(row_id, stored)


@asynccontextmanager
async def adopted(
    storage: Storage, arrived: Sequence[Stored], *, now: datetime
) -> AsyncIterator[list[Content]]:
    """The files in their places for a block that writes rows which refer to them. When the block raises, those that
    nothing refers to are removed again."""
    contents: list[Content] = []
    try:
        for one in arrived:
            contents.append(await adopt(storage, one, now=now))
        yield contents
    except BaseException:
        with CancelScope(shield=True):
            await forget(storage, [one.key for one in arrived[len(contents) :]])
            for content in contents:
                await _remove(storage, content.id, touched_until=now)
        raise


async def forget_unknown(storage: Storage, arrived: Sequence[Stored]) -> None:
    """Remove what has arrived, adopted or not, where no row knows of it: the transaction that was to write it failed."""
    for one in arrived:
        key = key_of(one.sha512)
        is_known = await StoredContent.exists().where(StoredContent.key == key)
        await forget(storage, [one.key] if is_known else [one.key, key])


@dataclass(frozen=True)
class Spare:
    """Content (a row's id) of which a reference is gone that was made at ``referred_at``."""

    id: int
    referred_at: datetime


async def let_go(storage: Storage, spare: Sequence[Spare]) -> None:
    """Remove at once what nothing refers to any more and nobody has touched since that reference was made. What is left
    for somebody else's sake is swept later."""
    for one in spare:
        await _remove(storage, one.id, touched_until=one.referred_at)


async def sweep(storage: Storage, *, now: datetime) -> int:
    """Remove contents that nothing refers to; how many those were."""
    needed = {row["content"] for row in await ResourceFile.select(ResourceFile.content)}
    needed |= {row["preview"] for row in await ResourceFile.select(ResourceFile.preview)}
    rows = await StoredContent.select(StoredContent.id).where(StoredContent.touched_at <= now - GRACE)
    unneeded = [row["id"] for row in rows if row["id"] not in needed]
    return sum([await _remove(storage, row_id, touched_until=now - GRACE) for row_id in unneeded])


async def remove_stray(storage: Storage, stray: Listed, now: datetime) -> bool:
    """Remove a file that lies where contents lie and of which no row knows; False when somebody comes to need it now.

    It is given a row first, so that it goes as all others do: who adopts the same bytes finds the row and is waited for.
    """
    sha512 = stray.key.rpartition("/")[2]
    if key_of(sha512) != stray.key:
        return False
    long_ago = now - GRACE
    row = StoredContent(key=stray.key, sha512=sha512, size=stray.size, crc32=0, touched_at=long_ago)
    made = (
        await StoredContent.insert(row)
        .on_conflict(target=StoredContent.key, action="DO NOTHING")
        .returning(StoredContent.id)
    )
    return bool(made) and await _remove(storage, int(made[0]["id"]), touched_until=long_ago)


async def _touch(stored: Stored, now: datetime) -> int:
    is_it = StoredContent.key == stored.key
    fresh = StoredContent(
        key=stored.key, sha512=stored.sha512, size=stored.size, crc32=stored.crc32, touched_at=now
    )
    # Size and check are of these very bytes: a stray that was given a row did not know them, and a damaged file is sound now.
    facts: dict[Any, Any] = {
        StoredContent.touched_at: now,
        StoredContent.size: stored.size,
        StoredContent.crc32: stored.crc32,
        StoredContent.is_sound: True,
    }
    while True:
        touched = await StoredContent.update(facts).where(is_it).returning(StoredContent.id)
        if touched:
            return int(touched[0]["id"])
        # Swept, or not there yet; another may put it there first, and then it is touched.
        made = (
            await StoredContent.insert(fresh)
            .on_conflict(target=StoredContent.key, action="DO NOTHING")
            .returning(StoredContent.id)
        )
        if made:
            return int(made[0]["id"])


async def _remove(storage: Storage, row_id: int, *, touched_until: datetime) -> bool:
    """Remove the row and its file unless something refers to it, or somebody touched it later."""
    async with locked(StoredContent, row_id):
        row = (
            await StoredContent.select(StoredContent.key)
            .where((StoredContent.id == row_id) & (StoredContent.touched_at <= touched_until))
            .first()
        )
        refers = (ResourceFile.content == row_id) | (ResourceFile.preview == row_id)
        if row is None or await ResourceFile.exists().where(refers):
            return False
        # Inside the lock: nobody can adopt the same bytes between here and the end of the row.
        await forget(storage, [row["key"]])
        await StoredContent.delete().where(StoredContent.id == row_id)
        return True
