"""Nothing about an attendee is public: a stranger follows every link and finds nobody."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from conference.db import Database
from tests.attacks.world import read_page
from tests.pages import BASE_URL, Browser
from tests.people import AUCKLAND_ATTENDEE
from tests.registration.cast import Scene, make_scene
from tests.registration.rights.crowded import TRACES, crowded

STARTS = (
    "/",
    "/libraries/",
    "/libraries/programme.ics",
    "/libraries/programme.json",
    "/libraries/programme.xml",
    "/libraries/programme/stars.json",
    "/libraries/changes.atom",
    "/libraries/now",
    "/libraries/embed",
    "/libraries/me",
    "/libraries/me/data",
    "/libraries/me/data/file.json",
    "/libraries/complaints",
    "/libraries/resources",
    "/libraries/sitemap.xml",
    "/oai?verb=Identify",
    "/verify",
    "/metrics",
    "/healthz/mail",
    "/healthz/files",
    "/robots.txt",
    "/schema/openapi.json",
)
MOST = 400  # pages


@pytest.fixture
async def scene(database: Database) -> Scene:
    return await make_scene()


async def test_a_stranger_who_follows_every_link_finds_nobody(scene: Scene, browser: Browser) -> None:
    registration = await crowded(scene)
    other = await scene.confirmed(AUCKLAND_ATTENDEE, scene.bread_early)
    traces = (*TRACES, registration.code, other.code, "wiremu", "babu")
    queue, seen, read = list(STARTS), set(STARTS), 0
    while queue and read < MOST:
        address = queue.pop(0)
        answer = await browser.get(address)
        read += 1
        said = answer.text.casefold() + str(answer.headers).casefold()
        assert [trace for trace in traces if trace in said] == [], address
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        for link in read_page(answer, address).links:
            parts = urlsplit(link)
            there = parts.path + (f"?{parts.query}" if parts.query else "")
            if link.startswith(BASE_URL) and there not in seen and not parts.path.startswith("/static"):
                seen.add(there)
                queue.append(there)
    assert read > 25
