"""Public pages, beside a bare handler; starting, and memory."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote

from conference import clock
from conference.benchmarks.bare import BODY_FILE
from conference.benchmarks.load import Plan, Seen, run_apart
from conference.benchmarks.places import Place
from conference.benchmarks.server import running_server
from conference.benchmarks.weight import fetch, whole_page
from conference.settings import Settings
from registration.benchmarks.made import SLUG, USUAL, Size, publish_conference
from registration.benchmarks.results import Asked, Result
from registration.demo import load_demo

CLIENTS = 32
STARTS = 3
ROUNDS = 3
ZONES = (
    "Asia/Kolkata",
    "Africa/Lagos",
    "Asia/Dubai",
    "Pacific/Auckland",
    "America/New_York",
    "Asia/Kathmandu",
)
LANGUAGES = ("en", "fr", "ar")
SIZES = (USUAL, Size(872, 35))


def programme_page(folder: Path, asked: Asked) -> Iterator[Result]:
    """The whole programme from the cache, beside a handler that returns the same bytes."""
    place = Place(folder / "data")
    place.prepare(publish_conference)
    path = f"/{SLUG}/programme"
    body_file = folder / "body"
    bare_command = (sys.executable, "-m", "conference.benchmarks.bare")
    with place.serving(first_path=path) as ours:
        page = fetch(ours.url, path)
        body_file.write_bytes(page.compressed)
        bare_data = folder / "bare"
        with running_server(bare_data, command=bare_command, environ={BODY_FILE: str(body_file)}) as bare:
            rounds = []
            for _round in range(ROUNDS):  # in turn, so that a busy machine is busy for both
                ours_seen = _get(ours.url, path, asked.seconds)
                bare_seen = _get(bare.url, "/", asked.seconds)
                rounds.append((ours_seen.per_second, bare_seen.per_second))
        ratio = statistics.median(mine / theirs for mine, theirs in rounds)
        yield Result(
            f"Programme of {USUAL.sessions} sessions, a second",
            f"{statistics.median(r[0] for r in rounds):,.0f}",
        )
        yield Result(
            "Bare handler, same bytes and server, a second", f"{statistics.median(r[1] for r in rounds):,.0f}"
        )
        yield Result("Programme beside bare handler", f"{ratio:.0%}", "≥ 70 %", ratio >= 0.70)
        parts = whole_page(ours.url, path)
        octets = sum(part.octets for part in parts)
        yield Result(
            f"Programme page with all it loads ({len(parts)} requests)",
            f"{octets / 1000:.1f} kB",
            "< 100 kB",
            octets < 100_000 and all(part.status == 200 for part in parts),
        )


def page_making(folder: Path, _asked: Asked) -> Iterator[Result]:
    """What a programme page costs the first time somebody asks in a zone and a language, and from then on."""
    for size in SIZES:
        place = Place(folder / f"data-{size.sessions}")
        place.prepare(partial(publish_conference, size=size))
        with place.serving() as server:
            fetch(server.url, f"/{SLUG}/programme")  # the release is read, the templates are made
            cold: list[float] = []
            warm: list[float] = []
            for kept in (cold, warm):
                for zone in ZONES:
                    for language in LANGUAGES:
                        began = time.perf_counter()
                        page = fetch(server.url, f"/{SLUG}/programme?tz={quote(zone)}&lang={language}")
                        kept.append(1000 * (time.perf_counter() - began))
                        if page.status != 200:
                            raise RuntimeError(f"the programme answered {page.status}")
        told = f"{statistics.median(cold):.0f} / {statistics.median(warm):.1f} ms"
        yield Result(f"Programme of {size.sessions}, one zone and language, cold / warm", told)


def start_and_memory(folder: Path, _asked: Asked) -> Iterator[Result]:
    """From process start to the first answer, and what the process weighs after a look round."""
    place = Place(folder / "data")

    async def demo(settings: Settings) -> None:
        await load_demo(settings, as_published=False, now=clock.now())

    place.prepare(demo)
    starts = []
    for _turn in range(STARTS):
        with place.serving(first_path="/", jobs=True) as server:
            starts.append(server.first_answer_seconds)
            for path in (
                "",
                "/programme",
                "/programme?view=grid",
                "/speakers",
                "/register",
                "/programme.ics",
            ):
                fetch(server.url, f"/working-internationally{path}")
            memory = server.resident_megabytes()
    start = statistics.median(starts)
    yield Result("From process start to first answer", f"{start:.2f} s", "< 1.5 s", start < 1.5)
    yield Result("Memory of the serving process with the demo", f"{memory:.0f} MB", "< 150 MB", memory < 150)


def _get(url: str, path: str, seconds: float) -> Seen:
    seen = run_apart(Plan(url, [("GET", path, {"Accept-Encoding": "gzip"}, "")], CLIENTS, seconds))
    if set(seen.statuses) != {"200"}:
        raise RuntimeError(f"{path} answered {seen.statuses}")
    return seen
