"""A recording of gigabytes sent by an organiser's browser: what the serving process weighs meanwhile, and how fast it goes."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

from conference import clock, texts
from conference.benchmarks.places import Place
from conference.benchmarks.server import RunningServer
from conference.benchmarks.weight import fetch
from conference.codes import new_code
from conference.settings import Settings
from registration.benchmarks.made import SLUG, organiser_cookie, publish_conference
from registration.benchmarks.results import Asked, Result
from sessions.packs.tables import ResourcePack

RECORDING = 2_000_000_000  # octets
REQUEST = 32 * 1024 * 1024  # as the script of our pages sends them
CHUNK = 256 * 1024
LOOK_EVERY = 0.05  # seconds
GOAL_MEGABYTES = 60.0
_BEGINNING = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"
_PATIENCE = 600  # seconds until an answer


@dataclass(frozen=True)
class Upload:
    """What an upload showed. ``grown`` is the most the process weighed above what it weighed idle, in megabytes:
    while the octets came, and while they were put in their place."""

    grown: float
    grown_arriving: float
    seconds: float
    seconds_arriving: float
    octets: int


def uploading(folder: Path, _asked: Asked) -> Iterator[Result]:
    """A recording of 2 GB."""
    seen = upload(folder / "data", RECORDING)
    size = f"{seen.octets / 1e9:g} GB"
    grown = max(seen.grown, seen.grown_arriving)
    yield Result(
        f"Memory above idle while {size} are uploaded and put in their place",
        f"{grown:.0f} MB",
        f"< {GOAL_MEGABYTES:.0f} MB",
        grown < GOAL_MEGABYTES,
    )
    yield Result("… received, a second", f"{seen.octets / 1e6 / seen.seconds:,.0f} MB")
    yield Result(
        "… checked, hashed and put in its place, a second",
        f"{seen.octets / 1e6 / seen.seconds_arriving:,.0f} MB",
    )


def upload(data_dir: Path, octets: int) -> Upload:
    """Send a file of so many octets to a server of its own. Raises RuntimeError when the server says no."""
    place = Place(data_dir)
    cookie, pack = place.prepare(_desk)
    with place.serving() as server:
        token = fetch(server.url, "/organise/sign-in").cookies.partition("csrftoken=")[2].partition(";")[0]
        headers = {"Cookie": f"{cookie}; csrftoken={token}", "X-CSRFToken": token}
        with closing(_Line(server, headers)) as line:
            line.begin("warm.mp4", len(_BEGINNING) + CHUNK, pack)  # what the first upload loads stays loaded
            line.send()
            line.finish()
            idle = server.resident_megabytes()
            line.begin("recording.mp4", octets, pack)
            began = time.perf_counter()
            with _weighed(server) as sending:
                line.send()
            sent = time.perf_counter()
            with _weighed(server) as arriving:
                line.finish()
            done = time.perf_counter()
    return Upload(max(sending) - idle, max(arriving) - idle, sent - began, done - sent, octets)


async def _desk(settings: Settings) -> tuple[str, str]:
    """An organiser's way in, and a pack to send to."""
    conference = await publish_conference(settings)
    title = texts.encode({"en": "Recordings"})
    pack = ResourcePack(conference=conference.id, code=new_code(), title=title, changed_at=clock.now())
    await pack.save()
    return await organiser_cookie(conference), pack.code


class _Line:
    """One browser's connection, sending one file after another."""

    def __init__(self, server: RunningServer, headers: dict[str, str]) -> None:
        self._connection = HTTPConnection(urlsplit(server.url).netloc, timeout=_PATIENCE)
        self._headers = {"Tus-Resumable": "1.0.0", **headers}
        self._path, self._size = "", 0

    def close(self) -> None:
        self._connection.close()

    def begin(self, filename: str, size: int, pack: str) -> None:
        pairs = {"filename": filename, "pack": pack}
        told = ",".join(f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in pairs.items())
        answer = self._ask(
            "POST", f"/organise/{SLUG}/uploads", 201, {"Upload-Length": str(size), "Upload-Metadata": told}
        )
        self._path, self._size = answer.headers["location"], size

    def send(self) -> None:
        for offset in range(0, self._size, REQUEST):
            length = min(REQUEST, self._size - offset)
            headers = {
                "Content-Type": "application/offset+octet-stream",
                "Upload-Offset": str(offset),
                "Content-Length": str(length),
            }
            self._ask("PATCH", self._path, 204, headers, _octets(offset, length))

    def finish(self) -> None:
        answer = self._ask("POST", f"{self._path}/finish", 200, {})
        if b'"kept"' not in answer.said:
            raise RuntimeError(f"the upload was not kept: {answer.said[:300]!r}")

    def _ask(
        self,
        method: str,
        path: str,
        status: int,
        headers: dict[str, str],
        body: Iterator[bytes] | None = None,
    ) -> _Answer:
        self._connection.request(method, path, body=body, headers={**self._headers, **headers})
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status != status:
            raise RuntimeError(f"{method} {path} answered {answer.status}: {said[:300]!r}")
        return _Answer(answer, said)


class _Answer:
    def __init__(self, answer: HTTPResponse, said: bytes) -> None:
        self.headers, self.said = answer.headers, said


def _octets(offset: int, length: int) -> Iterator[bytes]:
    """Part of a film that nobody wants to see."""
    if offset == 0:
        yield _BEGINNING
        length -= len(_BEGINNING)
    block = bytes(range(256)) * (CHUNK // 256)
    while length > 0:
        yield block[:length]
        length -= CHUNK


@contextmanager
def _weighed(server: RunningServer) -> Iterator[list[float]]:
    """Every weight of the serving process, in megabytes, while the block runs."""
    seen = [server.resident_megabytes()]
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_EVERY):
            seen.append(server.resident_megabytes())

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield seen
    finally:
        over.set()
        looking.join()
