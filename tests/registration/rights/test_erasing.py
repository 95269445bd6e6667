"""Somebody is erased: nothing that leads to them remains, their places go on, their calendars are told, counts stay."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from conference.db import Database
from conference.mail.delivery import deliver_due
from conference.mail.folder import delete_erased
from conference.mail.suppressions import suppressed
from conference.settings import Settings
from conference.storage import Storage, StorageUnavailable, open_storage
from conference.tables import AuditEntry, Conference, MailState, OutgoingMail
from registration.asking.answer_files import reserve, sweep
from registration.asking.tables import Answer, AnswerFile
from registration.calendars.tables import InviteSent
from registration.desk.filters import Filter
from registration.desk.messages import messages_of
from registration.desk.tables import AttendeeMessage
from registration.entries.tables import Interest
from registration.entries.withdrawing import withdraw
from registration.rights.copying import copy_of
from registration.rights.erasing import LastLetter, erase
from registration.rights.evidence import evidence_hash
from registration.rights.person import find_person
from registration.rights.tables import ErasedConsent, ErasedRegistration
from registration.seating.tables import Seat, WaitlistEntry
from registration.seating.waitlist import take_seat_or_wait
from registration.tables import Attendee, Registration, RegistrationGroup
from sessions.tables import Speaker
from tests.makers import make_conference, make_speaker
from tests.pages import make_settings
from tests.people import AUCKLAND_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, mails, make_scene
from tests.registration.rights.crowded import KEY, SARASWATI, TRACES, crowded
from tests.registration.rights.remains import files_with, rows_with

LATER = REGISTERED + timedelta(hours=5)
LETTER = LastLetter(SARASWATI.email, SARASWATI.name, "en", SARASWATI.zone)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Mails as files in a folder of the test's own."""
    return make_settings(tmp_path / "site")


async def erase_her(scene: Scene, now: datetime = LATER) -> bool:
    return await erase(await scene.fresh(), await scene.programme(), KEY, LETTER, actor=None, now=now)


async def put_file(storage: Storage, registration: Registration) -> str:
    """An answer of hers that is a file."""

    async def content() -> AsyncIterator[bytes]:
        yield b"Saraswati Thiruvanantham's letter"

    key = await reserve(await conference_of(registration), 1000, network="", now=REGISTERED)
    await storage.put_stream(content(), key)
    await AnswerFile.update({AnswerFile.name: "Saraswati.pdf", AnswerFile.is_whole: True}).where(
        AnswerFile.key == key
    )
    await Answer.update({Answer.file_key: key}).where(Answer.registration == registration.id)
    return key


async def conference_of(registration: Registration) -> Conference:
    found = await Conference.objects().where(Conference.id == registration.conference).first()
    assert found is not None
    return found


async def test_nothing_that_leads_to_them_is_found_in_any_table_or_file(
    each_database: Database, settings: Settings
) -> None:
    scene = await make_scene()
    registration = await crowded(scene, gets_mail=True)
    hers = [
        row["code"]
        for row in await Registration.select(Registration.code).where(Registration.name == SARASWATI.name)
    ]
    assert len(hers) == 2
    storage = open_storage("", settings.data_dir)
    key = await put_file(storage, registration)
    await deliver_due(settings, REGISTERED + timedelta(minutes=1))
    traces = (*TRACES, *hers)
    assert len(await rows_with(traces)) > 30
    assert len(files_with(settings.data_dir, traces)) > 5

    assert await erase_her(scene)

    waiting = await OutgoingMail.objects().where(OutgoingMail.state == MailState.QUEUED.value)
    about_her = [row for row in waiting if row.recipient.casefold() == KEY]
    assert sorted(row.kind for row in about_her) == ["data-erased", "invite-cancelled"]
    assert all(row.scrub_when_done for row in about_her)
    done = await deliver_due(settings, LATER + timedelta(minutes=1))
    assert (done.held, done.refused, done.retried) == (0, 0, 0)
    assert await rows_with(traces) == []
    await sweep(storage, LATER)
    folder = settings.data_dir / "mail"
    assert await delete_erased(folder, LATER) == 0  # no mail server: whoever carries them on has a day
    foreign = folder / "2026-05-03 a letter of somebody's.eml"
    foreign.write_text("not ours")
    assert await delete_erased(folder, LATER + timedelta(days=2)) > 3
    assert files_with(settings.data_dir, traces) == []
    assert foreign.exists()
    assert not await storage.exists(key)


