"""Rules that make and remove slots in the schedule editor: copies of a break, repeats of a session, new breaks."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from conference import texts
from conference.codes import new_code
from conference.conferences import languages_of
from conference.db import locked, transaction
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from sessions.schedule.draft import placings_of
from sessions.schedule.moves import SlotState, StepFacts, StepKind
from sessions.schedule.session_slots import SlotKept
from sessions.schedule.slot_changes import (
    Held,
    PlacingRefused,
    check_length,
    conference_now,
    keep_rooms,
    refuse_stale,
    slot_gone,
    was_released,
)
from sessions.schedule.slot_writing import plain_session, record_session
from sessions.schedule.steps import NewSlot, StepDone, new_slot, write_step
from sessions.schedule.surroundings import surroundings_of
from sessions.schedule.together import Seen, hold_seen
from sessions.tables import Appearance, Room, Session, SessionKind, Slot

COPIED = (SessionKind.BREAK, SessionKind.NETWORKING, SessionKind.BLOCKER)
"""Kinds that may be on in several rooms at once: nobody has to be in all of them."""

MADE_HERE = (SessionKind.BREAK, SessionKind.BLOCKER)
"""Kinds that the editor makes and removes whole."""


@dataclass(frozen=True)
class BreakFacts:
    """A break (public) or blocker (private) to be made. ``local_start`` is naive, of the conference's clock."""

    kind: SessionKind
    title: str
    rooms: tuple[int, ...]
    local_start: datetime
    length_minutes: int
    fold: int | None = None


async def copy_to_free_rooms(
    conference_id: int, seen: Seen, *, actor: SignedInOrganiser, now: datetime
) -> StepDone:
    """Put a break into every room that is open and free at its time, as further slots of the same session.

    Raises StaleSlot, PlacingRefused, NotFound.
    """
    async with transaction(), locked(Session, await _session_id(conference_id, seen.code)):
        [held] = await hold_seen(conference_id, [seen])
        await refuse_stale(held, seen.revision, held.state)
        conference = await conference_now(conference_id)
        if held.kind not in COPIED:
            raise PlacingRefused(
                "slots", _("Only breaks, networking and blockers are copied to other rooms.")
            )
        free = await _free_rooms(conference, held)
        if not free:
            raise PlacingRefused("room", _("No other room is free then."))
        position = await _next_position(held.slot.session)
        made = [_another(conference, held, room, position + number) for number, room in enumerate(free)]
        facts = StepFacts(titles=(held.title,), count=len(made))
        return await write_step(conference, StepKind.COPY, facts, made=made, actor=actor, now=now)


async def repeat_slot(conference_id: int, code: str, *, actor: SignedInOrganiser, now: datetime) -> StepDone:
    """Add another slot of the session, off the grid: a repeat for another part of the world. Raises NotFound."""
    async with transaction(), locked(Session, await _session_id(conference_id, code)):
        slot = await Slot.objects().where((Slot.conference == conference_id) & (Slot.code == code)).first()
        session = await Session.objects().where(Session.id == slot.session).first() if slot else None
        if slot is None or session is None:
            raise slot_gone()
        conference = await conference_now(conference_id)
        title = texts.decode(session.title)
        held = Held(slot, session.code, session.kind, title)
        made = _another(conference, held, None, await _next_position(session.id))
        facts = StepFacts(titles=(title,))
        return await write_step(conference, StepKind.REPEAT, facts, made=[made], actor=actor, now=now)


async def remove_in_editor(
    conference_id: int, seen: Seen, *, actor: SignedInOrganiser, now: datetime
) -> StepDone:
    """Remove a slot that was never published; with the last one of a break or blocker the session goes too.

    Raises SlotKept, StaleSlot, NotFound.
    """
    async with transaction():
        session_id = await _session_id(conference_id, seen.code)
        async with locked(Session, session_id):
            [held] = await hold_seen(conference_id, [seen])
            await refuse_stale(held, seen.revision, held.state)
            conference = await conference_now(conference_id)
            session = await Session.objects().where(Session.id == session_id).first()
            is_last = await Slot.count().where(Slot.session == session_id) < 2
            if is_last and (
                held.kind not in MADE_HERE
                or await Appearance.exists().where(Appearance.session == session_id)
            ):
                raise SlotKept(_("A session keeps at least one slot."))
            if await was_released(conference_id, held.slot.code):
                raise SlotKept(
                    _(
                        "This slot has been published, and people may hold seats in it. Leave it off the schedule instead."
                    )
                )
            facts = StepFacts(titles=(held.title,))
            row = plain_session(session) if is_last and session else None
            done = await write_step(
                conference, StepKind.REMOVE, facts, removed=[held], session=row, actor=actor, now=now
            )
            if row is not None:
                await Session.delete().where(Session.id == session_id)
            return done


