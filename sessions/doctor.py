"""What an operator should know about this installation: ``meridian doctor``."""

from __future__ import annotations

import shutil
import stat
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from conference import audit, db, texts, timezones
from conference.db import transaction
from conference.file_check import FilesReport
from conference.mail import trouble
from conference.settings import Settings
from conference.tables import Conference, Job, MailState, OutgoingMail
from conference.timezones import LocalTimeError, RepeatedHour
from sessions.schedule.draft_changes import touch_draft
from sessions.tables import Slot

STUCK_AFTER = timedelta(hours=1)
LEAST_FREE = 1024**3  # octets
SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """One line of the report. ``is_fine`` is False when a person should look."""

    is_fine: bool
    text: str


@dataclass(frozen=True)
class MovedSlot:
    """A slot whose stored instant is not what its wall-clock time means by the present tz database.

    ``now_at`` is None when that wall-clock time does not exist any more.
    """

    id: int
    conference_id: int
    code: str
    title: str
    local_start: datetime
    zone: str
    was_at: datetime
    now_at: datetime | None


async def diagnose(settings: Settings, *, now: datetime) -> list[Finding]:
    """Look at settings, database, time zones, slots, mail and jobs; nothing is changed."""
    findings = [*_settings(settings), *_disk(settings.data_dir), *await _database(), *_zones(now)]
    findings.append(_slots(await moved_slots()))
    findings += [*await _mail(now), *await _jobs()]
    return findings


def _settings(settings: Settings) -> list[Finding]:
    parts = urlsplit(settings.base_url)
    host = parts.hostname or ""
    is_local = host in {"127.0.0.1", "localhost", "::1"}
    findings = []
    if host == "0.0.0.0":  # noqa: S104 - compared with, not listened on
        findings.append(Finding(False, f"MERIDIAN_BASE_URL: nobody can follow links to {settings.base_url}."))
    elif not is_local and not settings.is_https:
        findings.append(
            Finding(
                False,
                f"MERIDIAN_BASE_URL: {settings.base_url} is not https, so links can be read on their way.",
            )
        )
    else:
        findings.append(Finding(True, f"Public address {settings.base_url}."))
    if settings.smtp_url:
        findings.append(Finding(True, f"Mail leaves by {urlsplit(settings.smtp_url).hostname}."))
    else:
        folder = settings.data_dir / "mail"
        findings.append(
            Finding(
                is_local, f"MERIDIAN_SMTP_URL is not set: mails become files in {folder} and reach nobody."
            )
        )
    key = settings.data_dir / "secret.key"
    if key.exists() and stat.S_IMODE(key.stat().st_mode) & 0o077:
        findings.append(Finding(False, f"{key} can be read by others: chmod 600 {key}"))
    return findings


def _disk(folder: Path) -> list[Finding]:
    free = shutil.disk_usage(folder).free
    return [Finding(free >= LEAST_FREE, f"{free / 1024**3:.1f} GiB free for {folder}.")]


async def _database() -> list[Finding]:
    engine = db.current_engine()
    waiting = await db.pending_migrations()
    findings = [
        Finding(
            not waiting, f"Migrations not run: {', '.join(waiting)}." if waiting else "Migrations: all run."
        )
    ]
    if engine.engine_type == "sqlite":
        answer = await Conference.raw("PRAGMA quick_check(1)")
        said = str(next(iter(answer[0].values())))
        findings.append(Finding(said == "ok", f"SQLite's own check: {said}."))
    return findings


def _zones(now: datetime) -> list[Finding]:
    ours, listed = timezones.tzdata_version(), timezones.pytz_version()
    differing = [found.zone for found in timezones.disagreements(now)]
    if not differing:
        return [Finding(True, f"Time zones: tzdata {ours} and pytz {listed} agree.")]
    return [
        Finding(
            False,
            f"Time zones: tzdata {ours} and pytz {listed} disagree on {_listed(differing)}. Times follow tzdata; "
            "bring both to the same release.",
        )
    ]


async def moved_slots() -> list[MovedSlot]:
    """Every scheduled slot whose instant is not what its wall-clock time means now."""
    rows = await Slot.select(
        Slot.id,
        Slot.conference,
        Slot.code,
        Slot.local_start,
        Slot.zone,
        Slot.start,
        Slot.session._.title.as_alias("title"),
        Slot.conference._.zone.as_alias("conference_zone"),
    ).where(Slot.start.is_not_null() & Slot.local_start.is_not_null())
    found = []
    for row in rows:
        zone = row["zone"] or row["conference_zone"]
        was = row["start"].astimezone(UTC)
        meant = _meant(row["local_start"], zone, was)
        if meant != was:
            title = texts.pick(row["title"], "en")
            found.append(
                MovedSlot(
                    row["id"], row["conference"], row["code"], title, row["local_start"], zone, was, meant
                )
            )
    return found


def _meant(wall: datetime, zone: str, was: datetime) -> datetime | None:
    try:
        return timezones.to_utc(wall, zone)
    except RepeatedHour as twice:  # either of the two is what someone chose
        return was if was in (twice.first, twice.second) else twice.first
    except LocalTimeError:
        return None


