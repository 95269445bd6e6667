"""The real server in a process of its own, as an operator starts it, with its mails as files in its data folder."""

from __future__ import annotations

import asyncio
import email
import email.policy
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from conference.benchmarks.server import free_port

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0  # seconds for the server to start, or for a mail to be written

_SYSTEM_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = [
    "--no-sandbox",  # the tests may run as root, where Chromium's sandbox cannot
    "--disable-gpu",
    "--no-first-run",
    # A browser that talks to nobody but the server under test.
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Server:
    """A running ``meridian serve`` with its address and its data folder."""

    url: str
    data_dir: Path
    environ: dict[str, str]

    async def meridian(self, *arguments: str) -> str:
        """What the command line prints, run beside the server on the same data. Fails when the command does."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "conference",
            *arguments,
            env=self.environ,
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
        return output.decode()

    def mails(self, to: str) -> list[EmailMessage]:
        """The mails written for this address so far, oldest first."""
        found: list[EmailMessage] = []
        for path in sorted((self.data_dir / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            assert isinstance(message, EmailMessage)  # what the policy makes
            if to in str(message["To"]):
                found.append(message)
        return found

    async def mail(
        self, to: str, is_wanted: Callable[[EmailMessage], bool], *, patience: float = PATIENCE
    ) -> EmailMessage:
        """The newest mail to this address that is wanted, waited for."""
        async with asyncio.timeout(patience):
            while True:
                if wanted := [message for message in self.mails(to) if is_wanted(message)]:
                    return wanted[-1]
                await asyncio.sleep(0.1)


def plain_text(message: EmailMessage) -> str:
    """The mail's plain part."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def calendar_parts(message: EmailMessage) -> list[bytes]:
    """The mail's calendars as they go to the calendar program, one for each event."""
    parts = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    return [content for part in parts if isinstance(content := part.get_payload(decode=True), bytes)]


@asynccontextmanager
async def open_chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium when present, else the one Playwright installed."""
    found = next((path for name in _SYSTEM_BROWSERS if (path := shutil.which(name))), None)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def running_server(data_dir: Path, *, demo: bool = False, **settings: str) -> AsyncIterator[Server]:
    """Start the server on a data folder, with the demo loaded if asked; stop it at the end.

    ``settings`` are MERIDIAN_… variables without that beginning.
    """
    port = free_port()
    environ = {key: value for key, value in os.environ.items() if not key.startswith("MERIDIAN_")}
    environ |= {"MERIDIAN_DATA_DIR": str(data_dir), "MERIDIAN_PORT": str(port), "PYTHONPATH": str(ROOT)}
    environ |= {f"MERIDIAN_{name}": value for name, value in settings.items()}
    server = Server(f"http://127.0.0.1:{port}", data_dir, environ)
    if demo:
        await server.meridian("demo")
    log = data_dir.parent / f"{data_dir.name}.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "conference", "serve", env=environ, cwd=ROOT, stdout=output, stderr=output
        )
    try:
        async with asyncio.timeout(PATIENCE):
            while b"is ready" not in log.read_bytes():
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(0.05)
        yield server
        # What the server could not answer stands in its log with a traceback: no page may have caused one.
        assert "Traceback" not in log.read_text(), log.read_text()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
