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

from conference.zip_layout import ZipLayout, ZipMember
from sessions.packs.bag import (
    BagFacts,
    BagFile,
    bag_entries,
    bag_name,
    bag_paths,
)

CONTENTS = {
    "k1": b"%PDF-1.7 slides",
    "k2": os.urandom(3_000_000),
    "k3": b"",
    "k4": "Grüße".encode(),
}


def make_file(key: str, path: str) -> BagFile:
    content = CONTENTS[key]
    return BagFile(
        key,
        path,
        len(content),
        hashlib.sha512(content).hexdigest(),
        crc32=zlib.crc32(content),
        title=f"Title of <{path}>",
        about=(("Licence", "CC-BY-4.0"), ("Language", "en")),
    )


FILES = [
    make_file("k1", "slides/Métadonnées 100%0A.pdf"),
    make_file("k2", "recording.mp4"),
    make_file("k3", "notes/empty.txt"),
    make_file("k4", "発表.txt"),
]
FACTS = BagFacts(
    title="Working Internationally <2026>",
    bagging_date="2026-11-22",
    introduction="What the day left behind.",
    labels=(("Source-Organization", "CILIP\nBreak: out"), ("External-Identifier", "wi-2026")),
    metadata={"conference": "wi-2026"},
)


async def read(key: str, start: int, end: int) -> AsyncIterator[bytes]:
    yield CONTENTS[key][start:end]


async def whole(entries: list[ZipMember]) -> bytes:
    return b"".join([piece async for piece in ZipLayout(entries).stream(read)])


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
    assert len(first) == ZipLayout(entries).size
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        infos = archive.infolist()
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert {info.external_attr >> 16 for info in infos} == {0o100644}
    assert {info.compress_type for info in infos} == {zipfile.ZIP_STORED}


async def test_an_empty_pack_is_a_valid_bag(tmp_path: Path) -> None:
    bagit.Bag(str(await unpacked(tmp_path, []))).validate()


def test_the_etag_follows_the_content() -> None:
    etag = ZipLayout(bag_entries("pack", FACTS, FILES)).etag
    assert etag == ZipLayout(bag_entries("pack", FACTS, list(FILES))).etag
    assert etag.startswith('"')
    changed = [replace(FILES[0], sha512="0" * 128), *FILES[1:]]
    assert etag != ZipLayout(bag_entries("pack", FACTS, changed)).etag
    assert etag != ZipLayout(bag_entries("pack", replace(FACTS, title="Other"), FILES)).etag


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