async def test_their_calendar_is_told_before_the_address_is_forgotten(
    database: Database, settings: Settings
) -> None:
    scene = await make_scene()
    registration = await crowded(scene, gets_mail=True)
    await deliver_due(settings, REGISTERED + timedelta(minutes=1))
    told = {row.uid for row in await InviteSent.objects().where(InviteSent.registration == registration.id)}
    before = {path.name for path in (settings.data_dir / "mail").glob("*.eml")}
    await erase_her(scene)
    await deliver_due(settings, LATER + timedelta(minutes=1))
    new = [path for path in (settings.data_dir / "mail").glob("*.eml") if path.name not in before]
    messages = [message_from_bytes(path.read_bytes(), policy=default) for path in new]
    cancelled = [
        part.get_content()
        for message in messages
        if message["To"].addresses[0].addr_spec.casefold() == KEY
        for part in message.walk()
        if part.get_content_type() == "text/calendar"
    ]
    files = [one.decode() if isinstance(one, bytes) else one for one in cancelled]
    assert len(told) == 1  # the seat; what is on an agenda is told when it has settled
    assert all("METHOD:CANCEL" in one for one in files)
    assert {uid for uid in told if any(uid in one for one in files)} == told
    (last,) = [m for m in messages if m["Subject"] == "Your data at Working Internationally is erased"]
    body = last.get_body(("plain",))
    assert body is not None
    words = body.get_content()
    assert "as you asked" in words
    assert "Sunday 3 May 2026, 19:30 (Kolkata, IST, UTC+5:30)" in words
    assert "/me/" not in words


async def test_the_seat_passes_to_whoever_waits_for_it(each_database: Database) -> None:
    scene = await make_scene(seats=1)
    await crowded(scene)
    other = await scene.confirmed(AUCKLAND_ATTENDEE)
    programme = await scene.programme()
    assert not await take_seat_or_wait(
        other.id, scene.conference, programme, scene.bread_early.code, REGISTERED
    )
    await erase_her(scene)
    (entry,) = await WaitlistEntry.select(WaitlistEntry.state).where(WaitlistEntry.registration == other.id)
    assert entry["state"] == "offered"
    assert [mail.recipient for mail in await mails("waitlist-offer")] == [AUCKLAND_ATTENDEE.email]


async def test_what_remains_is_a_count_and_hashes(each_database: Database) -> None:
    scene = await make_scene()
    await crowded(scene)
    await erase_her(scene)
    counts = await ErasedRegistration.select().order_by(ErasedRegistration.id)
    assert [
        (row["country"], row["status"], str(row["registered_on"]), str(row["erased_on"])) for row in counts
    ] == [
        ("IN", "withdrawn", "2026-05-03", "2026-05-03"),
        ("IN", "confirmed", "2026-05-03", "2026-05-03"),
    ]
    assert await suppressed(SARASWATI.email) is not None
    kept = await ErasedConsent.objects().where(ErasedConsent.purpose != "")
    assert len(kept) == 3
    assert {row.address_hash for row in kept} == {evidence_hash(scene.conference.id, KEY)}
    assert {row.wording for row in kept} == {"You may write to me."}
    sections = await copy_of(await find_person(scene.conference.id, KEY), scene.conference)
    assert {one.held.name for one in sections if one.rows} == {
        "suppressions",
        "unsubscriptions",
        "earlier_consents",
        "mails",
    }


async def test_the_record_keeps_what_was_done_and_not_with_whom(each_database: Database) -> None:
    scene = await make_scene()
    await crowded(scene)
    before = await AuditEntry.select(AuditEntry.action, AuditEntry.at).order_by(AuditEntry.id)
    await erase_her(scene)
    after = await AuditEntry.select(AuditEntry.action, AuditEntry.at).order_by(AuditEntry.id)
    assert after[: len(before)] == before
    last = await AuditEntry.objects().order_by(AuditEntry.id, ascending=False).first()
    assert last is not None
    assert (last.action, last.actor, last.subject) == (
        "erased-themself",
        "registration:erased",
        "registration:erased",
    )
    lifted = await AuditEntry.objects().where(AuditEntry.action == "mail-suppression-lifted").first()
    assert lifted is not None
    assert (lifted.subject, lifted.actor) == ("mail:…", scene.organiser.label)


async def test_an_organiser_s_erasing_is_recorded_with_their_name_and_told_as_theirs(
    database: Database,
) -> None:
    scene = await make_scene()
    await crowded(scene)
    programme = await scene.programme()
    await erase(scene.conference, programme, KEY, LETTER, actor=scene.organiser, now=LATER)
    entry = await AuditEntry.objects().where(AuditEntry.action == "person-erased").first()
    assert entry is not None
    assert (entry.actor, entry.subject) == (scene.organiser.label, "registration:erased")
    (mail,) = await mails("data-erased")
    assert json.loads(mail.payload)["by_team"] is True


