"""The store of files goes away: downloads end as broken, pages still open, it is said once, and all is well when it is back."""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from conference import clock, codes, db
from conference.benchmarks.server import RunningServer, running_server
from conference.settings import Settings
from conference.storage import open_storage
from sessions.packs import contents
from sessions.packs.tables import PackState, ResourceFile
from tests.databases import SQLiteTemplate, opened
from tests.makers import make_conference, make_organiser
from tests.pages import make_settings, open_browser, sign_in_as
from tests.s3 import S3Server, aws_variables
from tests.sessions.resource_makers import make_pack_row, make_resource_row

FILM = os.urandom(1_000_000) * 40


async def a_film(settings: Settings) -> str:
    """The path of a published pack with a film of 40 MB in it."""
    storage = open_storage(settings.storage_url, settings.data_dir)

    async def octets() -> AsyncIterator[bytes]:
        for start in range(0, len(FILM), 1_000_000):
            yield FILM[start : start + 1_000_000]

    now = clock.now()
    content = await contents.adopt(storage, await storage.put_stream(octets()), now=now)
    conference = await make_conference(owner=await make_organiser())
    pack = await make_pack_row(conference, state=PackState.PUBLISHED, published_at=now, first_out_at=now)
    resource = await make_resource_row(conference, pack, first_out_at=now, licence="CC-BY-4.0")
    await ResourceFile(
        resource=resource.id, content=content.id, filename="film.mp4", media_type="video/mp4", uploaded_at=now
    ).save()
    return f"/{conference.slug}/resources/{pack.code}/{resource.code}"


def asked(server: RunningServer, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[S3Server]:
    """One of this test's own, which may be stopped."""
    server = S3Server(tmp_path / "s3")
    yield server
    server.stop()


def test_a_download_is_cut_when_the_store_goes_and_goes_on_when_it_is_back(
    tmp_path: Path, sqlite_template: SQLiteTemplate, store: S3Server
) -> None:
    data = tmp_path / "site"
    sqlite_template.copy_to(data)
    with aws_variables(store.endpoint):
        url = store.new_url()
        settings = make_settings(data, STORAGE_URL=url)
        codes.use_secret(settings.secret_key)

        async def prepare() -> str:
            async with opened(db.make_engine("", data)):
                return await a_film(settings)

        path = asyncio.run(prepare())
        with running_server(data, environ={"MERIDIAN_STORAGE_URL": url, "MERIDIAN_RUN_JOBS": "no"}) as server:
            place = urlsplit(server.url)
            with socket.create_connection((place.hostname, place.port or 80), timeout=60) as line:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
                line.sendall(f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
                came = line.recv(65536)
                store.stop()
                while chunk := line.recv(1_000_000):
                    came += chunk
            head, _blank, body = came.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert int(re.search(rb"content-length: (\d+)", head.lower())[1]) == len(FILM)  # type: ignore[index]
            assert 0 < len(body) < len(FILM)
            assert FILM.startswith(body)

            status, told = asked(server, path)
            assert (status, "The file store does not answer as it should." in told) == (503, True)
            assert asked(server, path.rpartition("/")[0])[0] == 200
            status, told = asked(server, "/readyz")
            assert status == 200
            assert re.fullmatch(r"ready\nfiles: the store is away since 20\d\d-[0-9T:-]+Z\n", told)
            assert asked(server, "/healthz/files")[0] == 503

            store.start()
            assert asked(server, path)[0] == 200
            assert asked(server, "/readyz") == (200, "ready\n")
            said = server.said()
            assert said.count("the store of files cannot be used: it cannot be reached") == 1
            assert said.count("the store of files answers again") == 1
            assert said.count(f"{path} broke off: The file store does not answer as it should.") == 1
            assert "Traceback" not in said, said


async def test_the_desk_says_since_when_files_are_away(database: db.Database, data_dir: Path) -> None:
    async with open_browser(make_settings(data_dir)) as browser:
        organiser = await make_organiser()
        await make_conference(owner=organiser)
        await sign_in_as(browser, organiser)
        page = await browser.get("/organise/libraries/")
        assert "Files cannot be reached" not in page.text
        (data_dir / "files").rename(data_dir / "away")
        assert (await browser.get("/healthz/files")).status_code == 503
        page = await browser.get("/organise/libraries/")
        assert page.status_code == 200
        assert "Files cannot be reached" in page.text
        assert "there is no such bucket or folder" in page.text
        numbers = (await browser.get("/metrics")).text
        assert re.search(r"^meridian_store_away_seconds [0-9.]+$", numbers, re.MULTILINE)
        (data_dir / "away").rename(data_dir / "files")
        assert (await browser.get("/healthz/files")).text == "files: ok\n"
        assert "Files cannot be reached" not in (await browser.get("/organise/libraries/")).text
