"""Files are stored whole or not at all, and read back as they were."""

import asyncio
import hashlib
import os
import shutil
import subprocess
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from conference.errors import BadSetting
from conference.storage import READ_BYTES, Storage, StorageFull, StorageUnavailable, open_storage


@pytest.fixture(params=["folder", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return open_storage("", tmp_path) if request.param == "folder" else Storage(MemoryStore())


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


async def read(storage: Storage, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in storage.stream(key, start, end)])


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_what_is_put_comes_back(storage: Storage) -> None:
    stored = await storage.put_stream(pieces(b"hello ", b"", b"world"))
    content = b"hello world"
    assert (stored.size, stored.sha512, stored.crc32) == (
        11,
        hashlib.sha512(content).hexdigest(),
        zlib.crc32(content),
    )
    assert await read(storage, stored.key) == content
    assert await read(storage, stored.key, 6) == b"world"
    assert await read(storage, stored.key, 2, 4) == b"ll"
    assert await read(storage, stored.key, 3, 3) == b""
    assert await storage.size(stored.key) == 11
    assert await storage.exists(stored.key)


async def test_a_large_file_comes_back_in_small_pieces(storage: Storage) -> None:
    piece = os.urandom(700_001)
    stored = await storage.put_stream(pieces(*[piece] * 20))
    came = [chunk async for chunk in storage.stream(stored.key)]
    assert max(map(len, came)) == READ_BYTES
    assert b"".join(came) == piece * 20


async def test_an_empty_file_is_a_file(storage: Storage) -> None:
    stored = await storage.put_stream(pieces())
    assert stored.size == 0
    assert await storage.exists(stored.key)
    assert await read(storage, stored.key) == b""


async def test_a_deleted_file_is_gone_and_may_be_deleted_again(storage: Storage) -> None:
    stored = await storage.put_stream(pieces(b"x"))
    await storage.delete(stored.key)
    await storage.delete(stored.key)
    assert not await storage.exists(stored.key)
    with pytest.raises(StorageUnavailable):
        await read(storage, stored.key)
    with pytest.raises(StorageUnavailable):
        await read(storage, stored.key, 0, 1)


async def test_asking_beyond_the_end_is_an_error_and_not_less(storage: Storage) -> None:
    stored = await storage.put_stream(pieces(b"hello"))
    with pytest.raises(StorageUnavailable):
        await read(storage, stored.key, 0, 10)


@pytest.mark.parametrize("size", [100, 12_000_000])
async def test_a_source_that_fails_leaves_nothing(tmp_path: Path, size: int) -> None:
    storage = open_storage("", tmp_path)

    async def failing() -> AsyncIterator[bytes]:
        for _number in range(size // 100_000 + 1):
            yield bytes(100_000)
        raise OSError("the sender went away")

    with pytest.raises(OSError, match="went away"):
        await storage.put_stream(failing())
    await asyncio.sleep(0.1)
    assert files_below(tmp_path) == []


async def test_a_cancelled_upload_leaves_nothing_and_was_never_seen(tmp_path: Path) -> None:
    storage = open_storage("", tmp_path)
    key = storage.new_key()
    halfway, never = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        for _number in range(120):
            yield bytes(100_000)
        halfway.set()
        await never.wait()

    task = asyncio.create_task(_put(storage, slow(), key))
    await halfway.wait()
    assert not await storage.exists(key)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    never.set()
    await asyncio.sleep(0.2)
    assert files_below(tmp_path) == []


async def _put(storage: Storage, chunks: AsyncIterator[bytes], key: str) -> None:
    await storage.put_stream(chunks, key)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(tmp_path)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can make a small disk to fill")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


async def test_a_full_disk_is_said_and_leaves_nothing(small_disk: Path) -> None:
    storage = open_storage("", small_disk)
    with pytest.raises(StorageFull):
        await storage.put_stream(pieces(*[bytes(1_000_000)] * 20))
    await asyncio.sleep(0.1)
    assert files_below(small_disk) == []


async def test_a_folder_that_vanished_is_unavailable(tmp_path: Path) -> None:
    storage = open_storage("", tmp_path)
    (tmp_path / "files").rmdir()
    (tmp_path / "files").write_text("now a file")
    with pytest.raises(StorageUnavailable):
        await storage.put_stream(pieces(b"x"))


def test_keys_are_random_and_only_keys_are_taken(tmp_path: Path) -> None:
    keys = {Storage.new_key() for _number in range(1000)}
    assert len(keys) == 1000
    assert all(len(key) == len("ab/cd/") + 24 for key in keys)


@pytest.mark.parametrize("key", ["../outside", "/etc/passwd", "a//b", "", ".", "a/../b", "A", "a\0"])
async def test_what_is_no_key_is_refused(storage: Storage, key: str) -> None:
    with pytest.raises(ValueError, match="no storage key"):
        await storage.exists(key)
    with pytest.raises(ValueError, match="no storage key"):
        await storage.put_stream(pieces(b"x"), key)


async def test_a_folder_may_be_named_by_address(tmp_path: Path) -> None:
    storage = open_storage(f"file://{tmp_path}/elsewhere", tmp_path)
    stored = await storage.put_stream(pieces(b"x"))
    assert (tmp_path / "elsewhere" / stored.key).read_bytes() == b"x"


def test_settings_that_cannot_work_stop_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="MERIDIAN_STORAGE_URL"):
        open_storage("gopher://x", tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadSetting, match="MERIDIAN_DATA_DIR"):
        open_storage("", tmp_path / "file")


def test_an_s3_store_is_opened_by_its_address(tmp_path: Path) -> None:
    assert isinstance(open_storage("s3://bucket/prefix", tmp_path), Storage)
