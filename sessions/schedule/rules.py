"""What a conference asks of its schedule: reading it, changing it, and what of the draft a release may not hold."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from conference import audit
from conference.conferences import touch_public
from conference.db import locked
from conference.errors import StaleEdit
from conference.i18n import _, current_language
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from sessions.schedule.conflict_words import ClashLine, Facts, all_clash_lines
from sessions.schedule.draft import rooms_of, slots_by_id
from sessions.schedule.draft_changes import touch_draft
from sessions.schedule.limits import RuleFacts
from sessions.schedule.placings_cache import standing
from sessions.schedule.surroundings import NUMBERS, facts_of_row
from sessions.tables import ScheduleRules

_PUBLIC = ("bearable_from", "bearable_until", "edge_minutes")


def as_columns(facts: RuleFacts) -> dict[str, Any]:
    """The facts as the columns of ``ScheduleRules`` hold them."""
    return {
        "levels": json.dumps({kind.value: level.value for kind, level in sorted(facts.levels.items())}),
        "expected_audience": json.dumps(dict(facts.expected_audience)),
        **{name: getattr(facts, name) for name in NUMBERS},
    }


async def schedule_rules(conference_id: int) -> tuple[RuleFacts, int]:
    """The conference's rules and their revision; the defaults and 0 when it has said nothing yet. One query."""
    row = await ScheduleRules.objects().where(ScheduleRules.conference == conference_id).first()
    return (facts_of_row(row), row.revision) if row else (RuleFacts(), 0)


async def change_rules(
    conference: Conference, facts: RuleFacts, *, revision: int, actor: SignedInOrganiser, now: datetime
) -> None:
    """Change the rules as seen at ``revision`` (0: as they are before anybody has said anything). Raises StaleEdit."""
    async with locked(Conference, conference.id):
        before, found = await schedule_rules(conference.id)
        if found != revision:
            raise StaleEdit(
                _("Someone else changed the rules of the schedule meanwhile."),
                mine=as_columns(facts),
                theirs=as_columns(before),
            )
        if facts == before:
            return
        columns: dict[Any, Any] = {**as_columns(facts), "revision": revision + 1}
        if found:
            await ScheduleRules.update(columns).where(ScheduleRules.conference == conference.id)
        else:
            await ScheduleRules(conference=conference.id, **columns).save()
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="schedule-rules-changed",
            subject="schedule-rules",
            before=as_columns(before),
            after=as_columns(facts),
            now=now,
        )
        if any(getattr(before, name) != getattr(facts, name) for name in _PUBLIC):
            await touch_public(conference.id)  # the public programme can be filtered by bearable hours
        await touch_draft(conference.id, actor=actor, now=now)


async def release_blockers(conference: Conference) -> list[ClashLine]:
    """The clashes of the draft that no release may hold, in words and in order of gravity and time.

    A fixed number of queries, whatever the size of the draft. Inside a transaction they are read as it sees them.
    """
    now = await standing(conference)
    blocking = [conflict for conflict in now.conflicts if conflict.level.blocks_release]
    if not blocking:
        return []
    slots = await slots_by_id(conference, {slot for conflict in blocking for slot in conflict.slots})
    rooms = {room.id: room for room in await rooms_of(conference)}
    return all_clash_lines(
        blocking,
        {slot.id: slot for slot in slots},
        Facts(conference.zone, rooms, current_language(), now.surroundings),
    )
