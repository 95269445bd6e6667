"""Certificates: what stands on them, when they are given, the paper, and the public page that checks them."""

from __future__ import annotations

import asyncio
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from conference import clock, db
from conference.mail.words import render
from conference.tables import Conference
from registration.attending import agreeing
from registration.attending.certificate_rules import GivenBy, certificate_rules_of, change_certificate_rules
from registration.attending.certificates import (
    TOLD_AFTER,
    TOLD_WITHIN,
    NotYet,
    certificate_by_code,
    certificate_of,
    code_typed,
    give_certificates,
    issue_certificate,
)
from registration.attending.facts import Attended, CertificateFacts, Issuer
from registration.attending.paper import Issued, as_pdf, spaced, words_of
from registration.attending.presence import note_presence
from registration.attending.tables import Certificate, Presence
from registration.entries.links import page_token
from registration.tables import Registration
from sessions.tables import SessionKind, Slot
from tests.makers import NOW, make_room, make_session, make_slot
from tests.pages import Browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE, Person
from tests.registration.cast import Scene, mails, make_scene, the_registration

OPENING = datetime(2026, 6, 25, 9, 0, tzinfo=UTC)  # the keynote: 10:00 in London, 45 minutes
LATE = datetime(
    2026, 6, 25, 14, 0, tzinfo=UTC
)  # Bread for the second time: 15:00 in London, an hour, the last
OVER = LATE + timedelta(hours=1)
MINUTE = timedelta(minutes=1)
BASE = "https://conf.example.org"


async def present(scene: Scene, person: Person = KOLKATA_ATTENDEE) -> Registration:
    """Somebody who was in the whole keynote and, ten minutes late, in the last session: 45 + 50 minutes."""
    registration = await scene.confirmed(person)
    await agreeing.agree(scene.conference, registration, NOW + timedelta(days=3))
    for slot, at in ((scene.keynote, OPENING), (scene.bread_late, LATE + 10 * MINUTE)):
        await note_presence(scene.conference.id, registration.code, slot.id, at)
    return await the_registration(registration.code)


async def issued_to(scene: Scene, registration: Registration, now: datetime = OVER) -> Issued:
    return await issue_certificate(await scene.fresh(), await scene.programme(), registration.id, now)


async def sign_in(browser: Browser, registration: Registration) -> None:
    answer = await browser.post_form(f"/libraries/me/{page_token(registration.code, 1)}")
    assert answer.status_code == 303, answer.text


def some_facts(name: str = "Anjali Menon", **changed: Any) -> CertificateFacts:
    facts: dict[str, Any] = {
        "name": name,
        "conference": {"en": "Working Internationally", "ar": "العمل الدولي"},
        "starts_on": date(2026, 6, 25),
        "ends_on": date(2026, 6, 25),
        "home": "Europe/London",
        "zone": "Asia/Kolkata",
        "issuer": Issuer("The Library Association", "Ruth Okafor", {"en": "Chair"}),
        "minutes": 45,
        "sessions": (Attended({"en": "Opening"}, OPENING, OPENING + 45 * MINUTE, 45),),
    }
    return CertificateFacts(**{**facts, **changed})


# --- what is given, to whom and when --------------------------------------------------------------------------------


async def test_it_says_who_was_where_and_how_long(each_database: db.Database) -> None:
    scene = await make_scene()
    await change_certificate_rules(
        scene.conference,
        GivenBy(True, "Ruth Okafor", {"en": "Chair"}),
        actor=scene.organiser,
        now=NOW,
    )
    issued = await issued_to(scene, await present(scene))
    assert re.fullmatch(r"[2-9a-hjkmnp-z]{12}", issued.code)
    assert issued.facts == some_facts(
        conference={"en": "Working Internationally"},
        minutes=95,
        sessions=(
            Attended({"en": "Opening"}, OPENING, OPENING + 45 * MINUTE, 45),
            Attended({"en": "Bread & “Butter”"}, LATE, OVER, 50),
        ),
    )
    assert CertificateFacts.from_json(issued.facts.to_json()) == issued.facts


