"""Walking through every page, with few people: what is measured is measured of real pages on both engines."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from registration.benchmarks import walking
from registration.benchmarks.results import Asked


def test_every_kind_of_page_is_visited_and_weighed_on_both_engines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: Asked
) -> None:
    monkeypatch.setattr(walking, "TURNS", 1)
    monkeypatch.setattr(walking, "LIKE_IT", 1)
    results = list(walking.walking(tmp_path, replace(small, listing=tmp_path / "pages.csv")))
    with (tmp_path / "pages.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for engine in ("SQLite", "PostgreSQL"):
        pages = [row for row in rows if row["engine"] == engine]
        assert {row["who"] for row in pages} == {"the desk", "an attendee", "a stranger"}
        routes = {row["route"] for row in pages}
        assert {
            "/organise/{slug}/registrations",
            "/organise/{slug}/registrations/{code}",
            "/organise/{slug}/registrations/export.xlsx",
            "/organise/{slug}/schedule/slots/{code}/times",
            "/organise/{slug}/privacy/retention",
            "/{slug}/me/data",
            "/{slug}/programme",
            "/join/{code}",
        } <= routes
        assert len(routes) > 90
        assert sum(float(row["processor ms"]) for row in pages) > 100
        assert (sum(float(row["database ms"]) for row in pages) > 0) is (engine == "PostgreSQL")
        own = [row for row in pages if row["route"] == "/{slug}/me/data"]
        assert all(int(row["queries"]) > 10 and int(row["octets"]) > 10_000 for row in own)
        told = [result for result in results if result.goal and engine in result.name]
        assert [result.goal for result in told] == ["< 100 ms"] * 3
