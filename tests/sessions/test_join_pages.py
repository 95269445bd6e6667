from __future__ import annotations

import email
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from conference import clock, db, outbox
from conference.tables import OutgoingMail, Role
from registration.entries.confirming import renew_feed
from registration.entries.links import join_key, page_token
from registration.tables import Registration
from sessions.packs import resource_packs, resources
from sessions.packs.queries import all_packs
from sessions.packs.resource_facts import PackFacts, ResourceFacts
from sessions.packs.tables import ResourceKind
from sessions.queries import VendorLinks, placing_by_code, vendor_links
from sessions.tables import Room, Session, Slot
from tests.makers import NOW, make_member
from tests.pages import Browser, make_settings, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE, Person
from tests.registration.cast import Scene, make_scene

OPENING = datetime(2026, 6, 25, 9, 0, tzinfo=UTC)  # the keynote: 10:00 in London, 45 minutes
BREAD = datetime(2026, 6, 25, 10, 0, tzinfo=UTC)  # its first time; an hour
MINUTE = timedelta(minutes=1)
SECRET = "https://vendor.example/j/8675309?pwd=h4rd-t0-guess"
RECORDING = "https://video.example/watch/t0p-s3cret"


async def scene_with_secrets() -> Scene:
    scene = await make_scene()
    await Room.update({Room.vendor_url: SECRET}).where(Room.conference == scene.conference.id)
    return scene


async def sign_in(browser: Browser, scene: Scene, person: Person, *slots: Slot) -> Registration:
    """The person registers, and opens the link in the mail in this browser."""
    registration = await scene.register(person, *slots)
    with clock.fixed_at(NOW + timedelta(days=3)):
        answer = await browser.post_form(f"/libraries/me/{page_token(registration.code, 1)}")
    assert answer.status_code == 303, answer.text
    return registration


async def look(browser: Browser, path: str, at: datetime) -> httpx.Response:
    with clock.fixed_at(at):
        return await browser.get(path)


def sent_to(answer: httpx.Response, url: str) -> None:
    assert (answer.status_code, answer.headers["location"]) == (303, url)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert url not in answer.text


async def test_before_the_door_opens_everyone_sees_a_countdown(browser: Browser) -> None:
    scene = await scene_with_secrets()
    browser.cookies.set("tz", "Asia/Kolkata")
    page = await look(
        browser, f"/join/{scene.keynote.code}", OPENING - timedelta(days=2, hours=3, minutes=19)
    )
    assert page.status_code == 200
    text = text_of(page.text)
    assert "Opening" in text
    assert "14:30" in text  # in Kolkata
    assert "10:00 London" in text
    assert "at 14:15 , 15 minutes before the start" in text
    assert "2 days" in text
    figures = re.findall(r'<b data-part="(\w+)">(\d+)</b>', page.text)
    assert figures == [("days", "2"), ("hours", "3"), ("minutes", "4")]
    assert 'data-until="2026-06-25T08:45:00Z"' in page.text
    assert '<noscript><meta http-equiv="refresh" content="1800"></noscript>' in page.text
    assert '<svg class="strip"' in page.text
    assert page.headers["cache-control"] == "no-store"
    assert 'href="/libraries/register"' in page.text
    assert SECRET not in page.text


async def test_those_registered_are_taken_in_from_a_quarter_of_an_hour_before_until_one_after(
    browser: Browser,
) -> None:
    scene = await scene_with_secrets()
    await sign_in(browser, scene, KOLKATA_ATTENDEE)
    path = f"/join/{scene.keynote.code}"
    end = OPENING + timedelta(minutes=45)
    waiting = await look(browser, path, OPENING - timedelta(minutes=15, seconds=1))
    assert waiting.status_code == 200
    assert "You are expected" in waiting.text
    for moment in (OPENING - 15 * MINUTE, OPENING, end, end + 14 * MINUTE):
        sent_to(await look(browser, path, moment), SECRET)
    over = await look(browser, path, end + 15 * MINUTE)
    assert over.status_code == 200
    assert "This session is over" in over.text


async def test_the_room_is_the_one_the_organisers_last_set(browser: Browser) -> None:
    scene = await scene_with_secrets()
    await sign_in(browser, scene, KOLKATA_ATTENDEE)
    await Room.update({Room.vendor_url: "https://other.example/room"}).where(Room.id == scene.keynote.room)
    sent_to(await look(browser, f"/join/{scene.keynote.code}", OPENING), "https://other.example/room")


