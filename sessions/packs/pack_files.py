"""Files that nothing refers to any more, removed from the store."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from conference.errors import DomainError
from conference.storage import Storage
from sessions.tables import ResourceFile

logger = logging.getLogger("meridian.resources")


async def discard_unowned(storage: Storage, keys: Sequence[str]) -> None:
    """Remove files for which no row came about. Whether one did is asked: a commit may succeed unheard."""
    if not keys:
        return
    rows = await ResourceFile.select(ResourceFile.storage_key).where(
        ResourceFile.storage_key.is_in(list(keys))
    )
    owned = {row["storage_key"] for row in rows}
    await forget_files(storage, [key for key in keys if key not in owned])


async def forget_files(storage: Storage, keys: Sequence[str]) -> None:
    """Remove files nothing refers to any more. A store that does not answer keeps them: they cost room, nothing else."""
    for key in keys:
        try:
            await storage.delete(key)
        except DomainError as error:
            logger.warning("file %s stays behind in the store: %s", key, error.message)
