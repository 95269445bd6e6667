"""Each measurement of people, with few of them: it works on both engines, and notices when something went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from conference.benchmarks.postgres import NoPostgres
from registration.benchmarks.feeds import feeds
from registration.benchmarks.promoting import promotions
from registration.benchmarks.reminding import reminders
from registration.benchmarks.results import Asked, Measure, Result
from registration.benchmarks.run import run_bench
from registration.benchmarks.weighing import memory


def numbers(results: list[Result], name: str) -> list[float]:
    """The numbers of the lines with this name."""
    found = [part for one in results if name in one.name for part in one.value.split(" / ")]
    return [float(part.replace(",", "").rstrip("% MBs")) for part in found]


@pytest.mark.parametrize(
    ("measure", "lines"),
    [
        (
            feeds,
            {"Private feeds a second, {}, 2 processes": 2, "Programme feeds a second, {}, 2 processes": 2},
        ),
        (promotions, {"Seats given up and offered on, a second, {}, 2 processes": 1}),
        (reminders, {"Reminders of 40 people worked out and queued, a second, {}": 1}),
        (memory, {"Memory, 40 people, {}": 3}),
    ],
)
def test_it_measures_on_both_engines(
    measure: Measure,
    lines: dict[str, int],
    tmp_path: Path,
    small: Asked,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("feeds", "promoting"):
        monkeypatch.setattr(f"registration.benchmarks.{module}.PROCESSES", (2,))
    results = list(measure(tmp_path, small))
    for engine in ("SQLite", "PostgreSQL"):
        for line, count in lines.items():
            found = numbers(results, line.format(engine))
            assert len(found) == count, results
            assert all(number > 0 for number in found)


def test_only_what_is_asked_for_is_measured_and_a_goal_that_is_missed_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def measuring(*results: Result) -> Measure:
        return lambda folder, _asked: iter(results) if folder.is_dir() else iter(())

    monkeypatch.setattr("registration.benchmarks.run.Databases", no_postgres)
    fast, slow = Result("Fast", "9 ms", "< 10 ms", True), Result("Slow", "11 ms", "< 10 ms", False)
    monkeypatch.setattr(
        "registration.benchmarks.run.MEASUREMENTS", {"fast": measuring(fast), "slow": measuring(slow)}
    )
    said: list[str] = []
    assert run_bench(Asked(0.1), only="fas, none", postgres_url="", say=said.append)
    assert [" ".join(line.split()) for line in said if "ms" in line] == ["Fast 9 ms < 10 ms met"]
    assert any("no server here" in line for line in said)
    assert not run_bench(Asked(0.1), only=None, postgres_url="", say=said.append)
    assert " ".join(said[-1].split()) == "Slow 11 ms < 10 ms MISSED"


def no_postgres(_url: str) -> None:
    raise NoPostgres("no server here")
