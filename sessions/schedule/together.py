"""Rules of the draft schedule about several slots at once: all of them, or none. What is refused names the slot at fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from conference.db import transaction
from conference.i18n import _
from conference.tables import Conference
from conference.timezones import LocalTimeError
from conference.viewer import SignedInOrganiser
from sessions.schedule.moves import SlotState, StepFacts, StepKind
from sessions.schedule.slot_changes import (
    Held,
    Move,
    PlacingRefused,
    conference_now,
    hold,
    ids_of,
    keep_rooms,
    move_by,
    move_to,
    refuse_stale,
    refused_for,
    slot_gone,
)
from sessions.schedule.slot_writing import is_elsewhere
from sessions.schedule.steps import StepDone, write_step
from sessions.tables import Room, Slot

FARTHEST = 366  # days that anything is moved at once


@dataclass(frozen=True)
class Seen:
    """A slot as an organiser saw it."""

    code: str
    revision: int


@dataclass(frozen=True)
class Distance:
    """How far slots move: on the conference's clock, and in the order of rooms (to the right when positive)."""

    minutes: int = 0
    days: int = 0
    rooms: int = 0

    @property
    def in_time(self) -> timedelta:
        """Minutes and days together."""
        return timedelta(days=self.days, minutes=self.minutes)

    def check(self) -> None:
        """Raises PlacingRefused for a distance that goes nowhere or too far."""
        if not (self.minutes or self.days or self.rooms):
            raise PlacingRefused("minutes", _("Please say how far: a number other than 0."))
        if abs(self.minutes) > FARTHEST * 24 * 60 or abs(self.days) > FARTHEST:
            raise PlacingRefused(
                "minutes", _("Nothing is moved by more than %(days)s days at once.") % {"days": FARTHEST}
            )


async def move_together(
    conference_id: int, seen: Sequence[Seen], by: Distance, *, actor: SignedInOrganiser, now: datetime
) -> StepDone:
    """Move the slots by the same distance. Raises StaleSlot, PlacingRefused (also for a clock change), NotFound."""
    by.check()
    async with transaction():
        conference = await conference_now(conference_id)
        held = await hold_seen(conference_id, seen)
        rooms = await _room_order(conference_id)
        moves = []
        for one, as_seen in zip(held, seen, strict=True):
            moves.append(await _moved(one, by, rooms, conference, revision=as_seen.revision))
        return await _write(conference, StepKind.MOVE, moves, by, actor=actor, now=now)


async def unschedule_together(
    conference_id: int, seen: Sequence[Seen], *, actor: SignedInOrganiser, now: datetime
) -> StepDone:
    """Take the slots off the grid. Raises StaleSlot, NotFound, PlacingRefused."""
    async with transaction():
        conference = await conference_now(conference_id)
        held = await hold_seen(conference_id, seen)
        moves = []
        for one, as_seen in zip(held, seen, strict=True):
            wanted = SlotState(None, None, 0, one.slot.length_minutes)
            await refuse_stale(one, as_seen.revision, wanted)
            moves.append(Move(one, wanted, None))
        return await _write(conference, StepKind.UNSCHEDULE, moves, Distance(), actor=actor, now=now)


async def swap_two(
    conference_id: int, one: Seen, other: Seen, *, actor: SignedInOrganiser, now: datetime
) -> StepDone:
    """Let two slots change places and times; each keeps its length. Raises StaleSlot, PlacingRefused, NotFound."""
    if one.code == other.code:
        raise PlacingRefused("slots", _("Please choose two different sessions."))
    async with transaction():
        conference = await conference_now(conference_id)
        pair = await hold_seen(conference_id, [one, other])
        if all(held.slot.start is None for held in pair):
            raise PlacingRefused("slots", _("Neither of the two is on the schedule."))
        moves = []
        for held, partner, seen in zip(pair, reversed(pair), (one, other), strict=True):
            wanted = replace(partner.state, length_minutes=held.slot.length_minutes)
            await refuse_stale(held, seen.revision, wanted)
            try:
                # Of two equal hours the same one.
                moves.append(move_to(held, wanted, conference.zone, wanted.fold))
            except LocalTimeError as error:
                raise refused_for(held, "time", error.message) from None
        facts = StepFacts(titles=tuple(held.title for held in pair), count=2)
        return await write_step(conference, StepKind.SWAP, facts, moves=moves, actor=actor, now=now)


