"""Rules about what speakers ask the organisers to change."""

from __future__ import annotations

from datetime import datetime, timedelta

from conference import audit, texts
from conference.db import locked
from conference.errors import Conflict, NotFound
from conference.i18n import _
from conference.tables import Conference
from sessions.privacy import masked_text
from sessions.speakers.letters import tell_team
from sessions.tables import Appearance, Speaker, SpeakerRequest

LONGEST_REQUEST = 4000
MOST_OPEN = 20
"""Requests of one speaker that may wait for an answer."""
SAME_WITHIN = timedelta(hours=1)
"""The same words again in this time are one request, sent twice."""


class TooManyRequests(Conflict):
    """The speaker has asked for so much that the team must answer first."""


async def ask_for_change(speaker_id: int, text: str, *, session: str = "", now: datetime) -> None:
    """Ask the team for a change, in general or of one of the speaker's sessions (its code). The team is told by mail.

    Sent twice it is asked once. Raises TooManyRequests, NotFound.
    """
    async with locked(Speaker, speaker_id):
        speaker = await Speaker.objects().where(Speaker.id == speaker_id).first()
        conference = (
            await Conference.objects().where(Conference.id == speaker.conference).first() if speaker else None
        )
        if speaker is None or conference is None:
            raise NotFound(_("There is no such speaker. They may have been deleted meanwhile."))
        about = None
        if session:
            about = await (
                Appearance.select(
                    Appearance.session._.id.as_alias("id"), Appearance.session._.title.as_alias("title")
                )
                .where((Appearance.speaker == speaker_id) & (Appearance.session._.code == session[:12]))
                .first()
            )
            if about is None:
                raise NotFound(
                    _("You are no longer listed in this session. The team may have changed the programme.")
                )
        earlier = await SpeakerRequest.select(
            SpeakerRequest.session, SpeakerRequest.text, SpeakerRequest.asked_at
        ).where((SpeakerRequest.speaker == speaker_id) & SpeakerRequest.answered_at.is_null())
        own = about["id"] if about else None
        if any(
            row["text"] == text and row["session"] == own and now - row["asked_at"] < SAME_WITHIN
            for row in earlier
        ):
            return
        if len(earlier) >= MOST_OPEN:
            raise TooManyRequests(
                _("Many of your requests wait for an answer. Please write to the team directly this time.")
            )
        request = SpeakerRequest(speaker=speaker_id, session=own, text=text, asked_at=now)
        await request.save()
        await audit.record(
            conference_id=conference.id,
            actor=speaker.name,
            action="change-asked-for",
            subject=f"speaker:{speaker.code}",
            after={"request": masked_text(text), **({"session": session} if session else {})},
            now=now,
        )
        title = texts.decode(about["title"]) if about else None
        await tell_team(speaker, conference, "asked", str(request.id), session=title, words=text, now=now)
