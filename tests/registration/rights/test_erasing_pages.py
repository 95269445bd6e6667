"""Erasing on the site: a fresh proof of the address is needed, one button does it, and the desk does it for others."""

from __future__ import annotations

from datetime import timedelta

import pytest

from conference import clock
from conference.codes import derived_token
from conference.db import Database
from conference.tables import AuditEntry, OutgoingMail
from registration.entries.links import page_token
from registration.entries.tables import AttendeeSignIn, Interest
from registration.rights.data_links import forget_old_links
from registration.rights.tables import DataLink, ErasedRegistration
from registration.tables import Registration
from tests.makers import make_speaker
from tests.pages import Browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, mails, make_scene

DATA = "/libraries/me/data"


@pytest.fixture
async def scene(database: Database) -> Scene:
    return await make_scene()


async def sign_in(browser: Browser, registration: Registration) -> None:
    token = page_token(registration.code, registration.link_generation)
    assert (await browser.post_form(f"/libraries/me/{token}")).status_code == 303


async def mailed_link() -> str:
    """The path of the link in the newest mail about data."""
    await_mails = await mails("data-link")
    assert await_mails
    link = await DataLink.objects().order_by(DataLink.id, ascending=False).first()
    assert link is not None
    return f"{DATA}/link/{link.code}.{derived_token('data', link.code)}"


async def test_the_page_says_what_goes_and_what_stays_and_one_button_does_it(
    scene: Scene, browser: Browser
) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    await make_speaker(scene.conference, KOLKATA_ATTENDEE.name, email=KOLKATA_ATTENDEE.email)
    await sign_in(browser, registration)
    assert f'href="{DATA}/erase"' in (await browser.get(DATA)).text
    words = text_of((await browser.get(f"{DATA}/erase")).text)
    for said in (
        "One place in a session",
        "A count: somebody registered",
        "As a speaker: everything",
        f"A last mail to {KOLKATA_ATTENDEE.email}",
    ):
        assert said in words, said

    answer = await browser.post_form(f"{DATA}/erase")

    assert (answer.status_code, answer.headers["location"]) == (303, f"{DATA}/erased")
    assert "Everything about you is erased" in text_of((await browser.get(f"{DATA}/erased")).text)
    assert await Registration.count() == 0
    assert await ErasedRegistration.count() == 1
    assert (await browser.get(DATA)).headers["location"] == f"{DATA}/ask"
    assert (await browser.post_form(f"{DATA}/erase")).headers["location"] == f"{DATA}/ask"
    token = page_token(registration.code, 1)
    assert (await browser.get(f"/libraries/me/{token}")).status_code == 404
    assert len(await mails("data-erased")) == 1


async def test_a_browser_left_open_erases_nobody(scene: Scene, browser: Browser) -> None:
    await sign_in(browser, await scene.confirmed(KOLKATA_ATTENDEE))
    await AttendeeSignIn.update({AttendeeSignIn.created_at: REGISTERED - timedelta(hours=2)}).where(
        AttendeeSignIn.id > 0
    )
    page = (await browser.get(f"{DATA}/erase")).text
    assert "First, a mail" in page
    assert f'method="post" action="{DATA}/erase"' not in page
    assert (await browser.post_form(f"{DATA}/erase")).headers["location"] == f"{DATA}/erase"
    assert await Registration.count() == 1

    assert (await browser.post_form(f"{DATA}/confirm")).headers["location"] == f"{DATA}/sent"
    await browser.post_form(f"{DATA}/confirm")
    (mail,) = await mails("data-link")
    assert (mail.recipient, mail.recipient_name, mail.zone) == (
        KOLKATA_ATTENDEE.email,
        KOLKATA_ATTENDEE.name,
        KOLKATA_ATTENDEE.zone,
    )
    link = await mailed_link()
    shown = await browser.get(link)
    assert KOLKATA_ATTENDEE.name not in shown.text
    assert (await browser.post_form(link)).headers["location"] == DATA
    assert f'method="post" action="{DATA}/erase"' in (await browser.get(f"{DATA}/erase")).text
    assert (await browser.post_form(f"{DATA}/erase")).headers["location"] == f"{DATA}/erased"
    assert await Registration.count() == 0


async def test_a_clock_set_back_is_no_fresh_proof(scene: Scene, browser: Browser) -> None:
    await sign_in(browser, await scene.confirmed(KOLKATA_ATTENDEE))
    await AttendeeSignIn.update({AttendeeSignIn.created_at: REGISTERED + timedelta(days=1)}).where(
        AttendeeSignIn.id > 0
    )
    await browser.post_form(f"{DATA}/erase")
    assert await Registration.count() == 1


