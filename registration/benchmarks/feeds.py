"""Calendars fetched by programs that look every few minutes: private ones and the programme's, new and unchanged (304)."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from conference.benchmarks.bare import BODY_FILE
from conference.benchmarks.load import Plan, Seen, run_apart
from conference.benchmarks.server import running_server
from conference.settings import Settings
from registration.benchmarks.crowd import gather_crowd
from registration.benchmarks.made import SLUG
from registration.benchmarks.results import Asked, Result, processes_told
from registration.entries.links import feed_token
from registration.tables import Registration, RegistrationStatus

CLIENTS = 32
PROCESSES = (1, 2)
FEEDS = 200  # of different people, fetched in turn
PROGRAMME = f"/{SLUG}/programme.ics"

Request = tuple[str, str, dict[str, str], str]


def feeds(folder: Path, asked: Asked) -> Iterator[Result]:
    """Fetched whole and asked whether anything changed, beside a bare handler that returns a private feed's bytes."""
    body = b""
    for place in asked.places(folder):
        place.prepare(partial(gather_crowd, people=min(asked.people, 1_000)))
        paths = place.prepare(_feeds)
        for processes in PROCESSES:
            with place.serving(workers=processes) as server:
                of, told = f"{place.engine}, {processes_told(processes)}", dict[str, str]()
                for name, addresses in (("Private feeds", paths), ("Programme feeds", [PROGRAMME])):
                    tags = {path: _asked(server.url, path) for path in addresses}
                    body = body or tags[addresses[0]][1]
                    new = _get(server.url, [_request(path) for path in addresses], asked.seconds, "200")
                    unchanged = [_request(path, tags[path][0]) for path in addresses]
                    same = _get(server.url, unchanged, asked.seconds, "304")
                    told[name] = f"{new.per_second:,.0f} / {same.per_second:,.0f}"
                for name, value in told.items():
                    yield Result(f"{name} a second, {of}: new / unchanged (304)", value)
    yield from _bare(folder, body, asked.seconds)


def _bare(folder: Path, body: bytes, seconds: float) -> Iterator[Result]:
    file = folder / "body"
    file.write_bytes(body)
    command = (sys.executable, "-m", "conference.benchmarks.bare")
    with running_server(folder / "bare", command=command, environ={BODY_FILE: str(file)}) as bare:
        seen = _get(bare.url, [_request("/")], seconds, "200")
    name = f"Bare handler, a private feed's {len(body) / 1000:.0f} kB, a second"
    yield Result(name, f"{seen.per_second:,.0f}")


async def _feeds(_settings: Settings) -> list[str]:
    rows = (
        await Registration.select(Registration.code, Registration.feed_generation)
        .where(Registration.status == RegistrationStatus.CONFIRMED.value)
        .order_by(Registration.id)
        .limit(FEEDS)
    )
    return [f"/calendar/{feed_token(row['code'], row['feed_generation'])}.ics" for row in rows]


def _request(path: str, tag: str = "") -> Request:
    return ("GET", path, {"Accept-Encoding": "gzip", **({"If-None-Match": tag} if tag else {})}, "")


def _asked(url: str, path: str) -> tuple[str, bytes]:
    """The calendar's ETag and what it holds."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        return answer.headers["etag"], answer.read()
    finally:
        connection.close()


def _get(url: str, requests: Sequence[Request], seconds: float, status: str) -> Seen:
    seen = run_apart(Plan(url, list(requests), CLIENTS, seconds))
    if set(seen.statuses) != {status}:
        raise RuntimeError(f"{requests[0][1]} answered {seen.statuses}")
    return seen
