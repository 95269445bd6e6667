"""A server started apart, on a folder and a port of its own: for measurements, and for tests of the real thing."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from conference.benchmarks.processors import children_of

START_SECONDS = 30.0
STOP_SECONDS = 20.0


class DidNotStart(Exception):
    """The server ended, or gave no answer in time; the text is what it printed."""


@dataclass
class RunningServer:
    """A server that answers. ``first_answer_seconds`` is from process start to the end of its first answer."""

    url: str
    process: subprocess.Popen[bytes]
    output: Path
    first_answer_seconds: float = 0.0

    def said(self) -> str:
        """What it has printed so far."""
        return self.output.read_text("utf-8", "replace")

    def resident_megabytes(self) -> float:
        """Memory of the process that serves (the largest, where a small one watches over it). Linux only."""
        return max(_resident(pid) for pid in (self.process.pid, *children_of(self.process.pid)))

    def stop(self) -> int:
        """Ask it to stop and wait; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


def free_port() -> int:
    """A port that nobody listens on just now.

    Processes that look at the same time do not find the same one: each keeps to the ports that fit its own number.
    """
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if (port // 2 - os.getpid()) % 16 == 0:  # Linux gives odd ones or even ones only
            return port


def meridian_environment(data_dir: Path, port: int, **variables: str) -> dict[str, str]:
    """This process's environment, with Meridian's own settings replaced, and with what Python compiles kept, as anywhere
    but on a machine that tests."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MERIDIAN_")}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    environ.update({f"MERIDIAN_{name}": value for name, value in variables.items()})
    return {**environ, "MERIDIAN_DATA_DIR": str(data_dir), "MERIDIAN_PORT": str(port)}


@contextmanager
def running_server(
    data_dir: Path,
    *,
    command: Sequence[str] = (sys.executable, "-m", "conference", "serve"),
    cwd: Path | None = None,
    first_path: str = "/healthz",
    environ: Mapping[str, str] | None = None,
    port: int = 0,
) -> Iterator[RunningServer]:
    """Start ``command``, wait for its first answer, and stop it at the end of the block. Raises DidNotStart.

    ``port`` is the one that the command itself names, if it does.
    """
    port = port or free_port()
    output = data_dir.with_name(f"{data_dir.name}.output")
    with output.open("wb") as file:
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - our own command, not a visitor's
            command,
            cwd=cwd,
            env={**meridian_environment(data_dir, port), **(environ or {})},
            stdout=file,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    server = RunningServer(f"http://127.0.0.1:{port}", process, output)
    try:
        _wait_for_answer(server, first_path, began)
        yield server
    finally:
        server.stop()


def _wait_for_answer(server: RunningServer, path: str, began: float) -> None:
    while time.perf_counter() - began < START_SECONDS:
        if server.process.poll() is not None:
            raise DidNotStart(server.said())
        try:
            status = _asked(server.url, path)
        except OSError:
            time.sleep(0.005)
            continue
        if status >= 500:
            raise DidNotStart(f"{path} answered {status}\n{server.said()}")
        server.first_answer_seconds = time.perf_counter() - began
        return
    raise DidNotStart(server.said())


def _asked(url: str, path: str) -> int:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()


def _resident(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0
