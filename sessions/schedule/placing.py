"""Rules of the draft schedule: placing a slot, taking it off, changing its length, and undoing the last of these.

Nothing here touches a public page: the public sees releases only.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from conference import audit, texts
from conference.db import keep, locked
from conference.errors import Conflict, DomainError, NotFound, StaleEdit
from conference.i18n import _, current_language
from conference.tables import AuditEntry, Conference
from conference.timezones import to_utc, wall_time
from conference.viewer import SignedInOrganiser
from sessions.schedule.moves import MoveFacts, SlotState, move_label
from sessions.tables import Room, ScheduleMove, Session, Slot

SHORTEST = 1  # minutes
LONGEST = 24 * 60  # minutes


class PlacingRefused(DomainError):
    """The placing cannot be; ``field`` names what is at fault: "room" or "length"."""

    http_status: ClassVar[int] = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NothingToUndo(Conflict):
    """The organiser has made no move that is not undone."""


class UndoRefused(Conflict):
    """The slot no longer stands as the move left it."""


@dataclass(frozen=True)
class PlacedSlot:
    """A slot after a rule: where it stands now and stood before. ``start`` and ``end`` are UTC, None off the grid.

    ``label`` names the move in the reader's language; ``is_changed`` is false when it already stood so, and then
    nothing was written.
    """

    slot_id: int
    code: str
    revision: int
    before: SlotState
    after: SlotState
    start: datetime | None
    end: datetime | None
    start_before: datetime | None
    end_before: datetime | None
    label: str
    is_changed: bool = True


@dataclass(frozen=True)
class LastMove:
    """The move that undo would take back."""

    id: int
    slot_id: int
    label: str


async def place_slot(
    slot_id: int,
    *,
    room_id: int,
    local_start: datetime,
    length_minutes: int,
    fold: int | None = None,
    revision: int,
    actor: SignedInOrganiser,
    now: datetime,
) -> PlacedSlot:
    """Put the slot, as seen at ``revision``, into a room at a wall-clock time (naive) of the conference's zone.

    Raises StaleEdit, SkippedHour, RepeatedHour (unless ``fold`` says which of the two), PlacingRefused. Clashes are
    allowed: the organiser decides about them.
    """
    async with locked(Slot, slot_id):
        slot, conference = await _read(slot_id)
        room = await _room(room_id, conference.id)
        _check_length(length_minutes)
        wall = local_start.replace(second=0, microsecond=0)
        stands = state_of(slot)
        wanted = SlotState(room.id, wall.isoformat(timespec="minutes"), fold or 0, length_minutes)
        await _refuse_stale(slot, revision, wanted)
        if fold is None and wanted.local_start == stands.local_start and slot.zone == conference.zone:
            fold = (
                stands.fold
            )  # to another room at the same time: no need to ask again which of the two hours
        start = to_utc(wall, conference.zone, fold)
        wanted = replace(wanted, fold=_fold(start, conference.zone))
        return await _write(slot, conference, wanted, start, actor=actor, now=now)


async def unschedule_slot(
    slot_id: int, *, revision: int, actor: SignedInOrganiser, now: datetime
) -> PlacedSlot:
    """Take the slot, as seen at ``revision``, off the grid. Raises StaleEdit."""
    async with locked(Slot, slot_id):
        slot, conference = await _read(slot_id)
        wanted = SlotState(None, None, 0, slot.length_minutes)
        await _refuse_stale(slot, revision, wanted)
        return await _write(slot, conference, wanted, None, actor=actor, now=now)


async def resize(
    slot_id: int, *, length_minutes: int, revision: int, actor: SignedInOrganiser, now: datetime
) -> PlacedSlot:
    """Give the slot, as seen at ``revision``, another length; its start stays. Raises StaleEdit, PlacingRefused."""
    async with locked(Slot, slot_id):
        slot, conference = await _read(slot_id)
        _check_length(length_minutes)
        wanted = replace(state_of(slot), length_minutes=length_minutes)
        await _refuse_stale(slot, revision, wanted)
        return await _write(slot, conference, wanted, slot.start, actor=actor, now=now)


async def last_move(conference_id: int, organiser_id: int) -> LastMove | None:
    """What undo would take back for this organiser, None when there is nothing."""
    found = await _last_move(conference_id, organiser_id)
    return LastMove(found["id"], found["slot"], await _label_of(found)) if found else None


async def undo_last_move(
    conference: Conference, *, actor: SignedInOrganiser, now: datetime, move_id: int | None = None
) -> PlacedSlot:
    """Take back this organiser's last move that is not undone, and return the slot as it stands again.

    ``label`` of what is returned names the move taken back. ``move_id`` says which move the organiser saw offered: a
    button pressed twice undoes once. Raises NothingToUndo, and UndoRefused (naming who) when the slot has changed since.
    """
    found = await _last_move(conference.id, actor.id)
    if found is None or (move_id is not None and found["id"] != move_id):
        raise NothingToUndo(_("There is nothing to undo any more."))
    async with locked(Slot, found["slot"]):
        # Asked again under the lock: a second press may have come first.
        move = await ScheduleMove.objects().where(ScheduleMove.id == found["id"]).first()
        if move is None or move.undone_at is not None:
            raise NothingToUndo(_("There is nothing to undo any more."))
        slot, slot_conference = await _read(found["slot"])
        label = await _label_of(found)
        if slot.revision != move.revision_after:
            raise UndoRefused(
                _("%(who)s has changed this since. Not undone: %(move)s")
                % {"who": await _who_changed(slot, conference.id, actor), "move": label}
            )
        before = json.loads(move.before)
        wanted = SlotState.from_plain(before)
        if wanted.room is not None:
            await _room(wanted.room, conference.id)
        start = (
            to_utc(datetime.fromisoformat(wanted.local_start), slot_conference.zone, wanted.fold)
            if wanted.local_start
            else None
        )
        placed = await _write(slot, slot_conference, wanted, start, actor=actor, now=now, undoes=move.id)
        await ScheduleMove.update({ScheduleMove.undone_at: now}).where(ScheduleMove.id == move.id)
        # The move before this one left the slot as it stands again, so that one can be taken back in its turn.
        await ScheduleMove.update({ScheduleMove.revision_after: placed.revision}).where(
            (ScheduleMove.slot == slot.id)
            & ScheduleMove.undone_at.is_null()
            & (ScheduleMove.revision_after == before["revision"])
        )
        return replace(placed, label=label)


async def slot_id_of(conference_id: int, code: str) -> int:
    """The slot of this code in the conference. Raises NotFound."""
    found = (
        await Slot.select(Slot.id)
        .where((Slot.conference == conference_id) & (Slot.code == code[:12]))
        .first()
    )
    if found is None:
        raise NotFound(_("There is no such slot in this conference. It may have been deleted meanwhile."))
    return int(found["id"])


def state_of(slot: Slot) -> SlotState:
    """Where a slot stands."""
    return SlotState(
        slot.room,
        slot.local_start.isoformat(timespec="minutes") if slot.local_start else None,
        _fold(slot.start, slot.zone) if slot.start else 0,
        slot.length_minutes,
    )


def _fold(start: datetime, zone: str) -> int:
    return wall_time(start, zone).fold


async def _read(slot_id: int) -> tuple[Slot, Conference]:
    slot = await Slot.objects(Slot.conference).where(Slot.id == slot_id).first()
    if slot is None:
        raise NotFound(_("There is no such slot in this conference. It may have been deleted meanwhile."))
    conference: Conference = slot.conference
    slot.conference = conference.id
    return slot, conference


async def _room(room_id: int, conference_id: int) -> Room:
    # Before the conference's row, which writing the move refers to: delete_room locks them in the same order.
    await keep(Room, room_id)
    room = await Room.objects().where((Room.id == room_id) & (Room.conference == conference_id)).first()
    if room is None:
        raise PlacingRefused("room", _("This room is not there any more."))
    return room


def _check_length(length_minutes: int) -> None:
    if not SHORTEST <= length_minutes <= LONGEST:
        raise PlacingRefused(
            "length",
            _("The length must be from %(least)s to %(most)s minutes.")
            % {"least": SHORTEST, "most": LONGEST},
        )


async def _refuse_stale(slot: Slot, revision: int, wanted: SlotState) -> None:
    if slot.revision != revision:
        names = await _room_names(wanted.room, slot.room)
        raise StaleEdit(
            _("Someone else has changed this slot meanwhile."),
            mine=wanted.as_words(names),
            theirs=state_of(slot).as_words(names) | {"revision": slot.revision},
        )


async def _write(
    slot: Slot,
    conference: Conference,
    wanted: SlotState,
    start: datetime | None,
    *,
    actor: SignedInOrganiser,
    now: datetime,
    undoes: int | None = None,
) -> PlacedSlot:
    """Write where the slot stands, the move (unless this undoes one) and the audit entry."""
    before = state_of(slot)
    end = start + timedelta(minutes=wanted.length_minutes) if start else None
    facts = await _move_facts(slot.session, before, wanted)
    placed = PlacedSlot(
        slot.id,
        slot.code,
        slot.revision,
        before,
        wanted,
        start,
        end,
        slot.start,
        slot.end,
        move_label(facts),
        False,
    )
    if undoes is None and before == wanted and slot.start == start and slot.zone == conference.zone:
        return placed
    revision = slot.revision + 1
    changes: dict[Any, Any] = {
        Slot.room: wanted.room,
        Slot.local_start: datetime.fromisoformat(wanted.local_start) if wanted.local_start else None,
        Slot.zone: conference.zone,
        Slot.start: start,
        Slot.end: end,
        Slot.length_minutes: wanted.length_minutes,
        Slot.revision: revision,
    }
    await Slot.update(changes).where(Slot.id == slot.id)
    if undoes is None:
        move = ScheduleMove(
            conference=conference.id,
            organiser=actor.id,
            slot=slot.id,
            before=json.dumps(asdict(before) | {"revision": slot.revision}),
            after=json.dumps(asdict(wanted)),
            revision_after=revision,
            at=now,
        )
        await move.save()
    names = {facts.room_before: facts.room_before_name, facts.room_after: facts.room_after_name}
    await audit.record(
        conference_id=conference.id,
        actor=actor,
        action="slot-moved" if undoes is None else "slot-move-undone",
        subject=f"slot:{slot.code}",
        before=before.as_words(names),
        after=wanted.as_words(names),
        now=now,
    )
    return replace(placed, revision=revision, is_changed=True)


async def _room_names(*room_ids: int | None) -> dict[int | None, str]:
    wanted = [room_id for room_id in room_ids if room_id is not None]
    if not wanted:
        return {}
    rows = await Room.select(Room.id, Room.name).where(Room.id.is_in(wanted))
    return {row["id"]: texts.pick(row["name"], current_language()) for row in rows}


async def _move_facts(session_id: int, before: SlotState, after: SlotState) -> MoveFacts:
    names = await _room_names(before.room, after.room)
    session = await Session.select(Session.title).where(Session.id == session_id).first()
    return MoveFacts(
        texts.pick(session["title"] if session else None, current_language()),
        before,
        after,
        names.get(before.room, ""),
        names.get(after.room, ""),
    )


async def _last_move(conference_id: int, organiser_id: int) -> dict[str, Any] | None:
    found: dict[str, Any] | None = (
        await ScheduleMove.select(
            ScheduleMove.id,
            ScheduleMove.slot,
            ScheduleMove.before,
            ScheduleMove.after,
            ScheduleMove.slot._.session.as_alias("session"),
        )
        .where(
            (ScheduleMove.conference == conference_id)
            & (ScheduleMove.organiser == organiser_id)
            & ScheduleMove.undone_at.is_null()
        )
        .order_by(ScheduleMove.id, ascending=False)
        .first()
    )
    return found


async def _label_of(move: dict[str, Any]) -> str:
    before, after = (SlotState.from_plain(json.loads(move[name])) for name in ("before", "after"))
    return move_label(await _move_facts(move["session"], before, after))


async def _who_changed(slot: Slot, conference_id: int, actor: SignedInOrganiser) -> str:
    """Who last changed the slot, as the audit log has it."""
    entry = (
        await AuditEntry.select(AuditEntry.organiser, AuditEntry.actor)
        .where((AuditEntry.conference == conference_id) & (AuditEntry.subject == f"slot:{slot.code}"))
        .order_by(AuditEntry.id, ascending=False)
        .first()
    )
    if entry is None or entry["organiser"] == actor.id:
        # Not by the editor: the session's own form writes under the session's name.
        return _("Someone")
    return str(entry["actor"])
