"""Where uploaded files lie: a local folder or an S3-compatible store, behind one interface (obstore)."""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
import os
import re
import shutil
import zlib
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from obstore.exceptions import BaseError as ObstoreError
from obstore.store import LocalStore, ObjectStore

from conference import clock, store_failures, store_folder, store_reading
from conference.codes import new_code
from conference.errors import BadSetting, DomainError
from conference.i18n import _
from conference.store_failures import Failure
from conference.store_health import Away, StoreHealth
from conference.store_opening import s3_stores

READ_BYTES = 1024 * 1024
LISTED_AT_ONCE = 1000
ARRIVING = "arriving"
"""Below this lies what has just come and what no row may ever speak of: swept a day later by its age alone."""
# S3 takes parts of at least 5 MiB; two in flight keep an upload's memory near 10 MiB.
_PART_BYTES = 5 * 1024 * 1024
_PARTS_IN_FLIGHT = 2
_LATELY = timedelta(seconds=30)
_PAGE_WAITS = 1.0  # seconds
_MOST_COPIED = 5_000_000_000  # octets that S3 copies in one request
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*(?:/[a-z0-9][a-z0-9_.-]*)*")

logger = logging.getLogger(__name__)


class StorageUnavailable(DomainError):
    """The store does not answer, or does not have what it should have."""

    http_status = 503


class FileMissing(StorageUnavailable):
    """The store answers, and has no such file, or less of it than it should have."""


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


@dataclass(frozen=True)
class Listed:
    """A file as the store lists it. ``size`` in octets; ``modified_at`` is aware."""

    key: str
    size: int
    modified_at: datetime


