"""What speakers asked the team to change, and the team's answers by mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conference import audit, texts
from conference.conferences import languages_of
from conference.db import locked
from conference.errors import Conflict, NotFound
from conference.i18n import _
from conference.outbox import queue_mail
from conference.tables import Conference
from conference.texts import LocalText
from conference.viewer import SignedInOrganiser
from sessions.privacy import masked_text
from sessions.speakers.letters import can_be_mailed, conference_facts
from sessions.speakers.links import ensure_link, page_ref
from sessions.speakers.placeholders import as_typed
from sessions.tables import SpeakerRequest

MOST_SHOWN = 200


class AlreadyAnswered(Conflict):
    """A colleague answered first."""


@dataclass(frozen=True)
class RequestLine:
    """A request. ``session`` is the code of the session it is about, "" for none; ``answered_at`` None: it waits."""

    id: int
    text: str
    asked_at: datetime
    answer: str
    answered_at: datetime | None
    answered_by: str
    speaker: str
    speaker_name: str
    session: str
    session_title: LocalText


async def open_requests(conference_id: int) -> int:
    """How many requests wait for an answer. One query."""
    found: int = await SpeakerRequest.count().where(
        (SpeakerRequest.speaker._.conference == conference_id) & SpeakerRequest.answered_at.is_null()
    )
    return found


async def requests_of(
    conference_id: int, *, speaker_id: int | None = None, only_open: bool = False
) -> list[RequestLine]:
    """What speakers (or one of them) asked, the latest first; at most 200. One query."""
    query = SpeakerRequest.select(
        SpeakerRequest.id,
        SpeakerRequest.text,
        SpeakerRequest.asked_at,
        SpeakerRequest.answer,
        SpeakerRequest.answered_at,
        SpeakerRequest.organiser._.name.as_alias("organiser_name"),
        SpeakerRequest.organiser._.email.as_alias("organiser_email"),
        SpeakerRequest.speaker._.code.as_alias("speaker_code"),
        SpeakerRequest.speaker._.name.as_alias("speaker_name"),
        SpeakerRequest.session._.code.as_alias("session_code"),
        SpeakerRequest.session._.title.as_alias("session_title"),
    ).where(SpeakerRequest.speaker._.conference == conference_id)
    if speaker_id is not None:
        query = query.where(SpeakerRequest.speaker == speaker_id)
    if only_open:
        query = query.where(SpeakerRequest.answered_at.is_null())
    rows = await query.order_by(SpeakerRequest.id, ascending=False).limit(MOST_SHOWN)
    return [
        RequestLine(
            id=row["id"],
            text=row["text"],
            asked_at=row["asked_at"],
            answer=row["answer"],
            answered_at=row["answered_at"],
            answered_by=row["organiser_name"] or row["organiser_email"] or "",
            speaker=row["speaker_code"],
            speaker_name=row["speaker_name"],
            session=row["session_code"] or "",
            session_title=texts.decode(row["session_title"]),
        )
        for row in rows
    ]


async def answer_request(
    conference: Conference, request_id: int, answer: str, *, actor: SignedInOrganiser, now: datetime
) -> bool:
    """Answer what a speaker asked; whether it goes to them by mail (False: they have no address, only their page).

    Raises AlreadyAnswered when there is another answer, NotFound. The same answer sent twice is sent once.
    """
    async with locked(SpeakerRequest, request_id):
        row = await _request(conference.id, request_id)
        speaker = await ensure_link(row["speaker"], now)
        is_reachable = can_be_mailed(speaker)
        if row["answered_at"] is not None:
            if row["answer"] == answer:
                return is_reachable
            raise AlreadyAnswered(_("A colleague has answered this meanwhile."))
        changes: dict[Any, Any] = {"answer": answer, "answered_at": now, "organiser": actor.id}
        await SpeakerRequest.update(changes).where(SpeakerRequest.id == request_id)
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="speaker-request-answered",
            subject=f"speaker:{row['speaker_code']}",
            after={"answer": masked_text(answer)},
            now=now,
        )
        if not is_reachable:
            return False
        await queue_mail(
            kind="speaker-answer",
            to=speaker.email,
            to_name=speaker.name,
            language=speaker.language or languages_of(conference)[0],
            zone=speaker.zone or conference.zone,
            payload={
                "conference": conference_facts(conference),
                "session": texts.decode(row["session_title"]),
                "asked": as_typed(row["text"]),
                "answer": as_typed(answer),
                "page": page_ref(speaker),
                "author": actor.label,
            },
            idempotency_key=f"speaker-answer:{request_id}",
            now=now,
            conference_id=conference.id,
        )
    return True


async def _request(conference_id: int, request_id: int) -> dict[str, Any]:
    row = await (
        SpeakerRequest.select(
            SpeakerRequest.text,
            SpeakerRequest.answer,
            SpeakerRequest.answered_at,
            SpeakerRequest.speaker,
            SpeakerRequest.speaker._.code.as_alias("speaker_code"),
            SpeakerRequest.session._.title.as_alias("session_title"),
        )
        .where((SpeakerRequest.id == request_id) & (SpeakerRequest.speaker._.conference == conference_id))
        .first()
    )
    if row is None:
        raise NotFound(_("There is no such request."))
    return row
