"""Uploads over lines that break in the middle of a request, servers that are killed, and a disk that is full."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from conference.benchmarks.server import RunningServer, meridian_environment, running_server
from tests.attacks.test_killed import ask, kill, load_demo

MB = 1024 * 1024
FILM = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(range(256)) * 4096 * 40
LINK = re.compile(r"Organiser desk: +http://[^/]+(/organise/sign-in/\S+)")


def sign_in(client: httpx.Client, data_dir: Path) -> None:
    """Sign the client in at the demo's desk."""
    done = subprocess.run(
        [sys.executable, "-m", "conference", "demo"],
        env=meridian_environment(data_dir, 8000),
        capture_output=True,
        text=True,
        timeout=60,
    )
    found = LINK.search(done.stdout)
    assert found, done.stderr
    client.get(found[1])
    client.post(found[1], data={"_csrf_token": client.cookies["csrftoken"]})


class Desk:
    """The demo's first pack, and a tus client in front of it."""

    def __init__(self, client: httpx.Client, slug: str, data_dir: Path) -> None:
        self.client = client
        self.base = f"/organise/{slug}/uploads"
        self.pack = ask(data_dir, "SELECT code FROM resource_pack ORDER BY id LIMIT 1")[0]

    @property
    def headers(self) -> dict[str, str]:
        return {"tus-resumable": "1.0.0", "x-csrftoken": self.client.cookies["csrftoken"]}

    def create(self, size: int = len(FILM)) -> httpx.Response:
        told = {"filename": "film.mp4", "pack": self.pack}
        pairs = ",".join(f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in told.items())
        headers = {**self.headers, "upload-length": str(size), "upload-metadata": pairs}
        return self.client.post(self.base, headers=headers)

    def offset(self, url: str) -> int:
        answer = self.client.head(url, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return int(answer.headers["upload-offset"])

    def patch(self, url: str, offset: int) -> httpx.Response:
        headers = {
            **self.headers,
            "upload-offset": str(offset),
            "content-type": "application/offset+octet-stream",
        }
        return self.client.patch(url, headers=headers, content=FILM[offset:])

    def half_a_patch(self, url: str, offset: int, octets: int) -> socket.socket:
        """A request that announces the rest of the film and brings only so many octets of it; its line stays open."""
        place = urlsplit(str(self.client.base_url))
        line = socket.create_connection((place.hostname or "", place.port or 0), timeout=30)
        cookies = "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())
        head = {
            **self.headers,
            "host": place.netloc,
            "cookie": cookies,
            "upload-offset": str(offset),
            "content-type": "application/offset+octet-stream",
            "content-length": str(len(FILM) - offset),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        line.sendall(f"PATCH {url} HTTP/1.1\r\n{lines}\r\n".encode() + FILM[offset : offset + octets])
        return line


def settled(desk: Desk, url: str, at_least: int) -> int:
    """Where the upload stands once the server has noticed what happened to the line."""
    deadline = time.monotonic() + 30
    while (offset := desk.offset(url)) < at_least and time.monotonic() < deadline:
        time.sleep(0.1)
    return offset


@contextmanager
def at_the_desk(data_dir: Path, slug: str) -> Iterator[tuple[RunningServer, Desk]]:
    with running_server(data_dir) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        sign_in(client, data_dir)
        yield server, Desk(client, slug, data_dir)


@pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="finds the server's processes in Linux's /proc"
)
def test_a_broken_line_and_a_killed_server_lose_little_and_the_file_arrives_whole(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    slug = load_demo(data_dir)
    with at_the_desk(data_dir, slug) as (server, desk):
        created = desk.create()
        assert created.status_code == 201, created.text
        url = created.headers["location"]
        # The line breaks in the middle of a request: all that came stays.
        desk.half_a_patch(url, 0, 5 * MB).close()
        assert settled(desk, url, 5 * MB) == 5 * MB
        # The server is killed in the middle of one: the pieces it had finished stay.
        line = desk.half_a_patch(url, 5 * MB, 25 * MB)
        assert settled(desk, url, 21 * MB) == 21 * MB
        kill(server)
        line.close()
    with at_the_desk(data_dir, slug) as (_server, desk):
        assert desk.offset(url) == 21 * MB
        assert desk.patch(url, 21 * MB).status_code == 204
        answer = desk.client.post(f"{url}/finish", headers=desk.headers)
        assert answer.json()["state"] == "waiting"  # the demo's pack is published, and nobody chose a licence
        ask(data_dir, "UPDATE resource_pack SET state = 'collecting'")
        assert desk.client.post(f"{url}/finish", headers=desk.headers).json()["state"] == "kept"
    digest = hashlib.sha512(FILM).hexdigest()
    assert ask(data_dir, f"SELECT count(*) FROM stored_content WHERE sha512 = '{digest}'") == ["1"]
    stored = data_dir / "files" / "sha512" / digest[:2] / digest[2:4] / digest
    assert stored.read_bytes() == FILM
    assert not [path for path in (data_dir / "files" / "incoming").rglob("*") if path.is_file()]


def test_a_file_that_the_disk_cannot_take_is_refused_in_words_before_it_is_sent(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", str(folder)]
    try:
        is_mounted = not subprocess.run(mount, capture_output=True).returncode
    except OSError:
        is_mounted = False
    if not is_mounted:
        pytest.skip(
            "mounting a small file system takes an administrator, and more than most containers allow"
        )
    try:
        data_dir = folder / "data"
        slug = load_demo(data_dir)
        with at_the_desk(data_dir, slug) as (_server, desk):
            answer = desk.create()
            assert answer.status_code == 507
            assert "no room left for files" in answer.text
            assert ask(data_dir, "SELECT count(*) FROM upload") == ["0"]
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)
