"""Rules about sessions in the draft: adding, changing, cancelling, restoring and deleting them.

Nothing here touches a public page before the next release, except the link of a recording: join links read it at once.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from conference import audit, texts
from conference.codes import new_code
from conference.conferences import touch_public
from conference.db import locked, locking, transaction
from conference.errors import Conflict, NotFound, StaleEdit
from conference.i18n import _
from conference.tables import Conference
from conference.texts import LocalText
from conference.viewer import SignedInOrganiser
from sessions.privacy import masked_address, masked_text
from sessions.schedule.draft_changes import touch_draft
from sessions.schedule.session_slots import SlotFacts, insert_slot, was_released
from sessions.session_people import AppearanceFacts, write_people
from sessions.tables import (
    Appearance,
    Session,
    SessionKind,
    SessionPart,
    SessionState,
    Slot,
    Speaker,
    Track,
)


class SessionWasReleased(Conflict):
    """What was published once is cancelled, not deleted: people hold it in their calendars."""


@dataclass(frozen=True)
class SessionFacts:
    """What an organiser says of a session, apart from when it is. ``track`` is a row id or None.

    ``language`` is the spoken one, "" = the conference's first. ``recording_url`` and ``internal_notes`` are private.
    """

    kind: str = SessionKind.TALK.value
    title: LocalText = field(default_factory=dict)
    abstract: LocalText = field(default_factory=dict)
    language: str = ""
    track: int | None = None
    appearances: tuple[AppearanceFacts, ...] = ()
    parts: tuple[LocalText, ...] = ()
    links: tuple[Mapping[str, str], ...] = ()
    is_recorded: bool = True
    recording_url: str = ""
    internal_notes: str = ""

    def as_columns(self) -> dict[str, Any]:
        """The facts that the columns of ``Session`` hold; parts and appearances have tables of their own."""
        return {
            "kind": self.kind,
            "title": texts.encode(self.title),
            "abstract": texts.encode(self.abstract),
            "language": self.language,
            "track": self.track,
            "links": json.dumps(self.links, ensure_ascii=False),
            "is_recorded": self.is_recorded,
            "recording_url": self.recording_url,
            "internal_notes": self.internal_notes,
        }

    def as_recorded(self) -> dict[str, Any]:
        """The facts as the audit log may keep them: what is private unreadable, yet a change of it visible."""
        return self.as_columns() | {
            "recording_url": masked_address(self.recording_url),
            "internal_notes": masked_text(self.internal_notes),
            "appearances": [[a.speaker, a.role, a.part] for a in self.appearances],
            "parts": list(self.parts),
        }


async def session_by_code(conference_id: int, code: str) -> Session:
    """The session of this code. Raises NotFound."""
    session = (
        await Session.objects()
        .where((Session.conference == conference_id) & (Session.code == code[:12]))
        .first()
    )
    if session is None:
        raise _not_there()
    return session


async def facts_of(session: Session) -> SessionFacts:
    """The facts a session's row, its parts and its appearances hold. Two queries."""
    parts = (
        await SessionPart.select(SessionPart.id, SessionPart.title)
        .where(SessionPart.session == session.id)
        .order_by(SessionPart.position)
        .order_by(SessionPart.id)
    )
    appearances = (
        await Appearance.select(Appearance.speaker, Appearance.role, Appearance.part)
        .where(Appearance.session == session.id)
        .order_by(Appearance.position)
        .order_by(Appearance.id)
    )
    index = {part["id"]: at for at, part in enumerate(parts)}
    return SessionFacts(
        kind=session.kind,
        title=texts.decode(session.title),
        abstract=texts.decode(session.abstract),
        language=session.language,
        track=session.track,
        appearances=tuple(
            AppearanceFacts(row["speaker"], row["role"], index.get(row["part"])) for row in appearances
        ),
        parts=tuple(texts.decode(part["title"]) for part in parts),
        links=tuple(json.loads(session.links)),
        is_recorded=bool(session.is_recorded),
        recording_url=session.recording_url,
        internal_notes=session.internal_notes,
    )


async def add_session(
    conference: Conference,
    facts: SessionFacts,
    slot: SlotFacts,
    *,
    fold: int | None = None,
    actor: SignedInOrganiser,
    now: datetime,
) -> Session:
    """Add a session with its first slot, placed where ``slot`` says so, else unscheduled.

    Raises LocalTimeError or PlacingRefused, and then nothing is written.
    """
    async with transaction():
        await _refuse_foreign_rows(conference.id, facts)
        session = Session(
            conference=conference.id, code=new_code(), guid=str(uuid.uuid4()), **facts.as_columns()
        )
        await session.save()
        await write_people(session.id, facts.parts, facts.appearances)
        await _record("session-added", session, actor=actor, after=facts.as_recorded(), now=now)
        await insert_slot(session, slot, position=0, fold=fold, actor=actor, now=now)
        await _touch(session, actor=actor, now=now)
    return session


