"""The doctor finds what is wrong, and only that."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from pathlib import Path

import pytest

from conference import db, timezones
from conference.file_check import check_files
from conference.storage import open_storage
from conference.tables import AuditEntry, Job, MailState, OutgoingMail
from conference.timezones import Disagreement, tzdata_version
from sessions.doctor import diagnose, file_findings, rederive_slots
from sessions.stored_files import CLAIMS
from sessions.tables import Slot
from tests.makers import NOW, make_conference, make_room, make_session, make_slot
from tests.pages import make_settings
from tests.sessions.resource_makers import make_file_row, make_pack_row, make_resource_row


async def looks(data_dir: Path, **variables: str) -> list[str]:
    """What the doctor wants a person to look at."""
    variables = {"BASE_URL": "https://conf.example.org", "SMTP_URL": "smtp://mail.example.org", **variables}
    findings = await diagnose(make_settings(data_dir, **variables), now=NOW)
    return [finding.text for finding in findings if not finding.is_fine]


async def test_a_sound_installation_has_nothing_to_look_at(
    each_database: db.Database, data_dir: Path
) -> None:
    conference = await make_conference()
    room = await make_room(conference)
    await make_slot(conference, await make_session(conference), room, "10:00")

    assert await looks(data_dir) == []


async def test_settings_that_harm_are_named(database: db.Database, data_dir: Path) -> None:
    assert "MERIDIAN_BASE_URL" in (await looks(data_dir, BASE_URL="http://conf.example.org"))[0]
    assert "MERIDIAN_BASE_URL" in (await looks(data_dir, BASE_URL="", HOST="0.0.0.0"))[0]
    assert "MERIDIAN_SMTP_URL" in (await looks(data_dir, SMTP_URL=""))[0]
    assert await looks(data_dir, BASE_URL="http://127.0.0.1:8000", SMTP_URL="") == []


async def test_a_key_that_others_can_read_is_named(database: db.Database, data_dir: Path) -> None:
    key = data_dir / "secret.key"
    key.write_text("k" * 64)
    key.chmod(0o644)

    assert [text for text in await looks(data_dir) if "chmod 600" in text]


async def test_a_slot_whose_clock_rules_changed_is_found_and_rederived(
    each_database: db.Database, data_dir: Path
) -> None:
    conference = await make_conference()
    room = await make_room(conference)
    slot = await make_slot(conference, await make_session(conference, "Bridges"), room, "10:00")
    kept = await make_slot(conference, await make_session(conference, "Kept"), room, "12:00")
    assert slot.start is not None
    # As derived by an older tz database, in which London kept GMT in June.
    await Slot.update({Slot.start: slot.start + timedelta(hours=1)}).where(Slot.id == slot.id)

    found = await looks(data_dir)
    assert len(found) == 1
    assert "“Bridges” at 2026-06-25 10:00 Europe/London was 10:00 UTC and is 09:00 UTC" in found[0]

    assert await rederive_slots(now=NOW) == ["“Bridges”: 10:00 UTC became 09:00 UTC."]
    mended = await Slot.objects().get(Slot.id == slot.id)
    assert mended is not None
    assert (mended.start, mended.end, mended.revision) == (slot.start, slot.end, 2)
    assert mended.local_start == slot.local_start
    untouched = await Slot.objects().get(Slot.id == kept.id)
    assert untouched is not None
    assert untouched.revision == 1
    assert await AuditEntry.count().where(AuditEntry.action == "slot-rederived") == 1
    assert await looks(data_dir) == []
    assert await rederive_slots(now=NOW) == []


async def test_either_of_two_equal_hours_is_sound(database: db.Database, data_dir: Path) -> None:
    conference = await make_conference()
    room = await make_room(conference)
    autumn = date(2026, 10, 24)
    slot = await make_slot(conference, await make_session(conference), room, "23:00", day=autumn)
    wall = slot.local_start + timedelta(hours=2, minutes=30)  # 01:30 on the night clocks go back
    for instant_hour in (0, 1):
        start = slot.start.astimezone(UTC).replace(day=25, hour=instant_hour, minute=30)
        await Slot.update({Slot.local_start: wall, Slot.start: start}).where(Slot.id == slot.id)
        assert await looks(data_dir) == []


async def test_a_wall_time_that_vanished_is_left_to_people(database: db.Database, data_dir: Path) -> None:
    conference = await make_conference()
    room = await make_room(conference)
    slot = await make_slot(conference, await make_session(conference), room, "03:30", day=date(2026, 3, 29))
    await Slot.update({Slot.local_start: slot.local_start - timedelta(hours=2)}).where(Slot.id == slot.id)

    assert "no longer exists" in (await looks(data_dir))[0]
    assert await rederive_slots(now=NOW) == ["“Bridges”: 2026-03-29 01:30 does not exist in Europe/London."]
    assert "no longer exists" in (await looks(data_dir))[0]


async def test_zones_on_which_the_tables_disagree_are_named(
    database: db.Database, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = Disagreement("America/Vancouver", NOW, timedelta(hours=-8), timedelta(hours=-7))
    monkeypatch.setattr(timezones, "disagreements", lambda now: [odd])

    found = await looks(data_dir)

    assert len(found) == 1
    assert "America/Vancouver" in found[0]
    assert tzdata_version() in found[0]


async def queue(number: int, state: MailState, age: timedelta, reply: str = "") -> None:
    await OutgoingMail(
        kind="registration-link",
        idempotency_key=f"key-{number}",
        message_id=f"message-{number}",
        recipient="a@example.org",
        state=state,
        last_reply=reply,
        created_at=NOW - age,
        next_attempt_at=NOW,
    ).save()


async def test_mail_that_is_stuck_is_counted_with_the_servers_words(
    each_database: db.Database, data_dir: Path
) -> None:
    await queue(1, MailState.QUEUED, timedelta(minutes=5))
    await queue(2, MailState.SENT, timedelta(days=5))
    assert await looks(data_dir) == []

    await queue(3, MailState.QUEUED, timedelta(hours=3), "451 try later")
    await queue(4, MailState.SENDING, timedelta(hours=2))
    await queue(5, MailState.REFUSED, timedelta(hours=2))

    assert await looks(data_dir) == [
        "Mail: 2 wait, the first since 2026-05-01 06:00 UTC. The server said: 451 try later",
        "Mail: 1 were refused; see the conference's mail page.",
    ]


async def test_a_failed_job_is_named(database: db.Database, data_dir: Path) -> None:
    await Job(name="send-mail", run_at=NOW, last_error="").save()
    assert await looks(data_dir) == []

    await Job.update({Job.last_error: "OSError: no route"}).where(Job.name == "send-mail")
    assert await looks(data_dir) == ["Job send-mail failed: OSError: no route"]


async def test_files_that_are_missing_or_cut_are_named(database: db.Database, data_dir: Path) -> None:
    conference = await make_conference()
    pack = await make_pack_row(conference)
    for number, content in enumerate((b"whole", b"cut", None)):
        resource = await make_resource_row(conference, pack)
        if content is not None:
            path = data_dir / "files" / "ab" / f"file{number}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        await make_file_row(resource, f"{number}.txt", key=f"ab/file{number}", size=5)

    report = await check_files(open_storage("", data_dir), CLAIMS, now=NOW, whole=False)
    assert [finding.text for finding in file_findings(report)] == [
        "Files: 1.txt has 3 octets instead of 5, 2.txt is missing."
    ]
