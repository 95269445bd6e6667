"""Stars without an account: kept in the browser, shown, told where they clash, and taken along as a calendar."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference import clock, db
from conference.tables import Conference
from sessions.programme.stars import MOST, Stars, clashes, read_stars, starred_placings
from sessions.releases.publishing import release_programme
from sessions.tables import SessionKind, Slot
from tests.makers import NOW, make_conference, make_room, make_session, make_slot
from tests.pages import Browser, make_settings, open_browser, text_of
from tests.sessions.test_programme import programme

codes = st.text(alphabet="23456789abcdefgh", min_size=3, max_size=12)


def test_a_cookie_is_read_back_as_it_was_written() -> None:
    stars = Stars().changed("abc23", starring=True).changed("def45", starring=True)
    assert stars.value == "abc23.def45"
    assert read_stars(stars.value) == stars
    assert stars.changed("abc23", starring=False).codes == ("def45",)
    assert stars.changed("abc23", starring=True).codes == ("def45", "abc23")
    with_agenda = Stars(("abc23",), is_with_agenda=True)
    assert with_agenda.value == "me.abc23"
    assert read_stars("me.abc23") == with_agenda
    assert Stars().value == ""


@given(st.lists(codes, unique=True, max_size=250), st.booleans())
def test_the_cookie_never_outgrows_what_browsers_keep(many: list[str], is_with_agenda: bool) -> None:
    stars = Stars((), is_with_agenda)
    for code in many:
        stars = stars.changed(code, starring=True)
    assert read_stars(stars.value) == stars
    assert stars.codes == tuple(many[-MOST:])
    assert len(stars.value) < 4096


@given(st.text(max_size=5000))
def test_whatever_stands_in_a_cookie_gives_codes_or_nothing(value: str) -> None:
    found = read_stars(value)
    assert len(found.codes) <= MOST
    assert all(code.isascii() and code.isalnum() and len(code) <= 12 for code in found.codes)


def test_clashes_are_told_on_both_sides_and_back_to_back_is_none() -> None:
    day = programme(("A", "a", 0, 4), ("B", "b", 2, 6), ("C", "a", 4, 6), ("D", "b", 6, 8))
    placings = starred_placings(day, ["slot1", "slot2", "slot3", "slot4", "gone"])
    found = clashes(placings)
    told = {code: [session.title["en"] for session, _slot in others] for code, others in found.items()}
    assert told == {"slot1": ["B"], "slot2": ["A", "C"], "slot3": ["B"]}


@pytest.fixture
async def browser(database: db.Database, data_dir: Path) -> AsyncIterator[Browser]:
    with clock.fixed_at(NOW):
        async with open_browser(make_settings(data_dir)) as opened:
            yield opened


async def released() -> tuple[Conference, Slot, Slot, Slot]:
    """A keynote at 10:00, a talk at 10:30 and a workshop with seats at 15:00."""
    conference = await make_conference()
    room, side = await make_room(conference), await make_room(conference, "Side room")
    keynote = await make_session(conference, "Opening", kind=SessionKind.KEYNOTE)
    workshop = await make_session(conference, "Hands on", kind=SessionKind.WORKSHOP)
    slots = (
        await make_slot(conference, keynote, room, "10:00"),
        await make_slot(conference, await make_session(conference, "Bridges"), side, "10:30"),
        await make_slot(conference, workshop, room, "15:00", seats=20),
    )
    await release_programme(conference, "", actor="command line", now=NOW)
    return conference, *slots


async def test_a_star_is_set_and_taken_off_without_script(browser: Browser) -> None:
    _conference, keynote, bridges, workshop = await released()
    programme_page = (await browser.get("/libraries/programme")).text
    assert f'href="/libraries/programme/star/{keynote.code}" rel="nofollow"' in programme_page
    page = await browser.get(f"/libraries/programme/star/{keynote.code}")
    assert page.headers["cache-control"] == "no-store"
    assert "Star this session" in page.text
    answer = await browser.post_form(f"/libraries/programme/star/{keynote.code}", {"starred": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/libraries/programme#{keynote.code}")
    assert "Path=/libraries" in answer.headers["set-cookie"]
    assert "At the same time you have starred: Opening" in text_of(
        (await browser.get(f"/libraries/programme/star/{bridges.code}")).text
    )
    for slot in (bridges, workshop):
        await browser.post_form(f"/libraries/programme/star/{slot.code}", {"starred": "yes"})
    starred = text_of((await browser.get("/libraries/programme/starred?tz=Pacific/Auckland")).text)
    assert "My stars (3)" in starred
    assert "Kept in this browser only." in starred
    assert "At the same time: Bridges" in starred
    assert "At the same time: Opening" in starred
    assert "Friday for you; Thursday afternoon in London." in starred
    assert "Needs a place Take a seat" in starred
    form = {"starred": "no", "back": "starred"}
    answer = await browser.post_form(f"/libraries/programme/star/{bridges.code}", form)
    assert answer.headers["location"] == "/libraries/programme/starred"
    assert "At the same time" not in (await browser.get("/libraries/programme/starred")).text


async def test_the_shared_programme_holds_no_ones_stars(browser: Browser) -> None:
    _conference, keynote, _bridges, _workshop = await released()
    plain = (await browser.get("/libraries/programme")).text
    await browser.post_form(f"/libraries/programme/star/{keynote.code}", {"starred": "yes"})
    await browser.get("/libraries/programme/starred")  # shows the flash
    assert (await browser.get("/libraries/programme")).text == plain


async def test_stars_are_a_calendar_to_take_along(browser: Browser) -> None:
    _conference, keynote, bridges, _workshop = await released()
    assert (await browser.get("/libraries/programme/starred.ics")).status_code == 404
    for slot in (bridges, keynote):
        await browser.post_form(f"/libraries/programme/star/{slot.code}", {"starred": "yes"})
    answer = await browser.get("/libraries/programme/starred.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    uids = [str(event["UID"]) for event in icalendar.Calendar.from_ical(answer.content).walk("VEVENT")]
    assert uids == [f"slot-{keynote.code}@conf.example.org", f"slot-{bridges.code}@conf.example.org"]


async def test_made_up_cookies_and_slots_do_no_harm(browser: Browser) -> None:
    _conference, keynote, _bridges, _workshop = await released()
    browser.cookies.set("stars", f"..{keynote.code}.<b>.zzzzzzzz.{'x' * 3000}", path="/libraries")
    page = text_of((await browser.get("/libraries/programme/starred")).text)
    assert "My stars (1)" in page
    assert (await browser.get("/libraries/programme/star/zzzzzzzz")).status_code == 404
    refused = await browser.post_form("/libraries/programme/star/zzzzzzzz", {"starred": "yes"})
    assert refused.status_code == 404
    assert (await browser.post(f"/libraries/programme/star/{keynote.code}")).status_code == 403  # no token
    assert (await browser.get("/nowhere/programme/starred")).status_code == 404


async def test_an_empty_list_says_how_to_begin(browser: Browser) -> None:
    await released()
    assert "No stars yet" in (await browser.get("/libraries/programme/starred")).text
    state = await browser.get("/libraries/programme/stars.json")
    assert state.json()["signed_in"] is False
    assert state.json()["stars"] == []
    assert state.headers["cache-control"] == "no-store"


async def test_cancelled_sessions_and_breaks_have_no_star(database: db.Database, data_dir: Path) -> None:
    conference, keynote, _bridges, _workshop = await released()
    lunch = await make_session(conference, "Lunch", kind=SessionKind.BREAK)
    room = await make_room(conference, "Hall")
    await make_slot(conference, lunch, room, "12:00")
    await Slot.update({Slot.is_cancelled: True}).where(Slot.id == keynote.id)
    fresh = await Conference.objects().where(Conference.id == conference.id).first()
    assert fresh is not None
    await release_programme(fresh, "", actor="command line", now=NOW)
    async with open_browser(make_settings(data_dir)) as later:
        page = (await later.get("/libraries/programme")).text
    assert len(re.findall(r'data-star="', page)) == 2
    assert f'data-star="{keynote.code}"' not in page
    assert "Lunch" in page
    assert "Cancelled" in page
