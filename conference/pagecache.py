"""Whole public pages kept in memory and answered before routing.

A handler marks a page that is the same for everyone with the header ``SHARED`` naming its conference. The cache keeps
it per (address, query, zone, language), gzip beside plain, with a strong ETag (RFC 9110 8.8.3), for as long as the
conference's ``public_version`` stands still and at most ``LIFETIME`` seconds (pages may show what is on now); a handler
may ask for less with the header ``KEPT``. Nothing personal may be in such a page: cookies other than the reader's choices are dropped from it.
"""

from __future__ import annotations

import gzip
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Send

from conference.i18n import interface_languages, negotiate

SHARED = "x-meridian-shared"
KEPT = (
    "x-meridian-kept"  # for how many seconds at most; "0": answered as any shared page, and forgotten at once
)
LIFETIME = 30.0  # seconds
_SHARED, _KEPT = SHARED.encode(), KEPT.encode()
_CHOICES = (b"tz=", b"lang=")

Headers = list[tuple[bytes, bytes]]
Key = tuple[str, bytes, bytes, bytes, str]


@dataclass(frozen=True)
class _Variant:
    headers: Headers
    body: bytes
    etag: bytes


@dataclass(frozen=True)
class _Page:
    conference: str
    version: int
    expires: float
    plain: _Variant
    zipped: _Variant

    @property
    def weight(self) -> int:
        return len(self.plain.body) + len(self.zipped.body) + 1000


@lru_cache(maxsize=512)
def _negotiated(accept_language: bytes) -> str:
    return negotiate(accept_language.decode("latin-1"), interface_languages())


def _choice(cookies: bytes, name: bytes) -> bytes:
    for part in cookies.split(b";"):
        part = part.strip()
        if part.startswith(name):
            return part[len(name) : len(name) + 80]
    return b""