async def test_others_are_left_alone(each_database: Database) -> None:
    scene = await make_scene()
    await crowded(scene)
    other = await scene.confirmed(AUCKLAND_ATTENDEE, scene.bread_early)
    elsewhere = await make_conference("archives", open_for_registration=True)
    before = [await copied(scene, "wiremu@example.org"), await copied(scene, "babu@other.example")]
    await erase_her(scene)
    assert [await copied(scene, "wiremu@example.org"), await copied(scene, "babu@other.example")] == before
    assert await Seat.exists().where(Seat.registration == other.id)
    assert elsewhere.id != scene.conference.id
    (group,) = await RegistrationGroup.objects()
    assert (group.name, group.contact_key) == ("", "")
    assert await Registration.count().where(Registration.in_group == group.id) == 1


async def copied(scene: Scene, key: str) -> list[object]:
    sections = await copy_of(await find_person(scene.conference.id, key), scene.conference)
    return [
        (one.held.name, [{fact.name: fact.value(row) for fact in one.held.facts} for row in one.rows])
        for one in sections
        if one.held.name != "registrations"  # the name of their group goes with its contact
    ]


async def test_the_address_stays_while_another_conference_knows_it(each_database: Database) -> None:
    scene = await make_scene()
    registration = await crowded(scene)
    elsewhere = await make_conference("archives", open_for_registration=True)
    await Registration(
        conference=elsewhere.id,
        attendee=registration.attendee,
        code="elsewhere222",
        name="S.",
        email=SARASWATI.email,
        country="IN",
        zone="Asia/Kolkata",
        language="en",
        link_hash="a",
        link_expires_at=LATER,
        feed_hash="b",
    ).save()
    await erase_her(scene)
    assert await Attendee.exists().where(Attendee.email_key == KEY)
    assert [row.code for row in await Registration.objects().where(Registration.name == "S.")] == [
        "elsewhere222"
    ]
    programme = None
    assert await erase(elsewhere, programme, KEY, LETTER, actor=None, now=LATER)
    assert not await Attendee.exists().where(Attendee.email_key == KEY)


async def test_who_was_to_speak_is_erased_as_a_speaker_too(each_database: Database) -> None:
    scene = await make_scene()
    await crowded(scene)
    await make_speaker(scene.conference, SARASWATI.name, email=SARASWATI.email)
    await OutgoingMail.update({OutgoingMail.kind: "speaker-invitation"}).where(
        OutgoingMail.kind == "interest-confirm"
    )
    await erase_her(scene)
    assert await Speaker.count().where(Speaker.name == SARASWATI.name) == 0
    assert [mail.recipient.casefold() for mail in await mails("speaker-invitation")] in ([], [""])
    assert not await Registration.exists().where(Registration.name == SARASWATI.name)


async def test_who_only_asked_to_be_told_is_erased_too(each_database: Database) -> None:
    scene = await make_scene()
    await crowded(scene)
    registrations = await Registration.count()
    await Interest.update(
        {Interest.email: "else@kollam.example", Interest.email_key: "else@kollam.example"}
    ).where(Interest.conference == scene.conference.id)
    letter = LastLetter("else@kollam.example", "", "en", "Europe/London")
    programme = await scene.programme()
    assert await erase(scene.conference, programme, "else@kollam.example", letter, actor=None, now=LATER)
    assert (await Interest.count(), await Registration.count()) == (0, registrations)
    assert await ErasedRegistration.count() == 0


async def test_nobody_is_not_erased(database: Database) -> None:
    scene = await make_scene()
    letter = LastLetter("nobody@example.org", "", "en", "Europe/London")
    assert not await erase(scene.conference, None, "nobody@example.org", letter, actor=None, now=LATER)
    assert await mails("data-erased") == []


async def test_pressed_twice_at_once_it_happens_once(each_database: Database) -> None:
    scene = await make_scene()
    await crowded(scene)
    await scene.fresh()
    outcomes = await asyncio.gather(*(erase_her(scene) for _press in range(3)))
    assert sorted(outcomes) in ([False, False, True], [False, True, True], [True, True, True])
    assert await ErasedRegistration.count() == 2
    assert await ErasedConsent.count() == 1 + 3


async def test_erased_while_they_withdraw_nobody_is_busy_and_all_is_gone(each_database: Database) -> None:
    scene = await make_scene()
    registration = await crowded(scene)
    programme = await scene.programme()
    await asyncio.gather(
        erase_her(scene),
        withdraw(registration.id, scene.conference, programme, LATER),
        return_exceptions=False,
    )
    assert not await Registration.exists().where(Registration.name == SARASWATI.name)
    assert await Seat.count().where(Seat.registration == registration.id) == 0


class Killed(BaseException):
    """The process is gone."""


