"""The privacy notice tells what the conference really asks, keeps and does, in the reader's language."""

from __future__ import annotations

import pytest

from conference.db import Database
from conference.errors import StaleEdit
from registration.asking.consents import add_purpose
from registration.asking.questions import QuestionFacts, add_question
from registration.asking.tables import QuestionKind
from registration.rights.notice import PrivacyFactsSaid
from registration.rights.notice_facts import change_said, said_of
from registration.rights.retaining import Periods, change_periods, periods_of
from registration.rights.retention import RetentionKind
from tests.makers import NOW
from tests.pages import Browser, sign_in_as, text_of
from tests.registration.cast import REGISTERED, Scene, make_scene

PAGE = "/libraries/privacy"
DESK = "/organise/libraries/privacy/notice"


@pytest.fixture
async def scene(database: Database) -> Scene:
    return await make_scene(languages=("en", "fr"), privacy={"en": "We **care**."})


async def test_it_follows_the_form_the_periods_and_what_the_team_adds(scene: Scene, browser: Browser) -> None:
    before = text_of((await browser.get(f"{PAGE}?lang=en")).text)
    assert "We care ." in before or "We care." in before
    assert "Until you have it erased, or the organisers delete it." in before
    await add_question(
        scene.conference,
        QuestionFacts(QuestionKind.TEXT, {"en": "What <i>food</i>?"}, {}),
        actor="test",
        now=NOW,
    )
    await add_purpose(scene.conference, "updates", {"en": "You may write to me."}, actor="test", now=NOW)
    seen = (await periods_of(scene.conference.id)).revision
    days = Periods({RetentionKind.ANSWERS: 30}, seen)
    await change_periods(scene.conference, days, actor=scene.organiser, now=REGISTERED)
    await sign_in_as(browser, scene.organiser)
    added = {
        "recipients_en": "Example Meetings Ltd, in *Ireland*. <script>x</script>",
        "authority_en": "Information Commissioner’s Office",
        "authority_url": "https://ico.example/",
        "revision": "0",
    }
    assert (await browser.post_form(DESK, added)).status_code == 303
    page = await browser.get(f"{PAGE}?lang=en")
    words = text_of(page.text)
    for said in (
        "What <i>food</i>? (if you wish)".replace("<i>", "&lt;i&gt;").replace("</i>", "&lt;/i&gt;"),
        "You may write to me.",
        "Answers and files: until Sunday 26 July 2026.",
        "Example Meetings Ltd, in Ireland",
        "Information Commissioner’s Office",
        "responsible for your data",
    ):
        assert said in words, said
    assert "<script>x" not in page.text
    for link in (
        "/libraries/me/data/ask",
        "/libraries/complaints",
        "https://ico.example/",
        "mailto:team@example.org",
    ):
        assert f'href="{link}"' in page.text, link
    french = text_of((await browser.get(f"{PAGE}?lang=fr")).text)
    assert "dimanche 26 juillet 2026" in french


async def test_what_the_team_types_comes_back_when_it_is_wrong_or_stale(
    scene: Scene, browser: Browser
) -> None:
    await sign_in_as(browser, scene.organiser)
    assert (await browser.get(DESK)).status_code == 200
    assert (
        await browser.post_form(DESK, {"authority_url": "javascript:x", "revision": "0"})
    ).status_code == 422
    assert (await browser.post_form(DESK, {"authority_en": "ICO", "revision": "0"})).status_code == 303
    stale = await browser.post_form(DESK, {"authority_en": "Other", "revision": "0"})
    assert (stale.status_code, 'value="Other"' in stale.text) == (409, True)


async def test_an_old_revision_changes_nothing(each_database: Database) -> None:
    scene = await make_scene()
    said = PrivacyFactsSaid(authority={"en": "ICO"})
    await change_said(scene.conference, said, actor=scene.organiser, now=NOW)
    with pytest.raises(StaleEdit):
        await change_said(scene.conference, said, actor=scene.organiser, now=NOW)
    assert (await said_of(scene.conference.id)).authority == {"en": "ICO"}
