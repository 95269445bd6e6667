"""Who may register, when and how many; organisers who say yes or no."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from conference import clock, db
from conference.tables import AuditEntry
from registration.entries import confirming, deciding
from registration.entries.links import page_token
from registration.entries.opening_rules import change_rules, rules_of
from registration.entries.own_link import LinkExpired
from registration.entries.registrations import RegistrationClosed
from registration.entries.tables import AttendeeSignIn
from registration.opening import Rules, Stage, stage_of
from registration.tables import Registration, RegistrationAccess, RegistrationStatus
from tests.pages import Browser, sign_in_as, text_of
from tests.people import KOLKATA_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, mails, make_scene, the_registration

DESK = "/organise/libraries/registration"
FORM = "/libraries/register"
HOUR = timedelta(hours=1)
PERSON = {"name": "Anjali", "email": "anjali@example.org", "country": "IN", "zone": "Asia/Kolkata"}


async def rule(scene: Scene, **facts: Any) -> None:
    revision = (await rules_of(scene.conference.id)).revision
    await change_rules(
        scene.conference, Rules(revision=revision, **facts), actor=scene.organiser, now=REGISTERED
    )
    await scene.fresh()


@pytest.mark.parametrize(
    ("is_open", "rules", "stage"),
    [
        (True, Rules(), Stage.OPEN),
        (False, Rules(), Stage.CLOSED),
        (True, Rules(opens_at=REGISTERED), Stage.OPEN),
        (True, Rules(opens_at=REGISTERED + HOUR), Stage.EARLY),
        (False, Rules(opens_at=REGISTERED + HOUR), Stage.CLOSED),
        (True, Rules(closes_at=REGISTERED), Stage.OVER),
        (True, Rules(closes_at=REGISTERED + HOUR), Stage.OPEN),
    ],
)
def test_where_registration_stands(is_open: bool, rules: Rules, stage: Stage) -> None:
    assert stage_of(is_open, rules, REGISTERED) is stage


async def test_the_times_are_kept_by_the_rule_itself(each_database: db.Database) -> None:
    scene = await make_scene()
    await rule(scene, opens_at=REGISTERED + HOUR, closes_at=REGISTERED + 2 * HOUR)
    for early_or_late in (REGISTERED, REGISTERED + 2 * HOUR):
        with pytest.raises(RegistrationClosed):
            await scene.register(now=early_or_late)
    assert await Registration.count() == 0
    await scene.register(now=REGISTERED + HOUR)
    assert await Registration.count() == 1


async def test_an_application_is_approved(each_database: db.Database) -> None:
    scene = await make_scene()
    await rule(scene, access=RegistrationAccess.APPROVAL)
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    assert registration.status == RegistrationStatus.APPLIED
    assert await AttendeeSignIn.count() == 0
    programme, actor = await scene.programme(), scene.organiser

    outcomes = await asyncio.gather(
        *(
            deciding.approve(registration.id, scene.conference, programme, actor=actor, now=REGISTERED)
            for _time in range(3)
        )
    )

    assert sorted(map(str, outcomes)) == ["None", "None", "confirmed"]
    assert (await the_registration(registration.code)).status == RegistrationStatus.CONFIRMED
    assert [mail.kind for mail in await mails()] == ["registration-confirm", "registration-confirmed"]
    assert not await deciding.refuse(
        registration.id, scene.conference, programme, actor=actor, now=REGISTERED
    )
    welcome = await confirming.confirm(
        scene.conference, programme, page_token(registration.code, 1), REGISTERED
    )
    assert welcome.secret


async def test_an_application_is_refused(each_database: db.Database) -> None:
    scene = await make_scene()
    await rule(scene, access=RegistrationAccess.APPROVAL)
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    assert await deciding.refuse(
        registration.id, scene.conference, await scene.programme(), actor=scene.organiser, now=REGISTERED
    )
    assert [mail.kind for mail in await mails()][-1] == "registration-refused"
    with pytest.raises(LinkExpired):
        await confirming.confirm(scene.conference, None, page_token(registration.code, 1), REGISTERED)
    entry = await AuditEntry.objects().where(AuditEntry.action == "registration-refused").first()
    assert entry is not None
    assert entry.actor == scene.organiser.label


async def test_the_rules_at_the_desk(database: db.Database, browser: Browser) -> None:
    scene = await make_scene()
    await sign_in_as(browser, scene.organiser)
    page = await browser.get(DESK)
    assert "People can register now" in page.text
    good = {
        "access": "open",
        "opens": "2030-03-01T09:00",
        "closes": "",
        "capacity": "40",
        "offer_hours": "48",
        "revision": "0",
    }
    for field, value, words in [
        ("opens", "2030-03-31T01:30", "01:30"),  # London's clocks jump over it
        ("closes", "2030-02-01T09:00", "would close before it opens"),
        ("capacity", "0", "from 1 to"),
        ("offer_hours", "0", "from 1 to"),
        ("access", "friends", "Please choose"),
    ]:
        answer = await browser.post_form(DESK, {**good, field: value})
        assert answer.status_code == 422
        assert words in text_of(answer.text)
    assert (await browser.post_form(DESK, good)).status_code == 303
    page = await browser.get(DESK)
    assert 'value="2030-03-01T09:00"' in page.text
    assert "0 of 40 taken" in text_of(page.text)
    stale = await browser.post_form(DESK, {**good, "capacity": "50"})
    assert stale.status_code == 409
    assert "Saved meanwhile" in stale.text
    assert 'value="50"' in stale.text
    assert (await rules_of(scene.conference.id)).capacity == 40
    assert await AuditEntry.count().where(AuditEntry.action == "registration-rules-changed") == 1

    early = text_of((await browser.get(f"{FORM}?tz=Asia/Kolkata")).text)
    assert "You can register on this page from Friday 1 March 2030, 14:30" in early
    assert "Conference time: Friday 1 March 2030, 09:00" in early
    assert (await browser.post_form(FORM, PERSON)).status_code == 409


async def test_it_opens_and_closes_by_itself(database: db.Database, browser: Browser) -> None:
    scene = await make_scene()
    await rule(scene, opens_at=REGISTERED + HOUR, closes_at=REGISTERED + 2 * HOUR)
    assert "not open yet" in (await browser.get(FORM)).text
    with clock.fixed_at(REGISTERED + HOUR):
        form = text_of((await browser.get(f"{FORM}?tz=Asia/Kolkata")).text)
        assert "Registration closes on Sunday 3 May 2026, 16:30 (Kolkata, IST, UTC+5:30)." in form
        assert "Conference time: Sunday 3 May 2026, 12:00 (London, BST, UTC+1)." in form
        assert (await browser.post_form(FORM, PERSON)).status_code == 303
    with clock.fixed_at(REGISTERED + 2 * HOUR):
        assert "The time to register has ended." in (await browser.get(FORM)).text


async def test_who_applies_is_told_to_wait(database: db.Database, browser: Browser) -> None:
    scene = await make_scene()
    await rule(scene, access=RegistrationAccess.APPROVAL)
    assert "Seats in workshops" not in (await browser.get(FORM)).text
    registration = await scene.register()
    address = f"/libraries/me/{page_token(registration.code, 1)}"
    answer = await browser.post_form(address)
    assert answer.headers["location"].endswith("/register/applied")
    assert "the organisers’ turn" in (await browser.get("/libraries/register/applied")).text
    assert "Withdraw my registration" in (await browser.get(address)).text
    await browser.post_form(f"{address}/withdraw")
    assert (await the_registration(registration.code)).status == RegistrationStatus.WITHDRAWN
