"""A pack of two gigabytes taken away as one zip, beside a plain server of static files on the same machine."""

from __future__ import annotations

import hashlib
import os
import statistics
import sys
import time
import zlib
from collections.abc import Iterator
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from conference import clock, texts
from conference.benchmarks.places import Place
from conference.benchmarks.server import RunningServer, free_port, running_server
from conference.codes import new_code
from conference.settings import Settings
from registration.benchmarks.made import SLUG, Size, publish_conference
from registration.benchmarks.results import Asked, Result
from sessions.packs.contents import key_of
from sessions.packs.tables import (
    PackItem,
    PackState,
    Resource,
    ResourceFile,
    ResourceKind,
    ResourcePack,
    StoredContent,
)

OCTETS = 2_000_000_000
ROUNDS = 3
LOOK_EVERY = 64 * 1024 * 1024  # octets between two looks at the server's memory
_PIECE = 8 * 1024 * 1024


def downloads(folder: Path, _asked: Asked) -> Iterator[Result]:
    """How fast a pack's zip comes, beside a static file of the same length, and what the server's memory does meanwhile."""
    place = Place(folder / "data")
    path = place.prepare(partial(_large_pack, folder=folder / "data"))
    static = folder / "static"
    static.mkdir()
    _sparse(static / "large.zip", OCTETS)
    port = free_port()
    plain = (
        sys.executable,
        "-m",
        "http.server",
        str(port),
        "--bind",
        "127.0.0.1",
        "--directory",
        str(static),
    )
    with (
        place.serving(first_path=f"/{SLUG}/") as ours,
        running_server(folder / "plain", command=plain, port=port) as theirs,
    ):
        idle = ours.resident_megabytes()
        _fetched(ours, path, most=LOOK_EVERY)
        rounds, most = [], 0.0
        for _round in range(ROUNDS):  # in turn, so that a busy machine is busy for both
            ours_speed, memory = _fetched(ours, path)
            theirs_speed, _memory = _fetched(theirs, "/large.zip")
            rounds.append((ours_speed, theirs_speed))
            most = max(most, memory)
    ratio = statistics.median(mine / plainly for mine, plainly in rounds)
    yield Result(
        "A pack of 2 GB as a zip, a second", f"{statistics.median(one for one, _ in rounds):,.0f} MB"
    )
    yield Result(
        "The same from a plain server of static files, a second",
        f"{statistics.median(one for _, one in rounds):,.0f} MB",
    )
    yield Result("Zip beside static file", f"{ratio:.0%}", "≥ 70 %", ratio >= 0.70)
    yield Result("Memory above idle while it is sent", f"{most - idle:.0f} MB", "< 60 MB", most - idle < 60)


async def _large_pack(settings: Settings, folder: Path) -> str:
    """A published pack with one file of OCTETS, which takes no room on most disks; the path of its zip."""
    conference = await publish_conference(settings, Size(12, 2))
    now = clock.now()
    zeros, digest, crc = bytes(_PIECE), hashlib.sha512(), 0
    for first in range(0, OCTETS, _PIECE):
        piece = zeros[: OCTETS - first]
        digest.update(piece)
        crc = zlib.crc32(piece, crc)
    key = key_of(digest.hexdigest())
    _sparse(folder / "files" / key, OCTETS)
    content = StoredContent(key=key, sha512=digest.hexdigest(), size=OCTETS, crc32=crc, touched_at=now)
    await content.save()
    pack = ResourcePack(
        conference=conference.id,
        code=new_code(),
        title=texts.encode({"en": "Recordings"}),
        state=PackState.PUBLISHED,
        published_at=now,
        changed_at=now,
    )
    await pack.save()
    resource = Resource(
        conference=conference.id,
        code=new_code(),
        kind=ResourceKind.RECORDING,
        title=texts.encode({"en": "The whole day"}),
        licence="CC-BY-4.0",
        created_at=now,
        datestamp=now,
    )
    await resource.save()
    await PackItem(pack=pack.id, resource=resource.id).save()
    await ResourceFile(
        resource=resource.id,
        content=content.id,
        filename="day.mp4",
        media_type="video/mp4",
        uploaded_at=now,
    ).save()
    return f"/{SLUG}/resources/{pack.code}.zip"


def _sparse(path: Path, octets: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        os.truncate(file.fileno(), octets)


def _fetched(server: RunningServer, path: str, most: int = sys.maxsize) -> tuple[float, float]:
    """Fetch ``path``, at most so many octets of it: megabytes a second, and the most memory (MB) the server had meanwhile."""
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    buffer = memoryview(bytearray(1024 * 1024))
    try:
        began = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        length = int(answer.headers["content-length"])
        if answer.status != 200 or length < OCTETS:
            raise RuntimeError(f"{path} answered {answer.status} with {length} octets")
        come, looked, memory = 0, 0, server.resident_megabytes()
        while come < min(length, most):
            got = answer.readinto(buffer)
            if not got:
                raise RuntimeError(f"{path} broke off after {come} octets")
            come += got
            if come - looked >= LOOK_EVERY:
                looked, memory = come, max(memory, server.resident_megabytes())
        return come / 1_000_000 / (time.perf_counter() - began), memory
    finally:
        connection.close()
