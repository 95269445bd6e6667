"""``meridian bench``: how fast and how light it is on this machine, beside the goals the project has set itself."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from conference import __version__
from registration.benchmarks.editing import editing, importing
from registration.benchmarks.pages import page_making, programme_page, start_and_memory
from registration.benchmarks.registering import registrations
from registration.benchmarks.reminding import reminders
from registration.benchmarks.results import Asked, Measure

MEASUREMENTS: Mapping[str, Measure] = {
    "start-and-memory": start_and_memory,
    "programme-page": programme_page,
    "page-making": page_making,
    "editing": editing,
    "importing": importing,
    "registrations": registrations,
    "reminders": reminders,
}


def run_bench(asked: Asked, *, only: str | None, say: Callable[[str], None]) -> bool:
    """Measure and print; whether every goal is met. Everything happens in a scratch folder that is removed."""
    met = True
    processors, load = os.cpu_count() or 1, os.getloadavg()[0]
    say(f"Meridian {__version__} on Python {platform.python_version()}, {processors} processors")
    if load > processors / 2:
        say(f"The machine is busy with other things (load {load:.1f}): it can do better than this.")
    with tempfile.TemporaryDirectory(prefix="meridian-bench-") as scratch:
        for name, measure in MEASUREMENTS.items():
            if only and only not in name:
                continue
            place = Path(scratch) / name
            place.mkdir()
            for result in measure(place, asked):
                verdict = {True: "met", False: "MISSED", None: ""}[result.is_met]
                say(f"{result.name:<64} {result.value:>16}  {result.goal:<12} {verdict}".rstrip())
                met = met and result.is_met is not False
    return met
