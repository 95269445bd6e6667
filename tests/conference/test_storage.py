"""Files are stored whole or not at all, and read back as they were."""

import asyncio
import hashlib
import os
import shutil
import subprocess
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import conference.storage as storage_module
from conference import store_opening
from conference.errors import BadSetting
from conference.operation import resident_bytes
from conference.storage import (
    ARRIVING,
    READ_BYTES,
    FileMissing,
    Storage,
    StorageFull,
    StorageUnavailable,
    open_storage,
)
from tests.s3 import S3Server, answering, aws_variables, joining_slowly


@pytest.fixture
def storage(store_url: str, tmp_path: Path) -> Storage:
    return open_storage(store_url, tmp_path)


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
    assert max(map(len, came)) <= READ_BYTES
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


async def everything(storage: Storage, prefix: str = "") -> dict[str, int]:
    return {one.key: one.size for page in [page async for page in storage.listed(prefix)] for one in page}


async def test_what_lies_there_is_listed_with_size_and_age(storage: Storage) -> None:
    began = datetime.now(UTC)
    assert await everything(storage) == {}
    await storage.put_stream(pieces(b"one"), "sha512/ab/one")
    await storage.put_stream(pieces(b"three"), "sha512/cd/three")
    await storage.put_stream(pieces(b"elsewhere"), "sha5123/x")
    assert await everything(storage, "sha512") == {"sha512/ab/one": 3, "sha512/cd/three": 5}
    assert await everything(storage) == {"sha512/ab/one": 3, "sha512/cd/three": 5, "sha5123/x": 9}
    [page] = [page async for page in storage.listed("sha512/ab")]
    assert abs(page[0].modified_at - began) < timedelta(minutes=1)


