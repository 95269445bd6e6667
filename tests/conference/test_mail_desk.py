"""The mail page: found by address, sent again, held back and let go, one or many; and what is said when mail is stuck."""

from __future__ import annotations

from datetime import timedelta

import pytest

from conference import clock
from conference.db import count_queries
from conference.mail import holding, trouble
from conference.mail.desk import Wanted, mails_of
from conference.mail.suppressions import suppress, suppressed
from conference.tables import AuditEntry, Conference, MailState, OutgoingMail, Role, SuppressionSource
from tests.conference.test_outbox import NOW, queue
from tests.makers import make_conference, make_member, make_organiser
from tests.pages import Browser, sign_in_as, text_of
from tests.people import BERLIN_ORGANISER, STRANGER

HERE = "/organise/libraries/mail"


async def set_state(to: str, state: MailState, reply: str = "") -> None:
    await OutgoingMail.update({OutgoingMail.state: state, OutgoingMail.last_reply: reply}).where(
        OutgoingMail.recipient == to
    )


async def states() -> dict[str, str]:
    return {row["recipient"]: row["state"] for row in await OutgoingMail.select()}


async def a_desk(browser: Browser) -> Conference:
    owner = await make_organiser(BERLIN_ORGANISER)
    conference = await make_conference(owner=owner)
    for name in ("zoe", "anna", "omar"):
        await queue(to=f"{name}@b.example", conference_id=conference.id)
    await sign_in_as(browser, owner)
    return conference


@pytest.mark.usefixtures("each_database")
async def test_a_part_of_an_address_or_a_name_finds_the_mail() -> None:
    conference, other = await make_conference(), await make_conference("other")
    await queue(to="Zoe@b.example", to_name="Z. Müller", conference_id=conference.id)
    await queue(to="anna@b.example", to_name="Anna", conference_id=conference.id, kind="invite")
    await queue(to="zoe@c.example", conference_id=other.id)

    async def found(search: str = "", kind: str = "") -> list[str]:
        return [line.to for line in (await mails_of(conference.id, Wanted(None, kind, search)))[0]]

    assert await found(search="ZOE@") == ["Zoe@b.example"]
    assert await found(search="nna") == ["anna@b.example"]
    assert await found(kind="invite") == ["anna@b.example"]
    assert await found(search="%") == ["anna@b.example", "Zoe@b.example"]
    assert await found(search="nobody") == []


@pytest.mark.usefixtures("each_database")
async def test_all_of_a_kind_are_held_and_let_go_and_only_those() -> None:
    owner = await make_organiser()
    conference = await make_conference(owner=owner)
    await queue(to="a@b.example", conference_id=conference.id)
    await queue(to="b@b.example", conference_id=conference.id, kind="invite")
    await queue(to="c@b.example")
    just_links = Wanted(kind="registration-link")
    assert await holding.hold_all(conference.id, just_links, actor=owner, now=NOW) == 1
    assert await states() == {"a@b.example": "held", "b@b.example": "queued", "c@b.example": "queued"}
    assert await holding.release_all(conference.id, Wanted(), actor=owner, now=NOW) == 1
    assert set((await states()).values()) == {"queued"}
    assert await holding.send_all_again(conference.id, Wanted(), actor=owner, now=NOW) == 0
    entries = await AuditEntry.select(AuditEntry.action, AuditEntry.after).where(
        AuditEntry.action.like("mails-%")
    )
    assert [(row["action"], row["after"]) for row in entries] == [
        ("mails-held", '{"mails": 1}'),
        ("mails-released", '{"mails": 1}'),
    ]


