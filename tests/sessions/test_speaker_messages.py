"""Mails from the team to speakers: to whom, as each gets it, sent once; and answers to what speakers asked."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta
from typing import Any

import pytest

from conference import db
from conference.errors import InvalidInput, NotFound
from conference.mail import Letter
from conference.mail.message import compose
from conference.tables import AuditEntry, Conference, OutgoingMail
from sessions.speakers.asking import ask_for_change
from sessions.speakers.audience import Filter, chosen, speaker_rows
from sessions.speakers.message_contents import MessageFacts, audience_of, previews, varied
from sessions.speakers.message_form import MessageForm
from sessions.speakers.messages import (
    AudienceChanged,
    NobodyToWriteTo,
    message_by_code,
    send_message,
    send_test,
    who_got,
)
from sessions.speakers.requests_desk import AlreadyAnswered, answer_request, open_requests, requests_of
from sessions.tables import Appearance, AppearanceState, Speaker, SpeakerMessage
from tests.makers import (
    NOW,
    make_conference,
    make_organiser,
    make_room,
    make_session,
    make_slot,
    make_speaker,
)
from tests.pages import BASE_URL, Browser, sign_in_as, text_of

FACTS = MessageFacts(
    {"en": "Soon, {name}", "fr": "Bientôt, {name}"},
    {
        "en": "Dear {name},\n\nyour sessions at {conference}:\n{sessions}\n\n{link}",
        "fr": "{name}, voici vos séances :\n{sessions}",
    },
)


async def a_conference() -> tuple[Conference, Speaker, Speaker, Speaker]:
    """Ruth in New York speaks at ten in London; Anjali reads French in Kolkata; Sam has no address."""
    conference = await make_conference(languages=("en", "fr"))
    ruth = await make_speaker(conference)
    anjali = await make_speaker(conference, "Anjali Menon", zone="Asia/Kolkata", language="fr")
    sam = await make_speaker(conference, "Sam Lee", email="")
    session = await make_session(conference, speakers=(ruth, anjali, sam))
    await make_slot(conference, session, await make_room(conference), "10:00")
    return conference, ruth, anjali, sam


async def fingerprint(conference: Conference, wanted: Filter = Filter()) -> str:  # noqa: B008 - it is immutable
    meant = chosen(await speaker_rows(conference.id), wanted)
    return audience_of(conference, meant, FACTS).fingerprint


async def mail_to(speaker: Speaker | str) -> Any:
    """The message that leaves, and its plain text."""
    address = speaker if isinstance(speaker, str) else speaker.email
    [row] = await OutgoingMail.objects().where(OutgoingMail.recipient == address)
    letter = Letter(
        kind=row.kind,
        payload=json.loads(row.payload),
        recipient=row.recipient,
        recipient_name=row.recipient_name,
        language=row.language,
        zone=row.zone,
        mail_key=row.message_id,
        created_at=row.created_at,
    )
    message = compose(letter, base_url=BASE_URL, mail_from="meridian@conf.example.org")
    body = message.get_body(("plain",))
    html = message.get_body(("html",))
    assert body is not None
    assert html is not None
    return message, body.get_content(), html.get_content()


async def test_everyone_gets_it_in_their_language_and_on_their_clock(each_database: db.Database) -> None:
    petra = await make_organiser()
    conference, ruth, anjali, _sam = await a_conference()
    sent = await send_message(
        conference,
        FACTS,
        Filter(),
        code="abcdefgh2345",
        expected=await fingerprint(conference),
        actor=petra,
        now=NOW,
    )
    assert sent.recipients == 2
    message, text, html = await mail_to(ruth)
    assert (message["Subject"], message["Content-Language"]) == ("Soon, Ruth Okafor", "en")
    assert "Dear Ruth Okafor,\n\nyour sessions at Working Internationally:\n\n- Bridges" in text
    assert "Thursday 25 June 2026, 05:00–05:45 (New York, EDT, UTC−4)" in text
    assert "Conference time: 10:00–10:45 (London, BST, UTC+1)" in text
    [link] = re.findall(rf"{BASE_URL}/speak/[\w-]{{43}}", text)
    assert f'href="{link}"' in html
    message, text, _html = await mail_to(anjali)
    assert (message["Subject"], message["Content-Language"]) == ("Bientôt, Anjali Menon", "fr")
    assert "14:30" in text
    assert "/speak/" not in text
    kept = await message_by_code(conference.id, sent.code)
    assert [got.name for got in await who_got(kept)] == ["Anjali Menon", "Ruth Okafor"]
    assert json.loads(kept.audience)["without_address"] == ["Sam Lee"]
    [entry] = await AuditEntry.select().where(AuditEntry.action == "speaker-message-sent")
    assert entry["actor"] == "Petra Vogel"
    with pytest.raises(NotFound):
        await message_by_code(conference.id + 1, sent.code)


async def test_a_button_pressed_twice_sends_one_mail(each_database: db.Database) -> None:
    petra = await make_organiser()
    conference, *_people = await a_conference()
    expected = await fingerprint(conference)
    sent = await asyncio.gather(
        *(
            send_message(
                conference, FACTS, Filter(), code="abcdefgh2345", expected=expected, actor=petra, now=NOW
            )
            for _ in range(3)
        )
    )
    assert len({message.id for message in sent}) == 1
    assert await OutgoingMail.count() == 2
    assert await SpeakerMessage.count() == 1
    await send_message(
        conference, FACTS, Filter(), code="another23456", expected=expected, actor=petra, now=NOW
    )
    assert await OutgoingMail.count() == 4


async def test_nothing_is_sent_to_others_than_those_who_were_shown(database: db.Database) -> None:
    petra = await make_organiser()
    conference, ruth, *_others = await a_conference()
    expected = await fingerprint(conference)
    await make_speaker(conference, "New One")
    with pytest.raises(AudienceChanged):
        await send_message(
            conference, FACTS, Filter(), code="abcdefgh2345", expected=expected, actor=petra, now=NOW
        )
    with pytest.raises(NobodyToWriteTo):
        await send_message(
            conference, FACTS, Filter(q="Sam"), code="abcdefgh2345", expected="", actor=petra, now=NOW
        )
    with pytest.raises(InvalidInput):
        await send_message(conference, FACTS, Filter(), code="%", expected=expected, actor=petra, now=NOW)
    assert await OutgoingMail.count() == 0
    assert await SpeakerMessage.count() == 0
    row = await Speaker.select(Speaker.link_generation).where(Speaker.id == ruth.id).first()
    assert row == {"link_generation": 0}


async def test_declined_and_cancelled_sessions_are_not_told(database: db.Database) -> None:
    petra = await make_organiser()
    conference, ruth, *_others = await a_conference()
    other = await make_session(conference, "Declined talk", speakers=(ruth,))
    await Appearance.update({Appearance.state: AppearanceState.DECLINED.value}).where(
        Appearance.session == other.id
    )
    await make_session(conference, "Cancelled talk", speakers=(ruth,), state="cancelled")
    await make_session(conference, "Unplaced talk", speakers=(ruth,))
    wanted = Filter(codes=(ruth.code,))
    await send_message(
        conference,
        FACTS,
        wanted,
        code="abcdefgh2345",
        expected=await fingerprint(conference, wanted),
        actor=petra,
        now=NOW,
    )
    _message, text, _html = await mail_to(ruth)
    assert "Declined talk" not in text
    assert "Cancelled talk" not in text
    assert text.index("Bridges") < text.index("Unplaced talk") < text.index("Not scheduled yet")


async def test_no_text_makes_a_header_a_link_or_a_mark(database: db.Database) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    ruth = await make_speaker(conference, "Ruth\r\nBcc: all@example.org <b>{link}</b> http://name.example")
    hostile = MessageFacts(
        {"en": "Hello\r\nBcc: other@example.org\n\nbody https://subject.example"},
        {
            "en": "<script>alert(1)</script> https://evil.example/x "
            + "mailto:a@b.org javascript:alert(1) www.evil.example\n"
            + f"Open my page: {BASE_URL}/speak/stolen\n"
            + "--\n=?utf-8?q?x?= {{ 7*7 }} {% raw %}\n\n\n\n.\n"
            + "word " * 300
        },
    )
    meant = audience_of(conference, await speaker_rows(conference.id), hostile)
    await send_message(
        conference, hostile, Filter(), code="abcdefgh2345", expected=meant.fingerprint, actor=petra, now=NOW
    )
    message, text, html = await mail_to(ruth)
    assert "Bcc" not in message
    assert "\n" not in message["Subject"]
    assert "<script" not in html
    assert re.findall(r'href="([^"]*)"', html) == []
    assert "https://" not in text
    assert "mailto:a" not in text
    assert "javascript:alert" not in text
    assert "{{ 7*7 }}" in text
    assert "49" not in text
    assert text.count("\n-- \n") == 1
    assert text.count("word") == 300


async def test_a_preview_is_the_mail_itself_without_its_secret(database: db.Database) -> None:
    petra = await make_organiser()
    conference, ruth, anjali, sam = await a_conference()
    meant = audience_of(conference, await speaker_rows(conference.id), FACTS)
    assert [row.code for row in meant.without_address] == [sam.code]
    assert [one.row.code for one in varied(meant.recipients, 1)] == [anjali.code]
    with db.count_queries() as counted:
        shown = await previews(conference, FACTS, meant.recipients, author="Petra", base_url=BASE_URL)
    assert counted.total == 2
    assert [one.subject for one in shown] == ["Bientôt, Anjali Menon", "Soon, Ruth Okafor"]
    assert "05:00–05:45 (New York" in shown[1].text
    assert f"{BASE_URL}/speak/~hidden~" in shown[1].text
    await send_test(conference, FACTS, meant.recipients[1], actor=petra, now=NOW)
    _message, text, _html = await mail_to(petra.email)
    assert "This is a test" in text
    assert "05:00–05:45 (New York" in text
    assert f"{BASE_URL}/organise/libraries/speakers/{ruth.code}" in text
    assert "/speak/" not in text


def typed(**values: str) -> MessageForm:
    return MessageForm.from_post(values, [], ("en", "fr"))


def test_a_language_is_written_in_whole_or_not_at_all() -> None:
    assert typed(subject_en="Hi", body_en="Text").facts == MessageFacts({"en": "Hi"}, {"en": "Text"})
    assert list(typed(subject_en="Hi").errors) == ["body_en"]
    assert list(typed(subject_en="Hi", body_en="T", body_fr="T").errors) == ["subject_fr"]
    assert list(typed().errors) == ["subject_en", "body_en"]
    assert typed(subject_fr="Salut", body_fr="Texte").facts is not None


def test_what_is_no_placeholder_is_refused_beside_its_field() -> None:
    form = typed(subject_en="Hi {firstname}", body_en="{Name} {link}")
    assert "{firstname}" in form.errors["subject_en"]
    assert "{Name}" in form.errors["body_en"]
    assert list(typed(subject_en="{link}", body_en="T").errors) == ["subject_en"]


def test_all_boxes_unticked_means_nobody() -> None:
    form = MessageForm.from_post({"subject_en": "Hi", "body_en": "T", "chosen": "yes"}, [], ("en",))
    assert form.wanted.codes == ("",)
    again = MessageForm.from_post(dict(form.kept), [v for n, v in form.kept if n == "speaker"], ("en",))
    assert again.wanted == form.wanted


def test_the_nearest_language_there_is_a_text_in() -> None:
    facts = MessageFacts({"fr": "S", "de": "S"}, {"fr": "B", "de": "B", "en": "only a body"})
    assert facts.language_for("de", ("en", "fr")) == "de"
    assert facts.language_for("fr-CA", ("en", "fr")) == "fr"
    assert facts.language_for("en", ("en", "fr")) == "fr"
    assert MessageFacts({"ja": "S"}, {"ja": "B"}).language_for("", ("en",)) == "ja"


async def test_the_desk_writes_looks_tests_and_sends(browser: Browser) -> None:
    petra = await make_organiser()
    conference = await make_conference(owner=petra)
    ruth, sam = await make_speaker(conference), await make_speaker(conference, "Sam Lee")
    await make_session(conference, speakers=(ruth, sam))
    await sign_in_as(browser, petra)
    home = "/organise/libraries/speakers/mail"
    assert "Nothing written yet" in (await browser.get(home)).text
    written = await browser.post_form(f"{home}/new", {"do": "write", "speaker": [ruth.code]})
    assert f'value="{ruth.code}" checked' in written.text
    assert sam.code not in written.text
    mail = {"subject_en": "Hello {name}", "body_en": "{sessions}", "speaker": [ruth.code], "chosen": "yes"}
    refused = await browser.post_form(f"{home}/new", {**mail, "body_en": "{oops}", "do": "preview"})
    assert (refused.status_code, "{oops} is no placeholder" in refused.text) == (422, True)
    shown = await browser.post_form(f"{home}/new", {**mail, "do": "preview"})
    assert shown.status_code == 200
    assert "Hello Ruth Okafor" in shown.text
    assert "Sam Lee" not in shown.text
    hidden = dict(re.findall(r'<input type="hidden" name="(once|expected|like)" value="([^"]*)"', shown.text))
    tested = await browser.post_form(f"{home}/new", {**mail, **hidden, "do": "test"})
    assert "A test is on its way" in tested.text
    changed = await browser.post_form(f"{home}/new", {**mail, **hidden, "expected": "other", "do": "send"})
    assert changed.status_code == 409
    assert await SpeakerMessage.count() == 0
    for _ in range(2):
        sent = await browser.post_form(f"{home}/new", {**mail, **hidden, "do": "send"})
        assert sent.headers["location"] == f"{home}/{hidden['once']}"
    page = text_of((await browser.get(sent.headers["location"])).text)
    assert "Ruth Okafor" in page
    assert "Waiting" in page
    assert "Hello {name}" in text_of((await browser.get(home)).text)
    kinds = await OutgoingMail.select(OutgoingMail.recipient).where(OutgoingMail.kind == "speaker-message")
    assert sorted(row["recipient"] for row in kinds) == sorted([ruth.email, petra.email])
    unticked = {**mail, "speaker": [], "do": "send"}
    nobody = await browser.post_form(f"{home}/new", {**unticked, "once": "abcdefgh2345"})
    assert (nobody.status_code, "Nobody of these has" in nobody.text) == (422, True)
    expired = await browser.post_form(f"{home}/new", unticked)
    assert (expired.status_code, "This form has expired" in expired.text) == (400, True)


async def test_a_request_is_answered_once_by_mail(each_database: db.Database) -> None:
    petra = await make_organiser()
    conference, ruth, _anjali, sam = await a_conference()
    await ask_for_change(ruth.id, "Later, please.\n\nhttps://evil.example", now=NOW)
    await ask_for_change(sam.id, "Another room.", now=NOW)
    assert await open_requests(conference.id) == 2
    [of_sam, of_ruth] = await requests_of(conference.id)
    assert (of_ruth.speaker, of_ruth.text, of_ruth.answered_at) == (
        ruth.code,
        "Later, please.\n\nhttps://evil.example",
        None,
    )
    later = NOW + timedelta(hours=1)
    for _ in range(2):
        assert await answer_request(conference, of_ruth.id, "Yes: 11:00.\n\nPetra", actor=petra, now=later)
    with pytest.raises(AlreadyAnswered):
        await answer_request(conference, of_ruth.id, "No.", actor=petra, now=later)
    assert not await answer_request(conference, of_sam.id, "Done.", actor=petra, now=later)
    message, text, html = await mail_to(ruth)
    assert message["Subject"] == "Your request to Working Internationally"
    assert "Yes: 11:00.\n\nPetra\n\nYou had asked:\n\nLater, please.\n\n" in text
    assert "https://evil" not in text
    assert html.count("<a ") == 1
    assert await open_requests(conference.id) == 0
    [line] = await requests_of(conference.id, speaker_id=ruth.id)
    assert (line.answer, line.answered_at, line.answered_by) == ("Yes: 11:00.\n\nPetra", later, "Petra Vogel")
    assert "11:00" not in str(await AuditEntry.select(AuditEntry.after))
    with pytest.raises(NotFound):
        await answer_request(await make_conference("other"), of_ruth.id, "x", actor=petra, now=NOW)


async def test_the_desk_answers_requests(browser: Browser) -> None:
    petra = await make_organiser()
    conference = await make_conference(owner=petra)
    ruth = await make_speaker(conference)
    await ask_for_change(ruth.id, "Later, <b>please</b>.", now=NOW)
    await sign_in_as(browser, petra)
    address = "/organise/libraries/speakers/requests"
    page = (await browser.get(address)).text
    assert "Later, &lt;b&gt;please" in page
    [request] = re.findall(r'name="request" value="(\d+)"', page)
    empty = await browser.post_form(address, {"request": request, "answer": " "})
    assert (empty.status_code, f'id="answer-{request}-error"' in empty.text) == (422, True)
    done = await browser.post_form(address, {"request": request, "answer": "Yes."})
    assert done.headers["location"] == address
    late = await browser.post_form(address, {"request": request, "answer": "No, sorry."})
    assert late.status_code == 409
    assert "No, sorry." in late.text
    assert "Nothing waits" in (await browser.get(address)).text
    assert "Answered by Petra Vogel" in text_of((await browser.get(f"{address}?show=all")).text)
    assert (await browser.post_form(address, {"request": "x", "answer": "x"})).status_code == 404
