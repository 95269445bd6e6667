"""Odd addresses, queries and headers."""

from __future__ import annotations

import re
from importlib import resources
from urllib.parse import quote

from tests.attacks.world import TRACEBACK, World, heard_bugs, some

JUNK = (
    "\0",
    "x" * 5000,
    "9" * 4999,
    "📚🌍",
    "' OR 1=1 --",
    "../../etc/passwd",
    "..",
    "%",
    "99999999999999999999999",
    "-1",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "é\u202e\u0301",
    "\r\nX-Evil: 1",
)
RAW_JUNK = ("%00", "%ff%fe", "%2e%2e%2f", "%c0%ae", "%", "%zz", "%0d%0aX-Evil:1", "a;b", "%ED%A0%80")


ODD = (*(quote(junk, safe="") for junk in JUNK), *RAW_JUNK)


def filled(template: str, world: World, junk: str) -> list[str]:
    """The route's path with junk in one parameter at a time, the others as they are in the world."""
    known = world.addresses.get(template, [""])[0].partition("?")[0].split("/")
    parts = template.split("/")
    real = known if len(known) == len(parts) else [_guess(part, world) for part in parts]
    return [
        "/".join([*real[:at], junk, *real[at + 1 :]]) for at, part in enumerate(parts) if part.startswith("{")
    ]


def _guess(part: str, world: World) -> str:
    if part == "{slug:str}":
        return world.conference.slug
    return "nothing8" if part.startswith("{") else part


async def test_every_address_is_found_by_following_links(calm_world: World) -> None:
    not_in_the_demo = {
        "/join/{code:str}/recording",  # no session has one yet
        "/resources/{code:str}/preview.webp",  # made by a job
        "/resources/{code:str}/chapters.vtt",
    }
    missing = {route for route in calm_world.routes("GET") if route not in calm_world.addresses}
    assert missing <= not_in_the_demo
    assert calm_world.failures == []


async def test_no_junk_in_an_address_is_our_fault(calm_world: World) -> None:
    with heard_bugs() as heard:
        for number, template in enumerate(calm_world.routes("GET")):
            for junk in some(ODD, number, 5):
                for address in filled(template, calm_world, junk[:9000]):
                    answer = await calm_world.browser.get(address)
                    assert answer.status_code < 500, (address[:200], answer.status_code, heard)
                    assert not TRACEBACK.search(answer.text), address[:200]
                    assert "x-evil" not in answer.headers
    assert heard == []


async def test_no_junk_in_a_query_is_our_fault(calm_world: World) -> None:
    names = query_names()
    with heard_bugs() as heard:
        for number, addresses in enumerate(calm_world.addresses.values()):
            address = addresses[0].partition("?")[0]
            for junk in some(ODD, number, 4):
                for part in (names[::2], names[1::2]) if len(junk) < 1000 else (names[number % 6 :: 6],):
                    query = "&".join(f"{name}={junk}" for name in part)
                    answer = await calm_world.browser.get(f"{address}?{query}"[:60_000])
                    assert answer.status_code < 500, (address, junk[:50], heard)
                    assert not TRACEBACK.search(answer.text)
                    assert "x-evil" not in answer.headers
                    assert "<script>alert(1)" not in answer.text
    assert heard == []


def query_names() -> list[str]:
    """Every name that a controller asks a query or a form for."""
    names = {"tz", "lang", "key"}
    for package in ("conference", "sessions", "registration"):
        for file in (resources.files(package) / "controllers").iterdir():
            if file.name.endswith(".py"):
                names |= set(re.findall(r"\.get(?:all)?\(\"(\w+)\"", file.read_text("utf-8")))
    assert len(names) > 10
    return sorted(names)


HEADERS = (
    {"accept-language": "x" * 8000},
    {"accept-language": "de;q=a, *;q=0, \x80\xff, en;q=1e9,,,;;;"},
    {"accept-language": "-" * 50 + ",zh_Hant_TW-x-private;q=0.00000000001"},
    {
        "cookie": "tz=../../etc/passwd; lang=../../x; organiser=\x80\xff; attendee_1='; flash=%%%; csrftoken=\"; =; ;;"
    },
    {"cookie": "flash=WzFd; attendee_99999999999999999999=x; attendee_٣=y; tz=Europe/Berlin\\r\\n"},
    {"cookie": "flash=bnVsbA==; lang=xx; tz=" + "A" * 5000},
    {"cookie": "flash=eyJhIjoxfQ==; organiser-next=//evil.example"},
    {"cookie": "flash=W1sxLDIsM11d"},
    {"cookie": "flash=" + "W10=" * 1000},
    {"cookie": "flash=NzI="},
    {"cookie": "flash=é"},
    {"if-none-match": 'W/"' + "x" * 5000},
    {"if-none-match": "*", "if-modified-since": "yesterday"},
    {"range": "bytes=99999999999-, -1, 5-2, abc", "if-range": "\x80"},
    {"range": "bytes=-0"},
    {"range": "bytes=" + ",".join(f"{i}-{i}" for i in range(500))},
    {"host": "evil.example"},
    {"host": 'evil.example" onload=1'},
    {"host": ""},
    {"x-forwarded-for": "999.999.1.1, ::g", "x-forwarded-host": "evil.example"},
    {"accept": "application/json"},
    {"accept": "\x80;q=x"},
    {"content-type": "application/json"},
    {"content-type": "multipart/form-data"},
    {"content-length": "abc"},
    {"accept-encoding": "gzip;q=0, \x80"},
    {"hx-request": "true", "hx-current-url": "\x80"},
)


async def test_no_header_is_our_fault(calm_world: World) -> None:
    with heard_bugs() as heard:
        for number, addresses in enumerate(calm_world.addresses.values()):
            for headers in some(HEADERS, number, 8):
                raw = {name.encode(): _octets(value) for name, value in headers.items()}
                answer = await calm_world.browser.get(addresses[0], headers=raw)
                assert answer.status_code < 500, (addresses[0], headers, heard)
                assert "evil.example" not in answer.headers.get("location", "")
                assert "evil.example" not in answer.text
        for headers in HEADERS:  # and every one of them on a page that shows messages, and a shared one
            raw = {name.encode(): _octets(value) for name, value in headers.items()}
            for address in ("/", f"/{calm_world.conference.slug}/", "/organise/sign-in"):
                assert (await calm_world.browser.get(address, headers=raw)).status_code < 500, headers
    assert heard == []


def _octets(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()