async def test_it_is_given_when_the_last_session_is_over_and_not_a_moment_before(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    registration = await present(scene)
    with pytest.raises(NotYet):
        await issued_to(scene, registration, OVER - timedelta(seconds=1))
    assert await Certificate.count() == 0
    await issued_to(scene, registration, OVER)
    assert await Certificate.count() == 1


async def test_a_session_that_is_called_off_keeps_nobody_waiting_and_counts_for_nobody(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    registration = await present(scene)
    await Slot.update({Slot.is_cancelled: True}).where(Slot.id == scene.bread_late.id)
    await scene.publish(OPENING + timedelta(hours=4))
    issued = await issued_to(scene, registration, OPENING + timedelta(hours=5))
    assert issued.facts.minutes == 45


async def test_breaks_do_not_count(each_database: db.Database) -> None:
    scene = await make_scene()
    room = await make_room(scene.conference, "Lobby")
    coffee = await make_session(scene.conference, "Coffee", kind=SessionKind.BREAK)
    slot = await make_slot(scene.conference, coffee, room, "10:45", minutes=15)
    await scene.publish(NOW + timedelta(days=1))
    registration = await present(scene)
    await note_presence(scene.conference.id, registration.code, slot.id, OPENING + 45 * MINUTE)
    assert (await issued_to(scene, registration)).facts.minutes == 95


async def test_nobody_gets_one_for_nothing(each_database: db.Database) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(AUCKLAND_ATTENDEE)
    await agreeing.agree(scene.conference, registration, NOW)
    with pytest.raises(NotYet):
        await issued_to(scene, registration)
    await note_presence(scene.conference.id, registration.code, scene.keynote.id, OPENING + 50 * MINUTE)
    with pytest.raises(NotYet):  # after its end, while the door still stood open
        await issued_to(scene, registration)
    other = await present(scene)
    await change_certificate_rules(
        scene.conference, GivenBy(is_offered=False), actor=scene.organiser, now=NOW
    )
    with pytest.raises(NotYet):
        await issued_to(scene, other)


async def test_pressed_many_times_at_once_it_is_one(each_database: db.Database) -> None:
    scene = await make_scene()
    registration = await present(scene)
    made = await asyncio.gather(*(issued_to(scene, registration) for _press in range(6)))
    assert len({one.code for one in made}) == 1
    assert await Certificate.count() == 1


async def test_issued_anew_it_keeps_its_code_and_says_what_holds_now(each_database: db.Database) -> None:
    scene = await make_scene()
    registration = await present(scene)
    first = await issued_to(scene, registration)
    same = await issued_to(scene, registration, OVER + timedelta(days=1))
    assert same == first
    await Registration.update({Registration.name: "Anjali M. Menon"}).where(
        Registration.id == registration.id
    )
    anew = await issued_to(scene, registration, OVER + timedelta(days=2))
    assert (anew.code, anew.facts.name) == (first.code, "Anjali M. Menon")
    checked = await certificate_by_code(first.code)
    assert checked is not None
    assert checked.issued == anew


async def test_the_job_gives_each_person_theirs_and_one_mail(each_database: db.Database) -> None:
    scene = await make_scene()
    registration, early = await present(scene), await present(scene, AUCKLAND_ATTENDEE)
    await scene.fresh()
    assert await give_certificates(OVER + TOLD_AFTER - MINUTE) == 0
    await issued_to(scene, early)  # made by hand: nothing to tell
    assert await give_certificates(OVER + TOLD_AFTER) == 1
    assert await give_certificates(OVER + TOLD_AFTER + timedelta(days=1)) == 0
    (mail,) = await mails("certificate")
    assert mail.recipient == registration.email
    text = render(
        mail.kind,
        json.loads(mail.payload),
        mail.language,
        mail.zone,
        name=mail.recipient_name,
        base_url=BASE,
    ).text
    assert "It says that you attended 2 sessions, 1 hour 35 minutes in all." in text
    assert f"{BASE}/libraries/me/" in text


async def test_two_workers_at_once_give_and_tell_once(each_database: db.Database) -> None:
    scene = await make_scene()
    await present(scene)
    await asyncio.gather(*(give_certificates(OVER + TOLD_AFTER) for _worker in range(3)))
    assert await Certificate.count() == 1
    assert len(await mails("certificate")) == 1


async def test_the_job_leaves_long_past_and_declining_conferences_alone(each_database: db.Database) -> None:
    scene = await make_scene()
    await present(scene)
    assert await give_certificates(OVER + TOLD_WITHIN + timedelta(days=2)) == 0
    await change_certificate_rules(
        scene.conference, GivenBy(is_offered=False), actor=scene.organiser, now=NOW
    )
    assert await give_certificates(OVER + TOLD_AFTER) == 0


# --- the paper ------------------------------------------------------------------------------------------------------

NAMES = {
    "Latin": "Ngũgĩ wa Thiong’o",
    "Malayalam": "അഞ്ജലി മേനോൻ",
    "Arabic": "ليلى حسن",
    "Hebrew": "רות לוי",
    "Chinese": "王小明",
    "Japanese": "山田 たろう",
    "Korean": "김민수",
    "Devanagari": "अंजलि मेनन",
    "Bengali": "অঞ্জলি",
    "Tamil": "அஞ்சலி",
    "Telugu": "అంజలి",
    "Kannada": "ಅಂಜಲಿ",
    "Gujarati": "અંજલિ",
    "Gurmukhi": "ਅੰਜਲੀ",
    "Sinhala": "අංජලී",
    "Thai": "สมชาย",
    "Lao": "ສົມໄຊ",
    "Khmer": "សុខា",
    "Burmese": "အောင်ဆန်း",
    "Amharic": "አበበ ቢቂላ",
    "Armenian": "Արամ",
    "Georgian": "ნინო",
    "Greek": "Ελένη Παπαδοπούλου",
    "Cyrillic": "Олександр Шевченко",
    "Vietnamese": "Nguyễn Thị Hồng",
    "emoji": "Sam 😀 🏳️‍🌈",
    "marks of direction": "\u202eevil\u202c \u2066Sam\u2069",
}


@pytest.mark.parametrize("script", NAMES)
def test_a_name_in_any_script_is_set_in_letters_that_the_fonts_have(script: str) -> None:
    """As PDF/UA, which refuses what would be a box."""
    made = as_pdf(Issued("k3v9x2ab7qmw", some_facts(NAMES[script]), OVER), "en", BASE)
    assert made.startswith(b"%PDF-1.7")
    assert b"pdfuaid" in made
    assert b"/MarkInfo" in made or b"/StructTreeRoot" in made


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_the_same_certificate_is_the_same_bytes(language: str) -> None:
    issued = Issued("k3v9x2ab7qmw", some_facts(), OVER)
    assert as_pdf(issued, language, BASE) == as_pdf(issued, language, BASE)
    assert as_pdf(issued, language, BASE) != as_pdf(
        Issued("k3v9x2ab7qmw", some_facts("Another"), OVER), language, BASE
    )


def test_hostile_words_are_words() -> None:
    nasty = '#read("/etc/passwd") $x$ *b* @a <b> \\ " ] #{ ' + "x" * 150
    facts = some_facts(nasty, issuer=Issuer(nasty, nasty, {"en": nasty}))
    assert b"pdfuaid" in as_pdf(Issued("k3v9x2ab7qmw", facts, OVER), "en", BASE)


def test_a_hundred_sessions_go_on_over_the_pages() -> None:
    sessions = tuple(
        Attended({"en": f"Session {number}"}, OPENING + number * MINUTE, OPENING + (number + 1) * MINUTE, 1)
        for number in range(100)
    )
    made = as_pdf(Issued("k3v9x2ab7qmw", some_facts(sessions=sessions), OVER), "en", BASE)
    assert b"/Type/Pages/Count 3" in made


def test_the_words_are_the_readers_and_the_times_stand_on_both_clocks() -> None:
    words = words_of(Issued("k3v9x2ab7qmw", some_facts(), OVER), "en", BASE)
    assert words["total"] == "45 minutes"
    assert words["code"] == "k3v9 x2ab 7qmw"
    assert words["address"] == "conf.example.org/verify/k3v9x2ab7qmw"
    assert words["headings"] == ["Session", "Time in Kolkata", "Time in London", "Attended"]
    assert words["rows"] == [
        [
            "Opening",
            {"day": "Thu 25 Jun", "hours": "14:30–15:15"},
            {"day": "Thu 25 Jun", "hours": "10:00–10:45"},
            "45 minutes",
        ]
    ]
    arabic = words_of(Issued("k3v9x2ab7qmw", some_facts(), OVER), "ar", BASE)
    assert arabic["conference"] == "العمل الدولي"
    assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", json.dumps(arabic, ensure_ascii=False))
    at_home = words_of(Issued("k3v9x2ab7qmw", some_facts(zone="Europe/London"), OVER), "en", BASE)
    assert len(at_home["headings"]) == 3


# --- the pages ------------------------------------------------------------------------------------------------------


async def test_the_person_makes_it_and_downloads_it_in_their_language(browser: Browser) -> None:
    scene = await make_scene()
    registration = await present(scene)
    with clock.fixed_at(OVER - MINUTE):
        await sign_in(browser, registration)
        page = await browser.get("/libraries/me/certificate")
        assert "The certificate can be had when the last session is over" in text_of(page.text)
        assert "Together 1 hour 35 minutes" in text_of(page.text)
        assert (await browser.get("/libraries/me/certificate.pdf")).status_code == 404
        early = await browser.post_form("/libraries/me/certificate/make")
        assert "when the last session is over" in (await browser.get(early.headers["location"])).text
    with clock.fixed_at(OVER):
        assert "Make my certificate" in (await browser.get("/libraries/me/certificate")).text
        await browser.post_form("/libraries/me/certificate/make")
        issued = await certificate_of(registration.id)
        assert issued is not None
        page = await browser.get("/libraries/me/certificate")
        assert spaced(issued.code) in page.text
        assert f"/verify/{issued.code}" in page.text
        assert "Get my certificate" in (await browser.get("/libraries/me")).text
        for query in ("", "?lang=fr", "?lang=ar", "?lang=xx"):
            pdf = await browser.get(f"/libraries/me/certificate.pdf{query}")
            assert pdf.status_code == 200
            assert pdf.headers["content-type"] == "application/pdf"
            assert f'filename="libraries-{issued.code}.pdf"' in pdf.headers["content-disposition"]
            assert pdf.headers["cache-control"] == "no-store"
            assert pdf.content.startswith(b"%PDF")
        await Registration.update({Registration.name: "A. Menon"}).where(Registration.id == registration.id)
        assert "Something has changed" in (await browser.get("/libraries/me/certificate")).text
        await browser.post_form("/libraries/me/certificate/make")
        assert "Something has changed" not in (await browser.get("/libraries/me/certificate")).text


async def test_a_strangers_browser_gets_no_certificate_of_anyone(browser: Browser) -> None:
    scene = await make_scene()
    await issued_to(scene, await present(scene))
    for path in ("certificate", "certificate.pdf"):
        answer = await browser.get(f"/libraries/me/{path}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/libraries/me")


async def check(browser: Browser, typed: str) -> httpx.Response:
    answer = await browser.get("/verify", params={"code": typed})
    return await browser.get(answer.headers["location"]) if answer.status_code == 303 else answer


async def test_anyone_with_the_code_reads_what_the_paper_says_however_they_type_it(browser: Browser) -> None:
    scene = await make_scene()
    registration = await present(scene)
    code = (await issued_to(scene, registration)).code
    ways = (
        code,
        code.upper(),
        spaced(code),
        f" {code[:4]}-{code[4:8]}–{code[8:]} ".upper(),
        "\u202a" + code + "\u202c",
    )
    for typed in ways:
        page = await check(browser, typed)
        assert page.status_code == 200, typed
        text = text_of(page.text)
        assert "This certificate is genuine and holds" in text
        assert KOLKATA_ATTENDEE.name in text
        assert "1 hour 35 minutes" in text
        assert registration.email not in page.text
        assert registration.code not in page.text
        assert "Bread" not in text
        assert page.headers["x-robots-tag"] == "noindex"
        assert page.headers["cache-control"] == "no-store"


async def test_what_is_no_certificate_is_said_so_plainly(browser: Browser) -> None:
    await make_scene()
    assert (await browser.get("/verify")).status_code == 200
    unknown = await check(browser, "k3v9 x2ab 7qmw")
    assert unknown.status_code == 404
    assert "There is no certificate with the code" in text_of(unknown.text)
    for typed in (
        "short",
        "k3v9x2ab7qmw2",
        "<script>alert(1)</script>",
        "'; DROP TABLE certificate; --",
        "%00",
    ):
        page = await check(browser, typed)
        assert page.status_code in (404, 422), typed
        assert "<script>alert" not in page.text
    for path in ("/verify/" + "a" * 500, "/verify/%00", "/verify/%E2%80%AE", "/verify/..%2f..%2fetc"):
        assert (await browser.get(path)).status_code == 404, path


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("k3v9 x2ab 7qmw", "k3v9x2ab7qmw"),
        ("K3V9-X2AB-7QMW", "k3v9x2ab7qmw"),
        ("k3v9x2ab7qm", ""),
        ("", ""),
        ("٣٣٣٣٣٣٣٣٣٣٣٣", ""),
    ],
)
def test_a_code_is_read_as_people_write_it(typed: str, code: str) -> None:
    assert code_typed(typed) == code


