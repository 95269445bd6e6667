"""Every page of the desk and of an attendee, of a conference for which ten thousand people registered."""

from __future__ import annotations

import csv
import html
import re
import statistics
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from conference.benchmarks.measured import ROUTE, Cost, read_cost
from conference.benchmarks.processors import processor_ms
from registration.benchmarks.crowd import Crowd, gather_crowd
from registration.benchmarks.made import SLUG
from registration.benchmarks.results import Asked, Result

TURNS = 5
GOAL_MS = 100.0
SHOWN = 5  # of the dearest pages
LIKE_IT = 3  # pages visited of a kind, such as sessions: their addresses differ in a code alone

_LINK = re.compile(r'\bhref="(/[^"#]*)')
# A segment of an address that is a code, a number or a secret (see conference.codes), and not a word of ours.
_CODE = re.compile(
    r"(?<=/)(?:\d+|[2-9a-hjkmnp-z]{8}|[2-9a-hjkmnp-z]{12}|[A-Za-z0-9_-]{24,}(?:\.[\w-]+)?)(?=[/.]|$)"
)
_NOT_VISITED = ("/static/", "/organise/sign-out", "/schema")
DESK = f"/organise/{SLUG}"
# What the desk is asked most, beside the pages that links lead to.
DESK_ASKED = (
    "registrations?q=library",
    "registrations?q=zzzz",
    "registrations?q=harbour+music",
    "registrations?status=pending",
    "registrations?status=confirmed&country=IN",
    "registrations?page=40",
    "registrations?consent=updates",
    "registrations?waits=any",
    "registrations?since=2020-01-01&until=2040-01-01",
    "registrations/charts?country=IN",
    "registrations/mail/new?status=confirmed",
    "mail?state=sent",
)
STRANGER_ASKED = (
    "",
    "programme",
    "programme?q=library",
    "programme.ics",
    "programme.json",
    "programme.xml",
    "changes",
    "speakers",
    "register",
    "resources",
    "sitemap.xml",
)
ATTENDEE_ASKED = ("", "programme", "programme?view=grid", "programme/starred", "me", "register", "speakers")


@dataclass(frozen=True)
class Visited:
    """A page and what it cost the server, as it usually is. ``octets`` of a download are those before it begins: none."""

    address: str
    route: str
    status: int
    cost: Cost
    octets: int


class _Person:
    """Someone's browser: a connection kept alive, and cookies. ``database`` is the process of the database's server."""

    def __init__(self, url: str, cookie: str, database: int | None) -> None:
        self._database = database
        self._headers = {"Cookie": cookie} if cookie else {}
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=60)

    def get(self, address: str) -> tuple[Visited, str]:
        """The page and, when it is one to read, its text. A download is left once it begins: some never end."""
        before = self._database_ms()
        self._connection.request("GET", address, headers=self._headers)
        answer = self._connection.getresponse()
        cost, route = read_cost(answer.headers), answer.headers.get(ROUTE, "")
        after = self._database_ms()
        if before is not None and after is not None:  # however busy the machine is
            cost = replace(cost, database_ms=after - before)
        body = b""
        if "content-length" in answer.headers:
            body = answer.read()
        else:
            answer.close()
            self.close()
        is_page = answer.headers.get_content_type() == "text/html"
        return Visited(address, route, answer.status, cost, len(body)), body.decode() if is_page else ""

    def close(self) -> None:
        """Close the connection; it opens again when something is asked for."""
        self._connection.close()

    def _database_ms(self) -> float | None:
        return processor_ms(self._database) if self._database else None


def walking(folder: Path, asked: Asked) -> Iterator[Result]:
    """What each page costs the server: as it usually is, and the dearest pages by name."""
    listed: list[tuple[str, str, Visited]] = []
    for place in asked.places(folder):
        crowd = place.prepare(partial(gather_crowd, people=asked.people))
        with place.serving(measured=True) as server:
            for who, cookie, begin, inside in _walks(crowd):
                with closing(_Person(server.url, cookie, place.database_process)) as person:
                    pages = _walked(person, begin, inside)
                listed += [(place.engine, who, page) for page in pages]
                yield from _told(
                    f"{len(pages)} pages of {who}, {asked.people:,} people, {place.engine}", pages
                )
    if asked.listing:
        _write_down(asked.listing, listed)


def _walks(crowd: Crowd) -> Iterator[tuple[str, str, list[str], tuple[str, ...]]]:
    """Who walks, with which cookies, from which addresses, and below which."""
    desk = [f"{DESK}/", "/organise/", *(f"{DESK}/{one}" for one in DESK_ASKED)]
    yield "the desk", crowd.organiser_cookie, desk, ("/organise/",)
    own = [*(f"/{SLUG}/{one}" for one in ATTENDEE_ASKED), crowd.feed]
    yield "an attendee", crowd.attendee_cookie, own, (f"/{SLUG}/", "/join/")
    yield (
        "a stranger",
        "",
        ["/", *(f"/{SLUG}/{one}" for one in STRANGER_ASKED)],
        (f"/{SLUG}/", "/join/", "/api/"),
    )


def _told(name: str, pages: Sequence[Visited]) -> Iterator[Result]:
    dearest = sorted(pages, key=lambda page: -page.cost.ms)
    worst, usual = dearest[0].cost.ms, statistics.median(page.cost.ms for page in pages)
    yield Result(
        f"{name}: usual / dearest", f"{usual:.0f} / {worst:.0f} ms", f"< {GOAL_MS:.0f} ms", worst < GOAL_MS
    )
    for page in dearest[:SHOWN]:
        told = f"{page.cost.ms:.0f} ms, {page.cost.queries:>2} queries, {page.octets / 1000:>4.0f} kB"
        yield Result(f"… {page.address}", told)


def _walked(person: _Person, begin: Iterable[str], inside: tuple[str, ...]) -> list[Visited]:
    """Follow links from these pages to a few pages of every kind, and ask for each several times."""
    queue, like_it = deque(begin), dict[str, int]()
    known = set(queue)
    found: list[Visited] = []
    while queue:
        address = queue.popleft()
        first, text = person.get(address)  # the first time templates are compiled
        if first.status >= 500:
            raise RuntimeError(f"{address} answered {first.status}")
        if first.status == 200:
            usual = _usual([person.get(address)[0] for _turn in range(TURNS)])
            found.append(
                replace(usual, route=first.route or usual.route)
            )  # what comes from the cache has none
        for link in _LINK.findall(text):
            there = html.unescape(link)
            kind = _CODE.sub("*", urlsplit(there).path)
            if there in known or not there.startswith(inside) or there.startswith(_NOT_VISITED):
                continue
            if like_it.get(kind, 0) >= LIKE_IT:
                continue
            like_it[kind] = like_it.get(kind, 0) + 1
            known.add(there)
            queue.append(there)
    return found


def _usual(times: Sequence[Visited]) -> Visited:
    """The time in the middle."""
    return sorted(times, key=lambda page: page.cost.ms)[len(times) // 2]


def _write_down(path: Path, listed: Iterable[tuple[str, str, Visited]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(
            ("engine", "who", "route", "address", "processor ms", "database ms", "queries", "octets")
        )
        for engine, who, page in listed:
            cost = page.cost
            table.writerow(
                (
                    *(engine, who, page.route, page.address),
                    *(f"{cost.processor_ms:.1f}", f"{cost.database_ms:.1f}", cost.queries, page.octets),
                )
            )