async def test_more_than_one_page_is_listed_page_by_page(storage: Storage) -> None:
    for number in range(3):
        await storage.put_stream(pieces(b"x"), f"many/{number}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage_module, "LISTED_AT_ONCE", 2)
        found = [[one.key for one in page] async for page in storage.listed("many")]
    assert sorted(key for page in found for key in page) == ["many/0", "many/1", "many/2"]


async def test_a_moved_file_lies_in_its_new_place_alone(storage: Storage) -> None:
    stored = await storage.put_stream(pieces(b"new"))
    assert stored.key.startswith(f"{ARRIVING}/")
    await storage.put_stream(pieces(b"what lay there before"), "sha512/aa/x")
    await storage.move(stored.key, "sha512/aa/x")
    assert await read(storage, "sha512/aa/x") == b"new"
    assert not await storage.exists(stored.key)
    with pytest.raises(FileMissing):
        await storage.move(stored.key, "sha512/aa/y")


async def test_everything_below_a_folder_goes_and_nothing_beside_it(storage: Storage) -> None:
    for key in ("incoming/one/0", "incoming/one/deep/er", "incoming/one2/0", "incoming/two/0"):
        await storage.put_stream(pieces(b"x"), key)
    assert sorted(await storage.folders_below("incoming")) == ["one", "one2", "two"]
    await storage.delete_below("incoming/one")
    await storage.delete_below("incoming/one")
    await storage.delete_below("incoming/never")
    assert set(await everything(storage)) == {"incoming/one2/0", "incoming/two/0"}


async def test_a_large_upload_of_unknown_length_keeps_memory_flat(storage: Storage) -> None:
    chunk = os.urandom(250_000)

    async def many() -> AsyncIterator[bytes]:
        for _number in range(320):  # 80 MB
            yield chunk

    before = resident_bytes()
    stored = await storage.put_stream(many())
    grown = resident_bytes() - before
    assert (stored.size, await storage.size(stored.key)) == (80_000_000, 80_000_000)
    assert grown < 45_000_000, f"{grown:,} octets more for a file of 80 MB"
    await storage.delete(stored.key)


async def test_a_killed_upload_leaves_no_open_parts_in_the_bucket(
    s3_server: S3Server, tmp_path: Path
) -> None:
    with aws_variables(s3_server.endpoint):
        storage = open_storage(s3_server.new_url(), tmp_path)

        async def failing() -> AsyncIterator[bytes]:
            for _number in range(12):
                yield bytes(1_000_000)
            raise OSError("the sender went away")

        with pytest.raises(OSError, match="went away"):
            await storage.put_stream(failing(), "incoming/gone/0")
        assert await everything(storage) == {}
    assert s3_server.unfinished() == []


async def test_what_a_killed_server_left_half_written_is_found_and_removed(tmp_path: Path) -> None:
    storage = open_storage("", tmp_path)
    await storage.put_stream(pieces(b"whole"), "ab/cd/whole")
    half = tmp_path / "files/ab/cd/code#1"
    half.write_bytes(b"half")
    (tmp_path / "files/a person's own #1").write_bytes(b"not ours")
    now = datetime.now(UTC)
    assert await storage.half_written(before=now - timedelta(hours=1), remove=True) == []
    os.utime(half, (now.timestamp() - 7200,) * 2)
    assert await storage.half_written(before=now - timedelta(hours=1)) == ["ab/cd/code#1"]
    assert half.exists()
    assert await storage.half_written(before=now - timedelta(hours=1), remove=True) == ["ab/cd/code#1"]
    assert sorted(path.name for path in files_below(tmp_path)) == ["a person's own #1", "whole"]


DENIED = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"


def http_answer(status: str, body: bytes = b"", **headers: str) -> bytes:
    told = {"Content-Length": str(len(body)), "Connection": "close", **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (http_answer("403 Forbidden", DENIED), "it refuses our key, or the key may not do this"),
        (
            http_answer("404 Not Found", b"<Error><Code>NoSuchBucket</Code></Error>"),
            "there is no such bucket",
        ),
        (http_answer("500 Internal Server Error"), "it answers with an error"),
        (b"this is no HTTP at all\r\n\r\n", "it answers with an error"),
    ],
)
async def test_a_store_that_refuses_is_said_to_refuse(
    answer: bytes, words: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with answering(answer) as endpoint:
        with aws_variables(endpoint):
            storage = open_storage("s3://bucket", tmp_path)
            for _twice in range(2):
                with pytest.raises(StorageUnavailable, match="does not answer as it should"):
                    await storage.put_stream(pieces(b"x"), "ab/cd/x")
            away = await storage.look(5)
    assert away is not None
    assert words in away.words
    assert "\n" not in away.words
    assert [record.levelname for record in caplog.records] == [
        "ERROR"
    ]  # said once, however often it is asked


async def test_a_store_that_cannot_be_reached_is_said_within_seconds(tmp_path: Path) -> None:
    async with answering(b"") as endpoint:
        pass  # nobody listens there any more
    with aws_variables(endpoint):
        storage = open_storage("s3://bucket", tmp_path)
        began = time.monotonic()
        with pytest.raises(StorageUnavailable):
            await storage.exists("ab/cd/x")
    assert time.monotonic() - began < 5
    assert storage.health.away is not None
    assert "it cannot be reached" in storage.health.away.words


async def test_a_store_that_is_slow_is_not_waited_for_by_who_only_looks(tmp_path: Path) -> None:
    async with answering(http_answer("200 OK"), seconds=2) as endpoint:
        with aws_variables(endpoint):
            away = await open_storage("s3://bucket", tmp_path).look(0.2)
    assert away is not None
    assert away.words == "it takes too long to answer (no answer within 0.2 seconds)"


async def test_an_answer_that_ends_early_is_an_error_and_not_less(tmp_path: Path) -> None:
    short = http_answer(
        "206 Partial Content",
        b"only this",
        Content_Length="100",
        Content_Range="bytes 0-99/100",
        ETag='"x"',
        Last_Modified="Thu, 25 Jun 2026 10:00:00 GMT",
    )
    async with answering(short) as endpoint:
        with aws_variables(endpoint), pytest.raises(StorageUnavailable):
            await read(open_storage("s3://bucket", tmp_path), "ab/cd/x", 0, 100)


async def test_the_store_is_away_from_its_first_failure_until_it_answers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    storage = open_storage("", tmp_path)
    assert await storage.look(3) is None
    (tmp_path / "files").rename(tmp_path / "away")
    first = await storage.look(3)
    assert first is not None
    assert "there is no such bucket or folder" in first.words
    again = await storage.look(3)
    assert again is not None
    assert again.since == first.since
    (tmp_path / "away").rename(tmp_path / "files")
    stored = await storage.put_stream(pieces(b"x"))
    assert storage.health.away is None
    with pytest.raises(FileMissing):  # one file that is missing says nothing of the store
        await storage.size(f"{stored.key}x")
    assert storage.health.away is None
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


async def test_a_store_that_joins_a_large_file_for_long_is_waited_for(
    s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As stores do that copy the parts of gigabytes together, and say nothing meanwhile."""
    monkeypatch.setattr(store_opening, "_SILENCE", timedelta(seconds=0.3))
    async with joining_slowly(s3_server.endpoint, seconds=0.9) as endpoint:
        with aws_variables(endpoint):
            storage = open_storage(s3_server.new_url(), tmp_path)
            stored = await storage.put_stream(pieces(*[bytes(1_000_000)] * 12))
            assert await storage.size(stored.key) == 12_000_000


def test_plain_http_is_spoken_where_the_address_says_so(tmp_path: Path) -> None:
    with aws_variables("http://127.0.0.1:9"):
        assert isinstance(open_storage("s3://bucket/prefix", tmp_path), Storage)
