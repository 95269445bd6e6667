"""Who may register as what: open to all, by invitation, or approved, for each category and for the conference."""

from __future__ import annotations

import json
from itertools import product

import pytest

from conference import db
from conference.codes import derived_token
from conference.mail.words import render
from registration.entries import deciding
from registration.entries.invitations import Invitee, invite
from registration.entries.registrations import NotInvited, RegistrationClosed
from registration.entries.tables import Invitation
from registration.opening import Door, door
from registration.seating.tables import Seat, WaitlistEntry
from registration.tables import AttendeeCategory, Registration, RegistrationAccess, RegistrationStatus
from tests.pages import Browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE, Person
from tests.registration.cast import REGISTERED, Scene, mails, make_scene
from tests.registration.lines import category, come, confirm, rule, states

FORM = "/libraries/register"
DESK = "/organise/libraries/registration"
TYPED = {"name": "Anjali", "email": KOLKATA_ATTENDEE.email, "country": "IN", "zone": "Asia/Kolkata"}
OPEN, INVITATION, APPROVAL = (
    RegistrationAccess.OPEN,
    RegistrationAccess.INVITATION,
    RegistrationAccess.APPROVAL,
)


async def invited(scene: Scene, person: Person, kind: int | None = None) -> str:
    """The person invited; what their link ends in."""
    await invite(scene.conference, [Invitee(person.email)], kind, actor=scene.organiser, now=REGISTERED)
    row = await Invitation.objects().where(Invitation.email == person.email).first()
    assert row is not None
    return f"{row.code}.{derived_token('invitation', row.code, 1)}"


async def code_of(kind: int) -> str:
    row = await AttendeeCategory.objects().where(AttendeeCategory.id == kind).first()
    assert row is not None
    return str(row.code)


def test_what_either_of_the_two_asks_for_is_needed() -> None:
    for home, own in product((OPEN, INVITATION, APPROVAL), (None, OPEN, INVITATION, APPROVAL)):
        assert door(home, own) == Door(INVITATION in (home, own), APPROVAL in (home, own))


