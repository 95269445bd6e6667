"""Reads of who owes what: a conference's sessions with all that ``owed`` asks of them, in a fixed number of queries."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from conference import texts
from conference.tables import Conference
from sessions.packs.collecting.expectations import RulesFacts
from sessions.packs.collecting.owed import Owing, OwingSession, Part, There, owing_sessions
from sessions.packs.tables import Expected, Resource, ResourceKind, ResourceState
from sessions.tables import Appearance, AppearanceState, Session, SessionState, Slot

_IN = (ResourceState.OFFERED.value, ResourceState.READY.value)


async def owing_in(
    conference: Conference, rules: RulesFacts, now: datetime, *, speaker: int | None = None
) -> list[Owing]:
    """The sessions of the conference that owe something; with ``speaker`` (row id) those in which they take part."""
    return owing_sessions(await _sessions(conference.id, speaker), rules.expects, rules.due_days, now)


async def owing_session(conference: Conference, code: str) -> OwingSession | None:
    """One session with what it has left behind so far."""
    found = await _sessions(conference.id, None, code=code[:12])
    return found[0] if found else None


async def _sessions(conference_id: int, speaker: int | None, *, code: str = "") -> list[OwingSession]:
    """Five queries at most, six for one speaker."""
    mine = (Session.conference == conference_id) & (Session.state == SessionState.ACTIVE.value)
    if code:
        mine = mine & (Session.code == code)
    if speaker is not None:
        taking_part = await Appearance.select(Appearance.session).where(
            (Appearance.speaker == speaker) & (Appearance.state != AppearanceState.DECLINED.value)
        )
        mine = mine & Session.id.is_in([*{row["session"] for row in taking_part}, 0])
    rows = (
        await Session.select(Session.id, Session.code, Session.title, Session.kind, Session.is_recorded)
        .where(mine)
        .order_by(Session.id)
    )
    if not rows:
        return []
    # One session or one speaker's by number; all of a conference in one go, however many that are.
    is_few = speaker is not None or bool(code)
    ids = [row["id"] for row in rows]
    ends = await _ends(Slot.session.is_in(ids) if is_few else (Slot.conference == conference_id))
    exceptions: dict[int, dict[str, bool]] = defaultdict(dict)
    for row in await Expected.select(Expected.session, Expected.kind, Expected.is_waived).where(
        Expected.session.is_in(ids) if is_few else (Expected.session._.conference == conference_id)
    ):
        exceptions[row["session"]][row["kind"]] = not row["is_waived"]
    there = await _there(Resource.session.is_in(ids) if is_few else (Resource.conference == conference_id))
    parts: dict[int, list[Part]] = defaultdict(list)
    for row in (
        await Appearance.select(
            Appearance.session,
            Appearance.speaker,
            Appearance.role,
            Appearance.state,
            Appearance.recording_consent,
            Appearance.publishing_consent,
        )
        .where(
            (Appearance.session.is_in(ids) if is_few else (Appearance.session._.conference == conference_id))
            & (Appearance.state != AppearanceState.DECLINED.value)
        )
        .order_by(Appearance.position, Appearance.id)
    ):
        parts[row["session"]].append(
            Part(
                row["speaker"],
                row["role"],
                row["recording_consent"],
                row["publishing_consent"],
                row["state"],
            )
        )
    return [
        OwingSession(
            id=row["id"],
            code=row["code"],
            title=texts.decode(row["title"]),
            kind=row["kind"],
            is_recorded=bool(row["is_recorded"]),
            ends_at=ends.get(row["id"]),
            exceptions=exceptions[row["id"]],
            there=tuple(there.get(row["id"], ())),
            parts=tuple(parts[row["id"]]),
        )
        for row in rows
    ]


async def _ends(of_these: Any) -> dict[int, datetime]:
    """When the last placing of each session ends."""
    found: dict[int, datetime] = {}
    for slot in await Slot.select(Slot.session, Slot.end).where(
        of_these & Slot.end.is_not_null() & Slot.is_cancelled.eq(False)
    ):
        found[slot["session"]] = max(slot["end"], found.get(slot["session"], slot["end"]))
    return found


async def _there(of_these: Any) -> dict[int, list[There]]:
    """What each session has left behind so far."""
    rows = await Resource.select(
        Resource.id,
        Resource.session,
        Resource.kind,
        Resource.licence,
        Resource.speaker,
        Resource.belongs_to,
        Resource.accessibility,
    ).where(of_these & Resource.session.is_not_null() & Resource.state.is_in(list(_IN)))
    captions = [row for row in rows if row["kind"] == ResourceKind.CAPTIONS]
    captioned = {row["belongs_to"] for row in captions}
    # Captions that name no recording are those of their session.
    loose = {row["session"] for row in captions if row["belongs_to"] is None}
    found: dict[int, list[There]] = defaultdict(list)
    for row in rows:
        has_captions = row["kind"] == ResourceKind.RECORDING and (
            row["id"] in captioned
            or row["session"] in loose
            or "captions" in json.loads(row["accessibility"])
        )
        found[row["session"]].append(There(row["kind"], bool(row["licence"]), has_captions, row["speaker"]))
    return found


def by_speaker(owing: Iterable[Owing]) -> Mapping[int, list[tuple[Owing, tuple[str, ...]]]]:
    """What each speaker (row id) is to give, session by session, in their order."""
    found: dict[int, list[tuple[Owing, tuple[str, ...]]]] = defaultdict(list)
    for one in owing:
        for speaker in sorted(one.speakers):
            found[speaker].append((one, one.of(speaker)))
    return found
