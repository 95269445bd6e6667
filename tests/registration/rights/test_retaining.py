"""Data is kept as long as was chosen: the report deletes nothing, the job what is due, once it has been due for a day."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from conference.db import Database
from conference.errors import StaleEdit
from conference.tables import AuditEntry, OutgoingMail
from registration.asking.tables import Answer
from registration.attending.tables import Presence
from registration.calendars.tables import Feed
from registration.entries.tables import AttendeeSignIn, Interest, Invitation
from registration.rights.retaining import Periods, change_periods, delete_due, dry_run, overdue, periods_of
from registration.rights.retention import (
    ADVISED,
    RetentionKind,
    due_on,
    kind_words,
    read_periods,
    write_periods,
)
from registration.rights.tables import Complaint, ErasedRegistration
from registration.tables import Registration
from sessions.tables import Speaker
from tests.makers import THE_DAY, make_speaker
from tests.pages import Browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, make_scene
from tests.registration.rights.crowded import SARASWATI, TRACES, crowded
from tests.registration.rights.remains import rows_with

PAGE = "/organise/libraries/privacy/retention"
END = datetime.fromisoformat("2026-06-26T00:00:00+01:00")  # of the conference's day in London


def days_after(days: int) -> datetime:
    return END + timedelta(days=days, hours=1)


async def keep(scene: Scene, days: dict[RetentionKind, int], revision: int | None = None) -> None:
    seen = (await periods_of(scene.conference.id)).revision if revision is None else revision
    await change_periods(scene.conference, Periods(days, seen), actor=scene.organiser, now=REGISTERED)


async def run_until_done(now: datetime) -> int:
    """The job as it runs by itself: noted first, a day later until nothing is left."""
    await delete_due(now - timedelta(days=1, minutes=1))
    done = 0
    while gone := await delete_due(now):
        done += gone
    return done


def test_every_kind_has_words_and_advice() -> None:
    assert set(ADVISED) == set(RetentionKind) == set(kind_words())
    assert read_periods(write_periods(ADVISED)) == ADVISED
    assert due_on(THE_DAY, 30).isoformat() == "2026-07-26"


async def test_the_report_says_when_how_much_and_of_how_many_and_deletes_nothing(
    each_database: Database,
) -> None:
    scene = await make_scene()
    await crowded(scene)
    await make_speaker(scene.conference)
    reports = {one.kind: one for one in await dry_run(scene.conference, ADVISED, REGISTERED)}
    assert reports.keys() == ADVISED.keys()
    answers = reports[RetentionKind.ANSWERS]
    assert (answers.due.isoformat(), answers.is_due, answers.rows, answers.people) == (
        "2026-07-26",
        False,
        2,
        2,
    )
    assert (reports[RetentionKind.SIGN_INS].rows, reports[RetentionKind.SIGN_INS].people) == (2, 1)
    assert reports[RetentionKind.INTEREST].rows == 1
    assert reports[RetentionKind.COMPLAINTS].rows == 0  # it is not answered
    assert reports[RetentionKind.SPEAKERS].rows == 1
    assert await Answer.count() == 2


async def test_each_kind_goes_when_its_days_are_over(each_database: Database) -> None:
    scene = await make_scene()
    await crowded(scene)
    await make_speaker(scene.conference, access_needs="A quiet room")
    await Complaint.update({Complaint.answered_at: REGISTERED, Complaint.answer: "Sorry"}).where(
        Complaint.id > 0
    )
    await keep(scene, {kind: 30 for kind in RetentionKind if kind is not RetentionKind.DETAILS})
    assert await run_until_done(days_after(29)) == 0
    assert await Answer.count() == 2
    await run_until_done(days_after(31))
    counts = [
        await table.count()
        for table in (Answer, AttendeeSignIn, Feed, Presence, Interest, Invitation, Complaint)
    ]
    assert counts == [0] * 7
    (speaker,) = await Speaker.objects()
    assert (speaker.name, speaker.email, speaker.access_needs) == ("Ruth Okafor", "", "")
    assert await Registration.exists().where(Registration.name == SARASWATI.name)
    sent = await OutgoingMail.count().where((OutgoingMail.state == "sent") & (OutgoingMail.recipient != ""))
    assert sent == 0
    # The record itself was due too, but for what it says of these days.
    old = await AuditEntry.count().where(AuditEntry.at < days_after(30))
    assert old == 0


async def test_attendees_are_erased_and_go_on_counting(each_database: Database) -> None:
    scene = await make_scene()
    await crowded(scene)
    await scene.confirmed(AUCKLAND_ATTENDEE)
    await Complaint.update({Complaint.answered_at: REGISTERED}).where(Complaint.id > 0)
    await keep(scene, {RetentionKind.DETAILS: 30, RetentionKind.UNFINISHED: 30, RetentionKind.COMPLAINTS: 30})
    await run_until_done(days_after(31))
    assert await Registration.count() == 0
    assert await ErasedRegistration.count() == 4
    assert await rows_with([*TRACES, "wiremu"]) == []
    assert await OutgoingMail.count().where(OutgoingMail.kind == "data-erased") == 0


async def test_who_has_an_open_complaint_is_kept_until_it_is_answered(database: Database) -> None:
    scene = await make_scene()
    await crowded(scene)
    await keep(scene, {RetentionKind.DETAILS: 30})
    await run_until_done(days_after(31))
    assert await Registration.exists().where(Registration.name == SARASWATI.name)


async def test_a_clock_that_runs_ahead_for_a_moment_deletes_nothing(each_database: Database) -> None:
    scene = await make_scene()
    await crowded(scene)
    await keep(scene, {RetentionKind.ANSWERS: 30})
    await delete_due(days_after(3000))
    await delete_due(REGISTERED)
    assert await delete_due(days_after(31)) == 0  # the note came from the future: made anew
    assert await Answer.count() == 2
    assert await delete_due(days_after(33)) == 2
    assert await Answer.count() == 0


async def test_what_is_newer_than_its_days_stays_long_after(database: Database) -> None:
    scene = await make_scene()
    await keep(scene, {RetentionKind.INTEREST: 30})
    late = days_after(100)
    for number, at in enumerate((REGISTERED, late)):
        address = f"i{number}@example.org"
        await Interest(
            conference=scene.conference.id,
            code=f"interest{number}",
            email=address,
            email_key=address,
            created_at=at,
        ).save()
    assert await run_until_done(late + timedelta(days=5)) == 1
    assert [row.code for row in await Interest.objects()] == ["interest1"]


async def test_what_should_be_gone_is_reported_to_the_operator(database: Database) -> None:
    scene = await make_scene()
    await crowded(scene)
    await keep(scene, {RetentionKind.ANSWERS: 30})
    assert await overdue(days_after(31)) == []
    assert await overdue(days_after(35)) == [
        "libraries: 2 rows of answers should have been deleted by 2026-07-26."
    ]


async def test_of_two_who_change_it_the_second_is_told(each_database: Database) -> None:
    scene = await make_scene()
    await keep(scene, {RetentionKind.ANSWERS: 30})
    with pytest.raises(StaleEdit):
        await keep(scene, {RetentionKind.ANSWERS: 90}, revision=0)
    assert (await periods_of(scene.conference.id)).days == {RetentionKind.ANSWERS: 30}


async def test_the_desk_looks_saves_and_is_told_of_errors(database: Database, browser: Browser) -> None:
    scene = await make_scene()
    await crowded(scene)
    await sign_in_as(browser, scene.organiser)
    page = await browser.get(PAGE)
    assert "Nothing is deleted yet" in page.text
    assert 'name="days_answers" type="text" value="30"' in page.text
    assert "Sunday 26 July 2026" in page.text
    looked = await browser.post_form(PAGE, {"days_answers": "10", "do": "look"})
    assert (looked.status_code, "Monday 6 July 2026" in looked.text) == (200, True)
    revision = str((await periods_of(scene.conference.id)).revision)
    bad = await browser.post_form(PAGE, {"days_answers": "soon", "revision": revision})
    assert (bad.status_code, 'class="error"' in bad.text) == (422, True)
    assert (await periods_of(scene.conference.id)).days == {}
    assert (await browser.post_form(PAGE, {"days_answers": "10", "revision": revision})).status_code == 303
    assert (await periods_of(scene.conference.id)).days == {RetentionKind.ANSWERS: 10}
    stale = await browser.post_form(PAGE, {"days_answers": "20", "revision": revision})
    assert stale.status_code == 409
    saved = await browser.get(PAGE)
    assert "Nothing is deleted yet" not in text_of(saved.text)
    assert 'name="days_mails" type="text" value=""' in saved.text
