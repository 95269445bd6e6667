"""Downloads as browsers, players and download managers ask for them."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncBaseTransport, AsyncClient
from litestar import HttpMethod, Litestar, Request, Response, route
from litestar.exceptions import LitestarException

from conference.downloads import (
    MAX_RANGES,
    ByteRange,
    RangeNotSatisfiable,
    file_response,
    is_not_modified,
    parse_range,
    range_still_holds,
)
from conference.errors import DomainError
from conference.storage import Storage, open_storage

CONTENT = bytes(range(256)) * 10_000
SIZE = len(CONTENT)
ETAG = '"abc123"'


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


@pytest.mark.parametrize(
    ("header", "ranges"),
    [
        ("bytes=0-9", [(0, 10)]),
        ("bytes=90-", [(90, 100)]),
        ("bytes=-5", [(95, 100)]),
        ("bytes=-500", [(0, 100)]),
        ("bytes=0-0,-1", [(0, 1), (99, 100)]),
        ("bytes=50-59, 0-9", [(50, 60), (0, 10)]),
        ("bytes=0-9999", [(0, 100)]),
        ("BYTES = 0-9", [(0, 10)]),
        ("bytes=0-9,500-", [(0, 10)]),
        ("", []),
        ("items=0-9", []),
        ("bytes", []),
        ("bytes=", []),
        ("bytes=-", []),
        ("bytes=a-b", []),
        ("bytes=9-0", []),
        ("bytes=0-9,x", []),
        ("bytes=0-50,40-60", []),
        ("bytes=١-٩", []),
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(MAX_RANGES + 1)), []),
        ("bytes=0-" + "9" * 5000, []),
    ],
)
def test_ranges_are_understood_or_ignored(header: str, ranges: list[tuple[int, int]]) -> None:
    assert parse_range(header, 100) == [ByteRange(*pair) for pair in ranges]


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=99999999-", "bytes=-0", "bytes=100-200,300-"])
def test_ranges_outside_the_file_cannot_be_had(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        parse_range(header, 100)


def test_an_empty_file_has_no_ranges() -> None:
    with pytest.raises(RangeNotSatisfiable):
        parse_range("bytes=0-", 0)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('"abc"', True),
        ('W/"abc"', True),
        ('"x", "abc"', True),
        ("*", True),
        ('"x"', False),
        ("", False),
        ("abc", False),
    ],
)
def test_if_none_match_compares_weakly(header: str, expected: bool) -> None:
    assert is_not_modified(header, '"abc"') is expected


def test_if_range_compares_strongly() -> None:
    assert range_still_holds("", '"abc"')
    assert range_still_holds('"abc"', '"abc"')
    assert not range_still_holds('"x"', '"abc"')
    assert not range_still_holds('W/"abc"', 'W/"abc"')
    assert not range_still_holds("Sat, 29 Oct 1994 19:43:31 GMT", '"abc"')


def transport(app: Any) -> AsyncBaseTransport:
    """httpx and Litestar name the types of an ASGI message differently; ``Any`` lets them meet."""
    return ASGITransport(app)


class Shelf:
    """One stored file behind an app, and a client that asks for it."""

    def __init__(self, client: AsyncClient, storage: Storage, key: str) -> None:
        self.client, self.storage, self.key = client, storage, key

    async def get(self, path: str = "/file", method: str = "GET", **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, path, headers=named)


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    storage = open_storage("", tmp_path)
    stored = await storage.put_stream(pieces(CONTENT))

    @route(["/file", "/picture"], http_method=[HttpMethod.GET, HttpMethod.HEAD])
    async def send(request: Request[Any, Any, Any]) -> Response[Any]:
        picture = request.url.path == "/picture"
        return await file_response(
            request,
            storage,
            key=stored.key,
            size=stored.size,
            etag=ETAG,
            media_type="image/png" if picture else "text/csv",
            filename="Métadonnées.csv",
            inline=picture,
        )

    def refuse(_request: Request[Any, Any, Any], error: DomainError) -> Response[str]:
        return Response(error.message, status_code=error.http_status, media_type="text/plain")

    app = Litestar([send], exception_handlers={DomainError: refuse}, openapi_config=None)
    async with AsyncClient(transport=transport(app), base_url="http://shelf") as client:
        yield Shelf(client, storage, stored.key)


async def test_the_whole_file_with_headers_that_keep_it_harmless(shelf: Shelf) -> None:
    answer = await shelf.get()
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert dict(answer.headers) == {
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",
        "content-disposition": "attachment; filename=\"Metadonnees.csv\"; filename*=UTF-8''M%C3%A9tadonn%C3%A9es.csv",
        "content-length": str(SIZE),
        "content-security-policy": "default-src 'none'; sandbox",
        "content-type": "text/csv",
        "cross-origin-resource-policy": "same-site",
        "etag": ETAG,
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    picture = await shelf.get("/picture")
    assert picture.headers["content-disposition"].startswith("inline; ")
    assert picture.headers["content-security-policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-9", 0, 10), ("bytes=-5", SIZE - 5, SIZE), ("bytes=1000000-", 1_000_000, SIZE)],
)
async def test_one_range(shelf: Shelf, asked: str, start: int, end: int) -> None:
    answer = await shelf.get(range=asked)
    assert answer.status_code == 206
    assert answer.content == CONTENT[start:end]
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert answer.headers["content-length"] == str(end - start)


async def test_several_ranges_come_in_parts(shelf: Shelf) -> None:
    answer = await shelf.get(range="bytes=0-9, 500-599, -3")
    assert answer.status_code == 206
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "content-range" not in answer.headers
    boundary = answer.headers["content-type"].removeprefix("multipart/byteranges; boundary=").encode()
    before, *parts, after = answer.content.split(b"\r\n--" + boundary)
    assert (before, after) == (b"", b"--\r\n")
    found = []
    for section in parts:
        head, _, body = section.partition(b"\r\n\r\n")
        match = re.search(rb"Content-Type: text/csv\r\nContent-Range: bytes (\d+)-(\d+)/2560000\Z", head)
        assert match is not None
        found.append((int(match[1]), int(match[2]) + 1, body))
    assert found == [(s, e, CONTENT[s:e]) for s, e in [(0, 10), (500, 600), (SIZE - 3, SIZE)]]


async def test_a_range_past_the_end_names_the_length(shelf: Shelf) -> None:
    answer = await shelf.get(range="bytes=99999999-")
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


async def test_unknown_units_and_too_many_ranges_give_the_whole(shelf: Shelf) -> None:
    for asked in ("items=1", "bytes=" + ",".join(f"{n * 2}-{n * 2}" for n in range(MAX_RANGES + 1))):
        answer = await shelf.get(range=asked)
        assert (answer.status_code, len(answer.content)) == (200, SIZE)


async def test_a_resumed_download_of_another_version_starts_over(shelf: Shelf) -> None:
    assert (await shelf.get(range="bytes=5-", if_range=ETAG)).status_code == 206
    assert (await shelf.get(range="bytes=5-", if_range='"older"')).content == CONTENT


async def test_what_the_reader_has_is_not_sent_again(shelf: Shelf) -> None:
    answer = await shelf.get(if_none_match=f'"x", {ETAG}', range="bytes=0-9")
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == ETAG
    assert "content-length" not in answer.headers


async def test_head_gives_the_headers_only(shelf: Shelf) -> None:
    answer = await shelf.get(method="HEAD", range="bytes=0-9")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(SIZE)
    assert answer.headers["content-type"] == "text/csv"


async def test_a_file_that_is_gone_is_an_error_page(shelf: Shelf) -> None:
    await shelf.storage.delete(shelf.key)
    answer = await shelf.get()
    assert answer.status_code == 503
    assert "etag" not in answer.headers


async def test_a_file_that_ends_early_breaks_the_download(shelf: Shelf, tmp_path: Path) -> None:
    with (tmp_path / "files" / shelf.key).open("r+b") as file:
        file.truncate(SIZE - 1000)
    with pytest.raises((LitestarException, ExceptionGroup)):
        await shelf.get()