def _slots(moved: Sequence[MovedSlot]) -> Finding:
    if not moved:
        return Finding(True, "Slots: every instant is what its wall-clock time means.")
    told = [
        f"“{slot.title}” at {slot.local_start:%Y-%m-%d %H:%M} {slot.zone} was {slot.was_at:%H:%M} UTC and is "
        + (f"{slot.now_at:%H:%M} UTC" if slot.now_at else "at an hour that no longer exists")
        for slot in moved
    ]
    return Finding(
        False,
        f"Slots: the clocks' rules have changed for {len(moved)}: {_listed(told)}. The wall-clock time is what "
        "people were promised: `meridian doctor --rederive` keeps it, then publish.",
    )


async def rederive_slots(*, now: datetime) -> list[str]:
    """Set every moved slot to the instant its wall-clock time means now, and say which; the wall time stays.

    Slots whose wall-clock time does not exist any more are left to the organisers.
    """
    told = []
    changed: dict[int, list[str]] = defaultdict(list)
    async with transaction():
        for moved in await moved_slots():
            if moved.now_at is None:
                told.append(
                    f"“{moved.title}”: {moved.local_start:%Y-%m-%d %H:%M} does not exist in {moved.zone}."
                )
                continue
            slot = await Slot.objects().where(Slot.id == moved.id).first()
            if slot is None:
                continue
            slot.start = moved.now_at
            slot.end = moved.now_at + timedelta(minutes=slot.length_minutes)
            slot.revision += 1
            await slot.save()
            await audit.record(
                conference_id=moved.conference_id,
                actor="command line",
                action="slot-rederived",
                subject=f"slot:{moved.code}",
                before={"start": moved.was_at},
                after={"start": moved.now_at},
                now=now,
            )
            changed[moved.conference_id].append(moved.code)
            told.append(f"“{moved.title}”: {moved.was_at:%H:%M} UTC became {moved.now_at:%H:%M} UTC.")
        for conference_id, codes in sorted(changed.items()):
            await touch_draft(conference_id, slots=codes, actor=None, now=now)
    return told


async def _mail(now: datetime) -> list[Finding]:
    waiting = (
        await OutgoingMail.select(OutgoingMail.created_at, OutgoingMail.last_reply)
        .where(
            OutgoingMail.state.is_in([MailState.QUEUED.value, MailState.SENDING.value])
            & (OutgoingMail.created_at < now - STUCK_AFTER)
        )
        .order_by(OutgoingMail.created_at)
    )
    findings = []
    if halt := await trouble.stuck(now):
        findings.append(
            Finding(False, f"{halt.line[:1].upper()}{halt.line[1:]}. {halt.words[:300]}".rstrip())
        )
    elif waiting:
        since = waiting[0]["created_at"].astimezone(UTC)
        said = next((row["last_reply"] for row in waiting if row["last_reply"]), "")
        words = f" The server said: {said[:200]}" if said else " Is the server or `meridian worker` running?"
        findings.append(
            Finding(False, f"Mail: {len(waiting)} wait, the first since {since:%Y-%m-%d %H:%M} UTC.{words}")
        )
    for state, meaning in ((MailState.REFUSED, "were refused"), (MailState.HELD, "are held for a person")):
        count = await OutgoingMail.count().where(OutgoingMail.state == state.value)
        if count:
            findings.append(Finding(False, f"Mail: {count} {meaning}; see the conference's mail page."))
    return findings or [Finding(True, "Mail: nothing is stuck.")]


async def _jobs() -> list[Finding]:
    rows = await Job.select(Job.name, Job.last_error).where(Job.last_error != "")
    return [Finding(False, f"Job {row['name']} failed: {row['last_error'][:200]}") for row in rows] or [
        Finding(True, "Jobs: none failed at its last turn.")
    ]


def file_findings(report: FilesReport) -> list[Finding]:
    """What came of looking after the files, in lines."""
    problems, strays = report.problems, report.strays
    read = f"{report.octets / 1e9:,.2f} GB read" if report.is_whole else "there"
    if problems.count:
        told = _listed([one.words for one in problems.some], problems.count)
        findings = [Finding(False, f"Files: {told}.")]
    elif report.is_whole:
        findings = [Finding(True, f"Files: all {report.checked:,} are as they were stored, {read}.")]
    else:
        findings = [Finding(True, f"Files: all {report.checked:,} are there.")]
    if not report.is_whole:
        return findings
    left = strays.count + len(report.half_written)
    if left:
        what = f"{left:,} of {strays.octets / 1e6:,.1f} MB that nothing needs"
        if report.swept == left:
            findings.append(Finding(True, f"Files: {what} were removed."))
        elif report.swept:
            findings.append(Finding(True, f"Files: {what}; {report.swept:,} of them were removed."))
        else:
            some = _listed([*(one.key for one in strays.some), *report.half_written], left)
            findings.append(
                Finding(False, f"Files: {what}: {some}. `meridian doctor --files --sweep` removes them.")
            )
    if report.strangers.count:
        some = _listed([one.key for one in report.strangers.some], report.strangers.count)
        findings.append(
            Finding(
                True, f"Files: {report.strangers.count:,} are none of Meridian's, and are left alone: {some}."
            )
        )
    if report.under_way:
        findings.append(
            Finding(True, f"Files: {report.under_way:,} came within a day and may be on their way.")
        )
    return findings


def _listed(texts_: Sequence[str], count: int | None = None) -> str:
    more = (len(texts_) if count is None else count) - SHOWN
    return ", ".join(texts_[:SHOWN]) + (f" and {more:,} more" if more > 0 else "")
