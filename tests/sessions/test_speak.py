"""A speaker's own page by link, as a browser without script sees it: what it shows, and her answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from conference import clock, db
from conference.tables import AuditEntry, Conference, OutgoingMail
from sessions.schedule.limits import RuleFacts
from sessions.speakers.links import room_path
from sessions.speakers.own_words import hardship
from sessions.tables import (
    Appearance,
    Availability,
    Session,
    SessionPart,
    Slot,
    Speaker,
    SpeakerRequest,
)
from tests.makers import (
    NOW,
    make_session,
    make_slot,
)
from tests.pages import Browser, text_of
from tests.sessions.speaking import NAUGHTY, Scene, speaking


@pytest.fixture
async def scene(browser: Browser) -> AsyncIterator[Scene]:
    """Ruth and her page, in front of the whole application."""
    async with speaking() as made:
        yield made


async def test_the_page_tells_each_session_on_the_speaker_s_clock(browser: Browser, scene: Scene) -> None:
    part = SessionPart(session=scene.panel.id, title='{"en": "The long view"}')
    await part.save()
    await Appearance.update({Appearance.part: part.id}).where(
        (Appearance.session == scene.panel.id) & (Appearance.speaker == scene.ruth.id)
    )
    answer = await browser.get(scene.here)
    assert answer.status_code == 200
    shown = text_of(answer.text)
    for words in (
        "Hello Ruth Okafor",
        "Your clock: New York, EDT, UTC−4.",
        "Thursday 25 June 2026 , 05:00–05:45 Conference time: 10:00–10:45",
        "Planned, and may still change",
        "This is early in the morning where you are.",
        "With Anjali Menon",
        "Your part: presenter · The long view",
        "Confirm or decline “Bridges &amp; &lt;Roads&gt;”",
        "Confirm or decline “Bread”",
        "Not scheduled yet.",
        "You have not said yet. Nothing is assumed.",
    ):
        assert words in shown
    assert "Prefers tea" not in answer.text
    assert scene.room.vendor_url not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex"


async def test_a_published_session_links_to_its_page_and_its_calendar(browser: Browser, scene: Scene) -> None:
    assert (await browser.get(f"{scene.here}/talks.ics")).status_code == 404
    await scene.publish()
    page = await browser.get(scene.here)
    assert f'href="/libraries/sessions/{scene.panel.code}"' in page.text
    assert "Published" in text_of(page.text)
    calendar = await browser.get(f"{scene.here}/talks.ics")
    assert calendar.headers["content-type"].startswith("text/calendar")
    assert calendar.headers["cache-control"] == "no-store"
    unfolded = calendar.text.replace("\r\n ", "")
    assert unfolded.count("BEGIN:VEVENT") == 1
    assert "DTSTART:20260625T090000Z" in unfolded
    assert room_path(scene.ruth, scene.slot.code) in unfolded
    assert scene.here not in unfolded
    assert "vendor.example" not in unfolded


async def test_what_was_published_as_cancelled_and_is_back_in_the_draft_is_not_published(
    browser: Browser, scene: Scene
) -> None:
    await scene.publish()
    await Session.update({Session.state: "cancelled"}).where(Session.id == scene.panel.id)
    await scene.publish()
    await Session.update({Session.state: "active"}).where(Session.id == scene.panel.id)
    page = text_of((await browser.get(scene.here)).text)
    assert "Planned, and may still change" in page
    assert "Published" not in page


async def test_the_page_costs_the_same_queries_for_one_session_and_for_many(
    browser: Browser, scene: Scene
) -> None:
    await scene.publish()
    await browser.get(scene.here)
    with db.count_queries() as few:
        await browser.get(scene.here)
    for number in range(8):
        session = await make_session(scene.conference, f"More {number}", speakers=(scene.ruth,))
        for hour in (11, 15):
            await make_slot(scene.conference, session, scene.room, f"{hour}:{number:02}")
        await SpeakerRequest(speaker=scene.ruth.id, session=session.id, text="Please", asked_at=NOW).save()
    with db.count_queries() as many:
        await browser.get(scene.here)
    assert many.total == few.total


async def test_looking_changes_nothing_whoever_looks(browser: Browser, scene: Scene) -> None:
    async def everything() -> str:
        tables = (Speaker, Appearance, Availability, SpeakerRequest, AuditEntry, OutgoingMail, Conference)
        return str([await table.select() for table in tables])

    before = await everything()
    paths = (
        "",
        "/",
        "/profile",
        "/availability",
        "/availability?hours=all",
        "/talks.ics",
        "/answer",
        "/profile/photo",
    )
    for path in paths:
        for method in ("GET", "HEAD", "OPTIONS", "GET"):
            assert (await browser.request(method, f"{scene.here}{path}")).status_code < 500
    await browser.get(room_path(scene.ruth, scene.slot.code))
    assert await everything() == before


async def test_confirming_and_declining_each_with_one_press(browser: Browser, scene: Scene) -> None:
    first = {"session": scene.panel.code, "role": "presenter"}
    answer = await browser.post_form(f"{scene.here}/answer", {**first, "answer": "confirm"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{scene.here}#s-{scene.panel.code}")
    assert answer.headers["referrer-policy"] == "no-referrer"
    declined = {"session": scene.bread.code, "role": "presenter", "answer": "decline", "reason": NAUGHTY[0]}
    await browser.post_form(f"{scene.here}/answer", declined)
    assert await scene.states() == ["confirmed", "declined"]
    page = await browser.get(scene.here)
    assert "You are confirmed" in page.text
    assert "You declined" in page.text
    assert "<script>alert" not in page.text
    # Sent twice, and minds changed.
    await browser.post_form(f"{scene.here}/answer", {**first, "answer": "confirm"})
    await browser.post_form(f"{scene.here}/answer", {**first, "answer": "decline"})
    assert await scene.states() == ["declined", "declined"]
    assert await AuditEntry.count().where(AuditEntry.action == "appearance-confirmed") == 1


async def test_an_organiser_s_move_does_not_take_a_confirmation_back(browser: Browser, scene: Scene) -> None:
    await browser.post_form(
        f"{scene.here}/answer", {"session": scene.panel.code, "role": "presenter", "answer": "confirm"}
    )
    later = scene.slot.start + timedelta(hours=3)
    await Slot.update({Slot.start: later, Slot.end: later + timedelta(minutes=45)}).where(
        Slot.id == scene.slot.id
    )
    page = text_of((await browser.get(scene.here)).text)
    assert "08:00–08:45" in page
    assert "You are confirmed" in page


async def test_junk_in_an_answer_is_refused_in_words(browser: Browser, scene: Scene) -> None:
    base = {"session": scene.panel.code, "role": "presenter", "answer": "decline"}
    for change in (
        {"session": "nothing"},
        {"role": "host"},
        {"session": ""},
        {"session": "x" * 5000},
        {"role": "\0é"},
    ):
        answer = await browser.post_form(f"{scene.here}/answer", {**base, **change})
        assert answer.status_code == 303
        assert "no longer listed in this session" in text_of((await browser.get(scene.here)).text)
    long = await browser.post_form(f"{scene.here}/answer", {**base, "reason": "é" * 3000})
    assert long.status_code == 422
    assert "This is too long: at most 2000 characters." in long.text
    assert "é" * 3000 in long.text
    assert await scene.states() == ["invited", "invited"]
    with clock.fixed_at(scene.slot.start):
        await browser.post_form(f"{scene.here}/answer", {**base, "reason": ""})
        assert "has begun" in text_of((await browser.get(scene.here)).text)


async def test_consents_are_said_and_taken_back(browser: Browser, scene: Scene) -> None:
    path, session = f"{scene.here}/consents", {"session": scene.panel.code}
    await browser.post_form(path, {**session, "recording": "given", "publishing": "refused"})
    assert "recording: yes · publishing: no" in text_of((await browser.get(scene.here)).text)
    await browser.post_form(path, {**session, "recording": "refused", "publishing": "refused"})
    rows = await Appearance.select(Appearance.recording_consent, Appearance.publishing_consent).where(
        (Appearance.session == scene.panel.id) & (Appearance.speaker == scene.ruth.id)
    )
    assert rows == [{"recording_consent": "refused", "publishing_consent": "refused"}]
    assert await AuditEntry.count().where(AuditEntry.action == "speaker-consents-answered") == 2


@pytest.mark.parametrize(
    ("start", "minutes", "words"),
    [
        ("07:00", 60, ""),
        ("21:00", 60, ""),
        ("06:30", 60, "early in the morning"),
        ("05:00", 60, "early in the morning"),
        ("04:30", 60, "middle of your night"),
        ("21:30", 60, "late in the evening"),
        ("23:30", 60, "late in the evening"),
        ("23:30", 120, "middle of your night"),
        ("00:00", 30, "middle of your night"),
    ],
)
def test_an_unusual_hour_is_said_kindly(start: str, minutes: int, words: str) -> None:
    begins = datetime.fromisoformat(f"2026-06-25T{start}+05:30")
    told = hardship(begins, begins + timedelta(minutes=minutes), "Asia/Kolkata", RuleFacts())
    assert (words in told) if words else not told


def test_an_unusual_hour_follows_the_conference_s_own_limits() -> None:
    begins = datetime.fromisoformat("2026-06-25T06:30+05:30")
    early_birds = RuleFacts(speaker_earliest=6 * 60)
    assert hardship(begins, begins + timedelta(hours=1), "Asia/Kolkata", early_birds) == ""