async def change_session(
    session_id: int, facts: SessionFacts, *, revision: int, actor: SignedInOrganiser, now: datetime
) -> None:
    """Change the session as seen at ``revision``. Raises StaleEdit, NotFound."""
    async with locked(Session, session_id):
        session = await Session.objects().where(Session.id == session_id).first()
        if session is None:
            raise _not_there()
        before = await facts_of(session)
        if session.revision != revision:
            raise StaleEdit(
                _("Someone else changed this session meanwhile."),
                mine=facts.as_recorded(),
                theirs=before.as_recorded(),
            )
        if facts == before:
            return
        await _refuse_foreign_rows(session.conference, facts)
        changes: dict[Any, Any] = {**facts.as_columns(), "revision": revision + 1}
        await Session.update(changes).where(Session.id == session_id)
        if (facts.parts, facts.appearances) != (before.parts, before.appearances):
            await write_people(session_id, facts.parts, facts.appearances)
        if facts.recording_url != before.recording_url:
            await touch_public(session.conference)
        await _record(
            "session-changed",
            session,
            actor=actor,
            before=before.as_recorded(),
            after=facts.as_recorded(),
            now=now,
        )
        await _touch(session, actor=actor, now=now)


async def set_session_state(
    session_id: int, state: SessionState, *, actor: SignedInOrganiser, now: datetime
) -> None:
    """Cancel a session, or restore it. Its slots keep their places. Nothing happens where it stands so already."""
    async with locked(Session, session_id):
        session = await Session.objects().where(Session.id == session_id).first()
        if session is None:
            raise _not_there()
        before = session.state
        if before == state:
            return
        await Session.update({Session.state: state.value}).where(Session.id == session_id)
        await _record(
            "session-cancelled" if state == SessionState.CANCELLED else "session-restored",
            session,
            actor=actor,
            before={"state": before},
            after={"state": state.value},
            now=now,
        )
        await _touch(session, actor=actor, now=now)


async def delete_session(session_id: int, *, actor: SignedInOrganiser, now: datetime) -> None:
    """Delete a session that was never published, with its slots. Raises SessionWasReleased, NotFound."""
    async with transaction():
        found = await Session.select(Session.conference).where(Session.id == session_id).first()
        if found is None:
            raise _not_there()
        # Sessions, slots, the conference: whoever changes the schedule takes them in this order. The conference's lock
        # keeps a release from being made meanwhile.
        async with locked(Session, session_id):
            await locking(Slot.select(Slot.id).where(Slot.session == session_id).order_by(Slot.id))
        async with locked(Conference, found["conference"]):
            session = await Session.objects().where(Session.id == session_id).first()
            if session is None:
                raise _not_there()
            if await was_released(session.conference, session.code):
                raise SessionWasReleased(
                    _(
                        "This session has been published and stands in people’s calendars. Cancel it instead, so that they are told."
                    )
                )
            before, slots = await facts_of(session), await _slot_codes(session_id)
            await Session.delete().where(Session.id == session_id)
            await _record("session-deleted", session, actor=actor, before=before.as_recorded(), now=now)
            await touch_draft(session.conference, slots=slots, actor=actor, now=now)


async def _refuse_foreign_rows(conference_id: int, facts: SessionFacts) -> None:
    """A track or speaker deleted meanwhile, or of another conference, is not taken."""
    wanted = {appearance.speaker for appearance in facts.appearances}
    if wanted:
        known = await Speaker.count().where(
            (Speaker.conference == conference_id) & Speaker.id.is_in(sorted(wanted))
        )
        if known != len(wanted):
            raise NotFound(_("A speaker of this session has been deleted meanwhile."))
    if facts.track is not None and not await Track.exists().where(
        (Track.conference == conference_id) & (Track.id == facts.track)
    ):
        raise NotFound(_("The track of this session has been deleted meanwhile."))


async def _slot_codes(session_id: int) -> list[str]:
    return [row["code"] for row in await Slot.select(Slot.code).where(Slot.session == session_id)]


async def _touch(session: Session, *, actor: SignedInOrganiser, now: datetime) -> None:
    await touch_draft(session.conference, slots=await _slot_codes(session.id), actor=actor, now=now)


def _not_there() -> NotFound:
    return NotFound(_("There is no such session. It may have been deleted meanwhile."))


async def _record(
    action: str,
    session: Session,
    *,
    actor: SignedInOrganiser,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    await audit.record(
        conference_id=session.conference,
        actor=actor,
        action=action,
        subject=f"session:{session.code}",
        before=before,
        after=after,
        now=now,
    )
