"""Reminding speakers who said yes of the sessions they speak in, as long before each as they chose, on their own clock.

One mail has one key, the speaker's, the slot's and the start's: so none is sent twice, and a moved session has its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from conference.conferences import languages_of
from conference.dates import iso_utc
from conference.db import transaction
from conference.mail.rechecking import Rechecks, Waiting
from conference.outbox import mail_row, queue_rows
from conference.tables import Conference, OutgoingMail
from sessions.door.rules import door_rules_of
from sessions.programme.reminders import DAY_BEFORE, is_timely, useful_until
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSlot
from sessions.queries import programmes_soon
from sessions.speakers.letters import can_be_mailed, conference_facts
from sessions.speakers.links import ensure_link, page_ref, reminders_ref, room_ref
from sessions.speakers.reminder_choices import COLUMNS, LEADS
from sessions.tables import Appearance, AppearanceState, Speaker

KIND = "speaker-session"
AT_ONCE = 50


@dataclass
class Part:
    """A speaker in a slot: in which roles, since when they know that they are, which reminders they want."""

    speaker_id: int
    slot: ReleasedSlot
    session: ReleasedSession
    since: datetime
    wants: frozenset[str]
    roles: list[str] = field(default_factory=list)

    @property
    def leads(self) -> dict[str, timedelta]:
        """How long before the start those reminders go."""
        return {name: lead for name, lead in LEADS.items() if name in self.wants}

    def due(self, now: datetime) -> str:
        """Which reminder of it is due at ``now``, "" for none."""
        for name, lead in self.leads.items():
            if is_timely(self.slot.start, lead, self.leads.values(), since=self.since, now=now):
                return name
        return ""


async def remind_of_slots(now: datetime) -> int:
    """Queue the reminders that are due, at most ``AT_ONCE``; how many were. A job.

    Released slots only, and who has said yes. As many queries for one speaker as for many, but for those who are mailed.
    """
    queued = 0
    for conference, programme in await programmes_soon(now, DAY_BEFORE):
        parts = await _parts(programme, now)
        due = {_key(part, name): (part, name) for part in parts if (name := part.due(now))}
        known = await OutgoingMail.select(OutgoingMail.idempotency_key).where(
            OutgoingMail.idempotency_key.is_in(sorted(due) or [""])
        )
        for key in sorted(due.keys() - {row["idempotency_key"] for row in known})[: AT_ONCE - queued]:
            queued += await _remind(conference, *due[key], key, now)
    return queued


def _key(part: Part, name: str) -> str:
    return f"{KIND}:{name}:{part.speaker_id}:{part.slot.code}:{iso_utc(part.slot.start)}"


async def _parts(programme: ReleasedProgramme, now: datetime) -> list[Part]:
    """Who speaks in the slots that begin within a day."""
    soon = [
        (session, slot)
        for session, slot in programme.placings
        if now < slot.start <= now + DAY_BEFORE and not session.is_cancelled and not slot.is_cancelled
    ]
    if not soon:
        return []
    rows = await _confirmed(session.id for session, _slot in soon)
    parts: dict[tuple[int, str], Part] = {}
    for session, slot in soon:
        for row in rows.get(session.id, ()):
            since = max(slot.revised_at, row["answered_at"] or slot.revised_at)
            wants = frozenset(kind for kind, column in COLUMNS.items() if row[column])
            part = Part(row["speaker"], slot, session, since, wants)
            parts.setdefault((part.speaker_id, slot.code), part).roles.append(row["role"])
    return list(parts.values())


async def _confirmed(session_ids: Iterable[int]) -> Mapping[int, list[dict[str, Any]]]:
    rows = await (
        Appearance.select(
            Appearance.session,
            Appearance.speaker,
            Appearance.role,
            Appearance.answered_at,
            *(getattr(Appearance.speaker._, column).as_alias(column) for column in COLUMNS.values()),
        )
        .where(
            Appearance.session.is_in(sorted(set(session_ids)))
            & (Appearance.state == AppearanceState.CONFIRMED.value)
            & (Appearance.speaker._.email != "")
        )
        .order_by(Appearance.id)
    )
    found = defaultdict(list)
    for row in rows:
        found[row["session"]].append(row)
    return found


async def _remind(conference: Conference, part: Part, name: str, key: str, now: datetime) -> int:
    async with transaction():
        rules, _revision = await door_rules_of(conference.id)
        found = await Speaker.objects().where(Speaker.id == part.speaker_id).first()
        if found is None or not can_be_mailed(found):
            return 0
        speaker = await ensure_link(found.id, now)
        mail = mail_row(
            kind=KIND,
            to=speaker.email,
            to_name=speaker.name,
            language=speaker.language or languages_of(conference)[0],
            zone=speaker.zone or conference.zone,
            payload={
                "conference": conference_facts(conference),
                "speaker": speaker.code,
                "reminder": name,
                "slot": part.slot.code,
                "title": part.session.title,
                "roles": part.roles,
                "start": part.slot.start,
                "end": part.slot.end,
                "room": room_ref(speaker, part.slot.code),
                "early_minutes": max(rules.stage_early_minutes, conference.early_entry_minutes),
                "page": page_ref(speaker),
                "choose": reminders_ref(speaker),
            },
            idempotency_key=key,
            now=now,
            conference_id=conference.id,
            useless_after=useful_until(part.slot.start, LEADS[name], part.leads.values()),
        )
        return await queue_rows([mail])


async def reminders_now(waiting: Mapping[int, Waiting], now: datetime) -> dict[int, Mapping[str, Any] | None]:
    """Which waiting reminders are not to be sent any more (``conference.mail.rechecking``): the slot was moved or is off,
    the speaker takes no part in it, has another address or wants no such reminder any more. Four queries at most for each conference."""
    changed: dict[int, Mapping[str, Any] | None] = {}
    standing: set[tuple[str, str, str, str, datetime]] = set()
    concerned = {mail.conference for mail in waiting.values()}
    for conference, programme in await programmes_soon(now, DAY_BEFORE):
        parts = await _parts(programme, now) if conference.id in concerned else []
        rows = await Speaker.select(Speaker.id, Speaker.code, Speaker.email).where(
            Speaker.id.is_in(sorted({part.speaker_id for part in parts}) or [0])
        )
        who = {row["id"]: (row["code"], row["email"]) for row in rows}
        standing |= {
            (*who[part.speaker_id], name, part.slot.code, part.slot.start)
            for part in parts
            for name in part.wants
            if part.speaker_id in who
        }
    for number, mail in waiting.items():
        says = mail.payload
        if "speaker" not in says:  # a team's test of its own words
            continue
        start = datetime.fromisoformat(says["start"])
        told = (says["speaker"], mail.recipient, says["reminder"], says["slot"], start)
        if told not in standing:
            changed[number] = None
    return changed


RECHECKS: Rechecks = {KIND: reminders_now}
"""For the composition root."""
