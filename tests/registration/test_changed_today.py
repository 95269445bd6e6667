"""What somebody signed in is told on every page when their sessions change on the day itself."""

from __future__ import annotations

from datetime import timedelta

from conference import clock
from conference.db import count_queries
from registration.calendars.sync import send_owed_invites
from registration.entries.links import page_token
from tests.pages import Browser, text_of
from tests.people import KOLKATA_ATTENDEE
from tests.registration.cast import make_scene

STATE = "/libraries/programme/stars.json"


async def test_the_pages_that_are_the_same_for_everyone_hear_what_has_changed_for_this_person(
    browser: Browser,
) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_late)
    await browser.post_form(f"/libraries/me/{page_token(registration.code, 1)}")
    morning = scene.keynote.start - timedelta(hours=2)
    with clock.fixed_at(morning):
        assert (await browser.get(STATE)).json()["news"] == {}
        await scene.move(scene.bread_late, "16:00")
        await scene.publish(morning)
        await send_owed_invites(morning)
        assert (await browser.get(STATE)).json()["news"] == {
            "said": "One of your sessions has changed today.",
            "link": "See what has changed",
            "url": "/libraries/me#changed",
        }
        mine = (await browser.get("/libraries/me")).text
        assert "<title>Changed today · My page · " in mine
        assert 'aria-labelledby="changed"' in mine
        assert "now Thu 25 Jun, 20:30–21:30 (16:00–17:00 London)" in text_of(mine)
        assert "was Thu 25 Jun, 19:30–20:30" in text_of(mine)
        programme = (await browser.get("/libraries/programme")).text
        assert '<div class="frame flashes" role="status" data-news="/libraries"></div>' in programme
        joining = await browser.get(f"/join/{scene.bread_late.code}")
        assert 'role="status" data-news="/libraries" data-known></div>' in joining.text
    with clock.fixed_at(morning + timedelta(days=2)):
        assert (await browser.get(STATE)).json()["news"] == {}
        assert "Changed today" not in (await browser.get("/libraries/me")).text


async def test_nobody_else_hears_of_it(browser: Browser) -> None:
    scene = await make_scene()
    await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_late)
    morning = scene.keynote.start - timedelta(hours=2)
    await scene.move(scene.bread_late, "16:00")
    await scene.publish(morning)
    await send_owed_invites(morning)
    with clock.fixed_at(morning):
        assert (await browser.get(STATE)).json()["news"] == {}
        assert "data-news" not in (await browser.get(f"/join/{scene.bread_late.code}")).text


async def test_asking_costs_one_query_more_where_nothing_has_changed(browser: Browser) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_late)
    await browser.post_form(f"/libraries/me/{page_token(registration.code, 1)}")
    with clock.fixed_at(scene.keynote.start - timedelta(hours=2)):
        await browser.get(STATE)
        with count_queries() as counted:
            await browser.get(STATE)
    assert sum("invite_sent" in sql for sql in counted.sql) == 1
