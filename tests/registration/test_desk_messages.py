"""Mails from the team to attendees: to a filter, as each gets it, to each once."""

from __future__ import annotations

import asyncio
import re

import pytest

from conference import db
from conference.addresses import address_key
from conference.db import count_queries
from conference.tables import AuditEntry, OutgoingMail
from registration.desk.filters import Filter
from registration.desk.message_contents import audience_of
from registration.desk.messages import AudienceChanged, send_message, send_rest, states_of
from registration.desk.tables import AttendeeMessage
from registration.entries.links import page_token
from registration.rights.erasing import erase
from registration.tables import Registration
from sessions.speakers.message_contents import MessageFacts
from tests.pages import Browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE, Person
from tests.registration.cast import REGISTERED, Scene, mails, make_scene
from tests.registration.lines import rule

PATH = "/organise/libraries/registrations/mail"
WORDS = {
    "subject_en": "Soon, {name}",
    "body_en": "Dear {name},\n\nyour sessions at {conference}:\n{sessions}\n\n{link}",
}
FACTS = MessageFacts({"en": "Soon, {name}"}, {"en": "Hello {name}: {sessions} {link}"})


@pytest.fixture
async def scene(database: db.Database) -> Scene:
    return await make_scene()


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"_][^"]*)" value="([^"]*)"', page))


async def test_a_mail_is_looked_at_tried_and_sent_once_to_those_of_the_filter(
    scene: Scene, browser: Browser
) -> None:
    anjali = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    await scene.confirmed(AUCKLAND_ATTENDEE)
    await sign_in_as(browser, scene.organiser)
    write = text_of((await browser.get(f"{PATH}/new?country=IN")).text)
    assert "One attendee: India" in write

    look = await browser.post_form(f"{PATH}/new", {**WORDS, "country": "IN"})
    page = text_of(look.text)
    assert "As Anjali Menon gets it" in page
    assert "Soon, Anjali Menon" in page
    assert "Bread" in page
    assert page_token(anjali.code, 1) not in look.text
    assert await OutgoingMail.count().where(OutgoingMail.kind == "attendee-message") == 0

    kept = hidden(look.text)
    await browser.post_form(f"{PATH}/new", {**WORDS, **kept, "do": "test"})
    assert [mail.recipient for mail in await mails("attendee-message")] == [scene.organiser.email]
    for _press in range(2):
        sent = await browser.post_form(f"{PATH}/new", {**WORDS, **kept, "do": "send"})
        assert sent.status_code == 303
    assert [mail.recipient for mail in await mails("attendee-message")] == [
        scene.organiser.email,
        KOLKATA_ATTENDEE.email,
    ]
    message = await AttendeeMessage.objects().first()
    assert message is not None
    assert (message.recipients, await AttendeeMessage.count()) == (1, 1)
    shown = text_of((await browser.get(f"{PATH}/{message.code}")).text)
    assert "Soon, {name}" in shown
    assert "Not everyone" not in shown
    assert "Soon, {name}" in (await browser.get(PATH)).text
    assert await AuditEntry.count().where(AuditEntry.action == "attendee-message-sent") == 1
    assert (await browser.get(f"{PATH}/nothing")).status_code == 404


async def test_what_is_wrong_is_said_beside_its_field(scene: Scene, browser: Browser) -> None:
    await scene.confirmed(KOLKATA_ATTENDEE)
    await sign_in_as(browser, scene.organiser)
    for wrong in ({"subject_en": "", "body_en": "x"}, {"subject_en": "x", "body_en": "{nmae}"}, {}):
        answer = await browser.post_form(f"{PATH}/new", wrong)
        assert answer.status_code == 422
        assert 'class="error"' in answer.text
    nobody = await browser.post_form(f"{PATH}/new", {**WORDS, "country": "FR", "do": "test"})
    assert nobody.status_code == 422
    stale = await browser.post_form(
        f"{PATH}/new", {**WORDS, "do": "send", "once": "abcdefgh", "expected": "9.9"}
    )
    assert stale.status_code == 409
    assert await OutgoingMail.count().where(OutgoingMail.kind == "attendee-message") == 0


async def test_who_withdrew_or_never_confirmed_is_not_written_to_by_chance(scene: Scene) -> None:
    await scene.confirmed(KOLKATA_ATTENDEE)
    pending = await scene.register(AUCKLAND_ATTENDEE)
    gone = await scene.confirmed(Person("Gone", "gone@example.org", "Europe/Paris", "FR"))
    await Registration.update({Registration.status: "withdrawn"}).where(Registration.id == gone.id)
    assert (await audience_of(scene.conference, Filter(), REGISTERED)).total == 1
    named = await audience_of(scene.conference, Filter(status="pending"), REGISTERED)
    assert (named.total, named.last) == (1, pending.id)
    assert (await audience_of(scene.conference, Filter(status="withdrawn"), REGISTERED)).total == 0


async def test_who_has_no_place_yet_is_written_to_only_when_named(scene: Scene) -> None:
    await rule(scene, capacity=1)
    await scene.confirmed(KOLKATA_ATTENDEE)
    waiting = await scene.confirmed(AUCKLAND_ATTENDEE)
    for wanted, who in [
        (Filter(), 1),
        (Filter(status="waiting"), 1),
        (Filter(waits="conference"), 1),
        (Filter(waits="any"), 1),
        (Filter(country="NZ"), 0),
    ]:
        assert (await audience_of(scene.conference, wanted, REGISTERED)).total == who
    assert (await audience_of(scene.conference, Filter(waits="conference"), REGISTERED)).last == waiting.id


async def test_sending_goes_on_where_it_stopped_on_both_engines(each_database: db.Database) -> None:
    scene = await make_scene()
    for number in range(3):
        await scene.confirmed(Person(f"P{number}", f"p{number}@example.org", "Asia/Kolkata", "IN"))
    programme, audience = await scene.programme(), await audience_of(scene.conference, Filter(), REGISTERED)

    async def send(expected: str) -> AttendeeMessage:
        return await send_message(
            scene.conference,
            programme,
            FACTS,
            Filter(),
            is_news=True,
            code="abcdefgh",
            expected=expected,
            actor=scene.organiser,
            now=REGISTERED,
        )

    with pytest.raises(AudienceChanged):
        await send("")
    message = await send(audience.fingerprint)
    assert sum((await states_of(message)).values()) == 3
    assert all(mail.is_promotional for mail in await mails("attendee-message"))
    await OutgoingMail.delete().where(OutgoingMail.recipient == "p1@example.org")
    await scene.confirmed(Person("Late", "late@example.org", "Asia/Kolkata", "IN"))
    await send_rest(scene.conference, programme, message, author="Ada", now=REGISTERED)
    told = [mail.recipient for mail in await mails("attendee-message")]
    assert sorted(told) == [f"p{number}@example.org" for number in range(3)]


async def test_looking_costs_the_same_queries_however_many_would_get_it(
    scene: Scene, browser: Browser
) -> None:
    await sign_in_as(browser, scene.organiser)
    costs = []
    for number in range(5):
        await scene.confirmed(Person(f"P{number}", f"p{number}@example.org", "Asia/Kolkata", "IN"))
        with count_queries() as count:
            await browser.post_form(f"{PATH}/new", WORDS)
        costs.append(count.total)
    assert len(set(costs)) == 1


async def test_a_mail_under_way_does_not_write_to_somebody_erased_meanwhile(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    await scene.confirmed(KOLKATA_ATTENDEE)
    await scene.confirmed(AUCKLAND_ATTENDEE)
    programme = await scene.programme()
    audience = await audience_of(scene.conference, Filter(), REGISTERED)
    message = await send_message(
        scene.conference,
        programme,
        FACTS,
        Filter(),
        is_news=False,
        code="abcdefgh",
        expected=audience.fingerprint,
        actor=scene.organiser,
        now=REGISTERED,
    )
    await OutgoingMail.delete().where(OutgoingMail.kind == "attendee-message")  # as if none had been queued
    is_erased, may_end = asyncio.Event(), asyncio.Event()

    async def erase_slowly() -> None:
        async with db.transaction():
            key = address_key(KOLKATA_ATTENDEE.email)
            await erase(scene.conference, programme, key, None, actor="retention", now=REGISTERED)
            is_erased.set()
            await may_end.wait()

    erasing = asyncio.create_task(erase_slowly())
    await is_erased.wait()
    sending = asyncio.create_task(
        send_rest(scene.conference, programme, message, author="Ada", now=REGISTERED)
    )
    await asyncio.sleep(0.2)  # by now it has read whom it meant, and waits for the one who is being erased
    may_end.set()
    await asyncio.gather(erasing, sending)
    assert [mail.recipient for mail in await mails("attendee-message")] == [AUCKLAND_ATTENDEE.email]
