"""The job that reminds, and what becomes of reminders that wait: against both databases, with real releases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conference import db
from conference.mail import delivery
from conference.mail.rechecking import Waiting
from conference.mail.templates import example_payload
from conference.outbox import deliver_due
from conference.tables import MailState, OutgoingMail
from registration.calendars import agendas
from registration.calendars.sync import send_owed_invites
from registration.entries import withdrawing
from registration.reminding.rechecking import RECHECKS
from registration.reminding.sending import BATCH, forget_reminders, send_reminders
from registration.reminding.tables import ReminderPlan, ReminderSent
from registration.seating import seats
from registration.tables import Registration, RegistrationStatus
from sessions.speakers import slot_reminders
from sessions.tables import Session, SessionState, Slot
from tests.conference.test_outbox import queue, settings_for
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE, Person
from tests.registration.cast import REGISTERED, Scene, as_sent, mails, make_scene

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


async def run(now: datetime) -> None:
    """The job until it has nothing left to do."""
    while await send_reminders(now):
        pass


async def reminders() -> list[tuple[str, str, list[str]]]:
    """Every reminder queued so far: to whom, of which kind, and the titles in it."""
    found = []
    for mail in await mails():
        if mail.kind in RECHECKS:
            told = json.loads(mail.payload)
            titles = [one["title"]["en"] for one in told["sessions"]]
            found.append((mail.recipient, told["reminder"], titles))
    return found


def words(mail: OutgoingMail) -> str:
    """Subject and text as the person reads them."""
    message = as_sent(mail)
    body = message.get_body(("plain",))
    assert body is not None
    return f"{message['Subject']}\n{body.get_content()}"


async def change(registration: Registration, **columns: Any) -> None:
    values: dict[Any, Any] = columns
    await Registration.update(values).where(Registration.id == registration.id)


async def attending(scene: Scene, person: Person, *slots: Slot, agenda: Slot | None = None) -> Registration:
    """Somebody confirmed, whose calendar has been told."""
    registration = await scene.confirmed(person, *slots)
    if agenda is not None:
        await agendas.put_on_agenda(registration.id, await scene.programme(), agenda.code, REGISTERED)
    await send_owed_invites(REGISTERED + HOUR)
    return registration


async def test_each_is_reminded_of_their_own_sessions_on_their_own_clock(each_database: db.Database) -> None:
    scene = await make_scene()
    await attending(scene, KOLKATA_ATTENDEE, scene.bread_late, agenda=scene.keynote)
    await attending(scene, AUCKLAND_ATTENDEE, scene.maps_slot)
    anjali, wiremu = KOLKATA_ATTENDEE.email, AUCKLAND_ATTENDEE.email
    start = scene.keynote.start  # 10:00 in London
    await run(start - DAY - MINUTE)
    assert await reminders() == []
    await run(start - DAY)
    assert await reminders() == [(anjali, "day", ["Opening", "Bread & “Butter”"])]
    await run(scene.maps_slot.start - DAY)
    assert (await reminders())[1:] == [(wiremu, "day", ["Maps"])]
    # Seven in the morning: in Auckland that is eight in the evening before, in London.
    await run(start - DAY + 10 * HOUR)
    assert (await reminders())[2:] == [(wiremu, "digest", ["Maps"])]
    await run(start - 8 * HOUR)
    assert len(await reminders()) == 3
    await run(start - 7.5 * HOUR)
    assert (await reminders())[3:] == [(anjali, "digest", ["Opening", "Bread & “Butter”"])]
    await run(start - HOUR)
    await run(start)
    assert (await reminders())[4:] == [(anjali, "hour", ["Opening"])]
    last = (await mails("session-reminder"))[-1]
    assert "Thu 25 Jun, 14:30 (Kolkata): Opening" in words(last)
    assert "Conference time: 10:00–10:45 (London, BST, UTC+1)" in words(last)


async def test_running_again_tells_nobody_twice_not_even_with_the_clock_set_back(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    await attending(scene, KOLKATA_ATTENDEE, scene.bread_late, agenda=scene.keynote)
    start = scene.keynote.start
    for moment in (start - DAY, start - 3 * HOUR, start - HOUR, start + 4 * HOUR):
        await run(moment)
        await run(moment)
    before = await reminders()
    for moment in (start - DAY, start - 2 * DAY, start - 3 * HOUR, start - HOUR, start + 4 * HOUR):
        await ReminderPlan.delete(force=True)  # whatever a process remembered is lost
        await run(moment)
    assert await reminders() == before
    assert len(before) == len(await mails("session-reminder")) + len(await mails("day-digest"))


async def test_two_workers_at_once_send_one_mail(each_database: db.Database) -> None:
    scene = await make_scene()
    await attending(scene, KOLKATA_ATTENDEE, scene.bread_late, agenda=scene.keynote)
    await attending(scene, AUCKLAND_ATTENDEE, scene.maps_slot)
    now = scene.keynote.start - 20 * MINUTE
    await asyncio.gather(*(send_reminders(now) for _worker in range(5)))
    await run(now)
    assert sorted(await reminders()) == [
        (KOLKATA_ATTENDEE.email, "digest", ["Opening", "Bread & “Butter”"]),
        (KOLKATA_ATTENDEE.email, "hour", ["Opening"]),
        (AUCKLAND_ATTENDEE.email, "digest", ["Maps"]),
    ]
    assert await ReminderSent.count() == 4


async def test_a_worker_stopped_at_any_point_goes_on_where_it_was(each_database: db.Database) -> None:
    scene = await make_scene(seats=500)
    for number in range(BATCH + 10):
        person = replace(KOLKATA_ATTENDEE, email=f"p{number}@example.org")
        await scene.confirmed(person, scene.bread_late)
    now = scene.bread_late.start - DAY
    for turns in range(0, 60, 6):
        task = asyncio.create_task(send_reminders(now))
        for _turn in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert await ReminderSent.count() == len(await mails("session-reminder"))
    await run(now)
    addresses = [mail.recipient for mail in await mails("session-reminder")]
    assert sorted(addresses) == sorted(f"p{number}@example.org" for number in range(BATCH + 10))


async def test_only_those_who_take_part_are_reminded(database: db.Database) -> None:
    scene = await make_scene()
    for status in RegistrationStatus:
        person = replace(KOLKATA_ATTENDEE, email=f"{status.value}@example.org")
        registration = await attending(scene, person, scene.bread_late)
        await change(registration, status=status)
    await run(scene.bread_late.start - DAY)
    assert await reminders() == [("confirmed@example.org", "day", ["Bread & “Butter”"])]


async def test_what_nobody_wants_is_not_sent(database: db.Database) -> None:
    scene = await make_scene()
    registration = await attending(scene, KOLKATA_ATTENDEE, scene.bread_late)
    await change(registration, remind_day=False, remind_hour=False, remind_digest=False)
    for before in (DAY, 8 * HOUR, HOUR, 10 * MINUTE):
        await run(scene.bread_late.start - before)
    assert await reminders() == []


async def test_a_moved_session_is_told_anew_and_the_mail_that_waits_does_not_go(
    each_database: db.Database, tmp_path: Path
) -> None:
    scene = await make_scene()
    await attending(scene, KOLKATA_ATTENDEE, scene.bread_late)
    await run(scene.bread_late.start - DAY)
    moved_at = scene.bread_late.start - DAY + HOUR  # the mail server rests meanwhile
    await scene.move(scene.bread_late, "18:00")
    await scene.publish(moved_at)
    done = await deliver_due(settings_for(tmp_path), moved_at + MINUTE, rechecks=RECHECKS)
    assert (await mails("session-reminder"))[0].state == MailState.SUPPRESSED
    assert done.suppressed == 1
    await run(moved_at + MINUTE)
    assert len(await reminders()) == 1
    await run(scene.bread_late.start + 3 * HOUR - DAY)
    (_old, new) = await mails("session-reminder")
    assert "Thu 25 Jun, 22:30 (Kolkata): Bread & “Butter”" in words(new)
    assert "New time" not in words(new)


async def test_of_two_in_one_mail_only_the_one_that_stands_goes(
    database: db.Database, tmp_path: Path
) -> None:
    scene = await make_scene()
    registration = await attending(scene, KOLKATA_ATTENDEE, scene.bread_late, agenda=scene.keynote)
    await run(scene.keynote.start - DAY)
    later = scene.keynote.start - DAY + HOUR
    programme = await scene.programme()
    await seats.give_up_seat(registration.id, scene.conference, programme, scene.bread_late.code, later)
    done = await deliver_due(settings_for(tmp_path), later, rechecks=RECHECKS)
    assert done.suppressed == 0
    (mail,) = await mails("session-reminder")
    assert mail.state == MailState.SENT
    assert await reminders() == [(KOLKATA_ATTENDEE.email, "day", ["Opening"])]
    assert "Bread" not in words(mail)


@pytest.mark.parametrize("what", ["withdrawn", "cancelled", "given-up", "unwanted", "readdressed", "begun"])
async def test_a_reminder_of_what_is_no_more_does_not_go(
    database: db.Database, tmp_path: Path, what: str
) -> None:
    scene = await make_scene()
    registration = await attending(scene, KOLKATA_ATTENDEE, scene.bread_late)
    now = scene.bread_late.start - HOUR
    await run(now)
    programme = await scene.programme()
    if what == "withdrawn":
        await withdrawing.withdraw(registration.id, scene.conference, programme, now)
    elif what == "cancelled":
        await Session.update({Session.state: SessionState.CANCELLED.value}).where(
            Session.id == scene.bread.id
        )
        await scene.publish(now)
    elif what == "given-up":
        await seats.give_up_seat(registration.id, scene.conference, programme, scene.bread_late.code, now)
    elif what == "unwanted":
        await change(registration, remind_hour=False)
    elif what == "readdressed":
        await change(registration, email="anjali@library.example")
    else:
        now = scene.bread_late.start
    await deliver_due(settings_for(tmp_path), now, rechecks=RECHECKS)
    sent = [mail.kind for mail in await mails() if mail.state == MailState.SENT]
    assert "session-reminder" not in sent


async def test_a_digest_that_waited_tells_the_day_as_it_is_now(database: db.Database, tmp_path: Path) -> None:
    scene = await make_scene()
    await attending(scene, KOLKATA_ATTENDEE, scene.bread_late, agenda=scene.keynote)
    morning = scene.keynote.start - 7.5 * HOUR
    await run(morning)
    await scene.move(scene.bread_late, "16:00")
    await Session.update({Session.state: SessionState.CANCELLED.value}).where(
        Session.title.like('%"Opening"%')
    )
    await scene.publish(morning + MINUTE)
    await send_owed_invites(morning + MINUTE)
    await deliver_due(settings_for(tmp_path), morning + 2 * MINUTE, rechecks=RECHECKS)
    (digest,) = await mails("day-digest")
    assert digest.state == MailState.SENT
    text = words(digest)
    assert "You have one session" in text
    assert "Thursday 25 June 2026, 20:30–21:30 (Kolkata, IST, UTC+5:30)" in text
    assert "Old time, no longer valid:\n  Thursday 25 June 2026, 19:30–20:30 (Kolkata" in text
    assert "Cancelled, it was:\n  Thursday 25 June 2026, 14:30–15:15 (Kolkata" in text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "fr",
            ["jeu. 25 juin, 14:30 (Calcutta)", "et 1 autre", "Votre journée", "jeudi 25 juin 2026"],
        ),
        ("ar", ["الخميس، 25 يونيو، 14:30 (كالكتا)", "وجلسة أخرى", "يومك", "الخميس، 25 يونيو 2026"]),
    ],
)
async def test_the_mails_are_in_the_persons_language(
    database: db.Database, language: str, said: list[str]
) -> None:
    scene = await make_scene(languages=("en", language))
    await attending(
        scene, replace(KOLKATA_ATTENDEE, language=language), scene.bread_late, agenda=scene.keynote
    )
    await run(scene.keynote.start - DAY)
    await run(scene.keynote.start - 7.5 * HOUR)
    found = [words(mail) for mail in await mails() if mail.kind in RECHECKS]
    before, day = [text.partition("\n")[0] for text in found]
    assert all(words in before for words in said[:2])
    assert all(words in day for words in said[2:])
    for text in found:
        assert "Your" not in text
        assert "Conference time" not in text


async def test_a_teams_test_of_its_words_goes_and_a_broken_mail_keeps_no_other_waiting(
    database: db.Database, tmp_path: Path
) -> None:
    scene = await make_scene()
    await attending(scene, KOLKATA_ATTENDEE, scene.bread_late)
    now = scene.bread_late.start - HOUR
    await run(now)
    for kind in (*RECHECKS, *slot_reminders.RECHECKS):
        facts = example_payload(scene.conference, kind)
        await queue(kind=kind, key=f"test:{kind}", payload=facts, now=now, to="team@example.org")
        await queue(kind=kind, key=f"broken:{kind}", payload={}, now=now, to="nobody@example.org")
    rechecks = {**RECHECKS, **slot_reminders.RECHECKS}
    await deliver_due(settings_for(tmp_path), now, rechecks=rechecks)
    states = {mail.recipient: mail.state for mail in await mails() if mail.kind in rechecks}
    assert states == {
        KOLKATA_ATTENDEE.email: MailState.SENT,
        "team@example.org": MailState.SENT,
        "nobody@example.org": MailState.HELD,
    }


async def test_in_a_long_run_what_a_mail_says_is_asked_about_once_more(
    database: db.Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await make_scene()
    await attending(scene, KOLKATA_ATTENDEE, scene.bread_late)
    other = await attending(scene, AUCKLAND_ATTENDEE, scene.bread_late)
    now = scene.bread_late.start - HOUR
    await run(now)
    monkeypatch.setattr(delivery, "CHECK_HOLDS", -1)  # as if every mail took so long
    asked = 0

    async def then_unwanted(waiting: Mapping[int, Waiting], at: datetime) -> Mapping[int, Any]:
        nonlocal asked
        says = await RECHECKS["session-reminder"](waiting, at)
        asked += 1
        if asked == 1:
            await change(other, remind_hour=False)
        return says

    await deliver_due(settings_for(tmp_path), now, rechecks={"session-reminder": then_unwanted})
    states = {mail.recipient: mail.state for mail in await mails("session-reminder")}
    assert states == {KOLKATA_ATTENDEE.email: MailState.SENT, AUCKLAND_ATTENDEE.email: MailState.SUPPRESSED}


async def test_a_check_that_fails_keeps_no_other_kind_waiting(database: db.Database, tmp_path: Path) -> None:
    scene = await make_scene()
    await attending(scene, KOLKATA_ATTENDEE, scene.bread_late)
    now = scene.bread_late.start - HOUR
    await run(now)

    async def fails(_waiting: object, _now: datetime) -> dict[int, None]:
        raise RuntimeError("the check is broken")

    await deliver_due(settings_for(tmp_path), now, rechecks={"session-reminder": fails})
    states = {mail.kind: mail.state for mail in await mails()}
    assert states["session-reminder"] == MailState.QUEUED
    assert states["registration-confirmed"] == MailState.SENT


async def test_a_change_of_zone_moves_the_digest_and_makes_no_second(database: db.Database) -> None:
    scene = await make_scene()
    registration = await attending(scene, KOLKATA_ATTENDEE, scene.bread_late)
    morning = scene.keynote.start - 7.5 * HOUR  # seven in Kolkata
    await run(morning)
    await change(registration, zone="America/New_York", changed_at=morning + MINUTE)
    for hours in range(24):
        await run(morning + hours * HOUR)
    assert [kind for _to, kind, _titles in await reminders()] == ["digest", "hour"]


async def test_many_people_cost_as_many_queries_as_batches(database: db.Database) -> None:
    scene = await make_scene(seats=500)
    now = scene.bread_late.start - DAY
    costs = []
    for count in (3, BATCH):
        for number in range(count):
            person = replace(KOLKATA_ATTENDEE, email=f"p{count}-{number}@example.org")
            await scene.confirmed(person, scene.bread_late)
        with db.count_queries() as counted:
            assert await send_reminders(now) == count
        costs.append(counted.total)
    assert len(await mails("session-reminder")) == 3 + BATCH
    # A full batch looks whether there is another.
    assert costs == [9, 10]
    with db.count_queries() as counted:
        assert await send_reminders(now + MINUTE) == 0
    assert counted.total == 2


async def test_nothing_is_asked_while_no_session_is_near(database: db.Database) -> None:
    scene = await make_scene()
    await attending(scene, KOLKATA_ATTENDEE, scene.bread_late)
    await scene.programme()
    with db.count_queries() as counted:
        assert await send_reminders(scene.keynote.start - 10 * DAY) == 0
    assert counted.total == 1
    assert await ReminderPlan.count() == 0


async def test_who_was_reminded_is_forgotten_in_time(database: db.Database) -> None:
    scene = await make_scene()
    await attending(scene, KOLKATA_ATTENDEE, scene.bread_late)
    await run(scene.bread_late.start - DAY)
    assert await forget_reminders(scene.bread_late.start + 59 * DAY) == 0
    assert await forget_reminders(scene.bread_late.start + 61 * DAY) == 1


@pytest.mark.parametrize("kind", sorted({*RECHECKS, *slot_reminders.RECHECKS}))
async def test_a_teams_test_of_its_words_goes_where_nobody_else_is_reminded(
    each_database: db.Database, tmp_path: Path, kind: str
) -> None:
    scene = await make_scene()
    facts = example_payload(scene.conference, kind)
    await queue(kind=kind, key=f"test:{kind}", payload=facts, now=REGISTERED, to="team@example.org")
    rechecks = {**RECHECKS, **slot_reminders.RECHECKS}
    await deliver_due(settings_for(tmp_path), REGISTERED, rechecks=rechecks)
    assert [mail.state for mail in await mails(kind)] == [MailState.SENT]