async def test_a_stranger_is_asked_to_sign_in_and_learns_nothing(browser: Browser) -> None:
    scene = await scene_with_secrets()
    for method in ("GET", "HEAD"):
        with clock.fixed_at(OPENING):
            page = await browser.request(method, f"/join/{scene.keynote.code}")
        assert page.status_code == 403
        assert "location" not in page.headers
        assert SECRET not in page.text
    page = await look(browser, f"/join/{scene.keynote.code}", OPENING)
    assert "Sign in with your registration" in page.text
    assert 'action="/libraries/me/link"' in page.text
    assert 'href="/libraries/register"' in page.text


async def test_the_form_at_the_door_mails_the_link(browser: Browser) -> None:
    scene = await scene_with_secrets()
    await scene.confirmed(KOLKATA_ATTENDEE)
    with clock.fixed_at(OPENING):
        page = await browser.get(f"/join/{scene.keynote.code}")
        found = re.search(r'name="_csrf_token" value="(\w+)"', page.text)
        assert found is not None
        answer = await browser.post(
            "/libraries/me/link", data={"email": KOLKATA_ATTENDEE.email, "_csrf_token": found.group(1)}
        )
    assert answer.status_code == 303
    kinds = [row["kind"] for row in await OutgoingMail.select(OutgoingMail.kind).order_by(OutgoingMail.id)]
    assert kinds[-1] == "registration-link"


async def test_a_room_of_limited_seats_takes_in_those_with_a_seat_only(browser: Browser) -> None:
    scene = await scene_with_secrets()
    await sign_in(browser, scene, KOLKATA_ATTENDEE, scene.bread_late)
    gate = await look(browser, f"/join/{scene.bread_early.code}", BREAD)
    assert gate.status_code == 403
    text = text_of(gate.text)
    assert "for those who have a seat" in text
    assert "It takes place again" in text
    assert f'href="/join/{scene.bread_late.code}"' in gate.text
    sent_to(await look(browser, f"/join/{scene.bread_late.code}", BREAD + timedelta(hours=4)), SECRET)


async def test_a_personal_link_needs_no_cookie(browser: Browser) -> None:
    scene = await scene_with_secrets()
    registration = await scene.confirmed(AUCKLAND_ATTENDEE, scene.bread_early)
    path = f"/join/{scene.bread_early.code}?key={join_key(registration.code, 1)}"
    page = await look(browser, path, BREAD - timedelta(hours=1))
    assert "You are expected" in page.text
    assert "22:00" in text_of(page.text)  # their own zone, though this browser never chose one
    sent_to(await look(browser, path, BREAD), SECRET)
    await renew_feed(registration.id, scene.conference, await scene.programme(), NOW + timedelta(days=3))
    dead = await look(browser, path, BREAD)
    assert dead.status_code == 403
    assert "no longer holds" in dead.text


async def test_a_made_up_key_opens_nothing(browser: Browser) -> None:
    scene = await scene_with_secrets()
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    for key in (
        "",
        "x",
        "....",
        "a" * 5000,
        "%00",
        "é.é",
        "k3v9x2ab.",
        registration.code,
        f"{registration.code}.",
    ):
        page = await look(browser, f"/join/{scene.keynote.code}?key={key}", OPENING)
        assert page.status_code == 403, key
        assert SECRET not in page.text


async def test_a_pending_registration_opens_nothing(browser: Browser) -> None:
    scene = await scene_with_secrets()
    registration = await scene.register(KOLKATA_ATTENDEE)
    path = f"/join/{scene.keynote.code}?key={join_key(registration.code, 1)}"
    assert (await look(browser, path, OPENING)).status_code == 403


async def test_the_team_may_enter_before_everyone_else(browser: Browser) -> None:
    scene = await scene_with_secrets()
    path = f"/join/{scene.bread_early.code}"
    early = BREAD - timedelta(hours=5)
    assert (await look(browser, f"{path}?early=yes", early)).status_code == 200
    await sign_in_as(browser, scene.organiser)
    page = await look(browser, path, early)
    assert "Enter now, as one of the team" in page.text
    sent_to(await look(browser, f"{path}?early=yes", early), SECRET)
    sent_to(await look(browser, path, BREAD), SECRET)


async def test_the_team_of_another_conference_is_a_stranger_here(browser: Browser) -> None:
    scene = await scene_with_secrets()
    other = await make_scene_elsewhere()
    viewer = await make_member(other.conference, AUCKLAND_ATTENDEE, Role.OWNER)
    await sign_in_as(browser, viewer)
    assert (await look(browser, f"/join/{scene.keynote.code}", OPENING)).status_code == 403


async def make_scene_elsewhere() -> Scene:
    scene = await make_scene(slug="elsewhere")
    assert scene.conference.slug == "elsewhere"
    return scene


