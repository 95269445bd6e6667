"""The organiser's desk: making a conference from an empty form, its overview, settings, mail, record, privacy notice."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from conference import clock, conferences, desk, outbox
from conference.conference_form import ConferenceForm, parse_languages, suggested_slug
from conference.conferences import facts_of
from conference.db import count_queries
from conference.mail import link_ref, token_ref
from conference.mail.desk import masked
from conference.tables import (
    AuditEntry,
    Conference,
    MailState,
    OutgoingMail,
    RegistrationState,
    Role,
    TeamMember,
)
from tests.makers import NOW, make_conference, make_member, make_organiser
from tests.pages import Browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, BERLIN_ORGANISER, KOLKATA_ATTENDEE, STRANGER
from tests.shared import data_path

FILLED = {
    "name_en": "Reading Across Borders",
    "tagline_en": "One free day",
    "audience_en": "Public library staff\nanywhere",
    "languages": "en",
    "starts_on": "2027-03-04",
    "ends_on": "2027-03-05",
    "zone": "Asia/Calcutta",
    "organiser_name": "The Library Association",
    "organiser_url": "https://library.example",
    "contact_email": "team@example.org",
    "slug": "",
}


async def only_conference() -> Conference:
    found = await Conference.objects()
    assert len(found) == 1
    return found[0]


# --- making one ------------------------------------------------------------------------------------------------------


async def test_an_empty_desk_invites_to_make_a_conference_or_says_how_one_gets_in(browser: Browser) -> None:
    await sign_in_as(browser, await make_organiser())
    assert "Make your first conference" in (await browser.get("/organise/")).text
    await browser.post_form("/organise/sign-out")
    await sign_in_as(browser, await make_organiser(STRANGER, may_create=False))
    page = (await browser.get("/organise/")).text
    assert "Make your first conference" not in page
    assert STRANGER.email in page
    assert (await browser.get("/organise/new")).status_code == 403
    assert (await browser.post_form("/organise/new", FILLED)).status_code == 403
    assert await Conference.count() == 0


async def test_a_conference_is_made_from_the_empty_form(browser: Browser) -> None:
    organiser = await make_organiser()
    await sign_in_as(browser, organiser)
    assert (await browser.get("/organise/new")).status_code == 200
    made = await browser.post_form("/organise/new", FILLED)
    assert (made.status_code, made.headers["location"]) == (303, "/organise/reading-across-borders-2027/")
    conference = await only_conference()
    facts = facts_of(conference)
    assert facts == conferences.ConferenceFacts(
        slug="reading-across-borders-2027",
        name={"en": "Reading Across Borders"},
        zone="Asia/Kolkata",
        starts_on=date(2027, 3, 4),
        ends_on=date(2027, 3, 5),
        languages=("en",),
        tagline={"en": "One free day"},
        audience={"en": "Public library staff\nanywhere"},
        organiser_name="The Library Association",
        organiser_url="https://library.example",
        contact_email="team@example.org",
    )
    assert (conference.uid_host, conference.registration_state) == ("conf.example.org", "closed")
    member = await TeamMember.objects().first()
    assert member is not None
    assert (member.organiser, member.role) == (organiser.id, Role.OWNER)
    overview = text_of((await browser.get(made.headers["location"])).text)
    assert "Your conference is there" in overview
    assert "Thursday 4 March 2027" in overview
    assert "Reading Across Borders" in text_of((await browser.get("/organise/")).text)


async def test_an_empty_form_comes_back_with_an_error_at_each_required_field(browser: Browser) -> None:
    await sign_in_as(browser, await make_organiser())
    answer = await browser.post_form("/organise/new", dict.fromkeys(FILLED, ""))
    assert answer.status_code == 422
    for name in ("name_en", "languages", "starts_on", "ends_on", "zone", "organiser_name", "contact_email"):
        assert f'id="{name}-error"' in answer.text, name
        assert f'href="#f-{name}"' in answer.text, name
    assert 'id="slug-error"' not in answer.text
    assert "Name: Please fill this in." in answer.text
    assert await Conference.count() == 0


async def test_everything_typed_is_still_there_after_a_mistake(browser: Browser) -> None:
    await sign_in_as(browser, await make_organiser())
    typed = {
        **FILLED,
        "name_en": "A <b>bold</b> name",
        "ends_on": "2027-03-01",
        "zone": "Mars/Base",
        "organiser_url": "javascript:alert(1)",
        "contact_email": "nowhere",
        "slug": "No Such Slug",
    }
    answer = await browser.post_form("/organise/new", typed)
    assert answer.status_code == 422
    for name in ("ends_on", "zone", "organiser_url", "contact_email", "slug"):
        assert f'id="{name}-error"' in answer.text, name
    for kept in ("2027-03-01", "Mars/Base", "javascript:alert(1)", "nowhere", "No Such Slug", "One free day"):
        assert kept in answer.text, kept
    assert "<b>bold</b>" not in answer.text


@pytest.mark.parametrize("slug", ["libraries", "organise", "api", "static"])
async def test_an_address_that_is_taken_or_ours_is_refused(browser: Browser, slug: str) -> None:
    await make_conference("libraries")
    await sign_in_as(browser, await make_organiser())
    answer = await browser.post_form("/organise/new", {**FILLED, "slug": slug})
    assert (answer.status_code, "This address is taken" in answer.text) == (422, True)
    assert await Conference.count() == 1


async def test_fields_for_more_languages_come_without_script(browser: Browser) -> None:
    await sign_in_as(browser, await make_organiser())
    shown = await browser.post_form("/organise/new", {**FILLED, "languages": "fr, en", "step": "languages"})
    assert shown.status_code == 200
    for field in ("name_fr", "name_en", "audience_fr"):
        assert f'name="{field}"' in shown.text
    assert 'class="error"' not in shown.text
    filled = {**FILLED, "languages": "fr, en", "name_fr": "Lire sans frontières"}
    made = await browser.post_form("/organise/new", filled)
    assert made.headers["location"] == "/organise/lire-sans-frontieres-2027/"
    assert json.loads((await only_conference()).name) == {
        "en": "Reading Across Borders",
        "fr": "Lire sans frontières",
    }


async def test_strange_texts_in_every_field_never_make_a_fault(browser: Browser) -> None:
    await sign_in_as(browser, await make_organiser())
    texts = [line for line in data_path("adversarial/strings/blns.txt").read_text().split("\n") if line]
    for text in texts[:: max(1, len(texts) // 50)]:
        answer = await browser.post_form("/organise/new", dict.fromkeys(FILLED, text))
        assert answer.status_code == 422
        named = await browser.post_form(
            "/organise/new", {**FILLED, "name_en": text, "organiser_name": text, "audience_en": text}
        )
        assert named.status_code in (303, 422), text
        if named.status_code == 303:
            assert (await browser.get(named.headers["location"])).status_code == 200
            slug = named.headers["location"].split("/")[2]
            for path in (f"/organise/{slug}/settings", f"/organise/{slug}/log", f"/{slug}/privacy"):
                page = await browser.get(path)
                assert page.status_code == 200
                assert "<script>alert" not in page.text
            await Conference.delete().where(Conference.slug == slug)


def test_languages_are_read_as_people_write_them() -> None:
    assert parse_languages("EN, fr;pt_br zh-hant en") == (("en", "fr", "pt-BR", "zh-Hant"), [])
    assert parse_languages("english, de") == (("de",), ["english"])
    assert parse_languages(" ") == ((), [])


def test_an_address_is_made_from_a_name() -> None:
    assert suggested_slug("Café & Straße: où lire?", 2027) == "cafe-strasse-ou-lire-2027"
    assert suggested_slug("Libraries 2027", 2027) == "libraries-2027"
    assert suggested_slug("مكتبات", 2027) == ""
    assert len(suggested_slug("word " * 40, 2027)) <= 45


# --- the overview ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (date(2026, 6, 22), "2 days to go"),
        (date(2026, 6, 23), "1 day to go"),
        (date(2026, 6, 24), "day 1 of 2"),
        (date(2026, 6, 25), "day 2 of 2"),
        (date(2026, 6, 26), "ended 1 day ago"),
    ],
)
def test_how_far_off_a_conference_is(today: date, words: str) -> None:
    assert desk.when_words(date(2026, 6, 24), date(2026, 6, 25), today) == words


async def test_the_desk_counts_days_on_the_conference_s_own_calendar(browser: Browser) -> None:
    organiser = await make_organiser()
    await make_conference("auckland", zone=AUCKLAND_ATTENDEE.zone, owner=organiser)
    await make_conference("honolulu", zone="Pacific/Honolulu", owner=organiser)
    await sign_in_as(browser, organiser)
    with clock.fixed_at(NOW.replace(month=6, day=24, hour=20)):  # the 25th in Auckland, the 24th in Honolulu
        page = text_of((await browser.get("/organise/")).text)
    assert page.count("· today") == 1
    assert page.count("· 1 day to go") == 1


async def test_registration_is_opened_and_closed_once_each(browser: Browser) -> None:
    organiser = await make_organiser()
    conference = await make_conference(owner=organiser)
    await sign_in_as(browser, organiser)
    before = conference.public_version
    path = "/organise/libraries/registration-state"
    for _ in range(2):  # a double press
        answer = await browser.post_form(path, {"state": "open"})
        assert answer.headers["location"] == "/organise/libraries/"
    opened = await only_conference()
    assert (opened.registration_state, opened.public_version) == (RegistrationState.OPEN, before + 1)
    assert "Registration is open." in text_of((await browser.get("/organise/libraries/")).text)
    assert (await browser.post_form(path, {"state": "ajar"})).status_code == 400
    await browser.post_form(path, {"state": "closed"})
    assert (await only_conference()).registration_state == RegistrationState.CLOSED
    entries = await AuditEntry.objects().where(AuditEntry.action == "registration-state-set")
    assert [json.loads(entry.after) for entry in entries] == [
        {"registration_state": "open"},
        {"registration_state": "closed"},
    ]


async def test_the_overview_asks_as_much_for_many_as_for_one(browser: Browser) -> None:
    organiser = await make_organiser()
    conference = await make_conference(owner=organiser)
    await sign_in_as(browser, organiser)
    await browser.get("/organise/libraries/")
    with count_queries() as one:
        await browser.get("/organise/libraries/")
    for person in (KOLKATA_ATTENDEE, AUCKLAND_ATTENDEE, STRANGER):
        await make_member(conference, person, Role.VIEWER)
    with count_queries() as many:
        await browser.get("/organise/libraries/")
    assert many.total == one.total
    with count_queries() as desk_of_one:
        await browser.get("/organise/")
    await make_conference("second", owner=organiser)
    await make_conference("third", owner=organiser)
    with count_queries() as desk_of_three:
        await browser.get("/organise/")
    assert desk_of_three.total == desk_of_one.total


# --- settings --------------------------------------------------------------------------------------------------------


def as_posted(conference: Conference, **changes: str) -> dict[str, str]:
    values = {key: value for key, value in ConferenceForm.of(facts_of(conference)).values.items() if value}
    return {**values, "revision": str(conference.revision), **changes}


async def test_settings_round_trip_changes_nothing(browser: Browser) -> None:
    organiser = await make_organiser()
    facts: dict[str, Any] = {
        "description": {"en": "Two\n\nparagraphs"},
        "themes": ("Access", "Practice"),
        "partners": ({"name": "Fund", "url": "https://fund.example", "role": "funder"},),
        "privacy": {"en": "We keep **little**."},
        "is_listed": False,
    }
    conference = await make_conference(owner=organiser, **facts)
    await sign_in_as(browser, organiser)
    answer = await browser.post_form("/organise/libraries/settings", as_posted(conference))
    assert answer.status_code == 303
    same = await only_conference()
    assert facts_of(same) == facts_of(conference)
    assert same.revision == conference.revision


async def test_settings_are_changed_recorded_and_public_at_once(browser: Browser) -> None:
    organiser = await make_organiser()
    conference = await make_conference(owner=organiser)
    await sign_in_as(browser, organiser)
    changes = {
        "privacy_en": "# Ours\n\nWe keep **little**. <script>x</script>",
        "themes": "Access\n\n Practice \nAccess",
        "partner_name_0": "Fund",
        "partner_role_0": "funder",
        "languages": "en, cy",
        "name_cy": "Gweithio’n Rhyngwladol",
        "early_entry_minutes": "30",
    }
    assert "If you register" in (await browser.get("/libraries/privacy")).text
    answer = await browser.post_form("/organise/libraries/settings", as_posted(conference, **changes))
    assert answer.status_code == 303
    facts = facts_of(await only_conference())
    assert (facts.themes, facts.early_entry_minutes) == (("Access", "Practice"), 30)
    assert facts.partners == ({"name": "Fund", "url": "", "role": "funder"},)
    assert facts.name == {"en": "Working Internationally", "cy": "Gweithio’n Rhyngwladol"}
    public = (await browser.get("/libraries/privacy")).text
    assert "We keep <strong>little</strong>" in public
    assert "<script>x" not in public
    record = text_of((await browser.get("/organise/libraries/log")).text)
    assert "Petra Vogel changed the conference’s facts" in record


async def test_a_stale_edit_shows_both_versions_and_a_way_on(browser: Browser) -> None:
    organiser = await make_organiser()
    conference = await make_conference(owner=organiser, tagline={"en": "As it was"})
    await sign_in_as(browser, organiser)
    mine = as_posted(conference, tagline_en="As I want it")
    theirs = replace(facts_of(conference), tagline={"en": "As they <wrote> it"})
    await conferences.change_conference(
        conference.id, theirs, revision=conference.revision, actor=organiser, now=NOW
    )
    stale = await browser.post_form("/organise/libraries/settings", mine)
    assert stale.status_code == 409
    assert "As I want it" in stale.text
    assert "As they &lt;wrote&gt; it" in stale.text
    assert facts_of(await only_conference()).tagline == {"en": "As they <wrote> it"}
    assert f'name="revision" value="{conference.revision + 1}"' in stale.text
    on_top = await browser.post_form(
        "/organise/libraries/settings", {**mine, "revision": str(conference.revision + 1)}
    )
    assert on_top.status_code == 303
    assert facts_of(await only_conference()).tagline == {"en": "As I want it"}


async def test_what_is_published_keeps_its_address(browser: Browser) -> None:
    organiser = await make_organiser()
    conference = await make_conference(owner=organiser)
    await sign_in_as(browser, organiser)
    moved = await browser.post_form(
        "/organise/libraries/settings", as_posted(conference, slug="libraries-2026")
    )
    assert moved.headers["location"] == "/organise/libraries-2026/settings"
    await Conference.update({Conference.release_number: 1}).where(Conference.id == conference.id)
    conference = await only_conference()
    refused = await browser.post_form(
        "/organise/libraries-2026/settings", as_posted(conference, slug="elsewhere")
    )
    assert refused.status_code == 422
    assert (await only_conference()).slug == "libraries-2026"


async def test_texts_of_a_language_given_up_are_kept_for_its_return(browser: Browser) -> None:
    organiser = await make_organiser()
    name = {"en": "Libraries", "fr": "Bibliothèques"}
    conference = await make_conference(owner=organiser, name=name, languages=("en", "fr"))
    await sign_in_as(browser, organiser)
    posted = as_posted(conference, languages="en")
    del posted["name_fr"]
    assert (await browser.post_form("/organise/libraries/settings", posted)).status_code == 303
    facts = facts_of(await only_conference())
    assert (facts.languages, facts.name) == (("en",), name)


@pytest.mark.parametrize("revision", ["", "x", "-1", "1" * 30, "²"])
async def test_a_form_without_its_version_is_refused(browser: Browser, revision: str) -> None:
    organiser = await make_organiser()
    conference = await make_conference(owner=organiser)
    await sign_in_as(browser, organiser)
    answer = await browser.post_form("/organise/libraries/settings", as_posted(conference, revision=revision))
    assert answer.status_code == 400


# --- mail and record -------------------------------------------------------------------------------------------------


async def queue(conference: Conference, number: int = 0) -> OutgoingMail:
    await outbox.queue_mail(
        kind="organiser-sign-in",
        to=KOLKATA_ATTENDEE.email,
        to_name=KOLKATA_ATTENDEE.name,
        language="en",
        zone="Asia/Kolkata",
        payload={
            "link": link_ref("/organise/sign-in/", token_ref("organiser-sign-in", "k")),
            "expires_at": NOW,
        },
        idempotency_key=f"test:{number}",
        conference_id=conference.id,
        now=NOW,
    )
    row = await OutgoingMail.objects().order_by(OutgoingMail.id, ascending=False).first()
    assert row is not None
    return row


async def test_an_opened_mail_shows_its_words_and_no_secret(browser: Browser) -> None:
    from conference.codes import derived_token

    organiser = await make_organiser()
    conference = await make_conference(owner=organiser)
    row = await queue(conference)
    await sign_in_as(browser, organiser)
    listed = await browser.get("/organise/libraries/mail")
    assert KOLKATA_ATTENDEE.email in listed.text
    assert ".eml" in listed.text
    opened = await browser.get(f"/organise/libraries/mail/{row.message_id}")
    assert "Hello Anjali Menon" in opened.text
    assert "/organise/sign-in/~hidden~" in opened.text
    assert derived_token("organiser-sign-in", "k") not in opened.text


async def test_mail_of_another_conference_is_not_there(browser: Browser) -> None:
    organiser = await make_organiser()
    await make_conference(owner=organiser)
    row = await queue(await make_conference("other"))
    await sign_in_as(browser, organiser)
    assert KOLKATA_ATTENDEE.email not in (await browser.get("/organise/libraries/mail")).text
    assert (await browser.get(f"/organise/libraries/mail/{row.message_id}")).status_code == 404
    again = await browser.post_form(f"/organise/libraries/mail/{row.message_id}/again")
    assert again.status_code == 404


async def test_a_refused_mail_shows_the_server_s_words_and_is_sent_again(browser: Browser) -> None:
    organiser = await make_organiser()
    conference = await make_conference(owner=organiser)
    row = await queue(conference)
    await sign_in_as(browser, organiser)
    path = f"/organise/libraries/mail/{row.message_id}"
    assert (await browser.post_form(f"{path}/again")).status_code == 409  # it has not left yet
    await OutgoingMail.update(
        {
            OutgoingMail.state: MailState.REFUSED.value,
            OutgoingMail.last_reply: "550 5.1.1 No such <user>",
        }
    ).where(OutgoingMail.id == row.id)
    assert "550 5.1.1 No such &lt;user&gt;" in (await browser.get(path)).text
    assert "550 5.1.1" in (await browser.get("/organise/libraries/mail?state=refused")).text
    assert "550 5.1.1" not in (await browser.get("/organise/libraries/mail?state=sent")).text
    assert (await browser.post_form(f"{path}/again")).status_code == 303
    after = await OutgoingMail.objects().get(OutgoingMail.id == row.id)
    assert after is not None
    assert (after.state, after.attempts) == (MailState.QUEUED, 0)
    assert [e.action for e in await AuditEntry.objects()][-1] == "mail-sent-again"


async def test_a_mail_that_cannot_be_put_into_words_is_told_of_calmly(browser: Browser) -> None:
    organiser = await make_organiser()
    conference = await make_conference(owner=organiser)
    row = await queue(conference)
    await OutgoingMail.update({OutgoingMail.payload: "{}"}).where(OutgoingMail.id == row.id)
    await sign_in_as(browser, organiser)
    opened = await browser.get(f"/organise/libraries/mail/{row.message_id}")
    assert (opened.status_code, "cannot be put into words" in opened.text) == (200, True)


async def test_the_mail_page_asks_as_much_for_three_as_for_one_and_turns_pages(browser: Browser) -> None:
    organiser = await make_organiser()
    conference = await make_conference(owner=organiser)
    await queue(conference)
    await sign_in_as(browser, organiser)
    with count_queries() as one:
        await browser.get("/organise/libraries/mail")
    for number in range(1, 52):
        await queue(conference, number)
    with count_queries() as many:
        first = await browser.get("/organise/libraries/mail")
    assert many.total == one.total
    assert 'rel="next"' in first.text
    second = await browser.get("/organise/libraries/mail?page=2")
    assert second.text.count('<td><a href="/organise/libraries/mail/') == 2
    for odd in ("page=0", "page=-1", "page=x", "page=99999999999", "state=lost", "page=²"):
        assert (await browser.get(f"/organise/libraries/mail?{odd}")).status_code == 200


def test_every_reference_to_a_secret_is_masked_however_deep() -> None:
    payload = {
        "a": token_ref("join", 1),
        "b": [{"c": link_ref("/me/", token_ref("me", "x"), "?a=b")}],
        "d": 3,
    }
    assert masked(payload) == {
        "a": "~hidden~",
        "b": [{"c": {"$link": ["/me/", "~hidden~", "?a=b"]}}],
        "d": 3,
    }


async def test_the_record_turns_pages_and_shows_what_it_does_not_know(browser: Browser) -> None:
    from conference import audit

    organiser = await make_organiser()
    conference = await make_conference(owner=organiser)
    for number in range(60):
        await audit.record(
            conference_id=conference.id,
            actor=organiser,
            action="kettle-boiled",
            subject=f"kettle:k{number}",
            before={"heat": None},
            after={"heat": '{"en": "warm <b>"}'},
            now=NOW,
        )
    await sign_in_as(browser, organiser)
    first, second = [(await browser.get(f"/organise/libraries/log?page={n}")).text for n in (1, 2)]
    assert "kettle boiled: <bdi>k59</bdi>" in first
    assert "en: warm &lt;b&gt;" in first
    assert "k0</bdi>" not in first
    assert "k0</bdi>" in second
    assert "created the conference" in second
    empty = await browser.get("/organise/libraries/log?page=77")
    assert "Nothing on this page" in empty.text


# --- the privacy notice ----------------------------------------------------------------------------------------------


async def test_the_notice_names_organiser_and_contact_and_belongs_to_nobody(browser: Browser) -> None:
    await make_conference(organiser_name="Books & <i>Friends</i> *Ltd*", contact_email="a_b@example.org")
    page = await browser.get("/libraries/privacy")
    assert page.status_code == 200
    assert "Books &amp; &lt;i&gt;Friends&lt;/i&gt; *Ltd* runs this conference" in page.text
    assert 'href="mailto:a_b@example.org"' in page.text
    assert "csrf" not in page.text
    assert (await browser.get("/nowhere/privacy")).status_code == 404


async def test_dates_stand_in_the_reader_s_zone(browser: Browser) -> None:
    organiser = await make_organiser(BERLIN_ORGANISER)
    await make_conference(owner=organiser)
    await sign_in_as(browser, organiser)
    page = text_of((await browser.get("/organise/libraries/log?tz=Asia/Calcutta")).text)
    assert "14:30" in page  # NOW is 09:00 UTC
    assert "10:00" not in page
