"""Every page of the desk and of an attendee, of a conference for which ten thousand people registered."""

from __future__ import annotations

import html
import re
import statistics
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from conference.benchmarks.places import Place
from registration.benchmarks.crowd import gather_crowd
from registration.benchmarks.made import SLUG
from registration.benchmarks.results import Asked, Result

PEOPLE = 10_000
TURNS = 5
GOAL_MS = 100.0
SHOWN = 3  # of the slowest pages
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
ATTENDEE_ASKED = ("", "programme", "programme?view=grid", "programme/starred", "me", "register", "speakers")


@dataclass(frozen=True)
class Timed:
    """A page and how long its answer took each time, in milliseconds."""

    address: str
    times: tuple[float, ...]

    @property
    def median(self) -> float:
        """As it usually is."""
        return statistics.median(self.times)


class _Person:
    """Someone's browser: a connection kept alive, and cookies."""

    def __init__(self, url: str, cookie: str) -> None:
        self._url = url
        self._headers = {"Cookie": cookie} if cookie else {}
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=60)

    def get(self, address: str) -> tuple[int, float, str]:
        """Status, milliseconds and, of a page, its text. Of a download only how long it takes to begin."""
        began = time.perf_counter()
        self._connection.request("GET", address, headers=self._headers)
        answer = self._connection.getresponse()
        is_page = answer.headers.get_content_type() == "text/html"
        if not is_page:
            took = 1000 * (time.perf_counter() - began)
            self._connection.close()  # a download goes on for long, some never end
            return answer.status, took, ""
        body = answer.read()
        return answer.status, 1000 * (time.perf_counter() - began), body.decode()


def walking(folder: Path, asked: Asked) -> Iterator[Result]:
    """How long the server takes for each page: as it usually is, and the slowest pages by name."""
    for place in asked.places(folder):
        crowd = place.prepare(partial(gather_crowd, people=PEOPLE))
        with place.serving() as server:
            for who, cookie, begin, inside in (
                (
                    "desk",
                    crowd.organiser_cookie,
                    [f"{DESK}/", *(f"{DESK}/{one}" for one in DESK_ASKED)],
                    "/organise/",
                ),
                (
                    "attendee",
                    crowd.attendee_cookie,
                    [*(f"/{SLUG}/{one}" for one in ATTENDEE_ASKED), crowd.feed],
                    f"/{SLUG}/",
                ),
            ):
                pages = _walked(_Person(server.url, cookie), begin, inside)
                yield from _told(place, who, pages)


def _told(place: Place, who: str, pages: list[Timed]) -> Iterator[Result]:
    slowest = sorted(pages, key=lambda page: -page.median)
    worst = slowest[0].median
    usual = statistics.median(page.median for page in pages)
    yield Result(
        f"{len(pages)} pages of the {who}, {PEOPLE:,} people, {place.engine}: usual / slowest",
        f"{usual:.0f} / {worst:.0f} ms",
        f"< {GOAL_MS:.0f} ms",
        worst < GOAL_MS,
    )
    for page in slowest[:SHOWN]:
        yield Result(f"… {page.address}", f"{page.median:.0f} ms")


def _walked(person: _Person, begin: Iterable[str], inside: str) -> list[Timed]:
    """Follow links from these pages to a few pages of every kind, and ask for each several times."""
    queue, like_it = deque(begin), dict[str, int]()
    known = set(queue)
    found: list[Timed] = []
    while queue:
        address = queue.popleft()
        status, _first, text = person.get(address)  # the first time templates are compiled
        if status >= 500:
            raise RuntimeError(f"{address} answered {status}")
        if status == 200:
            found.append(Timed(address, tuple(person.get(address)[1] for _turn in range(TURNS))))
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