async def test_what_is_put_right_at_the_desk_shows_at_once_and_what_is_taken_back_is_gone(
    browser: Browser,
) -> None:
    scene = await make_scene()
    registration = await present(scene)
    code = (await issued_to(scene, registration)).code
    path = f"/organise/libraries/registrations/{registration.code}/presence"
    with clock.fixed_at(OVER + timedelta(days=1)):
        await sign_in_as(browser, scene.organiser)
        await browser.post_form(path, {"do": "strike", "slot": scene.keynote.code})
        assert "50 minutes" in text_of((await check(browser, code)).text)
        await browser.post_form(path, {"do": "attest", "slot": scene.maps_slot.code})
        assert "1 hour 50 minutes" in text_of((await check(browser, code)).text)
        desk = await browser.get("/organise/libraries/registrations/certificates")
        assert "1 certificate is out." in text_of(desk.text)
        sheet = await browser.get("/organise/libraries/registrations/certificates/list.csv")
        assert f"{registration.code},{KOLKATA_ATTENDEE.name},{registration.email},110,{code}," in sheet.text
        for slot in (scene.bread_late, scene.maps_slot):
            await browser.post_form(path, {"do": "strike", "slot": slot.code})
        assert (await check(browser, code)).status_code == 404
        assert await Presence.count() == 0


