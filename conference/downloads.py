"""Stored files over HTTP: whole, in ranges, or not at all (RFC 9110), with headers that keep them harmless."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any
from uuid import uuid4

from litestar import MediaType, Request, Response
from litestar.response import Stream

from conference.filenames import content_disposition
from conference.storage import Storage

MAX_RANGES = 10

Read = Callable[[int, int], AsyncIterator[bytes]]
"""``read(start, end)``: octets from ``start`` to before ``end`` of whatever is sent."""

# A file people uploaded is never part of the site: nothing in it may run, load, or be taken for another type.
SAFE_HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-site",
    "referrer-policy": "no-referrer",
}


@dataclass(frozen=True)
class ByteRange:
    """Octets from ``start`` to before ``end`` of a file."""

    start: int
    end: int

    def content_range(self, size: int) -> str:
        """The header's value (RFC 9110 14.4), whose last position is inclusive."""
        return f"bytes {self.start}-{self.end - 1}/{size}"


class RangeNotSatisfiable(Exception):
    """No asked-for range lies within the file (RFC 9110 15.5.17)."""


def parse_range(header: str, size: int) -> list[ByteRange]:
    """The ranges a ``Range`` header asks of a file of ``size`` octets; empty when it is to be ignored.

    Ignored (RFC 9110 14.2) are other units, broken headers, and more than MAX_RANGES ranges or ranges that
    overlap, which would cost more than the whole file. Raises RangeNotSatisfiable when none lies within.
    """
    unit, equals, text = header.partition("=")
    if not equals or unit.strip().lower() != "bytes":
        return []
    asked = [item.strip() for item in text.split(",") if item.strip()]
    if not asked or len(asked) > MAX_RANGES:
        return []
    ranges = []
    for item in asked:
        match = re.fullmatch(r"([0-9]{0,18})-([0-9]{0,18})", item)
        if match is None or item == "-":
            return []
        first, last = match.groups()
        if not first:
            start, end = max(0, size - int(last)), size
        else:
            start, end = int(first), min(int(last) + 1, size) if last else size
            if last and int(last) < start:
                return []
        if start < end:
            ranges.append(ByteRange(start, end))
    if not ranges:
        raise RangeNotSatisfiable
    in_order = sorted(ranges, key=lambda wanted: wanted.start)
    if any(later.start < earlier.end for earlier, later in pairwise(in_order)):
        return []
    return ranges


def is_not_modified(if_none_match: str, etag: str) -> bool:
    """Whether the reader already has the file: weak comparison with each tag of the list (RFC 9110 13.1.2)."""
    if if_none_match.strip() == "*":
        return True
    tags = re.findall(r'(?:W/)?("[^"]*")', if_none_match)
    return etag.removeprefix("W/") in tags


def range_still_holds(if_range: str, etag: str) -> bool:
    """Whether a range may be answered: strong comparison; a date never matches (RFC 9110 13.1.5)."""
    return not if_range or (if_range.strip() == etag and not etag.startswith("W/"))


async def file_response(
    request: Request[Any, Any, Any],
    storage: Storage,
    *,
    key: str,
    size: int,
    etag: str,
    media_type: str,
    filename: str,
    inline: bool = False,
    cache_control: str = "private, no-cache",
) -> Response[Any]:
    """The answer to a GET or HEAD for a stored file: 200, 206, 304 or 416.

    ``etag`` is strong and quoted, ``"…"``, made from the file's checksum; ``size`` in octets. ``inline`` only for
    types whose ``FileType.inline_allowed`` says so. Reading starts before the answer does: a store that
    is down becomes an error page (StorageUnavailable) and not a broken download.
    """
    headers = {
        "etag": etag,
        "cache-control": cache_control,
        "content-disposition": content_disposition(filename, inline=inline),
    }
    return await ranged_response(
        request, partial(storage.stream, key), size=size, media_type=media_type, headers=headers
    )


async def ranged_response(
    request: Request[Any, Any, Any], read: Read, *, size: int, media_type: str, headers: Mapping[str, str]
) -> Response[Any]:
    """The answer to a GET or HEAD for ``size`` octets that ``read(start, end)`` gives: 200, 206, 304 or 416.

    ``headers`` bring a strong, quoted ``etag``, which stays the same for as long as the octets do.
    """
    headers = {**SAFE_HEADERS, "accept-ranges": "bytes", **headers}
    if is_not_modified(request.headers.get("if-none-match", ""), headers["etag"]):
        return Response(b"", status_code=304, headers=headers, media_type=media_type)
    ranges: list[ByteRange] = []
    # A range on HEAD is ignored (RFC 9110 14.2: only GET has ranges).
    if request.method == "GET" and range_still_holds(request.headers.get("if-range", ""), headers["etag"]):
        try:
            ranges = parse_range(request.headers.get("range", ""), size)
        except RangeNotSatisfiable:
            headers["content-range"] = f"bytes */{size}"
            return Response(b"", status_code=416, headers=headers, media_type=MediaType.TEXT)
    if len(ranges) > 1:
        return await _several_ranges(request, read, size, media_type, ranges, headers)
    wanted = ranges[0] if ranges else ByteRange(0, size)
    if ranges:
        headers["content-range"] = wanted.content_range(size)
    return await stream_response(
        request,
        read(wanted.start, wanted.end),
        length=wanted.end - wanted.start,
        headers=headers,
        media_type=media_type,
        status_code=206 if ranges else 200,
    )


async def stream_response(
    request: Request[Any, Any, Any],
    chunks: AsyncIterator[bytes],
    *,
    length: int,
    headers: dict[str, str],
    media_type: str,
    status_code: int = 200,
) -> Response[Any]:
    """An answer of exactly ``length`` octets, written while ``chunks`` is read; only its headers for HEAD.

    The first chunk is read here, so that what fails at once is still an error page. What fails later
    ends the connection short of ``length``, and the reader's program sees that the download broke.
    """
    # Said here, because Litestar would claim a charset for every text file.
    headers = {**headers, "content-type": media_type, "content-length": str(length)}
    if request.method == "HEAD":
        return Response(b"", status_code=status_code, headers=headers)
    first = await anext(chunks, b"")
    return Stream(_rejoined(first, chunks), status_code=status_code, headers=headers)


async def _several_ranges(
    request: Request[Any, Any, Any],
    read: Read,
    size: int,
    media_type: str,
    ranges: list[ByteRange],
    headers: dict[str, str],
) -> Response[Any]:
    """RFC 9110 15.3.7.2: each range is a part with its own type and place."""
    boundary = uuid4().hex
    heads = [
        f"\r\n--{boundary}\r\nContent-Type: {media_type}\r\n"
        f"Content-Range: {wanted.content_range(size)}\r\n\r\n".encode()
        for wanted in ranges
    ]
    end = f"\r\n--{boundary}--\r\n".encode()

    async def parts() -> AsyncIterator[bytes]:
        for head, wanted in zip(heads, ranges, strict=True):
            yield head
            async for chunk in read(wanted.start, wanted.end):
                yield chunk
        yield end

    return await stream_response(
        request,
        parts(),
        length=sum(map(len, heads)) + sum(wanted.end - wanted.start for wanted in ranges) + len(end),
        headers=headers,
        media_type=f"multipart/byteranges; boundary={boundary}",
        status_code=206,
    )


async def _rejoined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk
