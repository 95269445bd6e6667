"""Where uploaded files lie: a local folder or an S3-compatible store, behind one interface (obstore)."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
import shutil
import zlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

from obstore.exceptions import BaseError as ObstoreError
from obstore.store import LocalStore, ObjectStore, from_url

from conference.codes import new_code
from conference.errors import BadSetting, DomainError
from conference.i18n import _

READ_BYTES = 1024 * 1024
# S3 takes parts of at least 5 MiB; two in flight keep an upload's memory near 10 MiB.
_PART_BYTES = 5 * 1024 * 1024
_PARTS_IN_FLIGHT = 2
_MOST_COPIED = 5_000_000_000  # octets that S3 copies in one request
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*(?:/[a-z0-9][a-z0-9_.-]*)*")

logger = logging.getLogger(__name__)


class StorageUnavailable(DomainError):
    """The store does not answer, or does not have what it should have."""

    http_status = 503


class StorageFull(DomainError):
    """The store has no room left."""

    http_status = 507


@dataclass(frozen=True)
class Stored:
    """A file that is whole and safe in the store. ``size`` is in octets; ``sha512`` in lower-case hexadecimal."""

    key: str
    size: int
    sha512: str
    crc32: int


class Storage:
    """Files by key. Keys are random, so that neither names nor guesses lead to a file."""

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    @staticmethod
    def new_key() -> str:
        """A fresh random key, spread over folders: ``ab/cd/…``."""
        code = new_code(24)
        return f"{code[:2]}/{code[2:4]}/{code}"

    async def put_stream(self, chunks: AsyncIterator[bytes], key: str | None = None) -> Stored:
        """Store what ``chunks`` yields, as it comes, under ``key`` (a new random one by default).

        Nothing can be read under the key before all is written; when ``chunks`` raises or the task is
        cancelled, nothing is left and the error goes on. A local file has reached the disk on return.
        Raises StorageFull and StorageUnavailable.
        """
        key = self.new_key() if key is None else _checked(key)
        source = _Measured(chunks)
        try:
            await self._store.put_async(
                key,
                source.chunks(),
                use_multipart=True,
                chunk_size=_PART_BYTES,
                max_concurrency=_PARTS_IN_FLIGHT,
            )
            if self._folder is not None:
                await asyncio.to_thread(_reach_the_disk, self._folder, key)
        except (ObstoreError, OSError) as error:
            if source.failure is not None:
                raise source.failure from None
            raise _explained(error, key) from error
        return Stored(key, source.size, source.sha512.hexdigest(), source.crc32)

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The octets of a file from ``start`` to before ``end`` (None: to its end), in pieces of up to 1 MiB.

        Raises StorageUnavailable, also midway, rather than give fewer octets than were asked for.
        """
        position = start
        stop = await self.size(key) if end is None else end
        # Many short reads instead of one long one: a slow reader holds no connection to the store,
        # and no time limit of a client library cuts a long download.
        while position < stop:
            piece_end = min(position + READ_BYTES, stop)
            try:
                piece = await self._store.get_range_async(_checked(key), start=position, end=piece_end)
            except (ObstoreError, OSError) as error:
                raise _explained(error, key) from error
            if len(piece) != piece_end - position:
                raise _explained(EOFError(f"{len(piece)} octets at {position}"), key)
            yield piece.to_bytes()
            position = piece_end

    async def size(self, key: str) -> int:
        """The length of a file in octets. Raises StorageUnavailable when it is not there."""
        try:
            return int((await self._store.head_async(_checked(key)))["size"])
        except (ObstoreError, OSError) as error:
            raise _explained(error, key) from error

    async def folders_below(self, prefix: str) -> list[str]:
        """The names of the folders right below ``prefix``, also those in which nothing whole lies. Raises StorageUnavailable."""
        try:
            if self._folder is not None:
                return await asyncio.to_thread(_folders_in, self._folder / _checked(prefix))
            found = await self._store.list_with_delimiter_async(prefix=f"{_checked(prefix)}/")
            return [name.rstrip("/").rpartition("/")[2] for name in found["common_prefixes"]]
        except (ObstoreError, OSError) as error:
            raise _explained(error, prefix) from error

    async def delete_below(self, prefix: str) -> None:
        """Remove everything below ``prefix``, also what a killed server left half written. Raises StorageUnavailable."""
        try:
            if self._folder is not None:
                await asyncio.to_thread(shutil.rmtree, self._folder / _checked(prefix), ignore_errors=True)
                return
            async for page in self._store.list(prefix=f"{_checked(prefix)}/"):
                await self._store.delete_async([one["path"] for one in page])
        except (ObstoreError, OSError) as error:
            raise _explained(error, prefix) from error

    async def free_octets(self) -> int | None:
        """How much more a local disk takes; None for a store that does not say."""
        if self._folder is None:
            return None
        return (await asyncio.to_thread(shutil.disk_usage, self._folder)).free

    async def exists(self, key: str) -> bool:
        """Whether there is a file under the key. Raises StorageUnavailable when the store does not answer."""
        try:
            await self._store.head_async(_checked(key))
        except FileNotFoundError:
            return False
        except (ObstoreError, OSError) as error:
            raise _explained(error, key) from error
        return True

    async def move(self, key: str, to: str) -> None:
        """Give a file another key, in place of whatever lies there. Raises StorageUnavailable, StorageFull."""
        try:
            if self._folder is None and await self.size(key) > _MOST_COPIED:
                await self.put_stream(self.stream(key), to)
                await self.delete(key)
                return
            await self._store.rename_async(_checked(key), _checked(to), overwrite=True)
            if self._folder is not None:
                await asyncio.to_thread(_reach_the_disk, self._folder, to)
        except (ObstoreError, OSError) as error:
            raise _explained(error, key) from error

    async def delete(self, key: str) -> None:
        """Remove a file. Removing what is not there is no error."""
        try:
            await self._store.delete_async(_checked(key))
        except FileNotFoundError:
            return
        except (ObstoreError, OSError) as error:
            raise _explained(error, key) from error


