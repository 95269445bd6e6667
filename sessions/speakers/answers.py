"""What speakers said to each of their appearances, as the team sees it and as the team notes it down for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conference import audit, texts
from conference.db import locked
from conference.errors import NotFound, StaleEdit
from conference.i18n import _
from conference.texts import LocalText
from conference.viewer import SignedInOrganiser
from sessions.privacy import masked_text
from sessions.schedule.draft_changes import touch_draft
from sessions.tables import Appearance, AppearanceState, ConsentState, SessionState, Slot

ANSWERED = frozenset({AppearanceState.CONFIRMED.value, AppearanceState.DECLINED.value})


@dataclass(frozen=True)
class Answer:
    """How far a speaker said yes, and to what. ``note`` is why they declined; private."""

    state: str = AppearanceState.PLANNED.value
    recording: str = ConsentState.UNKNOWN.value
    publishing: str = ConsentState.UNKNOWN.value
    note: str = ""

    def as_recorded(self) -> dict[str, Any]:
        """The answer as the audit log may keep it."""
        return {
            "state": self.state,
            "recording_consent": self.recording,
            "publishing_consent": self.publishing,
            "answer_note": masked_text(self.note),
        }


@dataclass(frozen=True)
class AppearanceLine:
    """A speaker in a session with what they said. The times (UTC) are None where it has not happened."""

    id: int
    role: str
    answer: Answer
    speaker: str
    speaker_name: str
    session: str
    session_title: LocalText
    is_cancelled: bool
    invited_at: datetime | None
    reminded_at: datetime | None
    answered_at: datetime | None


_COLUMNS = (
    Appearance.id,
    Appearance.role,
    Appearance.state,
    Appearance.recording_consent,
    Appearance.publishing_consent,
    Appearance.answer_note,
    Appearance.invited_at,
    Appearance.reminded_at,
    Appearance.answered_at,
    Appearance.speaker._.code.as_alias("speaker_code"),
    Appearance.speaker._.name.as_alias("speaker_name"),
    Appearance.session._.code.as_alias("session_code"),
    Appearance.session._.title.as_alias("session_title"),
    Appearance.session._.state.as_alias("session_state"),
)


async def answers_of_speaker(speaker_id: int) -> list[AppearanceLine]:
    """Every appearance of the speaker, in the order they were planned. One query."""
    rows = await Appearance.select(*_COLUMNS).where(Appearance.speaker == speaker_id).order_by(Appearance.id)
    return [_line(row) for row in rows]


async def answers_in_session(session_id: int) -> list[AppearanceLine]:
    """Every appearance in the session, in its order. One query."""
    rows = await (
        Appearance.select(*_COLUMNS)
        .where(Appearance.session == session_id)
        .order_by(Appearance.position)
        .order_by(Appearance.id)
    )
    return [_line(row) for row in rows]


def _line(row: Mapping[str, Any]) -> AppearanceLine:
    return AppearanceLine(
        id=row["id"],
        role=row["role"],
        answer=Answer(row["state"], row["recording_consent"], row["publishing_consent"], row["answer_note"]),
        speaker=row["speaker_code"],
        speaker_name=row["speaker_name"],
        session=row["session_code"],
        session_title=texts.decode(row["session_title"]),
        is_cancelled=row["session_state"] == SessionState.CANCELLED,
        invited_at=row["invited_at"],
        reminded_at=row["reminded_at"],
        answered_at=row["answered_at"],
    )


async def note_answer(
    appearance_id: int, answer: Answer, *, seen: Answer, actor: SignedInOrganiser, now: datetime
) -> None:
    """Note down what a speaker told the team, who saw ``seen`` before. Nothing happens where nothing differs.

    No mail goes out. Raises StaleEdit when the speaker or a colleague has answered meanwhile, NotFound.
    """
    async with locked(Appearance, appearance_id):
        row = (
            await Appearance.select(
                *_COLUMNS,
                Appearance.session,
                Appearance.session._.conference.as_alias("conference"),
            )
            .where(Appearance.id == appearance_id)
            .first()
        )
        if row is None:
            raise NotFound(_("This speaker no longer appears in this session."))
        held = _line(row).answer
        if held != seen:
            raise StaleEdit(
                _("This answer has changed meanwhile."), mine=answer.as_recorded(), theirs=held.as_recorded()
            )
        if held == answer:
            return
        changes: dict[Any, Any] = {
            "state": answer.state,
            "recording_consent": answer.recording,
            "publishing_consent": answer.publishing,
            "answer_note": answer.note,
        }
        if answer.state != held.state:
            changes["answered_at"] = now if answer.state in ANSWERED else None
            if answer.state == AppearanceState.INVITED and row["invited_at"] is None:
                changes["invited_at"] = now
        await Appearance.update(changes).where(Appearance.id == appearance_id)
        where = {"session": row["session_code"], "role": row["role"]}
        await audit.record(
            conference_id=row["conference"],
            actor=actor,
            action="appearance-noted",
            subject=f"speaker:{row['speaker_code']}",
            before=held.as_recorded(),
            after={**answer.as_recorded(), **where},
            now=now,
        )
        slots = await Slot.select(Slot.code).where(Slot.session == row["session"])
        await touch_draft(row["conference"], slots=[slot["code"] for slot in slots], actor=actor, now=now)
