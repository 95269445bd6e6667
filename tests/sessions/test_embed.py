"""The programme within other sites' pages: only what was chosen, no cookie, and nowhere else may anything be framed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference import clock, db
from conference.tables import Conference, Role
from sessions.programme.embed import EmbedOptions, embedded, frame_snippet, read_options, script_snippet
from sessions.releases.publishing import release_programme
from sessions.tables import Room, Track
from tests.makers import (
    NOW,
    THE_DAY,
    make_conference,
    make_member,
    make_room,
    make_session,
    make_slot,
    make_track,
)
from tests.pages import Browser, make_settings, open_browser, sign_in_as, text_of
from tests.people import BERLIN_ORGANISER
from tests.sessions.test_programme import full

NEXT_DAY = THE_DAY + timedelta(days=1)


def read(**query: list[str]) -> EmbedOptions:
    return read_options(
        lambda name: query.get(name, [""])[0], lambda name: query.get(name, []), full(), ("en", "fr")
    )


def test_options_are_read_and_written_back() -> None:
    options = read(
        lang=["fr"],
        tz=["Asia/Calcutta"],
        view=["grid"],
        theme=["dark"],
        day=["2026-06-25"],
        room=["side", "main"],
        track=["skills"],
    )
    assert options == EmbedOptions(
        "fr", "Asia/Kolkata", "grid", "dark", (date(2026, 6, 25),), ("main", "side"), ("skills",)
    )
    again = read(**{name: [v for n, v in options.query() if n == name] for name, _value in options.query()})
    assert again == options


def test_what_is_not_known_is_passed_over() -> None:
    odd = read(
        lang=["xx"],
        tz=["../etc"],
        view=["tree"],
        theme=["<b>"],
        day=["2026-06-26", "x"],
        room=["gone"] * 1000,
        track=[""],
    )
    assert odd == EmbedOptions()
    assert odd.query() == []
    assert read(tz=["reader"]).zone == "reader"


def test_only_what_was_chosen_is_shown() -> None:
    shown = embedded(full(), EmbedOptions(rooms=("side",)))
    assert [session.code for session, _slot in shown] == ["ses2"]
    assert [s.code for s, _slot in embedded(full(), EmbedOptions(tracks=("skills",)))] == ["ses1"]
    assert len(embedded(full(), EmbedOptions())) == 2


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@given(st.text(max_size=60))
def test_the_lines_for_other_pages_hold_any_name(name: str) -> None:
    address = "https://conf.example.org/libraries/embed?tz=reader&view=grid"
    parser = _Elements()
    parser.feed(frame_snippet(address, name))
    [(tag, attributes)] = parser.found
    assert (tag, attributes["src"]) == ("iframe", address)
    assert len(attributes) == 6
    parser = _Elements()
    parser.feed(script_snippet(address, name, "https://conf.example.org/static/js/embed.js", "https://x"))
    assert [tag for tag, _attributes in parser.found] == ["div", "a", "script"]
    assert parser.found[0][1]["data-meridian"] == address


@pytest.fixture
async def browser(database: db.Database, data_dir: Path) -> AsyncIterator[Browser]:
    with clock.fixed_at(NOW):
        async with open_browser(make_settings(data_dir)) as opened:
            yield opened


async def released() -> tuple[Conference, Room, Track]:
    conference = await make_conference(ends_on=NEXT_DAY)
    room, side = await make_room(conference), await make_room(conference, "Side room")
    track = await make_track(conference)
    await make_track(conference, "Another track")
    bridges = await make_session(conference, "Bridges", track=track.id)
    await make_slot(conference, bridges, room, "10:00")
    await make_slot(conference, await make_session(conference, "Gates"), side, "11:00")
    await make_slot(conference, await make_session(conference, "Ferries"), room, "10:00", day=NEXT_DAY)
    await release_programme(conference, "", actor="command line", now=NOW)
    return conference, room, track


async def test_the_frame_alone_may_be_framed_and_sets_no_cookie(browser: Browser) -> None:
    await released()
    for query in ("", "?lang=fr&tz=Asia%2FKolkata", "?tz=reader", "?view=grid&theme=dark"):
        answer = await browser.get(f"/libraries/embed{query}")
        assert answer.status_code == 200
        assert "frame-ancestors *" in answer.headers["content-security-policy"]
        assert "script-src" not in answer.headers["content-security-policy"]
        assert "set-cookie" not in answer.headers, query
        again = await browser.get(f"/libraries/embed{query}")  # from the page cache
        assert "frame-ancestors *" in again.headers["content-security-policy"]
    for path in ("/libraries/", "/libraries/programme", "/libraries/now", "/libraries/programme/starred"):
        policy = (await browser.get(path)).headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy, path


async def test_the_frame_shows_days_rooms_and_tracks_as_asked(browser: Browser) -> None:
    _conference, room, track = await released()

    async def titles(query: str) -> list[str]:
        page = (await browser.get(f"/libraries/embed{query}")).text
        return re.findall(r"<h3><a [^>]*><bdi>(\w+)</bdi>", page)

    assert await titles("") == ["Bridges", "Gates", "Ferries"]
    assert await titles("?day=2026-06-26") == ["Ferries"]
    assert await titles(f"?room={room.code}") == ["Bridges", "Ferries"]
    assert await titles(f"?track={track.code}") == ["Bridges"]
    assert await titles(f"?day=2026-06-25&day=2026-06-26&room={room.code}") == ["Bridges", "Ferries"]
    assert await titles("?room=gone&day=nothing") == ["Bridges", "Gates", "Ferries"]


async def test_the_frame_knows_the_zone_and_theme_it_is_given_and_no_readers(browser: Browser) -> None:
    await released()
    browser.cookies.set("tz", "Pacific/Auckland")
    page = (await browser.get("/libraries/embed?theme=dark")).text
    assert "Times in London, BST, UTC+1." in page
    assert 'data-theme="dark"' in page
    assert '<base target="_blank">' in page
    assert "data-star" not in page
    assert "Times in Kolkata, IST, UTC+5:30." in (await browser.get("/libraries/embed?tz=Asia/Kolkata")).text
    assert "data-readers-zone" in (await browser.get("/libraries/embed?tz=reader")).text


async def test_an_unreleased_conference_is_announced_in_the_frame(browser: Browser) -> None:
    await make_conference()
    assert "will be announced here" in (await browser.get("/libraries/embed")).text


async def test_the_desk_writes_the_lines_and_shows_them_at_work(browser: Browser) -> None:
    conference, room, _track = await released()
    path = "/organise/libraries/embed"
    assert (await browser.get(path)).status_code == 303
    await sign_in_as(browser, await make_member(conference, BERLIN_ORGANISER, Role.VIEWER))
    page = (await browser.get(f"{path}?language=fr&zone=reader&view=grid&room={room.code}")).text
    address = f"/libraries/embed?lang=fr&tz=reader&view=grid&room={room.code}"
    assert f'src="{address}"' in unescape(page)
    [lines] = re.findall(r'<textarea id="lines-frame"[^>]*>(.*?)</textarea>', page, flags=re.S)
    [source] = re.findall(r'src="([^"]+)"', unescape(lines))
    assert unescape(source) == f"http://conf.example.org{address}"
    assert "Main stage" in text_of(page)
    assert '<html lang="en"' in page
    frame = await browser.get(address)
    assert '<html lang="fr"' in frame.text