async def test_whoever_has_no_page_asks_for_a_link(scene: Scene, browser: Browser) -> None:
    await Interest(
        conference=scene.conference.id,
        code="interest2222",
        email="only@example.org",
        email_key="only@example.org",
        created_at=REGISTERED,
    ).save()
    assert (await browser.get(f"{DATA}/ask")).status_code == 200
    bad = await browser.post_form(f"{DATA}/ask", {"email": "only at example"})
    assert (bad.status_code, 'class="error"' in bad.text) == (422, True)
    answer = await browser.post_form(f"{DATA}/ask", {"email": "Only@Example.org "})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{DATA}/sent")
    await browser.post_form(await mailed_link())
    words = text_of((await browser.get(DATA)).text)
    assert "You asked to be told when registration opens" in words
    assert "Change my details" not in words
    await browser.post_form(f"{DATA}/erase")
    assert await Interest.count() == 0


async def test_somebody_unknown_is_answered_alike_and_leaves_nothing_behind(
    scene: Scene, browser: Browser
) -> None:
    answer = await browser.post_form(f"{DATA}/ask", {"email": "nobody@example.org"})
    assert answer.headers["location"] == f"{DATA}/sent"
    (mail,) = await mails("data-link")
    assert mail.scrub_when_done
    with clock.fixed_at(REGISTERED + timedelta(hours=2)):
        assert await forget_old_links(clock.now()) == 1
    assert await DataLink.count() == 0


async def test_a_link_is_good_for_an_hour_and_for_its_conference(scene: Scene, browser: Browser) -> None:
    await browser.post_form(f"{DATA}/ask", {"email": KOLKATA_ATTENDEE.email})
    link = await mailed_link()
    for wrong in (link[:-1], f"{DATA}/link/nothing", f"{DATA}/link/{'x' * 300}", f"{DATA}/link/é.é"):
        assert (await browser.get(wrong)).status_code == 404, wrong
        assert (await browser.post_form(wrong)).status_code == 404, wrong
    assert (await browser.get(link)).status_code == 200
    with clock.fixed_at(REGISTERED + timedelta(hours=1, seconds=1)):
        assert (await browser.get(link)).status_code == 404
        assert (await browser.post_form(link)).status_code == 404


async def test_asking_again_and_again_is_stopped(scene: Scene, browser: Browser) -> None:
    statuses = [
        (await browser.post_form(f"{DATA}/ask", {"email": KOLKATA_ATTENDEE.email})).status_code
        for _n in range(9)
    ]
    assert statuses == [303] * 8 + [429]
    assert len(await mails("data-link")) == 1


async def test_the_desk_erases_for_somebody_who_wrote_a_letter(scene: Scene, browser: Browser) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    await sign_in_as(browser, scene.organiser)
    here = f"/organise/libraries/registrations/{registration.code}"
    assert f'href="{here}/erase"' in (await browser.get(here)).text
    page = await browser.get(f"{here}/erase")
    assert "One place in a session" in text_of(page.text)
    for _press in range(2):
        answer = await browser.post_form(f"{here}/erase")
        assert (answer.status_code, answer.headers["location"]) == (303, "/organise/libraries/registrations")
    assert await Registration.count() == 0
    assert await AuditEntry.count().where(AuditEntry.action == "person-erased") == 1
    (mail,) = await mails("data-erased")
    assert '"by_team": true' in mail.payload


async def test_the_outbox_says_of_an_erased_mail_only_that_it_was(scene: Scene, browser: Browser) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    await OutgoingMail.update({OutgoingMail.state: "refused"}).where(
        OutgoingMail.kind == "registration-confirm"
    )
    await sign_in_as(browser, scene.organiser)
    await browser.post_form(f"/organise/libraries/registrations/{registration.code}/erase")
    (mail,) = await mails("registration-confirm")
    page = await browser.get("/organise/libraries/mail?state=refused")
    assert "Erased" in text_of(page.text)
    assert "Send all of these again" in page.text
    opened = await browser.get(f"/organise/libraries/mail/{mail.message_id}")
    assert "only that it was sent is kept" in text_of(opened.text)
    again = await browser.post_form(f"/organise/libraries/mail/{mail.message_id}/again")
    assert again.status_code in (303, 409)
    await browser.post_form("/organise/libraries/mail/all", {"do": "again", "state": "refused"})
    (mail,) = await mails("registration-confirm")
    assert mail.state == "refused"


async def test_the_charts_go_on_counting_who_was_erased(scene: Scene, browser: Browser) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    await scene.confirmed(AUCKLAND_ATTENDEE)
    await sign_in_as(browser, scene.organiser)
    charts = "/organise/libraries/registrations/charts"
    before = text_of((await browser.get(charts)).text)
    await browser.post_form(f"/organise/libraries/registrations/{registration.code}/erase")
    after = text_of((await browser.get(charts)).text)
    assert "2 registrations" in before
    assert "2 registrations" in after
    assert "One of them has been erased: only the count is left." in after
    assert "India" in after
    assert "Nobody to count" in text_of((await browser.get(f"{charts}?country=IN&q=anjali")).text)
    assert "One registration" in text_of((await browser.get(f"{charts}?country=IN&status=confirmed")).text)
