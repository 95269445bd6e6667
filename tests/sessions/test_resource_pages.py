from __future__ import annotations

import asyncio
import hashlib
import io
import re
import tracemalloc
import zipfile
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import bagit
import httpx
import pytest

from conference import clock, db
from conference.tables import AuditEntry, Conference, Role
from registration.attending.tables import Presence
from registration.tables import Registration
from sessions.packs import queries
from sessions.packs.resource_facts import PackFacts
from sessions.packs.resource_packs import create_pack
from sessions.packs.tables import PackItem, Resource, ResourceFile, ResourcePack, StoredContent
from sessions.tables import Room
from tests.makers import NOW, make_conference, make_member, make_organiser, make_session
from tests.pages import Browser, make_settings, open_browser, sign_in_as, text_of
from tests.people import KOLKATA_ATTENDEE, STRANGER
from tests.registration.cast import make_scene
from tests.sessions.test_join_pages import sign_in as sign_in_attendee
from tests.shared import data_path

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
DESK = "/organise/libraries/resources"
File = tuple[str, bytes]


async def desk(browser: Browser, slug: str = "libraries") -> Conference:
    """A conference, and its owner signed in."""
    owner = await make_organiser()
    conference = await make_conference(slug, owner=owner)
    await sign_in_as(browser, owner)
    return conference


async def make_pack(
    browser: Browser,
    title: str = "Everything",
    access: str = "public",
    slug: str = "libraries",
    **fields: str,
) -> str:
    """A pack made through its form; its code."""
    answer = await browser.post_form(
        f"/organise/{slug}/resources/new", {"title_en": title, "access": access, **fields}
    )
    assert answer.status_code == 303, text_of(answer.text)
    return answer.headers["location"].rpartition("/")[2]


async def send(
    browser: Browser,
    pack: str,
    *files: File,
    token_first: bool = True,
    slug: str = "libraries",
    **fields: str,
) -> httpx.Response:
    """Upload as a browser does: the fields in their order, then the files."""
    token = {"_csrf_token": (None, (await browser.csrf()).encode())}
    texts = {name: (None, value.encode()) for name, value in {"licence": "CC-BY-4.0", **fields}.items()}
    content = [("file", (name, data)) for name, data in files]
    start: Sequence[Any] = [*token.items(), *texts.items()] if token_first else [*texts.items()]
    parts = [*start, *content] if token_first else [*start, *content, *token.items()]
    return await browser.post(f"/organise/{slug}/resources/{pack}/files", files=parts)


async def publish(browser: Browser, pack: str) -> None:
    answer = await browser.post_form(f"{DESK}/{pack}/publish")
    assert answer.status_code == 303


async def codes(pack: str) -> list[str]:
    rows = (
        await PackItem.select(PackItem.resource._.code.as_alias("code"))
        .where(PackItem.pack._.code == pack)
        .order_by(PackItem.position)
    )
    return [row["code"] for row in rows]


def kept_files(data_dir: Path) -> list[Path]:
    return [path for path in (data_dir / "files").rglob("*") if path.is_file()]


@pytest.fixture
async def stranger(browser: Browser) -> AsyncIterator[Browser]:
    """Another browser on the same application, signed in to nothing."""
    async with Browser(transport=browser._transport, base_url=browser.base_url) as other:
        yield other


