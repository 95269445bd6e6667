"""Pictures of first pages: made of good files, never of bad ones, and nothing that a file holds gets out of its process."""

from __future__ import annotations

import io
import json
import os
import time
from pathlib import Path

import pytest
from PIL import Image

from conference import db
from conference.conferences import conference_by_slug
from conference.storage import Storage, open_storage
from sessions.packs import contents
from sessions.packs.reading import previews
from sessions.packs.reading.previews import LONGEST, made_picture, make_previews
from sessions.packs.tables import Resource, ResourceFile, StoredContent
from tests.makers import NOW, make_conference
from tests.sessions.resource_makers import make_resource_row
from tests.sessions.test_lengths import FTYP, movie
from tests.shared import data_path


def pdf(pages: int = 1, box: str = "0 0 595 842", content: bytes = b"0 0 1 rg 100 100 200 300 re f") -> bytes:
    """A PDF that says what it has to, no more."""
    kids = " ".join(f"{3 + number} 0 R" for number in range(pages))
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {pages}/MediaBox[{box}]>>".encode(),
        *[f"<</Type/Page/Parent 2 0 R/Contents {3 + pages} 0 R>>".encode()] * pages,
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
    ]
    body = b"".join(b"%d 0 obj %s endobj\n" % (number, part) for number, part in enumerate(parts, 1))
    return b"%PDF-1.4\n" + body + b"trailer<</Root 1 0 R>>\n%%EOF\n"


def picture_bytes(size: tuple[int, int] = (1600, 900), kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind)
    return out.getvalue()


async def made(tmp_path: Path, data: bytes, media_type: str) -> previews.Picture | None:
    path = tmp_path / "file"
    path.write_bytes(data)
    return await made_picture(path, media_type)


async def test_the_first_page_of_a_pdf(tmp_path: Path) -> None:
    picture = await made(tmp_path, pdf(pages=3), "application/pdf")
    assert picture is not None
    assert (picture.pages, picture.width, picture.height) == (3, 595, 842)
    with Image.open(io.BytesIO(picture.data)) as opened:
        assert (opened.format, opened.height) == ("WEBP", LONGEST)
        red, green, blue = opened.convert("RGB").getpixel((opened.width // 3, opened.height * 2 // 3))  # type: ignore[misc]
        assert blue > 200 > 60 > max(red, green)


async def test_a_picture_is_made_small_and_keeps_its_shape(tmp_path: Path) -> None:
    for kind, media_type in (
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
    ):
        picture = await made(tmp_path, picture_bytes(kind=kind), media_type)
        assert picture is not None
        assert (picture.width, picture.height) == (1600, 900)
        with Image.open(io.BytesIO(picture.data)) as opened:
            assert opened.size == (LONGEST, 540)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n", "application/pdf"),
        (b"%PDF-", "application/pdf"),
        (b"", "application/pdf"),
        (pdf()[:200], "application/pdf"),
        (pdf(pages=0), "application/pdf"),
        (pdf(box="0 0 0 0 0"), "application/pdf"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/png"),
        (picture_bytes()[:100], "image/png"),
    ],
)
async def test_of_a_broken_file_there_is_none(tmp_path: Path, data: bytes, media_type: str) -> None:
    picture = await made(tmp_path, data, media_type)
    assert picture is None or picture.pages  # PDFium mends some, and then it is a page like any other


async def test_hostile_files_neither_hurt_nor_hold_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "MOST_SECONDS", 2)
    deep = b"q " * 400_000 + b"Q " * 400_000
    drawn = b"0 0 500 500 re f " * 400_000
    hostile = [
        (pdf(box="0 0 1e9 1e9"), "application/pdf"),
        (pdf(box="0 0 900000 1"), "application/pdf"),
        (pdf(content=deep), "application/pdf"),
        (pdf(content=drawn), "application/pdf"),
        (pdf().replace(b"/Count 1", b"/Count 99999999"), "application/pdf"),
        (pdf().replace(b"/Kids[3 0 R]", b"/Kids[2 0 R]"), "application/pdf"),
    ]
    hostile += [(path.read_bytes(), "application/pdf") for path in data_path("adversarial/pdf").glob("*.pdf")]
    hostile += [
        (path.read_bytes(), "image/png")
        for path in data_path("adversarial/images").iterdir()
        if path.is_file() and path.suffix != ".md"
    ]
    for data, media_type in hostile:
        began = time.monotonic()
        picture = await made(tmp_path, data, media_type)
        assert time.monotonic() - began < 20
        if picture is not None:
            with Image.open(io.BytesIO(picture.data)) as opened:
                assert opened.format == "WEBP"
                assert max(opened.size) <= LONGEST
    assert os.listdir(tmp_path) == ["file"]


