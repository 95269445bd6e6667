"""``meridian bench``: how fast and how light it is on this machine, beside the goals the project has set itself."""

from __future__ import annotations

import asyncio
import os
import platform
import random
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

from conference import __version__, clock, codes, conferences, db
from conference.benchmarks.bare import BODY_FILE
from conference.benchmarks.load import Plan, Seen, run_apart
from conference.benchmarks.server import running_server
from conference.benchmarks.weight import fetch, whole_page
from conference.settings import Settings
from conference.tables import RegistrationState
from registration.demo import load_demo
from sessions.interchange.importing import import_programme
from sessions.interchange.model import (
    AppearanceFacts,
    ConferenceFacts,
    ProgrammeFile,
    RoomFacts,
    SessionFacts,
    SlotFacts,
    SpeakerFacts,
    TrackFacts,
)
from sessions.releases.publishing import release_programme
from sessions.tables import SessionKind, Slot

SLUG = "bench"
SESSIONS = 120
ROOMS = 6
CLIENTS = 32
STARTS = 3
ROUNDS = 3
REGISTRATIONS_A_SECOND = 400  # more than can be done, so that the time is filled
_TEXT = """
archive bridge catalogue children city collection community country culture desk digital evening
exchange family funding garden grant guide harbour heritage hour idea island journey knowledge
language learning lending letter library listening makerspace map memory migrant morning music
museum neighbour network newcomer open partner people picture place plan poem practice project
promise public question reader recovery river room school service shelf skill story street summer
talk teacher technology time toolkit town trust village visit voice volunteer winter word work
workshop world writing year young
"""
WORDS = _TEXT.split()


Done = TypeVar("Done")


@dataclass(frozen=True)
class Result:
    """A line of the table."""

    name: str
    value: str
    goal: str = ""
    is_met: bool | None = None


def run_bench(*, seconds: float, only: str | None, say: Callable[[str], None]) -> bool:
    """Measure and print; whether every goal is met. Everything happens in a scratch folder that is removed."""
    met = True
    processors, load = os.cpu_count() or 1, os.getloadavg()[0]
    say(f"Meridian {__version__} on Python {platform.python_version()}, {processors} processors")
    if load > processors / 2:
        say(f"The machine is busy with other things (load {load:.1f}): it can do better than this.")
    with tempfile.TemporaryDirectory(prefix="meridian-bench-") as scratch:
        folder = Path(scratch)
        for name, measure in _MEASUREMENTS.items():
            if only and only not in name:
                continue
            place = folder / name
            place.mkdir()
            for result in measure(place, seconds):
                verdict = {True: "met", False: "MISSED", None: ""}[result.is_met]
                say(f"{result.name:<54} {result.value:>16}  {result.goal:<12} {verdict}".rstrip())
                met = met and result.is_met is not False
    return met


