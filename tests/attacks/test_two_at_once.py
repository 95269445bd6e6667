"""Two people at once: one gets it, the other is told, and nothing is there twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import httpx
import pytest

from conference import clock, db
from conference.tables import Conference, OutgoingMail
from registration.entries.links import page_token
from registration.seating.tables import Seat
from registration.tables import Registration
from sessions.tables import Release, Track
from tests.attacks.world import read_page
from tests.pages import Browser, make_settings, open_browser, sign_in_as
from tests.registration.cast import REGISTERED, Scene, make_scene

AT_ONCE = 8
DESK = "/organise/libraries"
ONE_WINS = [303] + [409] * (AT_ONCE - 1)
SEATS = 3

Stage = tuple[Scene, Browser]


@pytest.fixture
async def stage(each_database: db.Database, tmp_path: Path) -> AsyncIterator[Stage]:
    """A published conference with workshops of three seats, and a browser at it."""
    scene = await make_scene(seats=SEATS)
    with clock.fixed_at(REGISTERED):
        async with open_browser(make_settings(tmp_path / "data")) as browser:
            yield scene, browser


@pytest.fixture
async def desk(stage: Stage) -> Stage:
    """The same with its organiser signed in."""
    scene, browser = stage
    await sign_in_as(browser, scene.organiser)
    return stage


async def shown(browser: Browser, address: str, action: str = "", **typed: str) -> dict[str, str]:
    """What the form at the address would send to ``action`` with these things typed."""
    forms = read_page(await browser.get(address), address).forms
    form = next(form for form in forms if form.action == (action or address))
    kept = {n: v for n, v in form.fields if n not in form.buttons and n != "_csrf_token"}
    return {**kept, **typed}


async def at_once(browser: Browser, address: str, forms: Sequence[Mapping[str, str] | None]) -> list[int]:
    """The forms sent at the same moment; the statuses, sorted."""
    await browser.csrf()
    answers: list[httpx.Response] = await asyncio.gather(
        *(browser.post_form(address, form) for form in forms)
    )
    return sorted(answer.status_code for answer in answers)


async def test_the_last_seats_and_forms_sent_twice(stage: Stage) -> None:
    scene, browser = stage
    field = f"seat_{scene.maps.code}"
    assert field in await shown(browser, "/libraries/register", **{field: scene.maps_slot.code})
    people = [
        {
            "name": f"Person {number}",
            "email": f"person{number}@example.org",
            "country": "IN",
            "zone": "Asia/Kolkata",
            "language": "en",
            field: scene.maps_slot.code,
        }
        for number in range(10)
    ]
    statuses = await at_once(browser, "/libraries/register", [*people, *people])
    # Who got in is answered so both times; a second registration, seat or mail it is not.
    assert statuses == [303] * 2 * SEATS + [422] * (20 - 2 * SEATS)
    assert await Registration.count() == SEATS
    assert await Seat.count() == SEATS
    recipients = [row["recipient"] for row in await OutgoingMail.select(OutgoingMail.recipient)]
    assert len(set(recipients)) == SEATS


async def test_a_confirmation_pressed_many_times_counts_once(stage: Stage) -> None:
    scene, browser = stage
    registration = await scene.register()
    address = f"/libraries/me/{page_token(registration.code, 1)}"
    before = await OutgoingMail.count()
    assert await at_once(browser, address, [None] * AT_ONCE) == [303] * AT_ONCE
    assert await OutgoingMail.count() == before + 1


async def test_a_release_is_published_once(desk: Stage) -> None:
    scene, browser = desk
    await scene.move(scene.bread_late, "16:00")
    address = f"{DESK}/releases"
    form = next(f for f in read_page(await browser.get(address), address).forms if f.action == address)
    values = {**dict(form.fields), "note": "Bread moves"}
    statuses = await at_once(browser, address, [values] * AT_ONCE)
    assert 303 in statuses
    assert max(statuses) < 500
    released = await Release.select(Release.number).order_by(Release.number)
    assert [row["number"] for row in released] == [1, 2]


async def test_the_same_slot_is_placed_by_one(desk: Stage) -> None:
    scene, browser = desk
    address = f"{DESK}/schedule/slots/{scene.maps_slot.code}"
    forms = [await shown(browser, address, time=f"{8 + number:02}:15") for number in range(AT_ONCE)]
    assert await at_once(browser, address, forms) == ONE_WINS


@pytest.mark.parametrize(
    ("what", "field"), [("settings", "name_en"), ("session", "title_en"), ("room", "name_en")]
)
async def test_the_same_form_is_saved_by_one(desk: Stage, what: str, field: str) -> None:
    scene, browser = desk
    address = {
        "settings": f"{DESK}/settings",
        "session": f"{DESK}/sessions/{scene.maps.code}",
        "room": f"{DESK}/rooms/{scene.room.code}",
    }[what]
    forms = [await shown(browser, address, **{field: f"Name {number}"}) for number in range(AT_ONCE)]
    assert all(field in form for form in forms)
    assert await at_once(browser, address, forms) == ONE_WINS


async def test_an_address_belongs_to_one_conference(desk: Stage) -> None:
    _scene, browser = desk
    typed = {
        "name_en": "Twice",
        "slug": "twice",
        "starts_on": "2027-01-01",
        "ends_on": "2027-01-02",
        "zone": "Asia/Kathmandu",
        "contact_email": "a@example.org",
        "organiser_name": "Twice",
        "languages": "en",
    }
    form = await shown(browser, "/organise/new", **typed)
    statuses = await at_once(browser, "/organise/new", [form] * AT_ONCE)
    assert statuses[0] == 303
    assert 303 not in statuses[1:]
    assert await Conference.count().where(Conference.slug == "twice") == 1


async def test_deleting_what_another_edits(desk: Stage) -> None:
    _scene, browser = desk
    new = f"{DESK}/tracks/new"
    await browser.post_form(new, await shown(browser, new, name_en="Good practice"))
    row = await Track.select(Track.code).first()
    assert row is not None
    address = f"{DESK}/tracks/{row['code']}"
    form = await shown(browser, address, name_en="Better practice")
    edits, deletions = await asyncio.gather(
        at_once(browser, address, [form] * 2), at_once(browser, f"{address}/delete", [None] * 2)
    )
    assert set(edits + deletions) <= {303, 404, 409}
