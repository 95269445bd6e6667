"""Packs as bags: read back by unzip, Python's zipfile, bagit and sha512sum."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import zipfile
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import bagit
import pytest

from sessions.packs.bag import (
    BagBroken,
    BagEntry,
    BagFacts,
    BagFile,
    bag_entries,
    bag_etag,
    bag_name,
    bag_paths,
    bag_size,
    stream_zip,
)

CONTENTS = {
    "k1": b"%PDF-1.7 slides",
    "k2": os.urandom(3_000_000),
    "k3": b"",
    "k4": "Grüße".encode(),
}


def make_file(key: str, path: str, *, known: bool = True) -> BagFile:
    content = CONTENTS[key]
    return BagFile(
        key,
        path,
        len(content),
        hashlib.sha512(content).hexdigest(),
        crc32=zlib.crc32(content) if known else None,
        title=f"Title of <{path}>",
        about=(("Licence", "CC-BY-4.0"), ("Language", "en")),
    )


FILES = [
    make_file("k1", "slides/Métadonnées 100%0A.pdf"),
    make_file("k2", "recording.mp4", known=False),
    make_file("k3", "notes/empty.txt", known=False),
    make_file("k4", "発表.txt"),
]
FACTS = BagFacts(
    title="Working Internationally <2026>",
    bagging_date="2026-11-22",
    introduction="What the day left behind.",
    labels=(("Source-Organization", "CILIP\nBreak: out"), ("External-Identifier", "wi-2026")),
    metadata={"conference": "wi-2026"},
)


async def open_file(key: str) -> AsyncIterator[bytes]:
    content = CONTENTS[key]
    for start in range(0, len(content), 65536):
        yield content[start : start + 65536]


async def whole(entries: list[BagEntry]) -> bytes:
    return b"".join([piece async for piece in stream_zip(entries, open_file)])


async def unpacked(folder: Path, files: list[BagFile]) -> Path:
    with zipfile.ZipFile(io.BytesIO(await whole(bag_entries("pack", FACTS, files)))) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    return folder / "pack"


async def test_libraries_find_a_valid_bag(tmp_path: Path) -> None:
    folder = await unpacked(tmp_path, FILES)
    bag = bagit.Bag(str(folder))
    bag.validate()
    assert (folder / "bagit.txt").read_text() == "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    assert bag.info["Source-Organization"] == "CILIP Break: out"
    assert bag.info["Bagging-Date"] == "2026-11-22"
    octets = sum(path.stat().st_size for path in (folder / "data").rglob("*") if path.is_file())
    assert bag.info["Payload-Oxum"] == f"{octets}.6"
    assert sorted(bag.payload_files()) == [
        "data/file.txt",
        "data/index.html",
        "data/metadata.json",
        "data/notes/empty.txt",
        "data/recording.mp4",
        "data/slides/Metadonnees-100-0A.pdf",
    ]
    assert (folder / "data/recording.mp4").read_bytes() == CONTENTS["k2"]


@pytest.mark.skipif(
    not shutil.which("sha512sum") or not shutil.which("unzip"), reason="needs sha512sum and unzip"
)
async def test_plain_tools_agree(tmp_path: Path) -> None:
    (tmp_path / "pack.zip").write_bytes(await whole(bag_entries("pack", FACTS, FILES)))
    for command in (
        ["unzip", "-t", "pack.zip"],
        ["unzip", "-q", "pack.zip"],
        ["sh", "-c", "cd pack && sha512sum --strict -c manifest-sha512.txt tagmanifest-sha512.txt"],
    ):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: ASYNC221  # nothing else runs in this loop
        assert done.returncode == 0, done.stdout + done.stderr


async def test_a_damaged_payload_is_noticed(tmp_path: Path) -> None:
    folder = await unpacked(tmp_path, FILES)
    (folder / "data/file.txt").write_text("Grusze")
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(folder)).validate()


async def test_the_pack_opens_offline_and_links_every_file(tmp_path: Path) -> None:
    folder = await unpacked(tmp_path, FILES)
    page = (folder / "data/index.html").read_text("utf-8")
    assert "<h1>Working Internationally &lt;2026&gt;</h1>" in page
    assert (
        '<a href="slides/Metadonnees-100-0A.pdf">Title of &lt;slides/Métadonnées 100%0A.pdf&gt;</a>' in page
    )
    assert page.count("Licence: CC-BY-4.0") == len(FILES)
    assert "http" not in page
    assert "<script" not in page
    metadata = json.loads((folder / "data/metadata.json").read_text("utf-8"))
    assert metadata["conference"] == "wi-2026"
    assert [file["path"] for file in metadata["files"]] == bag_paths(FILES)


async def test_two_downloads_are_the_same_and_their_length_is_known_before() -> None:
    entries = bag_entries("pack", FACTS, FILES)
    first, second = await whole(entries), await whole(bag_entries("pack", FACTS, list(FILES)))
    assert first == second
    assert len(first) == bag_size(entries)
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        infos = archive.infolist()
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert {info.external_attr >> 16 for info in infos} == {0o100644}
    assert {info.compress_type for info in infos} == {zipfile.ZIP_STORED}


async def test_an_empty_pack_is_a_valid_bag(tmp_path: Path) -> None:
    bagit.Bag(str(await unpacked(tmp_path, []))).validate()


def test_the_etag_follows_the_content() -> None:
    etag = bag_etag(bag_entries("pack", FACTS, FILES))
    assert etag == bag_etag(bag_entries("pack", FACTS, list(FILES)))
    assert etag.startswith('"')
    changed = [replace(FILES[0], sha512="0" * 128), *FILES[1:]]
    assert etag != bag_etag(bag_entries("pack", FACTS, changed))
    assert etag != bag_etag(bag_entries("pack", replace(FACTS, title="Other"), FILES))


async def test_a_store_that_fails_midway_leaves_no_whole_zip() -> None:
    async def failing(key: str) -> AsyncIterator[bytes]:
        if key == "k2":
            yield CONTENTS["k2"][:100_000]
            raise ConnectionError("the store went away")
        async for chunk in open_file(key):
            yield chunk

    came = b""
    with pytest.raises(ConnectionError):
        async for piece in stream_zip(bag_entries("pack", FACTS, FILES), failing):
            came += piece
    assert len(came) > 100_000
    assert not zipfile.is_zipfile(io.BytesIO(came))


@pytest.mark.parametrize("content", [b"%PDF-1.7 slide5", b"%PDF", b"%PDF-1.7 slides and more"])
async def test_a_file_that_changed_in_the_store_breaks_the_download(content: bytes) -> None:
    async def changed(key: str) -> AsyncIterator[bytes]:
        yield content if key == "k1" else CONTENTS[key]

    came = b""
    with pytest.raises(BagBroken):
        async for piece in stream_zip(bag_entries("pack", FACTS, FILES), changed):
            came += piece
    assert not zipfile.is_zipfile(io.BytesIO(came))


def test_paths_are_plain_and_no_two_the_same() -> None:
    wanted = [
        "slides.pdf",
        "SLIDES.pdf",
        "slides.pdf",
        "index.html",
        "../../etc/passwd",
        "a/b.txt",
        "a",
        "b",
        "b/c.txt",
        ".hidden",
        "///",
        "x" * 300 + ".pdf",
        "日本/講演.pdf",
    ]
    paths = bag_paths([replace(FILES[0], key=str(number), path=path) for number, path in enumerate(wanted)])
    assert paths == [
        "slides.pdf",
        "SLIDES-2.pdf",
        "slides-3.pdf",
        "index-2.html",
        "etc/passwd",
        "a/b.txt",
        "a-2",
        "b",
        "c.txt",
        "file.hidden",
        "file",
        "x" * 80 + ".pdf",
        "file.pdf",
    ]


@pytest.mark.parametrize(
    ("title", "name"),
    [("Zoë’s day: 1/2", "Zoe-s-day-1-2"), ("日本", "pack"), ("../..", "pack"), ("x" * 200, "x" * 80)],
)
def test_a_title_becomes_a_folder_name(title: str, name: str) -> None:
    assert bag_name(title) == name


@pytest.mark.parametrize("known", [True, False])
async def test_beyond_four_gigabytes_the_zip_is_still_sound(tmp_path: Path, known: bool) -> None:
    """A file of 4 GiB and one after it, written sparsely: lengths, places and zip64 fields are read back."""
    size = 2**32
    zeros = bytes(8 * 1024 * 1024)

    async def huge(key: str) -> AsyncIterator[bytes]:
        if key == "small":
            yield b"hello"
            return
        for _number in range(size // len(zeros)):
            yield zeros

    crc = zlib.crc32(b"\0")  # also that of 2**32 zeros, for the polynomial's period is 2**32 - 1
    entries = [
        BagEntry("p/large", size, crc if known else None, key="large"),
        BagEntry("p/small", 5, zlib.crc32(b"hello"), key="small"),
    ]
    path = tmp_path / "huge.zip"
    with path.open("wb") as file:
        async for piece in stream_zip(entries, huge):
            if piece is zeros:
                file.seek(len(piece), os.SEEK_CUR)
            else:
                file.write(piece)
    assert path.stat().st_size == bag_size(entries)
    with zipfile.ZipFile(path) as archive:
        assert [(info.filename, info.file_size) for info in archive.infolist()] == [
            ("p/large", size),
            ("p/small", 5),
        ]
        assert archive.read("p/small") == b"hello"
        assert archive.getinfo("p/small").header_offset > size
        assert crc == archive.getinfo("p/large").CRC
    path.unlink()
