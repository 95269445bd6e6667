"""How people get into the rooms of a conference: kept, read, changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from conference import audit, texts
from conference.db import locked
from conference.errors import StaleEdit
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from sessions.door.facts import DoorFacts
from sessions.door.tables import DoorRules
from sessions.privacy import host_of
from sessions.tables import Room


async def door_rules_of(conference_id: int) -> tuple[DoorFacts, int]:
    """The conference's rules and their revision; the defaults and 0 where nobody has set any. One query."""
    row = await DoorRules.objects().where(DoorRules.conference == conference_id).first()
    if row is None:
        return DoorFacts(), 0
    return DoorFacts(row.stage_early_minutes, texts.decode(row.getting_in), row.help_email), row.revision


async def change_door_rules(
    conference: Conference, facts: DoorFacts, *, revision: int, actor: SignedInOrganiser, now: datetime
) -> None:
    """Change the rules as seen at ``revision`` (0: as nobody had set any). Raises StaleEdit."""
    async with locked(Conference, conference.id):
        before, stands = await door_rules_of(conference.id)
        if stands != revision:
            raise StaleEdit(
                _("Someone else changed this page meanwhile."),
                mine=facts.as_columns(),
                theirs=before.as_columns(),
            )
        if facts == before:
            return
        if stands == 0:
            await DoorRules(conference=conference.id, **facts.as_columns()).save()
        else:
            changes: dict[Any, Any] = {**facts.as_columns(), "revision": revision + 1}
            await DoorRules.update(changes).where(DoorRules.conference == conference.id)
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="door-rules-changed",
            subject=f"conference:{conference.slug}",
            before=before.as_columns(),
            after=facts.as_columns(),
            now=now,
        )


def stage_opens_at(start: datetime, *, stage_early_minutes: int, early_minutes: int) -> datetime:
    """When those who appear in a session may enter: to test sound and slides, and never after those who listen."""
    return start - timedelta(minutes=max(stage_early_minutes, early_minutes, 0))


async def vendors_of(conference_id: int) -> frozenset[str]:
    """The hosts of the conference's meeting services: none of them may stand in a text for people. One query."""
    rows = await Room.select(Room.vendor_url).where(Room.conference == conference_id)
    return frozenset(host for row in rows if (host := host_of(row["vendor_url"])))
