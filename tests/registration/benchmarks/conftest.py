"""Measuring little and quickly: whether the measurements work, not how fast anything is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conference.benchmarks.postgres import Databases
from registration.benchmarks.results import Asked


@pytest.fixture(scope="module")
def small() -> Iterator[Asked]:
    """A moment for each measurement, few people, both engines."""
    databases = Databases()
    yield Asked(0.2, databases=databases, people=40)
    databases.close()