async def test_a_room_without_a_usable_link_says_so(browser: Browser) -> None:
    scene = await scene_with_secrets()
    await sign_in(browser, scene, KOLKATA_ATTENDEE)
    for vendor_url in ("", "javascript:alert(1)", "zoom", "https://", "https://a b/"):
        await Room.update({Room.vendor_url: vendor_url}).where(Room.id == scene.keynote.room)
        page = await look(browser, f"/join/{scene.keynote.code}", OPENING)
        assert page.status_code == 200, vendor_url
        assert "the team has not set the room’s link yet" in page.text
        assert '<meta http-equiv="refresh" content="60">' in page.text
        assert "mailto:team@example.org" in page.text


async def test_afterwards_the_recording_is_one_click_away_for_those_registered(browser: Browser) -> None:
    scene = await scene_with_secrets()
    await Session.update({Session.recording_url: RECORDING}).where(Session.id == scene.keynote.session)
    path, over = f"/join/{scene.keynote.code}", OPENING + timedelta(days=1)
    page = await look(browser, path, over)
    assert "The recording is there for everyone who registered" in page.text
    assert f'href="{path}/recording"' not in page.text
    gate = await look(browser, f"{path}/recording", over)
    assert gate.status_code == 403
    assert RECORDING not in gate.text
    await sign_in(browser, scene, KOLKATA_ATTENDEE)
    page = await look(browser, path, over)
    assert f'href="{path}/recording"' in page.text
    assert RECORDING not in page.text
    sent_to(await look(browser, f"{path}/recording", over), RECORDING)


async def test_without_a_recording_the_link_tells_what_is_there_instead(browser: Browser) -> None:
    scene = await scene_with_secrets()
    pack = await resource_packs.create_pack(
        scene.conference,
        PackFacts(title={"en": "Opening slides"}, session=scene.keynote.session),
        actor=scene.organiser,
        now=NOW,
    )
    link = ResourceFacts(ResourceKind.SLIDES, {"en": "Slides"}, licence="InC", url="https://slides.example/1")
    await resources.add_link(scene.conference, pack.code, link, actor=scene.organiser, now=NOW)
    path, over = f"/join/{scene.keynote.code}", OPENING + timedelta(days=1)
    assert "Opening slides" not in (await look(browser, path, over)).text
    await resource_packs.publish_pack(scene.conference, pack.code, actor=scene.organiser, now=NOW)
    page = await look(browser, path, over)
    assert "This session is over." in page.text
    assert f'href="/libraries/resources/{pack.code}"' in page.text
    assert "Watch the recording" not in page.text
    back = await look(browser, f"{path}/recording", over)
    assert (back.status_code, back.headers["location"]) == (303, path)


async def test_a_cancelled_slot_says_so_and_names_the_other_time(browser: Browser) -> None:
    scene = await scene_with_secrets()
    await sign_in(browser, scene, KOLKATA_ATTENDEE, scene.bread_early)
    await Slot.update({Slot.is_cancelled: True}).where(Slot.id == scene.bread_early.id)
    sent_to(await look(browser, f"/join/{scene.bread_early.code}", BREAD), SECRET)  # a draft changes nothing
    await scene.publish(NOW + timedelta(days=4))
    page = await look(browser, f"/join/{scene.bread_early.code}", BREAD)
    assert page.status_code == 200
    text = text_of(page.text)
    assert "Cancelled" in text
    assert "The session takes place at another time" in text
    assert f'href="/join/{scene.bread_late.code}"' in page.text


async def test_the_link_of_a_slot_taken_out_of_the_programme_lives_on(browser: Browser) -> None:
    scene = await scene_with_secrets()
    await Slot.delete().where(Slot.id == scene.bread_early.id)
    await scene.publish(NOW + timedelta(days=4))
    page = await look(browser, f"/join/{scene.bread_early.code}", BREAD)
    assert page.status_code == 200
    assert "Cancelled" in text_of(page.text)


async def test_a_link_is_found_in_the_release_on_either_engine(each_database: db.Database) -> None:
    scene = await scene_with_secrets()
    found = await placing_by_code(scene.keynote.code)
    assert found is not None
    assert (found.slot.code, found.conference.slug) == (scene.keynote.code, "libraries")
    assert await vendor_links(found) == VendorLinks(room=SECRET, recording="")
    await Slot.delete().where(Slot.id == scene.bread_early.id)
    await scene.publish(NOW + timedelta(days=4))
    gone = await placing_by_code(scene.bread_early.code)
    assert gone is not None
    assert gone.slot.is_cancelled
    assert await placing_by_code("nowhere2") is None


async def test_a_moved_slot_keeps_its_link(browser: Browser) -> None:
    scene = await scene_with_secrets()
    await scene.move(scene.keynote, "18:00")
    path = f"/join/{scene.keynote.code}"
    assert (await look(browser, path, OPENING)).status_code == 403  # as published, it is on now
    await scene.publish(NOW + timedelta(days=4))
    page = await look(browser, path, OPENING)
    assert page.status_code == 200
    assert "18:00" in text_of(page.text)


