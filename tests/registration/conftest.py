"""A browser in front of the whole application, for the tests of this package's pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from conference import clock, db
from tests.pages import Browser, make_settings, open_browser
from tests.registration.cast import REGISTERED


@pytest.fixture
async def browser(database: db.Database, data_dir: Path) -> AsyncIterator[Browser]:
    """A browser on the test's database, two days after the scene was published."""
    ready: asyncio.Future[Browser] = asyncio.get_running_loop().create_future()
    done = asyncio.Event()

    async def visit() -> None:
        # The application's lifespan must end in the task it began in, and fixtures end in another.
        async with open_browser(make_settings(data_dir)) as opened:
            ready.set_result(opened)
            await done.wait()

    with clock.fixed_at(REGISTERED):
        task = asyncio.create_task(visit())
        both: list[asyncio.Future[Any]] = [task, ready]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()  # it could not start: say why
        yield ready.result()
        done.set()
        await task
