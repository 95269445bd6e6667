"""Who helps to run a conference: roles given by mail, changed and taken, and always an owner left."""

from __future__ import annotations

import asyncio
import json

import pytest

from conference import db, team
from conference.errors import NotFound
from conference.mail.words import render
from conference.tables import AuditEntry, Conference, Organiser, OutgoingMail, Role, TeamMember
from conference.team import Permission, may, role_of
from tests.makers import NOW, make_conference, make_member, make_organiser, organiser_row
from tests.pages import Browser, sign_in_as, text_of
from tests.people import BERLIN_ORGANISER, KOLKATA_ATTENDEE, NEW_YORK_SPEAKER, STRANGER

TEAM = "/organise/libraries/team"


def test_what_each_role_may_do() -> None:
    allowed = {role: {p.value for p in Permission if may(role, p)} for role in Role}
    assert allowed == {
        Role.OWNER: {"see", "programme", "registration", "manage"},
        Role.PROGRAMME: {"see", "programme"},
        Role.REGISTRATION: {"see", "registration"},
        Role.VIEWER: {"see"},
    }


async def test_a_colleague_is_given_a_role_by_mail_and_signs_in_with_it(browser: Browser) -> None:
    owner = await make_organiser()
    conference = await make_conference(owner=owner)
    await sign_in_as(browser, owner)
    form = {"email": " Ruth@Example.org ", "name": "Ruth Okafor", "role": "programme"}
    answer = await browser.post_form(TEAM, form)
    assert (answer.status_code, answer.headers["location"]) == (303, TEAM)
    page = text_of((await browser.get(TEAM)).text)
    assert "Ruth Okafor Ruth@example.org" in page
    assert "a mail with a sign-in link is on its way" in page
    row = await OutgoingMail.objects().first()
    assert row is not None
    assert (row.recipient, row.conference) == ("Ruth@example.org", conference.id)
    words = render(
        row.kind,
        json.loads(row.payload),
        "en",
        row.zone,
        name=row.recipient_name,
        base_url="http://conf.example.org",
    )
    assert "Petra Vogel" in words.text
    assert "Working Internationally" in words.subject
    link = next(part for part in words.text.split() if "/organise/sign-in/" in part)
    await browser.post_form("/organise/sign-out")
    signed = await browser.post_form(link.removeprefix("http://conf.example.org"))
    assert signed.status_code == 303
    desk = text_of((await browser.get("/organise/")).text)
    assert "You: Programme" in desk
    assert "New conference" not in desk
    entry = await AuditEntry.objects().where(AuditEntry.action == "role-given").first()
    assert entry is not None
    assert (entry.actor, entry.subject, json.loads(entry.after)) == (
        "Petra Vogel",
        "organiser:Ruth@example.org",
        {"role": "programme"},
    )


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"email": ""}, "email"),
        ({"email": "nowhere"}, "email"),
        ({"email": "a@example.org, b@example.org"}, "email"),
        ({"role": ""}, "role"),
        ({"role": "emperor"}, "role"),
        ({"name": "x" * 201}, "name"),
    ],
)
async def test_a_mistyped_form_comes_back_and_gives_nothing(
    browser: Browser, changes: dict[str, str], fault: str
) -> None:
    owner = await make_organiser()
    await make_conference(owner=owner)
    await sign_in_as(browser, owner)
    form = {"email": STRANGER.email, "name": "Kept name", "role": "viewer", **changes}
    answer = await browser.post_form(TEAM, form)
    assert answer.status_code == 422
    assert f'id="{fault}-error"' in answer.text
    assert form["email"] in answer.text
    assert await TeamMember.count() == 1
    assert await OutgoingMail.count() == 0


async def test_someone_already_in_the_team_gets_the_new_role_and_no_second_place(browser: Browser) -> None:
    owner = await make_organiser()
    conference = await make_conference(owner=owner)
    ruth = await make_member(conference, NEW_YORK_SPEAKER, Role.VIEWER)
    await sign_in_as(browser, owner)
    await browser.post_form(
        TEAM, {"email": NEW_YORK_SPEAKER.email.upper(), "name": "Other", "role": "registration"}
    )
    assert await role_of(conference.id, ruth.id) == Role.REGISTRATION
    assert await TeamMember.count() == 2
    kept = await organiser_row(NEW_YORK_SPEAKER)
    assert kept is not None
    assert kept.name == NEW_YORK_SPEAKER.name  # their account is theirs


