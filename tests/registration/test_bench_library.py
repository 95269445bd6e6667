"""The bench of the library measures what it says, on a small one."""

from __future__ import annotations

import re
from pathlib import Path

from registration.benchmarks import library
from registration.benchmarks.results import Asked


def test_harvest_and_searches_are_measured_beside_a_bare_handler(tmp_path: Path) -> None:
    results = list(library.library(tmp_path, Asked(seconds=0.1, resources=230)))
    assert [result.name for result in results] == [
        "OAI-PMH, 230 records, SQLite: harvested a second",
        "… a bare handler with the octets of a page, a second",
        "Library search, 230 resources, SQLite: usual / slowest",
        results[3].name,
        "… a bare handler with the page’s octets",
    ]
    assert results[3].name.removeprefix("… /resources") in library.SEARCHES
    numbers = [float(re.sub("[^0-9.]", "", result.value.partition("/")[0])) for result in results]
    assert all(number > 0 for number in numbers)
    assert numbers[0] < numbers[1]  # nothing is faster than what does nothing
    assert numbers[4] < numbers[2]
    assert [result.goal for result in results if result.goal] == ["≥ 500", "< 300 ms"]
