"""The privacy notice tells what the conference really asks, keeps and does, in the reader's language."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from conference import clock
from conference.conferences import change_conference, facts_of
from conference.db import Database, count_queries
from conference.errors import StaleEdit
from conference.tables import Conference
from registration.asking.consents import add_purpose
from registration.asking.questions import QuestionFacts, add_question
from registration.asking.tables import Consent, QuestionKind
from registration.entries.links import page_token
from registration.rights.erasing import erase
from registration.rights.notice import PrivacyFactsSaid
from registration.rights.notice_facts import change_said, said_of
from registration.rights.notice_versions import keep_version, version_in_force, versions_of, words_now
from registration.rights.retaining import Periods, change_periods, periods_of
from registration.rights.retention import RetentionKind
from registration.rights.tables import ErasedConsent
from registration.tables import Registration
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


async def reword(scene: Scene, words: str, now: datetime) -> Conference:
    """Other words of the organisers' own from now on."""
    conference = await scene.fresh()
    facts = replace(facts_of(conference), privacy={"en": words})
    await change_conference(
        conference.id, facts, revision=conference.revision, actor=scene.organiser, now=now
    )
    return await scene.fresh()


async def test_each_wording_is_kept_with_the_time_it_held_and_the_public_can_read_all(
    scene: Scene, browser: Browser
) -> None:
    first = await browser.get(f"{PAGE}?lang=en&tz=Asia/Kolkata")
    assert "Version 1 , since Wednesday 3 June 2026" in text_of(first.text) or "Version 1" in text_of(
        first.text
    )
    assert (await browser.get(f"{PAGE}?lang=fr")).status_code == 200  # the same version in another language
    assert [one.number for one in await versions_of(scene.conference.id)] == [1]
    await reword(scene, "We care **much more**.", REGISTERED)
    with clock.fixed_at(REGISTERED + timedelta(hours=1)):
        now = text_of((await browser.get(f"{PAGE}?lang=en")).text)
    assert "We care much more" in now.replace(" .", ".")
    assert "in force now" in now
    assert "no longer in force" not in now
    old = await browser.get(f"{PAGE}/1?lang=en")
    assert "We care ." in text_of(old.text)
    assert "much more" not in old.text
    assert "This version is no longer in force" in old.text
    assert f'href="{PAGE}"' in old.text
    assert (await browser.get(f"{PAGE}/3")).status_code == 404
    versions = await versions_of(scene.conference.id)
    assert [(one.number, one.since, one.until) for one in versions] == [
        (2, REGISTERED + timedelta(hours=1), None),
        (1, REGISTERED, REGISTERED + timedelta(hours=1)),
    ]
    await sign_in_as(browser, scene.organiser)
    desk = text_of((await browser.get(DESK)).text)
    assert "Version 1 , from" in desk


async def test_a_consent_names_the_version_in_force_when_it_was_given(scene: Scene, browser: Browser) -> None:
    await add_purpose(scene.conference, "updates", {"en": "You may write to me."}, actor="test", now=NOW)
    person = {"name": "Anjali", "email": "anjali@example.org", "country": "IN", "zone": "Asia/Kolkata"}
    await browser.get(PAGE)
    await browser.post_form("/libraries/register", {**person, "language": "en", "consent_updates": "yes"})
    (given,) = await Consent.objects()
    assert given.notice == 1
    registration = await Registration.objects().first()
    assert registration is not None
    await browser.post_form(f"/libraries/me/{page_token(registration.code, 1)}")
    await browser.post_form("/libraries/me/consents", {"purpose": "updates", "given": "no"})
    await reword(scene, "Other words.", REGISTERED)
    await browser.post_form("/libraries/me/consents", {"purpose": "updates", "given": "yes"})
    assert [one.notice for one in await Consent.objects().order_by(Consent.id)] == [1, 2]
    assert [one.number for one in await versions_of(scene.conference.id)] == [2, 1]
    data = (await browser.get("/libraries/me/data/file.json")).json()
    assert '"notice": 2' in json.dumps(data)
    await sign_in_as(browser, scene.organiser)
    desk = await browser.get(f"/organise/libraries/registrations/{registration.code}")
    assert f'href="{PAGE}/2"' in desk.text
    await erase(await scene.fresh(), None, "anjali@example.org", None, actor="retention", now=REGISTERED)
    assert sorted(one.notice or 0 for one in await ErasedConsent.objects()) == [1, 2]


async def test_two_who_agree_at_once_make_one_version(each_database: Database) -> None:
    scene = await make_scene()
    words = await words_now(scene.conference)
    numbers = await asyncio.gather(*(keep_version(scene.conference, words, REGISTERED) for _n in range(5)))
    assert numbers == [1] * 5
    earlier = REGISTERED - timedelta(
        days=1
    )  # the clock set back: no version begins before the one it follows
    other = replace(words, own={"en": "Other."})
    assert await keep_version(scene.conference, other, earlier) == 2
    assert await keep_version(scene.conference, words, earlier) == 3
    assert [one.since for one in await versions_of(scene.conference.id)] == [REGISTERED] * 3


async def test_agreeing_asks_for_the_version_only_when_something_public_changed(database: Database) -> None:
    scene = await make_scene()
    assert await version_in_force(scene.conference, REGISTERED) == 1
    with count_queries() as count:
        assert await version_in_force(scene.conference, REGISTERED) == 1
    assert count.total == 0


async def test_a_foreign_question_keeps_its_own_order_in_a_right_to_left_notice(
    scene: Scene, browser: Browser
) -> None:
    question = QuestionFacts(QuestionKind.TEXT, {"en": "Where do you work?"}, {})
    await add_question(scene.conference, question, actor="test", now=NOW)
    assert "\u2068Where do you work?\u2069" in (await browser.get(f"{PAGE}?lang=ar")).text
    assert "\u2068" not in (await browser.get(f"{PAGE}?lang=fr")).text
