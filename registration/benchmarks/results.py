"""What a measurement is asked for, and what it says: lines of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from conference.benchmarks.places import Place
from conference.benchmarks.postgres import Databases


@dataclass(frozen=True)
class Result:
    """A line of the table. ``is_met`` None: there is no goal."""

    name: str
    value: str
    goal: str = ""
    is_met: bool | None = None


@dataclass(frozen=True)
class Asked:
    """What to measure with: ``seconds`` for each measurement, and a programme file of somebody's, if one was named.

    ``databases`` gives fresh PostgreSQL databases; None where there is no PostgreSQL. ``listing`` is where every page that
    was visited is written down, ``people`` how many have registered for the pages that are, ``resources`` how many lie in the library.
    """

    seconds: float
    schedule: Path | None = None
    databases: Databases | None = None
    listing: Path | None = None
    people: int = 10_000
    resources: int = 10_000

    def places(self, folder: Path) -> Iterator[Place]:
        """A fresh place on each engine that there is."""
        yield Place(folder / "sqlite")
        if self.databases is not None:
            yield Place(folder / "postgres", self.databases.new(), self.databases.process)


def processes_told(processes: int) -> str:
    """How many, for people."""
    return "1 process" if processes == 1 else f"{processes} processes"


Measure = Callable[[Path, Asked], Iterator[Result]]
"""Measures in a scratch folder of its own."""
