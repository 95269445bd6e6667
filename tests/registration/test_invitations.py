"""Registration by invitation: lists that are read, links that open the form, refusals that say why."""

from __future__ import annotations

import pytest

from conference import db
from conference.codes import derived_token
from conference.tables import AuditEntry
from registration.entries.invitations import Invitee, invitation_by_link, invite, read_invitees
from registration.entries.opening_rules import change_rules
from registration.entries.registrations import RegistrationClosed
from registration.entries.tables import Invitation
from registration.opening import Rules
from registration.tables import Registration, RegistrationAccess
from tests.pages import Browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, mails, make_scene

DESK = "/organise/libraries/registration/invitations"
FORM = "/libraries/register"
PERSON = {"name": "Anjali", "email": "anjali@example.org", "country": "IN", "zone": "Asia/Kolkata"}


async def by_invitation(scene: Scene) -> None:
    rules = Rules(access=RegistrationAccess.INVITATION)
    await change_rules(scene.conference, rules, actor=scene.organiser, now=REGISTERED)


async def link_of(email: str) -> str:
    row = await Invitation.objects().where(Invitation.email == email).first()
    assert row is not None
    return f"{row.code}.{derived_token('invitation', row.code, 1)}"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("a@example.org", ""),
        ("Zoë O’Neil <a@example.org>", "Zoë O’Neil"),
        ('"Doe, Jane" <a@example.org>', "Doe, Jane"),
        ("Jane Doe, a@example.org", "Jane Doe"),
        ("Jane\ta@example.org", "Jane"),
    ],
)
def test_a_line_of_the_list(line: str, name: str) -> None:
    assert read_invitees(f"\n{line}\n\n") == ((Invitee("a@example.org", name),), ())


def test_lines_that_are_refused_are_named() -> None:
    people, refused = read_invitees("a@example.org\nnobody\nA@example.org\nb@c@example.org\n")
    assert [person.email for person in people] == ["a@example.org"]
    assert [words.split(":")[0] for words in refused] == ["Line 2", "Line 4"]
    many = "\n".join(f"p{number}@example.org" for number in range(201))
    assert read_invitees(many)[1] == ("Please invite at most 200 people at a time.",)


async def test_only_those_invited_register(each_database: db.Database) -> None:
    scene = await make_scene()
    await by_invitation(scene)
    people = [Invitee(KOLKATA_ATTENDEE.email, "Anjali")]
    for _time in range(2):
        await invite(scene.conference, people, actor=scene.organiser, now=REGISTERED)
    assert await Invitation.count() == len(await mails("registration-invitation")) == 1
    with pytest.raises(RegistrationClosed):
        await scene.register(AUCKLAND_ATTENDEE)
    await scene.register(KOLKATA_ATTENDEE)
    entries = await AuditEntry.objects().where(AuditEntry.action == "people-invited")
    assert all(KOLKATA_ATTENDEE.email not in entry.after for entry in entries)


async def test_guessed_links_are_none(database: db.Database) -> None:
    scene = await make_scene()
    await invite(scene.conference, [Invitee("a@example.org")], actor=scene.organiser, now=REGISTERED)
    link = await link_of("a@example.org")
    assert await invitation_by_link(scene.conference, link) is not None
    for guess in (link[:-1], link + "x", "", ".", "é.x", f"{link.partition('.')[0]}.", "a" * 500):
        assert await invitation_by_link(scene.conference, guess) is None


async def test_from_the_desk_to_the_form(database: db.Database, browser: Browser) -> None:
    scene = await make_scene()
    await by_invitation(scene)
    closed = await browser.get(FORM)
    assert "By invitation only" in closed.text
    assert (await browser.post_form(FORM, PERSON)).status_code == 409

    await sign_in_as(browser, scene.organiser)
    wrong = await browser.post_form(DESK, {"people": "a@example.org\nnobody"})
    assert wrong.status_code == 422
    assert "Line 2" in wrong.text
    assert await Invitation.count() == 0
    assert (await browser.post_form(DESK, {"people": " \n"})).status_code == 422
    assert (await browser.post_form(DESK, {"people": "Anjali <anjali@example.org>"})).status_code == 303
    assert "Anjali anjali@example.org Invited" in text_of((await browser.get(DESK)).text)

    link = await link_of("anjali@example.org")
    form = await browser.get(f"{FORM}?invitation={link}")
    assert 'value="anjali@example.org"' in form.text
    sent = {**PERSON, "email": "someone.else@example.org", "invitation": link, "name": ""}
    refused = await browser.post_form(FORM, sent)
    assert refused.status_code == 422
    assert f'name="invitation" value="{link}"' in refused.text
    assert (await browser.post_form(FORM, {**sent, "name": "Anjali"})).status_code == 303
    row = await Registration.objects().first()
    assert row is not None
    assert row.email == "anjali@example.org"  # whatever was typed: the invitation is for this address
    assert "Anjali anjali@example.org Registered" in text_of((await browser.get(DESK)).text)

    code = link.partition(".")[0]
    assert (await browser.post_form(f"{DESK}/{code}/remove")).status_code == 303
    assert (await browser.post_form(f"{DESK}/{code}/remove")).status_code == 404
    assert "By invitation only" in (await browser.get(f"{FORM}?invitation={link}")).text
