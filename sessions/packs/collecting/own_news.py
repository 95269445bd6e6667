"""What the team is told by mail when speakers do something to what they handed in and readers see."""

from __future__ import annotations

from datetime import datetime

from conference import texts
from conference.conferences import languages_of
from conference.tables import Conference
from sessions.packs.tables import Resource, ResourceState
from sessions.speakers.letters import tell_team
from sessions.tables import Session, Speaker


async def tell_of_own(
    conference: Conference, speaker: Speaker, resource: Resource, what: str, *, now: datetime
) -> None:
    """Tell the team by mail what a speaker did (``what``: "changed", "replaced", "taken-back") to something that readers see,
    inside the transaction in which they did it. What the team has not accepted yet it looks at anyhow."""
    if resource.state != ResourceState.READY:
        return
    session = await Session.objects().where(Session.id == (resource.session or 0)).first()
    await tell_team(
        speaker,
        conference,
        what,
        f"{resource.code}:{now.isoformat()}",
        session=texts.decode(session.title) if session else None,
        words=texts.pick(resource.title, languages_of(conference)[0]),
        now=now,
    )
