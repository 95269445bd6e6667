"""Files of a local folder read piece by piece, from memory or from the disk."""

import asyncio
import os
from pathlib import Path

import pytest

from conference import store_reading

CONTENT = bytes(range(256)) * 5000


@pytest.fixture(params=["asked", "never", "refused"])
def path(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file: where the system tells what it has in memory, where it cannot, and where it never has anything there."""
    if request.param == "never":
        monkeypatch.delattr(os, "RWF_NOWAIT", raising=False)
    elif request.param == "refused":

        def refuse(*_args: object) -> int:
            raise BlockingIOError

        monkeypatch.setattr(os, "preadv", refuse, raising=False)
    (tmp_path / "file").write_bytes(CONTENT)
    return tmp_path / "file"


async def read(path: Path, start: int, end: int, piece: int = 1000) -> bytes:
    return b"".join([octets async for octets in store_reading.pieces(path, start, end, piece)])


async def test_any_part_is_read(path: Path) -> None:
    assert await read(path, 0, len(CONTENT)) == CONTENT
    assert await read(path, 999, 2001) == CONTENT[999:2001]
    assert await read(path, 5, 5) == b""


async def test_a_file_that_is_shorter_than_it_should_be_is_an_error(path: Path) -> None:
    with pytest.raises(EOFError):
        await read(path, 0, len(CONTENT) + 1)
    path.unlink()  # noqa: ASYNC240  # nothing else runs in this loop
    with pytest.raises(FileNotFoundError):
        await read(path, 0, 1)


async def test_a_file_that_goes_away_is_noticed_at_its_next_opening(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_reading, "_ONE_OPENING", 2000)
    come = 0
    with pytest.raises(FileNotFoundError):
        async for octets in store_reading.pieces(path, 0, len(CONTENT), 1000):
            come += len(octets)
            path.unlink(missing_ok=True)  # noqa: ASYNC240  # nothing else runs in this loop
    assert come == 2000


async def test_who_leaves_at_any_moment_leaves_no_file_open(path: Path) -> None:
    def open_ones() -> int:
        return sum(
            os.readlink(f"/proc/self/fd/{number}") == str(path)
            for number in os.listdir("/proc/self/fd")
            if os.path.islink(f"/proc/self/fd/{number}")
        )

    async def read_on() -> None:
        while True:
            await read(path, 0, len(CONTENT), 100_000)

    for turn in range(40):
        task = asyncio.create_task(read_on())
        for _step in range(turn):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await asyncio.sleep(0.05)
    assert open_ones() == 0
