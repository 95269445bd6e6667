"""Archives that are only told: read back whole by unzip and Python's zipfile, and piece by piece by whoever lost the line."""

import io
import os
import shutil
import subprocess
import zipfile
import zlib
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference.zip_layout import FilePiece, ZipBroken, ZipLayout, ZipMember, made_member

STORED = {"k1": b"%PDF-1.7 slides", "k2": os.urandom(300_000), "k3": b"", "k4": "Grüße".encode()}


async def read(key: str, start: int, end: int) -> AsyncIterator[bytes]:
    """As the store reads: in pieces."""
    for first in range(start, end, 65536):
        yield STORED[key][first : min(first + 65536, end)]


def stored_member(path: str, key: str) -> ZipMember:
    return ZipMember(path, len(STORED[key]), zlib.crc32(STORED[key]), key=key)


MEMBERS = [
    made_member("bag/about.txt", b"What the day left behind."),
    stored_member("bag/slides.pdf", "k1"),
    stored_member("bag/recording.mp4", "k2"),
    stored_member("bag/empty.txt", "k3"),
    stored_member("bag/発表 قائمة.txt", "k4"),
    made_member("bag/nothing", b""),
]


async def whole(layout: ZipLayout) -> bytes:
    return b"".join([piece async for piece in layout.stream(read)])


async def test_python_reads_what_was_told() -> None:
    layout = ZipLayout(MEMBERS, date(2026, 11, 22))
    content = await whole(layout)
    assert len(content) == layout.size
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert {info.filename: archive.read(info) for info in archive.infolist()} == {
            "bag/about.txt": b"What the day left behind.",
            "bag/slides.pdf": STORED["k1"],
            "bag/recording.mp4": STORED["k2"],
            "bag/empty.txt": b"",
            "bag/発表 قائمة.txt": STORED["k4"],
            "bag/nothing": b"",
        }
        assert {info.date_time for info in archive.infolist()} == {(2026, 11, 22, 0, 0, 0)}
        assert {info.external_attr >> 16 for info in archive.infolist()} == {0o100644}
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}


@pytest.mark.skipif(not shutil.which("unzip"), reason="needs unzip")
async def test_unzip_finds_every_file_in_any_script(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(await whole(ZipLayout(MEMBERS)))
    done = subprocess.run(  # noqa: ASYNC221  # nothing else runs in this loop
        ["unzip", "-q", "a.zip"],
        cwd=tmp_path,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "bag/発表 قائمة.txt").read_bytes() == STORED["k4"]
    assert (tmp_path / "bag/recording.mp4").read_bytes() == STORED["k2"]


async def test_two_renders_are_the_same_octets() -> None:
    first, second = ZipLayout(MEMBERS), ZipLayout(list(MEMBERS))
    assert await whole(first) == await whole(second)
    assert first.etag == second.etag
    assert ZipLayout(MEMBERS, date(2026, 1, 1)).etag != first.etag
    assert ZipLayout(MEMBERS[1:]).etag != first.etag


CONTENT = [made_member("a", b"0123456789"), ZipMember("b", 7, zlib.crc32(b"abcdefg"), key="b")]


@given(st.integers(0, 400), st.integers(0, 400))
async def test_any_range_is_that_part_of_the_whole(first: int, second: int) -> None:
    async def read_b(_key: str, start: int, end: int) -> AsyncIterator[bytes]:
        yield b"abcdefg"[start:end]

    layout = ZipLayout(CONTENT)
    all_of_it = b"".join([piece async for piece in layout.stream(read_b)])
    start, end = sorted((min(first, layout.size), min(second, layout.size)))
    assert b"".join([piece async for piece in layout.stream(read_b, start, end)]) == all_of_it[start:end]


async def test_only_the_file_that_the_range_touches_is_read() -> None:
    layout = ZipLayout(MEMBERS)
    begin = (await whole(layout)).index(STORED["k2"])
    assert list(layout.pieces(begin + 10, begin + 20)) == [FilePiece("k2", 10, 20)]


@pytest.mark.parametrize("content", [b"%PDF", b"%PDF-1.7 slides and more"])
async def test_a_stored_file_of_another_length_breaks_the_download(content: bytes) -> None:
    async def changed(key: str, _start: int, _end: int) -> AsyncIterator[bytes]:
        yield content if key == "k1" else STORED[key]

    came = b""
    with pytest.raises(ZipBroken):
        async for piece in ZipLayout(MEMBERS).stream(changed):
            came += piece
    assert not zipfile.is_zipfile(io.BytesIO(came))


async def test_a_store_that_fails_midway_leaves_no_whole_zip() -> None:
    async def failing(key: str, start: int, end: int) -> AsyncIterator[bytes]:
        if key == "k2":
            yield STORED["k2"][:100_000]
            raise ConnectionError("the store went away")
        async for chunk in read(key, start, end):
            yield chunk

    came = b""
    with pytest.raises(ConnectionError):
        async for piece in ZipLayout(MEMBERS).stream(failing):
            came += piece
    assert len(came) > 100_000
    assert not zipfile.is_zipfile(io.BytesIO(came))


async def test_beyond_four_gigabytes_the_zip_is_still_sound(tmp_path: Path) -> None:
    """A file of 4 GiB and one after it, written sparsely: lengths, places and zip64 fields are read back."""
    size = 2**32
    zeros = bytes(8 * 1024 * 1024)

    async def huge(key: str, start: int, end: int) -> AsyncIterator[bytes]:
        if key == "small":
            yield b"hello"[start:end]
            return
        while start < end:
            yield zeros[: end - start]
            start += len(zeros)

    crc = zlib.crc32(b"\0")  # also that of 2**32 zeros, for the polynomial's period is 2**32 - 1
    layout = ZipLayout(
        [
            ZipMember("p/large", size, crc, key="large"),
            ZipMember("p/small", 5, zlib.crc32(b"hello"), key="small"),
        ]
    )
    path = tmp_path / "huge.zip"
    with path.open("wb") as file:
        async for piece in layout.stream(huge):
            if piece == zeros:
                file.seek(len(piece), os.SEEK_CUR)
            else:
                file.write(piece)
    assert path.stat().st_size == layout.size
    with zipfile.ZipFile(path) as archive:
        assert [(info.filename, info.file_size) for info in archive.infolist()] == [
            ("p/large", size),
            ("p/small", 5),
        ]
        assert archive.read("p/small") == b"hello"
        assert archive.getinfo("p/small").header_offset > size
        assert crc == archive.getinfo("p/large").CRC
    with path.open("rb") as made:
        made.seek(size - 10)
        assert b"".join([piece async for piece in layout.stream(huge, size - 10)]) == made.read()
    path.unlink()
