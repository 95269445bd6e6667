"""The registration form, the mailed link and the own page, as a browser without script sees them."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from conference import clock, db
from conference.db import count_queries
from conference.tables import Conference, RegistrationState
from registration.asking.consents import add_purpose
from registration.asking.questions import QuestionFacts, add_question
from registration.asking.tables import Answer, Consent, QuestionKind
from registration.calendars.tables import AgendaItem
from registration.entries.access import attending_by_key, cookie_name
from registration.entries.links import join_key, page_token
from registration.entries.own_link import CONFIRM_WITHIN
from registration.entries.tables import AttendeeSignIn
from registration.seating.tables import Seat
from registration.tables import Registration, RegistrationStatus
from sessions.tables import Slot
from tests.makers import NOW
from tests.pages import Browser, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, mails, make_scene, the_registration
from tests.shared import data_path

GOOD = {
    "name": "Anjali Menon",
    "email": "anjali@example.org",
    "country": "IN",
    "zone": "Asia/Kolkata",
    "language": "en",
    "organisation": "PKV Vanitha Library",
}
WORDS = {"en": "You may write to me."}


@pytest.fixture
async def scene(database: db.Database) -> Scene:
    return await make_scene()


async def only_registration() -> Registration:
    (registration,) = await Registration.objects()
    return registration


async def sign_in(browser: Browser, scene: Scene, registration: Registration) -> None:
    """Through the link in the mail."""
    answer = await browser.post_form(f"/libraries/me/{page_token(registration.code, 1)}")
    assert answer.status_code == 303
    assert cookie_name(scene.conference.id) in browser.cookies


# --- the form --------------------------------------------------------------------------------------------------------


async def test_the_form_asks_everything_and_ticks_nothing(scene: Scene, browser: Browser) -> None:
    await add_purpose(scene.conference, "updates", WORDS, actor="test", now=NOW)
    answer = await browser.get("/libraries/register")
    assert answer.status_code == 200
    names = set(re.findall(r'name="([a-z_0-9]+)"', answer.text))
    seats = {f"seat_{scene.bread.code}", f"seat_{scene.maps.code}"}
    assert {"name", "email", "country", "zone", "organisation", "consent_updates", *seats} <= names
    assert "You may write to me." in answer.text
    assert not re.search(r"<input[^>]*checkbox[^>]*checked", answer.text)
    assert "30 seats left" in text_of(answer.text)
    assert scene.room.vendor_url not in answer.text


async def test_seats_are_shown_on_the_readers_clock_and_the_conferences(
    scene: Scene, browser: Browser
) -> None:
    answer = await browser.get("/libraries/register?tz=Asia/Kolkata")
    assert "Thu 25 Jun, 15:30–16:30 11:00–12:00 London" in text_of(answer.text)


async def test_a_complete_form_registers_and_asks_to_confirm(scene: Scene, browser: Browser) -> None:
    question = await add_question(
        scene.conference,
        QuestionFacts(QuestionKind.CHOICE, {"en": "Library?"}, {}, ({"en": "Public"}, {"en": "School"})),
        actor="test",
        now=NOW,
    )
    purpose = await add_purpose(scene.conference, "updates", WORDS, actor="test", now=NOW)
    form = {
        **GOOD,
        f"q_{question.code}": "School",
        "consent_updates": "yes",
        f"seat_{scene.bread.code}": scene.bread_late.code,
        f"seat_{scene.maps.code}": scene.maps_slot.code,
    }

    answer = await browser.post_form("/libraries/register", form)

    assert (answer.status_code, answer.headers["location"]) == (303, "/libraries/register/sent")
    assert "check your mail" in text_of((await browser.get("/libraries/register/sent")).text)
    registration = await only_registration()
    assert registration.status == RegistrationStatus.PENDING
    assert {name: getattr(registration, name) for name in GOOD} == GOOD
    assert {seat.slot for seat in await Seat.objects()} == {scene.bread_late.id, scene.maps_slot.id}
    (kept,) = await Answer.objects()
    assert kept.value == "School"
    (consent,) = await Consent.objects()
    assert (consent.purpose, consent.wording, consent.language) == (purpose.id, "You may write to me.", "en")
    (mail,) = await mails()
    assert [seat["title"]["en"] for seat in json.loads(mail.payload)["seats"]] == ["Maps", "Bread & “Butter”"]


async def test_a_seat_may_also_be_asked_for_by_its_slot(scene: Scene, browser: Browser) -> None:
    form = {**GOOD, f"seat_{scene.bread_early.code}": "on"}
    assert (await browser.post_form("/libraries/register", form)).status_code == 303
    assert [seat.slot for seat in await Seat.objects()] == [scene.bread_early.id]


async def test_bad_input_comes_back_with_everything_typed_and_an_error_beside_each_field(
    scene: Scene, browser: Browser
) -> None:
    question = await add_question(
        scene.conference,
        QuestionFacts(QuestionKind.TEXT, {"en": "Why?"}, {}, is_required=True),
        actor="test",
        now=NOW,
    )
    await add_purpose(scene.conference, "updates", WORDS, actor="test", now=NOW)
    form = {
        "name": "",
        "email": "anjali at example",
        "country": "XX",
        "zone": "Mars/Olympus",
        "organisation": "<b>Library</b>",
        "consent_updates": "yes",
        f"seat_{scene.bread.code}": scene.bread_early.code,
        f"seat_{scene.maps.code}": scene.maps_slot.code,
    }

    answer = await browser.post_form("/libraries/register", form)

    assert answer.status_code == 422
    wrong = {"name", "email", "country", "zone", f"q_{question.code}"}
    clash = {f"seat_{scene.bread.code}", f"seat_{scene.maps.code}"}
    noted = set(re.findall(r'class="error" id="([^"]+)-error"', answer.text))
    assert wrong <= noted
    assert len(noted & clash) == 1
    assert set(re.findall(r'href="#f-([^"]+)"', answer.text)) == noted
    ids = re.findall(r'\bid="([^"]+)"', answer.text)
    assert {f"f-{name}" for name in noted} <= set(ids)
    assert len(ids) == len(set(ids))
    assert 'value="anjali at example"' in answer.text
    assert 'value="&lt;b&gt;Library&lt;/b&gt;"' in answer.text
    assert re.search(r'name="consent_updates" value="yes" checked', answer.text)
    assert re.search(rf'value="{scene.bread_early.code}" checked', answer.text)
    assert (await Registration.count(), await mails()) == (0, [])

    token = re.search(r'name="_csrf_token" value="([^"]+)"', answer.text)
    assert token is not None  # the form that came back can be sent once more
    mended = {**form, **GOOD, f"q_{question.code}": "Bread", f"seat_{scene.maps.code}": "none"}
    sent = await browser.post("/libraries/register", data={**mended, "_csrf_token": token[1]})
    assert (sent.status_code, sent.headers.get("location", "")[-5:]) == (303, "/sent"), sent.text


async def test_the_last_seat_gone_is_said_beside_it_with_the_alternatives(
    scene: Scene, browser: Browser
) -> None:
    await Slot.update({Slot.seats: 1}).where(Slot.id == scene.bread_early.id)
    await scene.publish(NOW + timedelta(hours=1))
    await scene.register(AUCKLAND_ATTENDEE, scene.bread_early)

    answer = await browser.post_form(
        "/libraries/register", {**GOOD, f"seat_{scene.bread.code}": scene.bread_early.code}
    )

    assert answer.status_code == 422
    assert "The last seat at this time has just gone" in answer.text
    assert "No seat left" in text_of(answer.text)
    assert 'value="Anjali Menon"' in answer.text
    assert await Registration.count() == 1


async def test_the_zones_of_the_country_come_first_without_script(scene: Scene, browser: Browser) -> None:
    answer = await browser.post_form(
        "/libraries/register", {"country": "NZ", "name": "W", "show_zones": "yes"}
    )
    assert answer.status_code == 200
    first = re.search(r"<optgroup label=\"New Zealand\" data-own>(.*?)</optgroup>", answer.text)
    assert first is not None
    assert re.findall(r'value="([^"]+)"[^>]*selected', first[1]) == ["Pacific/Auckland"]
    assert 'value="W"' in answer.text
    assert 'class="error"' not in answer.text.replace('class="error" data-clash', "")


async def test_a_country_with_one_clock_needs_no_zone_chosen(scene: Scene, browser: Browser) -> None:
    form = {**GOOD, "zone": ""}
    assert (await browser.post_form("/libraries/register", form)).status_code == 303
    assert (await only_registration()).zone == "Asia/Kolkata"


async def test_old_zone_names_are_kept_under_their_present_one(scene: Scene, browser: Browser) -> None:
    await browser.post_form("/libraries/register", {**GOOD, "zone": "Asia/Calcutta"})
    assert (await only_registration()).zone == "Asia/Kolkata"


async def test_a_closed_registration_says_so_and_when(scene: Scene, browser: Browser) -> None:
    await Conference.update({Conference.registration_state: RegistrationState.CLOSED.value}).where(
        Conference.id == scene.conference.id
    )
    answer = await browser.get("/libraries/register")
    assert "Registration is closed" in answer.text
    assert "Thursday 25 June 2026" in answer.text
    assert (await browser.post_form("/libraries/register", GOOD)).status_code == 409
    assert await Registration.count() == 0


async def test_a_known_address_gets_the_same_answer(scene: Scene, browser: Browser) -> None:
    await scene.confirmed(KOLKATA_ATTENDEE, now=REGISTERED - timedelta(hours=1))
    answer = await browser.post_form("/libraries/register", GOOD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/libraries/register/sent")
    assert await Registration.count() == 1
    assert [mail.kind for mail in await mails()][-1] == "registration-link"


async def test_seats_of_a_session_that_cannot_be_booked_are_refused_not_dropped(
    scene: Scene, browser: Browser
) -> None:
    answer = await browser.post_form("/libraries/register", {**GOOD, "seat_zzzzzzzz": "yyyyyyyy"})
    assert answer.status_code == 422
    assert await Registration.count() == 0


async def test_without_the_csrf_token_nothing_happens(scene: Scene, browser: Browser) -> None:
    assert (await browser.post("/libraries/register", data=GOOD)).status_code == 403
    assert await Registration.count() == 0


async def test_an_oversized_form_is_refused(scene: Scene, browser: Browser) -> None:
    answer = await browser.post_form("/libraries/register", {**GOOD, "organisation": "x" * 1_500_000})
    assert answer.status_code == 413
    assert "Traceback" not in answer.text


async def test_naughty_strings_are_stored_and_shown_escaped_or_refused(
    scene: Scene, browser: Browser
) -> None:
    question = await add_question(
        scene.conference, QuestionFacts(QuestionKind.LONG_TEXT, {"en": "Why?"}, {}), actor="test", now=NOW
    )
    lines = data_path("adversarial/strings/blns.txt").read_text("utf-8").splitlines()
    strings = [line for line in lines if line and not line.startswith("#")]
    for number, text in enumerate(strings):
        every = {"name": text, "organisation": text, f"q_{question.code}": text}
        answer = await browser.post_form(
            "/libraries/register", {**GOOD, **every, "email": f"n{number}@example.org"}
        )
        assert answer.status_code in (303, 422), text
        fields = ("email", "country", "zone", "language", f"seat_{scene.bread.code}", "consent_x")
        answer = await browser.post_form("/libraries/register", {**GOOD, **dict.fromkeys(fields, text)})
        assert answer.status_code == 422, text
        assert "<script>alert" not in answer.text
    kept = [row for row in await Registration.objects() if "<script" in row.name]
    assert kept
    token = page_token(kept[0].code, 1)
    assert "<script>alert" not in (await browser.get(f"/libraries/me/{token}")).text


async def test_form_and_submit_cost_the_same_queries_with_more_workshops_and_people(
    scene: Scene, browser: Browser
) -> None:
    await browser.get("/libraries/register")  # the release and what the form asks are at hand from now on
    costs = []
    for number in range(3):
        with count_queries() as shown:
            await browser.get("/libraries/register")
        form = {**GOOD, "email": f"n{number}@example.org", f"seat_{scene.bread.code}": scene.bread_late.code}
        with count_queries() as sent:
            assert (await browser.post_form("/libraries/register", form)).status_code == 303
        costs.append((shown.total, sent.total))
    assert len(set(costs)) == 1
    assert costs[0][1] <= 10  # the conference, then one short transaction


# --- the link in the mail --------------------------------------------------------------------------------------------


async def test_looking_at_the_link_changes_nothing_and_the_button_confirms(
    scene: Scene, browser: Browser
) -> None:
    registration = await scene.register(KOLKATA_ATTENDEE, scene.bread_early)
    link = f"/libraries/me/{page_token(registration.code, 1)}"

    for _time in range(2):
        shown = await browser.get(link)
        await browser.head(link)
    assert shown.status_code == 200
    assert "Confirm my registration" in shown.text
    assert "Thu 25 Jun, 15:30–16:30" in shown.text
    assert (shown.headers["cache-control"], shown.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert (await the_registration(registration.code)).status == RegistrationStatus.PENDING
    assert await AttendeeSignIn.count() == 0

    answer = await browser.post_form(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/libraries/me")
    assert browser.cookies["tz"].strip('"') == "Asia/Kolkata"
    assert (await the_registration(registration.code)).status == RegistrationStatus.CONFIRMED
    own = await browser.get("/libraries/me")
    assert "Hello Anjali Menon" in text_of(own.text)
    assert "15:30–16:30" in own.text


async def test_an_expired_link_says_so_and_offers_a_new_one(scene: Scene, browser: Browser) -> None:
    registration = await scene.register()
    link = f"/libraries/me/{page_token(registration.code, 1)}"
    with clock.fixed_at(REGISTERED + CONFIRM_WITHIN):
        for answer in (await browser.get(link), await browser.post_form(link)):
            assert answer.status_code == 410
            assert "This link has expired" in answer.text
            assert 'action="/libraries/me/link"' in answer.text
        asked = await browser.post_form("/libraries/me/link", {"email": "ANJALI@example.org"})
        assert asked.headers["location"] == "/libraries/me/sent"
        fresh = f"/libraries/me/{page_token(registration.code, 2)}"
        assert (await browser.get(fresh)).status_code == 200
    assert len(await mails("registration-link")) == 1


async def test_an_unknown_link_is_a_friendly_404(scene: Scene, browser: Browser) -> None:
    for token in ("x" * 43, "..%2e", "%00", "%F0%9F%92%A9", "a" * 3000):
        answer = await browser.get(f"/libraries/me/{token}")
        assert answer.status_code == 404, token
        assert "We do not know this link" in answer.text
    assert (await browser.get(f"/nowhere/me/{'x' * 43}")).status_code == 404


async def test_asking_for_a_link_never_tells_who_is_registered(scene: Scene, browser: Browser) -> None:
    await scene.confirmed()
    answers = [
        await browser.post_form("/libraries/me/link", {"email": address})
        for address in ("anjali@example.org", "nobody@example.org")
    ]
    assert [(one.status_code, one.headers["location"], one.text) for one in answers] == [
        (303, "/libraries/me/sent", "")
    ] * 2
    wrong = await browser.post_form("/libraries/me/link", {"email": "nonsense"})
    assert (wrong.status_code, 'value="nonsense"' in wrong.text) == (422, True)


async def test_withdrawing_by_the_link(scene: Scene, browser: Browser) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    link = f"/libraries/me/{page_token(registration.code, 1)}"
    assert f'action="{link}/withdraw"' in (await browser.get(link)).text

    answer = await browser.post_form(f"{link}/withdraw")

    assert answer.headers["location"] == "/libraries/me/withdrawn"
    assert (await browser.get("/libraries/me/withdrawn")).status_code == 200
    assert await Seat.count() == 0
    gone = await browser.get(link)
    assert (gone.status_code, "has been withdrawn" in gone.text) == (410, True)
    assert "Register again" in gone.text


# --- the own page ----------------------------------------------------------------------------------------------------


async def test_without_signing_in_the_page_asks_for_the_address_and_forms_lead_there(
    scene: Scene, browser: Browser
) -> None:
    assert 'action="/libraries/me/link"' in (await browser.get("/libraries/me")).text
    for path in ("agenda", "seats", "details", "calendar", "consents", "withdraw"):
        answer = await browser.post_form(f"/libraries/me/{path}", {"slot": scene.keynote.code})
        assert (answer.status_code, answer.headers["location"]) == (303, "/libraries/me"), path
    assert await AgendaItem.count() == 0


async def test_agenda_seats_and_calendar_on_the_own_page(scene: Scene, browser: Browser) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    await sign_in(browser, scene, registration)

    await browser.post_form("/libraries/me/agenda", {"slot": scene.keynote.code, "chosen": "yes"})
    await browser.post_form("/libraries/me/agenda", {"slot": scene.keynote.code, "chosen": "yes"})
    assert [item.slot for item in await AgendaItem.objects()] == [scene.keynote.id]

    clash = await browser.post_form("/libraries/me/seats", {"slot": scene.maps_slot.code, "take": "yes"})
    assert clash.status_code == 303
    page = text_of((await browser.get("/libraries/me")).text)
    assert "is at the same time as “Bread" in page
    page = text_of((await browser.get("/libraries/me")).text)  # what was said is said once
    assert page.index("Opening") < page.index("Bread")
    assert "At the same time as “Bread & “Butter””".replace("&", "&amp;") in page

    await browser.post_form("/libraries/me/seats", {"slot": scene.bread_late.code, "take": "yes"})
    assert [seat.slot for seat in await Seat.objects()] == [scene.bread_late.id]
    await browser.post_form("/libraries/me/seats", {"slot": scene.bread_late.code, "take": "no"})
    assert await Seat.count() == 0
    await browser.post_form("/libraries/me/agenda", {"slot": scene.keynote.code, "chosen": "no"})
    assert await AgendaItem.count() == 0

    shown = await browser.get("/libraries/me")
    (feed,) = set(re.findall(r'value="http://conf.example.org(/calendar/[^"]+\.ics)"', shown.text))
    assert (await browser.get(feed)).status_code == 200
    await browser.post_form("/libraries/me/calendar")
    assert (await browser.get(feed)).status_code == 404
    assert shown.headers["cache-control"] == "no-store"
    assert scene.room.vendor_url not in shown.text


async def test_nonsense_slots_are_refused_kindly(scene: Scene, browser: Browser) -> None:
    await sign_in(browser, scene, await scene.confirmed())
    for slot in ("", "unknown", scene.bread_early.code, "\x00", "💩" * 50):
        answer = await browser.post_form("/libraries/me/agenda", {"slot": slot, "chosen": "yes"})
        assert answer.status_code == 303, slot
    for slot in ("", "unknown", scene.keynote.code):
        for take in ("yes", "no"):
            answer = await browser.post_form("/libraries/me/seats", {"slot": slot, "take": take})
            assert answer.status_code == 303, slot
    assert (await AgendaItem.count(), await Seat.count()) == (0, 0)


async def test_changing_details_moves_the_clock(scene: Scene, browser: Browser) -> None:
    registration = await scene.confirmed()
    await sign_in(browser, scene, registration)
    shown = await browser.get("/libraries/me/details")
    (revision,) = re.findall(r'name="revision" value="(\d+)"', shown.text)
    changed = {**GOOD, "country": "NZ", "zone": "Pacific/Auckland", "revision": revision}

    assert (await browser.post_form("/libraries/me/details", changed)).status_code == 303
    assert (await the_registration(registration.code)).zone == "Pacific/Auckland"
    assert browser.cookies["tz"].strip('"') == "Pacific/Auckland"

    stale = await browser.post_form("/libraries/me/details", {**changed, "name": "Mine"})
    assert stale.status_code == 409
    assert "Saved meanwhile" in stale.text
    assert 'value="Mine"' in stale.text
    bad = await browser.post_form("/libraries/me/details", {**changed, "name": "", "revision": "9" * 40})
    assert bad.status_code == 422


async def test_a_consent_is_taken_back_and_given_again(scene: Scene, browser: Browser) -> None:
    await add_purpose(scene.conference, "updates", WORDS, actor="test", now=NOW)
    await browser.post_form("/libraries/register", {**GOOD, "consent_updates": "yes"})
    await sign_in(browser, scene, await only_registration())

    await browser.post_form("/libraries/me/consents", {"purpose": "updates", "given": "no"})
    (first,) = await Consent.objects()
    assert first.withdrawn_at == REGISTERED
    await browser.post_form("/libraries/me/consents", {"purpose": "updates", "given": "yes"})
    await browser.post_form("/libraries/me/consents", {"purpose": "updates", "given": "yes"})
    assert [row.withdrawn_at for row in await Consent.objects().order_by(Consent.id)] == [REGISTERED, None]
    assert (await browser.post_form("/libraries/me/consents", {"purpose": "other"})).status_code == 404


async def test_withdrawing_signs_every_browser_out(scene: Scene, browser: Browser) -> None:
    await sign_in(browser, scene, await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early))
    assert (await browser.get("/libraries/me/withdraw")).status_code == 200
    assert (await browser.post_form("/libraries/me/withdraw")).headers[
        "location"
    ] == "/libraries/me/withdrawn"
    assert 'action="/libraries/me/link"' in (await browser.get("/libraries/me")).text


async def test_signing_out_forgets_this_browser_only(scene: Scene, browser: Browser) -> None:
    registration = await scene.confirmed()
    await sign_in(browser, scene, registration)
    before = await AttendeeSignIn.count()
    await browser.post_form("/libraries/me/sign-out")
    assert await AttendeeSignIn.count() == before - 1
    assert cookie_name(scene.conference.id) not in browser.cookies


async def test_the_own_page_costs_the_same_queries_however_much_is_chosen(
    scene: Scene, browser: Browser
) -> None:
    await sign_in(browser, scene, await scene.confirmed())
    costs = []
    for slot in (None, scene.keynote):
        if slot is not None:
            await browser.post_form("/libraries/me/agenda", {"slot": slot.code, "chosen": "yes"})
            await browser.post_form("/libraries/me/seats", {"slot": scene.bread_late.code, "take": "yes"})
        await browser.get("/libraries/me")
        with count_queries() as count:
            await browser.get("/libraries/me")
        costs.append(count.total)
    assert costs[0] == costs[1]


# --- personal join links ---------------------------------------------------------------------------------------------


async def test_a_personal_key_opens_for_the_confirmed_in_their_own_conference_only(scene: Scene) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    key = join_key(registration.code, 1)
    conference = scene.conference.id

    attending = await attending_by_key(conference, key)

    assert attending is not None
    assert (attending.registration_code, attending.zone) == (registration.code, "Asia/Kolkata")
    assert attending.seats == {scene.bread_early.code}
    pending = await scene.register(AUCKLAND_ATTENDEE)
    wrong = [key[:-1] + "x", registration.code, "", ".", "é.x", key + "x" * 99, join_key(pending.code, 1)]
    assert [await attending_by_key(conference, one) for one in wrong] == [None] * len(wrong)
    assert await attending_by_key(conference + 1, key) is None
