"""The link that stops a conference's news: it shows before it acts, needs no cookie, and can be taken back."""

from __future__ import annotations

import pytest

from conference.mail.suppressions import unsubscribed_among, unsubscription_hash
from conference.mail.unsubscribing import unsubscribe_path
from conference.tables import AuditEntry
from tests.makers import make_conference
from tests.pages import Browser, text_of


async def test_a_scanner_that_follows_the_link_changes_nothing(browser: Browser) -> None:
    conference = await make_conference()
    path = unsubscribe_path(conference.slug, conference.id, "zoe@b.example")
    shown = await browser.get(path)
    assert shown.status_code == 200
    assert "No more news by mail?" in text_of(shown.text)
    assert "zoe" not in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert await unsubscribed_among([unsubscription_hash(conference.id, "zoe@b.example")]) == set()


async def test_one_click_without_cookies_is_enough_and_a_second_one_is_harmless(browser: Browser) -> None:
    conference = await make_conference()
    path = unsubscribe_path(conference.slug, conference.id, "zoe@b.example")
    for _again in range(2):
        browser.cookies.clear()
        answer = await browser.post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert "You get no more news" in text_of(answer.text)
    mark = unsubscription_hash(conference.id, "zoe@b.example")
    assert await unsubscribed_among([mark]) == {mark}
    assert await AuditEntry.count().where(AuditEntry.action == "news-unsubscribed") == 1
    answer = await browser.post(path, data={"do": "again"})
    assert "You get the news again" in text_of(answer.text)
    assert await unsubscribed_among([mark]) == set()


@pytest.mark.parametrize("token", ["x", "a" * 65, "%ff", "a" * 5000])
async def test_a_guessed_link_is_none(browser: Browser, token: str) -> None:
    conference = await make_conference()
    for answer in (
        await browser.get(f"/{conference.slug}/unsubscribe/{token}"),
        await browser.post(f"/{conference.slug}/unsubscribe/{token}"),
    ):
        assert answer.status_code == 404
