"""A client that speaks to the whole application over ASGI, as a browser without script would."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import httpx
from litestar import Litestar

from conference import auth, clock
from conference.app import create_app, furnish
from conference.settings import Settings
from conference.viewer import SignedInOrganiser
from conference.web import ORGANISER_COOKIE

BASE_URL = "http://conf.example.org"


def make_settings(data_dir: Path, **variables: str) -> Settings:
    """Settings as a server would have them, with a folder of the test's own and no jobs running by themselves."""
    environ = {
        "MERIDIAN_DATA_DIR": str(data_dir),
        "MERIDIAN_BASE_URL": BASE_URL,
        "MERIDIAN_SECRET_KEY": "a secret for tests, long enough to be one",
        "MERIDIAN_RUN_JOBS": "no",
    }
    return Settings.from_environment(
        {**environ, **{f"MERIDIAN_{key}": value for key, value in variables.items()}}
    )


class Browser(httpx.AsyncClient):
    """An httpx client with what a browser does by itself: it keeps cookies and sends the form's CSRF token."""

    async def csrf(self) -> str:
        """The CSRF token of this browser, fetched from any page with a form when there is none yet."""
        if "csrftoken" not in self.cookies:
            await self.get("/organise/sign-in")
        return self.cookies["csrftoken"]

    async def post_form(
        self, path: str, data: Mapping[str, str | Sequence[str]] | None = None, **options: Any
    ) -> httpx.Response:
        """Post a form as a browser would."""
        return await self.post(path, data={**(data or {}), "_csrf_token": await self.csrf()}, **options)

    async def post_json(self, path: str, body: Any) -> httpx.Response:
        """Post JSON as the page's scripts do."""
        headers = {"x-csrftoken": await self.csrf(), "accept": "application/json"}
        return await self.post(path, json=body, headers=headers)


@asynccontextmanager
async def _held_open(app: Litestar) -> AsyncIterator[None]:
    """The application's lifespan in a task of its own: it must be left in the task that entered it, and a fixture's
    two halves run in different ones."""
    ready, done = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with app.lifespan():
            ready.set()
            await done.wait()

    task = asyncio.create_task(hold())
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        waiting.cancel()
        await task  # it failed to start: say why
    try:
        yield
    finally:
        done.set()
        await task


# Applications that no test uses at the moment, by what their routes know of the settings: making routes and compiling
# templates takes longer than most tests.
_idle: dict[tuple[bytes, bool], list[Litestar]] = {}


@asynccontextmanager
async def open_app(settings: Settings) -> AsyncIterator[Litestar]:
    """The application running on the bound database, as if it had just been made.

    httpx reads an answer whole before it hands it over, so what would stream for minutes ends with what there is.
    """
    idle = _idle.setdefault((settings.secret_key, settings.is_https), [])
    app = idle.pop() if idle else create_app(settings)
    furnish(app, settings)
    app.state.stream_lasts = timedelta(0)
    async with _held_open(app):
        yield app
    idle.append(app)  # one that did not stop cleanly is not used again


async def _no_macro_for_a_value(response: httpx.Response) -> None:
    """A value named like a macro of a page's frame is hidden by it, and the page then says so instead."""
    if response.headers.get("content-type", "").startswith("text/html"):
        assert b"&lt;Macro " not in await response.aread(), f"{response.url} shows a macro instead of a value"


@asynccontextmanager
async def open_browser(settings: Settings) -> AsyncIterator[Browser]:
    """The application on the bound database, and a browser that looks at it."""
    async with (
        open_app(settings) as app,
        Browser(
            transport=httpx.ASGITransport(app=cast(Any, app), raise_app_exceptions=False),
            base_url=BASE_URL,
            follow_redirects=False,
            event_hooks={"response": [_no_macro_for_a_value]},
        ) as browser,
    ):
        yield browser


async def sign_in_as(browser: Browser, organiser: SignedInOrganiser) -> None:
    """Sign the organiser in with a one-time link, as from the mail."""
    link = await auth.make_sign_in_link(organiser.id, now=clock.now())
    answer = await browser.post_form(f"/organise/sign-in/{link.token}")
    assert answer.status_code == 303, answer.text
    assert ORGANISER_COOKIE in browser.cookies


def text_of(page: str) -> str:
    """What a reader sees of a page: without tags, white space folded."""
    without_scripts = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", without_scripts).split())