async def test_a_category_by_invitation_takes_whom_it_invited_and_nobody_else(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    speakers, staff = await category(scene, "Speakers", access=INVITATION), await category(scene, "Staff")
    for person, kind in ((KOLKATA_ATTENDEE, staff), (AUCKLAND_ATTENDEE, None)):
        await invited(scene, person, kind)
        with pytest.raises(NotInvited):
            await come(scene, person, kind=speakers)
    await invited(scene, KOLKATA_ATTENDEE, speakers)  # invited anew, as something else
    assert (await come(scene, KOLKATA_ATTENDEE, kind=speakers)).code
    assert (await come(scene, AUCKLAND_ATTENDEE, kind=staff)).code
    assert await Registration.count() == 2


async def test_the_conferences_own_door_stands_before_those_of_its_categories(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    await rule(scene, access=INVITATION)
    staff = await category(scene, "Staff")
    with pytest.raises(RegistrationClosed):
        await come(scene, KOLKATA_ATTENDEE, kind=staff)
    await invited(scene, KOLKATA_ATTENDEE)
    assert (await come(scene, KOLKATA_ATTENDEE, kind=staff)).code


async def test_only_those_in_the_category_wait_for_the_organisers_word(each_database: db.Database) -> None:
    scene = await make_scene(seats=1)
    guests, staff = await category(scene, "Guests", access=APPROVAL), await category(scene, "Staff")
    guest = await scene.confirmed(KOLKATA_ATTENDEE, scene.maps_slot, category=guests)
    colleague = await scene.confirmed(AUCKLAND_ATTENDEE, scene.bread_late, category=staff)
    assert (guest.status, colleague.status) == (RegistrationStatus.APPLIED, RegistrationStatus.CONFIRMED)
    assert [seat.registration for seat in await Seat.objects()] == [colleague.id]  # a wish holds no seat
    facts = json.loads((await mails("registration-confirm"))[0].payload)
    said = render(
        "registration-confirm", facts, "en", "Asia/Kolkata", base_url="https://conf.example.org"
    ).text
    assert "After that the organisers decide who takes part" in said
    assert "Maps" in said

    programme = await scene.programme()
    await deciding.approve(guest.id, scene.conference, programme, actor=scene.organiser, now=REGISTERED)

    assert {seat.registration for seat in await Seat.objects()} == {colleague.id, guest.id}


async def test_what_somebody_refused_wished_for_is_forgotten(each_database: db.Database) -> None:
    scene = await make_scene(seats=1)
    guests = await category(scene, "Guests", access=APPROVAL)
    guest = await scene.confirmed(KOLKATA_ATTENDEE, scene.maps_slot, category=guests)
    await deciding.refuse(
        guest.id, scene.conference, await scene.programme(), actor=scene.organiser, now=REGISTERED
    )
    assert [entry.state for entry in await WaitlistEntry.objects()] == ["left"]


async def test_who_is_invited_has_the_organisers_yes(each_database: db.Database) -> None:
    scene = await make_scene()
    await rule(scene, access=APPROVAL)
    guests, staff = await category(scene, "Guests", access=APPROVAL), await category(scene, "Staff")
    await invited(scene, KOLKATA_ATTENDEE, guests)
    invited_guest = await scene.confirmed(KOLKATA_ATTENDEE, scene.maps_slot, category=guests)
    assert invited_guest.status == RegistrationStatus.CONFIRMED
    assert await Seat.count() == 1
    await invited(scene, AUCKLAND_ATTENDEE, guests)
    not_as_that = await scene.confirmed(AUCKLAND_ATTENDEE, category=staff)
    assert not_as_that.status == RegistrationStatus.APPLIED


async def test_those_invited_wait_as_well_when_all_is_taken(each_database: db.Database) -> None:
    scene = await make_scene()
    await rule(scene, access=INVITATION, capacity=1)
    for person in (KOLKATA_ATTENDEE, AUCKLAND_ATTENDEE):
        await invited(scene, person)
        await scene.confirmed(person)
    assert await states() == ["waiting"]


async def test_rules_changed_between_registering_and_confirming_hold_as_they_are_then(
    each_database: db.Database,
) -> None:
    scene = await make_scene(seats=1)
    mine = await scene.register(KOLKATA_ATTENDEE, scene.maps_slot)
    await rule(scene, access=APPROVAL)
    assert (await confirm(scene, mine)).status == RegistrationStatus.APPLIED
    assert await Seat.count() == 0
    programme = await scene.programme()
    await deciding.approve(mine.id, scene.conference, programme, actor=scene.organiser, now=REGISTERED)
    assert [seat.registration for seat in await Seat.objects()] == [mine.id]


async def test_the_form_says_what_each_takes(database: db.Database, browser: Browser) -> None:
    scene = await make_scene()
    speakers = await category(scene, "Talkers", access=INVITATION)
    guests, staff = await category(scene, "Guests", access=APPROVAL), await category(scene, "Staff")
    form = await browser.get(FORM)
    said = text_of(form.text)
    assert "Talkers By invitation only." in said
    assert "Guests The organisers decide who comes as this." in said
    own = form.text.partition(f'value="{await code_of(speakers)}"')[2].partition(">")[0]
    assert "disabled" in own
    forged = await browser.post_form(FORM, {**TYPED, "category": await code_of(speakers)})
    assert forged.status_code == 422
    assert "Only those whom the organisers invited can come as this." in text_of(forged.text)
    asks = await browser.post_form(FORM, {**TYPED, "category": await code_of(guests)})
    assert asks.headers["location"] == f"{FORM}/sent?then=word"
    assert "After that the organisers decide" in text_of((await browser.get(f"{FORM}/sent?then=word")).text)
    mine = await Registration.objects().first()
    assert mine is not None
    assert mine.category == guests != staff


async def test_the_invitations_link_opens_its_own_category(database: db.Database, browser: Browser) -> None:
    scene = await make_scene()
    speakers = await category(scene, "Talkers", access=INVITATION)
    assert "By invitation only" in (await browser.get(FORM)).text  # there is nothing else to come as
    assert (await browser.post_form(FORM, TYPED)).status_code == 409
    await sign_in_as(browser, scene.organiser)
    code = await code_of(speakers)
    nothing = await browser.post_form(f"{DESK}/invitations", {"people": KOLKATA_ATTENDEE.email})
    assert nothing.status_code == 422  # an invitation to nothing would let nobody in
    sent = {"people": KOLKATA_ATTENDEE.email, "category": code}
    assert (await browser.post_form(f"{DESK}/invitations", sent)).status_code == 303
    assert "Talkers Invited" in text_of((await browser.get(f"{DESK}/invitations")).text)
    (mail,) = await mails("registration-invitation")
    said = render(
        "registration-invitation", json.loads(mail.payload), "en", "UTC", base_url="https://conf.example.org"
    ).text
    assert "You are invited as: Talkers." in said

    link = await invited(scene, KOLKATA_ATTENDEE, speakers)
    form = await browser.get(f"{FORM}?invitation={link}")
    chosen = form.text.partition(f'value="{code}"')[2].partition(">")[0]
    assert "checked" in chosen
    assert "disabled" not in chosen
    assert "readonly" in form.text
    typed = {**TYPED, "email": "someone.else@example.org", "category": code, "invitation": link}
    assert (await browser.post_form(FORM, typed)).status_code == 303
    mine = await Registration.objects().first()
    assert mine is not None
    assert (mine.email, mine.category) == (KOLKATA_ATTENDEE.email, speakers)


async def test_the_desk_sets_what_a_category_takes(database: db.Database, browser: Browser) -> None:
    scene = await make_scene()
    await sign_in_as(browser, scene.organiser)
    new = f"{DESK}/categories/new"
    wrong = await browser.post_form(new, {"name_en": "Talkers", "access": "friends"})
    assert wrong.status_code == 422
    assert (await browser.post_form(new, {"name_en": "Talkers", "access": "invitation"})).status_code == 303
    assert "Talkers 0 Only those you invite as this Offered" in text_of((await browser.get(DESK)).text)
    row = await AttendeeCategory.objects().first()
    assert row is not None
    assert row.access == INVITATION
    change = {"name_en": "Talkers", "access": "approval", "is_active": "yes", "revision": "1"}
    assert (await browser.post_form(f"{DESK}/categories/{row.code}", change)).status_code == 303
    assert "Whoever you approve" in text_of((await browser.get(DESK)).text)
