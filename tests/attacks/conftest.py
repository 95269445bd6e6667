"""Worlds to attack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from conference import db
from tests.attacks.world import World, open_copy, open_world
from tests.databases import SQLiteTemplate, opened
from tests.pages import make_settings


@pytest.fixture(scope="session")
async def explored(sqlite_template: SQLiteTemplate, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The demo on SQLite, explored once for all who attack it, and closed. Each attacks a copy of its folder."""
    data_dir = tmp_path_factory.mktemp("explored") / "data"
    sqlite_template.copy_to(data_dir)
    async with (
        opened(db.make_engine("", data_dir)),
        open_world(make_settings(data_dir)) as opened_world,
    ):
        await opened_world.explore()
    return opened_world


@pytest.fixture
async def world(explored: World, tmp_path: Path) -> AsyncIterator[World]:
    """The demo on SQLite, explored."""
    async with open_copy(explored, tmp_path / "data") as opened_world:
        yield opened_world


@pytest.fixture(scope="module")
async def calm_world(explored: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """The demo on SQLite, explored, for a whole module of tests that only look."""
    async with open_copy(explored, tmp_path_factory.mktemp("calm-world") / "data") as opened_world:
        yield opened_world


@pytest.fixture
async def each_world(each_database: db.Database, tmp_path: Path) -> AsyncIterator[World]:
    """The demo, explored: once on SQLite and once on PostgreSQL."""
    async with open_world(make_settings(tmp_path / "data")) as opened_world:
        await opened_world.explore()
        yield opened_world
