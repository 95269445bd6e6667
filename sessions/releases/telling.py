"""Telling speakers of a release: who can be reached, and the mails themselves, queued by a job once per release."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from conference.addresses import AddressRefused, parse_address
from conference.conferences import languages_of
from conference.db import transaction
from conference.outbox import queue_mail
from conference.tables import Conference
from sessions.queries import released_programme
from sessions.releases.notices import NoticeLine, SpeakerNotice, notices
from sessions.speakers.letters import can_be_mailed, conference_facts
from sessions.speakers.links import ensure_link, page_ref
from sessions.tables import Release, Speaker

BATCH = 20  # releases looked at in one run


@dataclass(frozen=True)
class Reach:
    """Whether and how a speaker can be told. ``zone`` and ``language`` are those the mail would be in."""

    notice: SpeakerNotice
    zone: str
    language: str
    has_address: bool


async def reach_of(conference: Conference, told: Iterable[SpeakerNotice]) -> list[Reach]:
    """How each of these speakers would be told. One query; someone deleted meanwhile cannot be."""
    rows = {
        row["code"]: row
        for row in await Speaker.select(Speaker.code, Speaker.email, Speaker.zone, Speaker.language).where(
            Speaker.conference == conference.id
        )
    }
    language = languages_of(conference)[0]
    found = []
    for notice in told:
        row = rows.get(notice.speaker.code, {"email": "", "zone": "", "language": ""})
        found.append(
            Reach(
                notice, row["zone"] or conference.zone, row["language"] or language, _is_address(row["email"])
            )
        )
    return found


def _is_address(typed: str) -> bool:
    try:
        parse_address(typed)
    except AddressRefused:
        return False
    return True


async def tell_speakers(now: datetime) -> int:
    """Queue the mails of releases whose speakers are still to be told; how many were queued.

    A job. Killed at any point it goes on where it stopped: one mail has one key, the release's and the speaker's.
    """
    waiting = (
        await Release.select(Release.id, Release.conference, Release.number)
        .where(Release.tells_speakers.eq(True))
        .order_by(Release.id)
        .limit(BATCH)
    )
    queued = 0
    for row in waiting:
        conference = await Conference.objects().where(Conference.id == row["conference"]).first()
        current = await released_programme(row["conference"], row["number"])
        if conference is not None and current is not None:
            previous = await released_programme(row["conference"], row["number"] - 1)
            for notice in notices(previous, current):
                queued += await _tell(conference, row["number"], notice, now)
        await Release.update({Release.tells_speakers: False}).where(Release.id == row["id"])
    return queued


async def _tell(conference: Conference, number: int, notice: SpeakerNotice, now: datetime) -> bool:
    async with transaction():
        found = await (
            Speaker.objects()
            .where((Speaker.conference == conference.id) & (Speaker.code == notice.speaker.code))
            .first()
        )
        if found is None or not can_be_mailed(found):
            return False
        speaker = await ensure_link(found.id, now)
        return await queue_mail(
            kind="speaker-release",
            to=speaker.email,
            to_name=speaker.name,
            language=speaker.language or languages_of(conference)[0],
            zone=speaker.zone or conference.zone,
            payload={
                "conference": conference_facts(conference),
                "page": page_ref(speaker),
                "is_first": number == 1,
                "changes": [_line(line) for line in notice.lines],
            },
            idempotency_key=f"speaker-release:{conference.id}:{number}:{speaker.code}",
            now=now,
            conference_id=conference.id,
        )


def _line(line: NoticeLine) -> dict[str, object]:
    """A line in the mail's payload: only what it has."""
    facts: dict[str, object] = {"kind": line.kind.value, "title": line.title}
    if line.slot is not None:
        facts |= {"start": line.slot.start, "end": line.slot.end}
    if line.was is not None:
        facts |= {"was_start": line.was.start, "was_end": line.was.end}
    for name, text in (("room", line.room), ("was_room", line.was_room), ("was_title", line.was_title)):
        if text:
            facts[name] = text
    return facts