async def test_a_role_is_changed_and_taken_on_the_page(browser: Browser) -> None:
    owner = await make_organiser()
    conference = await make_conference(owner=owner)
    ruth = await make_member(conference, NEW_YORK_SPEAKER, Role.VIEWER)
    await sign_in_as(browser, owner)
    await browser.post_form(f"{TEAM}/{ruth.id}/role", {"role": "owner"})
    assert await role_of(conference.id, ruth.id) == Role.OWNER
    await browser.post_form(f"{TEAM}/{ruth.id}/role", {"role": "nonsense"})
    assert "Please choose one of the options." in text_of((await browser.get(TEAM)).text)
    await browser.post_form(f"{TEAM}/{ruth.id}/remove")
    assert await role_of(conference.id, ruth.id) is None
    assert (await browser.post_form(f"{TEAM}/{ruth.id}/remove")).status_code == 404
    assert (await browser.post_form(f"{TEAM}/999999/role", {"role": "viewer"})).status_code == 404
    assert await Organiser.count() == 2  # the account stays


async def test_the_last_owner_can_neither_leave_nor_step_down(browser: Browser) -> None:
    owner = await make_organiser()
    conference = await make_conference(owner=owner)
    await make_member(conference, NEW_YORK_SPEAKER, Role.PROGRAMME)
    await sign_in_as(browser, owner)
    refused = "A conference needs an owner"
    await browser.post_form(f"{TEAM}/{owner.id}/remove")
    assert refused in text_of((await browser.get(TEAM)).text)
    await browser.post_form(f"{TEAM}/{owner.id}/role", {"role": "viewer"})
    assert refused in text_of((await browser.get(TEAM)).text)
    by_mail = await browser.post_form(TEAM, {"email": BERLIN_ORGANISER.email, "role": "viewer"})
    assert (by_mail.status_code, refused in by_mail.text) == (422, True)
    assert await role_of(conference.id, owner.id) == Role.OWNER
    assert await OutgoingMail.count() == 0


async def test_two_owners_who_leave_at_once_leave_one(each_database: db.Database) -> None:
    one = await make_organiser()
    conference = await make_conference(owner=one)
    two = await make_member(conference, NEW_YORK_SPEAKER, Role.OWNER)
    outcomes = await asyncio.gather(
        team.take_role(conference, one.id, actor=one, now=NOW),
        team.take_role(conference, two.id, actor=two, now=NOW),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LastOwner", "NoneType"]
    assert await TeamMember.count().where(TeamMember.role == Role.OWNER.value) == 1


async def test_one_person_added_twice_at_once_is_in_the_team_once(each_database: db.Database) -> None:
    owner = await make_organiser()
    conference = await make_conference(owner=owner)
    give = [
        team.give_role(conference, KOLKATA_ATTENDEE.email, "", role, actor=owner, now=NOW)
        for role in (Role.VIEWER, Role.PROGRAMME)
    ]
    await asyncio.gather(*give)
    assert await TeamMember.count() == 2
    assert await Organiser.count() == 2


async def test_two_conferences_that_want_one_address_get_it_once(each_database: db.Database) -> None:
    outcomes = await asyncio.gather(*(make_conference("libraries") for _ in range(3)), return_exceptions=True)
    assert sorted(type(o).__name__ for o in outcomes) == ["Conference", "SlugTaken", "SlugTaken"]
    assert await Conference.count() == 1


async def test_roles_in_one_conference_are_none_in_another(database: db.Database) -> None:
    owner = await make_organiser()
    await make_conference(owner=owner)
    other = await make_conference("other")
    assert await role_of(other.id, owner.id) is None
    with pytest.raises(NotFound):
        await team.change_role(other, owner.id, Role.OWNER, actor=owner, now=NOW)


async def test_a_conference_that_nobody_has_gets_an_owner(each_database: db.Database) -> None:
    conference = await make_conference()
    ruth = await team.add_organiser("ruth@example.org", "Ruth Okafor", may_create=False, now=NOW)
    for _time in range(2):
        await team.make_owner(conference.slug, ruth, actor="command line", now=NOW)
    assert [(member.email, member.role) for member in await team.team_of(conference.id)] == [
        ("ruth@example.org", Role.OWNER)
    ]
    entries = await AuditEntry.select(AuditEntry.actor, AuditEntry.action, AuditEntry.subject)
    told = {"actor": "command line", "action": "role-given", "subject": "organiser:ruth@example.org"}
    assert [entry for entry in entries if entry["action"] == "role-given"] == [told]


async def test_someone_in_the_team_already_is_made_owner_beside_the_others(database: db.Database) -> None:
    petra = await make_organiser()
    conference = await make_conference(owner=petra)
    await make_member(conference, KOLKATA_ATTENDEE, Role.VIEWER)
    anjali = await organiser_row(KOLKATA_ATTENDEE)
    assert anjali is not None
    await team.make_owner(conference.slug, anjali, actor="command line", now=NOW)
    assert {member.role for member in await team.team_of(conference.id)} == {Role.OWNER}
    with pytest.raises(NotFound):
        await team.make_owner("no-such", anjali, actor="command line", now=NOW)
