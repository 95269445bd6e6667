"""The links to a speaker's page and rooms: who they let in, and how the desk sends them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from conference import clock
from conference.tables import OutgoingMail, Role
from sessions.speakers.links import ensure_link, renew_link, room_path, speak_path
from sessions.tables import (
    Appearance,
    AppearanceRole,
    Room,
    Session,
    Speaker,
)
from tests.makers import (
    NOW,
    make_member,
    make_session,
    make_slot,
    make_speaker,
)
from tests.pages import Browser, sign_in_as, text_of
from tests.people import KOLKATA_ATTENDEE
from tests.sessions.speaking import Scene, speaking


@pytest.fixture
async def scene(browser: Browser) -> AsyncIterator[Scene]:
    """Ruth and her page, in front of the whole application."""
    async with speaking() as made:
        yield made


async def test_wrong_old_and_other_people_s_links_open_nothing(browser: Browser, scene: Scene) -> None:
    token = scene.here.removeprefix("/speak/")
    wrong = [
        token[:-1],
        token + "=",
        token.swapcase(),
        scene.ruth.code,
        "%00",
        "é",
        "x" * 5000,
        "..%2f..%2f",
    ]
    for one in wrong:
        for path in ("", "/profile", "/availability", "/talks.ics"):
            answer = await browser.get(f"/speak/{one}{path}")
            assert answer.status_code == 404, one
            assert "Ruth" not in answer.text
        for path in (
            "/answer",
            "/consents",
            "/profile",
            "/availability",
            "/ask",
            "/zone",
            "/profile/photo/remove",
        ):
            assert (await browser.post_form(f"/speak/{one}{path}", {"answer": "confirm"})).status_code == 404
    await renew_link(scene.ruth.id, actor=scene.petra, now=NOW)
    old = await browser.get(scene.here)
    assert (old.status_code, old.headers["cache-control"]) == (404, "no-store")
    assert "Send me the link" in old.text
    with clock.fixed_at(datetime(2026, 8, 25, tzinfo=NOW.tzinfo)):
        late = await browser.get(speak_path(await scene.speaker()))
        assert (late.status_code, "This link no longer works" in late.text) == (410, True)
    other = await make_speaker(scene.conference, "Someone Else")
    theirs = speak_path(await ensure_link(other.id, NOW))
    answer = await browser.post_form(
        f"{theirs}/answer", {"session": scene.panel.code, "role": "presenter", "answer": "decline"}
    )
    assert answer.status_code == 303
    assert await scene.states() == ["invited", "invited"]


async def test_every_change_needs_its_form(browser: Browser, scene: Scene) -> None:
    """Another site that makes the browser post has no CSRF token."""
    for path in (
        "/answer",
        "/consents",
        "/profile",
        "/availability",
        "/ask",
        "/zone",
        "/profile/photo",
        "/profile/photo/remove",
    ):
        assert (await browser.post(f"{scene.here}{path}", data={"answer": "decline"})).status_code == 403
    assert (await browser.post("/speak/link", data={"email": "ruth@example.org"})).status_code == 403


async def test_asking_for_the_link_says_the_same_to_everyone(browser: Browser, scene: Scene) -> None:
    known = await browser.post_form("/speak/link", {"email": "Ruth@Example.org"})
    unknown = await browser.post_form("/speak/link", {"email": "stranger@example.org"})
    assert (known.status_code, known.headers["location"]) == (
        unknown.status_code,
        unknown.headers["location"],
    )
    assert (await browser.get(known.headers["location"])).status_code == 200
    sent = await OutgoingMail.select(OutgoingMail.recipient).where(OutgoingMail.kind == "speaker-link")
    assert sent == [{"recipient": "ruth@example.org"}]
    assert (await browser.post_form("/speak/link", {"email": "no address"})).status_code == 422
    for _try in range(9):
        answer = await browser.post_form("/speak/link", {"email": "ruth@example.org"})
    assert answer.status_code == 429
    assert "Too many tries" in answer.text


async def test_the_room_opens_an_hour_before_for_its_speakers_alone(browser: Browser, scene: Scene) -> None:
    path = room_path(scene.ruth, scene.slot.code)
    early = await browser.get(path)
    assert (early.status_code, "Your room opens" in early.text) == (200, True)
    assert "vendor.example" not in early.text
    with clock.fixed_at(scene.slot.start - timedelta(minutes=60)):
        opened = await browser.get(path)
        assert (opened.status_code, opened.headers["location"]) == (303, scene.room.vendor_url)
        assert opened.headers["referrer-policy"] == "no-referrer"
        elsewhere = await make_slot(
            scene.conference, await make_session(scene.conference, "Other"), scene.room, "11:00"
        )
        assert (await browser.get(room_path(scene.ruth, elsewhere.code))).status_code == 404
        for key in ("", "x", path.partition("key=")[2][:-1]):
            assert (await browser.get(f"/speak/join/{scene.slot.code}?key={key}")).status_code == 404
        await Appearance.update({Appearance.state: "declined"}).where(Appearance.speaker == scene.ruth.id)
        assert "You said that you cannot take part" in text_of((await browser.get(path)).text)
        await Appearance.update({Appearance.state: "confirmed"}).where(Appearance.speaker == scene.ruth.id)
        await Session.update({Session.state: "cancelled"}).where(Session.id == scene.panel.id)
        assert "This session is cancelled" in text_of((await browser.get(path)).text)
        await Session.update({Session.state: "active"}).where(Session.id == scene.panel.id)
        await Room.update({Room.vendor_url: ""}).where(Room.id == scene.room.id)
        assert "The room has no address yet" in text_of((await browser.get(path)).text)
    with clock.fixed_at(scene.slot.end + timedelta(minutes=15)):
        assert "This session is over" in text_of((await browser.get(path)).text)


async def test_the_desk_invites_one_several_and_again(browser: Browser, scene: Scene) -> None:
    await sign_in_as(browser, scene.petra)
    await Appearance.update({Appearance.state: "planned", Appearance.invited_at: None}).where(
        Appearance.id > 0
    )
    desk = "/organise/libraries/speakers"
    answer = await browser.post_form(f"{desk}/{scene.ruth.code}/invite")
    assert answer.headers["location"] == f"{desk}/{scene.ruth.code}"
    assert await scene.states() == ["invited", "invited"]
    everyone = [row["code"] for row in await Speaker.select(Speaker.code)]
    answer = await browser.post_form(f"{desk}/invite", {"speaker": everyone, "back": "chase"})
    assert answer.headers["location"] == f"{desk}/chase"
    mails = await OutgoingMail.select(OutgoingMail.kind, OutgoingMail.recipient_name).order_by(
        OutgoingMail.id
    )
    assert [tuple(mail.values()) for mail in mails] == [
        ("speaker-invitation", "Ruth Okafor"),
        ("speaker-invitation", "Anjali Menon"),
    ]
    with clock.fixed_at(NOW + timedelta(days=2)):
        await browser.post_form(f"{desk}/invite", {"speaker": everyone, "again": "yes"})
        assert await OutgoingMail.count().where(OutgoingMail.kind == "speaker-reminder") == 2
        told = text_of((await browser.get(desk)).text)
        assert "Reminded 2 speakers: Anjali Menon, Ruth Okafor." in told
    assert (await browser.post_form(f"{desk}/invite")).headers["location"] == desk
    assert (await browser.post_form(f"{desk}/nobody/invite")).status_code == 404


async def test_the_desk_sends_links_and_ends_old_ones(browser: Browser, scene: Scene) -> None:
    await sign_in_as(browser, scene.petra)
    path = f"/organise/libraries/speakers/{scene.ruth.code}/link"
    await browser.post_form(path)
    await browser.post_form(path, {"renew": "yes"})
    assert await OutgoingMail.count().where(OutgoingMail.kind == "speaker-link") == 2
    assert (await browser.get(scene.here)).status_code == 404
    assert (await browser.get(speak_path(await scene.speaker()))).status_code == 200


async def test_a_viewer_may_invite_nobody(browser: Browser, scene: Scene) -> None:
    viewer = await make_member(scene.conference, KOLKATA_ATTENDEE, Role.VIEWER)
    await sign_in_as(browser, viewer)
    for path in ("invite", f"{scene.ruth.code}/invite", f"{scene.ruth.code}/link"):
        assert (await browser.post_form(f"/organise/libraries/speakers/{path}")).status_code == 403


async def test_a_speaker_with_two_parts_answers_each(browser: Browser, scene: Scene) -> None:
    await Appearance(
        session=scene.panel.id, speaker=scene.ruth.id, role=AppearanceRole.CHAIR, state="invited"
    ).save()
    page = text_of((await browser.get(scene.here)).text)
    assert "Your part: presenter" in page
    assert "Your part: chair" in page
    await browser.post_form(
        f"{scene.here}/answer", {"session": scene.panel.code, "role": "chair", "answer": "decline"}
    )
    assert await scene.states() == ["invited", "invited", "declined"]
