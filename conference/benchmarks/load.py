"""A load generator: requests on connections kept alive, as fast as the server answers.

Run as a process of its own (``python -m conference.benchmarks.load``), so that making requests does not take time from
answering them. It reads a plan as JSON on standard input and writes what it saw as JSON on standard output.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import cycle
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Plan:
    """What to send where. ``requests`` (method, path, headers, body as text) are sent in turn, over and over for
    ``seconds``, or each once when ``once`` is set. ``connections`` are open at the same time."""

    url: str
    requests: list[tuple[str, str, dict[str, str], str]]
    connections: int = 32
    seconds: float = 3.0
    once: bool = False


@dataclass(frozen=True)
class Seen:
    """What came back: answers by status, octets received, and how long it took."""

    statuses: dict[str, int] = field(default_factory=dict)
    octets: int = 0
    seconds: float = 0.0
    slowest_ms: float = 0.0
    median_ms: float = 0.0

    @property
    def answers(self) -> int:
        """How many answers came."""
        return sum(self.statuses.values())

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds if self.seconds else 0.0


def run_apart(plan: Plan) -> Seen:
    """Carry the plan out in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "conference.benchmarks.load"],
        input=json.dumps(asdict(plan)),
        capture_output=True,
        text=True,
        check=True,
    )
    return Seen(**json.loads(done.stdout))


class _Client(asyncio.Protocol):
    """One connection: sends the next request when the answer to the last is complete."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._missing = -1  # octets of the body still to come; -1: the head is not complete
        self._status = ""
        self._sent_at = 0.0
        self.finished = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what create_connection always gives
        self._transport = transport
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.finished.done():
            self._run.statuses["lost"] += 1
            self.finished.set_result(None)

    def _next(self) -> None:
        request = self._run.next_request()
        if self._transport is None or request is None:
            self.finished.set_result(None)
            if self._transport is not None:
                self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._run.octets += len(data)
        if self._missing < 0:
            self._buffer += data
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            self._buffer = b""
            self._status = head[9:12].decode()
            self._missing = _body_length(head, self._status) - len(rest)
        else:
            self._missing -= len(data)
        if self._missing <= 0:
            self._missing = -1
            self._run.statuses[self._status] += 1
            self._run.waits.append(time.perf_counter() - self._sent_at)
            self._next()


def _body_length(head: bytes, status: str) -> int:
    lowered = head.lower()
    start = lowered.find(b"\r\ncontent-length:")
    if start < 0:
        if status in {"204", "304"}:
            return 0
        raise ValueError("the load generator reads only answers that say their length")
    end = lowered.find(b"\r\n", start + 2)
    return int(lowered[start + 17 : end if end > 0 else None])


class _Run:
    def __init__(self, plan: Plan) -> None:
        self.statuses: Counter[str] = Counter()
        self.octets = 0
        self.waits: list[float] = []
        self._stop_at = float("inf")
        self._seconds = plan.seconds
        encoded = [_encoded(plan.url, *request) for request in plan.requests]
        self._requests: Iterator[bytes] = iter(encoded) if plan.once else cycle(encoded)
        self._is_timed = not plan.once

    def start(self) -> None:
        if self._is_timed:
            self._stop_at = time.perf_counter() + self._seconds

    def next_request(self) -> bytes | None:
        if time.perf_counter() >= self._stop_at:
            return None
        return next(self._requests, None)


def _encoded(url: str, method: str, path: str, headers: dict[str, str], body: str) -> bytes:
    content = body.encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(url).netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if content:
        lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join([*lines, "", ""]).encode() + content


async def carry_out(plan: Plan) -> Seen:
    """Send the plan's requests and count the answers."""
    parts = urlsplit(plan.url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    run = _Run(plan)
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    run.start()
    clients: Sequence[_Client] = [
        (await loop.create_connection(lambda: _Client(run), host, port))[1]
        for _number in range(plan.connections)
    ]
    await asyncio.gather(*(client.finished for client in clients))
    seconds = time.perf_counter() - began
    waits = sorted(run.waits) or [0.0]
    return Seen(dict(run.statuses), run.octets, seconds, waits[-1] * 1000, waits[len(waits) // 2] * 1000)


if __name__ == "__main__":
    given = json.load(sys.stdin)
    json.dump(asdict(asyncio.run(carry_out(Plan(**given)))), sys.stdout)
