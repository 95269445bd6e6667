"""The way out for those who have set no mail server: each mail becomes a file in a folder."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from conference.tables import OutgoingMail

LAST_LETTERS_LIE = timedelta(days=1)
"""Mails whose address was erased lie in the folder this long after they were written, for whoever carries them on."""
_AT_ONCE = 500
_MADE = "%Y-%m-%dT%H%M%SZ"  # in the name of a mail's file
_NAME = re.compile(r"(\d{4}-\d\d-\d\dT\d{6}Z)-([a-z0-9]+)\.eml")


class FolderWay:
    """Mails as files, for those who have set no server: whole or not at all, readable by their owner only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def open(self) -> None:
        return None

    async def send(self, row: OutgoingMail, data: bytes, sender: str) -> str:
        # Named by when it was queued, so that a second attempt replaces the file and does not add one.
        path = self._folder / f"{row.created_at.astimezone(UTC):{_MADE}}-{row.message_id}.eml"
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


async def delete_erased(folder: Path, now: datetime) -> int:
    """Delete the files of mails whose words were erased, or that are in the outbox no more; how many went.

    A job: killed at any point it goes on with the next run. Files of other names are not ours and stay.
    """
    found = await asyncio.to_thread(lambda: sorted(folder.glob("*.eml")))
    named = [(match[2], path, match[1]) for path in found if (match := _NAME.fullmatch(path.name))]
    gone = 0
    for start in range(0, len(named), _AT_ONCE):
        some = named[start : start + _AT_ONCE]
        rows = await OutgoingMail.select(
            OutgoingMail.message_id, OutgoingMail.recipient, OutgoingMail.sent_at
        ).where(OutgoingMail.message_id.is_in([message_id for message_id, _path, _made in some]))
        known = {row["message_id"]: row for row in rows}
        for message_id, path, made in some:
            row = known.get(message_id, {"recipient": "", "sent_at": None})
            written = row["sent_at"] or datetime.strptime(made, _MADE).replace(tzinfo=UTC)
            if not row["recipient"] and written <= now - LAST_LETTERS_LIE:
                await asyncio.to_thread(path.unlink, missing_ok=True)
                gone += 1
    return gone


def deleting_job(folder: Path) -> Callable[[datetime], Awaitable[int]]:
    """``delete_erased`` as a job of this folder, once a run: what is left over has to lie for a while."""

    async def run(now: datetime) -> int:
        await delete_erased(folder, now)
        return 0

    return run
