"""People who ask to be told when registration opens: confirmed, told once, forgotten."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from conference import db
from conference.codes import derived_token
from conference.mail.words import render
from conference.tables import Conference, RegistrationState
from registration.entries.interest import (
    InterestUnknown,
    confirm_interest,
    forget_interest,
    interest_by_link,
    note_interest,
    tell_interested,
)
from registration.entries.opening_rules import change_rules
from registration.entries.tables import Interest
from registration.opening import Rules
from registration.tables import RegistrationAccess
from tests.pages import Browser, text_of
from tests.people import KOLKATA_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, mails, make_scene

HOUR = timedelta(hours=1)


async def link_of(email: str) -> str:
    row = await Interest.objects().where(Interest.email == email).first()
    assert row is not None
    return f"{row.code}.{derived_token('interest', row.code)}"


async def early(scene: Scene) -> None:
    rules = Rules(opens_at=REGISTERED + HOUR, closes_at=REGISTERED + 9 * HOUR)
    await change_rules(scene.conference, rules, actor=scene.organiser, now=REGISTERED)


async def test_who_confirmed_is_told_once(each_database: db.Database) -> None:
    scene = await make_scene()
    await early(scene)
    for email in ("a@example.org", "b@example.org", "A@example.org"):
        await note_interest(scene.conference, email, "fr", "Europe/Paris", REGISTERED)
    assert len(await mails("interest-confirm")) == await Interest.count() == 2
    await confirm_interest(scene.conference, await link_of("a@example.org"), REGISTERED)
    await confirm_interest(scene.conference, await link_of("a@example.org"), REGISTERED)

    assert await tell_interested(REGISTERED) == 0  # not open yet
    await asyncio.gather(*(tell_interested(REGISTERED + HOUR) for _worker in range(3)))
    await tell_interested(REGISTERED + 2 * HOUR)

    told = await mails("interest-open")
    assert [(mail.recipient, mail.language, mail.zone) for mail in told] == [
        ("a@example.org", "fr", "Europe/Paris")
    ]
    assert told[0].is_promotional
    # Asking again changes nothing for who has been told; who never confirmed is forgotten.
    await note_interest(scene.conference, "a@example.org", "fr", "Europe/Paris", REGISTERED + HOUR)
    assert len(await mails("interest-confirm")) == 2
    await tell_interested(REGISTERED + timedelta(days=8))
    assert await Interest.select(Interest.email).output(as_list=True) == ["a@example.org"]


async def test_who_has_registered_meanwhile_is_not_told(database: db.Database) -> None:
    scene = await make_scene()
    await note_interest(scene.conference, KOLKATA_ATTENDEE.email, "en", "UTC", REGISTERED)
    await confirm_interest(scene.conference, await link_of(KOLKATA_ATTENDEE.email), REGISTERED)
    await scene.register()
    await tell_interested(REGISTERED)
    assert await mails("interest-open") == []
    row = await Interest.objects().first()
    assert row is not None
    assert row.told_at == REGISTERED


async def test_a_full_conference_is_told_of_as_one_with_a_waiting_list(database: db.Database) -> None:
    scene = await make_scene()
    await note_interest(scene.conference, "a@example.org", "en", "UTC", REGISTERED)
    await confirm_interest(scene.conference, await link_of("a@example.org"), REGISTERED)
    await scene.register()
    await change_rules(scene.conference, Rules(capacity=1), actor=scene.organiser, now=REGISTERED)
    await tell_interested(REGISTERED)
    (mail,) = await mails("interest-open")
    facts = json.loads(mail.payload)
    said = render("interest-open", facts, "en", "UTC", name="", base_url="https://conf.example.org").text
    assert "all places are taken at the moment" in said
    facts["is_full"] = False
    assert "taken" not in render("interest-open", facts, "en", "UTC", name="", base_url="https://x").text


async def test_nobody_is_told_of_what_only_those_invited_can_use(database: db.Database) -> None:
    scene = await make_scene()
    await note_interest(scene.conference, "a@example.org", "en", "UTC", REGISTERED)
    await confirm_interest(scene.conference, await link_of("a@example.org"), REGISTERED)
    rules = Rules(access=RegistrationAccess.INVITATION)
    await change_rules(scene.conference, rules, actor=scene.organiser, now=REGISTERED)
    assert await tell_interested(REGISTERED) == 0
    assert await mails("interest-open") == []


async def test_guessed_links_open_nothing(database: db.Database) -> None:
    scene = await make_scene()
    await note_interest(scene.conference, "a@example.org", "en", "UTC", REGISTERED)
    link = await link_of("a@example.org")
    for guess in (link[:-1], link + "x", "nothing", f"{link.partition('.')[0]}.", "é." * 9, ""):
        with pytest.raises(InterestUnknown):
            await interest_by_link(scene.conference, guess)
    await forget_interest(scene.conference, link)
    assert await Interest.count() == 0


async def test_asking_on_the_page(database: db.Database, browser: Browser) -> None:
    scene = await make_scene()
    address = "/libraries/register/interest"
    assert (
        (await browser.post_form(address, {"email": "a@example.org"}))
        .headers["location"]
        .endswith("/register")
    )
    await Conference.update({Conference.registration_state: RegistrationState.CLOSED.value}).where(
        Conference.id == scene.conference.id
    )
    page = await browser.get("/libraries/register")
    assert "Shall we tell you when registration opens?" in page.text
    wrong = await browser.post_form(address, {"email": "nobody@"})
    assert wrong.status_code == 422
    assert 'value="nobody@"' in wrong.text
    answer = await browser.post_form(address, {"email": "a@example.org"})
    assert answer.headers["location"].endswith("/register/interest/sent")
    link = f"{address}/{await link_of('a@example.org')}"
    assert "Yes, tell me" in text_of((await browser.get(link)).text)
    row = await Interest.objects().first()
    assert row is not None
    assert row.confirmed_at is None  # looking at the link is not pressing the button
    assert (await browser.post_form(link, {"wanted": "yes"})).headers["location"].endswith("/noted")
    row = await Interest.objects().first()
    assert row is not None
    assert row.confirmed_at == REGISTERED
    assert (await browser.post_form(link, {"wanted": "no"})).headers["location"].endswith("/gone")
    assert await Interest.count() == 0
    assert (await browser.get(link)).status_code == 404
