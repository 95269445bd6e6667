"""Keeping data only as long as was said: choosing the periods, the report of what would go, and the job that deletes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from conference import audit, dates, timezones
from conference.conferences import touch_public
from conference.errors import StaleEdit
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from registration.locks import places_locked
from registration.rights.deleting import count, delete_some
from registration.rights.retention import RetentionKind, due_on, read_periods, write_periods
from registration.rights.tables import RetentionDue
from registration.tables import RegistrationRules

DUE_FOR = timedelta(days=1)
"""What is deleted has been due for this long: a clock that ran ahead for an hour deletes nothing."""


@dataclass(frozen=True)
class Periods:
    """How many days each kind is kept; one that is missing is kept for ever. ``revision`` 0: nothing was ever saved."""

    days: Mapping[RetentionKind, int]
    revision: int = 0


async def periods_of(conference_id: int) -> Periods:
    """What was chosen for the conference. One query."""
    row = (
        await RegistrationRules.select(RegistrationRules.retention, RegistrationRules.revision)
        .where(RegistrationRules.conference == conference_id)
        .first()
    )
    return Periods(read_periods(row["retention"]), row["revision"]) if row else Periods({})


async def change_periods(
    conference: Conference, periods: Periods, *, actor: SignedInOrganiser, now: datetime
) -> None:
    """Keep each kind for these days from now on, as seen at ``periods.revision``. Raises StaleEdit."""
    async with places_locked(conference.id):
        before = await periods_of(conference.id)
        old, new = ({kind.value: days for kind, days in one.days.items()} for one in (before, periods))
        if before.revision != periods.revision:
            raise StaleEdit(_("Someone else changed these rules meanwhile."), mine=new, theirs=old)
        await RegistrationRules.update(
            {
                RegistrationRules.retention: write_periods(periods.days),
                RegistrationRules.revision: before.revision + 1,
            }
        ).where(RegistrationRules.conference == conference.id)
        await touch_public(conference.id)  # the privacy notice tells it
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="retention-changed",
            subject=f"conference:{conference.slug}",
            before=old,
            after=new,
            now=now,
        )


@dataclass(frozen=True)
class Report:
    """What would be deleted of a kind: from which day on, how many rows, of how many people. ``is_due``: that day has come."""

    kind: RetentionKind
    days: int
    due: date
    is_due: bool
    rows: int
    people: int


async def dry_run(
    conference: Conference, days: Mapping[RetentionKind, int], now: datetime
) -> tuple[Report, ...]:
    """What these periods would delete, as things stand, the soonest first. Deletes nothing."""
    found = []
    for kind, kept in days.items():
        due = due_on(conference.ends_on, kept)
        at = max(now, _begin(due, conference.zone))
        rows, people = await count(conference, kind, at - timedelta(days=kept))
        found.append(Report(kind, kept, due, _is_due(conference, kept, now), rows, people))
    return tuple(sorted(found, key=lambda one: (one.due, list(RetentionKind).index(one.kind))))


def _begin(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), tzinfo=timezones.zone(zone))


def _is_due(conference: Conference, days: int, now: datetime) -> bool:
    return dates.local_date(now, conference.zone) >= due_on(conference.ends_on, days)


async def delete_due(now: datetime) -> int:
    """Delete what may be kept no longer, a batch of each kind; how many rows went. A job: killed at any point it goes on.

    What is due is noted first, and deleted a day later if it is still due. A note from the future was made by a clock that
    ran ahead, and is made anew.
    """
    done = 0
    for row in await RegistrationRules.select(RegistrationRules.conference, RegistrationRules.retention):
        periods = read_periods(row["retention"])
        conference = (
            await Conference.objects().where(Conference.id == row["conference"]).first() if periods else None
        )
        if conference is None:
            continue
        for kind, days in periods.items():
            if _is_due(conference, days, now) and await _has_been_due(conference, kind, days, now):
                gone = await delete_some(conference, kind, now - timedelta(days=days), now)
                if gone:
                    await _note(conference, kind, gone, now)
                done += gone
    return done


async def _has_been_due(conference: Conference, kind: RetentionKind, days: int, now: datetime) -> bool:
    rows, _people = await count(conference, kind, now - timedelta(days=days))
    if not rows:
        return False
    this = (RetentionDue.conference == conference.id) & (RetentionDue.kind == kind.value)
    noted = await RetentionDue.objects().where(this).first()
    if noted is None:
        fresh = RetentionDue(conference=conference.id, kind=kind.value, noted_at=now)
        await RetentionDue.insert(fresh).on_conflict(
            target=(RetentionDue.conference, RetentionDue.kind), action="DO NOTHING"
        )
        return False
    if noted.noted_at > now:
        await RetentionDue.update({RetentionDue.noted_at: now}).where(this)
        return False
    return noted.noted_at <= now - DUE_FOR


async def _note(conference: Conference, kind: RetentionKind, gone: int, now: datetime) -> None:
    await RetentionDue.update(
        {RetentionDue.deleted: RetentionDue.deleted + gone, RetentionDue.last_at: now}
    ).where((RetentionDue.conference == conference.id) & (RetentionDue.kind == kind.value))
    await audit.record(
        conference_id=conference.id,
        actor="retention",
        action="data-deleted",
        subject=f"retention:{kind.value}",
        after={"rows": gone},
        now=now,
    )


async def overdue(now: datetime) -> list[str]:
    """A line for each kind that should be gone for two days and more and is not, for ``meridian doctor``."""
    lines = []
    for row in await RegistrationRules.select(RegistrationRules.conference, RegistrationRules.retention):
        periods = read_periods(row["retention"])
        conference = (
            await Conference.objects().where(Conference.id == row["conference"]).first() if periods else None
        )
        if conference is None:
            continue
        for report in await dry_run(conference, periods, now):
            late = dates.local_date(now, conference.zone) - report.due
            if report.is_due and report.rows and late > timedelta(days=2):
                lines.append(
                    f"{conference.slug}: {report.rows} rows of {report.kind.value} should have been deleted by {report.due}."
                )
    return lines
