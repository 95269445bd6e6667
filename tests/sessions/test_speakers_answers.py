"""What speakers said to each appearance: noted down by the team, kept through changes of the session."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from conference import db
from conference.errors import NotFound, StaleEdit
from conference.tables import AuditEntry
from sessions.drafting import change_session, facts_of
from sessions.session_people import AppearanceFacts
from sessions.speakers.answers import Answer, answers_in_session, answers_of_speaker, note_answer
from sessions.tables import Appearance, DraftChange, SessionPart
from tests.makers import (
    NOW,
    make_conference,
    make_organiser,
    make_room,
    make_session,
    make_slot,
    make_speaker,
)
from tests.pages import Browser, sign_in_as, text_of

YES = Answer("confirmed", "given", "refused")


async def only_row() -> dict[str, Any]:
    [row] = await Appearance.select()
    return row


async def test_a_yes_by_telephone_is_noted_down_with_its_time(each_database: db.Database) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    ruth = await make_speaker(conference)
    session = await make_session(conference, speakers=(ruth,))
    slot = await make_slot(conference, session, await make_room(conference))
    [line] = await answers_of_speaker(ruth.id)
    assert (line.answer, line.session, line.is_cancelled) == (Answer(), session.code, False)
    await note_answer(line.id, YES, seen=line.answer, actor=petra, now=NOW)
    row = await only_row()
    assert (row["state"], row["recording_consent"], row["publishing_consent"]) == (
        "confirmed",
        "given",
        "refused",
    )
    assert (row["answered_at"], row["invited_at"]) == (NOW, None)
    [entry] = await AuditEntry.select().where(AuditEntry.action == "appearance-noted")
    assert (entry["actor"], entry["subject"]) == ("Petra Vogel", f"speaker:{ruth.code}")
    [change] = await DraftChange.select(DraftChange.slots)
    assert change["slots"] == f'["{slot.code}"]'
    later = NOW + timedelta(days=1)
    await note_answer(line.id, YES, seen=YES, actor=petra, now=later)
    assert (await only_row())["answered_at"] == NOW
    back = Answer("planned", "given", "refused")
    await note_answer(line.id, back, seen=YES, actor=petra, now=later)
    assert (await only_row())["answered_at"] is None
    await note_answer(line.id, replace(back, state="invited"), seen=back, actor=petra, now=later)
    assert (await only_row())["invited_at"] == later


async def test_an_answer_that_came_meanwhile_is_not_written_over(each_database: db.Database) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    session = await make_session(conference, speakers=(await make_speaker(conference),))
    [line] = await answers_in_session(session.id)
    declined = Answer("declined", note="I am ill.")
    await note_answer(line.id, declined, seen=Answer(), actor=petra, now=NOW)
    with pytest.raises(StaleEdit) as refusal:
        await note_answer(line.id, YES, seen=Answer(), actor=petra, now=NOW)
    assert refusal.value.theirs["state"] == "declined"
    assert "ill" not in str(refusal.value.theirs)
    with pytest.raises(NotFound):
        await note_answer(line.id + 1, YES, seen=Answer(), actor=petra, now=NOW)
    recorded = str(await AuditEntry.select(AuditEntry.before, AuditEntry.after))
    assert "ill" not in recorded


async def test_a_changed_session_keeps_the_answers_of_who_stays(each_database: db.Database) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    ruth, sam, zoe = [await make_speaker(conference, name) for name in ("Ruth", "Sam", "Zoe")]
    session = await make_session(conference, speakers=(ruth, sam))
    for line in await answers_in_session(session.id):
        await note_answer(line.id, YES, seen=Answer(), actor=petra, now=NOW)
    facts = await facts_of(session)
    people = (
        AppearanceFacts(zoe.id, "chair"),
        AppearanceFacts(sam.id, "host", 1),  # another role now
        AppearanceFacts(ruth.id, "presenter", 0),
        AppearanceFacts(ruth.id, "facilitator"),  # a second role is a new question
    )
    changed = replace(facts, parts=({"en": "One"}, {"en": "Two"}), appearances=people)
    await change_session(session.id, changed, revision=1, actor=petra, now=NOW)
    told = [
        (line.speaker_name, line.role, line.answer.state) for line in await answers_in_session(session.id)
    ]
    assert told == [
        ("Zoe", "chair", "planned"),
        ("Sam", "host", "confirmed"),
        ("Ruth", "presenter", "confirmed"),
        ("Ruth", "facilitator", "planned"),
    ]
    session.revision = 2
    assert (await facts_of(session)).appearances == people
    fewer = replace(changed, parts=({"en": "Only"},), appearances=(AppearanceFacts(ruth.id, "presenter", 0),))
    await change_session(session.id, fewer, revision=2, actor=petra, now=NOW)
    [line] = await answers_in_session(session.id)
    assert (line.speaker_name, line.answer) == ("Ruth", YES)
    assert await SessionPart.count() == 1
    assert (await facts_of(session)).parts == ({"en": "Only"},)


async def desk(browser: Browser) -> tuple[str, str]:
    """A session with one speaker, the organiser signed in: the speaker's code and the session's."""
    petra = await make_organiser()
    conference = await make_conference(owner=petra)
    ruth = await make_speaker(conference)
    session = await make_session(conference, speakers=(ruth,))
    await sign_in_as(browser, petra)
    return ruth.code, session.code


def form(session: str, **values: str) -> dict[str, str]:
    told = {
        "session": session,
        "role": "presenter",
        "answer": "confirmed",
        "recording": "given",
        "publishing": "unknown",
        "note": "",
        "seen_answer": "planned",
        "seen_recording": "unknown",
        "seen_publishing": "unknown",
    }
    return {**told, **values}


async def test_the_desk_notes_an_answer_on_either_page(browser: Browser) -> None:
    ruth, session = await desk(browser)
    page = text_of((await browser.get(f"/organise/libraries/sessions/{session}")).text)
    assert "Ruth Okafor presenter Not invited yet" in page
    address = f"/organise/libraries/speakers/{ruth}/answers"
    answer = await browser.post_form(address, form(session, **{"from": "session"}))
    assert answer.headers["location"] == f"/organise/libraries/sessions/{session}#answers"
    page = text_of((await browser.get(f"/organise/libraries/speakers/{ruth}")).text)
    assert "Confirmed answered" in page
    assert "May be recorded: yes" in page
    stale = await browser.post_form(address, form(session, answer="declined", note="Ill."))
    assert stale.status_code == 409
    assert "Declined" in stale.text
    assert "Confirmed" in stale.text
    again = form(session, answer="declined", note="Ill.", seen_answer="confirmed", seen_recording="given")
    answer = await browser.post_form(address, again)
    assert answer.headers["location"] == f"/organise/libraries/speakers/{ruth}#answers"
    assert (await only_row())["answer_note"] == "Ill."


async def test_an_answer_that_makes_no_sense_is_refused(browser: Browser) -> None:
    ruth, session = await desk(browser)
    address = f"/organise/libraries/speakers/{ruth}/answers"
    assert (await browser.post_form(address, form(session, answer="maybe"))).status_code == 422
    assert (await browser.post_form(address, form("nothing"))).status_code == 404
    assert (await browser.post_form(address, form(session, role="chair"))).status_code == 404
    assert (await browser.get(address)).headers["location"] == f"/organise/libraries/speakers/{ruth}"
    assert (await only_row())["state"] == "planned"
