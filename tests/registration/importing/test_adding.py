"""Sheets taken in: each row once, whatever is killed or pressed twice; capacity kept; nobody's consent assumed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from conference import clock, db
from conference.tables import AuditEntry, Conference
from registration.asking.tables import Answer, Consent
from registration.calendars.tables import InviteSent
from registration.entries import confirming
from registration.entries.links import page_token
from registration.entries.withdrawing import withdraw
from registration.importing import looking, running
from registration.importing.adding import add_person
from registration.importing.reading import MailChoice, Plan
from registration.importing.reasons import decode
from registration.importing.running import work_on_sheets
from registration.importing.sheets_kept import (
    KEPT,
    ImportBusy,
    arrive,
    counted,
    forget,
    forget_old,
    import_by_code,
    look_with,
    start,
    stop,
)
from registration.importing.tables import ImportedRow, ImportState, RegistrationImport, RowOutcome
from registration.seating.tables import Seat, WaitlistEntry
from registration.tables import Registration, RegistrationAccess, RegistrationStatus
from tests.makers import NOW
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, mails, make_scene, the_registration
from tests.registration.lines import rule

COLUMNS = ("name", "email", "country", "seats")
PLAN = Plan(COLUMNS)


def sheet_of(*rows: str) -> bytes:
    return "\n".join(["Name,E-mail,Country,Seats", *rows]).encode()


def people(number: int, seats: str = "") -> list[str]:
    return [f"Person {at},person{at}@example.org,India,{seats}" for at in range(number)]


async def looked_at(scene: Scene, content: bytes, plan: Plan = PLAN) -> RegistrationImport:
    """The sheet as it has been looked at."""
    code = await arrive(scene.conference, "sheet.csv", content, actor=scene.organiser, now=REGISTERED)
    sheet = await import_by_code(scene.conference.id, code)
    await look_with(sheet.id, plan)
    await work()
    sheet = await import_by_code(scene.conference.id, code)
    assert sheet.state == ImportState.LOOKED
    return sheet


async def work() -> None:
    """The job until there is nothing left to do."""
    with clock.fixed_at(REGISTERED):
        while await work_on_sheets(REGISTERED):
            pass


async def taken_in(scene: Scene, content: bytes, plan: Plan = PLAN) -> RegistrationImport:
    """The sheet with everybody registered."""
    sheet = await looked_at(scene, content, plan)
    await start(sheet, actor=scene.organiser, now=REGISTERED)
    await work()
    sheet = await import_by_code(scene.conference.id, sheet.code)
    assert sheet.state == ImportState.DONE
    return sheet


async def outcomes(sheet: RegistrationImport) -> list[tuple[int, str, list[str]]]:
    rows = await ImportedRow.objects().where(ImportedRow.sheet == sheet.id).order_by(ImportedRow.line)
    return [(row.line, row.outcome, [reason.code for reason in decode(row.reasons)]) for row in rows]


async def test_looking_registers_nobody_and_accounts_for_every_row(each_database: db.Database) -> None:
    scene = await make_scene()
    await scene.confirmed(KOLKATA_ATTENDEE)
    gone = await scene.confirmed(AUCKLAND_ATTENDEE)
    await withdraw(gone.id, scene.conference, await scene.programme(), REGISTERED)
    sheet = await looked_at(
        scene,
        sheet_of(
            "Ada,ada@example.org,India,Maps",
            "Ada again,ADA@example.org,India,",
            f"Anjali,{KOLKATA_ATTENDEE.email.upper()},India,",
            f"Wiremu,{AUCKLAND_ATTENDEE.email},New Zealand,",
            "Nobody,,India,",
            "Bob,bob@example.org,India,Juggling",
        ),
    )
    assert await outcomes(sheet) == [
        (2, "to-add", []),
        (3, "refused", ["double"]),
        (4, "known", ["known"]),
        (5, "refused", ["withdrew"]),
        (6, "refused", ["no-email"]),
        (7, "to-add", ["bad-seat"]),
    ]
    counts = await counted(sheet)
    assert (counts.total, counts.looked_at, counts.settled) == (6, 6, 4)
    assert await Registration.count() == 2


async def test_people_are_confirmed_with_their_seats_and_told_who_registered_them(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    sheet = await taken_in(scene, sheet_of("Ada King,ada@example.org,India,Maps"))
    (registration,) = await Registration.objects()
    assert registration.status == RegistrationStatus.CONFIRMED
    assert registration.confirmed_at is not None
    assert (registration.name, registration.country, registration.zone) == ("Ada King", "IN", "Asia/Kolkata")
    assert [seat.slot for seat in await Seat.objects()] == [scene.maps_slot.id]
    assert [mail.kind for mail in await mails()] == ["invite", "registration-imported"]
    assert await InviteSent.count() == 1
    assert await Consent.count() == 0
    row = await ImportedRow.objects().first()
    assert row is not None
    assert (row.outcome, row.registration, row.cells) == (RowOutcome.ADDED, registration.id, "[]")
    entry = await AuditEntry.objects().where(AuditEntry.action == "registration-imported").first()
    assert entry is not None
    assert (entry.actor, entry.subject) == (
        scene.organiser.label,
        f"registration:{registration.code}",
    )
    assert sheet.code in entry.after
    # Their link opens their page, and withdraws.
    welcome = await confirming.confirm(
        await scene.fresh(), await scene.programme(), page_token(registration.code, 1), REGISTERED
    )
    assert welcome.secret


async def test_asked_to_confirm_they_are_as_if_they_had_registered_themselves(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    await rule(scene, access=RegistrationAccess.APPROVAL)
    await taken_in(
        scene, sheet_of("Ada King,ada@example.org,India,Maps"), replace(PLAN, mail=MailChoice.CONFIRM)
    )
    (registration,) = await Registration.objects()
    assert registration.status == RegistrationStatus.PENDING
    (mail,) = await mails()
    assert mail.kind == "registration-confirm"
    assert '"by_team": true' in mail.payload
    token = page_token(registration.code, 1)
    await confirming.confirm(await scene.fresh(), await scene.programme(), token, REGISTERED)
    # The organisers said yes when they put them down.
    assert (await the_registration(registration.code)).status == RegistrationStatus.CONFIRMED


async def test_without_mail_nobody_hears_of_it_now_nor_at_the_next_turn(each_database: db.Database) -> None:
    from registration.calendars.sync import send_owed_invites

    scene = await make_scene()
    await taken_in(
        scene, sheet_of("Ada King,ada@example.org,India,Maps"), replace(PLAN, mail=MailChoice.NONE)
    )
    await send_owed_invites(REGISTERED + timedelta(minutes=5))
    assert await mails() == []
    assert await Seat.count() == 1
    await scene.move(scene.maps_slot, "12:30")
    await scene.publish(REGISTERED)
    await send_owed_invites(REGISTERED + timedelta(minutes=5))
    assert len(await mails()) == 1, "a change of their session is told to them as to everybody"


async def test_the_same_sheet_twice_changes_nothing(each_database: db.Database) -> None:
    scene = await make_scene()
    content = sheet_of(*people(3, "Maps"))
    await taken_in(scene, content)
    letters = len(await mails())
    second = await looked_at(scene, content)
    assert {outcome for _line, outcome, _reasons in await outcomes(second)} == {"known"}
    await start(second, actor=scene.organiser, now=REGISTERED)
    await work()
    assert await Registration.count() == 3
    assert await Seat.count() == 3
    assert len(await mails()) == letters


async def test_two_sheets_with_the_same_people_register_each_once(each_database: db.Database) -> None:
    scene = await make_scene()
    sheets = [await looked_at(scene, sheet_of(*people(5))) for _sheet in range(2)]
    for sheet in sheets:
        await start(sheet, actor=scene.organiser, now=REGISTERED)
    await work()
    assert await Registration.count() == 5
    first, second = [[outcome for _l, outcome, _r in await outcomes(sheet)] for sheet in sheets]
    assert (first, second) == (["added"] * 5, ["known"] * 5)


async def test_whoever_is_killed_leaves_each_row_to_be_done_once(
    each_database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await make_scene()
    sheet = await looked_at(scene, sheet_of(*people(7)))
    await start(sheet, actor=scene.organiser, now=REGISTERED)
    calls = 0

    async def killed_on_the_way(*arguments: Any) -> RowOutcome:
        nonlocal calls
        calls += 1
        if calls in (3, 6):
            async with db.transaction():
                await add_person(*arguments)
                raise asyncio.CancelledError
        return await add_person(*arguments)

    monkeypatch.setattr(running, "add_person", killed_on_the_way)
    for _kill in range(2):
        with pytest.raises(asyncio.CancelledError):
            await work()
    assert await Registration.count() < 7
    await work()
    assert await Registration.count() == 7
    assert [outcome for _line, outcome, _r in await outcomes(sheet)] == ["added"] * 7
    assert len(await mails("registration-imported")) == 7


async def test_two_processes_at_once_add_each_person_once(each_database: db.Database) -> None:
    scene = await make_scene()
    sheet = await looked_at(scene, sheet_of(*people(6)))
    await start(sheet, actor=scene.organiser, now=REGISTERED)
    # Without the lease of the job, as when a process overslept it.
    with clock.fixed_at(REGISTERED):
        await asyncio.gather(*(work_on_sheets(REGISTERED) for _process in range(3)))
    await work()
    assert await Registration.count() == 6
    assert len(await mails("registration-imported")) == 6


async def test_a_row_that_fails_keeps_no_other_from_being_added(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await make_scene()
    sheet = await looked_at(scene, sheet_of(*people(3)))
    await start(sheet, actor=scene.organiser, now=REGISTERED)

    async def stumbling(row_id: int, read: Any, by: Any) -> RowOutcome:
        if read.email == "person1@example.org":
            raise ZeroDivisionError
        return await add_person(row_id, read, by)

    monkeypatch.setattr(running, "add_person", stumbling)
    await work()
    assert await outcomes(sheet) == [(2, "added", []), (3, "refused", ["failed"]), (4, "added", [])]


async def test_a_database_that_is_busy_refuses_nobody(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await make_scene()
    sheet = await looked_at(scene, sheet_of(*people(2)))
    await start(sheet, actor=scene.organiser, now=REGISTERED)

    async def busy(*_arguments: Any) -> RowOutcome:
        raise db.DatabaseBusy("busy")

    monkeypatch.setattr(running, "add_person", busy)
    with pytest.raises(db.DatabaseBusy):
        await work()
    monkeypatch.setattr(running, "add_person", add_person)
    await work()
    assert [outcome for _line, outcome, _r in await outcomes(sheet)] == ["added", "added"]


async def test_stopped_it_adds_nobody_more_and_goes_on_where_it_was(
    each_database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await make_scene()
    sheet = await looked_at(scene, sheet_of(*people(6)))
    await start(sheet, actor=scene.organiser, now=REGISTERED)
    added = 0

    async def stopped_after_two(*arguments: Any) -> RowOutcome:
        nonlocal added
        added += 1
        outcome = await add_person(*arguments)
        if added == 2:
            assert await stop(sheet, actor=scene.organiser, now=REGISTERED)
        return outcome

    monkeypatch.setattr(running, "add_person", stopped_after_two)
    await work()
    assert await Registration.count() == 2
    assert not await stop(sheet, actor=scene.organiser, now=REGISTERED)
    with pytest.raises(ImportBusy):
        await look_with(sheet.id, PLAN)
    await start(sheet, actor=scene.organiser, now=REGISTERED)
    await work()
    assert await Registration.count() == 6


async def test_a_full_conference_puts_the_rest_in_line_in_order(each_database: db.Database) -> None:
    scene = await make_scene()
    await rule(scene, capacity=2)
    sheet = await taken_in(scene, sheet_of(*people(5, "Maps")))
    assert await outcomes(sheet) == [
        (2, "added", []),
        (3, "added", []),
        *((line, "waiting", ["in-line"]) for line in (4, 5, 6)),
    ]
    statuses = [row.status for row in await Registration.objects().order_by(Registration.id)]
    assert statuses == ["confirmed"] * 2 + ["waiting"] * 3
    assert await Seat.count() == 2
    lines = await WaitlistEntry.objects().where(WaitlistEntry.slot.is_null()).order_by(WaitlistEntry.id)
    names = [(await Registration.objects().get(Registration.id == line.registration)) for line in lines]
    assert [one.name for one in names if one] == ["Person 2", "Person 3", "Person 4"]
    told = [mail.payload for mail in await mails("registration-imported")]
    assert ['"place": 1' in told[2], '"place": 3' in told[4]] == [True, True]


async def test_seats_are_given_while_there_are_any_and_then_the_line_is_joined(
    each_database: db.Database,
) -> None:
    scene = await make_scene(seats=2)
    sheet = await taken_in(scene, sheet_of(*people(3, "Maps")))
    assert await outcomes(sheet) == [(2, "added", []), (3, "added", []), (4, "added", ["seat-full"])]
    assert await Seat.count() == 2
    (waits,) = await WaitlistEntry.objects()
    assert waits.slot == scene.maps_slot.id


async def test_registration_may_be_closed_or_by_invitation(each_database: db.Database) -> None:
    scene = await make_scene()
    await rule(scene, access=RegistrationAccess.INVITATION)
    await Conference.update({Conference.registration_state: "closed"}).where(
        Conference.id == scene.conference.id
    )
    await taken_in(scene, sheet_of(*people(1)))
    (registration,) = await Registration.objects()
    assert registration.status == RegistrationStatus.CONFIRMED


async def test_somebody_who_withdraws_between_looking_and_adding_is_left_alone(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    sheet = await looked_at(scene, sheet_of("Anjali,anjali@example.org,India,", "Bob,bob@example.org,India,"))
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    await withdraw(registration.id, scene.conference, await scene.programme(), REGISTERED)
    await start(sheet, actor=scene.organiser, now=REGISTERED)
    await work()
    assert await outcomes(sheet) == [(2, "refused", ["withdrew"]), (3, "added", [])]


async def test_someone_who_never_confirmed_in_time_makes_way(each_database: db.Database) -> None:
    scene = await make_scene()
    await scene.register(KOLKATA_ATTENDEE, now=NOW - timedelta(days=30))
    content = sheet_of(f"Anjali,{KOLKATA_ATTENDEE.email},India,")
    sheet = await looked_at(scene, content)
    assert await outcomes(sheet) == [(2, "to-add", [])]
    await start(sheet, actor=scene.organiser, now=REGISTERED)
    await work()
    (registration,) = await Registration.objects()
    assert registration.status == RegistrationStatus.CONFIRMED


async def test_changing_the_columns_looks_at_every_row_anew(each_database: db.Database) -> None:
    scene = await make_scene()
    sheet = await looked_at(scene, sheet_of(*people(3)), replace(PLAN, columns=("name", "email", "", "")))
    assert {reasons[0] for _l, _o, reasons in await outcomes(sheet)} == {"no-country"}
    await look_with(sheet.id, PLAN)
    await work()
    assert {outcome for _l, outcome, _r in await outcomes(sheet)} == {"to-add"}


async def test_what_a_slow_look_found_by_the_old_columns_is_dropped(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await make_scene()
    sheet = await looked_at(scene, sheet_of(*people(3)))
    old = await import_by_code(scene.conference.id, sheet.code)
    await look_with(sheet.id, replace(PLAN, columns=("name", "email", "", "")))
    old.state = ImportState.LOOKING
    assert await looking.look_further(old, scene.conference, REGISTERED) == 0
    assert {outcome for _l, outcome, _r in await outcomes(sheet)} == {""}


async def test_sheets_are_forgotten_and_people_stay(each_database: db.Database) -> None:
    scene = await make_scene()
    sheet = await taken_in(scene, sheet_of(*people(2)))
    assert await forget_old(REGISTERED + KEPT - timedelta(seconds=1)) == 0
    assert await forget_old(REGISTERED + KEPT) == 1
    assert (await RegistrationImport.count(), await ImportedRow.count(), await Registration.count()) == (
        0,
        0,
        2,
    )
    running_one = await looked_at(scene, sheet_of(*people(3)))
    await start(running_one, actor=scene.organiser, now=REGISTERED)
    with pytest.raises(ImportBusy):
        await forget(running_one, actor=scene.organiser, now=REGISTERED)
    assert await forget_old(REGISTERED + 2 * KEPT) == 0
    half = RegistrationImport(conference=scene.conference.id, code="half", at=REGISTERED)
    await half.save()  # whoever wrote its rows was killed
    assert await forget_old(REGISTERED + timedelta(hours=2)) == 1
    assert sheet.code != half.code


async def test_pressed_twice_it_starts_once(each_database: db.Database) -> None:
    scene = await make_scene()
    sheet = await looked_at(scene, sheet_of(*people(2)))
    for _press in range(2):
        await start(sheet, actor=scene.organiser, now=REGISTERED)
    assert await AuditEntry.count().where(AuditEntry.action == "registrations-import-started") == 1
    await work()
    await start(sheet, actor=scene.organiser, now=REGISTERED)
    await work()
    assert await Registration.count() == 2


async def test_answers_of_the_sheet_are_answers_of_the_person(each_database: db.Database) -> None:
    from registration.asking.questions import QuestionFacts, add_question
    from registration.asking.tables import QuestionKind

    scene = await make_scene()
    question = await add_question(
        await scene.fresh(), QuestionFacts(QuestionKind.YES_NO, {"en": "Lunch?"}, {}), actor="t", now=NOW
    )
    await scene.fresh()
    plan = Plan(("name", "email", f"question:{question.code}"), country="IN")
    await taken_in(scene, b"Name,E-mail,Lunch\nAda,ada@example.org,oui\nBob,bob@example.org,\n", plan)
    answers: Sequence[Answer] = await Answer.objects()
    assert [(one.question, one.value) for one in answers] == [(question.id, "yes")]
    assert "Lunch?" in answers[0].asked
