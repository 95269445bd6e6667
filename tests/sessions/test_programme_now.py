"""What is on now and what comes next: right at every moment, and no longer kept than it is true."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from conference import clock, db
from conference.pagecache import KEPT, SHARED, PageCache
from conference.tables import Conference
from sessions.programme.now import Phase, now_and_next
from sessions.releases.publishing import release_programme
from sessions.tables import SessionKind, Slot
from tests.makers import NOW, make_conference, make_room, make_session, make_slot
from tests.pages import make_settings, open_browser, text_of
from tests.sessions.test_programme import QUARTER, TEN, programme

DAY = programme(("A", "a", 0, 4), ("B", "b", 2, 4), ("C", "a", 4, 6), ("D", "b", 4, 8), ("E", "a", 12, 13))


@pytest.mark.parametrize(
    ("quarters", "phase", "on", "coming", "changes"),
    [
        (-1, Phase.BEFORE, "", "A", 0),
        (0, Phase.ON, "A", "B", 2),
        (2, Phase.ON, "AB", "CD", 4),
        (4, Phase.ON, "CD", "E", 6),
        (7, Phase.ON, "D", "E", 8),
        (8, Phase.BETWEEN, "", "E", 12),
        (12, Phase.ON, "E", "", 13),
        (13, Phase.OVER, "", "", None),
    ],
)
def test_the_answer_at_every_moment(
    quarters: int, phase: Phase, on: str, coming: str, changes: int | None
) -> None:
    found = now_and_next(DAY, TEN + quarters * QUARTER)
    assert found.phase == phase
    assert "".join(session.title["en"] for session, _slot in found.on) == on
    assert "".join(session.title["en"] for session, _slot in found.coming) == coming
    assert found.changes_at == (None if changes is None else TEN + changes * QUARTER)


def test_a_break_that_comes_next_does_not_hide_what_comes_after_it() -> None:
    day = programme(
        ("A", "a", 0, 4), ("Lunch", "a", 4, 6), ("B", "a", 6, 8), ("C", "b", 6, 7), ("D", "a", 8, 9)
    )
    found = now_and_next(day, TEN)
    assert [session.title["en"] for session, _slot in found.coming] == ["Lunch", "B", "C"]
    assert found.next_start == TEN + 4 * QUARTER
    last = now_and_next(programme(("A", "a", 0, 4), ("Tea", "a", 4, 6)), TEN)
    assert [session.title["en"] for session, _slot in last.coming] == ["Tea"]


def test_nothing_placed_is_neither_before_nor_after() -> None:
    assert now_and_next(programme(), TEN).phase == Phase.UNKNOWN


async def released() -> Conference:
    conference = await make_conference()
    room = await make_room(conference)
    opening = await make_session(conference, "Opening", kind=SessionKind.KEYNOTE)
    await make_slot(conference, opening, room, "10:00")
    await make_slot(conference, await make_session(conference, "Bridges"), room, "11:00")
    off = await make_slot(conference, await make_session(conference, "Gone"), room, "10:50")
    await Slot.update({Slot.is_cancelled: True}).where(Slot.id == off.id)
    await release_programme(conference, "", actor="command line", now=NOW)
    return conference


@pytest.fixture
def settings_dir(database: db.Database, data_dir: Path) -> Path:
    return data_dir


async def looked_at(data_dir: Path, moment: datetime, path: str) -> str:
    with clock.fixed_at(moment):
        async with open_browser(make_settings(data_dir)) as browser:
            answer = await browser.get(path)
            assert answer.status_code == 200
            assert KEPT not in answer.headers
            return text_of(answer.text)


async def test_the_page_says_what_is_on_in_the_readers_zone(settings_dir: Path) -> None:
    await released()
    during = await looked_at(settings_dir, TEN + timedelta(minutes=12), "/libraries/now?tz=Asia/Kolkata")
    assert "On now Opening until 15:15 Main stage Join" in during
    assert "Next in 48 minutes Bridges 15:30 – 16:15" in during
    assert "Gone" not in during


async def test_before_between_and_after_are_told(settings_dir: Path) -> None:
    await released()
    before = await looked_at(settings_dir, NOW, "/libraries/now")
    assert "It begins in 55 days Thursday 25 June 2026 Opening" in before
    between = await looked_at(settings_dir, TEN + timedelta(minutes=50), "/libraries/now")
    assert "A pause: nothing is on at this moment. Next in 10 minutes Bridges" in between
    last = await looked_at(settings_dir, TEN + timedelta(minutes=70), "/libraries/now")
    assert "Nothing more: this is the last of it." in last
    after = await looked_at(settings_dir, TEN + timedelta(days=3), "/libraries/now")
    assert "It is over" in after


async def test_landing_page_and_programme_tell_it_on_the_day_only(settings_dir: Path) -> None:
    await released()
    for path in ("/libraries/", "/libraries/programme", "/libraries/programme?view=grid"):
        assert "On now Opening until 10:45" in await looked_at(settings_dir, TEN, path)
        assert "On now" not in await looked_at(settings_dir, NOW, path)
    assert "it begins in 55 days" in await looked_at(settings_dir, NOW, "/libraries/")
    after = await looked_at(settings_dir, TEN + timedelta(days=3), "/libraries/")
    assert "It is over" in after


async def test_the_page_cache_keeps_an_answer_no_longer_than_it_is_told_to() -> None:
    asked: list[str] = []
    moment = [0.0]

    async def application(scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        asked.append(path)
        kept = [(KEPT.encode(), path[1:].encode())] if path != "/" else []
        headers = [(SHARED.encode(), b"libraries"), *kept]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": path.encode()})

    cache = PageCache(cast(Any, application), lambda: {"libraries": 1}, monotonic=lambda: moment[0])

    async def get(path: str) -> list[tuple[bytes, bytes]]:
        messages: list[Any] = []

        async def receive() -> Any:
            raise AssertionError("nothing is read")

        async def send(message: Any) -> None:
            messages.append(message)

        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
        await cache(scope, receive, send)
        headers: list[tuple[bytes, bytes]] = messages[0]["headers"]
        return headers

    for path in ("/", "/5", "/0", "/900"):
        headers = await get(path)
        assert KEPT.encode() not in {name for name, _value in headers}
        await get(path)
    assert asked == ["/", "/5", "/0", "/0", "/900"]
    moment[0] = 6.0
    for path in ("/", "/5", "/900"):
        await get(path)
    assert asked[5:] == ["/5"]
    moment[0] = 31.0  # nothing is kept for longer than any page
    await get("/900")
    assert asked[6:] == ["/900"]


async def test_made_up_addresses_do_not_fill_the_page_cache(settings_dir: Path) -> None:
    await released()
    with clock.fixed_at(NOW):
        async with open_browser(make_settings(settings_dir)) as browser:
            app: Any = cast(Any, browser)._transport.app
            cache: PageCache = app.state.page_cache
            kept = ("", "?view=grid", "?tz=Asia/Kolkata", "?lang=fr", "?q=&track=&type=keynote&room=")
            odd = (
                "?x=1",
                "?fbclid=abc",
                "?q=bridges",
                "?track=unknown",
                "?tz=nowhere",
                "?lang=xx",
                "?view=list&view=grid",
            )
            for query, hits in [*((query, 1) for query in kept), *((query, 0) for query in odd)]:
                before = cache.hits
                for _twice in range(2):
                    assert (await browser.get(f"/libraries/programme{query}")).status_code == 200
                    browser.cookies.clear()
                assert cache.hits - before == hits, query