class PageCache:
    """The cache as an ASGI application in front of another one.

    ``versions`` returns the present public version of each conference by slug; a slug it does not know is not cached.
    ``refresh`` brings them up to date: asked after each request that may have changed something, before its answer
    leaves, so that whoever follows the redirect sees the change.
    """

    def __init__(
        self,
        app: ASGIApp,
        versions: Callable[[], Mapping[str, int]],
        *,
        refresh: Callable[[], Awaitable[None]] | None = None,
        most_bytes: int = 64 * 1024 * 1024,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._versions = versions
        self._refresh = refresh
        self._most_bytes = most_bytes
        self._monotonic = monotonic
        self._pages: OrderedDict[Key, _Page] = OrderedDict()
        self._weight = 0
        self.hits = 0
        self.misses = 0

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] not in ("GET", "HEAD"):
            await self._write(scope, receive, send)
            return
        cookies = accept_language = accept_encoding = if_none_match = b""
        for name, value in scope["headers"]:
            if name == b"cookie":
                cookies += b";" + value
            elif name == b"accept-encoding":
                accept_encoding = value
            elif name == b"accept-language":
                accept_language = value
            elif name == b"if-none-match":
                if_none_match = value
        language = _choice(cookies, b"lang=")
        key = (
            scope["path"],
            scope["query_string"],
            _choice(cookies, b"tz="),
            language,
            "" if language else _negotiated(accept_language),
        )
        page = self._pages.get(key)
        if page is None or not self._is_fresh(page):
            page = await self._ask(key, scope, receive, send)
            if page is None:
                return
            self.misses += 1
        else:
            self._pages.move_to_end(key)
            self.hits += 1
        variant = page.zipped if b"gzip" in accept_encoding else page.plain
        if if_none_match and (variant.etag in if_none_match or if_none_match == b"*"):
            kept = [
                h
                for h in variant.headers
                if h[0] not in (b"content-length", b"content-encoding", b"content-type")
            ]
            await send({"type": "http.response.start", "status": 304, "headers": kept})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        await send({"type": "http.response.start", "status": 200, "headers": variant.headers})
        body = b"" if scope["method"] == "HEAD" else variant.body
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def clear(self) -> None:
        """Forget every page."""
        self._pages.clear()
        self._weight = 0

    def _is_fresh(self, page: _Page) -> bool:
        return self._versions().get(page.conference) == page.version and self._monotonic() < page.expires

    async def _ask(self, key: Key, scope: Any, receive: Receive, send: Send) -> _Page | None:
        """Let the application answer. A shared page is returned (and kept) unsent; any other answer has been sent."""
        started: dict[str, Any] | None = None
        chunks: list[bytes] = []
        versions = dict(self._versions())  # as they stood before the page was made

        async def listen(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                if message["status"] == 200 and any(name == _SHARED for name, _value in headers):
                    started = {"headers": headers}
                    return
                message["headers"] = [pair for pair in headers if pair[0] != _SHARED]
            elif started is not None and message["type"] == "http.response.body":
                chunks.append(message.get("body", b""))
                return
            elif scope["method"] == "HEAD" and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        if scope["method"] == "GET":
            await self._app(scope, receive, listen)
        elif not await self._answered_head(scope, receive, send):
            asked: Any = {**scope, "method": "GET"}
            await self._app(asked, receive, listen)
        if started is None:
            return None
        return self._keep(key, started["headers"], b"".join(chunks), versions)

    async def _answered_head(self, scope: Any, receive: Receive, send: Send) -> bool:
        """Let a route that knows HEAD answer it (a download need not be read for it); False where none does."""
        is_known = True

        async def listen(message: Message) -> None:
            nonlocal is_known
            if message["type"] == "http.response.start":
                is_known = message["status"] != 405
                message["headers"] = [pair for pair in message.get("headers", []) if pair[0] != _SHARED]
            if is_known:
                await send(message)

        await self._app(scope, receive, listen)
        return is_known

    async def _write(self, scope: Any, receive: Receive, send: Send) -> None:
        async def listen(message: Message) -> None:
            if message["type"] == "http.response.start" and self._refresh and message["status"] < 400:
                await self._refresh()
            await send(message)

        await self._app(scope, receive, listen)

    def _keep(self, key: Key, headers: Headers, body: bytes, versions: Mapping[str, int]) -> _Page:
        conference = next(value for name, value in headers if name == _SHARED).decode()
        seconds = next((float(value) for name, value in headers if name == _KEPT), LIFETIME)
        dropped = {_SHARED, _KEPT, b"content-length", b"etag", b"vary", b"cache-control"}
        common = [
            (name, value)
            for name, value in headers
            if name not in dropped and not (name == b"set-cookie" and not value.startswith(_CHOICES))
        ]
        common += [
            (b"vary", b"accept-encoding, accept-language, cookie"),
            (b"cache-control", b"private, no-cache"),
        ]
        digest = hashlib.sha256(body).hexdigest()[:32]
        # mtime=0: equal pages have equal bytes, so the ETag holds across processes and restarts.
        packed = gzip.compress(body, 6, mtime=0)
        page = _Page(
            conference=conference,
            version=versions.get(conference, -1),
            expires=self._monotonic() + min(seconds, LIFETIME),
            plain=_variant(common, body, f'"{digest}"'),
            zipped=_variant([*common, (b"content-encoding", b"gzip")], packed, f'"{digest}-gz"'),
        )
        if conference in versions and seconds > 0:
            if old := self._pages.pop(key, None):
                self._weight -= old.weight
            self._pages[key] = page
            self._weight += page.weight
            while self._weight > self._most_bytes and len(self._pages) > 1:
                _key, oldest = self._pages.popitem(last=False)
                self._weight -= oldest.weight
        return page


def _variant(headers: Headers, body: bytes, etag: str) -> _Variant:
    own = [(b"etag", etag.encode()), (b"content-length", str(len(body)).encode())]
    return _Variant([*headers, *own], body, etag.encode())
