"""``meridian bench``: how fast and how light it is on this machine, beside the goals the project has set itself."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from conference import __version__
from conference.benchmarks.postgres import Databases, NoPostgres
from registration.benchmarks.downloading import downloads
from registration.benchmarks.editing import editing, importing
from registration.benchmarks.feeds import feeds
from registration.benchmarks.library import library
from registration.benchmarks.pages import page_making, programme_page, start_and_memory
from registration.benchmarks.promoting import promotions
from registration.benchmarks.registering import registrations
from registration.benchmarks.reminding import reminders
from registration.benchmarks.results import Asked, Measure
from registration.benchmarks.uploading import uploading
from registration.benchmarks.walking import walking
from registration.benchmarks.weighing import memory

MEASUREMENTS: Mapping[str, Measure] = {
    "start-and-memory": start_and_memory,
    "programme-page": programme_page,
    "page-making": page_making,
    "editing": editing,
    "importing": importing,
    "registrations": registrations,
    "promotions": promotions,
    "feeds": feeds,
    "reminders": reminders,
    "memory-of-a-crowd": memory,
    "walking": walking,
    "uploading": uploading,
    "downloads": downloads,
    "library": library,
}


def run_bench(asked: Asked, *, only: str | None, postgres_url: str, say: Callable[[str], None]) -> bool:
    """Measure and print; whether every goal is met. Everything happens in a scratch folder that is removed.

    ``only`` names measurements, or parts of their names, separated by commas. ``postgres_url`` is of a PostgreSQL
    server on which databases may be made, which are removed again; empty: one is started, where that can be done.
    """
    met = True
    wanted = [part.strip() for part in (only or "").split(",") if part.strip()]
    processors, load = os.cpu_count() or 1, os.getloadavg()[0]
    say(f"Meridian {__version__} on Python {platform.python_version()}, {processors} processors")
    if load > processors / 2:
        say(f"The machine is busy with other things (load {load:.1f}): it can do better than this.")
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="meridian-bench-")))
        try:
            databases = Databases(postgres_url)
            stack.callback(databases.close)
            asked = replace(asked, databases=databases)
        except NoPostgres as error:
            say(f"PostgreSQL is not measured: {error}. Name a server with --postgres.")
        for name, measure in MEASUREMENTS.items():
            if wanted and not any(part in name for part in wanted):
                continue
            place = scratch / name
            place.mkdir()
            for result in measure(place, asked):
                verdict = {True: "met", False: "MISSED", None: ""}[result.is_met]
                say(f"{result.name:<72} {result.value:>16}  {result.goal:<12} {verdict}".rstrip())
                met = met and result.is_met is not False
    return met
