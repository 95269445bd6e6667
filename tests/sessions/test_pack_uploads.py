"""Files sent to a pack through its form: hostile ones, odd names, broken and large ones, a full store."""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
import tracemalloc
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from conference import db
from sessions.packs.tables import PackItem, Resource, ResourceFile, StoredContent
from tests.pages import Browser, make_settings, open_browser, text_of
from tests.sessions.pack_desk import DESK, PDF, codes, desk, kept_files, make_pack, publish, send
from tests.shared import data_path


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
