"""Calendars without a sign-in beside the agenda's: the programme through one's filters, and a speaker's own sessions."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest
from icalendar import Calendar

from conference import clock, db
from conference.db import count_queries
from conference.errors import Conflict, NotFound
from conference.tables import AuditEntry
from registration.calendars import private_feeds
from registration.calendars.private_feeds import feed_token
from registration.calendars.tables import Feed
from registration.entries import withdrawing
from registration.entries.links import page_token
from registration.tables import Registration
from sessions.speakers.links import ensure_link, room_path, speak_path
from sessions.tables import Appearance, AppearanceRole, AppearanceState, Session, SessionState
from tests.makers import make_speaker
from tests.pages import BASE_URL, Browser, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, make_scene

LATER = REGISTERED + timedelta(days=1)


@pytest.fixture
async def scene(database: db.Database) -> Scene:
    return await make_scene()


def address(feed: Feed) -> str:
    return f"/calendar/{feed_token(feed)}.ics"


def titles(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200
    return [str(event["SUMMARY"]) for event in Calendar.from_ical(answer.content).walk("VEVENT")]


async def the_feed(code: str) -> Feed:
    found = await Feed.objects().where(Feed.code == code).first()
    assert found is not None
    return found


async def signed_in(scene: Scene, browser: Browser) -> Registration:
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    await browser.post_form(f"/{scene.conference.slug}/me/{page_token(registration.code, 1)}")
    return registration


async def test_the_programme_through_filters_follows_releases_and_keeps_what_is_cancelled(
    scene: Scene, browser: Browser
) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    programme = await scene.programme()
    workshops = await private_feeds.add_programme_feed(
        registration.id, programme, {"type": "workshop", "track": "unknown"}, REGISTERED
    )
    everything = await private_feeds.add_programme_feed(registration.id, programme, {}, REGISTERED)
    again = await private_feeds.add_programme_feed(registration.id, programme, {"type": "workshop"}, LATER)
    assert again.code == workshops.code
    assert titles(await browser.get(address(everything))) == [
        "Opening",
        "Bread & “Butter”",
        "Maps",
        "Bread & “Butter”",
    ]
    before = await browser.get(address(workshops))
    assert titles(before) == ["Bread & “Butter”", "Maps", "Bread & “Butter”"]
    assert scene.room.vendor_url not in before.text
    assert KOLKATA_ATTENDEE.email not in before.text
    assert "METHOD" not in before.text

    await Session.update({Session.state: SessionState.CANCELLED.value}).where(Session.id == scene.maps.id)
    assert (await browser.get(address(workshops))).content == before.content  # only a draft
    await scene.publish(LATER)
    after = await browser.get(address(workshops))
    assert titles(after)[1] == "Cancelled: Maps"
    assert after.headers["etag"] != before.headers["etag"]


async def test_a_strong_validator_bytes_that_stay_and_nothing_sent_twice(
    scene: Scene, browser: Browser
) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    feed = await private_feeds.add_programme_feed(registration.id, await scene.programme(), {}, REGISTERED)
    first = await browser.get(address(feed))
    assert re.fullmatch(r'"[0-9a-f]{32}"', first.headers["etag"])
    assert first.headers["cache-control"] == "private, max-age=300"
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in first.text
    with clock.fixed_at(LATER + timedelta(days=3)):
        second = await browser.get(address(feed))
        same = await browser.get(address(feed), headers={"if-none-match": first.headers["etag"]})
        other = await browser.get(address(feed), headers={"if-none-match": '"other"'})
    assert first.content == second.content == other.content
    assert (same.status_code, same.content) == (304, b"")


async def test_an_address_renewed_or_removed_is_dead_and_other_peoples_are_out_of_reach(
    scene: Scene, browser: Browser
) -> None:
    mine, theirs = [await scene.confirmed(one) for one in (KOLKATA_ATTENDEE, AUCKLAND_ATTENDEE)]
    programme = await scene.programme()
    feed = await private_feeds.add_programme_feed(mine.id, programme, {}, REGISTERED)
    old = address(feed)
    for act in (private_feeds.renew_programme_feed, private_feeds.remove_programme_feed):
        with pytest.raises(NotFound):
            await act(theirs.id, feed.code, LATER)
    await private_feeds.renew_programme_feed(mine.id, feed.code, LATER)
    new = address(await the_feed(feed.code))
    assert old != new
    assert [(await browser.get(one)).status_code for one in (old, new)] == [404, 200]
    await private_feeds.remove_programme_feed(mine.id, feed.code, LATER)
    assert (await browser.get(new)).status_code == 404
    assert [row.action for row in await AuditEntry.objects().order_by(AuditEntry.id)][-3:] == [
        "calendar-address-made",
        "calendar-address-renewed",
        "calendar-address-removed",
    ]


async def test_whoever_withdraws_takes_their_calendars_along(scene: Scene, browser: Browser) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    feed = await private_feeds.add_programme_feed(registration.id, await scene.programme(), {}, REGISTERED)
    await withdrawing.withdraw(registration.id, scene.conference, await scene.programme(), LATER)
    assert (await browser.get(address(feed))).status_code == 404


async def test_there_is_an_end_to_how_many(scene: Scene) -> None:
    registration, programme = await scene.confirmed(KOLKATA_ATTENDEE), await scene.programme()
    for number in range(private_feeds.MOST):
        await private_feeds.add_programme_feed(
            registration.id, programme, {"q": f"word {number}"}, REGISTERED
        )
    with pytest.raises(Conflict):
        await private_feeds.add_programme_feed(registration.id, programme, {"q": "one more"}, REGISTERED)


async def test_the_page_lists_adds_renews_and_removes_without_script(scene: Scene, browser: Browser) -> None:
    registration = await signed_in(scene, browser)
    page = f"/{scene.conference.slug}/me/calendars"
    costs = []
    for words in ("bread", "maps"):
        await browser.post_form(page, {"q": words, "type": "workshop"})
        with count_queries() as count:
            shown = await browser.get(page)
        costs.append(count.total)
    assert costs[0] == costs[1]
    assert shown.headers["cache-control"] == "no-store"
    one, _two = await private_feeds.programme_feeds(registration.id)
    assert f"{BASE_URL}{address(one)}" in shown.text
    assert "bread" in text_of(shown.text)
    assert "webcal://" in shown.text
    await browser.post_form(f"{page}/{one.code}/renew")
    renewed = await the_feed(one.code)
    assert f"{BASE_URL}{address(renewed)}" in (await browser.get(page)).text
    await browser.post_form(f"{page}/{one.code}/remove")
    assert len(await private_feeds.programme_feeds(registration.id)) == 1
    refused = await browser.post_form(f"{page}/unknown/remove")
    assert refused.status_code in (200, 303)


async def test_a_stranger_is_sent_away(scene: Scene, browser: Browser) -> None:
    answer = await browser.get(f"/{scene.conference.slug}/me/calendars")
    assert answer.status_code == 303 or "calendars" not in str(answer.url)


async def test_a_speaker_subscribes_to_their_own_sessions(scene: Scene, browser: Browser) -> None:
    speaker = await make_speaker(scene.conference, "Ada Example")
    appearance = Appearance(
        session=scene.maps.id,
        speaker=speaker.id,
        role=AppearanceRole.PRESENTER,
        state=AppearanceState.CONFIRMED,
    )
    await appearance.save()
    await scene.publish(LATER)
    speaker = await ensure_link(speaker.id, REGISTERED)
    page = f"{speak_path(speaker)}/calendar"
    assert "/calendar/" not in (await browser.get(page)).text.replace(page, "")  # looking makes no address
    assert await Feed.count() == 0

    await browser.post_form(page)
    feed = await private_feeds.talks_feed(speaker.id)
    assert feed is not None
    shown = await browser.get(page)
    assert f"{BASE_URL}{address(feed)}" in shown.text
    answer = await browser.get(address(feed))
    assert titles(answer) == ["Maps"]
    assert BASE_URL + room_path(speaker, scene.maps_slot.code) in answer.text.replace("\r\n ", "")

    await browser.post_form(page)  # a new address
    assert (await browser.get(address(feed))).status_code == 404
    renewed = await private_feeds.talks_feed(speaker.id)
    assert renewed is not None
    assert (await browser.get(address(renewed))).status_code == 200
    await browser.post_form(f"{page}/remove")
    assert (await browser.get(address(renewed))).status_code == 404
