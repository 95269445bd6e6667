"""The copy of one's own data: every table, in words and as a file, and nobody else's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conference.db import Database, count_queries
from conference.personal_data import Whose
from conference.tables import AuditEntry, OutgoingMail
from registration.entries.links import page_token
from registration.rights.copying import as_document, copy_of
from registration.rights.everything import HELD
from registration.rights.person import find_person, person_of
from registration.tables import Registration
from sessions.tables import Speaker
from tests.makers import make_conference, make_speaker
from tests.pages import Browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, make_scene
from tests.registration.rights.crowded import KEY, MESSAGE, ORGANISATION, SARASWATI, crowded


async def document_of(scene: Scene, registration: Registration) -> dict[str, Any]:
    """The file, as a program reads it."""
    person = await person_of(registration)
    document = as_document(await copy_of(person, scene.conference), scene.conference, person, REGISTERED)
    read: dict[str, Any] = json.loads(json.dumps(document))
    return read


async def sign_in(browser: Browser, registration: Registration) -> None:
    token = page_token(registration.code, registration.link_generation)
    assert (await browser.post_form(f"/libraries/me/{token}")).status_code == 303


async def test_every_table_that_knows_an_attendee_is_in_the_copy(each_database: Database) -> None:
    scene = await make_scene()
    document = await document_of(scene, await crowded(scene))
    missing = [held.name for held in HELD if held.whose is Whose.ATTENDEE and not document["data"][held.name]]
    assert missing == []


async def test_the_file_says_what_was_given_in_names_that_stay(each_database: Database) -> None:
    scene = await make_scene()
    registration = await crowded(scene)
    document = await document_of(scene, registration)
    assert (document["format"], document["version"]) == ("meridian-personal-data", 1)
    assert document["made_at"] == "2026-05-03T09:00:00Z"
    data = document["data"]
    mine = data["registrations"][-1]
    assert (mine["name"], mine["email"], mine["code"], mine["status"]) == (
        SARASWATI.name,
        SARASWATI.email,
        registration.code,
        "confirmed",
    )
    assert (mine["organisation"], mine["country"], mine["zone"]) == (ORGANISATION, "IN", "Asia/Kolkata")
    assert mine["category"] == {"en": "Library staff"}
    assert mine["team_note"] == f"Met {SARASWATI.name} in Kochi."
    assert [row["status"] for row in data["registrations"]] == ["withdrawn", "confirmed"]
    assert data["answers"][-1]["question"] == {"en": "Who comes with you?"}
    assert data["answers"][-1]["answer"] == MESSAGE
    assert [bool(row["withdrawn_at"]) for row in data["consents"]] == [True, True, False]
    assert data["consents"][-1] == {
        "words": "You may write to me.",
        "language": "en",
        "purpose": "updates",
        "given_at": "2026-05-03T09:00:00Z",
        "withdrawn_at": None,
        "notice": None,  # given by the rule alone, with no page of the notice before it
    }
    assert data["seats"] == [
        {
            "session": {"en": "Bread & “Butter”"},
            "time": {"start": "2026-06-25T10:00:00Z", "end": "2026-06-25T11:00:00Z"},
            "taken_at": "2026-05-03T09:00:00Z",
        }
    ]
    assert {mail["kind"] for mail in data["mails"]} >= {
        "registration-confirmed",
        "invite",
        "interest-confirm",
    }
    assert all(mail["subject"] for mail in data["mails"])
    assert data["suppressions"][0]["reason"] == "550 no such user <…>"
    for name, rows in data.items():
        for row in rows:
            assert row.keys() == document["fields"][name].keys() - {""}, name


async def test_the_copy_holds_no_secret(each_database: Database) -> None:
    scene = await make_scene()
    registration = await crowded(scene)
    words = json.dumps(await document_of(scene, registration))
    for secret in (registration.link_hash, registration.feed_hash, page_token(registration.code, 1)):
        assert secret not in words


async def test_nobody_else_is_in_the_copy(each_database: Database) -> None:
    scene = await make_scene()
    registration = await crowded(scene)
    other = await scene.confirmed(AUCKLAND_ATTENDEE, scene.bread_early)
    words = json.dumps(await document_of(scene, registration))
    assert [trace for trace in (other.code, "wiremu", "babu", "Babu") if trace in words] == []
    theirs = json.dumps(await document_of(scene, other))
    assert [trace for trace in (registration.code, KEY, SARASWATI.name, MESSAGE) if trace in theirs] == []


async def test_an_address_that_was_mended_is_found_by_the_code(database: Database) -> None:
    scene = await make_scene()
    registration = await crowded(scene)
    await OutgoingMail.update({OutgoingMail.recipient: "mistyped@kolam.example"}).where(
        OutgoingMail.kind == "registration-confirmed"
    )
    mails = (await document_of(scene, registration))["data"]["mails"]
    assert "mistyped@kolam.example" in {mail["to"] for mail in mails}


async def test_who_also_speaks_finds_that_as_well(each_database: Database) -> None:
    scene = await make_scene()
    registration = await crowded(scene)
    await make_speaker(scene.conference, SARASWATI.name, email=SARASWATI.email, access_needs="A quiet room")
    await make_speaker(scene.conference, "Somebody Else", email=f"x{SARASWATI.email}")
    data = (await document_of(scene, registration))["data"]
    assert [(row["name"], row["access_needs"]) for row in data["speakers"]] == [
        (SARASWATI.name, "A quiet room")
    ]
    assert await Speaker.count() == 2


async def test_another_conference_keeps_its_own(database: Database) -> None:
    scene = await make_scene()
    await crowded(scene)
    elsewhere = await make_conference("archives")
    sections = await copy_of(await find_person(elsewhere.id, KEY), elsewhere)
    # That mail to her is stopped, and how often she tried a link, hold for the whole site.
    assert {section.held.name for section in sections if section.rows} == {"suppressions", "tries"}


async def test_the_queries_do_not_grow_with_what_is_held(database: Database) -> None:
    scene = await make_scene()
    registration, other = await crowded(scene), await scene.confirmed(AUCKLAND_ATTENDEE)
    counts = []
    for one in (registration, other):
        with count_queries() as count:
            await copy_of(await person_of(one), scene.conference)
        counts.append(count.total)
    assert max(counts) - min(counts) <= 8  # words of the team for each kind of mail
    assert max(counts) < len(HELD) + 25


@pytest.fixture
async def scene(database: Database) -> Scene:
    return await make_scene()


async def test_the_page_tells_it_in_words_on_the_readers_clock(scene: Scene, browser: Browser) -> None:
    await sign_in(browser, await crowded(scene))
    assert 'href="/libraries/me/data"' in (await browser.get("/libraries/me")).text
    answer = await browser.get("/libraries/me/data")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    words = text_of(answer.text)
    assert "Times on your clock: Kolkata, IST, UTC+5:30." in words
    for said in (
        "You may write to me.",
        "Thu 25 Jun, 15:30–16:30 (11:00–12:00 London)",
        MESSAGE,
        ORGANISATION,
        "Sunday 3 May 2026, 14:30",
        "registered",
    ):
        assert said in words, said


async def test_the_file_is_kept_by_the_browser_and_by_no_cache(scene: Scene, browser: Browser) -> None:
    registration = await crowded(scene)
    assert (await browser.get("/libraries/me/data/file.json")).status_code == 303
    await sign_in(browser, registration)
    answer = await browser.get("/libraries/me/data/file.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data-libraries.json"'
    assert answer.headers["cache-control"] == "no-store"
    assert json.loads(answer.content)["data"]["registrations"][-1]["code"] == registration.code


async def test_signed_out_nobody_sees_anything(scene: Scene, browser: Browser) -> None:
    await crowded(scene)
    answer = await browser.get("/libraries/me/data")
    assert (answer.status_code, answer.headers["location"]) == (303, "/libraries/me/data/ask")


async def test_the_desk_exports_for_somebody_who_wrote_a_letter(scene: Scene, browser: Browser) -> None:
    registration = await crowded(scene)
    await sign_in_as(browser, scene.organiser)
    here = f"/organise/libraries/registrations/{registration.code}"
    assert f'href="{here}/data"' in (await browser.get(here)).text
    page = await browser.get(f"{here}/data")
    assert MESSAGE in text_of(page.text)
    answer = await browser.post_form(f"{here}/data")
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data-libraries.json"'
    assert json.loads(answer.content)["data"]["answers"][-1]["answer"] == MESSAGE
    entry = await AuditEntry.objects().where(AuditEntry.action == "data-exported").first()
    assert entry is not None
    assert (entry.actor, entry.subject) == (scene.organiser.label, f"registration:{registration.code}")
    assert (await browser.get("/organise/libraries/registrations/nothing8/data")).status_code == 404
