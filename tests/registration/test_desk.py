"""The organiser's view of registrations, questions and consents."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest

from conference import db
from conference.db import count_queries
from conference.mail.suppressions import suppress
from conference.tables import AuditEntry, RegistrationState, Role, SuppressionSource
from registration.asking.tables import Answer, ConsentPurpose, Question
from registration.calendars.replies import handle_calendar_reply
from registration.calendars.sync import send_owed_invites
from registration.desk.filters import Filter
from registration.desk.lists import registrations_page
from registration.entries.registrations import Details, Entry, register
from registration.queries import offer_of
from registration.seating.tables import Seat
from registration.tables import Attendee, Registration, RegistrationStatus
from tests.makers import make_member, make_organiser
from tests.pages import Browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE, NEW_YORK_SPEAKER, STRANGER, Person
from tests.registration.cast import REGISTERED, Scene, mails, make_scene, the_registration
from tests.registration.test_replies import answer
from tests.shared import data_path

DESK = "/organise/libraries/registrations"
ASK = "/organise/libraries/questions"


@pytest.fixture
async def scene(database: db.Database) -> Scene:
    return await make_scene()


async def test_the_list_shows_who_comes_and_who_sits_where(scene: Scene, browser: Browser) -> None:
    await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    await scene.register(AUCKLAND_ATTENDEE)
    await sign_in_as(browser, scene.organiser)

    page = text_of((await browser.get(DESK)).text)
    assert "2 registrations" in page
    assert "Anjali Menon anjali@example.org Confirmed India" in page
    assert "Wiremu Tāne wiremu@example.org Waiting for confirmation New Zealand" in page
    workshops = text_of((await browser.get(f"{DESK}/workshops")).text)
    assert "1 of 30" in workshops
    seated = text_of((await browser.get(f"{DESK}?slot={scene.bread_early.code}")).text)
    assert "Anjali Menon" in seated
    assert "Wiremu" not in seated


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=menon", {"Anjali Menon"}),
        ("q=WIREMU@", {"Wiremu Tāne"}),
        ("status=pending", {"Wiremu Tāne"}),
        ("status=junk", {"Anjali Menon", "Wiremu Tāne"}),
        ("q=%25", set()),
        ("q=%27%3B--", set()),
        ("q=%00&page=99999999999999999999&since=junk", {"Anjali Menon", "Wiremu Tāne"}),
        ("slot=junk", set()),
        ("q=tane", {"Wiremu Tāne"}),
        ("country=IN", {"Anjali Menon"}),
        ("since=0001-01-01&until=9999-12-31", {"Anjali Menon", "Wiremu Tāne"}),
        ("page=-1", {"Anjali Menon", "Wiremu Tāne"}),
    ],
)
async def test_searching(scene: Scene, browser: Browser, query: str, found: set[str]) -> None:
    await scene.confirmed(KOLKATA_ATTENDEE)
    await scene.register(AUCKLAND_ATTENDEE)
    await sign_in_as(browser, scene.organiser)
    answer = await browser.get(f"{DESK}?{query}")
    assert answer.status_code == 200
    assert {name for name in ("Anjali Menon", "Wiremu Tāne") if name in answer.text} == found


async def test_searching_on_both_engines_takes_letters_as_they_are(each_database: db.Database) -> None:
    scene = await make_scene()
    await scene.register(Person("Ana_Lopez", "ana@example.org", "Europe/Madrid", "ES"))
    await scene.register(Person("José Núñez", "jn@example.org", "Europe/Madrid", "ES"), scene.bread_early)

    async def names(**wanted: Any) -> list[str]:
        page = await registrations_page(scene.conference, Filter(**wanted), REGISTERED)
        assert page.total == len(page.rows)
        return [row.name for row in page.rows]

    for typed, found in [
        ("ana_l", ["Ana_Lopez"]),
        ("LOPEZ", ["Ana_Lopez"]),
        ("Lópéz", ["Ana_Lopez"]),
        ("jose nunez", ["José Núñez"]),
        ("NÚÑEZ josé", ["José Núñez"]),
        ("\\", []),
        ("%", []),
        ("[a-z]", []),
        ("^", []),
        ("*", []),
        ("]", []),
        (".", ["José Núñez", "Ana_Lopez"]),
    ]:
        assert await names(q=typed) == found, typed
    beyond = await registrations_page(scene.conference, Filter(q="example.org"), REGISTERED, 9)
    assert (beyond.number, beyond.total, len(beyond.rows)) == (1, 2, 2)
    assert await names(slot=scene.bread_early.code) == ["José Núñez"]
    assert await names(slot=scene.bread_early.code, status="confirmed") == []
    assert await names(country="ES", until=REGISTERED.date()) == ["José Núñez", "Ana_Lopez"]
    assert await names(since=REGISTERED.date() + timedelta(days=1)) == []
    assert await names(unconfirmed=1) == []
    assert await names(category="none", waits="any") == []
    assert await names(consent="updates") == []


async def test_opening_and_closing(scene: Scene, browser: Browser) -> None:
    await sign_in_as(browser, scene.organiser)
    assert (await browser.post_form(f"{DESK}/close")).status_code == 303
    assert (await scene.fresh()).registration_state == RegistrationState.CLOSED
    assert "Open registration" in (await browser.get(DESK)).text
    assert (await browser.post_form(f"{DESK}/open")).status_code == 303
    assert (await scene.fresh()).registration_state == RegistrationState.OPEN


async def test_one_registration_with_answers_and_consents(scene: Scene, browser: Browser) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    question = Question(conference=scene.conference.id, code="why", label=json.dumps({"en": "Why?"}))
    await question.save()
    await Answer(registration=registration.id, question=question.id, value="<b>To learn</b>").save()
    await sign_in_as(browser, scene.organiser)
    answer = await browser.get(f"{DESK}/{registration.code}")
    assert "&lt;b&gt;To learn&lt;/b&gt;" in answer.text
    assert "Bread & “Butter”" in text_of(answer.text).replace("&amp;", "&")
    assert (await browser.get(f"{DESK}/unknown")).status_code == 404


async def test_sending_the_link_and_withdrawing_for_someone(scene: Scene, browser: Browser) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    await sign_in_as(browser, scene.organiser)
    await browser.post_form(f"{DESK}/{registration.code}/link")
    assert len(await mails("registration-link")) == 1
    await browser.post_form(f"{DESK}/{registration.code}/withdraw")
    assert (await the_registration(registration.code)).status == RegistrationStatus.WITHDRAWN
    entry = await AuditEntry.objects().where(AuditEntry.action == "registration-withdrawn-by-team").first()
    assert entry is not None
    assert entry.actor == scene.organiser.label


@pytest.mark.parametrize(
    ("person", "role", "sees", "changes"),
    [
        (NEW_YORK_SPEAKER, Role.VIEWER, 200, 403),
        (NEW_YORK_SPEAKER, Role.PROGRAMME, 200, 403),
        (NEW_YORK_SPEAKER, Role.REGISTRATION, 200, 303),
        (STRANGER, None, 404, 404),
    ],
)
async def test_who_may_look_and_who_may_change(
    scene: Scene, browser: Browser, person: Person, role: Role | None, sees: int, changes: int
) -> None:
    organiser = await make_member(scene.conference, person, role) if role else await make_organiser(person)
    await sign_in_as(browser, organiser)
    for path in (DESK, ASK):
        shown = await browser.get(path)
        assert shown.status_code == sees
        if changes == 403:
            assert f"{path}/new" not in shown.text
            assert f'action="{path}' not in shown.text.replace(f'method="get" action="{path}"', "")
    assert (await browser.post_form(f"{DESK}/close")).status_code == changes
    form = {"kind": "text", "label_en": "Why?"}
    assert (await browser.post_form(f"{ASK}/new", form)).status_code == changes


async def test_without_signing_in_the_desk_leads_to_the_sign_in_page(scene: Scene, browser: Browser) -> None:
    assert (await browser.get(DESK)).status_code == 303


async def test_questions_are_asked_changed_ordered_and_asked_no_more(scene: Scene, browser: Browser) -> None:
    await sign_in_as(browser, scene.organiser)
    first = {
        "kind": "choice",
        "label_en": "Library?",
        "choices_en": "Public\n\n School \n",
        "is_required": "yes",
    }
    assert (await browser.post_form(f"{ASK}/new", first)).status_code == 303
    assert (await browser.post_form(f"{ASK}/new", {"kind": "text", "label_en": "Why?"})).status_code == 303
    library, why = (await offer_of(await scene.fresh())).questions
    assert [choice["en"] for choice in library.choices] == ["Public", "School"]
    assert (library.is_required, why.is_required) == (True, False)

    await browser.post_form(f"{ASK}/{why.code}/move", {"to": "up"})
    await browser.post_form(f"{ASK}/{why.code}/move", {"to": "up"})
    assert [one.code for one in (await offer_of(await scene.fresh())).questions] == [why.code, library.code]

    shown = await browser.get(f"{ASK}/{library.code}")
    assert "Public\nSchool" in shown.text
    stopped = {**first, "is_active": "", "revision": "1", "label_en": "Your library?"}
    assert (await browser.post_form(f"{ASK}/{library.code}", stopped)).status_code == 303
    assert [one.code for one in (await offer_of(await scene.fresh())).questions] == [why.code]
    stale = await browser.post_form(f"{ASK}/{library.code}", {**stopped, "label_en": "Mine"})
    assert stale.status_code == 409
    assert "Your library?" in stale.text
    assert 'value="Mine"' in stale.text
    assert 'name="revision" value="2"' in stale.text
    page = text_of((await browser.get(ASK)).text)
    assert page.index("Why?") < page.index("Your library?")
    assert "Asked no more" in page


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"kind": "text", "label_en": ""},
        {"kind": "essay", "label_en": "Why?"},
        {"kind": "choice", "label_en": "Which?", "choices_en": "One"},
        {"kind": "choice", "label_en": "Which?", "choices_en": "One\nOne"},
        {"kind": "choice", "label_en": "Which?", "choices_en": "\n".join(map(str, range(40)))},
        {"kind": "text", "label_en": "x" * 301},
    ],
)
async def test_a_bad_question_comes_back(scene: Scene, browser: Browser, form: dict[str, str]) -> None:
    await sign_in_as(browser, scene.organiser)
    answer = await browser.post_form(f"{ASK}/new", form)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert await Question.count() == 0
    assert (await browser.get(f"{ASK}/unknown")).status_code == 404


async def test_purposes_have_one_box_each_and_their_words_may_change(scene: Scene, browser: Browser) -> None:
    await sign_in_as(browser, scene.organiser)
    form = {"code": "updates", "wording_en": "You may write to me."}
    assert (await browser.post_form(f"{ASK}/purposes/new", form)).status_code == 303
    again = await browser.post_form(f"{ASK}/purposes/new", form)
    assert (again.status_code, "purpose of this name already" in again.text) == (422, True)
    for code in ("", "Über", "a b", "x" * 31):
        assert (await browser.post_form(f"{ASK}/purposes/new", {**form, "code": code})).status_code == 422
    changed = {"wording_en": "You may write to me twice a year.", "is_active": "yes", "revision": "1"}
    assert (await browser.post_form(f"{ASK}/purposes/updates", changed)).status_code == 303
    assert "twice a year" in (await browser.get("/libraries/register")).text
    off = {"wording_en": "Off.", "revision": "2"}
    assert (await browser.post_form(f"{ASK}/purposes/updates", off)).status_code == 303
    assert "consent_updates" not in (await browser.get("/libraries/register")).text
    assert await ConsentPurpose.count() == 1
    assert (await browser.get(f"{ASK}/purposes/updates")).status_code == 200
    assert (await browser.get(f"{ASK}/purposes/other")).status_code == 404


async def test_naughty_strings_as_questions(scene: Scene, browser: Browser) -> None:
    await sign_in_as(browser, scene.organiser)
    lines = data_path("adversarial/strings/blns.txt").read_text("utf-8").splitlines()
    for text in [line for line in lines if line and not line.startswith("#")][::7]:
        form = {"kind": "choice", "label_en": text, "help_en": text, "choices_en": f"{text}\n{text}2"}
        assert (await browser.post_form(f"{ASK}/new", form)).status_code in (303, 422), text
        wording = {"code": text, "wording_en": text}
        assert (await browser.post_form(f"{ASK}/purposes/new", wording)).status_code in (303, 422), text
    for path in (ASK, "/libraries/register"):
        answer = await browser.get(path)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text


async def test_the_list_costs_the_same_queries_for_one_person_and_for_three(
    scene: Scene, browser: Browser
) -> None:
    await sign_in_as(browser, scene.organiser)
    costs = []
    for number in range(3):
        await scene.register(
            Person(f"P{number}", f"p{number}@example.org", "Asia/Kolkata", "IN"), scene.bread_late
        )
        await browser.get(DESK)
        with count_queries() as count:
            await browser.get(DESK)
        costs.append(count.total)
    assert len(set(costs)) == 1


async def test_the_list_turns_pages(scene: Scene, browser: Browser) -> None:
    attendees = [
        Attendee(email=f"p{n}@example.org", email_key=f"p{n}@example.org", created_at=REGISTERED)
        for n in range(130)
    ]
    await Attendee.insert(*attendees)
    programme = await scene.programme()
    for number in range(130):
        details = Details(f"Person {number}", "IN", "Asia/Kolkata", "en")
        address = f"p{number}@example.org"
        await register(scene.conference, programme, Entry(details, address, address), REGISTERED)
    await sign_in_as(browser, scene.organiser)
    first, second = await browser.get(DESK), await browser.get(f"{DESK}?page=2")
    assert "130 registrations" in text_of(first.text)
    assert "Page 1 of 2" in text_of(first.text)
    assert re.search(r'rel="next" href="[^"]*page=2', first.text)
    assert "Person 0" in second.text
    assert "Person 129" not in second.text
    assert (await Registration.count(), await Seat.count()) == (130, 0)


async def test_registering_is_recorded_by_code_alone(scene: Scene) -> None:
    registration = await scene.register(KOLKATA_ATTENDEE)
    entry = await AuditEntry.objects().where(AuditEntry.action == "registration-made").first()
    assert entry is not None
    assert (entry.actor, entry.subject) == (f"registration:{registration.code}",) * 2
    assert KOLKATA_ATTENDEE.name not in entry.after


async def test_the_record_says_when_no_mail_reaches_the_address_and_what_the_calendar_answered(
    scene: Scene, browser: Browser
) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early, scene.maps_slot)
    await sign_in_as(browser, scene.organiser)
    path = f"{DESK}/{registration.code}"
    before = text_of((await browser.get(path)).text)
    assert "No mail reaches this address" not in before
    assert "their calendar" not in before

    await suppress(KOLKATA_ATTENDEE.email, "550 5.1.1 no such user", SuppressionSource.BOUNCE, now=REGISTERED)
    await handle_calendar_reply(answer(scene.bread_early), REGISTERED)
    await handle_calendar_reply(answer(scene.maps_slot, "TENTATIVE"), REGISTERED)
    after = await browser.get(path)
    shown = text_of(after.text)
    assert "No mail reaches this address" in shown
    assert "550 5.1.1 no such user" in shown
    assert "Declined by their calendar" in shown
    assert "Tentative in their calendar" in shown
    assert f"/organise/libraries/mail?q={quote(KOLKATA_ATTENDEE.email, safe='')}" in unescape(after.text)

    lifted = await browser.post_form("/organise/libraries/mail/lift", {"address": KOLKATA_ATTENDEE.email})
    assert lifted.status_code == 303
    assert "No mail reaches this address" not in (await browser.get(path)).text

    await scene.move(scene.bread_early, "12:00")
    await scene.publish(REGISTERED + timedelta(days=1))
    await send_owed_invites(REGISTERED + timedelta(days=1))
    assert "Declined by their calendar" not in (await browser.get(path)).text  # that was the old time
