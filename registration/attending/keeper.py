"""Presence as the door of a room, a package below, reaches it."""

from __future__ import annotations

from conference.viewer import PresenceKeeper
from registration.attending.certificate_rules import certificate_rules_of
from registration.attending.presence import note_presence


async def _is_asked(conference_id: int) -> bool:
    return (await certificate_rules_of(conference_id)).is_offered


PRESENCE_KEEPER = PresenceKeeper(note_presence, _is_asked)
