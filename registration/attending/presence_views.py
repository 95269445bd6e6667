"""What is noted of one person, made ready for the desk's page about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from conference import dates, i18n, texts
from registration.attending.certificates import noted_of
from registration.attending.facts import NOT_COUNTED, Noted, attended_sessions
from registration.tables import Registration
from registration.views import When, when
from sessions.programme.snapshot import ReleasedProgramme


@dataclass(frozen=True)
class NotedSession:
    """A session in which the team sees the person noted, or may attest that they were."""

    slot: str
    title: str
    when: When
    minutes: str


@dataclass(frozen=True)
class PresenceOfOne:
    """What is noted of a person, for the desk's page about them. None of it where they have not agreed."""

    noted: tuple[NotedSession, ...]
    total: str
    others: tuple[tuple[str, str], ...]


async def presence_of_one(
    programme: ReleasedProgramme | None, registration: Registration, zone: str, home: str, now: datetime
) -> PresenceOfOne | None:
    """What is noted of the person, and in which sessions that have begun they are not. One query."""
    if not registration.notes_presence or programme is None:
        return None
    language = i18n.current_language()
    noted = await noted_of(registration.id)
    here = {one.slot for one in noted}
    sessions, total = [], attended_sessions(programme, noted)[1]
    others = []
    for session, slot in programme.placings:
        if session.kind in NOT_COUNTED or session.is_cancelled or slot.is_cancelled:
            continue
        title, told = texts.pick(session.title, language), when(slot.start, slot.end, zone, home, language)
        if slot.id in here:
            minutes = attended_sessions(programme, _in(noted, slot.id))[1]
            sessions.append(NotedSession(slot.code, title, told, dates.duration_words(minutes, language)))
        elif slot.start <= now:
            others.append((slot.code, f"{told.here}: {title}"))
    return PresenceOfOne(tuple(sessions), dates.duration_words(total, language), tuple(others))


def _in(noted: list[Noted], slot_id: int) -> list[Noted]:
    return [one for one in noted if one.slot == slot_id]
