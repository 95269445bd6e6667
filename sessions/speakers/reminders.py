"""The job that reminds speakers who were invited and have not answered: after a week, and before the conference."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from conference import timezones
from conference.db import locked
from conference.tables import Conference
from sessions.speakers.invitations import remind_speaker, waiting_appearances
from sessions.speakers.letters import can_be_mailed
from sessions.tables import Appearance, AppearanceState, SessionState, Speaker

FIRST_AFTER = timedelta(days=7)
"""How long after the invitation the first reminder goes out."""
LAST_BEFORE = timedelta(days=14)
"""How long before the conference the second one does."""
APART = timedelta(days=3)
"""What lies at least between any two mails of these."""
AT_ONCE = 50
ACTOR = "Meridian"


def opens_at(conference: Conference) -> datetime:
    """The first instant of the conference's first day."""
    midnight = datetime.combine(conference.starts_on, time())
    return midnight.replace(tzinfo=timezones.zone(conference.zone))


def is_due(invited_at: datetime | None, reminded_at: datetime | None, opens: datetime, now: datetime) -> bool:
    """Whether an unanswered appearance wants a reminder now. At most two in all; by hand counts as one.

    The first a week after the invitation; the second from two weeks before the conference ``opens``; none after that.
    """
    if invited_at is None or now >= opens:
        return False
    if reminded_at is None:
        return now - invited_at >= FIRST_AFTER
    last_chance = opens - LAST_BEFORE
    return now >= last_chance > reminded_at and now - reminded_at >= APART


async def remind_unconfirmed(now: datetime) -> int:
    """Remind at most ``AT_ONCE`` speakers who are due, one mail to each; how many were. Sent once, however often it runs.

    What decides is asked again under a lock and changed in the transaction that queues the mail.
    """
    soonest = (now - timedelta(days=2)).date()
    running = {row.id: row for row in await Conference.objects().where(Conference.starts_on >= soonest)}
    if not running:
        return 0
    rows = await (
        Appearance.select(
            Appearance.speaker,
            Appearance.invited_at,
            Appearance.reminded_at,
            Appearance.speaker._.conference.as_alias("conference"),
        )
        .where(
            (Appearance.state == AppearanceState.INVITED.value)
            & (Appearance.session._.state == SessionState.ACTIVE.value)
            & (Appearance.speaker._.email != "")
            & (Appearance.invited_at <= now - APART)
            & (Appearance.reminded_at.is_null() | (Appearance.reminded_at <= now - APART))
        )
        .order_by(Appearance.id)
    )
    due: dict[int, Conference] = {}
    for row in rows:
        conference = running.get(row["conference"])
        if conference is not None and _row_is_due(row, conference, now):
            due.setdefault(row["speaker"], conference)
    reminded = 0
    for speaker_id, conference in due.items():
        if reminded == AT_ONCE:
            break
        reminded += await _remind(speaker_id, conference, now)
    return reminded


async def _remind(speaker_id: int, conference: Conference, now: datetime) -> bool:
    async with locked(Speaker, speaker_id):
        speaker = await Speaker.objects().where(Speaker.id == speaker_id).first()
        if speaker is None or not can_be_mailed(speaker):
            return False
        asked = [
            row for row in await waiting_appearances(speaker_id) if row["state"] == AppearanceState.INVITED
        ]
        if not any(_row_is_due(row, conference, now) for row in asked):
            return False
        await remind_speaker(speaker, conference, asked, actor=ACTOR, now=now)
        return True


def _row_is_due(row: dict[str, Any], conference: Conference, now: datetime) -> bool:
    return is_due(row["invited_at"], row["reminded_at"], opens_at(conference), now)