async def shift_from(
    conference_id: int,
    since: datetime,
    minutes: int,
    *,
    room_id: int | None = None,
    seen: Sequence[Seen] = (),
    actor: SignedInOrganiser,
    now: datetime,
) -> StepDone:
    """Move everything that starts at or after ``since`` (naive, the conference's clock) on that day by some minutes.

    ``room_id`` None: in every room. ``seen`` are slots whose change since is to be told. Raises like ``move_together``.
    """
    by = Distance(minutes=minutes)
    by.check()
    async with transaction():
        conference = await conference_now(conference_id)
        names = await keep_rooms(conference_id, [room_id])
        day_ends = datetime.combine(since.date(), time.max)
        which = (Slot.conference == conference_id) & (Slot.local_start >= since)
        which &= Slot.local_start <= day_ends
        if room_id is not None:
            which &= Slot.room == room_id
        rows = await Slot.select(Slot.id).where(which)
        revisions = {one.code: one.revision for one in seen}
        moves = []
        for held in (await hold([row["id"] for row in rows])).values():
            slot = held.slot
            if slot.local_start is None or not since <= slot.local_start <= day_ends:
                continue  # moved away just before it was held
            revision = revisions.get(slot.code, slot.revision)
            moves.append(await _moved(held, by, [], conference, revision=revision))
        if not moves:
            raise PlacingRefused(
                "from", _("Nothing starts at or after %(time)s there.") % {"time": f"{since:%H:%M}"}
            )
        facts = StepFacts(
            titles=(moves[0].held.title,),
            room=names.get(room_id),
            count=len(moves),
            minutes=minutes,
            since=since.isoformat(timespec="minutes"),
        )
        return await write_step(conference, StepKind.SHIFT, facts, moves=moves, actor=actor, now=now)


async def hold_seen(conference_id: int, seen: Sequence[Seen]) -> list[Held]:
    """Inside a transaction: the slots, held, in the order they were named. Raises NotFound, PlacingRefused for none."""
    if not seen:
        raise PlacingRefused("slots", _("Please choose at least one session."))
    ids = await ids_of(conference_id, [one.code for one in seen])
    held = await hold(ids.values())
    found = {one.slot.code: one for one in held.values()}
    if len(found) < len({one.code for one in seen}):
        raise slot_gone()
    return [found[one.code] for one in seen]


async def _room_order(conference_id: int) -> list[int]:
    rows = (
        await Room.select(Room.id)
        .where(Room.conference == conference_id)
        .order_by(Room.position)
        .order_by(Room.id)
    )
    return [row["id"] for row in rows]


async def _moved(
    held: Held, by: Distance, rooms: Sequence[int], conference: Conference, *, revision: int
) -> Move:
    try:
        move = move_by(held, _moved_state(held, by, rooms), conference.zone)
    except PlacingRefused:
        await refuse_stale(held, revision, held.state)  # a colleague's change is the better reason
        raise
    await refuse_stale(held, revision, move.after)
    return move


def _moved_state(held: Held, by: Distance, rooms: Sequence[int]) -> SlotState:
    stands = held.state
    if stands.local_start is None or stands.room is None:
        raise refused_for(held, "slots", _("it is not on the schedule."))
    try:
        wall = datetime.fromisoformat(stands.local_start) + by.in_time
    except OverflowError:
        raise refused_for(held, "minutes", _("there is no such day.")) from None
    room = stands.room
    if by.rooms:
        at = rooms.index(room) + by.rooms
        if not 0 <= at < len(rooms):
            reason = (
                _("there is no room so far to the right.")
                if by.rooms > 0
                else _("there is no room so far to the left.")
            )
            raise refused_for(held, "rooms", reason)
        room = rooms[at]
    return SlotState(room, wall.isoformat(timespec="minutes"), 0, stands.length_minutes)


async def _write(
    conference: Conference,
    kind: StepKind,
    moves: Sequence[Move],
    by: Distance,
    *,
    actor: SignedInOrganiser,
    now: datetime,
) -> StepDone:
    """One step; named like a single move when it is one."""
    changing = [move for move in moves if is_elsewhere(move, conference.zone)] or moves
    names = await keep_rooms(conference.id, [move.after.room for move in moves])
    facts = StepFacts(
        titles=tuple(move.held.title for move in changing[:2]),
        count=len(changing),
        minutes=int(by.in_time.total_seconds()) // 60,
    )
    if len(changing) == 1:
        only = changing[0]
        facts = replace(facts, room=names.get(only.after.room), before=only.held.state, after=only.after)
    return await write_step(conference, kind, facts, moves=moves, rooms=names, actor=actor, now=now)