async def test_a_pack_goes_from_the_desk_to_everyone(browser: Browser, stranger: Browser) -> None:
    await desk(browser)
    page = await browser.get(DESK)
    assert "No packs yet" in page.text
    assert (await stranger.get("/libraries/resources")).text.count("Nothing here yet") == 1
    pack = await make_pack(browser, note_en="With thanks to **everyone**.")
    answer = await send(
        browser, pack, ("Opening.pdf", PDF), ("Notes on catalogues.txt", b"text"), lang_en="yes"
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"{DESK}/{pack}")
    page = await browser.get(f"{DESK}/{pack}")
    assert "2 files are added." in page.text
    assert "Notes on catalogues" in page.text
    answer = await browser.post_form(
        f"{DESK}/{pack}/links",
        {
            "url": "https://video.example/opening",
            "title_en": "The recording",
            "kind": "recording",
            "licence": "InC",
            "creator_name_0": "Zoë Müller",
            "creator_name_2": "Ruth Okafor",
        },
    )
    assert answer.status_code == 303
    assert (await stranger.get(f"/libraries/resources/{pack}")).status_code == 404
    preview = await browser.get(f"/libraries/resources/{pack}")
    assert "Not published yet" in preview.text
    await publish(browser, pack)
    page = await stranger.get("/libraries/resources")
    assert f'href="/libraries/resources/{pack}"' in page.text
    assert "3 things to take home" in text_of(page.text)
    page = await stranger.get(f"/libraries/resources/{pack}")
    text = text_of(page.text)
    assert "With thanks to everyone" in text
    assert "Handout" in text
    assert "CC-BY-4.0" in text
    assert "Zoë Müller, Ruth Okafor" in text
    assert 'href="https://video.example/opening"' in page.text
    assert "on another site" in text
    assert "Anyone may share and change it" in text
    assert page.headers["etag"]
    first, *_rest = await codes(pack)
    file = await stranger.get(f"/libraries/resources/{pack}/{first}")
    assert file.content == PDF
    answer = await browser.post_form(f"{DESK}/{pack}/unpublish")
    assert answer.status_code == 303
    for path in (f"/libraries/resources/{pack}", f"/libraries/resources/{pack}/{first}"):
        assert (await stranger.get(path)).status_code == 410  # an address once known answers for ever
    assert pack not in (await stranger.get("/libraries/resources")).text


