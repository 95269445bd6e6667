"""The way out for those who have set no mail server: each mail becomes a file in a folder."""

from __future__ import annotations

import asyncio
import os
import tempfile
from datetime import UTC
from pathlib import Path

from conference.tables import OutgoingMail


class FolderWay:
    """Mails as files, for those who have set no server: whole or not at all, readable by their owner only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def open(self) -> None:
        return None

    async def send(self, row: OutgoingMail, data: bytes, sender: str) -> str:
        # Named by when it was queued, so that a second attempt replaces the file and does not add one.
        path = self._folder / f"{row.created_at.astimezone(UTC):%Y-%m-%dT%H%M%SZ}-{row.message_id}.eml"
        await asyncio.to_thread(_write_whole, path, data)
        return f"written to {path.name}"

    async def close(self) -> None:
        return None


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp makes it readable by its owner only: mails hold links that sign people in.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
