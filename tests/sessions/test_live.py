"""Following the draft while others change it."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.memory import MemoryChannelsBackend

from conference import db
from conference.conferences import versions_of_all
from conference.tables import Conference
from conference.versions import Versions
from sessions.schedule import live
from sessions.schedule.draft_changes import touch_draft
from sessions.schedule.live import DraftNews, changes_since, draft_channel, draft_version, follow_draft
from tests.makers import make_conference, make_organiser
from tests.pages import Browser, sign_in_as
from tests.people import BERLIN_ORGANISER, STRANGER

NOW = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)


async def change(conference: Conference, *slots: str, at: datetime = NOW) -> int:
    async with db.transaction():
        return await touch_draft(conference.id, slots=slots, actor=None, now=at)


async def test_every_change_moves_the_version_and_is_told_in_order(each_database: object) -> None:
    conference = await make_conference()
    first = await draft_version(conference.id)
    assert await change(conference, "b", "a") == first + 1
    assert await change(conference) == first + 2
    told = await changes_since(conference.id, first)
    assert [(news.version, news.slots) for news in told] == [(first + 1, ("a", "b")), (first + 2, ())]
    assert await changes_since(conference.id, first + 2) == []


async def test_a_change_taken_back_is_never_told(each_database: object) -> None:
    conference = await make_conference()
    first = await draft_version(conference.id)
    with pytest.raises(RuntimeError):
        async with db.transaction():
            await touch_draft(conference.id, slots=["a"], actor=None, now=NOW)
            raise RuntimeError
    assert (await draft_version(conference.id), await changes_since(conference.id, first)) == (first, [])


async def test_two_at_once_get_two_versions(each_database: object) -> None:
    conference = await make_conference()
    versions = await asyncio.gather(*(change(conference, str(number)) for number in range(8)))
    assert len(set(versions)) == 8


async def test_who_was_away_too_long_is_told_that_anything_may_have_changed(database: object) -> None:
    conference = await make_conference()
    first = await draft_version(conference.id)
    await change(conference, "a", at=NOW - timedelta(days=2))
    latest = await change(conference, "b")
    assert await live.forget_old_changes(NOW) == 1
    assert await changes_since(conference.id, first) == [DraftNews(latest, (), None, "")]
    assert [news.slots for news in await changes_since(conference.id, first + 1)] == [("b",)]
    # A version that never was, as from a database restored from a backup.
    assert await changes_since(conference.id, latest + 50) == [DraftNews(latest, (), None, "")]


async def test_a_follower_hears_of_its_conference_only(database: object) -> None:
    followed, other = await make_conference(), await make_conference(slug="other")
    channels = ChannelsPlugin(backend=MemoryChannelsBackend(), arbitrary_channels_allowed=True)
    versions = Versions(lambda conference_id: channels.publish(b"", draft_channel(conference_id)))
    async with channels:
        await versions.refresh()
        news = follow_draft(channels, followed.id, await draft_version(followed.id))
        assert await anext(news) is None
        waiting = asyncio.ensure_future(next_news(news))
        await change(other, "x")
        await versions.refresh()
        await asyncio.sleep(0.05)
        assert not waiting.done()
        await change(followed, "y")  # as another process would: only the table knows of it
        await versions.refresh()
        async with asyncio.timeout(30):
            assert (await waiting).slots == ("y",)
        await news.aclose()  # type: ignore[attr-defined]  # an async generator, typed as what its callers need


async def next_news(news: AsyncIterator[DraftNews | None]) -> DraftNews:
    async for one in news:
        if one is not None:
            return one
    raise AssertionError("the stream ended")


async def test_versions_tell_only_of_drafts_that_moved(database: object) -> None:
    conference = await make_conference()
    told: list[int] = []
    versions = Versions(told.append)
    await versions.refresh()
    await versions.refresh()
    assert told == []
    await change(conference)
    await versions.refresh()
    assert told == [conference.id]
    assert versions.public == {one.slug: one.public for one in await versions_of_all()}


async def test_a_browser_that_comes_back_is_told_what_it_missed(browser: Browser, database: object) -> None:
    owner = await make_organiser(BERLIN_ORGANISER)
    conference = await make_conference(owner=owner)
    first = await draft_version(conference.id)
    async with db.transaction():
        await touch_draft(conference.id, slots=["a"], actor=owner, now=NOW)
    await change(conference, "b")
    path = "/organise/libraries/schedule/events"
    assert (await browser.get(path)).status_code in (303, 401)
    await sign_in_as(browser, owner)
    answer = await browser.get(path, headers={"last-event-id": str(first)})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "no-cache" in answer.headers["cache-control"]
    told = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    assert told == [
        {"version": first + 1, "slots": ["a"], "actor": owner.label, "mine": True},
        {"version": first + 2, "slots": ["b"], "actor": "", "mine": False},
    ]
    assert (await browser.get(f"{path}?since={first + 1}")).text.count("data: {") == 1
    for nonsense in ("", "-1", "x", "9" * 400, "%00"):
        assert (await browser.get(f"{path}?since={nonsense}")).status_code == 200
    await sign_in_as(browser, await make_organiser(STRANGER, may_create=False))
    assert (await browser.get(path)).status_code == 404
