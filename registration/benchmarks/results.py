"""What a measurement is asked for, and what it says: lines of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from conference.benchmarks.places import Place


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

    ``new_database`` gives the URL of a fresh PostgreSQL database; None where there is no PostgreSQL.
    """

    seconds: float
    schedule: Path | None = None
    new_database: Callable[[], str] | None = None

    def places(self, folder: Path) -> Iterator[Place]:
        """A fresh place on each engine that there is."""
        yield Place(folder / "sqlite")
        if self.new_database is not None:
            yield Place(folder / "postgres", self.new_database())


Measure = Callable[[Path, Asked], Iterator[Result]]
"""Measures in a scratch folder of its own."""