async def test_an_unknown_link_gets_a_friendly_answer(browser: Browser) -> None:
    await scene_with_secrets()
    odd = ("nowhere2", "x", "a" * 300, "%00", "..%2f..", "'%20or%201=1", "%25", "%F0%9F%A6%84", "recording")
    for code in odd:
        page = await look(browser, f"/join/{code}", OPENING)
        assert page.status_code == 404, code
        assert "<h1>" in page.text


async def test_a_draft_slot_has_no_link_yet(browser: Browser) -> None:
    scene = await scene_with_secrets()
    draft = await make_scene(slug="second")
    await Slot.update({Slot.code: "newslot2"}).where(Slot.id == draft.maps_slot.id)
    page = await look(browser, "/join/newslot2", OPENING)
    assert page.status_code == 404
    assert "No session is behind this link" in page.text
    assert scene.conference.id != draft.conference.id


async def test_the_page_works_in_every_zone_and_at_odd_parameters(browser: Browser) -> None:
    scene = await scene_with_secrets()
    for query in (
        "tz=Pacific/Kiritimati",
        "tz=America/St_Johns",
        "tz=junk",
        "tz=%00",
        "key=&tz=",
        "early=1",
        "lang=ar",
    ):
        page = await look(browser, f"/join/{scene.keynote.code}?{query}", OPENING - timedelta(days=1))
        assert page.status_code == 200, query


async def test_a_page_costs_a_handful_of_queries(browser: Browser) -> None:
    scene = await scene_with_secrets()
    await sign_in(browser, scene, KOLKATA_ATTENDEE)
    path = f"/join/{scene.keynote.code}"
    await look(browser, path, OPENING)
    with db.count_queries() as waiting:
        await look(browser, path, OPENING - timedelta(days=1))
    with db.count_queries() as going_in:
        await look(browser, path, OPENING)
    assert waiting.total <= 8
    assert going_in.total <= 7


async def test_the_vendors_address_stands_in_no_page_feed_or_mail(browser: Browser, data_dir: Path) -> None:
    scene = await scene_with_secrets()
    await Session.update({Session.recording_url: RECORDING}).where(Session.conference == scene.conference.id)
    await scene.move(scene.maps_slot, "12:30")
    await scene.publish(NOW + timedelta(days=1))  # whatever a release takes along is public from now on
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    assert await all_packs(scene.conference.id) == []
    seen: set[str] = set()
    waiting = [
        "/",
        "/libraries/",
        *(f"/libraries/{name}" for name in ("programme", "programme?view=grid", "speakers", "changes")),
        *(f"/libraries/{name}" for name in ("programme.ics", "programme.json", "programme.xml")),
        *(f"/libraries/{name}" for name in ("changes.atom", "register", "me", "resources")),
        *(f"/join/{slot.code}" for slot in (scene.keynote, scene.bread_early, scene.bread_late)),
        f"/join/{scene.keynote.code}/recording",
        f"/libraries/me/{page_token(registration.code, 1)}",
        "/schema/openapi.json",
    ]
    moments = (OPENING - timedelta(days=1), OPENING, OPENING + timedelta(days=3))
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for moment in moments:
            answer = await look(browser, path, moment)
            assert answer.status_code < 500, path
            whole = answer.text + str(answer.headers)
            assert "vendor.example" not in whole, path
            assert "video.example" not in whole, path
            if "text/html" in answer.headers.get("content-type", ""):
                waiting += [
                    link
                    for link in re.findall(r'href="(/[^"#]*)"', answer.text)
                    if not link.startswith("/static/") and len(seen) < 200
                ]
    assert any("/sessions/" in path for path in seen)
    done = await outbox.deliver_due(make_settings(data_dir), NOW + timedelta(days=3))
    assert done.sent > 0
    for letter in (data_dir / "mail").iterdir():
        message = email.message_from_bytes(letter.read_bytes())
        parts = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
        said = b"".join(part for part in parts if isinstance(part, bytes)) + str(message.items()).encode()
        assert b"conf.example.org" in said
        assert b"vendor.example" not in said
        assert b"video.example" not in said


async def test_even_those_who_may_go_in_find_the_address_in_the_redirect_only(browser: Browser) -> None:
    scene = await scene_with_secrets()
    await sign_in(browser, scene, KOLKATA_ATTENDEE, scene.bread_early)
    await sign_in_as(browser, scene.organiser)
    for path in ("/libraries/me", "/libraries/programme", f"/join/{scene.bread_early.code}"):
        page = await look(browser, path, BREAD - timedelta(hours=1))
        assert page.status_code == 200
        assert "vendor.example" not in page.text
