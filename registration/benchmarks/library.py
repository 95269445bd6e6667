"""The library with ten thousand resources: harvested whole by OAI-PMH, and searched while somebody types."""

from __future__ import annotations

import re
import statistics
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlsplit

from conference.benchmarks.bare import BODY_FILE
from conference.benchmarks.places import Place
from conference.benchmarks.server import RunningServer, running_server
from conference.benchmarks.weight import fetch
from registration.benchmarks.results import Asked, Result
from registration.benchmarks.shelves import fill_shelves

RECORDS_GOAL = 500.0  # a second: ten thousand within twenty seconds
SEARCH_GOAL_MS = 300.0
TURNS = 5
HARVEST = "/oai?verb=ListRecords"
# What a reader asks: a word as it is typed, a rare pair of words, filters, everything, and its last pages.
SEARCHES = (
    "",
    "?q=l",
    "?q=li",
    "?q=libr",
    "?q=library",
    "?q=library+garden+school",
    "?q=%22open+garden%22",
    "?q=bridge&kind=slides&language=en",
    "?kind=slides&kind=recording&licence=CC-BY-4.0&conference=bench-3",
    "?q=zzzz",
    "?page=500",
)
_TOKEN = re.compile(rb"<resumptionToken[^>]*>([^<]+)<")
_RECORD = b"<record>"


def library(folder: Path, asked: Asked) -> Iterator[Result]:
    """Records a second of a whole harvest, and how long searches take, each beside a bare handler with the same octets."""
    for place in asked.places(folder):
        place.prepare(partial(fill_shelves, resources=asked.resources))
        with place.serving() as server:
            yield from _harvest(place, server, asked.resources)
            yield from _search(place, server, asked.resources)


def _harvest(place: Place, server: RunningServer, resources: int) -> Iterator[Result]:
    fetch(server.url, f"{HARVEST}&metadataPrefix=oai_dc")  # what is made once is made
    seconds, pages = _harvested(server.url)
    records = sum(number for number, _octets in pages)
    if records != resources:
        raise RuntimeError(f"{records} of {resources} records were harvested")
    rate = records / seconds
    yield Result(
        f"OAI-PMH, {resources:,} records, {place.engine}: harvested a second",
        f"{rate:,.0f}",
        f"≥ {RECORDS_GOAL:,.0f}",
        rate >= RECORDS_GOAL,
    )
    with _bare(place, pages[0][1]) as bare:
        began = time.perf_counter()
        with _connected(bare.url) as connection:
            for _page in pages:
                _unpacked(connection, "/")
        took = time.perf_counter() - began
    yield Result("… a bare handler with the octets of a page, a second", f"{records / took:,.0f}")


def _harvested(url: str) -> tuple[float, list[tuple[int, bytes]]]:
    """Follow the tokens to the end, as a harvester does; seconds, and of each page its records and its octets (packed)."""
    pages: list[tuple[int, bytes]] = []
    address = f"{HARVEST}&metadataPrefix=oai_dc"
    began = time.perf_counter()
    with _connected(url) as connection:
        while address:
            packed, plain = _unpacked(connection, address)
            pages.append((plain.count(_RECORD), packed))
            token = _TOKEN.search(plain)
            address = f"{HARVEST}&resumptionToken={quote(token[1].decode())}" if token else ""
    return time.perf_counter() - began, pages


def _unpacked(connection: HTTPConnection, address: str) -> tuple[bytes, bytes]:
    connection.request("GET", address, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    packed = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{address} answered {answer.status}")
    is_packed = answer.headers["content-encoding"] == "gzip"
    return packed, zlib.decompress(packed, 31) if is_packed else packed


def _search(place: Place, server: RunningServer, resources: int) -> Iterator[Result]:
    fetch(server.url, "/resources")
    medians = {asked: statistics.median(_times(server.url, f"/resources{asked}")) for asked in SEARCHES}
    slowest = max(medians, key=lambda asked: medians[asked])
    yield Result(
        f"Library search, {resources:,} resources, {place.engine}: usual / slowest",
        f"{statistics.median(medians.values()):.0f} / {medians[slowest]:.0f} ms",
        f"< {SEARCH_GOAL_MS:.0f} ms",
        medians[slowest] < SEARCH_GOAL_MS,
    )
    yield Result(f"… /resources{slowest}", f"{medians[slowest]:.0f} ms")
    with _bare(place, fetch(server.url, "/resources").compressed) as bare:
        usual = statistics.median(_times(bare.url, "/"))
    yield Result("… a bare handler with the page’s octets", f"{usual:.1f} ms")


def _times(url: str, address: str) -> list[float]:
    """How long the answer takes each time, in milliseconds."""
    times = []
    with _connected(url) as connection:
        for _turn in range(TURNS):
            began = time.perf_counter()
            _unpacked(connection, address)
            times.append(1000 * (time.perf_counter() - began))
    return times


def _connected(url: str) -> closing[HTTPConnection]:
    return closing(HTTPConnection(urlsplit(url).netloc, timeout=60))


@contextmanager
def _bare(place: Place, packed: bytes) -> Iterator[RunningServer]:
    """The framework alone, with a handler that returns these octets."""
    body = place.data_dir.with_name("body")
    body.write_bytes(packed)
    command = (sys.executable, "-m", "conference.benchmarks.bare")
    with running_server(
        place.data_dir.with_name("bare"), command=command, environ={BODY_FILE: str(body)}
    ) as server:
        yield server
