"""What organisers change for a person: details and address, the team's yes or no, seats and places in line."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from conference import db
from conference.addresses import address_key
from conference.tables import AuditEntry, OutgoingMail
from registration.asking.categories import CategoryFacts, add_category, categories_of
from registration.desk.editing import CategoryFull, Edited, edit
from registration.entries.registrations import Details
from registration.seating.tables import Seat, WaitlistEntry
from registration.tables import Attendee, Registration, RegistrationStatus
from tests.pages import Browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, as_sent, mails, make_scene, the_registration

DESK = "/organise/libraries/registrations"


@pytest.fixture
async def scene(database: db.Database) -> Scene:
    return await make_scene(seats=1)


def form_of(registration: Registration, **changed: str) -> dict[str, str]:
    names = ("name", "email", "country", "zone", "language", "organisation")
    kept: dict[str, Any] = {name: getattr(registration, name) for name in names}
    return {**kept, "note": "", "revision": str(registration.revision), **changed}


async def actions() -> list[str]:
    return [entry.action for entry in await AuditEntry.objects().order_by(AuditEntry.id)]


async def test_details_are_changed_with_a_note_and_recorded_without_private_words(
    scene: Scene, browser: Browser
) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    await sign_in_as(browser, scene.organiser)
    path = f"{DESK}/{registration.code}/edit"
    assert KOLKATA_ATTENDEE.email in (await browser.get(path)).text
    form = form_of(registration, name="Anjali Nair", note="Needs captions.")
    assert (await browser.post_form(path, form)).status_code == 303
    kept = await the_registration(registration.code)
    assert (kept.name, kept.organiser_note, kept.revision) == ("Anjali Nair", "Needs captions.", 2)
    assert "Needs captions." in (await browser.get(f"{DESK}/{registration.code}")).text
    entry = await AuditEntry.objects().where(AuditEntry.action == "registration-edited").first()
    assert entry is not None
    assert (entry.actor, entry.after) == (
        scene.organiser.label,
        '{"changed": ["name", "organiser_note"]}',
    )

    stale = await browser.post_form(path, form_of(registration, name="Anjali Old"))
    assert stale.status_code == 409
    assert "Anjali Nair" in stale.text
    assert 'value="Anjali Old"' in stale.text
    assert 'name="revision" value="2"' in stale.text
    bad = await browser.post_form(path, form_of(kept, email="nobody", country="XX"))
    assert bad.status_code == 422
    assert bad.text.count('class="error"') == 2


async def test_a_mended_address_gets_new_links_and_the_old_ones_die(scene: Scene, browser: Browser) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    other = await scene.confirmed(AUCKLAND_ATTENDEE)
    await sign_in_as(browser, scene.organiser)
    path = f"{DESK}/{registration.code}/edit"
    await browser.post_form(f"{DESK}/{registration.code}/link")  # the old address has just had a mail
    taken = await browser.post_form(path, form_of(registration, email=other.email.upper()))
    assert taken.status_code == 422
    assert "Somebody else is registered with this address." in taken.text

    assert (await browser.post_form(path, form_of(registration, email="new@example.org"))).status_code == 303
    kept = await the_registration(registration.code)
    assert (kept.email, kept.status) == ("new@example.org", RegistrationStatus.CONFIRMED)
    assert kept.link_hash != registration.link_hash
    assert kept.feed_hash != registration.feed_hash
    assert await Seat.count() == 1
    assert [mail.recipient for mail in await mails("registration-link")] == [
        KOLKATA_ATTENDEE.email,
        "new@example.org",
    ]
    attendee = await Attendee.objects().where(Attendee.id == kept.attendee).first()
    assert attendee is not None
    assert attendee.email_key == "new@example.org"
    sent = [
        (mail.kind, mail.recipient, json.loads(mail.payload)["invite"]["sequence"], mail.calendar_method)
        for mail in await mails()
        if mail.calendar_method
    ]
    assert sent == [
        ("invite", KOLKATA_ATTENDEE.email, 0, "REQUEST"),
        ("invite-cancelled", KOLKATA_ATTENDEE.email, 1, "CANCEL"),
        ("invite", "new@example.org", 2, "REQUEST"),
    ]
    message = as_sent((await mails("invite-cancelled"))[0])
    assert "No longer for this address" in str(message["Subject"])
    body = message.get_body(("plain",))
    said = " ".join(body.get_content().split()) if body else ""
    assert "has given your registration another address" in said
    assert "new@example.org" not in said
    assert "/me/" not in said


async def test_the_team_gives_moves_and_takes_seats_and_places_in_line(
    scene: Scene, browser: Browser
) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    other = await scene.confirmed(AUCKLAND_ATTENDEE)
    await sign_in_as(browser, scene.organiser)
    seats, others = f"{DESK}/{registration.code}/seats", f"{DESK}/{other.code}/seats"

    await browser.post_form(others, {"slot": scene.bread_early.code})  # full: they wait
    assert await WaitlistEntry.count().where(WaitlistEntry.registration == other.id) == 1
    assert "Place 1 in line" in (await browser.get(f"{DESK}/{other.code}")).text
    await browser.post_form(seats, {"slot": scene.bread_late.code})  # moves to the other time
    held = await Seat.select(Seat.slot).where(Seat.registration == registration.id)
    assert [row["slot"] for row in held] == [scene.bread_late.id]
    assert len(await mails("waitlist-offer")) == 1
    await browser.post_form(seats, {"slot": scene.bread_late.code, "do": "leave"})
    assert await Seat.count() == 0
    await browser.post_form(others, {"slot": scene.bread_early.code, "do": "leave"})
    assert "Place" not in text_of((await browser.get(f"{DESK}/{other.code}")).text)
    assert (await browser.post_form(seats, {"slot": "nothing"})).status_code == 303
    assert [action for action in await actions() if "seated" in action or "line" in action] == [
        "registration-put-in-line",
        "registration-seated",
        "registration-unseated",
        "registration-unseated",
    ]


@pytest.mark.parametrize(
    ("do", "status", "mail"),
    [
        ("approve", RegistrationStatus.CONFIRMED, "registration-confirmed"),
        ("refuse", RegistrationStatus.REFUSED, "registration-refused"),
    ],
)
async def test_the_teams_word_is_given_once(
    scene: Scene, browser: Browser, do: str, status: RegistrationStatus, mail: str
) -> None:
    registration = await scene.register(KOLKATA_ATTENDEE)
    await Registration.update({Registration.status: RegistrationStatus.APPLIED}).where(
        Registration.id == registration.id
    )
    await sign_in_as(browser, scene.organiser)
    assert "To be decided" in (await browser.get(DESK)).text
    for _time in range(2):
        answer = await browser.post_form(f"{DESK}/{registration.code}/decide", {"do": do})
        assert answer.status_code == 303
    assert (await the_registration(registration.code)).status == status
    assert await OutgoingMail.count().where(OutgoingMail.kind == mail) == 1


async def test_a_full_category_takes_one_more_only_where_the_team_says_so(
    scene: Scene, browser: Browser
) -> None:
    for name, capacity in (("Students", 1), ("Staff", None)):
        facts = CategoryFacts({"en": name}, {}, capacity)
        await add_category(scene.conference, facts, actor=scene.organiser, now=REGISTERED)
    students, staff = await categories_of(scene.conference.id)
    await scene.confirmed(AUCKLAND_ATTENDEE, category=students.id)
    registration = await scene.confirmed(KOLKATA_ATTENDEE, category=staff.id)
    await sign_in_as(browser, scene.organiser)
    path = f"{DESK}/{registration.code}/edit"
    form = form_of(registration, category=students.code, name="Anjali Nair")
    assert "all the same" not in (await browser.get(path)).text

    full = await browser.post_form(path, form)
    assert full.status_code == 422
    assert "All places in this category are taken, or kept for those who wait for one." in full.text
    assert 'value="Anjali Nair"' in full.text
    assert 'name="beyond_limit"' in full.text
    assert (await the_registration(registration.code)).category == staff.id

    assert (await browser.post_form(path, {**form, "beyond_limit": "yes"})).status_code == 303
    kept = await the_registration(registration.code)
    assert (kept.category, kept.name) == (students.id, "Anjali Nair")
    entry = await AuditEntry.objects().where(AuditEntry.action == "registration-edited").first()
    assert entry is not None
    assert json.loads(entry.after) == {"changed": ["category", "name"], "beyond_limit": True}
    # Who is in it already is asked nothing, however full it is.
    again = form_of(kept, category=students.code, name="Anjali")
    assert (await browser.post_form(path, again)).status_code == 303


async def test_two_moved_at_once_into_the_last_place_of_a_category(each_database: db.Database) -> None:
    scene = await make_scene()
    for name, capacity in (("Students", 1), ("Staff", None)):
        facts = CategoryFacts({"en": name}, {}, capacity)
        await add_category(scene.conference, facts, actor=scene.organiser, now=REGISTERED)
    students, staff = await categories_of(scene.conference.id)
    people = [
        await scene.confirmed(KOLKATA_ATTENDEE, category=staff.id),
        await scene.register(AUCKLAND_ATTENDEE, category=staff.id),  # its place is held for an hour
    ]

    async def move(one: Registration) -> bool:
        details = Details(one.name, one.country, one.zone, one.language)
        edited = Edited(details, one.email, address_key(one.email), students.id, "")
        return await edit(
            one.id, scene.conference, None, edited, revision=1, actor=scene.organiser, now=REGISTERED
        )

    outcomes = await asyncio.gather(*(move(one) for one in people), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if outcome is not False] == [CategoryFull]
    assert await Registration.count().where(Registration.category == students.id) == 1


async def test_the_team_sees_and_sets_a_persons_reminders(scene: Scene, browser: Browser) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    await sign_in_as(browser, scene.organiser)
    here = f"{DESK}/{registration.code}"

    async def shown() -> list[str]:
        boxes = re.findall(
            r'id="remind-([a-z]+)" name="[a-z]+" value="yes"( checked)?', (await browser.get(here)).text
        )
        return [name for name, checked in boxes if checked]

    assert await shown() == ["day", "digest", "hour"]
    saved = await browser.post_form(
        f"{here}/reminders", {"minutes": "yes", "digest": "yes", "nonsense": "yes"}
    )
    assert saved.headers["location"] == f"{here}#reminders"
    assert await shown() == ["digest", "minutes"]
    entry = await AuditEntry.objects().where(AuditEntry.action == "reminders-set").first()
    assert entry is not None
    assert (entry.actor, json.loads(entry.after)) == (
        scene.organiser.label,
        {"reminders": ["minutes", "digest"]},
    )
    assert (await browser.post_form(f"{DESK}/nobody/reminders", {})).status_code == 404
