"""What a measurement says: lines of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Result:
    """A line of the table. ``is_met`` None: there is no goal."""

    name: str
    value: str
    goal: str = ""
    is_met: bool | None = None


@dataclass(frozen=True)
class Asked:
    """What to measure with: ``seconds`` for each measurement, and a programme file of somebody's, if one was named."""

    seconds: float
    schedule: Path | None = None


Measure = Callable[[Path, Asked], Iterator[Result]]
"""Measures in a scratch folder of its own."""
