"""Complaints: made without an account, acknowledged at once, answered within a month, and no way to mail others one's words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from conference import clock
from conference.db import Database
from conference.tables import AuditEntry
from registration.rights.complaints import Words, answer, answer_due, complain, complaint_by_code
from registration.rights.tables import Complaint
from tests.pages import Browser, sign_in_as, text_of
from tests.registration.cast import REGISTERED, Scene, mails, make_scene

PAGE = "/libraries/complaints"
DESK = "/organise/libraries/privacy"
CODE = "k3v9x2abcdef"
WORDS = Words("You <b>lost</b> my answers.\n\nBuy pills at https://evil.example", "Asha", "asha@example.org")


@pytest.fixture
async def scene(database: Database) -> Scene:
    return await make_scene()


async def make(scene: Scene, words: Words = WORDS, code: str = CODE) -> None:
    await complain(
        scene.conference, code, words, language="en", zone="Asia/Kolkata", network="192.0.2.1", now=REGISTERED
    )


def test_the_answer_is_due_a_month_later_by_the_calendar() -> None:
    assert answer_due(datetime(2026, 1, 31, 9, tzinfo=UTC)) == datetime(2026, 2, 28, 9, tzinfo=UTC)
    assert answer_due(datetime(2026, 12, 15, tzinfo=UTC)) == datetime(2027, 1, 15, tzinfo=UTC)


async def test_it_is_acknowledged_and_the_team_is_told_once(each_database: Database) -> None:
    scene = await make_scene()
    await make(scene)
    await make(scene)
    assert await Complaint.count() == 1
    (acknowledged,), (told,) = await mails("complaint-made"), await mails("complaint-received")
    assert (acknowledged.recipient, acknowledged.zone) == ("asha@example.org", "Asia/Kolkata")
    assert told.recipient == "team@example.org"
    for mail in (acknowledged, told):
        assert "pills" not in mail.payload
        assert "Asha" not in mail.payload + mail.recipient_name


async def test_it_is_answered_once(each_database: Database) -> None:
    scene = await make_scene()
    await make(scene)
    for _press in range(2):
        await answer(scene.conference, CODE, "They are back.", actor=scene.organiser, now=REGISTERED)
    (mail,) = await mails("complaint-answered")
    assert (mail.recipient, "They are back." in mail.payload) == ("asha@example.org", True)
    assert await AuditEntry.count().where(AuditEntry.action == "complaint-answered") == 1
    assert (await complaint_by_code(scene.conference, CODE)).answer == "They are back."


async def test_the_form_leads_to_a_page_that_says_until_when(scene: Scene, browser: Browser) -> None:
    shown = await browser.get(PAGE)
    assert 'href="/libraries/complaints"' in (await browser.get("/libraries/")).text
    code = re.search(r'name="code" value="(\w{12})"', shown.text)
    assert code
    form = {"code": code[1], "text": "The times are wrong.", "email": "", "name": ""}
    empty = await browser.post_form(PAGE, {**form, "text": " ", "email": "nobody at"})
    assert (empty.status_code, empty.text.count('class="error"')) == (422, 2)
    answers = [await browser.post_form(PAGE, form) for _press in range(2)]
    assert [one.headers["location"] for one in answers] == [f"{PAGE}/{code[1]}"] * 2
    words = text_of((await browser.get(f"{PAGE}/{code[1]}")).text)
    assert "The organisers answer by Wednesday 3 June 2026." in words
    assert "The times are wrong." not in words
    await answer(scene.conference, code[1], "Mended.", actor=scene.organiser, now=REGISTERED)
    assert "Mended." in text_of((await browser.get(f"{PAGE}/{code[1]}")).text)
    assert (await browser.get(f"{PAGE}/nothing22222")).status_code == 404
    assert (await browser.post_form(PAGE, {**form, "code": "x"})).status_code == 400


async def test_an_answer_sent_by_mail_stands_on_no_page(scene: Scene, browser: Browser) -> None:
    await make(scene)
    await answer(scene.conference, CODE, "Dear Asha, mended.", actor=scene.organiser, now=REGISTERED)
    assert "Dear Asha" not in (await browser.get(f"{PAGE}/{CODE}")).text


async def test_the_desk_reads_and_answers(scene: Scene, browser: Browser) -> None:
    await make(scene)
    await sign_in_as(browser, scene.organiser)
    assert "Answer by Wednesday 3 June 2026" in text_of((await browser.get(DESK)).text)
    with clock.fixed_at(REGISTERED + timedelta(days=40)):
        await sign_in_as(browser, scene.organiser)
        assert "Late: was due on Wednesday 3 June 2026" in text_of((await browser.get(DESK)).text)
    one = await browser.get(f"{DESK}/complaints/{CODE}")
    assert "&lt;b&gt;lost&lt;/b&gt;" in one.text
    assert (await browser.post_form(f"{DESK}/complaints/{CODE}", {"answer": ""})).status_code == 422
    assert (await browser.post_form(f"{DESK}/complaints/{CODE}", {"answer": "Mine."})).status_code == 303
    stale = await browser.post_form(f"{DESK}/complaints/{CODE}", {"answer": "Another."})
    assert (stale.status_code, "meanwhile" in stale.text) == (409, True)
    assert "Answered" in text_of((await browser.get(DESK)).text)
    assert (await browser.get(f"{DESK}/complaints/nothing22222")).status_code == 404


async def test_a_flood_from_one_place_is_stopped(scene: Scene, browser: Browser) -> None:
    statuses = [
        (await browser.post_form(PAGE, {"code": f"aaaaaaaaaaa{n}", "text": "again"})).status_code
        for n in range(9)
    ]
    assert statuses == [303] * 8 + [429]