async def test_taking_the_agreement_back_ends_the_certificate(browser: Browser) -> None:
    scene = await make_scene()
    registration = await present(scene)
    code = (await issued_to(scene, registration)).code
    await sign_in(browser, registration)
    await browser.post_form("/libraries/me/certificate/take-back")
    assert (await check(browser, code)).status_code == 404


async def test_the_desk_says_whether_and_who_signs(browser: Browser) -> None:
    scene = await make_scene()
    await sign_in_as(browser, scene.organiser)
    path = "/organise/libraries/registrations/certificates"
    sent = {"is_offered": "yes", "signed_by": "Ruth Okafor", "signed_as_en": "Chair", "revision": "0"}
    assert (await browser.post_form(path, {**sent, "signed_by": "x" * 300})).status_code == 422
    assert (await browser.post_form(path, sent)).status_code == 303
    assert await certificate_rules_of(scene.conference.id) == GivenBy(True, "Ruth Okafor", {"en": "Chair"}, 1)
    stale = await browser.post_form(path, {**sent, "signed_by": "Somebody else"})
    assert stale.status_code == 409
    assert "Ruth Okafor" in stale.text
    assert (await browser.post_form(path, {"revision": "1"})).status_code == 303
    assert not (await certificate_rules_of(scene.conference.id)).is_offered
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    await sign_in(browser, registration)
    assert "Certificate of attendance" not in (await browser.get("/libraries/me")).text
    assert "gives no certificates" in (await browser.get("/libraries/me/certificate")).text
    assert (await browser.post_form("/libraries/me/certificate/agree")).status_code == 404


async def test_a_sheet_starts_no_formula(browser: Browser) -> None:
    scene = await make_scene()
    registration = await present(scene)
    await Registration.update({Registration.name: "=1+1"}).where(Registration.id == registration.id)
    await issued_to(scene, registration)
    await sign_in_as(browser, scene.organiser)
    sheet = await browser.get("/organise/libraries/registrations/certificates/list.csv")
    assert ",'=1+1," in sheet.text
    assert io.BytesIO(sheet.content).read(3) == b"\xef\xbb\xbf"


async def test_a_conference_deleted_takes_its_certificates_along(each_database: db.Database) -> None:
    scene = await make_scene()
    code = (await issued_to(scene, await present(scene))).code
    await Conference.delete().where(Conference.id == scene.conference.id)
    assert await certificate_by_code(code) is None
