"""Steps of the schedule editor: whatever an organiser does there is one, however many slots it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from conference.conferences import languages_of
from conference.i18n import current_language
from conference.tables import Conference
from conference.texts import LocalText, pick
from conference.timezones import to_utc
from conference.viewer import SignedInOrganiser
from sessions.schedule.blocking import refuse_blocked
from sessions.schedule.draft_changes import touch_draft
from sessions.schedule.moves import SlotState, StepFacts, StepKind, step_label
from sessions.schedule.slot_changes import Held, Move, ids_of, keep_rooms, room_names, state_of
from sessions.schedule.slot_writing import PlacedSlot, as_plain, is_elsewhere, write_audit, write_moves
from sessions.schedule.step_log import Change, record_step
from sessions.tables import Slot


@dataclass(frozen=True)
class StepDone:
    """What a step changed. ``step_id`` is None when everything already stood so, and then nothing was written.

    ``label`` names it in the reader's language; ``removed`` are the codes of slots that are no more.
    """

    step_id: int | None
    kind: str
    label: str
    slots: tuple[PlacedSlot, ...]
    removed: tuple[str, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether anything was written."""
        return self.step_id is not None

    @property
    def placed(self) -> PlacedSlot:
        """The only slot, or the first of them."""
        return self.slots[0]


@dataclass(frozen=True)
class NewSlot:
    """A slot to be made: the row, not saved yet, of a session."""

    slot: Slot
    session_code: str


async def write_step(
    conference: Conference,
    kind: StepKind,
    facts: StepFacts,
    *,
    moves: Sequence[Move] = (),
    made: Sequence[NewSlot] = (),
    removed: Sequence[Held] = (),
    rooms: Mapping[int | None, LocalText] | None = None,
    session: Mapping[str, Any] | None = None,
    actor: SignedInOrganiser,
    now: datetime,
) -> StepDone:
    """Inside a transaction that holds the slots: write the changes as one step of the organiser's.

    ``rooms`` names the rooms they go to, when the caller keeps them already; ``session`` is the row of a session made or
    removed with its slots. Raises PlacingRefused.
    """
    moving = [move for move in moves if is_elsewhere(move, conference.zone)]
    label = step_label(kind, facts, languages_of(conference))
    if not (moving or made or removed):
        return StepDone(None, kind, label, tuple(as_it_stands(move.held.slot) for move in moves))
    sessions = {move.held.slot.code: move.held.session_code for move in moving}
    sessions |= {new.slot.code: new.session_code for new in made}
    sessions |= {held.slot.code: held.session_code for held in removed}
    rows = {new.slot.code: as_plain(new.slot) for new in made}
    rows |= {held.slot.code: as_plain(held.slot) for held in removed}
    placed = await write_slots(
        conference, moving, made, removed, "slot-moved", rooms=rooms, actor=actor, now=now
    )
    changes = [
        Change(
            one.code,
            sessions[one.code],
            one.before,
            one.after,
            one.revision - 1 if one.after else one.revision,
            one.revision if one.after else 0,
            rows.get(one.code, {}),
        )
        for one in placed
    ]
    stored = facts.as_plain() | ({"session": session} if session else {})
    step_id = await record_step(conference.id, kind, stored, changes, actor=actor, now=now)
    await close_step(conference, placed, actor=actor, now=now)
    return StepDone(step_id, kind, label, tuple(placed), tuple(held.slot.code for held in removed))


def new_slot(
    conference: Conference,
    session_id: int,
    code: str,
    state: SlotState,
    *,
    guid: str,
    position: int,
    seats: int | None = None,
    is_cancelled: bool = False,
    fold: int | None = None,
) -> Slot:
    """A row, not saved, of a slot that stands so. Raises LocalTimeError."""
    wall = datetime.fromisoformat(state.local_start) if state.local_start else None
    start = to_utc(wall, conference.zone, fold) if wall else None
    return Slot(
        conference=conference.id,
        session=session_id,
        code=code,
        guid=guid,
        length_minutes=state.length_minutes,
        room=state.room,
        local_start=wall,
        zone=conference.zone if start else "",
        start=start,
        end=start + timedelta(minutes=state.length_minutes) if start else None,
        seats=seats,
        is_cancelled=is_cancelled,
        position=position,
        revision=1,
    )


def as_it_stands(slot: Slot) -> PlacedSlot:
    """A slot that a rule left as it was."""
    state = state_of(slot)
    return PlacedSlot(
        slot.id, slot.code, slot.revision, state, state, slot.start, slot.end, slot.start, slot.end
    )


async def write_slots(
    conference: Conference,
    moves: Sequence[Move],
    made: Sequence[NewSlot],
    removed: Sequence[Held],
    action: str,
    *,
    rooms: Mapping[int | None, LocalText] | None = None,
    actor: SignedInOrganiser,
    now: datetime,
) -> list[PlacedSlot]:
    """Write the slots and the audit entries: ``action`` for slots moved. Raises PlacingRefused for a room that is gone."""
    if rooms is None:
        wanted = {move.after.room for move in moves} | {new.slot.room for new in made}
        rooms = await keep_rooms(conference.id, wanted)
    left = {move.held.slot.room for move in moves} | {held.slot.room for held in removed}
    placed = await write_moves(moves, conference.zone) if moves else []
    if made:
        await Slot.insert(*(new.slot for new in made))
        ids = await ids_of(conference.id, [new.slot.code for new in made])
        placed += [
            PlacedSlot(
                ids[new.slot.code], new.slot.code, new.slot.revision, None, state_of(new.slot),
                new.slot.start, new.slot.end, None, None,
            )
            for new in made
        ]  # fmt: skip
    if removed:
        await Slot.delete().where(Slot.id.is_in([held.slot.id for held in removed]))
        placed += [
            PlacedSlot(
                held.slot.id, held.slot.code, held.slot.revision, held.state, None,
                None, None, held.slot.start, held.slot.end,
            )
            for held in removed
        ]  # fmt: skip
    words = await room_names(left - rooms.keys()) | {
        room: pick(name, current_language(), languages_of(conference)) for room, name in rooms.items()
    }
    await write_audit(conference.id, placed, words, action=action, actor=actor, now=now)
    return placed


async def close_step(
    conference: Conference, placed: Sequence[PlacedSlot], *, actor: SignedInOrganiser, now: datetime
) -> None:
    """End the transaction of a step: tell whoever follows the draft. Raises PlacingRefused for a clash not allowed."""
    await touch_draft(conference.id, slots=[one.code for one in placed], actor=actor, now=now)
    await refuse_blocked(conference, placed)
