"""Kinds of attendee: made at the desk, chosen on the form, full on their own."""

from __future__ import annotations

import asyncio

import pytest

from conference import db
from conference.addresses import address_key
from conference.errors import StaleEdit
from registration.asking.categories import (
    CategoryFacts,
    add_category,
    categories_of,
    change_category,
    move_category,
)
from registration.entries.opening_rules import places_by_category
from registration.entries.registrations import CategoryFull, Details, Entry, register
from registration.tables import AttendeeCategory, Registration
from tests.pages import Browser, sign_in_as, text_of
from tests.registration.cast import REGISTERED, Scene, make_scene

DESK = "/organise/libraries/registration"
FORM = "/libraries/register"
PERSON = {"name": "Anjali", "email": "anjali@example.org", "country": "IN", "zone": "Asia/Kolkata"}


async def add(scene: Scene, name: str, capacity: int | None = None) -> str:
    facts = CategoryFacts({"en": name}, {}, capacity)
    return await add_category(scene.conference, facts, actor=scene.organiser, now=REGISTERED)


async def test_a_category_takes_as_many_as_it_has_places_for(each_database: db.Database) -> None:
    scene = await make_scene()
    await add(scene, "Students", 4)
    category = (await categories_of(scene.conference.id))[0]
    programme = await scene.programme()

    async def come(number: int) -> str | None:
        email = f"p{number}@example.org"
        details = Details(f"P{number}", "IN", "Asia/Kolkata", "en")
        entry = Entry(details, email, address_key(email), category=category.id)
        return await register(scene.conference, programme, entry, REGISTERED)

    outcomes = await asyncio.gather(*(come(number) for number in range(12)), return_exceptions=True)
    assert sum(isinstance(one, str) for one in outcomes) == 4
    assert sum(isinstance(one, CategoryFull) for one in outcomes) == 8
    assert await places_by_category(scene.conference.id, REGISTERED) == {category.id: 4}
    facts = CategoryFacts(category.facts.name, {}, None, is_active=False)
    await change_category(
        scene.conference, category.code, facts, revision=1, actor=scene.organiser, now=REGISTERED
    )
    with pytest.raises(CategoryFull):  # not offered any more
        await come(99)
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
    assert (await browser.post_form(new, {"name_en": "", "capacity": "0"})).status_code == 422
    assert (await browser.post_form(new, {"name_en": "Students", "capacity": "1"})).status_code == 303
    assert (await browser.post_form(new, {"name_en": "Staff"})).status_code == 303
    students, staff = await categories_of(scene.conference.id)
    page = text_of((await browser.get(DESK)).text)
    assert "Students 0 of 1 Offered" in page

    missing = await browser.post_form(FORM, PERSON)
    assert missing.status_code == 422
    assert "You come as: Please choose one of the options." in text_of(missing.text)
    assert (await browser.post_form(FORM, {**PERSON, "category": students.code})).status_code == 303
    row = await Registration.objects().first()
    assert row is not None
    assert row.category == students.id
    other = {**PERSON, "email": "other@example.org", "category": students.code}
    full = await browser.post_form(FORM, other)
    assert full.status_code == 422
    assert "All places of this kind are taken." in full.text
    assert "All places are taken." in (await browser.get(FORM)).text

    edit = f"{DESK}/categories/{staff.code}"
    assert 'value="Staff"' in (await browser.get(edit)).text
    stale = {"name_en": "Team", "is_active": "yes", "revision": "7"}
    answer = await browser.post_form(edit, stale)
    assert answer.status_code == 409
    assert 'value="Team"' in answer.text
    assert (await browser.post_form(edit, {**stale, "revision": "1", "is_active": ""})).status_code == 303
    assert "Team" not in (await browser.get(FORM)).text
    assert (await browser.post_form(f"{edit}/move", {"to": "up"})).status_code == 303
    assert await AttendeeCategory.count() == 2
    assert (await browser.get(f"{DESK}/categories/nothing")).status_code == 404