async def put(storage: Storage, resource: Resource, data: bytes, media_type: str) -> ResourceFile:
    stored = await storage.put_stream(previews._once(data))
    content = await contents.adopt(storage, stored, now=NOW)
    file = ResourceFile(
        resource=resource.id, content=content.id, filename="f", media_type=media_type, uploaded_at=NOW
    )
    await file.save()
    return file


async def test_the_job_makes_each_once_and_says_how_many_pages(
    each_database: db.Database, tmp_path: Path
) -> None:
    storage = open_storage("", tmp_path)
    conference = await make_conference()
    before = await conference_by_slug(conference.slug)
    assert before is not None
    good = await make_resource_row(conference, extent='{"seconds": 5}')
    bad, text = await make_resource_row(conference), await make_resource_row(conference)
    one = await put(storage, good, pdf(pages=2), "application/pdf")
    two = await put(storage, bad, b"%PDF-1.4 nothing", "application/pdf")
    three = await put(storage, text, b"words", "text/plain")
    assert await make_previews(storage, now=NOW) == 2
    assert await make_previews(storage, now=NOW) == 0
    rows = {
        row["id"]: (row["preview"] is not None, row["is_previewed"])
        for row in await ResourceFile.select(ResourceFile.id, ResourceFile.preview, ResourceFile.is_previewed)
    }
    assert rows == {one.id: (True, True), two.id: (False, True), three.id: (False, False)}
    row = await Resource.objects().get(Resource.id == good.id)
    assert row is not None
    assert json.loads(row.extent) == {"seconds": 5, "pages": 2, "width": 595, "height": 842}
    after = await conference_by_slug(conference.slug)
    assert after is not None
    assert after.public_version > before.public_version
    # What is referred to stays when the unneeded is swept.
    later = NOW + contents.GRACE * 2
    assert await contents.sweep(storage, now=later) == 0
    assert await StoredContent.count() == 4


async def test_a_store_that_is_away_is_asked_again(database: db.Database, tmp_path: Path) -> None:
    storage = open_storage("", tmp_path)
    conference = await make_conference()
    resource = await make_resource_row(conference)
    file = await put(storage, resource, pdf(), "application/pdf")
    row = await StoredContent.objects().get(StoredContent.id == file.content)
    assert row is not None
    await storage.move(row.key, "elsewhere")
    assert await make_previews(storage, now=NOW) == 0
    await storage.move("elsewhere", row.key)
    assert await make_previews(storage, now=NOW) == 1


async def test_the_job_notes_how_long_a_recording_is(database: db.Database, tmp_path: Path) -> None:
    storage = open_storage("", tmp_path)
    conference = await make_conference()
    talk, broken = await make_resource_row(conference), await make_resource_row(conference)
    await put(storage, talk, FTYP + movie(1830), "video/mp4")
    await put(storage, broken, FTYP, "video/mp4")
    assert await make_previews(storage, now=NOW) == 2
    assert await make_previews(storage, now=NOW) == 0
    found = await Resource.select(Resource.extent).order_by(Resource.id)
    assert [json.loads(row["extent"]) for row in found] == [{"seconds": 1830}, {}]
