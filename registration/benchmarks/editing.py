"""The schedule editor: opening it, moving a card, and importing a schedule, at three sizes."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from conference import clock
from conference.benchmarks.load import Plan, run_apart
from conference.benchmarks.places import Place
from conference.benchmarks.server import RunningServer
from conference.benchmarks.weight import fetch
from conference.settings import Settings
from registration.benchmarks.made import (
    SLUG,
    USUAL,
    Size,
    bench_programme,
    organiser_cookie,
    publish_conference,
)
from registration.benchmarks.results import Asked, Result
from sessions.imports.from_files import import_files
from sessions.interchange import frab
from sessions.tables import Room, Slot

SIZES = (USUAL, Size(300, 10), Size(872, 35))
MOVES = 60
OPENINGS = 10
MOVE_GOAL_MS = 50.0
OPEN_GOAL_MS = 2_000.0


@dataclass(frozen=True)
class _Desk:
    """An organiser's way in, and a slot to move to and fro."""

    cookie: str
    slot: str
    revision: int
    room: str
    start: datetime
    minutes: int


def editing(folder: Path, _asked: Asked) -> Iterator[Result]:
    """The editor at each size: the page as the server makes it, and a move answered with its conflicts."""
    for size in SIZES:
        place = Place(folder / f"data-{size.sessions}")
        desk = place.prepare(partial(_desk, size))
        with place.serving() as server:
            token = (
                fetch(server.url, "/organise/sign-in").cookies.partition("csrftoken=")[2].partition(";")[0]
            )
            headers = {"Cookie": f"{desk.cookie}; csrftoken={token}", "X-CSRFToken": token}
            opened = [_opened(server, headers) for _turn in range(OPENINGS)]
            moves = [_move(desk, headers, number) for number in range(MOVES)]
            seen = run_apart(Plan(server.url, moves, 1, once=True))
        if seen.statuses != {"200": MOVES}:
            raise RuntimeError(f"{MOVES} moves were answered {seen.statuses}")
        median = statistics.median(opened)
        yield Result(
            f"Editor, {size}: opened by the server in", f"{median:.0f} ms", "< 2 s", median < OPEN_GOAL_MS
        )
        is_met = seen.median_ms < MOVE_GOAL_MS
        told = f"{seen.median_ms:.0f} / {seen.slowest_ms:.0f} ms"
        yield Result("… a move with its conflicts, median / slowest", told, "< 50 ms", is_met)


def _opened(server: RunningServer, headers: dict[str, str]) -> float:
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    try:
        began = time.perf_counter()
        connection.request("GET", f"/organise/{SLUG}/schedule", headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"the editor answered {answer.status}")
        return 1000 * (time.perf_counter() - began)
    finally:
        connection.close()


def _move(desk: _Desk, headers: dict[str, str], number: int) -> tuple[str, str, dict[str, str], str]:
    start = desk.start + timedelta(minutes=5 * (1 - number % 2))
    body = {
        "room": desk.room,
        "start": start.isoformat(timespec="minutes"),
        "length": desk.minutes,
        "revision": desk.revision + number,
        "day": start.date().isoformat(),
    }
    as_json = {**headers, "Content-Type": "application/json", "Accept": "application/json"}
    return ("POST", f"/organise/{SLUG}/schedule/slots/{desk.slot}", as_json, json.dumps(body))


async def _desk(size: Size, settings: Settings) -> _Desk:
    conference = await publish_conference(settings, size)
    cookie = await organiser_cookie(conference)
    slot = await Slot.objects().where(Slot.conference == conference.id).order_by(Slot.id).first()
    if slot is None:
        raise RuntimeError("the made-up conference is empty")
    room = await Room.objects().get(Room.id == slot.room)
    if room is None:
        raise RuntimeError("the made-up conference has no room")
    return _Desk(cookie, slot.code, slot.revision, room.code, slot.local_start, slot.length_minutes)


def importing(folder: Path, asked: Asked) -> Iterator[Result]:
    """A schedule imported and published: somebody's file if one was named, else one as large as FOSDEM 2020."""
    path, name = asked.schedule, ""
    if path is None:
        path = folder / "schedule.xml"
        size = SIZES[-1]
        programme = bench_programme(clock.now() + timedelta(days=30), size)
        path.write_bytes(frab.write(programme, version="1", base_url="https://bench.example.org"))
        name = str(size)
    else:
        name = path.name

    async def work(_settings: Settings) -> float:
        began = time.perf_counter()
        await import_files([path], slug=SLUG, publish=True, uid_host="bench.example.org", now=clock.now())
        return time.perf_counter() - began

    seconds = Place(folder / "data").prepare(work)
    yield Result(f"Imported and published: {name}", f"{seconds:.1f} s")
