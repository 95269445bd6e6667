"""A real server process on a database of the test's own, and Chromium to look at it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from conference import auth, clock, codes, db
from conference.viewer import SignedInOrganiser
from tests.browser.server import Server, running_server
from tests.pages import make_settings


@dataclass
class Site:
    """A running Meridian: its address, and its database, to which the test's own process is bound as well."""

    url: str
    browser: Browser
    pages: list[Page] = field(default_factory=list)
    script_errors: list[str] = field(default_factory=list)

    async def page(self, *, width: int = 1280, height: int = 900, **options: Any) -> Page:
        """A fresh browser window. Uncaught errors in its scripts, and breaches of the content policy, fail the test."""
        context = await self.browser.new_context(
            base_url=self.url, viewport={"width": width, "height": height}, locale="en-GB", **options
        )
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.script_errors.append(str(error)))
        page.on("console", lambda message: self._listen(message.text))
        self.pages.append(page)
        return page

    def _listen(self, text: str) -> None:
        if "Content Security Policy" in text:
            self.script_errors.append(text)

    async def signed_in_page(self, organiser: SignedInOrganiser, **options: Any) -> Page:
        """A window in which the organiser is signed in, by the link from their mail."""
        page = await self.page(**options)
        link = await auth.make_sign_in_link(organiser.id, now=clock.now())
        await page.goto(f"/organise/sign-in/{link.token}")
        await page.get_by_role("main").get_by_role("button", name="Sign in").click()
        await page.wait_for_url("**/organise/")
        return page


@pytest.fixture(scope="session")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A server with the demo conference, for tests that add to it and take nothing away."""
    async with running_server(tmp_path_factory.mktemp("demo") / "data", demo=True) as server:
        yield server


@pytest.fixture
async def site(database: db.Database, data_dir: Path, chromium: Browser) -> AsyncIterator[Site]:
    """A server on a fresh database. At the end no page may have had an error in its scripts."""
    secret = make_settings(data_dir).secret_key
    codes.use_secret(secret)
    async with running_server(data_dir, SECRET_KEY=secret.decode(), RUN_JOBS="no") as server:
        running = Site(server.url, chromium)
        yield running
        for page in running.pages:
            await page.context.close()
        assert running.script_errors == []
