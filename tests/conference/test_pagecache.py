"""Whole pages kept in memory: never stale, never someone else's, and never anything personal."""

from __future__ import annotations

import gzip
from typing import Any

from conference.pagecache import LIFETIME, SHARED, PageCache

Answer = tuple[int, dict[str, list[str]], bytes]


class Site:
    """An application that counts how often it is asked, behind the cache."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.shared: str | None = "libraries"
        self.status = 200
        self.body: bytes | None = None
        self.cookies: list[str] = []
        self.knows_head = False
        self.versions = {"libraries": 1}
        self.refreshed = 0
        self.time = 0.0
        self.cache = PageCache(
            self.app,
            lambda: self.versions,
            refresh=self.refresh,
            monotonic=lambda: self.time,
            most_bytes=100_000,
        )

    async def refresh(self) -> None:
        self.refreshed += 1

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append((scope["method"], scope["path"]))
        status = self.status
        if scope["method"] == "HEAD" and not self.knows_head:
            status = 405
        headers = [(b"content-type", b"text/html; charset=utf-8")]
        if self.shared is not None and status == 200:
            headers.append((SHARED.encode(), self.shared.encode()))
        headers += [(b"set-cookie", cookie.encode()) for cookie in self.cookies]
        body = self.body if self.body is not None else f"answer {len(self.asked)} ".encode() * 20
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body[:10], "more_body": True})
        await send({"type": "http.response.body", "body": body[10:], "more_body": False})

    async def get(
        self, path: str = "/libraries/", method: str = "GET", query: str = "", **headers: str
    ) -> Answer:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()],
        }
        await self.cache(scope, receive, send)
        assert [m["type"] for m in sent[:1]] == ["http.response.start"]
        assert not sent[-1].get("more_body")
        got: dict[str, list[str]] = {}
        for name, value in sent[0]["headers"]:
            got.setdefault(name.decode(), []).append(value.decode())
        return sent[0]["status"], got, b"".join(m.get("body", b"") for m in sent[1:])


async def test_a_shared_page_is_made_once() -> None:
    site = Site()
    first, second = await site.get(), await site.get()
    assert first == second
    assert len(site.asked) == 1
    assert (site.cache.hits, site.cache.misses) == (1, 1)
    assert SHARED not in first[1]
    assert first[1]["content-length"] == [str(len(first[2]))]


async def test_a_page_that_is_not_shared_is_asked_for_each_time() -> None:
    site = Site()
    site.shared = None
    first, second = await site.get(), await site.get()
    assert first[2] != second[2]
    assert "etag" not in first[1]
    assert site.cache.misses == 0


async def test_each_zone_language_and_query_has_its_own_page() -> None:
    site = Site()
    variants: list[dict[str, str]] = [
        {},
        {"cookie": "tz=Asia/Kolkata"},
        {"cookie": "a=b; tz=Europe/Berlin"},
        {"cookie": "lang=fr"},
        {"query": "tz=Asia/Kolkata"},
        {"query": "q=x"},
        {"path": "/libraries/programme"},
    ]
    bodies = [(await site.get(**variant))[2] for variant in variants]
    assert len(set(bodies)) == len(variants)
    again = [(await site.get(**variant))[2] for variant in variants]
    assert again == bodies
    assert len(site.asked) == len(variants)


async def test_other_cookies_make_no_difference_and_none_is_kept() -> None:
    site = Site()
    site.cookies = ["csrftoken=secret; Path=/", "organiser=secret", "tz=Asia/Kolkata; Path=/"]
    first = await site.get(cookie="organiser=abc")
    second = await site.get(cookie="organiser=xyz; other=1")
    assert first[1]["set-cookie"] == second[1]["set-cookie"] == ["tz=Asia/Kolkata; Path=/"]
    assert len(site.asked) == 1


async def test_a_change_of_the_public_version_ends_a_page() -> None:
    site = Site()
    first = await site.get()
    site.versions = {"libraries": 2}
    second = await site.get()
    assert first[2] != second[2]
    assert first[1]["etag"] != second[1]["etag"]


async def test_another_conference_s_change_ends_nothing() -> None:
    site = Site()
    await site.get()
    site.versions = {"libraries": 1, "other": 9}
    await site.get()
    assert len(site.asked) == 1


async def test_a_change_while_the_page_is_made_ends_it_too() -> None:
    site = Site()
    inner = site.app

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await inner(scope, receive, send)
        site.versions = {"libraries": 2}  # published while the old page was being written

    site.cache._app = slow
    old = await site.get()
    site.cache._app = inner
    assert (await site.get())[2] != old[2]


async def test_a_page_lives_half_a_minute() -> None:
    site = Site()
    await site.get()
    site.time = LIFETIME - 0.1
    await site.get()
    assert len(site.asked) == 1
    site.time = LIFETIME
    await site.get()
    assert len(site.asked) == 2


async def test_a_conference_nobody_knows_is_not_kept() -> None:
    site = Site()
    site.shared = "unheard-of"
    assert (await site.get())[2] != (await site.get())[2]


async def test_errors_are_not_kept() -> None:
    site = Site()
    site.status = 404
    first = await site.get()
    await site.get()
    assert first[0] == 404
    assert len(site.asked) == 2


async def test_gzip_holds_the_same_page_under_its_own_tag() -> None:
    site = Site()
    plain = await site.get()
    packed = await site.get(accept_encoding="br, gzip")
    assert packed[1]["content-encoding"] == ["gzip"]
    assert gzip.decompress(packed[2]) == plain[2]
    assert packed[1]["etag"] != plain[1]["etag"]
    assert packed[1]["content-length"] == [str(len(packed[2]))]
    assert "accept-encoding" in packed[1]["vary"][0]


async def test_who_has_the_page_gets_304_without_it() -> None:
    site = Site()
    _status, headers, _body = await site.get()
    tag = headers["etag"][0]
    for wanted in (tag, f'"other", W/{tag}', "*"):
        status, kept, body = await site.get(if_none_match=wanted)
        assert (status, body) == (304, b"")
        assert kept["etag"] == [tag]
        assert "content-length" not in kept
    assert (await site.get(if_none_match='"other"'))[0] == 200


async def test_the_tag_of_equal_pages_is_equal_in_every_process() -> None:
    one, other = Site(), Site()
    one.body = other.body = b"the same page in two processes"
    assert (await one.get())[1]["etag"] == (await other.get())[1]["etag"]
    zipped = [(await site.get(accept_encoding="gzip"))[2] for site in (one, other)]
    assert zipped[0] == zipped[1]


async def test_head_has_the_page_s_headers_and_no_body() -> None:
    site = Site()
    status, headers, body = await site.get(method="HEAD")
    assert (status, body) == (200, b"")
    assert site.asked == [("HEAD", "/libraries/"), ("GET", "/libraries/")]
    page = await site.get()
    assert headers == page[1]
    assert len(site.asked) == 2  # what HEAD had made is kept


async def test_head_of_what_is_not_shared_has_no_body_either() -> None:
    site = Site()
    site.shared = None
    status, _headers, body = await site.get(method="HEAD")
    assert (status, body) == (200, b"")


async def test_a_route_that_knows_head_answers_it_alone() -> None:
    site = Site()
    site.knows_head = True
    await site.get(method="HEAD")
    assert site.asked == [("HEAD", "/libraries/")]
    assert (await site.get())[2]  # and an empty body was not kept for GET


async def test_after_a_change_the_versions_are_looked_up_before_the_answer_leaves() -> None:
    site = Site()
    await site.get(method="POST")
    assert site.refreshed == 1
    site.status = 422
    await site.get(method="POST")
    assert site.refreshed == 1  # nothing was changed
    await site.get()
    assert site.refreshed == 1


async def test_a_change_is_never_answered_from_memory() -> None:
    site = Site()
    await site.get()
    await site.get(method="POST")
    await site.get(method="POST")
    assert [method for method, _path in site.asked] == ["GET", "POST", "POST"]


async def test_memory_is_bounded_and_the_least_used_page_goes_first() -> None:
    site = Site()
    site.body = b"x" * 9000
    await site.get(path="/libraries/first")
    for number in range(30):
        await site.get(path=f"/libraries/{number}")
        await site.get(path="/libraries/first")
    assert site.cache._weight <= 100_000
    assert [path for _method, path in site.asked].count("/libraries/first") == 1
    await site.get(path="/libraries/0")
    assert [path for _method, path in site.asked].count("/libraries/0") == 2


async def test_a_page_replaced_is_counted_once() -> None:
    site = Site()
    await site.get()
    weight = site.cache._weight
    for version in range(2, 20):
        site.versions = {"libraries": version}
        await site.get()
    assert abs(site.cache._weight - weight) < 200
    site.cache.clear()
    assert site.cache._weight == 0
