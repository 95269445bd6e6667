"""Photos of speakers: what is made of a file, what is refused, and what is left of it nowhere."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from conference import db
from conference.errors import NotFound
from conference.pictures import PictureRefused
from conference.storage import Storage, open_storage
from conference.tables import AuditEntry, Conference
from sessions.releases.publishing import release_programme
from sessions.speakers.photos import Photo, photo_of, photos_in, remove_photo, set_photo
from sessions.speakers.pictures import LARGE, SMALL, made_picture
from sessions.speakers.records import delete_speaker
from sessions.tables import DraftChange, Speaker, SpeakerKind
from tests.makers import (
    NOW,
    make_conference,
    make_organiser,
    make_room,
    make_session,
    make_slot,
    make_speaker,
)
from tests.pages import Browser, sign_in_as
from tests.shared import data_path


def picture(
    width: int = 600, height: int = 600, kind: str = "JPEG", mode: str = "RGB", **options: Any
) -> bytes:
    """A file with a picture: red above, blue below."""
    made = Image.new(mode, (width, height), "red")
    made.paste(Image.new(mode, (width, height // 2), "blue"), (0, height - height // 2))
    out = io.BytesIO()
    made.save(out, kind, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    found = Image.open(io.BytesIO(data))
    found.load()
    return found


def colour(data: bytes, x: float, y: float) -> str:
    """Which colour stands at a place given as parts of the width and height."""
    found = opened(data).convert("RGB")
    pixel = found.getpixel((int(x * (found.width - 1)), int(y * (found.height - 1))))
    assert isinstance(pixel, tuple)
    return "red" if pixel[0] > 150 else "blue" if pixel[2] > 150 else "other"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_becomes_two_small_webp_files(kind: str) -> None:
    made = made_picture(picture(2000, 2000, kind))
    assert (made.width, made.height) == opened(made.large).size == (LARGE, LARGE)
    assert opened(made.small).size == (SMALL, SMALL)
    assert opened(made.large).format == opened(made.small).format == "WEBP"
    assert (colour(made.large, 0.5, 0.1), colour(made.large, 0.5, 0.9)) == ("red", "blue")


def test_a_small_photo_is_not_blown_up() -> None:
    made = made_picture(picture(120, 100))
    assert (made.width, made.height) == (120, 100)


def test_no_metadata_is_left() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    exif[0x8825] = {1: "N", 2: (51.0, 30.0, 0.0)}
    profile = b"a colour profile " * 20
    jpeg = made_picture(picture(exif=exif, icc_profile=profile, comment=b"secret comment"))
    notes = PngInfo()
    notes.add_text("Comment", "secret comment")
    png = made_picture(picture(kind="PNG", pnginfo=notes, exif=exif))
    for data in (jpeg.large, jpeg.small, png.large, png.small):
        info = opened(data)
        assert not info.getexif()
        assert "icc_profile" not in info.info
        for trace in (b"home", b"secret", b"EXIF", b"XMP", b"ICCP", b"profile"):
            assert trace not in data


def test_a_photo_taken_sideways_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise to see it upright: what is on the left comes to the top
    made = made_picture(picture(600, 500, exif=exif))
    assert (made.width, made.height) == (500, 600)
    assert (colour(made.large, 0.9, 0.5), colour(made.large, 0.1, 0.5)) == ("red", "blue")


def test_a_long_photo_of_a_person_is_cut_and_an_organisations_sign_is_not() -> None:
    data = picture(1500, 600)
    person, mark = made_picture(data), made_picture(data, is_mark=True)
    assert (person.width, person.height) == (800, 600)
    assert (mark.width, mark.height) == (800, 320)
    tall = made_picture(picture(600, 2400))
    assert (tall.width, tall.height) == (600, 800)
    assert colour(tall.large, 0.5, 0.0) == "red"  # more goes off the bottom than off the top


def test_what_shines_through_goes_on_doing_so() -> None:
    clear, palette = io.BytesIO(), io.BytesIO()
    Image.new("RGBA", (200, 200), (200, 0, 0, 90)).save(clear, "PNG")
    assert opened(made_picture(clear.getvalue()).large).mode == "RGBA"
    Image.new("P", (200, 200)).save(palette, "PNG", transparency=0)
    assert opened(made_picture(palette.getvalue()).large).mode == "RGBA"


def test_printers_colours_and_grey_are_understood() -> None:
    assert opened(made_picture(picture(mode="CMYK")).large).mode == "RGB"
    assert opened(made_picture(picture(mode="L")).large).mode == "RGB"


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: b"", "no picture"),
        (lambda: b"GIF89a" + b"\0" * 200, "no picture"),
        (lambda: b"<svg xmlns='http://www.w3.org/2000/svg' width='500' height='500'/>", "no picture"),
        (lambda: picture()[:400], "no picture"),
        (lambda: picture(kind="PNG")[:-200], "no picture"),
        (lambda: picture(90, 300), "only 90 × 300"),
        (lambda: picture(1400, 100), "too long and narrow"),
        (lambda: picture(30_000, 100, "PNG"), "too long and narrow"),
        (lambda: picture(5_001, 5_001, "PNG", "1"), "more than is accepted"),
        (lambda: picture(20_000, 20_000, "PNG", "1"), "more pixels"),
        (lambda: b"\xff\xd8\xff" + b"\0" * (16 * 1024 * 1024), "larger than 15 MB"),
    ],
)
def test_what_is_no_photo_is_refused_with_the_reason(make: Callable[[], bytes], why: str) -> None:
    data = make()
    with pytest.raises(PictureRefused, match=why):
        made_picture(data)


def test_a_jpeg_of_thousands_of_scans_is_not_decoded() -> None:
    data = picture(progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    with pytest.raises(PictureRefused, match="no picture"):
        made_picture(data[:-2] + scan * 200 + data[-2:])


def test_a_page_hidden_behind_a_photo_is_gone() -> None:
    made = made_picture(picture() + b"<script>alert(1)</script>PK\x03\x04")
    assert b"script" not in made.large + made.small
    assert b"PK" not in made.large[-200:]


def test_every_hostile_picture_of_the_collection_is_refused() -> None:
    folder: Path = data_path("adversarial/images")
    files = sorted(path for path in folder.iterdir() if path.suffix != ".md")
    assert len(files) >= 11
    for path in files:
        with pytest.raises(PictureRefused):
            made_picture(path.read_bytes())


@pytest.fixture
def storage(data_dir: Path) -> Storage:
    return open_storage("", data_dir)


def files_in(data_dir: Path) -> int:
    return sum(path.is_file() for path in (data_dir / "files").rglob("*"))


async def the_photo(speaker: Speaker) -> Photo | None:
    row = await Speaker.select(Speaker.photo_key).where(Speaker.id == speaker.id).first()
    assert row is not None
    return photo_of(row["photo_key"])


async def test_a_new_photo_takes_the_place_and_the_files_of_the_old_one(
    database: db.Database, storage: Storage, data_dir: Path
) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    ruth = await make_speaker(conference)
    session = await make_session(conference, speakers=(ruth,))
    slot = await make_slot(conference, session)
    await set_photo(ruth.id, picture(), storage=storage, actor=petra, now=NOW)
    first = await the_photo(ruth)
    assert first is not None
    assert (first.width, first.height, first.small_size) == (600, 600, (160, 160))
    assert files_in(data_dir) == 2
    assert await photos_in(conference.id) == {ruth.code: first}
    await set_photo(ruth.id, picture(500, 400), storage=storage, actor="Ruth Okafor", now=NOW)
    second = await the_photo(ruth)
    assert second is not None
    assert second.key != first.key
    assert second.version != first.version
    assert files_in(data_dir) == 2
    await remove_photo(ruth.id, storage=storage, actor=petra, now=NOW)
    await remove_photo(ruth.id, storage=storage, actor=petra, now=NOW)
    assert await the_photo(ruth) is None
    assert files_in(data_dir) == 0
    entries = await AuditEntry.select(AuditEntry.action, AuditEntry.actor).where(
        AuditEntry.subject == f"speaker:{ruth.code}"
    )
    assert [(entry["action"], entry["actor"]) for entry in entries] == [
        ("speaker-photo-set", "Petra Vogel"),
        ("speaker-photo-set", "Ruth Okafor"),
        ("speaker-photo-removed", "Petra Vogel"),
    ]
    changes = await DraftChange.select(DraftChange.slots)
    assert [change["slots"] for change in changes] == [f'["{slot.code}"]'] * 3


async def test_a_refused_photo_changes_nothing(
    database: db.Database, storage: Storage, data_dir: Path
) -> None:
    petra = await make_organiser()
    ruth = await make_speaker(await make_conference())
    await set_photo(ruth.id, picture(), storage=storage, actor=petra, now=NOW)
    before = await the_photo(ruth)
    with pytest.raises(PictureRefused):
        await set_photo(ruth.id, b"no picture", storage=storage, actor=petra, now=NOW)
    assert await the_photo(ruth) == before
    with pytest.raises(NotFound):
        await set_photo(ruth.id + 1, picture(), storage=storage, actor=petra, now=NOW)
    assert files_in(data_dir) == 2


async def test_a_speaker_deleted_while_their_photo_comes_leaves_no_file(
    database: db.Database, storage: Storage, data_dir: Path
) -> None:
    petra = await make_organiser()
    ruth = await make_speaker(await make_conference())

    class Slow(Storage):
        async def put_stream(self, chunks, key=None):  # type: ignore[no-untyped-def]  # as in the class above
            stored = await storage.put_stream(chunks, key)
            if await Speaker.exists().where(Speaker.id == ruth.id):
                await delete_speaker(ruth.id, actor=petra, now=NOW)
            return stored

        async def delete(self, key: str) -> None:
            await storage.delete(key)

    with pytest.raises(NotFound):
        await set_photo(
            ruth.id,
            picture(),
            storage=Slow(storage._store, None),
            actor=petra,
            now=NOW,
        )
    assert files_in(data_dir) == 0


async def _released(browser: Browser) -> tuple[Conference, Speaker]:
    petra = await make_organiser()
    conference = await make_conference(owner=petra)
    ruth = await make_speaker(conference)
    room = await make_room(conference)
    await make_slot(conference, await make_session(conference, speakers=(ruth,)), room)
    await sign_in_as(browser, petra)
    sent = await browser.post(
        f"/organise/libraries/speakers/{ruth.code}/photo",
        data={"_csrf_token": await browser.csrf()},
        files={"file": ("ruth.jpg", picture(), "image/jpeg")},
    )
    assert sent.status_code == 303, sent.text
    return conference, ruth


async def test_the_photo_is_the_teams_until_the_speaker_is_published(browser: Browser) -> None:
    conference, ruth = await _released(browser)
    address = f"/libraries/speakers/{ruth.code}/photo"
    photo = await the_photo(ruth)
    assert photo is not None
    for_team = await browser.get(address)
    assert (for_team.status_code, for_team.headers["content-type"]) == (200, "image/webp")
    assert "private" in for_team.headers["cache-control"]
    browser.cookies.clear()
    assert (await browser.get(address)).status_code == 404
    petra = await make_organiser()
    await release_programme(conference, note="", actor=petra, now=NOW)
    answer = await browser.get(photo.path("libraries", ruth.code))
    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    assert opened(answer.content).size == (600, 600)
    again = await browser.get(address, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    small = await browser.get(photo.path("libraries", ruth.code, small=True))
    assert opened(small.content).size == (160, 160)
    assert small.headers["etag"] != answer.headers["etag"]
    page = (await browser.get("/libraries/speakers")).text
    assert photo.path("libraries", ruth.code, small=True).replace("&", "&amp;") in page
    await sign_in_as(browser, petra)
    gone = await browser.post_form(f"/organise/libraries/speakers/{ruth.code}/photo/remove")
    assert gone.status_code == 303
    assert (await browser.get(address)).status_code == 404
    assert "/photo" not in (await browser.get("/libraries/speakers")).text


async def test_a_refused_photo_comes_back_with_the_reason_beside_the_field(browser: Browser) -> None:
    _conference, ruth = await _released(browser)
    for data, why in ((b"no picture", "no picture that can be read"), (b"", "choose")):
        answer = await browser.post(
            f"/organise/libraries/speakers/{ruth.code}/photo",
            data={"_csrf_token": await browser.csrf()},
            files={"file": ("ruth.jpg", data, "image/jpeg")},
        )
        assert answer.status_code == 422
        assert why in answer.text
        assert 'id="file-error"' in answer.text
    assert await the_photo(ruth) is not None


async def test_a_photo_needs_the_forms_token(browser: Browser) -> None:
    _conference, ruth = await _released(browser)
    before = await the_photo(ruth)
    for path in ("photo", "photo/remove"):
        answer = await browser.post(f"/organise/libraries/speakers/{ruth.code}/{path}", data={})
        assert answer.status_code == 403
    assert await the_photo(ruth) == before


async def test_an_organisations_sign_keeps_its_shape(
    database: db.Database, storage: Storage, data_dir: Path
) -> None:
    petra = await make_organiser()
    library = await make_speaker(await make_conference(), "City Library", kind=SpeakerKind.ORGANISATION)
    await set_photo(library.id, picture(1500, 600), storage=storage, actor=petra, now=NOW)
    photo = await the_photo(library)
    assert photo is not None
    assert (photo.width, photo.height) == (800, 320)
