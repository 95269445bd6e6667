"""The page on which reminders are chosen: signed in, and by the link in a reminder."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from conference import clock
from conference.db import count_queries
from conference.tables import AuditEntry
from registration.calendars import agendas
from registration.entries import withdrawing
from registration.entries.links import page_token
from registration.reminding.choosing import choose_reminders
from registration.reminding.people import choices_of
from registration.reminding.sending import send_reminders
from registration.reminding.tables import ReminderKind
from registration.tables import Registration
from tests.pages import Browser, text_of
from tests.people import KOLKATA_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, mails, make_scene, the_registration
from tests.registration.test_reminding import reminders, words

PAGE = "/libraries/me/reminders"
DEFAULT = {ReminderKind.DAY, ReminderKind.HOUR, ReminderKind.DIGEST}


async def signed_in(browser: Browser, scene: Scene) -> Registration:
    """Anjali with a seat at 15:00 and the opening at 10:00 on her agenda, in her browser."""
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_late)
    await agendas.put_on_agenda(registration.id, await scene.programme(), scene.keynote.code, REGISTERED)
    await browser.post_form(f"/libraries/me/{page_token(registration.code, 1)}")
    return registration


async def chosen(registration: Registration) -> frozenset[ReminderKind]:
    return choices_of(await the_registration(registration.code)).kinds


async def test_the_page_says_what_each_choice_sends_and_when(browser: Browser) -> None:
    scene = await make_scene()
    registration = await signed_in(browser, scene)
    assert await chosen(registration) == DEFAULT
    text = text_of((await browser.get(PAGE)).text)
    assert "All times are on your clock: Kolkata, IST, UTC+5:30." in text
    assert "Next: “Opening” and one more, Thu 25 Jun, 14:30 → mail on Wed 24 Jun, 14:30" in text
    assert "Next: “Opening” and one more, Thu 25 Jun, 14:30 → mail on Thu 25 Jun, 07:00" in text
    assert "Next: “Opening” , Thu 25 Jun, 14:30 → mail on Thu 25 Jun, 14:20" in text
    coming = text.partition("What comes next")[2]
    assert "Thu 25 Jun, 13:30 An hour before “Opening”" in coming
    assert "Ten minutes" not in coming


async def test_a_choice_is_kept_recorded_and_followed(browser: Browser) -> None:
    scene = await make_scene()
    registration = await signed_in(browser, scene)
    answer = await browser.post_form(PAGE, {"minutes": "yes", "day": "no", "odd": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    assert await chosen(registration) == {ReminderKind.MINUTES}
    page = (await browser.get(PAGE)).text
    assert "Saved. Your reminders come as you chose." in page
    assert page.count(" checked") == 1
    await browser.post_form(PAGE, {"minutes": "yes"})
    entries = await AuditEntry.objects().where(AuditEntry.action == "reminders-chosen")
    assert [json.loads(entry.after) for entry in entries] == [{"reminders": ["minutes"]}]
    assert "Ten minutes before" in text_of((await browser.get("/libraries/me")).text)
    for before in (timedelta(hours=24), timedelta(hours=1), timedelta(minutes=10)):
        await send_reminders(scene.keynote.start - before)
    assert await reminders() == [(KOLKATA_ATTENDEE.email, "minutes", ["Opening"])]


async def test_the_link_in_a_reminder_stops_them_without_signing_in(browser: Browser) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_late)
    day_before = scene.bread_late.start - timedelta(hours=24)
    await send_reminders(day_before)
    (mail,) = await mails("session-reminder")
    (link,) = [word for word in words(mail).split() if word.endswith("/reminders")]
    path = link.removeprefix("https://conf.example.org")
    with clock.fixed_at(day_before):
        page = (await browser.get(path)).text
        assert await chosen(registration) == DEFAULT  # a mail scanner has looked
        assert "Stop all reminders" in page
        assert registration.name not in page
        answer = await browser.post_form(path, {"day": "yes", "stop": "all"})
        assert answer.headers["location"] == path
        assert "You get no more reminders." in (await browser.get(path)).text
    assert await chosen(registration) == frozenset()
    await send_reminders(scene.bread_late.start - timedelta(hours=1))
    assert len(await reminders()) == 1


async def test_a_link_that_is_none_or_whose_registration_is_gone_changes_nothing(browser: Browser) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_late)
    path = f"/libraries/me/{page_token(registration.code, 1)}/reminders"
    assert (await browser.get("/libraries/me/nothing/reminders")).status_code == 404
    assert (await browser.post_form("/libraries/me/nothing/reminders")).status_code == 404
    await withdrawing.withdraw(registration.id, scene.conference, await scene.programme(), REGISTERED)
    assert (await browser.get(path)).status_code == 410
    assert (await browser.post_form(path, {"stop": "all"})).status_code == 410
    assert await chosen(registration) == DEFAULT


async def test_who_has_not_confirmed_is_asked_to_first(browser: Browser) -> None:
    scene = await make_scene()
    registration = await scene.register(KOLKATA_ATTENDEE)
    token = page_token(registration.code, 1)
    answer = await browser.get(f"/libraries/me/{token}/reminders")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/libraries/me/{token}")


async def test_someone_signed_out_is_sent_to_where_links_are_mailed(browser: Browser) -> None:
    await make_scene()
    answer = await browser.get(PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/libraries/me")


async def test_somebody_without_a_session_is_told_when_it_begins_to_matter(browser: Browser) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    await browser.post_form(f"/libraries/me/{page_token(registration.code, 1)}")
    text = text_of((await browser.get(PAGE)).text)
    assert "You have no session to come." in text
    assert "Next:" not in text


async def test_the_page_costs_the_same_for_one_session_and_for_two(browser: Browser) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_late)
    await browser.post_form(f"/libraries/me/{page_token(registration.code, 1)}")
    await browser.get(PAGE)
    costs = []
    for _turn in range(2):
        with count_queries() as counted:
            await browser.get(PAGE)
        costs.append(counted.total)
        await agendas.put_on_agenda(registration.id, await scene.programme(), scene.keynote.code, REGISTERED)
    assert costs[0] == costs[1]


@pytest.mark.usefixtures("each_database")
async def test_two_windows_choose_one_after_the_other() -> None:
    registration = await (await make_scene()).confirmed()
    wanted = [{ReminderKind.DAY}, {ReminderKind.MINUTES}, {ReminderKind.DAY}]
    await asyncio.gather(*(choose_reminders(registration.id, one, REGISTERED) for one in wanted))
    assert await chosen(registration) in (frozenset({ReminderKind.DAY}), frozenset({ReminderKind.MINUTES}))