async def test_a_file_comes_whole_in_ranges_or_not_at_all(browser: Browser, stranger: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    content = bytes(range(256)) * 4000
    await send(browser, pack, ("Métadonnées “2026”.pdf", PDF + content))
    await publish(browser, pack)
    (code,) = await codes(pack)
    url, size = f"/libraries/resources/{pack}/{code}", len(PDF + content)
    whole = await stranger.get(url)
    assert whole.content == PDF + content
    assert whole.headers["content-type"] == "application/pdf"
    disposition = whole.headers["content-disposition"]
    assert disposition.startswith("attachment; filename=")
    assert "filename*=UTF-8''M%C3%A9tadonn%C3%A9es" in disposition
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert "set-cookie" not in whole.headers
    head = await stranger.head(url)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(size), b"")
    part = await stranger.get(url, headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, (PDF + content)[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{size}"
    beyond = await stranger.get(url, headers={"range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    known = await stranger.get(url, headers={"if-none-match": whole.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    shown = await stranger.get(f"{url}?show")
    assert shown.headers["content-disposition"].startswith("attachment")  # a PDF never opens in place


async def test_a_recording_plays_in_the_page_with_its_captions(browser: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    video = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 100
    captions = b"WEBVTT\n\n00:00.000 --> 00:04.000\nWelcome\n"
    answer = await send(browser, pack, ("Talk.mp4", video), ("Talk.vtt", captions), lang_en="yes")
    assert answer.status_code == 303, text_of(answer.text)
    await publish(browser, pack)
    film, words = await codes(pack)
    assert f'href="/resources/{film}#player"' in (await browser.get(f"/libraries/resources/{pack}")).text
    page = (await browser.get(f"/resources/{film}")).text
    assert f' src="/resources/{film}/file?show">' in page
    assert (
        f'<track kind="captions" src="/resources/{words}/file?show" srclang="en" label="English" default>'
        in page
    )
    shown = await browser.get(f"/libraries/resources/{pack}/{film}?show", headers={"range": "bytes=0-3"})
    assert (shown.status_code, shown.content) == (206, video[:4])
    assert shown.headers["content-disposition"].startswith("inline")


async def test_the_zip_is_a_valid_bag_and_the_same_each_time(
    browser: Browser, stranger: Browser, tmp_path: Path
) -> None:
    await desk(browser)
    pack = await make_pack(browser, "Tout à emporter")
    await send(browser, pack, ("Übersicht.pdf", PDF), ("Übersicht.pdf", PDF + b"%"), ("a.txt", b"one"))
    await browser.post_form(
        f"{DESK}/{pack}/links",
        {"url": "https://video.example/1", "title_en": "Film", "kind": "recording", "licence": "InC"},
    )
    await publish(browser, pack)
    url = f"/libraries/resources/{pack}.zip"
    first, second = await stranger.get(url), await stranger.get(url)
    assert first.status_code == 200
    assert first.content == second.content
    assert first.headers["content-length"] == str(len(first.content))
    assert first.headers["etag"] == second.headers["etag"]
    assert 'filename="libraries-Tout-a-emporter.zip"' in first.headers["content-disposition"]
    known = await stranger.get(url, headers={"if-none-match": first.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    head = await stranger.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == first.headers["content-length"]
    with zipfile.ZipFile(io.BytesIO(first.content)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "out")
    (folder,) = (tmp_path / "out").iterdir()
    assert bagit.Bag(str(folder)).validate()
    check = ["sha512sum", "--strict", "-c", "manifest-sha512.txt"]
    sums = await asyncio.create_subprocess_exec(*check, cwd=folder, stdout=asyncio.subprocess.DEVNULL)
    assert await sums.wait() == 0
    assert "https://video.example/1" in (folder / "data" / "index.html").read_text()
    assert b"one" in {path.read_bytes() for path in folder.rglob("*.txt")}
    await send(browser, pack, ("b.txt", b"two"))
    assert (await stranger.get(url)).headers["etag"] != first.headers["etag"]


async def test_a_zip_with_a_lost_file_is_refused_before_it_begins(browser: Browser, data_dir: Path) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    await send(browser, pack, ("a.txt", b"one"), ("b.txt", b"two"))
    await publish(browser, pack)
    next(iter(kept_files(data_dir))).unlink()
    answer = await browser.get(f"/libraries/resources/{pack}.zip")
    assert answer.status_code == 503
    assert "cannot be found just now" in answer.text


async def test_packs_for_those_registered_open_for_them_only(database: db.Database, browser: Browser) -> None:
    scene = await make_scene()
    await sign_in_as(browser, scene.organiser)
    pack = await make_pack(browser, "Members’ notes", access="registered")
    await send(browser, pack, ("Secret minutes.txt", b"confidential"))
    with clock.fixed_at(NOW):
        await publish(browser, pack)
    (code,) = await codes(pack)
    paths = [f"/libraries/resources/{pack}{rest}" for rest in ("", f"/{code}", ".zip")]
    async with Browser(transport=browser._transport, base_url=browser.base_url) as other:
        listed = await other.get("/libraries/resources")
        assert "Members’ notes" in listed.text
        assert "for those registered" in listed.text
        for path in paths:
            for method in ("GET", "HEAD"):
                gate = await other.request(method, path)
                assert gate.status_code == 403, path
                assert "Secret minutes" not in gate.text
                assert b"confidential" not in gate.content
                assert gate.headers["cache-control"] == "private, no-store"
        gate = await other.get(paths[0])
        assert 'action="/libraries/me/link"' in gate.text
        assert 'href="/libraries/register"' in gate.text
        await sign_in_attendee(other, scene, KOLKATA_ATTENDEE)
        with clock.fixed_at(NOW):
            page = await other.get(paths[0])
            assert page.status_code == 200
            assert "Secret minutes" in page.text
            assert "no-store" in page.headers["cache-control"]
            assert (await other.get(paths[1])).content == b"confidential"
            assert (await other.get(paths[2])).content.startswith(b"PK")
    async with Browser(transport=browser._transport, base_url=browser.base_url) as third:
        assert (await third.get(paths[0])).status_code == 403  # nothing of it stayed in a cache


async def test_a_public_pack_made_private_is_private_at_once(browser: Browser, stranger: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    await send(browser, pack, ("a.txt", b"one"))
    await publish(browser, pack)
    assert (await stranger.get(f"/libraries/resources/{pack}")).status_code == 200
    answer = await browser.post_form(
        f"{DESK}/{pack}/edit", {"title_en": "Everything", "access": "registered", "revision": "1"}
    )
    assert answer.status_code == 303
    assert (await stranger.get(f"/libraries/resources/{pack}")).status_code == 403


async def test_a_session_of_the_draft_is_not_named_on_public_pages(
    browser: Browser, stranger: Browser
) -> None:
    conference = await desk(browser)
    session = await make_session(conference, "A surprise guest")
    pack = await make_pack(browser, "Handout", session=session.code)
    await send(browser, pack, ("a.txt", b"one"))
    await publish(browser, pack)
    for path in ("/libraries/resources", f"/libraries/resources/{pack}"):
        page = await stranger.get(path)
        assert "Handout" in page.text
        assert "surprise" not in page.text


async def test_hostile_files_are_refused_or_harmless(browser: Browser, data_dir: Path) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    refused = kept = 0
    for folder in ("images", "pdf", "archives"):
        for path in sorted(data_path(f"adversarial/{folder}").iterdir()):
            if path.name == "SOURCES.md":
                continue
            answer = await send(browser, pack, (path.name, path.read_bytes()))
            assert answer.status_code in (303, 422), path
            if answer.status_code == 422:
                refused += 1
                assert "Nothing was kept" in answer.text
            kept += answer.status_code == 303
    assert refused > 0
    assert len(kept_files(data_dir)) == await ResourceFile.count() == kept
    await browser.post_form(f"{DESK}/{pack}/publish")
    for code in await codes(pack):
        answer = await browser.get(f"/libraries/resources/{pack}/{code}")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("page.jpg", b"<!doctype html><script>alert(1)</script>", "does not agree"),
        ("page.html", b"<html><body>hello</body></html>", "not accepted"),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "not accepted"),
        ("tool.exe", b"MZ\x90\0", "not accepted"),
        ("empty.pdf", b"", "is empty"),
        ("noname", b"text", "not accepted"),
        ("words.vtt", b"WEBVTT\n\n1\n00:00:01,000 --> 00:00:02,000\nHi\n", "a comma"),
    ],
)
async def test_a_refused_file_is_named_beside_the_field_and_nothing_is_kept(
    browser: Browser, data_dir: Path, name: str, content: bytes, told: str
) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    answer = await send(
        browser, pack, ("good.txt", b"kept?"), (name, content), title_en="My title", creators="Ada"
    )
    assert answer.status_code == 422
    assert told in text_of(answer.text)
    assert 'value="My title"' in answer.text
    assert "Ada</textarea>" in answer.text
    assert await Resource.count() == 0
    assert kept_files(data_dir) == []
    again = re.search(r'name="_csrf_token" value="(\w+)"', answer.text)
    assert again is not None  # the page that comes back can be sent once more
    assert again.group(1) == browser.cookies["csrftoken"]


@pytest.mark.parametrize(
    "name",
    [
        'quo"te.pdf',
        "new\nline.pdf",
        "cr\r\nSet-Cookie: a=b.pdf",
        "\u202efdp.exe.pdf",
        "../../etc/passwd.pdf",
        "..\\win.pdf",
        "a" * 400 + ".pdf",
        "كتاب.pdf",
        "🦄.pdf",
        "<script>alert(1)</script>.pdf",
        "{{ 7*7 }}.pdf",
    ],
)
async def test_odd_names_become_safe_ones(browser: Browser, name: str) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    answer = await send(browser, pack, (name, PDF))
    assert answer.status_code == 303, text_of(answer.text)
    await publish(browser, pack)
    (code,) = await codes(pack)
    page = await browser.get(f"/libraries/resources/{pack}")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    file = await browser.get(f"/libraries/resources/{pack}/{code}")
    assert file.content == PDF
    assert "set-cookie" not in file.headers
    (row,) = await ResourceFile.select(ResourceFile.filename)
    assert not set('/\\"\r\n\u202e<>') & set(row["filename"])
    assert len(row["filename"].encode()) <= 150
    with zipfile.ZipFile(
        io.BytesIO((await browser.get(f"/libraries/resources/{pack}.zip")).content)
    ) as archive:
        assert not any(re.search(r"[\x00-\x1f\u202e\\:<>|?*\"%]", member) for member in archive.namelist())
        assert not any(part in ("", ".", "..") for member in archive.namelist() for part in member.split("/"))


async def test_an_upload_without_a_token_or_with_a_late_one_leaves_nothing(
    browser: Browser, data_dir: Path
) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    late = await send(browser, pack, ("a.txt", b"one"), token_first=False)
    none = await browser.post(f"{DESK}/{pack}/files", files={"file": ("a.txt", b"one")})
    forged = await browser.post(
        f"{DESK}/{pack}/files",
        files=[("_csrf_token", (None, b"a" * 128)), ("file", ("a.txt", b"one"))],
    )
    assert [late.status_code, none.status_code, forged.status_code] == [403, 403, 403]
    assert await Resource.count() == 0
    assert kept_files(data_dir) == []


async def test_broken_uploads_get_a_clear_answer(browser: Browser, data_dir: Path) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    token = await browser.csrf()
    start = f'--b\r\nContent-Disposition: form-data; name="_csrf_token"\r\n\r\n{token}\r\n--b\r\n'
    opened = start + 'Content-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhalf'
    bodies = [b"", b"--b", b"garbage", start.encode(), opened.encode(), opened.encode() + b"\r\n--c--\r\n"]
    for body in bodies:
        headers = {"content-type": "multipart/form-data; boundary=b"}
        answer = await browser.post(f"{DESK}/{pack}/files", content=body, headers=headers)
        assert answer.status_code in (400, 403), body
        assert "<h1" in answer.text
    for content_type in ("multipart/form-data", "application/json", "text/plain"):
        headers = {"content-type": content_type}
        answer = await browser.post(f"{DESK}/{pack}/files", content=b"{}", headers=headers)
        assert answer.status_code in (400, 403), content_type
    assert kept_files(data_dir) == []
    empty = await send(browser, pack)
    assert empty.status_code == 422
    assert "choose at least one file" in empty.text


async def test_an_upload_beyond_the_limit_is_refused_in_words(database: db.Database, data_dir: Path) -> None:
    async with open_browser(make_settings(data_dir, MAX_UPLOAD_MB="1")) as browser:
        await desk(browser)
        pack = await make_pack(browser)
        answer = await send(browser, pack, ("big.txt", b"x" * 1_200_000))
        assert answer.status_code == 413
        assert "at most 1.04858 MB" in text_of(answer.text)
        assert "Nothing was kept" in answer.text
        assert kept_files(data_dir) == []
        assert (await send(browser, pack, ("fits.txt", b"x" * 1_000_000))).status_code == 303


async def test_a_full_store_is_told_kindly(browser: Browser, data_dir: Path) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    # A file where the store wants its folder: nothing can be written, whoever runs the test.
    files = data_dir / "files"
    files.rmdir()
    files.write_text("in the way")
    answer = await send(browser, pack, ("a.txt", b"one"))
    assert answer.status_code == 503
    assert "The file store does not answer" in answer.text
    assert await Resource.count() == 0


async def test_two_uploads_at_once_both_arrive(browser: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    files = [[(f"{n}-{part}.txt", f"{n}{part}".encode() * 50_000) for part in range(3)] for n in range(2)]
    answers = await asyncio.gather(*(send(browser, pack, *batch) for batch in files))
    assert [answer.status_code for answer in answers] == [303, 303]
    rows = await PackItem.select(PackItem.position)
    assert sorted(row["position"] for row in rows) == list(range(6))


async def test_memory_stays_flat_while_a_large_file_comes_and_goes(browser: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    token, block, blocks = await browser.csrf(), bytes(1024 * 1024), 60
    head = (
        f'--b\r\nContent-Disposition: form-data; name="_csrf_token"\r\n\r\n{token}\r\n'
        '--b\r\nContent-Disposition: form-data; name="licence"\r\n\r\nInC\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename="film.mp4"\r\n\r\n'
    ).encode()
    digest = hashlib.sha512(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom")

    async def body() -> AsyncIterator[bytes]:
        yield head + b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"
        for _number in range(blocks):
            digest.update(block)
            yield block
        yield b"\r\n--b--\r\n"

    async def grown(work: Callable[[], Any]) -> int:
        tracemalloc.start()
        try:
            await work()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    async def upload() -> None:
        headers = {"content-type": "multipart/form-data; boundary=b"}
        answer = await browser.post(f"{DESK}/{pack}/files", content=body(), headers=headers)
        assert answer.status_code == 303, text_of(answer.text)

    assert await grown(upload) < 25_000_000
    await publish(browser, pack)
    (row,) = await StoredContent.select()
    assert (row["sha512"], row["size"]) == (digest.hexdigest(), 24 + blocks * len(block))


async def test_a_pack_cannot_be_published_without_licences(browser: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    await send(browser, pack, ("a.txt", b"one"), licence="")
    page = await browser.get(f"{DESK}/{pack}")
    assert "No licence yet" in page.text
    answer = await browser.post_form(f"{DESK}/{pack}/publish")
    assert answer.status_code == 303
    page = await browser.get(f"{DESK}/{pack}")
    assert "no licence is chosen for “a”" in page.text
    assert "Being put together" in page.text
    (code,) = await codes(pack)
    answer = await browser.post_form(
        f"{DESK}/{pack}/item/{code}",
        {"title_en": "Notes", "kind": "handout", "licence": "CC0-1.0", "revision": "1"},
    )
    assert answer.status_code == 303
    await publish(browser, pack)
    assert "Published" in (await browser.get(f"{DESK}/{pack}")).text
    late = await send(browser, pack, ("b.txt", b"two"), licence="")
    assert late.status_code == 422
    assert "need a licence" in late.text


async def test_one_licence_can_be_given_to_all_that_have_none(browser: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    await send(browser, pack, ("a.txt", b"one"), ("b.txt", b"two"), licence="")
    await send(browser, pack, ("c.txt", b"three"), licence="InC")
    assert "A licence for all that have none yet" in (await browser.get(f"{DESK}/{pack}")).text
    await browser.post_form(f"{DESK}/{pack}/licence", {"licence": "made up"})
    assert "Please choose a licence first." in (await browser.get(f"{DESK}/{pack}")).text
    await browser.post_form(f"{DESK}/{pack}/licence", {"licence": "CC-BY-4.0"})
    rows = await Resource.select(Resource.licence).order_by(Resource.id)
    assert [row["licence"] for row in rows] == ["CC-BY-4.0", "CC-BY-4.0", "InC"]
    await publish(browser, pack)
    assert (await browser.get(f"/libraries/resources/{pack}")).status_code == 200


async def test_where_a_failed_form_leaves_the_browser_is_a_page_too(browser: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    for rest in ("files", "links"):
        answer = await browser.get(f"{DESK}/{pack}/{rest}?tz=Asia/Kolkata")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{DESK}/{pack}")


async def test_wrong_forms_come_back_as_typed(browser: Browser) -> None:
    await desk(browser)
    answer = await browser.post_form(
        f"{DESK}/new", {"title_en": "", "note_en": "Kept as typed", "access": "nobody", "session": "nowhere"}
    )
    assert answer.status_code == 422
    assert "Kept as typed</textarea>" in answer.text
    assert answer.text.count("Please choose one of the options.") >= 2
    pack = await make_pack(browser)
    answer = await browser.post_form(
        f"{DESK}/{pack}/links",
        {"url": "javascript:alert(1)", "title_en": "Trap", "kind": "virus", "licence": "WTFPL"},
    )
    assert answer.status_code == 422
    assert "begins with https://" in answer.text
    assert 'value="Trap"' in answer.text
    assert await Resource.count() == 0


async def test_a_stale_edit_shows_both_versions(browser: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    await send(browser, pack, ("a.txt", b"one"))
    (code,) = await codes(pack)

    async def save(title: str, revision: int) -> httpx.Response:
        return await browser.post_form(
            f"{DESK}/{pack}/edit", {"title_en": title, "access": "public", "revision": str(revision)}
        )

    assert (await save("Theirs", 1)).status_code == 303
    stale = await save("Mine", 1)
    assert stale.status_code == 409
    assert "Theirs" in stale.text
    assert "Mine" in stale.text
    assert 'name="revision" value="2"' in stale.text
    assert (await save("Mine", 2)).status_code == 303

    async def say(title: str) -> httpx.Response:
        fields = {"title_en": title, "kind": "handout", "licence": "InC", "revision": "1"}
        return await browser.post_form(f"{DESK}/{pack}/item/{code}", fields)

    assert (await say("First")).status_code == 303
    stale = await say("Second")
    assert stale.status_code == 409
    assert "First" in stale.text
    rows = await Resource.select(Resource.title)
    assert "First" in rows[0]["title"]


async def test_moving_and_removing_work_by_plain_forms(browser: Browser, data_dir: Path) -> None:
    await desk(browser)
    one, two = await make_pack(browser, "One"), await make_pack(browser, "Two")
    assert (await browser.post_form(f"{DESK}/{two}/move", {"to": "up"})).status_code == 303
    listed = text_of((await browser.get(DESK)).text)
    assert listed.index("Two") < listed.index("One")
    await send(browser, one, ("a.txt", b"one"), ("b.txt", b"two"))
    first, second = await codes(one)
    await browser.post_form(f"{DESK}/{one}/item/{first}/move", {"to": "down"})
    assert await codes(one) == [second, first]
    assert (await browser.post_form(f"{DESK}/{one}/item/{first}/remove")).status_code == 303
    assert [path.read_bytes() for path in kept_files(data_dir)] == [b"two"]
    assert (await browser.post_form(f"{DESK}/{one}/remove")).status_code == 303
    assert kept_files(data_dir) == []
    assert await ResourcePack.count() == 1
    actions = [row["action"] for row in await AuditEntry.select(AuditEntry.action)]
    assert {"pack-created", "pack-moved", "resource-added", "resource-removed", "pack-removed"} <= set(
        actions
    )


async def test_unknown_codes_get_a_friendly_404(browser: Browser) -> None:
    conference = await desk(browser)
    other = await make_conference("elsewhere")
    theirs = await create_pack(other, PackFacts({"en": "Theirs"}), actor="test", now=NOW)
    pack = await make_pack(browser)
    await send(browser, pack, ("a.txt", b"one"))
    await publish(browser, pack)
    (code,) = await codes(pack)
    for path in (
        "/libraries/resources/nowhere",
        "/libraries/resources/nowhere.zip",
        f"/libraries/resources/{theirs.code}",
        f"/libraries/resources/{pack}/nowhere",
        f"/libraries/resources/{theirs.code}/{code}",
        f"/elsewhere/resources/{pack}",
        "/nowhere/resources",
        f"/libraries/resources/{'a' * 500}",
        "/libraries/resources/%00",
        "/libraries/resources/.zip",
        f"{DESK}/nowhere",
        f"{DESK}/{theirs.code}",
        f"{DESK}/{pack}/item/nowhere",
    ):
        answer = await browser.get(path)
        assert answer.status_code == 404, path
        assert "<h1>" in answer.text
    for path in (f"{DESK}/nowhere/publish", f"{DESK}/{theirs.code}/remove", f"{DESK}/nowhere/links"):
        assert (await browser.post_form(path)).status_code == 404, path
    assert (await send(browser, theirs.code, ("a.txt", b"one"))).status_code == 404
    assert await ResourcePack.count().where(ResourcePack.conference == other.id) == 1
    assert conference.slug == "libraries"


async def test_only_the_programme_team_works_on_packs(browser: Browser, stranger: Browser) -> None:
    conference = await desk(browser)
    pack = await make_pack(browser)
    assert (await stranger.get(f"{DESK}/{pack}")).status_code == 303
    viewer = await make_member(conference, KOLKATA_ATTENDEE, Role.REGISTRATION)
    await sign_in_as(stranger, viewer)
    assert (await stranger.get(DESK)).status_code == 403
    assert (await send(stranger, pack, ("a.txt", b"one"))).status_code == 403
    outsider = await make_organiser(STRANGER)
    await sign_in_as(stranger, outsider)
    assert (await stranger.get(DESK)).status_code == 404
    assert await Resource.count() == 0


async def test_pages_cost_the_same_queries_for_one_pack_and_for_many(browser: Browser) -> None:
    await desk(browser)

    async def cost(path: str) -> int:
        browser.cookies.set("tz", f"Etc/GMT+{next(fresh)}")  # not the page from the cache
        with db.count_queries() as count:
            assert (await browser.get(path)).status_code == 200
        return count.total

    fresh = iter(range(1, 12))
    packs = [await make_pack(browser)]
    await send(browser, packs[0], ("a.txt", b"one"))
    await publish(browser, packs[0])
    paths = ("/libraries/resources", f"/libraries/resources/{packs[0]}", DESK, f"{DESK}/{packs[0]}")
    few = [await cost(path) for path in paths]
    for _more in range(3):
        packs.append(await make_pack(browser))
        await send(browser, packs[-1], ("b.txt", b"two"), ("c.txt", b"three"))
        await publish(browser, packs[-1])
    await send(browser, packs[0], ("d.txt", b"four"), ("e.txt", b"five"))
    assert [await cost(path) for path in paths] == few


async def test_naughty_strings_are_shown_as_they_are(browser: Browser) -> None:
    conference = await desk(browser)
    pack = await make_pack(browser)
    strings = data_path("adversarial/strings/blns.txt").read_text("utf-8", errors="replace").splitlines()
    tried = [line for line in strings if line and not line.startswith("#")][::6]
    for text in tried:
        answer = await browser.post_form(
            f"{DESK}/{pack}/links",
            {
                "url": "https://x.example",
                "title_en": text,
                "kind": "link",
                "licence": "InC",
                "creator_name_0": text,
            },
        )
        assert answer.status_code in (303, 422), text
    for start in range(0, len(tried), 1):
        if start > 2:
            break
        fields = {"title_en": tried[start], "note_en": "\n".join(tried), "access": "public"}
        answer = await browser.post_form(f"{DESK}/new", fields)
        assert answer.status_code in (303, 422)
    await publish(browser, pack)
    page = await browser.get(f"/libraries/resources/{pack}")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text
    assert len(await queries.published_packs(conference.id, clock.now())) == 1


async def test_no_vendor_address_gets_into_pack_pages(browser: Browser) -> None:
    scene = await make_scene()
    await sign_in_as(browser, scene.organiser)
    await Room.update({Room.vendor_url: "https://vendor.example/s3cret"}).where(
        Room.conference == scene.conference.id
    )
    session = await make_session(scene.conference, "Bees", recording_url="https://vendor.example/recording")
    pack = await make_pack(browser, session=session.code)
    await send(browser, pack, ("a.txt", b"one"))
    await publish(browser, pack)
    for path in ("/libraries/resources", f"/libraries/resources/{pack}", f"{DESK}/{pack}", DESK):
        assert "vendor.example" not in (await browser.get(path)).text
    packed = (await browser.get(f"/libraries/resources/{pack}.zip")).content
    assert b"vendor.example" not in packed


async def test_a_pack_for_those_who_were_there_opens_for_them_alone(browser: Browser) -> None:
    scene = await make_scene()
    await sign_in_as(browser, scene.organiser)
    pack = await make_pack(browser, "Chat of the day", access="attended")
    await send(browser, pack, ("Chat.txt", b"hello"))
    with clock.fixed_at(NOW):
        await publish(browser, pack)
    path = f"/libraries/resources/{pack}"
    async with Browser(transport=browser._transport, base_url=browser.base_url) as other:
        assert (await other.get(path)).status_code == 403
        await sign_in_attendee(other, scene, KOLKATA_ATTENDEE)
        with clock.fixed_at(NOW):
            assert (await other.get(path)).status_code == 403
            registration = await Registration.objects().get(Registration.email == KOLKATA_ATTENDEE.email)
            assert registration is not None
            await Registration.update({Registration.notes_presence: True}).where(
                Registration.id == registration.id
            )
            await Presence(
                registration=registration.id, slot=scene.bread_early.id, first_at=NOW, last_at=NOW
            ).save()
            page = await other.get(path)
        assert (page.status_code, "Chat" in page.text) == (200, True)


async def test_a_pack_of_the_team_is_known_to_nobody_else(browser: Browser, stranger: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser, "Our own notes", access="team")
    await send(browser, pack, ("Notes.txt", b"hello"))
    await publish(browser, pack)
    path = f"/libraries/resources/{pack}"
    assert [(await stranger.get(f"{path}{rest}")).status_code for rest in ("", ".zip")] == [404, 404]
    assert "Our own notes" not in (await stranger.get("/libraries/resources")).text
    assert (await browser.get(path)).status_code == 200
