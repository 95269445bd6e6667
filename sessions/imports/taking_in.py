"""Taking a programme file into a conference that is there already: looked at first, then done as a whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from piccolo.table import Table

from conference import audit, conferences
from conference.db import locked
from conference.errors import Conflict
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from sessions.door.tables import DoorRules
from sessions.imports.columns import appearance_columns
from sessions.imports.matching import Draft, with_known_rooms
from sessions.imports.plan import Plan, plan_import
from sessions.imports.writing import Writing, with_named_rooms
from sessions.interchange.model import Doubt, Doubts, ProgrammeFile
from sessions.packs.tables import ResourcePack
from sessions.schedule.draft_changes import touch_draft
from sessions.tables import (
    Appearance,
    Room,
    ScheduleRules,
    Session,
    SessionPart,
    Slot,
    Speaker,
    Track,
)

_TABLES: Mapping[str, type[Table]] = {
    "room": Room,
    "track": Track,
    "speaker": Speaker,
    "session": Session,
    "slot": Slot,
    "rules": ScheduleRules,
    "doors": DoorRules,
}


class PlanChanged(Conflict):
    """The draft has changed since the organiser looked: something else would happen now."""


@dataclass(frozen=True)
class Looked:
    """What importing would do, what was doubtful in it, and the file with a room for every time."""

    plan: Plan
    doubts: tuple[Doubt, ...]
    file: ProgrammeFile


async def look_at_import(conference: Conference, file: ProgrammeFile) -> Looked:
    """What taking the file into the draft would change; writes nothing. Eight queries. Raises ImportRefused."""
    doubts = Doubts()
    language = conferences.languages_of(conference)[0]
    draft = await draft_rows(conference.id)
    file = with_named_rooms(with_known_rooms(file, draft), language, doubts)
    if file.conference.zone != conference.zone:
        doubts.add(
            "zone",
            file.conference.zone,
            _("The file's clock is that of %(theirs)s; its times are read as times of %(ours)s.")
            % {"theirs": file.conference.zone, "ours": conference.zone},
        )
    plan = plan_import(file, draft, zone=conference.zone, language=language, doubts=doubts)
    return Looked(plan, doubts.listed(), file)


async def take_in(
    conference: Conference, file: ProgrammeFile, *, digest: str, actor: SignedInOrganiser | str, now: datetime
) -> Plan:
    """Make the draft say what the file says, as looked at (``digest`` of that plan); all of it or nothing.

    Raises PlanChanged, and ImportRefused.
    """
    async with locked(Conference, conference.id):
        looked = await look_at_import(conference, file)
        plan = looked.plan
        if plan.digest != digest:
            raise PlanChanged(_("The draft has changed since you looked. This is what would happen now."))
        if plan.is_empty:
            return plan
        writing = Writing(looked.file, conference, Doubts(), now, plan.matches)
        await writing.write()
        for update in plan.updates:
            table: Any = _TABLES[update.subject]
            columns = dict(update.columns)
            if "room" in columns:
                columns["room"] = writing.rooms[columns["room"]]
            if "track" in columns:
                columns["track"] = writing.tracks[columns["track"]]
            await table.update({**columns, table.revision: table.revision + 1}).where(table.id == update.id)
        for facts, told, position in plan.slots:
            await writing.slot(facts, told, position).save()
        parts = await _parts(conference.id)
        for session, appearance, position in plan.appearances:
            await Appearance(
                session=session,
                speaker=writing.speakers[appearance.speaker],
                part=None if appearance.part is None else parts.get((session, appearance.part)),
                position=position,
                **appearance_columns(appearance),
            ).save()
        if plan.gone:
            await Appearance.delete().where(Appearance.id.is_in(list(plan.gone)))
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="programme-imported",
            subject=f"conference:{conference.slug}",
            after={
                "new": sum(line.action == "new" for line in plan.lines),
                "changed": sum(line.action == "changed" for line in plan.lines),
                "gone": sum(line.action == "gone" for line in plan.lines),
            },
            now=now,
        )
        by = actor if isinstance(actor, SignedInOrganiser) else None
        await touch_draft(conference.id, actor=by, now=now)
    return plan


async def draft_rows(conference_id: int) -> Draft:
    """The rows of the draft, in the order in which people see them. Ten queries."""

    async def of(table: Any, *order: Any) -> list[dict[str, Any]]:
        query = table.select().where(table.conference == conference_id)
        for column in order:
            query = query.order_by(column)
        found: list[dict[str, Any]] = await query.order_by(table.id)
        return found

    rules = await ScheduleRules.select().where(ScheduleRules.conference == conference_id).first()
    doors = await DoorRules.select().where(DoorRules.conference == conference_id).first()
    return Draft(
        rooms=await of(Room, Room.position),
        tracks=await of(Track, Track.position),
        speakers=await of(Speaker),
        sessions=await of(Session),
        slots=await of(Slot, Slot.position),
        appearances=await Appearance.select()
        .where(Appearance.session._.conference == conference_id)
        .order_by(Appearance.position)
        .order_by(Appearance.id),
        parts=await SessionPart.select().where(SessionPart.session._.conference == conference_id),
        packs=await of(ResourcePack),
        rules=rules,
        doors=doors,
    )


async def _parts(conference_id: int) -> dict[tuple[int, int], int]:
    rows = await SessionPart.select(SessionPart.id, SessionPart.session, SessionPart.position).where(
        SessionPart.session._.conference == conference_id
    )
    return {(row["session"], row["position"]): row["id"] for row in rows}
