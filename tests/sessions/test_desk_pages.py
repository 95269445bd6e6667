"""The desk's pages about rooms, tracks, speakers and sessions, as an organiser's browser sees them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from conference import db
from conference.tables import Conference, Role
from tests.makers import (
    make_conference,
    make_member,
)
from tests.pages import Browser, make_settings, open_browser, sign_in_as
from tests.people import BERLIN_ORGANISER

PAGES = ("rooms", "rooms/new", "tracks", "tracks/new", "speakers", "speakers/new", "sessions", "sessions/new")


@pytest.fixture
async def browser(database: db.Database, tmp_path: Path) -> AsyncIterator[Browser]:
    async with open_browser(make_settings(tmp_path / "web")) as browser:
        yield browser


@pytest.fixture
async def conference(browser: Browser) -> Conference:
    """A conference whose programme the signed-in organiser works on."""
    conference = await make_conference(languages=("en", "fr"))
    await sign_in_as(browser, await make_member(conference, BERLIN_ORGANISER, Role.PROGRAMME))
    return conference


async def test_each_page_opens_on_an_empty_conference(browser: Browser, conference: Conference) -> None:
    for path in PAGES:
        answer = await browser.get(f"/organise/libraries/{path}")
        assert answer.status_code == 200, (path, answer.text[:3000])
