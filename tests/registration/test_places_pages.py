"""A full conference as people see it: the form, the line, the offer in one press, the team's pages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from conference import clock, db
from conference.db import count_queries
from registration.entries import withdrawing
from registration.entries.links import page_token
from registration.entries.tables import AttendeeSignIn
from registration.groups import GroupRules, change_group_rules, group_rules
from registration.places.passing_on import pass_on_places
from registration.tables import Registration, RegistrationAccess, RegistrationStatus
from tests.pages import Browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, mails, make_scene, the_registration
from tests.registration.lines import category, in_state, line, person, rule, states

FORM = "/libraries/register"
ME = "/libraries/me"
DESK = "/organise/libraries/registrations"
TYPED = {"name": "Anjali", "email": KOLKATA_ATTENDEE.email, "country": "IN", "zone": "Asia/Kolkata"}


@pytest.fixture
async def scene(database: db.Database) -> Scene:
    """A conference for one, with somebody in it."""
    made = await make_scene()
    await rule(made, capacity=1)
    await made.confirmed(AUCKLAND_ATTENDEE)
    return made


async def holder() -> Registration:
    found = await Registration.objects().where(Registration.email == AUCKLAND_ATTENDEE.email).first()
    assert found is not None
    return found


async def make_room(scene: Scene) -> None:
    """The one who has the place withdraws."""
    await withdrawing.withdraw((await holder()).id, scene.conference, await scene.programme(), REGISTERED)


def link(registration: Registration) -> str:
    return f"{ME}/{page_token(registration.code, registration.link_generation)}"


async def page(browser: Browser, address: str) -> str:
    answer = await browser.get(address)
    assert answer.status_code == 200
    return text_of(answer.text)


async def test_from_the_form_to_the_end_of_the_line(scene: Scene, browser: Browser) -> None:
    form = await page(browser, FORM)
    assert "The one place is taken. You can join the waiting list; nobody is on it yet." in form
    assert "No seat is held while you wait." in form

    sent = await browser.post_form(FORM, {**TYPED, f"seat_{scene.maps.code}": scene.maps_slot.code})
    assert sent.headers["location"] == f"{FORM}/sent?then=line"
    assert "All places were taken when your form reached us." in await page(browser, sent.headers["location"])
    (mine,) = await in_state(RegistrationStatus.PENDING)
    assert "one press and you are on the waiting list" in await page(browser, link(mine))
    assert await states() == ["waiting"]
    assert (await the_registration(mine.code)).status == RegistrationStatus.PENDING  # a look confirms nothing

    assert (await browser.post_form(link(mine))).headers["location"] == ME
    me = await page(browser, ME)
    assert "You are on the waiting list" in me
    assert "You are first in line" in me
    assert "Maps" in me
    assert "Take the place" not in me
    assert "one person is before you" in await page(browser, FORM)


async def test_who_waits_changes_their_details_and_reaches_nothing_else(
    scene: Scene, browser: Browser
) -> None:
    mine = await scene.register(KOLKATA_ATTENDEE)
    await browser.post_form(link(mine))
    details = await browser.get(f"{ME}/details")
    assert 'value="Anjali Menon"' in details.text
    typed = {**TYPED, "name": "Anjali M.", "language": "en", "revision": "1"}
    assert (await browser.post_form(f"{ME}/details", typed)).status_code == 303
    assert (await the_registration(mine.code)).name == "Anjali M."
    for path in ("seats", "agenda", "line", "withdraw"):
        answer = await browser.post_form(f"{ME}/{path}", {"slot": scene.maps_slot.code, "take": "yes"})
        assert answer.headers["location"] == ME  # asked to open the link again: it is not theirs yet
    assert (await the_registration(mine.code)).status == RegistrationStatus.WAITING


async def test_the_offer_is_taken_with_one_press_of_the_link(scene: Scene, browser: Browser) -> None:
    mine = await scene.confirmed(KOLKATA_ATTENDEE, scene.maps_slot)
    await make_room(scene)
    offered = await page(browser, link(mine))
    assert "A place is free for you" in offered
    assert "Kept for you until Tuesday 5 May 2026, 14:30 (Kolkata, IST, UTC+5:30)" in offered
    assert "Conference time: Tuesday 5 May 2026, 10:00 (London, BST, UTC+1)" in offered
    assert (await the_registration(mine.code)).status == RegistrationStatus.WAITING  # nobody pressed yet

    for _time in range(2):
        taken = await browser.post_form(f"{link(mine)}/place", {"step": "accept"})
        assert taken.headers["location"] == ME
    me = await page(browser, ME)
    assert "The place is yours." in me
    assert "You have a seat" in me
    assert (await the_registration(mine.code)).status == RegistrationStatus.CONFIRMED
    assert len(await mails("registration-confirmed")) == 2


async def test_the_offer_is_taken_on_the_own_page(scene: Scene, browser: Browser) -> None:
    mine = await scene.register(KOLKATA_ATTENDEE)
    await browser.post_form(link(mine))
    await make_room(scene)
    assert "Take the place" in await page(browser, ME)
    for _time in range(2):  # pressed twice
        assert (await browser.post_form(f"{ME}/place", {"step": "accept"})).headers["location"] == ME
    assert "Hello Anjali Menon" in await page(browser, ME)
    assert (await the_registration(mine.code)).status == RegistrationStatus.CONFIRMED
    assert (await browser.post_form(f"{ME}/place", {"step": "jump"})).status_code == 404


async def test_an_offer_that_lapsed_leaves_a_way_back(scene: Scene, browser: Browser) -> None:
    mine = await scene.register(KOLKATA_ATTENDEE)
    await browser.post_form(link(mine))
    await make_room(scene)
    late = REGISTERED + timedelta(days=3)
    with clock.fixed_at(late):
        assert "You are not on the waiting list any more" in await page(browser, ME)  # before the job saw it
        await pass_on_places(late)
        answer = await browser.post_form(f"{ME}/place", {"step": "accept"})
        assert answer.headers["location"] == ME
        lapsed = await page(browser, ME)
        assert "This offer is over" in lapsed
        assert "Wait for a place again" in lapsed
        await browser.post_form(f"{ME}/place", {"step": "again"})
        assert "A place was free: it is yours. Welcome!" in await page(browser, ME)
    assert (await the_registration(mine.code)).status == RegistrationStatus.CONFIRMED


async def test_leaving_the_line(scene: Scene, browser: Browser) -> None:
    mine = await scene.register(KOLKATA_ATTENDEE)
    await browser.post_form(link(mine))
    left = await browser.post_form(f"{ME}/place", {"step": "leave"})
    assert left.headers["location"] == f"{ME}/withdrawn?line=left"
    assert "You have left the waiting list" in await page(browser, left.headers["location"])
    assert await AttendeeSignIn.count().where(AttendeeSignIn.registration == mine.id) == 0
    gone = await browser.post_form(f"{link(mine)}/place", {"step": "accept"})
    assert gone.status_code == 410
    assert await states() == ["left"]


async def test_guessed_links_take_no_place(scene: Scene, browser: Browser) -> None:
    mine = await scene.confirmed(KOLKATA_ATTENDEE)
    await make_room(scene)
    for guess in ("nothing", link(mine).removeprefix(f"{ME}/")[:-1], "%00", "é" * 40):
        answer = await browser.post_form(f"{ME}/{guess}/place", {"step": "accept"})
        assert answer.status_code == 404
    assert (await browser.post(f"{link(mine)}/place", data={"step": "accept"})).status_code == 403  # no token
    assert (await browser.post_form(f"{ME}/place", {"step": "accept"})).headers["location"] == ME
    assert await states() == ["offered"]


async def test_the_team_sees_the_line_gives_places_and_puts_people_first(
    scene: Scene, browser: Browser
) -> None:
    first, second = [await scene.confirmed(person(number)) for number in range(2)]
    unconfirmed = await scene.register(person(2))
    await sign_in_as(browser, scene.organiser)
    listed = await page(browser, f"{DESK}/waiting")
    assert listed.index("Person 0") < listed.index("Person 1") < listed.index("Person 2")
    assert "1 of 1 places are taken or offered." in listed
    assert "Full: people join the waiting list" in await page(browser, "/organise/libraries/registration")
    for filters, expected in [
        ("status=waiting", 2),
        ("waits=conference", 3),
        ("waits=any", 3),
        ("status=confirmed", 1),
    ]:
        assert (await page(browser, f"{DESK}?{filters}")).count("Person ") + (
            "Wiremu" in await page(browser, f"{DESK}?{filters}")
        ) == expected

    one = await page(browser, f"{DESK}/{second.code}")
    assert "Place 2 in line" in one
    assert (await browser.post_form(f"{DESK}/{second.code}/place", {"do": "first"})).status_code == 303
    assert "Place 1 in line" in await page(browser, f"{DESK}/{second.code}")
    assert [registration for registration, _state in await line()] == [first.id, second.id, unconfirmed.id]

    assert (await browser.post_form(f"{DESK}/{first.code}/place", {"do": "admit"})).status_code == 303
    assert "They have a place at the conference" in await page(browser, f"{DESK}/{first.code}")
    assert (await the_registration(first.code)).status == RegistrationStatus.CONFIRMED
    assert "2 of 1 places are taken or offered." in await page(browser, f"{DESK}/waiting")
    for address in (f"{DESK}/{first.code}", f"{DESK}/{unconfirmed.code}"):
        answer = await browser.post_form(f"{address}/place", {"do": "first", "slot": "nothing"})
        assert answer.status_code == 303
    assert (await browser.post_form(f"{DESK}/{unconfirmed.code}/place", {"do": "admit"})).status_code == 404


async def test_approving_while_all_is_taken(scene: Scene, browser: Browser) -> None:
    await rule(scene, access=RegistrationAccess.APPROVAL, capacity=1)
    form = await page(browser, FORM)
    assert "The organisers decide first who is to take part." in form
    mine = await scene.confirmed(KOLKATA_ATTENDEE)
    assert mine.status == RegistrationStatus.APPLIED
    await sign_in_as(browser, scene.organiser)
    one = f"{DESK}/{mine.code}"
    assert "approved, they stand on the waiting list" in await page(browser, one)
    await browser.post_form(f"{one}/decide", {"do": "approve"})
    assert "Approved. All places are taken: they are on the waiting list" in await page(browser, one)
    (told,) = await mails("waitlist-joined")
    assert told.recipient == KOLKATA_ATTENDEE.email


async def test_of_a_library_that_comes_too_late_some_get_in_and_the_rest_wait(
    database: db.Database, browser: Browser
) -> None:
    scene = await make_scene()
    await rule(scene, capacity=3)
    rules = await group_rules(scene.conference.id)
    await change_group_rules(
        scene.conference, GroupRules(True, 10, rules.revision), actor=scene.organiser, now=REGISTERED
    )
    contact = await scene.confirmed(KOLKATA_ATTENDEE)
    await browser.post_form(link(contact))
    assert "2 places are left." in await page(browser, f"{ME}/colleagues")
    rows = {f"name_{n}": f"Colleague {n}" for n in range(1, 5)} | {
        f"email_{n}": f"c{n}@example.org" for n in range(1, 5)
    }

    assert (await browser.post_form(f"{ME}/colleagues", rows)).status_code == 303

    told = await page(browser, f"{ME}/colleagues")
    assert "2 of them are on the waiting list, since all places are taken." in told
    assert told.count("Has still to confirm Waiting list") == 2
    assert [mail.recipient for mail in await mails("waitlist-confirm")] == [
        "c3@example.org",
        "c4@example.org",
    ]
    for mine in await in_state(RegistrationStatus.PENDING):
        await browser.post_form(link(mine))
    assert [one.name for one in await in_state(RegistrationStatus.WAITING)] == ["Colleague 3", "Colleague 4"]


async def test_colleagues_come_as_what_anybody_can(database: db.Database, browser: Browser) -> None:
    scene = await make_scene()
    staff = await category(scene, "Staff")
    guests = await category(scene, "Guests", access=RegistrationAccess.INVITATION)
    rules = await group_rules(scene.conference.id)
    await change_group_rules(
        scene.conference, GroupRules(True, 10, rules.revision), actor=scene.organiser, now=REGISTERED
    )
    contact = await scene.confirmed(KOLKATA_ATTENDEE, category=staff)
    await browser.post_form(link(contact))
    form = await browser.get(f"{ME}/colleagues")
    assert "Staff" in form.text
    assert "Guests" not in form.text
    rows = {"name_1": "Meera", "email_1": "meera@example.org"}
    assert (await browser.post_form(f"{ME}/colleagues", rows)).status_code == 422
    code = form.text.partition('name="category_1"')[2].partition('value="')[2].partition('"')[0]
    assert (await browser.post_form(f"{ME}/colleagues", {**rows, "category_1": code})).status_code == 303
    meera = await Registration.objects().where(Registration.email == "meera@example.org").first()
    assert meera is not None
    assert meera.category == staff != guests


async def test_the_waiting_page_asks_as_little_with_many_in_line(scene: Scene, browser: Browser) -> None:
    mine = await scene.register(KOLKATA_ATTENDEE)
    await browser.post_form(link(mine))
    await page(browser, ME)
    with count_queries() as few:
        await page(browser, ME)
    await sign_in_as(browser, scene.organiser)
    await page(browser, f"{DESK}/waiting")
    with count_queries() as few_at_the_desk:
        await page(browser, f"{DESK}/waiting")
    for number in range(5):
        await scene.confirmed(person(number))
    with count_queries() as many_at_the_desk:
        await page(browser, f"{DESK}/waiting")
    with count_queries() as many:
        await page(browser, ME)
    assert many_at_the_desk.total == few_at_the_desk.total
    assert many.total <= few.total + 3  # the organiser's own sign-in is looked up as well


async def test_once_it_is_over_the_page_says_so(scene: Scene, browser: Browser) -> None:
    mine = await scene.register(KOLKATA_ATTENDEE)
    await browser.post_form(link(mine))
    with clock.fixed_at(REGISTERED + timedelta(days=60)):
        over = await page(browser, link(mine))
    assert "The conference is over The conference took place on Thursday 25 June 2026." in over
    assert "Take the place" not in over
