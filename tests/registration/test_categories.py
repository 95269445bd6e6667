"""Kinds of attendee: made at the desk, chosen on the form, full on their own."""

from __future__ import annotations

import pytest

from conference import db
from conference.errors import StaleEdit
from registration.asking.categories import (
    CategoryFacts,
    add_category,
    categories_of,
    change_category,
    move_category,
)
from registration.entries.registrations import CategoryGone
from registration.tables import AttendeeCategory, Registration
from tests.pages import Browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, make_scene

DESK = "/organise/libraries/registration"
FORM = "/libraries/register"
PERSON = {"name": "Anjali", "email": "anjali@example.org", "country": "IN", "zone": "Asia/Kolkata"}


async def add(scene: Scene, name: str, capacity: int | None = None) -> str:
    facts = CategoryFacts({"en": name}, {}, capacity)
    return await add_category(scene.conference, facts, actor=scene.organiser, now=REGISTERED)


async def test_a_category_offered_no_more_takes_nobody_and_keeps_who_is_in_it(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    await add(scene, "Students", 4)
    category = (await categories_of(scene.conference.id))[0]
    student = await scene.register(KOLKATA_ATTENDEE, category=category.id)
    facts = CategoryFacts(category.facts.name, {}, None, is_active=False)
    await change_category(
        scene.conference, category.code, facts, revision=1, actor=scene.organiser, now=REGISTERED
    )
    with pytest.raises(CategoryGone):
        await scene.register(AUCKLAND_ATTENDEE, category=category.id)
    assert student.category == category.id
    with pytest.raises(StaleEdit):
        await change_category(
            scene.conference, category.code, facts, revision=1, actor=scene.organiser, now=REGISTERED
        )


async def test_order(database: db.Database) -> None:
    scene = await make_scene()
    first, second = [await add(scene, name) for name in ("A", "B")]
    for code, by, order in [(second, -1, "BA"), (second, -1, "BA"), (first, 1, "BA"), (second, 1, "AB")]:
        await move_category(scene.conference, code, by, actor=scene.organiser, now=REGISTERED)
        assert "".join(one.facts.name["en"] for one in await categories_of(scene.conference.id)) == order


async def test_from_the_desk_to_the_form(database: db.Database, browser: Browser) -> None:
    scene = await make_scene()
    assert "You come as" not in (await browser.get(FORM)).text
    await sign_in_as(browser, scene.organiser)
    new = f"{DESK}/categories/new"
    assert (
        await browser.post_form(new, {"name_en": "", "capacity": "0", "access": "open"})
    ).status_code == 422
    assert (
        await browser.post_form(new, {"name_en": "Students", "capacity": "1", "access": "open"})
    ).status_code == 303
    assert (await browser.post_form(new, {"name_en": "Staff", "access": "open"})).status_code == 303
    students, staff = await categories_of(scene.conference.id)
    page = text_of((await browser.get(DESK)).text)
    assert "Students 0 of 1 Whoever may register Offered" in page

    missing = await browser.post_form(FORM, PERSON)
    assert missing.status_code == 422
    assert "You come as: Please choose one of the options." in text_of(missing.text)
    assert (await browser.post_form(FORM, {**PERSON, "category": students.code})).status_code == 303
    row = await Registration.objects().first()
    assert row is not None
    assert row.category == students.id
    other = {**PERSON, "email": "other@example.org", "category": students.code}
    form = text_of((await browser.get(FORM)).text)
    assert "Students The one place is taken. You can join the waiting list; nobody is on it yet." in form
    full = await browser.post_form(FORM, other)
    assert full.headers["location"] == "/libraries/register/sent?then=line"
    assert "one person is before you" in text_of((await browser.get(FORM)).text)

    edit = f"{DESK}/categories/{staff.code}"
    assert 'value="Staff"' in (await browser.get(edit)).text
    stale = {"name_en": "Team", "access": "open", "is_active": "yes", "revision": "7"}
    answer = await browser.post_form(edit, stale)
    assert answer.status_code == 409
    assert 'value="Team"' in answer.text
    assert (await browser.post_form(edit, {**stale, "revision": "1", "is_active": ""})).status_code == 303
    assert "Team" not in (await browser.get(FORM)).text
    assert (await browser.post_form(f"{edit}/move", {"to": "up"})).status_code == 303
    assert await AttendeeCategory.count() == 2
    assert (await browser.get(f"{DESK}/categories/nothing")).status_code == 404
