"""Rules about what speakers answer themselves: whether they take part, whether they may be recorded and published."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

from conference import audit, texts
from conference.db import locked
from conference.errors import Conflict, NotFound
from conference.i18n import _
from conference.tables import Conference
from sessions.packs.collecting.consents import take_down_recordings
from sessions.privacy import masked_text
from sessions.schedule.draft_changes import touch_draft
from sessions.speakers.letters import tell_team
from sessions.tables import Appearance, AppearanceState, ConsentState, SessionState, Slot, Speaker

LONGEST_REASON = 2000


class TooLateToAnswer(Conflict):
    """The session has begun, or is cancelled."""


async def answer_appearance(
    speaker_id: int, session: str, role: str, answer: AppearanceState, *, reason: str = "", now: datetime
) -> None:
    """Confirm or decline an appearance, named by its session's code and its role; asked for twice it is done once.

    May be changed until the session begins. Who declines is left out of the next release, and the team is told.
    Raises NotFound, TooLateToAnswer.
    """
    speaker, conference = await _whose(speaker_id)
    found = [row["id"] for row in await _appearances(speaker_id, session) if row["role"] == role]
    if not found:
        raise _no_such_session()
    async with locked(Appearance, found[0]):
        row = next((row for row in await _appearances(speaker_id, session) if row["id"] == found[0]), None)
        if row is None:
            raise _no_such_session()
        note = reason if answer == AppearanceState.DECLINED else ""
        if row["state"] == answer and row["answer_note"] == note:
            return
        slots = await _slots(row["session"])
        if row["session_state"] == SessionState.CANCELLED:
            raise TooLateToAnswer(_("This session is cancelled, so there is nothing left to answer."))
        if has_begun(slots, now):
            raise TooLateToAnswer(_("This session has begun, so the answer stands as it is."))
        await Appearance.update(
            {
                Appearance.state: answer,
                Appearance.answered_at: now,
                Appearance.answer_note: note,
            }
        ).where(Appearance.id == row["id"])
        await audit.record(
            conference_id=conference.id,
            actor=speaker.name,
            action="appearance-declined" if answer == AppearanceState.DECLINED else "appearance-confirmed",
            subject=f"session:{session}",
            before={"state": row["state"], "reason": masked_text(row["answer_note"])},
            after={"state": answer.value, "reason": masked_text(note)},
            now=now,
        )
        if answer == AppearanceState.DECLINED and row["state"] != answer:
            title, fact = texts.decode(row["title"]), f"{row['id']}:{now.isoformat()}"
            await tell_team(speaker, conference, "declined", fact, session=title, words=note, now=now)
        await touch_draft(conference.id, slots=[slot["code"] for slot in slots], actor=None, now=now)


async def answer_consents(
    speaker_id: int, session: str, *, recording: ConsentState, publishing: ConsentState, now: datetime
) -> None:
    """What the speaker says of being recorded and published in a session (its code), in whatever role.

    Either may be changed at any time, also when all is over: withdrawing is as easy as giving. Raises NotFound.
    """
    speaker, conference = await _whose(speaker_id)
    async with AsyncExitStack() as locks:
        for row in await _appearances(speaker_id, session):  # in one order everywhere: by id
            await locks.enter_async_context(locked(Appearance, row["id"]))
        rows = await _appearances(speaker_id, session)
        if not rows:
            raise _no_such_session()
        after = {"recording_consent": recording.value, "publishing_consent": publishing.value}
        before = {name: str(rows[0][name]) for name in after}
        if all(row[name] == value for row in rows for name, value in after.items()):
            return
        await Appearance.update(
            {Appearance.recording_consent: recording, Appearance.publishing_consent: publishing}
        ).where(Appearance.id.is_in([row["id"] for row in rows]))
        await audit.record(
            conference_id=conference.id,
            actor=speaker.name,
            action="speaker-consents-answered",
            subject=f"session:{session}",
            before=before,
            after=after,
            now=now,
        )
        given = ConsentState.GIVEN
        if recording != given or publishing != given:
            await take_down_recordings(
                conference, rows[0]["session"], is_all=recording != given, actor=speaker.name, now=now
            )
        slots = [slot["code"] for slot in await _slots(rows[0]["session"])]
        await touch_draft(conference.id, slots=slots, actor=None, now=now)


def has_begun(slots: Collection[dict[str, Any]], now: datetime) -> bool:
    """Whether the last of a session's placings has begun; one that is not placed has not."""
    starts = [slot["start"] for slot in slots if not slot["is_cancelled"]]
    return bool(starts) and all(start is not None and start <= now for start in starts)


async def _whose(speaker_id: int) -> tuple[Speaker, Conference]:
    speaker = await Speaker.objects().where(Speaker.id == speaker_id).first()
    conference = (
        await Conference.objects().where(Conference.id == speaker.conference).first() if speaker else None
    )
    if speaker is None or conference is None:
        raise _no_such_session()
    return speaker, conference


def _no_such_session() -> NotFound:
    return NotFound(_("You are no longer listed in this session. The team may have changed the programme."))


async def _appearances(speaker_id: int, session: str) -> list[dict[str, Any]]:
    return await (
        Appearance.select(
            Appearance.id,
            Appearance.role,
            Appearance.state,
            Appearance.answer_note,
            Appearance.session,
            Appearance.recording_consent,
            Appearance.publishing_consent,
            Appearance.session._.state.as_alias("session_state"),
            Appearance.session._.title.as_alias("title"),
        )
        .where((Appearance.speaker == speaker_id) & (Appearance.session._.code == session[:12]))
        .order_by(Appearance.id)
    )


async def _slots(session_id: int) -> list[dict[str, Any]]:
    return await Slot.select(Slot.code, Slot.start, Slot.is_cancelled).where(Slot.session == session_id)
