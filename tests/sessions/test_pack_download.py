"""A pack as one zip over a bad line: ranges of an archive that is never made."""

from __future__ import annotations

import io
import zipfile

from conference import db
from tests.pages import Browser
from tests.sessions.pack_desk import PDF, desk, make_pack, publish, send


async def test_a_download_that_broke_off_is_resumed_with_the_same_octets(browser: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    await send(browser, pack, ("a.pdf", PDF), ("b.txt", b"two" * 5000))
    await publish(browser, pack)
    url = f"/libraries/resources/{pack}.zip"
    whole = await browser.get(url)
    assert whole.headers["accept-ranges"] == "bytes"
    etag, size = whole.headers["etag"], len(whole.content)
    for asked, start, end in (
        ("bytes=0-99", 0, 100),
        (f"bytes={size // 2}-", size // 2, size),
        ("bytes=-70", size - 70, size),
        (f"bytes=100-{size * 2}", 100, size),
    ):
        part = await browser.get(url, headers={"range": asked, "if-range": etag})
        assert part.status_code == 206, asked
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
        assert part.headers["content-length"] == str(end - start)
        assert part.content == whole.content[start:end]
        assert part.headers["etag"] == etag
    rest = await browser.get(url, headers={"range": "bytes=1000-", "if-range": etag})
    zipfile.ZipFile(io.BytesIO(whole.content[:1000] + rest.content)).testzip()
    beyond = await browser.get(url, headers={"range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    several = await browser.get(url, headers={"range": "bytes=0-9,20-29"})
    assert several.status_code == 206
    assert several.headers["content-type"].startswith("multipart/byteranges; boundary=")
    assert whole.content[20:30] in several.content
    head = await browser.head(url, headers={"range": "bytes=0-9"})
    assert (head.status_code, head.headers["content-length"]) == (200, str(size))


async def test_a_pack_that_changed_meanwhile_is_sent_whole(browser: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    await send(browser, pack, ("a.pdf", PDF))
    await publish(browser, pack)
    url = f"/libraries/resources/{pack}.zip"
    before = (await browser.get(url)).headers["etag"]
    await send(browser, pack, ("b.txt", b"two"))
    answer = await browser.get(url, headers={"range": "bytes=100-", "if-range": before})
    assert answer.status_code == 200
    assert answer.headers["etag"] != before
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None


async def test_the_bag_is_in_the_readers_language_each_with_a_tag_of_its_own(browser: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    await send(browser, pack, ("a.pdf", PDF))
    await publish(browser, pack)
    url = f"/libraries/resources/{pack}.zip"
    found = {}
    for language in ("en", "fr", "ar"):
        answer = await browser.get(f"{url}?lang={language}")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            (page,) = (name for name in archive.namelist() if name.endswith("data/index.html"))
            assert f'<html lang="{language}"' in archive.read(page).decode()
        found[answer.headers["etag"]] = answer.headers["content-length"]
        assert "accept-language" in answer.headers["vary"]
    assert len(found) == 3
    assert f"{url}?lang=en" in (await browser.get(f"/libraries/resources/{pack}?lang=en")).text


async def test_a_large_pack_costs_no_more_queries_than_a_small_one(browser: Browser) -> None:
    await desk(browser)
    small, large = await make_pack(browser), await make_pack(browser, "Large")
    await send(browser, small, ("a.pdf", PDF))
    await send(browser, large, *((f"{number}.txt", b"%d" % number) for number in range(12)))
    for pack in (small, large):
        await publish(browser, pack)
    counts = []
    for pack in (small, large):
        url = f"/libraries/resources/{pack}.zip"
        await browser.get(url)  # the release is read
        with db.count_queries() as queries:
            assert (await browser.get(url)).status_code == 200
        counts.append(queries.total)
    assert counts[0] == counts[1]
    assert counts[0] < 30