def _programme_page(folder: Path, seconds: float) -> Iterator[Result]:
    data_dir = folder / "data"
    _prepare(data_dir, _bench_conference)
    path = f"/{SLUG}/programme"
    body_file = folder / "body"
    bare_command = (sys.executable, "-m", "conference.benchmarks.bare")
    with running_server(data_dir, first_path=path, environ={"MERIDIAN_RUN_JOBS": "no"}) as ours:
        page = fetch(ours.url, path)
        body_file.write_bytes(page.compressed)
        bare_data = folder / "bare"
        with running_server(bare_data, command=bare_command, environ={BODY_FILE: str(body_file)}) as bare:
            rounds = []
            for _round in range(ROUNDS):  # in turn, so that a busy machine is busy for both
                ours_seen = _get(ours.url, path, seconds)
                bare_seen = _get(bare.url, "/", seconds)
                rounds.append((ours_seen.per_second, bare_seen.per_second))
        ratio = statistics.median(mine / theirs for mine, theirs in rounds)
        yield Result(
            f"Programme of {SESSIONS} sessions, a second", f"{statistics.median(r[0] for r in rounds):,.0f}"
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


def _get(url: str, path: str, seconds: float) -> Seen:
    seen = run_apart(Plan(url, [("GET", path, {"Accept-Encoding": "gzip"}, "")], CLIENTS, seconds))
    if set(seen.statuses) != {"200"}:
        raise RuntimeError(f"{path} answered {seen.statuses}")
    return seen


def _registrations(folder: Path, seconds: float) -> Iterator[Result]:
    data_dir = folder / "data"
    _prepare(data_dir, _bench_conference)
    workshops = _prepare(data_dir, _workshops)
    count = int(seconds * REGISTRATIONS_A_SECOND)
    with running_server(data_dir, environ={"MERIDIAN_RUN_JOBS": "no"}) as server:
        form = fetch(server.url, f"/{SLUG}/register")
        token = form.cookies.partition("csrftoken=")[2].partition(";")[0]
        requests = [_registration(number, token, form.cookies, workshops) for number in range(count)]
        seen = run_apart(Plan(server.url, requests, CLIENTS, once=True))
    with closing(sqlite3.connect(data_dir / "meridian.sqlite")) as database:
        kept = {
            table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - names from here
            for table in ("registration", "seat", "outgoing_mail")
        }
    if kept != {"registration": count, "seat": 2 * count, "outgoing_mail": count}:
        raise RuntimeError(
            f"{count} registrations were sent, {kept} were kept, the answers were {seen.statuses}"
        )
    rate = seen.per_second
    yield Result(f"Complete registrations, {CLIENTS} clients, a second", f"{rate:,.0f}", "≥ 150", rate >= 150)
    yield Result("… median and slowest answer", f"{seen.median_ms:.0f} / {seen.slowest_ms:.0f} ms")


def _registration(
    number: int, token: str, cookies: str, workshops: dict[str, str]
) -> tuple[str, str, dict[str, str], str]:
    fields = {
        "_csrf_token": token,
        "name": f"Anjali Menon {number}",
        "email": f"anjali.{number}@example.org",
        "country": "IN",
        "zone": "Asia/Kolkata",
        "language": "en",
        "organisation": "The Quilon Public Library",
        **{f"seat_{session}": slot for session, slot in workshops.items()},
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies}
    return ("POST", f"/{SLUG}/register", headers, urlencode(fields))


def _start_and_memory(folder: Path, _seconds: float) -> Iterator[Result]:
    data_dir = folder / "data"

    async def demo(settings: Settings) -> None:
        await load_demo(settings, as_published=False, now=clock.now())

    _prepare(data_dir, demo)
    starts = []
    for _turn in range(STARTS):
        with running_server(data_dir, first_path="/") as server:
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


_MEASUREMENTS: dict[str, Callable[[Path, float], Iterator[Result]]] = {
    "start-and-memory": _start_and_memory,
    "programme-page": _programme_page,
    "registrations": _registrations,
}


def _prepare(data_dir: Path, work: Callable[[Settings], Awaitable[Done]]) -> Done:
    return asyncio.run(_on_database(data_dir, work))


async def _on_database(data_dir: Path, work: Callable[[Settings], Awaitable[Done]]) -> Done:
    settings = Settings.from_environment({"MERIDIAN_DATA_DIR": str(data_dir)})
    codes.use_secret(settings.secret_key)
    db.bind(db.make_engine("", data_dir))
    await db.open_pool()
    try:
        await db.migrate()
        return await work(settings)
    finally:
        await db.close_pool()
        db.bind(None)


async def _bench_conference(_settings: Settings) -> None:
    now = clock.now()
    imported = await import_programme(
        bench_programme(now + timedelta(days=30)),
        slug=SLUG,
        owner=None,
        uid_host="bench.example.org",
        now=now,
    )
    await release_programme(imported.conference, "", actor="command line", now=now)
    await conferences.set_registration_state(
        imported.conference, RegistrationState.OPEN, actor="command line", now=now
    )


async def _workshops(_settings: Settings) -> dict[str, str]:
    rows = (
        await Slot.select(Slot.code.as_alias("slot"), Slot.session._.code.as_alias("session"))
        .where(Slot.seats.is_not_null() & (Slot.session.kind == SessionKind.WORKSHOP.value))
        .order_by(Slot.id)
    )
    return {row["session"]: row["slot"] for row in rows}


def bench_programme(on: datetime) -> ProgrammeFile:
    """A day of ``SESSIONS`` sessions in ``ROOMS`` rooms, the same on every machine; two are workshops with seats."""
    choice = random.Random(20210625)  # noqa: S311 - words, not secrets

    def sentence(least: int, most: int) -> str:
        return " ".join(choice.choices(WORDS, k=choice.randint(least, most))).capitalize()

    morning = on.replace(hour=8, minute=0, second=0, microsecond=0, tzinfo=None)
    speakers = tuple(
        SpeakerFacts(
            key=f"speaker-{number}",
            name=sentence(2, 2).title(),
            role=sentence(1, 2),
            organisation=f"{sentence(1, 1)} Library",
            country=choice.choice(("GB", "IN", "KE", "DE", "NZ", "BR")),
            zone="Europe/London",
            biography={"en": f"{sentence(20, 40)}."},
        )
        for number in range(SESSIONS)
    )
    sessions = []
    for number in range(SESSIONS):
        row, room = divmod(number, ROOMS)
        is_workshop = number in (ROOMS, 2 * ROOMS)
        sessions.append(
            SessionFacts(
                key=f"session-{number}",
                kind=SessionKind.WORKSHOP if is_workshop else SessionKind.TALK,
                title={"en": sentence(3, 8)},
                abstract={"en": ". ".join(sentence(8, 16) for _line in range(4)) + "."},
                track=f"track-{number % 4}",
                appearances=(AppearanceFacts(f"speaker-{number}"),),
                slots=(
                    SlotFacts(
                        room=f"room-{room}",
                        local_start=morning + timedelta(minutes=30 * row),
                        length_minutes=25,
                        seats=1_000_000 if is_workshop else None,
                    ),
                ),
            )
        )
    return ProgrammeFile(
        conference=ConferenceFacts(
            slug=SLUG,
            name={"en": "Bench Conference"},
            zone="Europe/London",
            starts=morning,
            ends=morning + timedelta(hours=11),
        ),
        rooms=tuple(RoomFacts(f"room-{number}", {"en": sentence(2, 2)}) for number in range(ROOMS)),
        tracks=tuple(TrackFacts(f"track-{number}", {"en": sentence(2, 2)}) for number in range(4)),
        speakers=speakers,
        sessions=tuple(sessions),
    )
