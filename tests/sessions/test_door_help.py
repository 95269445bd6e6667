"""Cannot get in? The page that says what to check, the form that calls the team, and the team's answers."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import httpx

from conference import clock, db, texts
from conference.mail.words import render
from conference.tables import Conference, OutgoingMail, Role
from registration.entries.links import join_key, page_token
from sessions.door.calls import KEPT_FOR, forget_calls, open_calls
from sessions.door.facts import DoorFacts
from sessions.door.passing import go_in
from sessions.door.rules import change_door_rules
from sessions.door.tables import DoorCall
from sessions.tables import Room
from tests.makers import NOW, make_member
from tests.pages import Browser, sign_in_as, text_of
from tests.people import KOLKATA_ATTENDEE, STRANGER
from tests.registration.cast import Scene, mails, make_scene

OPENING = datetime(2026, 6, 25, 9, 0, tzinfo=UTC)  # the keynote: 10:00 in London, 45 minutes
BREAD = OPENING + timedelta(hours=1)
SECRET = "https://vendor.example/j/8675309?pwd=h4rd-t0-guess"
DIAL_IN = "+44 20 7946 0000, then 8675309#"
CALL = {
    "code": "abcdefghjkmn",
    "name": "Anjali Menon",
    "email": "anjali@example.org",
    "trouble": "room",
    "text": "It says “Waiting for the host”.",
}


async def helped_scene() -> Scene:
    scene = await make_scene()
    await Room.update(
        {
            Room.vendor_url: SECRET,
            Room.getting_in: texts.encode({"en": "Works in **any browser**.", "fr": "Marche partout."}),
            Room.dial_in: texts.encode({"en": DIAL_IN}),
        }
    ).where(Room.conference == scene.conference.id)
    return scene


async def look(browser: Browser, path: str, at: datetime) -> httpx.Response:
    with clock.fixed_at(at):
        return await browser.get(path)


async def call(browser: Browser, scene: Scene, at: datetime = OPENING, **changed: str) -> httpx.Response:
    with clock.fixed_at(at):
        return await browser.post_form(f"/join/{scene.keynote.code}/help", {**CALL, **changed})


def body_of(mail: OutgoingMail) -> str:
    return render(
        mail.kind,
        json.loads(mail.payload),
        mail.language,
        mail.zone,
        name=mail.recipient_name,
        base_url="https://conf.example.org",
    ).text


async def test_every_face_of_the_link_leads_to_help(browser: Browser) -> None:
    scene = await helped_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    key = join_key(registration.code, 1)
    for at in (OPENING - timedelta(days=1), OPENING, OPENING + timedelta(days=1)):
        page = await look(browser, f"/join/{scene.keynote.code}", at)
        assert f'href="/join/{scene.keynote.code}/help"' in page.text, at
    personal = await look(browser, f"/join/{scene.keynote.code}?key={key}", OPENING - timedelta(hours=1))
    assert f'href="/join/{scene.keynote.code}/help?key={key}"' in personal.text


async def test_a_stranger_reads_what_to_check_and_nothing_that_opens_the_room(browser: Browser) -> None:
    scene = await helped_scene()
    browser.cookies.set("tz", "Asia/Kolkata")
    page = await look(browser, f"/join/{scene.keynote.code}/help", OPENING)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    text = text_of(page.text)
    assert "it is now 14:30" in text
    assert "The room is open now, until 15:30." in text
    assert "No: this browser does not know who you are." in text
    assert "10:00" in text  # in London
    assert "<strong>any browser</strong>" in page.text
    assert 'action="/libraries/me/link"' in page.text
    assert "7946" not in page.text
    assert "vendor.example" not in page.text + str(page.headers)


async def test_the_page_says_how_it_stands_for_this_person(browser: Browser) -> None:
    scene = await helped_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    key = join_key(registration.code, 1)
    before = text_of(
        (await look(browser, f"/join/{scene.keynote.code}/help?key={key}", OPENING - timedelta(hours=3))).text
    )
    assert "The room is not open yet: it opens in 2 hours, at 14:15." in before
    assert "Yes: this browser knows you as Anjali Menon ." in before
    assert "7946" not in before
    during = await look(browser, f"/join/{scene.keynote.code}/help?key={key}", OPENING)
    assert DIAL_IN in text_of(during.text)
    seatless = await look(browser, f"/join/{scene.bread_early.code}/help?key={key}", BREAD)
    assert "Do you have a seat?" in seatless.text
    assert "7946" not in seatless.text
    over = await look(browser, f"/join/{scene.keynote.code}/help", OPENING + timedelta(days=1))
    assert "This session is over." in text_of(over.text)
    dead = await look(browser, f"/join/{scene.keynote.code}/help?key={key}x", OPENING)
    assert "no longer holds" in dead.text


async def test_a_full_room_is_told_of(browser: Browser) -> None:
    scene = await helped_scene()
    await Room.update({Room.capacity: 1}).where(Room.id == scene.keynote.room)
    page = await look(browser, f"/join/{scene.keynote.code}/help", OPENING)
    assert "Is there room?" not in page.text
    await go_in((await scene.programme()).slot_by_code[scene.keynote.code][1], "somebody", 1, OPENING)
    page = await look(browser, f"/join/{scene.keynote.code}/help", OPENING)
    assert "Is there room?" in page.text


async def test_an_unknown_link_has_no_help_page(browser: Browser) -> None:
    await helped_scene()
    assert (await look(browser, "/join/nowhere2/help", OPENING)).status_code == 404


async def test_a_call_reaches_the_team_once_however_often_it_is_sent(browser: Browser) -> None:
    scene = await helped_scene()
    browser.cookies.set("tz", "Asia/Kolkata")
    for _press in range(2):
        sent = await call(browser, scene)
        assert sent.status_code == 303
    page = await look(browser, sent.headers["location"], OPENING)
    assert "The team has been told, and writes to anjali@example.org." in text_of(page.text)
    assert await DoorCall.count() == 1
    (mail,) = await mails("door-call")
    assert mail.recipient == "team@example.org"
    text = body_of(mail)
    assert "Anjali Menon asks for help at the door of “Opening”" in text
    assert "the meeting service asks for something, or does not start." in text
    assert "10:00–10:45" in text
    assert "https://conf.example.org/organise/libraries/door" in text


async def test_a_call_goes_to_the_address_named_for_it_or_to_those_in_charge(browser: Browser) -> None:
    scene = await helped_scene()
    await change_door_rules(
        scene.conference,
        DoorFacts(help_email="door@example.org"),
        revision=0,
        actor=scene.organiser,
        now=NOW,
    )
    await call(browser, scene)
    await change_door_rules(scene.conference, DoorFacts(), revision=1, actor=scene.organiser, now=NOW)
    await Conference.update({Conference.contact_email: ""}).where(Conference.id == scene.conference.id)
    await call(browser, scene, code="bcdefghjkmnp", email="other@example.org")
    assert [mail.recipient for mail in await mails("door-call")] == [
        "door@example.org",
        scene.organiser.email,
    ]


async def test_a_call_that_is_not_filled_in_comes_back_as_it_was(browser: Browser) -> None:
    scene = await helped_scene()
    for wrong in ({"email": "nobody"}, {"name": ""}, {"trouble": "volcano"}, {"text": "x" * 2001}):
        answer = await call(browser, scene, OPENING, **wrong)
        assert answer.status_code == 422, wrong
        assert 'id="errors"' in answer.text
    assert "Waiting for the host" in (await call(browser, scene, email="nobody")).text
    with clock.fixed_at(OPENING):
        assert (await browser.post(f"/join/{scene.keynote.code}/help", data=CALL)).status_code == 403
    assert await DoorCall.count() == 0


async def test_calls_are_throttled(browser: Browser) -> None:
    scene = await helped_scene()
    letters = "abcdefghjkmn"
    answers = [await call(browser, scene, code="bbbbbbbbbbb" + letter) for letter in letters]
    assert [answer.status_code for answer in answers] == [303] * 8 + [429] * 4
    assert "Too many tries" in answers[-1].text
    assert await DoorCall.count() == 8


async def test_hostile_words_stay_words(browser: Browser) -> None:
    scene = await helped_scene()
    await call(
        browser,
        scene,
        code="../../x<b>",
        name="Eve\r\nBcc: all@example.org <b>",
        text="<script>alert(1)</script>\n[click](https://evil.example/) https://evil.example/\n-- \nfoo",
    )
    (row,) = await DoorCall.objects()
    assert re.fullmatch(r"[a-z2-9]{12}", row.code)
    (mail,) = await mails("door-call")
    text = body_of(mail)
    assert "https://evil.example" not in text
    assert "\r" not in row.name
    await sign_in_as(browser, scene.organiser)
    page = await look(browser, "/organise/libraries/door", OPENING)
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text


async def test_the_team_answers_by_mail_or_settles_it_and_nobody_twice(browser: Browser) -> None:
    scene = await helped_scene()
    browser.cookies.set("tz", "Asia/Kolkata")
    await call(browser, scene)
    await call(browser, scene, code="bcdefghjkmnp", name="Hana")
    await sign_in_as(browser, scene.organiser)
    page = await look(browser, "/organise/libraries/door", OPENING)
    assert "Anjali Menon" in page.text
    assert 'http-equiv="refresh"' not in page.text  # it would take away what is being typed
    path = f"/organise/libraries/door/calls/{CALL['code']}"
    empty = await browser.post_form(path, {"do": "answer", "answer": " "})
    assert empty.status_code == 422
    for _press in range(2):
        done = await browser.post_form(path, {"do": "answer", "answer": "The host is there now."})
        assert done.status_code == 303
    other = await browser.post_form(path, {"do": "answer", "answer": "Try again."})
    assert "A colleague has settled this meanwhile." in (await browser.get(other.headers["location"])).text
    await browser.post_form("/organise/libraries/door/calls/bcdefghjkmnp", {"do": "settle"})
    assert await open_calls(scene.conference.id) == 0
    (mail,) = await mails("door-answer")
    assert (mail.recipient, mail.zone) == ("anjali@example.org", "Asia/Kolkata")
    text = body_of(mail)
    assert "The host is there now." in text
    assert "14:30–15:15" in text
    assert f"https://conf.example.org/join/{scene.keynote.code}" in text
    assert "You had written:" in text
    missing = await browser.post_form("/organise/libraries/door/calls/nothing8", {"do": "settle"})
    assert "There is no such call." in (await browser.get(missing.headers["location"])).text


async def test_who_may_only_look_cannot_answer(browser: Browser) -> None:
    scene = await helped_scene()
    await call(browser, scene)
    await sign_in_as(browser, await make_member(scene.conference, STRANGER, Role.VIEWER))
    page = await look(browser, "/organise/libraries/door", OPENING)
    assert "Anjali Menon" in page.text
    assert "Send the answer" not in page.text
    path = f"/organise/libraries/door/calls/{CALL['code']}"
    assert (await browser.post_form(path, {"do": "settle"})).status_code == 403


async def test_calls_are_forgotten_after_a_month(each_database: db.Database) -> None:
    scene = await helped_scene()
    await DoorCall(conference=scene.conference.id, code="a", email="a@example.org", asked_at=NOW).save()
    assert await forget_calls(NOW + KEPT_FOR - timedelta(seconds=1)) == 0
    assert await forget_calls(NOW + KEPT_FOR) == 1
    assert await DoorCall.count() == 0


async def test_a_signed_in_person_finds_their_name_in_the_form(browser: Browser) -> None:
    scene = await helped_scene()
    registration = await scene.register(KOLKATA_ATTENDEE)
    with clock.fixed_at(NOW + timedelta(days=3)):
        await browser.post_form(f"/libraries/me/{page_token(registration.code, 1)}")
    page = await look(browser, f"/join/{scene.keynote.code}/help", OPENING)
    assert 'value="Anjali Menon"' in page.text
