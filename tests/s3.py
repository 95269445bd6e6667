"""An S3-compatible server of our own for the tests (localbucket), as a process apart; and one that answers as it is told."""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path

import pytest

from conference.benchmarks.server import free_port

BUCKET = "files"
START_SECONDS = 60.0


class S3Server:
    """The server with one bucket in it. It stops with ``stop()``."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._output = folder / "output"
        self._data = folder / "data"
        self._port = free_port()
        self._numbers = count(1)
        self.start()
        assert self.ask("PUT", f"/{BUCKET}")[0] == 200

    def start(self) -> None:
        """Start the process, also again after ``stop()``, with what was in it."""
        with self._output.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "localbucket", "--port", str(self._port), str(self._data)],
                stdout=file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                self.ask("GET", "/")
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(self._output.read_text("utf-8", "replace")) from None
                time.sleep(0.02)

    @property
    def endpoint(self) -> str:
        """Its address, as ``AWS_ENDPOINT_URL`` has it."""
        return f"http://127.0.0.1:{self._port}"

    def new_url(self) -> str:
        """The address of a store with nothing in it."""
        return f"s3://{BUCKET}/store-{os.getpid()}-{next(self._numbers)}"

    def ask(self, method: str, path: str) -> tuple[int, bytes]:
        """One request past our own client, to see what the server really has."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def unfinished(self) -> list[str]:
        """Multipart uploads that were begun, and neither completed nor given up."""
        folder = self._data / ".localbucket-uploads"
        return [path.name for path in folder.iterdir()] if folder.is_dir() else []

    def stop(self) -> None:
        """Stop the process."""
        self._process.kill()
        self._process.wait()


@contextmanager
def aws_variables(endpoint: str) -> Iterator[None]:
    """The keys, region and endpoint with which a store by address is opened."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_ACCESS_KEY_ID", "meridian")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "a key for tests")
        patch.setenv("AWS_REGION", "eu-west-2")
        patch.setenv("AWS_ENDPOINT_URL", endpoint)
        yield


@asynccontextmanager
async def answering(answer: bytes, *, seconds: float = 0.0) -> AsyncIterator[str]:
    """A server that gives every request the same octets after so many seconds, and closes; its address."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(seconds)
            writer.write(answer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            return  # who asked did not wait
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@asynccontextmanager
async def joining_slowly(endpoint: str, *, seconds: float) -> AsyncIterator[str]:
    """A server in front of another, which takes its time where the parts of a file are to be joined; its address."""
    host, _colon, port = endpoint.removeprefix("http://").partition(":")

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        if head.startswith(b"POST") and b"uploadId=" in head:
            await asyncio.sleep(seconds)
        behind, ahead = await asyncio.open_connection(host, int(port))
        ahead.write(head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) + body)
        writer.write(await behind.read())
        await writer.drain()
        writer.close()
        ahead.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