async def test_killed_midway_nothing_has_happened_and_no_file_is_deleted(
    each_database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await make_scene()
    registration = await crowded(scene)
    storage = open_storage("", settings.data_dir)
    key = await put_file(storage, registration)
    before = await copied(scene, KEY)

    async def die(*_arguments: object, **_named: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("registration.rights.erasing._say_so", die)
        with pytest.raises(Killed):
            await erase_her(scene)
    assert await copied(scene, KEY) == before
    await sweep(storage, LATER)
    assert await storage.exists(key)
    assert await erase_her(scene)


async def test_files_are_swept_by_a_job_that_tries_again_when_the_store_is_away(
    each_database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await make_scene()
    storage = open_storage("", settings.data_dir)
    key = await put_file(storage, await crowded(scene))
    await erase_her(scene)

    async def away(_self: Storage, _key: str) -> None:
        raise StorageUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(Storage, "delete", away)
        with pytest.raises(StorageUnavailable):
            await sweep(storage, LATER)
    (row,) = await AnswerFile.objects()
    assert (row.key, row.name) == (key, "")
    assert await sweep(storage, LATER) == 1
    assert not await storage.exists(key)


async def test_a_mail_on_its_way_is_scrubbed_when_the_server_has_spoken(
    each_database: Database, settings: Settings
) -> None:
    scene = await make_scene()
    await crowded(scene, gets_mail=True)
    (mail,) = await mails("registration-confirmed")
    await OutgoingMail.update(
        {OutgoingMail.state: MailState.SENDING, OutgoingMail.attempts: 1, OutgoingMail.lease_until: LATER}
    ).where(OutgoingMail.id == mail.id)
    await erase_her(scene)
    (row,) = await OutgoingMail.objects().where(OutgoingMail.id == mail.id)
    assert (row.recipient, row.scrub_when_done) == (SARASWATI.email, True)
    # Its sender died: whoever takes the mail up does not send it any more, and scrubs it.
    await deliver_due(settings, LATER + timedelta(minutes=11))
    (row,) = await OutgoingMail.objects().where(OutgoingMail.id == mail.id)
    assert (row.recipient, row.recipient_name, row.payload, row.state) == ("", "", "{}", "refused")
    assert await rows_with(TRACES) == []


async def test_what_a_killed_sender_left_unscrubbed_is_scrubbed_later(each_database: Database) -> None:
    from conference.mail.forgetting import scrub_left_over

    scene = await make_scene()
    await crowded(scene)
    await erase_her(scene)
    await OutgoingMail.update({OutgoingMail.state: MailState.SENT}).where(
        OutgoingMail.state == MailState.QUEUED.value
    )
    assert await rows_with(TRACES) != []
    assert await scrub_left_over(LATER) >= 2
    assert await scrub_left_over(LATER) == 0
    assert await rows_with(TRACES) == []


async def test_a_mail_to_many_still_says_to_how_many_it_went(database: Database) -> None:
    from registration.desk.messages import states_of

    scene = await make_scene()
    registration = await crowded(scene)
    message = AttendeeMessage(
        conference=scene.conference.id,
        code="m234567822",
        recipients=1,
        audience=json.dumps({"filter": Filter(q="Thiruvanantham").query, "last": registration.id}),
        sent_at=REGISTERED,
    )
    await message.save()
    await OutgoingMail.update(
        {
            OutgoingMail.kind: "attendee-message",
            OutgoingMail.idempotency_key: f"attendee-message:m234567822:{registration.code}",
            OutgoingMail.state: MailState.SENT,
        }
    ).where(OutgoingMail.kind == "registration-confirmed")
    await erase_her(scene)
    assert await states_of(message) == {"sent": 1}
    (kept,) = await messages_of(scene.conference.id)
    assert json.loads(kept.audience) == {"filter": {"q": "…"}, "last": 0}
    sent = await OutgoingMail.objects().where(OutgoingMail.kind == "attendee-message").first()
    assert sent is not None
    assert registration.code not in sent.idempotency_key


async def test_who_is_erased_and_comes_back_is_believed_by_their_calendar(each_database: Database) -> None:
    """Nothing is known of them any more, but their calendar remembers the cancellation and its SEQUENCE."""
    scene = await make_scene()
    await scene.confirmed(SARASWATI, scene.bread_early)
    await erase_her(scene)
    await scene.confirmed(SARASWATI, scene.bread_early, now=LATER + timedelta(hours=1))
    letters = [mail for mail in await mails() if mail.calendar_method and mail.recipient.casefold() == KEY]
    said = [(mail.calendar_method, json.loads(mail.payload)["invite"]["sequence"]) for mail in letters]
    assert said[-2:] == [("CANCEL", 1), ("REQUEST", 2)]