class Storage:
    """Files by key. Keys are random, so that neither names nor guesses lead to a file.

    ``folder`` is where a local store lies. ``patient`` is the same store with time for what takes long: to join and to copy
    gigabytes.
    """

    def __init__(
        self, store: ObjectStore, folder: Path | None = None, patient: ObjectStore | None = None
    ) -> None:
        self._store = store
        self._folder = folder
        self._patient = patient or store
        self.health = StoreHealth()

    @staticmethod
    def new_key() -> str:
        """A fresh random key, spread over folders: ``ab/cd/…``."""
        code = new_code(24)
        return f"{code[:2]}/{code[2:4]}/{code}"

    async def put_stream(self, chunks: AsyncIterator[bytes], key: str | None = None) -> Stored:
        """Store what ``chunks`` yields, as it comes, under ``key`` (a new random one below ARRIVING by default).

        Nothing can be read under the key before all is written; when ``chunks`` raises or the task is
        cancelled, nothing is left and the error goes on. A local file has reached the disk on return.
        Raises StorageFull and StorageUnavailable.
        """
        key = f"{ARRIVING}/{self.new_key()}" if key is None else _checked(key)
        source = _Measured(chunks)
        try:
            # The last request of many parts is answered when the store has joined them.
            await self._patient.put_async(
                key,
                source.chunks(),
                use_multipart=True,
                chunk_size=_PART_BYTES,
                max_concurrency=_PARTS_IN_FLIGHT,
            )
            if self._folder is not None:
                await asyncio.to_thread(store_folder.reach_the_disk, self._folder, key)
        except (ObstoreError, OSError) as error:
            if source.failure is not None:
                raise source.failure from None
            raise self._explained(error, key) from error
        self.health.answered()
        return Stored(key, source.size, source.sha512.hexdigest(), source.crc32)

    async def stream(
        self, key: str, start: int = 0, end: int | None = None, *, piece: int | None = None
    ) -> AsyncIterator[bytes]:
        """The octets of a file from ``start`` to before ``end`` (None: to its end), in pieces of up to ``piece`` octets (None:
        what the store is fastest with).

        Raises StorageUnavailable, also midway, rather than give fewer octets than were asked for.
        """
        position = start
        stop = await self.size(key) if end is None else end
        if self._folder is not None and store_reading.IS_POSSIBLE:
            path = self._folder / _checked(key)
            read = store_reading.pieces(path, start, stop, piece or store_reading.PIECE)
            try:
                async with aclosing(read):  # whoever leaves early leaves no file open
                    async for found in read:
                        self.health.answered()
                        yield found
            except (OSError, EOFError) as error:
                raise self._explained(error, key) from error
            return
        # Many short reads instead of one long one: a slow reader holds no connection to the store,
        # and no time limit of a client library cuts a long download.
        while position < stop:
            piece_end = min(position + (piece or READ_BYTES), stop)
            try:
                octets = await self._store.get_range_async(_checked(key), start=position, end=piece_end)
            except (ObstoreError, OSError) as error:
                raise self._explained(error, key) from error
            if len(octets) != piece_end - position:
                raise self._explained(EOFError(f"{len(octets)} octets at {position}"), key)
            self.health.answered()
            yield octets.to_bytes()
            position = piece_end

    def as_file(self, key: str, size: int) -> io.RawIOBase:
        """A stored file of ``size`` octets as one that programmes read here and there. Blocking: to be used in a thread.

        Its reads raise StorageUnavailable.
        """

        def read(start: int, end: int) -> bytes:
            try:
                return bytes(self._store.get_range(_checked(key), start=start, end=end))
            except (ObstoreError, OSError) as error:
                raise self._explained(error, key) from error

        return store_reading.RangedFile(read, size)

    async def size(self, key: str) -> int:
        """The length of a file in octets. Raises StorageUnavailable when it is not there."""
        try:
            found = await self._store.head_async(_checked(key))
        except (ObstoreError, OSError) as error:
            raise self._explained(error, key, quietly=True) from error
        self.health.answered()
        return int(found["size"])

    async def exists(self, key: str) -> bool:
        """Whether there is a file under the key. Raises StorageUnavailable when the store does not answer."""
        try:
            await self._store.head_async(_checked(key))
        except FileNotFoundError:
            found = False
        except (ObstoreError, OSError) as error:
            raise self._explained(error, key) from error
        else:
            found = True
        self.health.answered()
        return found

    async def listed(self, prefix: str = "") -> AsyncIterator[list[Listed]]:
        """Every file, or those below ``prefix``, a page at a time. Raises StorageUnavailable."""
        below = f"{_checked(prefix)}/" if prefix else None
        pages = self._store.list(prefix=below, chunk_size=LISTED_AT_ONCE).__aiter__()
        while True:
            try:
                found = await anext(pages)
            except StopAsyncIteration:
                self.health.answered()
                return
            except (ObstoreError, OSError) as error:
                raise self._explained(error, prefix) from error
            yield [Listed(one["path"], int(one["size"]), one["last_modified"]) for one in found]

    async def folders_below(self, prefix: str) -> list[str]:
        """The names of the folders right below ``prefix``, also those in which nothing whole lies. Raises StorageUnavailable."""
        try:
            if self._folder is not None:
                return await asyncio.to_thread(store_folder.folders_in, self._folder / _checked(prefix))
            found = await self._store.list_with_delimiter_async(prefix=f"{_checked(prefix)}/")
            return [name.rstrip("/").rpartition("/")[2] for name in found["common_prefixes"]]
        except (ObstoreError, OSError) as error:
            raise self._explained(error, prefix) from error

    async def delete_below(self, prefix: str) -> None:
        """Remove everything below ``prefix``, also what a killed server left half written. Raises StorageUnavailable."""
        try:
            if self._folder is not None:
                await asyncio.to_thread(store_folder.remove_tree, self._folder / _checked(prefix))
                return
            async for page in self.listed(prefix):
                await self._store.delete_async([one.key for one in page])
        except (ObstoreError, OSError) as error:
            raise self._explained(error, prefix) from error

    async def half_written(self, *, before: datetime, remove: bool = False) -> list[str]:
        """What killed servers left half written in a local folder and nobody has touched since ``before`` (aware): paths.

        An S3-compatible store keeps such parts where no listing shows them, and drops them by a rule of its own (README).
        """
        if self._folder is None:
            return []
        try:
            return await asyncio.to_thread(
                store_folder.half_written, self._folder, before.timestamp(), remove
            )
        except OSError as error:
            raise self._explained(error, "") from error

    async def free_octets(self) -> int | None:
        """How much more a local disk takes; None for a store that does not say."""
        if self._folder is None:
            return None
        try:
            return (await asyncio.to_thread(shutil.disk_usage, self._folder)).free
        except OSError as error:
            raise self._explained(error, "") from error

    async def move(self, key: str, to: str) -> None:
        """Give a file another key, in place of whatever lies there. Raises StorageUnavailable, StorageFull."""
        try:
            if self._folder is None and await self.size(key) > _MOST_COPIED:
                await self.put_stream(self.stream(key), to)
                await self.delete(key)
                return
            await self._patient.rename_async(_checked(key), _checked(to), overwrite=True)
            if self._folder is not None:
                await asyncio.to_thread(store_folder.reach_the_disk, self._folder, to)
        except (ObstoreError, OSError) as error:
            raise self._explained(error, key) from error
        self.health.answered()

    async def delete(self, key: str) -> None:
        """Remove a file. Removing what is not there is no error."""
        try:
            await self._store.delete_async(_checked(key))
        except FileNotFoundError:
            return
        except (ObstoreError, OSError) as error:
            raise self._explained(error, key) from error
        self.health.answered()

    async def look(self, within: float) -> Away | None:
        """Whether the store can be used at this moment, asked anew; it has ``within`` seconds to answer."""
        try:
            async with asyncio.timeout(within):
                if self._folder is not None:
                    await asyncio.to_thread(os.listdir, self._folder)
                else:
                    await self._store.list_with_delimiter_async(prefix="look/")
        except TimeoutError:
            self.health.failed(Failure.SLOW, f"no answer within {within:g} seconds")
        except (ObstoreError, OSError) as error:
            kind = store_failures.kind_of(error)
            # A missing file is one thing; here it is the folder or the bucket that is missing.
            self.health.failed(
                Failure.NO_STORE if kind is Failure.MISSING else kind, store_failures.reason_of(error)
            )
        else:
            self.health.answered()
        return self.health.away

    async def away_lately(self) -> Away | None:
        """Whether the store can be used, as its last use showed, or asked anew where that was a while ago. For pages."""
        known_at = self.health.known_at
        if known_at is None or abs(clock.now() - known_at) > _LATELY:
            await self.look(_PAGE_WAITS)
        return self.health.away

    def _explained(self, error: Exception, key: str, *, quietly: bool = False) -> DomainError:
        kind, reason = store_failures.kind_of(error), store_failures.reason_of(error)
        if kind is Failure.FULL:
            logger.error("no room in the store of files for %s: %s", key, reason)
            return StorageFull(
                _("There is no room left for files. Please tell the people who run this site.")
            )
        if kind is Failure.MISSING and self._folder is not None and not self._folder.is_dir():
            kind = Failure.NO_STORE
        if kind is Failure.MISSING:
            if not quietly:
                logger.error("file %s is not whole in the store: %s", key, reason)
            return FileMissing(
                _("This file is not in the store as it should be. Please tell the organisers.")
            )
        self.health.failed(kind, reason)
        return StorageUnavailable(_("The file store does not answer as it should. Please try again later."))


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
            store, patient = s3_stores(storage_url, os.environ)
            return Storage(store, patient=patient)
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


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is no storage key")
    return key
