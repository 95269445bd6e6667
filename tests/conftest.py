"""Fixtures that every test may ask for."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from conference import db
from tests.databases import PostgresTemplate, SQLiteTemplate, opened
from tests.s3 import S3Server, aws_variables

if TYPE_CHECKING:
    from playwright.async_api import Browser as Chromium

    from tests.pages import Browser
    from tests.readers import Readers

# A test that forgets to ask for a database must not find the one of whoever runs the tests.
os.environ["MERIDIAN_DATA_DIR"] = tempfile.mkdtemp(prefix="meridian-tests-")

# Machines are shared: how long an example takes says nothing about the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> SQLiteTemplate:
    return SQLiteTemplate(tmp_path_factory.mktemp("sqlite-template"))


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[PostgresTemplate]:
    template = PostgresTemplate()
    yield template
    template.stop()


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    server = S3Server(tmp_path_factory.mktemp("s3"))
    yield server
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def store_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """What ``MERIDIAN_STORAGE_URL`` says: the test runs once on a local folder and once on an S3-compatible server."""
    if request.param == "folder":
        yield ""
        return
    server: S3Server = request.getfixturevalue("s3_server")
    with aws_variables(server.endpoint):
        yield server.new_url()


@pytest.fixture
def data_dir(tmp_path: Path, sqlite_template: SQLiteTemplate) -> Path:
    """A data folder with a migrated SQLite database in it, not yet open."""
    sqlite_template.copy_to(tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
async def database(data_dir: Path) -> AsyncIterator[db.Database]:
    """A fresh, migrated SQLite database, bound and open."""
    async with opened(db.make_engine("", data_dir)) as engine:
        yield engine


@pytest.fixture
async def postgres_database(postgres_template: PostgresTemplate) -> AsyncIterator[db.Database]:
    """A fresh, migrated PostgreSQL database, bound and open."""
    async with postgres_template.copy() as url, opened(db.make_engine(url, Path())) as engine:
        yield engine


@pytest.fixture(params=["sqlite", "postgres"])
def _template(request: pytest.FixtureRequest) -> SQLiteTemplate | PostgresTemplate:
    # Not async, so that the server starts only for a test that runs on it, and outside the running loop.
    template: SQLiteTemplate | PostgresTemplate = request.getfixturevalue(f"{request.param}_template")
    return template


@pytest.fixture
async def each_database(
    _template: SQLiteTemplate | PostgresTemplate, tmp_path: Path
) -> AsyncIterator[db.Database]:
    """A fresh, migrated database, bound and open: the test runs once on SQLite and once on PostgreSQL."""
    if isinstance(_template, PostgresTemplate):
        async with _template.copy() as url, opened(db.make_engine(url, Path())) as engine:
            yield engine
    else:
        _template.copy_to(tmp_path / "data")
        async with opened(db.make_engine("", tmp_path / "data")) as engine:
            yield engine


@pytest.fixture
async def browser(database: db.Database, data_dir: Path) -> AsyncIterator[Browser]:
    """The whole application on a fresh database, and a browser without script that looks at it."""
    from tests.pages import (
        make_settings,
        open_browser,
    )  # only here: other tests need not wait for the application

    async with open_browser(make_settings(data_dir)) as opened_browser:
        yield opened_browser


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Chromium]:
    """One real browser for all tests; each opens windows of its own in it."""
    from tests.browser.server import open_chromium

    async with open_chromium() as opened_chromium:
        yield opened_chromium


@pytest.fixture(scope="session")
async def readers(chromium: Chromium) -> AsyncIterator[Readers]:
    """Other programs that read our calendars."""
    from tests.readers import every_reader

    async with every_reader(chromium) as opened_readers:
        yield opened_readers
