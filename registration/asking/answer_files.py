"""Files sent to answer questions: stored before the form is known to be right, kept for its next try, taken by an answer,
and swept once no answer names them.

Each has a row in ``AnswerFile`` before its first octet is stored, so that a process killed at any point leaves nothing
in the store that nobody knows of.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from conference.codes import derived_token, new_code
from conference.errors import DomainError
from conference.i18n import _
from conference.pictures import ONE_AT_A_TIME, encoded_anew
from conference.storage import Storage
from conference.tables import Conference
from conference.throttle import count_tries
from conference.uploads import ReceivedFile
from registration.asking.form_files import KeptFile, StandingFile
from registration.asking.tables import Answer, AnswerFile

KEPT = timedelta(hours=1)
"""How long a file waits for its form to be sent again."""
_GRACE = timedelta(minutes=10)  # so that no form loses its file while it is being written
_SWEPT_AT_ONCE = 200
MOST_FROM_A_NETWORK = 60
"""Files in the throttle's quarter of an hour; a whole library may sit behind one address."""
MOST_UNCONFIRMED = 1_000_000_000
"""Octets that the files of people who have not confirmed may fill, in one conference."""

# Whoever deletes a registration deletes its answers with it; what matters here is who could still confirm.
_UNCONFIRMED = (
    "SELECT COALESCE(SUM(f.size), 0) AS octets FROM answer_file f WHERE f.conference = {} AND NOT EXISTS"
    " (SELECT 1 FROM answer a JOIN registration r ON r.id = a.registration"
    " WHERE a.file_key = f.key AND r.status <> 'pending')"
)
_FORSAKEN = (
    "SELECT f.id AS id, f.key AS key FROM answer_file f WHERE f.kept_until <= {} AND NOT EXISTS"
    " (SELECT 1 FROM answer a WHERE a.file_key = f.key) ORDER BY f.id LIMIT {}"
)
_OF_THE_EXPIRED = (
    "DELETE FROM answer WHERE file_key <> '' AND registration IN"
    " (SELECT id FROM registration WHERE status = 'pending' AND link_expires_at <= {})"
)


class NoRoomForFiles(DomainError):
    """People who have not confirmed have sent as much as may lie here."""

    http_status = 429


async def reserve(conference: Conference, most_bytes: int, *, network: str, now: datetime) -> str:
    """The key under which a file of at most ``most_bytes`` octets may be stored now.

    ``network`` is who sends it, "" for the team, who are not counted. Raises TooManyTries and NoRoomForFiles.
    """
    if network:
        await count_tries({f"file:{network}": MOST_FROM_A_NETWORK}, now=now)
        if (await AnswerFile.raw(_UNCONFIRMED, conference.id))[0]["octets"] + most_bytes > MOST_UNCONFIRMED:
            raise NoRoomForFiles(
                _("No more files can be taken at the moment. Please try again in an hour, or leave it out.")
            )
    key = f"answers/{Storage.new_key()}"
    row = AnswerFile(
        conference=conference.id, code=new_code(12), key=key, size=most_bytes, kept_until=now + KEPT
    )
    await row.save()
    return key


async def keep(storage: Storage, question_code: str, received: ReceivedFile) -> KeptFile:
    """Note that the file is whole; a picture is encoded anew, without what a camera wrote into it.

    Raises PictureRefused, and then the file is not kept.
    """
    stored = received.stored
    if received.file_type.kind == "image":
        data = b"".join([piece async for piece in storage.stream(stored.key)])
        async with ONE_AT_A_TIME:
            picture = await asyncio.to_thread(encoded_anew, data, received.file_type.extension)
        stored = await storage.put_stream(_once(picture), stored.key)
    changes: dict[Any, Any] = {
        "name": received.filename,
        "media_type": received.file_type.media_type,
        "size": stored.size,
        "crc32": stored.crc32,
        "is_whole": True,
    }
    rows = await AnswerFile.update(changes).where(AnswerFile.key == stored.key).returning(AnswerFile.code)
    reference = f"{rows[0]['code']}.{_signature(rows[0]['code'], question_code)}"
    return KeptFile(reference, stored.key, received.filename, received.file_type.media_type, stored.size)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


def _signature(code: str, question_code: str) -> str:
    return derived_token("answer-file", code, question_code)[:22]


async def kept_files(
    conference: Conference, references: Mapping[int, tuple[str, str]], now: datetime
) -> dict[int, KeptFile]:
    """Files sent earlier, by the question's row id; ``references`` are (question's code, reference) by the same.

    Those that were swept, or are of another question or conference, are left out. One query, none without references.
    """
    codes: dict[str, int] = {}
    for question, (question_code, reference) in references.items():
        code, _dot, signature = reference.partition(".")
        if hmac.compare_digest(_signature(code, question_code).encode(), signature.encode()):
            codes[code] = question
    if not codes:
        return {}
    rows = await AnswerFile.objects().where(
        AnswerFile.code.is_in(list(codes))
        & (AnswerFile.conference == conference.id)
        & AnswerFile.is_whole.eq(True)
        & (AnswerFile.kept_until > now)
    )
    return {
        codes[row.code]: KeptFile(references[codes[row.code]][1], row.key, row.name, row.media_type, row.size)
        for row in rows
    }


async def standing_files(registration_id: int) -> dict[int, StandingFile]:
    """The files that answer questions of this registration, by the question's row id. One query."""
    rows = await Answer.select(
        Answer.question, Answer.file_key, Answer.file_name, Answer.file_type, Answer.file_size
    ).where((Answer.registration == registration_id) & (Answer.file_key != ""))
    return {
        row["question"]: StandingFile(row["file_key"], row["file_name"], row["file_type"], row["file_size"])
        for row in rows
    }


async def forsake(keys: Collection[str], now: datetime) -> None:
    """These files need not be kept for another try: the next sweep takes those that no answer names."""
    if keys:
        await AnswerFile.update({AnswerFile.kept_until: now - _GRACE}).where(
            AnswerFile.key.is_in(sorted(keys)) & (AnswerFile.kept_until > now - _GRACE)
        )


async def sweep(storage: Storage, now: datetime) -> int:
    """Remove files that no answer names, and those of people who can confirm no more; how many went.

    A job. A file goes before its row, so that a sweep that is killed is finished by the next. A store that does
    not answer keeps the file for the next time. Raises StorageUnavailable then.
    """
    await Answer.raw(_OF_THE_EXPIRED, now)
    rows = await AnswerFile.raw(_FORSAKEN, now - _GRACE, _SWEPT_AT_ONCE)
    for row in rows:
        await storage.delete(row["key"])
        await AnswerFile.delete().where(AnswerFile.id == row["id"])
    return len(rows)


def sweeping(storage: Storage) -> Callable[[datetime], Awaitable[int]]:
    """``sweep`` as a job of this store."""

    async def run(now: datetime) -> int:
        return await sweep(storage, now)

    return run