async def add_break(
    conference_id: int, facts: BreakFacts, *, actor: SignedInOrganiser, now: datetime
) -> StepDone:
    """Make a break or blocker and place it. Raises LocalTimeError, PlacingRefused."""
    check_length(facts.length_minutes)
    if not facts.rooms:
        raise PlacingRefused("room", _("Please choose at least one room."))
    async with transaction():
        conference = await conference_now(conference_id)
        names = await keep_rooms(conference_id, facts.rooms)
        wall = facts.local_start.replace(second=0, microsecond=0)
        title = {languages_of(conference)[0]: facts.title}
        session = Session(
            conference=conference_id,
            code=new_code(),
            guid=str(uuid.uuid4()),
            kind=facts.kind.value,
            title=texts.encode(title),
            is_recorded=False,
        )
        await session.save()
        made = []
        for position, room in enumerate(facts.rooms):
            state = SlotState(room, wall.isoformat(timespec="minutes"), 0, facts.length_minutes)
            slot = new_slot(
                conference,
                session.id,
                new_code(),
                state,
                guid=str(uuid.uuid4()),
                position=position,
                fold=facts.fold,
            )
            made.append(NewSlot(slot, session.code))
        step = StepFacts(
            titles=(title,),
            room=names.get(facts.rooms[0]),
            count=len(made),
            since=wall.isoformat(timespec="minutes"),
        )
        row = plain_session(session)
        await record_session("session-added", conference_id, row, actor=actor, now=now)
        return await write_step(
            conference, StepKind.ADD, step, made=made, rooms=names, session=row, actor=actor, now=now
        )


async def _session_id(conference_id: int, code: str) -> int:
    row = (
        await Slot.select(Slot.session)
        .where((Slot.conference == conference_id) & (Slot.code == code[:12]))
        .first()
    )
    if row is None:
        raise slot_gone()
    return int(row["session"])


async def _next_position(session_id: int) -> int:
    rows = await Slot.select(Slot.position).where(Slot.session == session_id)
    return max((row["position"] for row in rows), default=-1) + 1


async def _free_rooms(conference: Conference, held: Held) -> Sequence[int]:
    """Rooms that are open and in which nothing takes place while the slot is on, in their order."""
    start, end = held.slot.start, held.slot.end
    if start is None or end is None:
        raise PlacingRefused("slots", _("Put it on the schedule first."))
    rows = (
        await Room.select(Room.id)
        .where(Room.conference == conference.id)
        .order_by(Room.position)
        .order_by(Room.id)
    )
    around = await surroundings_of(conference)
    taken = {
        placement.room
        for placement in (await placings_of(conference.id)).placements
        if placement.counts and placement.start < end and start < placement.end
    }
    taken.add(held.slot.room)
    free = []
    for row in rows:
        limits = around.rooms.get(row["id"])
        is_open = limits is None or limits.open is None or limits.open.cover(start, end)
        if row["id"] not in taken and is_open:
            free.append(row["id"])
    return free


def _another(conference: Conference, held: Held, room: int | None, position: int) -> NewSlot:
    """A further slot of the same session: at the same time in ``room``, or off the grid."""
    state = held.state
    wanted = SlotState(
        room, state.local_start if room else None, state.fold if room else 0, state.length_minutes
    )
    slot = new_slot(
        conference,
        held.slot.session,
        new_code(),
        wanted,
        guid=str(uuid.uuid4()),
        position=position,
        seats=held.slot.seats,
        fold=state.fold,
    )
    return NewSlot(slot, held.session_code)
