"""Files that are to go: noted in the transaction that stops needing them, removed from the store as soon as it can be done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from conference.storage import Storage
from conference.tables import LeavingFile

AT_ONCE = 200


async def note(keys: Iterable[str], now: datetime) -> None:
    """These files are needed no more. Joins the caller's transaction, and holds with it."""
    rows = [LeavingFile(key=key, since=now) for key in sorted(set(keys))]
    for start in range(0, len(rows), AT_ONCE):
        await LeavingFile.insert(*rows[start : start + AT_ONCE]).on_conflict(
            target=LeavingFile.key, action="DO NOTHING"
        )


async def remove(storage: Storage, _now: datetime) -> int:
    """Remove them from the store; how many went. A job: a file goes before its row, so that who is killed goes on later.

    Raises StorageUnavailable, and the rest waits until the store is back.
    """
    rows = await LeavingFile.select(LeavingFile.id, LeavingFile.key).order_by(LeavingFile.id).limit(AT_ONCE)
    for row in rows:
        await storage.delete(row["key"])
        await LeavingFile.delete().where(LeavingFile.id == row["id"])
    return len(rows)


def removing(storage: Storage) -> Callable[[datetime], Awaitable[int]]:
    """``remove`` as a job of this store."""

    async def run(now: datetime) -> int:
        return await remove(storage, now)

    return run
