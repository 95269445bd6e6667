"""A pack as one zip over a bad line: ranges of an archive that is never made."""

from __future__ import annotations

import io
import zipfile

from tests.pages import Browser
from tests.sessions.test_resource_pages import PDF, desk, make_pack, publish, send


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
