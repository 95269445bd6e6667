"""What a process weighs among ten thousand people: when it starts, after everybody has come at once, and after they have again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import quote

from conference.benchmarks.load import Plan, run_apart
from conference.benchmarks.server import RunningServer
from registration.benchmarks.crowd import Crowd, gather_crowd
from registration.benchmarks.made import SLUG
from registration.benchmarks.results import Asked, Result
from registration.benchmarks.walking import DESK

CLIENTS = 32
ZONES = ("Asia/Kolkata", "Africa/Lagos", "Asia/Dubai", "Pacific/Auckland", "America/New_York", "Europe/Paris")
LANGUAGES = ("en", "fr", "ar")
GROWTH = 1.10  # what a second crowd may leave behind: a process that keeps what each one brought has a leak

Request = tuple[str, str, dict[str, str], str]


def memory(folder: Path, asked: Asked) -> Iterator[Result]:
    """Strangers in many zones and languages, attendees, their calendars, and an organiser who searches."""
    for place in asked.places(folder):
        crowd = place.prepare(partial(gather_crowd, people=asked.people))
        with place.serving(jobs=True) as server:
            weights = [server.resident_megabytes()]
            for _turn in range(2):
                _load(server, _requests(crowd), asked.seconds)
                weights.append(server.resident_megabytes())
        start, once, twice = weights
        name = (
            f"Memory, {asked.people:,} people, {place.engine}: at the start / after a crowd / after another"
        )
        told = f"{start:.0f} / {once:.0f} / {twice:.0f} MB"
        yield Result(name, told)  # the goal of 150 MB is for the demo; here it is that nothing keeps growing
        yield Result(
            "… what the other crowd has added", f"{twice / once - 1:.0%}", "≤ 10 %", twice <= once * GROWTH
        )


def _requests(crowd: Crowd) -> list[Request]:
    strangers = [
        *(f"/{SLUG}/programme?tz={quote(zone)}&lang={language}" for zone in ZONES for language in LANGUAGES),
        *(f"/{SLUG}/{page}" for page in ("", "speakers", "register", "programme.ics", "programme.xml")),
    ]
    own = [f"/{SLUG}/me", f"/{SLUG}/me/data", f"/{SLUG}/programme/starred", crowd.feed]
    desk = [
        f"{DESK}/registrations{query}" for query in ("", "?q=library", "/charts", "/export?status=confirmed")
    ]
    return [
        *_as("", strangers),
        *_as(crowd.attendee_cookie, own),
        *_as(crowd.organiser_cookie, [*desk, f"{DESK}/schedule/fairness", f"{DESK}/mail"]),
    ]


def _as(cookie: str, paths: Sequence[str]) -> list[Request]:
    headers = {"Accept-Encoding": "gzip", **({"Cookie": cookie} if cookie else {})}
    return [("GET", path, headers, "") for path in paths]


def _load(server: RunningServer, requests: list[Request], seconds: float) -> None:
    seen = run_apart(Plan(server.url, requests, CLIENTS, seconds))
    if set(seen.statuses) != {"200"}:
        raise RuntimeError(f"the pages answered {seen.statuses}")