async def forget(storage: Storage, keys: Iterable[str]) -> None:
    """Remove files nothing refers to any more. A store that does not answer keeps them: they cost room, nothing else."""
    for key in keys:
        try:
            await storage.delete(key)
        except DomainError as error:
            logger.warning("file %s stays behind in the store: %s", key, error.message)


def open_storage(storage_url: str, data_dir: Path) -> Storage:
    """The store at ``storage_url`` (``s3://bucket/prefix``, ``file:///folder``), or ``files/`` in ``data_dir`` if empty.

    S3 credentials, region and endpoint come from the usual ``AWS_…`` variables. Raises BadSetting.
    """
    if storage_url.startswith("file://"):
        folder = Path(storage_url.removeprefix("file://"))
    elif storage_url:
        try:
            return Storage(from_url(storage_url))
        except (ObstoreError, OSError, ValueError) as error:
            raise BadSetting("MERIDIAN_STORAGE_URL", f"{storage_url} cannot be used: {error}") from error
    else:
        folder = data_dir / "files"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return Storage(LocalStore(folder), folder)
    except (ObstoreError, OSError) as error:
        variable = "MERIDIAN_STORAGE_URL" if storage_url else "MERIDIAN_DATA_DIR"
        raise BadSetting(variable, f"{folder} cannot be used for files: {error}") from error


class _Measured:
    """Counts and hashes what passes, and remembers the source's own failure apart from the store's."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self.size = 0
        self.sha512 = hashlib.sha512()
        self.crc32 = 0
        self.failure: Exception | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._chunks:
                self.size += len(chunk)
                self.sha512.update(chunk)
                self.crc32 = zlib.crc32(chunk, self.crc32)
                yield chunk
        except Exception as error:  # noted, so that the caller knows whose failure it was, and raised again
            self.failure = error
            raise


def _folders_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def _reach_the_disk(folder: Path, key: str) -> None:
    """Flush the file and every folder above it, for the store itself only renames the finished file."""
    path = folder / key
    for place in (path, *path.parents):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        if place == folder:
            return


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is no storage key")
    return key


def _explained(error: Exception, key: str) -> DomainError:
    logger.error("storage failed on %s: %s", key, error)
    text = str(error)
    if "No space left" in text or "os error 28" in text or "Disk quota" in text or "QuotaExceeded" in text:
        return StorageFull(_("There is no room left for files. Please tell the people who run this site."))
    return StorageUnavailable(_("The file store does not answer as it should. Please try again later."))