async def test_refused_mails_are_sent_again_from_the_page(browser: Browser) -> None:
    await a_desk(browser)
    await set_state("zoe@b.example", MailState.REFUSED, "550 5.1.1 who?")
    await set_state("anna@b.example", MailState.REFUSED, "554 no")
    listed = await browser.get(f"{HERE}?state=refused&q=zoe")
    assert "550 5.1.1 who?" in listed.text
    assert "anna@b.example" not in listed.text
    answer = await browser.post_form(f"{HERE}/all", {"do": "again", "state": "refused", "q": "zoe"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HERE}?state=refused&q=zoe")
    assert await states() == {
        "zoe@b.example": "queued",
        "anna@b.example": "refused",
        "omar@b.example": "queued",
    }
    assert (await browser.post_form(f"{HERE}/all", {"do": "burn"})).status_code == 400


async def test_one_mail_is_held_and_sent_again(browser: Browser) -> None:
    await a_desk(browser)
    row = await OutgoingMail.objects().get(OutgoingMail.recipient == "zoe@b.example")
    assert row is not None
    path = f"{HERE}/{row.message_id}"
    assert "Hold it back" in (await browser.get(path)).text
    assert (await browser.post_form(f"{path}/hold")).status_code == 303
    assert "Held back by the team." in (await browser.get(path)).text
    assert (await browser.post_form(f"{path}/hold")).status_code == 409
    assert (await browser.post_form(f"{path}/again")).status_code == 303
    assert (await states())["zoe@b.example"] == "queued"


async def test_an_address_is_taken_off_the_list_by_typing_it(browser: Browser) -> None:
    await a_desk(browser)
    await suppress("zoe@b.example", "550", SuppressionSource.BOUNCE, now=NOW)
    wrong = await browser.post_form(f"{HERE}/lift", {"address": "anna@b.example"})
    assert wrong.status_code == 422
    assert "This address is not on the list" in text_of(wrong.text)
    assert 'value="anna@b.example"' in wrong.text
    assert (await browser.post_form(f"{HERE}/lift", {"address": "no address"})).status_code == 422
    assert (await browser.post_form(f"{HERE}/lift", {"address": "ZOE@b.example"})).status_code == 303
    assert await suppressed("zoe@b.example") is None


async def test_stuck_mail_is_said_wherever_somebody_looks(browser: Browser) -> None:
    await a_desk(browser)
    assert (
        await browser.get("/healthz/mail")
    ).status_code == 503  # nobody has sent what waits since long ago
    await OutgoingMail.update({OutgoingMail.next_attempt_at: clock.now()}, force=True)
    assert (await browser.get("/healthz/mail")).text == "mail: ok\n"
    since = clock.now() - timedelta(hours=2)
    await trouble.note("mail.example:587: 535 5.7.8 wrong", is_sign_in=True, now=since)
    await trouble.note("mail.example:587: 535 5.7.8 wrong", is_sign_in=True, now=clock.now())
    line = await browser.get("/healthz/mail")
    assert line.status_code == 503
    assert line.text == (
        f"mail: stuck since {since:%Y-%m-%dT%H:%M:%SZ}, the mail server does not accept our name and password, 3 waiting\n"
    )
    assert 'meridian_mail_stuck_seconds{kind="sign-in"}' in (await browser.get("/metrics")).text
    for address in (HERE, "/organise/libraries/"):
        shown = await browser.get(address)
        assert "Mail is stuck" in shown.text
        assert "535 5.7.8 wrong" in shown.text
    assert (await browser.post_form(f"{HERE}/try-now")).status_code == 303
    assert await trouble.resting(clock.now()) is None


async def test_who_may_only_look_is_offered_nothing_to_press(browser: Browser) -> None:
    conference = await a_desk(browser)
    viewer = await make_member(conference, STRANGER, Role.VIEWER)
    browser.cookies.clear()
    await sign_in_as(browser, viewer)
    page = await browser.get(f"{HERE}?state=queued")
    assert page.status_code == 200
    assert 'method="post" action="/organise/libraries/mail' not in page.text
    for path in ("all", "lift", "try-now"):
        assert (await browser.post_form(f"{HERE}/{path}", {"do": "hold"})).status_code == 403


async def test_the_list_costs_the_same_however_many_mails_and_kinds_there_are(browser: Browser) -> None:
    conference = await a_desk(browser)
    with count_queries() as few:
        await browser.get(HERE)
    for number in range(20):
        await queue(to=f"p{number}@b.example", conference_id=conference.id, kind="invite")
    with count_queries() as many:
        await browser.get(HERE)
    assert many.total == few.total
