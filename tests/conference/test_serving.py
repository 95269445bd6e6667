"""The real server process: it starts, says where it is, answers, and stops without cutting anyone off."""

from __future__ import annotations

import concurrent.futures
import http.client
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from conference.benchmarks.server import free_port, meridian_environment, running_server
from conference.errors import BadSetting
from conference.serving import listening_address
from tests.pages import make_settings


def test_it_migrates_answers_and_says_where_it_is(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with running_server(data_dir) as server:
        with urllib.request.urlopen(server.url + "/") as answer:
            page = answer.read().decode()
        assert "<title>" in page
        assert server.said().strip() == f"Meridian is ready at {server.url}/"
        assert (data_dir / "meridian.sqlite").exists()
        began = time.perf_counter()
        assert server.stop() == 0
        assert time.perf_counter() - began < 10
    assert "Traceback" not in server.said()


def test_several_processes_serve_one_database_and_speak_once(tmp_path: Path) -> None:
    with running_server(tmp_path / "data", environ={"MERIDIAN_WORKERS": "2"}) as server:
        for _turn in range(20):
            with urllib.request.urlopen(server.url + "/readyz") as answer:
                assert answer.status == 200
        assert server.said().count("Meridian is ready") == 1


@pytest.mark.skipif(
    sys.platform == "win32", reason="there a process keeps the number of a parent that is gone"
)
def test_when_the_parent_is_killed_its_processes_let_go_of_the_port(tmp_path: Path) -> None:
    with running_server(tmp_path / "data", environ={"MERIDIAN_WORKERS": "2"}) as server:
        parts = urlsplit(server.url)
        server.process.kill()
        server.process.wait()
        for _turn in range(300):  # as long as requests under way may take, and as much again
            with socket.socket() as probe:
                if probe.connect_ex((parts.hostname or "", parts.port or 0)):
                    break
            time.sleep(0.1)
        else:
            pytest.fail("somebody still listens")
    with running_server(tmp_path / "data") as again, urllib.request.urlopen(again.url + "/readyz") as answer:
        assert answer.status == 200


def test_a_request_under_way_is_answered_before_the_server_stops(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        host = urlsplit(server.url).netloc
        connection = http.client.HTTPConnection(host, timeout=10)
        connection.request("GET", "/healthz")  # a connection that has been used and is kept
        connection.getresponse().read()
        body = b"email=nobody%40example.org"
        head = (
            f"POST /organise/sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\n"
        )
        with socket.create_connection(
            (urlsplit(server.url).hostname or "", urlsplit(server.url).port or 0)
        ) as raw:
            raw.sendall(head.encode() + body[:10])
            time.sleep(0.3)
            with concurrent.futures.ThreadPoolExecutor() as pool:
                stopped = pool.submit(server.stop)
                time.sleep(0.3)
                raw.sendall(body[10:])
                raw.settimeout(10)
                answer = raw.recv(65536)
                assert stopped.result() == 0
        assert answer.startswith(b"HTTP/1.1 4")  # refused for want of a CSRF token: answered, not cut off
        connection.close()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "conference", "serve"],
            env=meridian_environment(tmp_path / "data", port),
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"Error: MERIDIAN_PORT: {port} is taken by another program; set it to a free port"
    ]
    assert done.stdout == ""


def test_a_second_server_does_not_quietly_share_the_port(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        settings = make_settings(tmp_path / "other", PORT=str(urlsplit(server.url).port))
        with pytest.raises(BadSetting, match="MERIDIAN_PORT"):
            listening_address(settings)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "203.0.113.7"])
def test_a_host_that_cannot_be_listened_on_is_named(tmp_path: Path, host: str) -> None:
    settings = make_settings(tmp_path, HOST=host, PORT=str(free_port()))
    with pytest.raises(BadSetting, match=f"MERIDIAN_HOST: “{host}” cannot be"):
        listening_address(settings)


def test_names_become_addresses(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, HOST="localhost", PORT=str(free_port()))
    assert listening_address(settings) in {"127.0.0.1", "::1"}
