"""Links are followed to where they lead, never into our own network, and dead ones are told to the team."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from conference import db
from sessions.packs.collecting.link_checks import (
    Look,
    Trouble,
    check_links,
    dead_links,
    is_public_address,
    look,
    note_look,
)
from sessions.packs.tables import LinkCheck
from tests.makers import NOW, make_conference, make_organiser
from tests.pages import Browser, sign_in_as
from tests.sessions.resource_makers import make_pack_row, make_resource_row


class Site(BaseHTTPRequestHandler):
    """A site elsewhere."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        places = {
            "/moved": (302, "/film"),
            "/round": (302, "/round"),
            "/inside": (302, "http://169.254.169.254/"),
        }
        status, location = places.get(self.path, (200 if self.path == "/film" else 404, ""))
        if self.path == "/only-get":
            status = 405 if self.command == "HEAD" else 206
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        return


@pytest.fixture
def elsewhere() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def is_theirs(address: str) -> bool:
    return address == "127.0.0.1"


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/film", Look(200, "")),
        ("/moved", Look(200, "")),
        ("/only-get", Look(206, "")),
        ("/gone", Look(404, Trouble.REFUSED)),
        ("/round", Look(0, Trouble.TOO_MANY_STEPS)),
        ("/inside", Look(0, Trouble.NOT_PUBLIC)),
    ],
)
def test_a_link_is_followed_to_its_end(elsewhere: str, path: str, seen: Look) -> None:
    assert look(elsewhere + path, is_theirs) == seen


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:8000/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.7/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://user:secret@127.0.0.1/",
        "",
    ],
)
def test_nothing_of_our_own_network_is_asked(url: str) -> None:
    assert look(url).trouble in (Trouble.NOT_PUBLIC, Trouble.NO_SUCH_HOST)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888"])
def test_the_open_internet_is_public(address: str) -> None:
    assert is_public_address(address)


async def test_a_link_is_dead_after_three_failures_and_alive_again_after_one_answer(
    each_database: db.Database,
) -> None:
    conference = await make_conference()
    film = await make_resource_row(conference, url="https://video.example/film")
    check = LinkCheck(resource=film.id, url=film.url, next_at=NOW)
    await check.save()

    async def note(seen: Look, days: int) -> bool:
        row = await LinkCheck.objects().get(LinkCheck.id == check.id)
        assert row is not None
        await note_look(row, film.url, seen, now=NOW + timedelta(days=days))
        return film.id in await dead_links([film.id])

    silent = Look(0, Trouble.NO_ANSWER)
    assert [await note(silent, day) for day in range(4)] == [False, False, True, True]
    assert (await dead_links([film.id]))[film.id] == NOW + timedelta(days=2)
    assert not await note(Look(200, ""), 5)
    assert await note(Look(410, Trouble.REFUSED), 6)


async def test_the_job_looks_at_new_links_once_and_the_desk_names_the_dead(browser: Browser) -> None:
    owner = await make_organiser()
    conference = await make_conference(owner=owner)
    pack = await make_pack_row(conference)
    await make_resource_row(conference, pack, title="Inside", url="http://127.0.0.1:1/")
    await make_resource_row(conference, pack, title="A file")
    assert await check_links(NOW) == 1
    assert await check_links(NOW) == 0
    await sign_in_as(browser, owner)
    page = (await browser.get(f"/organise/libraries/resources/{pack.code}")).text
    assert page.count("Leads nowhere since") == 1
