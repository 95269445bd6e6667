"""The server is killed or the disk is full: what was acknowledged is there, and each mail goes out once."""

from __future__ import annotations

import concurrent.futures
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from email import message_from_bytes
from email.policy import default as default_policy
from pathlib import Path

import httpx
import pytest

from conference.benchmarks.server import RunningServer, meridian_environment, running_server

MOST_EACH = 15  # registrations of one visitor before the kill: each mail is flushed to the disk later
LEASE_IS_OVER = "UPDATE outgoing_mail SET lease_until = created_at WHERE state = 'sending'"


def load_demo(data_dir: Path) -> str:
    """The demo in the folder; its slug."""
    done = subprocess.run(
        [sys.executable, "-m", "conference", "demo"],
        env=meridian_environment(data_dir, 8000),
        capture_output=True,
        text=True,
        timeout=60,
    )
    found = re.search(r"Public page: +http://[^/]+/([^/]+)/", done.stdout)
    assert found, done.stderr
    return found[1]


def ask(data_dir: Path, sql: str) -> list[str]:
    """The first column of what the database answers, from outside the server."""
    with closing(sqlite3.connect(data_dir / "meridian.sqlite", timeout=20)) as database:
        rows = database.execute(sql).fetchall()
        database.commit()
    return [str(row[0]) for row in rows]


def kill(server: RunningServer) -> None:
    """Kill every process of the server, as a power cut would."""
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for one in (pid, *map(int, children)):
        os.kill(one, signal.SIGKILL)
    server.process.wait(10)


class Visitor:
    """Someone who registers one person after another."""

    def __init__(self, client: httpx.Client, slug: str) -> None:
        self.client = client
        self.slug = slug
        client.get("/organise/sign-in")

    def register(self, number: int) -> httpx.Response:
        """Send the form."""
        form = {
            "_csrf_token": self.client.cookies["csrftoken"],
            "name": "Person " + "x" * 150,
            "email": f"person{number}@example.org",
            "country": "NP",
            "zone": "Asia/Kathmandu",
            "language": "en",
        }
        return self.client.post(f"/{self.slug}/register", data=form)


def register_many(url: str, slug: str, first: int, stop: threading.Event, acknowledged: list[str]) -> None:
    """Register until the server is gone, noting whose registration was acknowledged."""
    with suppress(httpx.HTTPError), httpx.Client(base_url=url, timeout=20) as client:  # until it is killed
        visitor = Visitor(client, slug)
        for number in range(first, first + MOST_EACH):
            if stop.is_set():
                break
            if visitor.register(number).status_code == 303:
                acknowledged.append(f"person{number}@example.org")


@pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="finds the server's processes in Linux's /proc"
)
def test_everything_acknowledged_survives_and_is_mailed_once(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    slug = load_demo(data_dir)
    acknowledged: list[str] = []
    for turn, enough in enumerate((4, 20)):
        stop = threading.Event()
        with running_server(data_dir) as server, concurrent.futures.ThreadPoolExecutor() as pool:
            firsts = [1000 * (1 + turn * 4 + visitor) for visitor in range(3)]
            visitors = [
                pool.submit(register_many, server.url, slug, first, stop, acknowledged) for first in firsts
            ]
            while len(acknowledged) < enough and not any(visitor.done() for visitor in visitors):
                time.sleep(0.01)
            kill(server)  # in the midst of the next ones
            stop.set()
            for visitor in visitors:
                visitor.result()
    assert len(acknowledged) >= enough
    assert ask(data_dir, "PRAGMA integrity_check") == ["ok"]
    stored = ask(data_dir, "SELECT a.email FROM attendee a JOIN registration r ON r.attendee = a.id")
    assert set(acknowledged) <= set(stored)
    assert len(stored) == len(set(stored))
    assert sorted(ask(data_dir, "SELECT recipient FROM outgoing_mail")) == sorted(stored)
    # The dead server's leases on its work and on the mail in its hands would end by themselves, minutes later.
    ask(data_dir, LEASE_IS_OVER)
    ask(data_dir, "UPDATE job SET lease_until = NULL")
    with running_server(data_dir) as server:
        deadline = time.monotonic() + 60
        while ask(data_dir, "SELECT count(*) FROM outgoing_mail WHERE state != 'sent'") != ["0"]:
            assert time.monotonic() < deadline, ask(
                data_dir,
                "SELECT json_array(state, lease_until, attempts, next_attempt_at, created_at, last_reply) FROM outgoing_mail WHERE state != 'sent'",
            )
            time.sleep(0.2)
        assert "Traceback" not in server.said()
    mails = [
        message_from_bytes(path.read_bytes(), policy=default_policy)
        for path in (data_dir / "mail").glob("*.eml")
    ]
    assert sorted(mail["To"].addresses[0].addr_spec for mail in mails) == sorted(stored)


def fill(folder: Path) -> Path:
    """Leave no room in the file system of the folder; the file to remove again."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    return filler


def test_a_full_disk_is_said_clearly_and_got_over(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
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
        with running_server(data_dir) as server, httpx.Client(base_url=server.url, timeout=20) as client:
            visitor = Visitor(client, slug)
            filler = fill(folder)
            statuses: list[int] = []
            while 503 not in statuses and len(statuses) < 300:
                answer = visitor.register(len(statuses))
                statuses.append(answer.status_code)
            assert set(statuses) <= {303, 503}
            assert answer.status_code == 503
            assert "Nothing can be saved here just now" in answer.text
            assert answer.headers["retry-after"]
            assert client.get(f"/{slug}/").status_code == 200
            filler.unlink()
            assert visitor.register(10_000).status_code == 303
        assert ask(data_dir, "PRAGMA integrity_check") == ["ok"]
        acknowledged = statuses.count(303) + 1
        assert ask(data_dir, "SELECT count(*) FROM registration") == [str(acknowledged)]
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)
