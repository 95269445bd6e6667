"""The private calendar feed."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from conference import calendar, clock, db
from conference.db import count_queries
from registration.calendars import agendas
from registration.calendars.feeds import FeedSource, feed_entries
from registration.calendars.sync import send_owed_invites
from registration.entries import confirming, withdrawing
from registration.entries.links import feed_token, join_path
from registration.seating import seats
from registration.tables import Registration
from sessions.programme.feeds import CalendarPlace
from tests.pages import BASE_URL, Browser
from tests.people import KOLKATA_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, make_scene, the_registration


@pytest.fixture
async def scene(database: db.Database) -> Scene:
    return await make_scene()


def address(registration: Registration) -> str:
    return f"/calendar/{feed_token(registration.code, registration.feed_generation)}.ics"


def unfolded(answer: httpx.Response) -> str:
    return answer.text.replace("\r\n ", "")


async def test_it_holds_seats_and_agenda_with_personal_join_links(scene: Scene, browser: Browser) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    await agendas.put_on_agenda(registration.id, await scene.programme(), scene.keynote.code, REGISTERED)

    answer = await browser.get(address(registration))

    assert answer.status_code == 200
    assert answer.headers["content-type"] == calendar.CONTENT_TYPE
    assert answer.headers["cache-control"] == "private, max-age=300"
    assert answer.headers["x-robots-tag"] == "noindex"
    text = unfolded(answer)
    assert text.count("BEGIN:VEVENT") == 2
    for slot in (scene.bread_early, scene.keynote):
        assert f"UID:slot-{slot.code}@conf.example.org\r\n" in text
        link = BASE_URL + join_path(slot.code, registration.code, 1)
        assert f"LOCATION:{link}\r\n" in text
        assert f"Join: {link}" in text
    assert "METHOD" not in text
    assert KOLKATA_ATTENDEE.email not in text
    assert scene.room.vendor_url not in text


async def test_equal_data_gives_equal_bytes_and_304(scene: Scene, browser: Browser) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    first = await browser.get(address(registration))
    with clock.fixed_at(clock.now() + timedelta(days=3)):
        second = await browser.get(address(registration))
        not_modified = await browser.get(
            address(registration), headers={"if-none-match": f"W/{first.headers['etag']}"}
        )
    assert first.content == second.content
    assert (not_modified.status_code, not_modified.content) == (304, b"")
    assert not_modified.headers["etag"] == first.headers["etag"]
    head = await browser.head(address(registration))
    assert (head.status_code, head.headers["etag"]) == (200, first.headers["etag"])


async def test_a_move_shows_with_the_sequence_of_the_invite(scene: Scene, browser: Browser) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    await scene.move(scene.bread_early, "12:00")
    assert "DTSTART:20260625T100000Z" in unfolded(await browser.get(address(registration)))  # only a draft
    await scene.publish(REGISTERED + timedelta(days=1))
    await send_owed_invites(REGISTERED + timedelta(days=1))

    text = unfolded(await browser.get(address(registration)))

    assert "DTSTART:20260625T110000Z" in text
    assert "SEQUENCE:1\r\n" in text


async def test_a_seat_given_up_stays_as_cancelled(scene: Scene, browser: Browser) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    programme = await scene.programme()
    await seats.give_up_seat(registration.id, scene.conference, programme, scene.bread_early.code, REGISTERED)
    text = unfolded(await browser.get(address(registration)))
    assert "STATUS:CANCELLED\r\n" in text
    assert "SEQUENCE:1\r\n" in text
    assert "/join/" not in text


async def test_after_withdrawing_everything_is_cancelled(scene: Scene, browser: Browser) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    await withdrawing.withdraw(registration.id, scene.conference, await scene.programme(), REGISTERED)
    text = unfolded(await browser.get(address(registration)))
    assert (text.count("BEGIN:VEVENT"), text.count("STATUS:CANCELLED")) == (1, 1)


async def test_unknown_renewed_and_unconfirmed_addresses_are_404_in_plain_words(
    scene: Scene, browser: Browser
) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    old = address(registration)
    await confirming.renew_feed(registration.id, scene.conference, await scene.programme(), REGISTERED)
    for path in (
        old,
        "/calendar/unknown.ics",
        "/calendar/%00.ics",
        "/calendar/x",
        "/calendar/%F0%9F%92%A9.ics",
    ):
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (404, "text/plain"), path
    assert (await browser.get(address(await the_registration(registration.code)))).status_code == 200


async def test_the_number_of_queries_does_not_grow(scene: Scene, browser: Browser) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    programme = await scene.programme()
    costs = []
    for slot in (None, scene.keynote):
        if slot:
            await agendas.put_on_agenda(registration.id, programme, slot.code, REGISTERED)
            await seats.take_seat(
                registration.id, scene.conference, programme, scene.bread_late.code, REGISTERED
            )
        with count_queries() as count:
            await browser.get(address(registration))
        costs.append(count.total)
    assert costs[0] == costs[1]


async def test_the_language_is_the_persons(scene: Scene) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    source = FeedSource(
        programme=await scene.programme(),
        place=CalendarPlace(
            "libraries", "https://conf.example.org", "conf.example.org", "Europe/London", ("en",)
        ),
        language="en",
        join="https://conf.example.org/join/{}".format,
        seats=[scene.bread_early.id],
    )
    (entry,) = feed_entries(source)
    assert entry.title == "Bread & “Butter”"
    assert "11:00–12:00 on Thursday 25 June 2026 (London, BST, UTC+1)" in entry.description
    assert "Registration needed" not in entry.description  # they hold the seat
    assert registration.language == "en"
