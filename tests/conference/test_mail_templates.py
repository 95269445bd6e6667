"""A team's own words: filled in safely, checked when they are saved, and never worse than the built-in mail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from conference.i18n import use_language
from conference.mail.kinds import KINDS, meanings
from conference.mail.own_words import OwnWords, fill_body, fill_subject, unknown
from conference.mail.templates import example_payload
from conference.mail.words import built_in_words, render
from conference.outbox import deliver_due
from conference.tables import AuditEntry, Conference, MailTemplate, OutgoingMail, Role
from tests.conference.test_outbox import NOW, queue, settings_for
from tests.makers import make_conference, make_member, make_organiser
from tests.pages import Browser, sign_in_as, text_of
from tests.people import BERLIN_ORGANISER, STRANGER
from tests.smtp import smtp_server

BASE = "https://conf.example.org"


def in_words(conference: Conference, kind: str, words: OwnWords | None, **changes: Any) -> Any:
    facts = {**example_payload(conference, kind), **changes}
    return render(kind, facts, "en", "Asia/Kolkata", name="Zoë", base_url=BASE, own_words=words)


def test_values_are_put_in_once_and_parts_stand_alone() -> None:
    values = {"name": "{link}", "conference": "WIL"}
    assert fill_subject("{name} at {conference} {odd}", values) == "{link} at WIL {odd}"
    body = fill_body(
        "Dear {name},\nplease press {link}. Thank you!\n\n{seats}\n\n- one\n--",
        values,
        {"link": "L:\nx\n", "seats": ""},
    )
    assert body == "Dear {link},\nplease press\n\nL:\nx\n\nThank you!\n\n- one\n—"
    assert unknown("{name} {nmae}", ("name",)) == ["{nmae}"]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("language", ["en", "fr", "ar"])
async def test_the_built_in_words_with_their_placeholders_say_what_the_built_in_mail_says(
    kind: str, language: str
) -> None:
    conference = await make_conference()
    facts = example_payload(conference, kind)
    words = built_in_words(kind, facts, language, "Asia/Kolkata", KINDS[kind].placeholders, base_url=BASE)
    assert not KINDS[kind].missing(words.body)
    assert unknown(words.subject + words.body, KINDS[kind].placeholders) == []
    with use_language(language):
        assert set(KINDS[kind].placeholders) <= set(meanings())
    built_in = render(kind, facts, language, "Asia/Kolkata", name="Zoë", base_url=BASE)
    own = render(kind, facts, language, "Asia/Kolkata", name="Zoë", base_url=BASE, own_words=words)
    assert own.subject == built_in.subject
    assert own.text.split() == built_in.text.split()


@pytest.mark.usefixtures("database")
async def test_what_a_person_typed_becomes_no_markup_header_or_link() -> None:
    conference = await make_conference(
        name={"en": "A\r\nBcc: x@evil.example <b>{link}</b> https://evil.example"}
    )
    words = OwnWords("{conference}, {name}", "<script>x</script> **{name}** {conference}\n\n{link}")
    mail = in_words(conference, "registration-link", words)
    assert "\n" not in mail.subject
    page = BeautifulSoup(mail.html, "html.parser")
    assert page.find_all("script") == []
    assert [link["href"] for link in page.find_all("a")] == [f"{BASE}/libraries/me/example"]
    assert "https://evil.example" not in mail.text
    assert "x@evil.example" not in mail.text
    assert mail.text.count("/me/example") == 1


@pytest.mark.usefixtures("each_database")
async def test_a_teams_words_are_sent_in_their_language_and_the_footer_stays(tmp_path: Path) -> None:
    conference = await make_conference()
    for language, subject in (("en", "Welcome back, {name}"), ("fr", "Bonjour {name}")):
        await MailTemplate(
            conference=conference.id,
            kind="registration-link",
            language=language,
            subject=subject,
            body="Here it is:\n\n{link}",
            changed_at=NOW,
        ).save()
    await queue(conference_id=conference.id, language="en-GB")
    await queue(to="b@b.example", conference_id=conference.id, language="ar")
    await queue(to="c@b.example", language="fr")
    async with smtp_server() as server:
        await deliver_due(settings_for(tmp_path, server.url), NOW)
    by_address = {message["To"].addresses[0].addr_spec: message for message in server.messages}
    assert by_address["zoe@b.example"]["Subject"] == "Welcome back, Zoë Müller"
    assert "Somebody asked for this link" in by_address["zoe@b.example"].as_string()
    assert "Bonjour" not in str(by_address["b@b.example"]["Subject"])
    assert "Bonjour" not in str(by_address["c@b.example"]["Subject"])


async def _desk(browser: Browser) -> str:
    owner = await make_organiser(BERLIN_ORGANISER)
    conference = await make_conference(owner=owner)
    await sign_in_as(browser, owner)
    return f"/organise/{conference.slug}/mail/templates"


GOOD = {"subject": "Hello {name}", "body": "Press this:\n\n{link}", "revision": "0"}


async def test_words_are_saved_shown_and_taken_back(browser: Browser) -> None:
    here = await _desk(browser)
    page = f"{here}/registration-link/en"
    first = await browser.get(page)
    assert "Your page at {conference}" in first.text
    assert "The built-in words are sent" in first.text
    assert (await browser.post_form(page, GOOD)).status_code == 303
    again = await browser.get(page)
    assert "Press this:" in again.text
    assert "Your own words" in (await browser.get(f"{here}/")).text
    stale = await browser.post_form(page, {**GOOD, "body": "Mine: {link}"})
    assert stale.status_code == 409
    assert "Mine: {link}" in stale.text
    assert "Press this:" in stale.text
    assert (await browser.post_form(page, {"do": "built-in", "revision": "1"})).status_code == 303
    assert await MailTemplate.count() == 0
    actions = [row["action"] for row in await AuditEntry.select(AuditEntry.action).order_by(AuditEntry.id)]
    assert actions[-2:] == ["mail-template-changed", "mail-template-removed"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"body": "Press {lnik} {link}"}, "There is no placeholder {lnik} here."),
        ({"body": "Nothing to press"}, "People cannot do without {link} in this mail."),
        ({"subject": "{link}"}, "There is no placeholder {link} here."),
        ({"subject": ""}, "Please fill this in."),
        ({"body": "x" * 8001}, "This is too long"),
    ],
)
async def test_words_that_would_not_work_are_refused_as_typed(
    browser: Browser, changes: dict[str, str], sentence: str
) -> None:
    page = f"{await _desk(browser)}/registration-link/en"
    answer = await browser.post_form(page, {**GOOD, **changes})
    assert answer.status_code == 422
    assert sentence in text_of(answer.text)
    assert await MailTemplate.count() == 0


async def test_a_test_goes_to_oneself_in_words_that_are_not_saved(browser: Browser, tmp_path: Path) -> None:
    page = f"{await _desk(browser)}/registration-link/en"
    answer = await browser.post_form(page, {**GOOD, "subject": "Try {name}", "do": "test"})
    assert "A test is on its way" in text_of(answer.text)
    assert await MailTemplate.count() == 0
    (row,) = await OutgoingMail.objects().where(OutgoingMail.kind == "registration-link")
    assert row.recipient == BERLIN_ORGANISER.email
    async with smtp_server() as server:
        await deliver_due(settings_for(tmp_path, server.url), row.created_at)
    assert [message["Subject"] for message in server.messages] == [f"Try {BERLIN_ORGANISER.name}"]


async def test_only_who_has_the_mail_may_change_its_words(browser: Browser) -> None:
    here = await _desk(browser)
    conference = await Conference.objects().first()
    assert conference is not None
    stranger = await make_member(conference, STRANGER, Role.PROGRAMME)
    browser.cookies.clear()
    await sign_in_as(browser, stranger)
    assert (await browser.get(f"{here}/registration-link/en")).status_code == 403
    assert (await browser.post_form(f"{here}/registration-link/en", GOOD)).status_code == 403


@pytest.mark.parametrize("path", ["no-such/en", "registration-link/xx", "organiser-sign-in/en"])
async def test_what_is_no_mail_of_the_conference_is_not_found(browser: Browser, path: str) -> None:
    assert (await browser.get(f"{await _desk(browser)}/{path}")).status_code == 404
