"""Undo and redo of the schedule editor: a step is taken back, or made again, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from conference.conferences import languages_of
from conference.db import locking, transaction
from conference.errors import Conflict
from conference.i18n import _
from conference.tables import AuditEntry, Conference
from conference.viewer import SignedInOrganiser
from sessions.schedule.moves import StepFacts, step_label
from sessions.schedule.slot_changes import Held, conference_now, hold, ids_of, move_to, was_released
from sessions.schedule.slot_writing import plain_session, record_session
from sessions.schedule.step_log import Change, changes_of, hold_steps, rename_states
from sessions.schedule.steps import NewSlot, StepDone, close_step, new_slot, write_slots
from sessions.tables import Appearance, Release, ScheduleStep, Session, Slot, Track


class NothingToUndo(Conflict):
    """There is no such step to undo, or to redo; or it has been done already."""


class UndoRefused(Conflict):
    """A slot no longer stands as the step left it."""


async def undo_step(
    conference: Conference, *, actor: SignedInOrganiser, now: datetime, step_id: int | None = None
) -> StepDone:
    """Take back a step of this organiser's: their last one, or the one that ``step_id`` names.

    A button pressed twice undoes once: ``step_id`` says which step it offered. Raises NothingToUndo; and UndoRefused,
    naming who, when one of its slots has changed since: then nothing is undone.
    """
    return await _turn(conference, step_id, is_undo=True, actor=actor, now=now)


async def redo_step(
    conference: Conference, *, actor: SignedInOrganiser, now: datetime, step_id: int | None = None
) -> StepDone:
    """Make an undone step again: the one undone last, or the one that ``step_id`` names. Raises like ``undo_step``."""
    return await _turn(conference, step_id, is_undo=False, actor=actor, now=now)


class _Lost(Exception):
    """A slot of the step was deleted for good: the step can never be taken back."""

    def __init__(self, step_id: int, message: str) -> None:
        self.step_id = step_id
        self.message = message


async def _turn(
    conference: Conference, step_id: int | None, *, is_undo: bool, actor: SignedInOrganiser, now: datetime
) -> StepDone:
    try:
        async with transaction():
            return await _turn_held(conference.id, step_id, is_undo=is_undo, actor=actor, now=now)
    except _Lost as lost:
        # Out of the way, so that the step before it can be reached.
        await ScheduleStep.delete().where(ScheduleStep.id == lost.step_id)
        raise UndoRefused(lost.message) from None


async def _turn_held(
    conference_id: int, step_id: int | None, *, is_undo: bool, actor: SignedInOrganiser, now: datetime
) -> StepDone:
    step = await _asked_step(conference_id, step_id, actor.id, is_undo=is_undo)
    changes = changes_of(step.changes)
    if session := json.loads(step.facts).get("session"):
        # Sessions before slots, as everywhere: this one will go, or come back.
        await locking(Session.select(Session.id).where(Session.code == session["code"]))
    standing = {change.slot for change in changes if (change.after if is_undo else change.before)}
    held = {
        one.slot.code: one for one in (await hold((await ids_of(conference_id, standing)).values())).values()
    }
    # Slots first, then steps, both in order of id: whoever undoes beside us takes them in the same order.
    steps = await hold_steps(conference_id)
    fresh = next((one for one in steps if one.id == step.id), None)
    if fresh is None or (fresh.undone_at is None) is not is_undo:
        raise _nothing(is_undo=is_undo)  # a second press came first
    conference = await conference_now(conference_id)
    facts = json.loads(fresh.facts)
    label = step_label(fresh.kind, StepFacts.from_plain(facts), languages_of(conference))
    turn = [_turned(change, is_undo=is_undo) for change in changes_of(fresh.changes)]
    for change in turn:
        await _refuse_changed(change, held.get(change.slot), steps, fresh, label, actor)
    moves, removed = [], []
    for change in turn:
        if change.before is not None and change.after is not None:
            moves.append(move_to(held[change.slot], change.after, conference.zone, change.after.fold))
        elif change.before is not None:
            removed.append(held[change.slot])
    new = [change for change in turn if change.before is None]
    await _refuse_published(conference, removed, since=fresh.at)
    session = facts.get("session")
    if new and session:
        await _make_session(conference.id, session)
        await record_session("session-added", conference.id, session, actor=actor, now=now)
    made = await _new_slots(conference, new, label)
    if removed and session:
        facts["session"] = await _session_to_remove(removed, label)
    placed = await write_slots(
        conference, moves, made, removed,
        "slot-move-undone" if is_undo else "slot-move-redone", actor=actor, now=now,
    )  # fmt: skip
    if removed and session:
        await Session.delete().where(Session.id == removed[0].slot.session)
        await record_session("session-deleted", conference.id, facts["session"], actor=actor, now=now)
    now_at = {one.code: one.revision for one in placed}
    await rename_states(
        steps,
        {
            (change.slot, change.revision_after): now_at[change.slot]
            for change in turn
            if change.after is not None
        },
    )
    await ScheduleStep.update(
        {
            ScheduleStep.undone_at: now if is_undo else None,
            ScheduleStep.facts: json.dumps(facts, ensure_ascii=False),
        }
    ).where(ScheduleStep.id == fresh.id)
    await close_step(conference, placed, actor=actor, now=now)
    gone = tuple(one.slot.code for one in removed)
    return StepDone(fresh.id, fresh.kind, label, tuple(placed), gone)


async def _asked_step(
    conference_id: int, step_id: int | None, organiser_id: int, *, is_undo: bool
) -> ScheduleStep:
    which = (ScheduleStep.conference == conference_id) & (ScheduleStep.organiser == organiser_id)
    which &= ScheduleStep.undone_at.is_null() if is_undo else ScheduleStep.undone_at.is_not_null()
    if step_id is not None:
        which &= ScheduleStep.id == step_id
    step = await ScheduleStep.objects().where(which).order_by(ScheduleStep.id, ascending=not is_undo).first()
    if step is None:
        raise _nothing(is_undo=is_undo)
    return step


def _nothing(*, is_undo: bool) -> NothingToUndo:
    return NothingToUndo(
        _("There is nothing to undo any more.") if is_undo else _("There is nothing to redo any more.")
    )


def _turned(change: Change, *, is_undo: bool) -> Change:
    """The change in the direction it is made now."""
    if not is_undo:
        return change
    return Change(
        change.slot,
        change.session,
        change.after,
        change.before,
        change.revision_after,
        change.revision_before,
        change.row,
    )


async def _refuse_changed(
    change: Change,
    held: Held | None,
    steps: Sequence[ScheduleStep],
    step: ScheduleStep,
    label: str,
    actor: SignedInOrganiser,
) -> None:
    """Raises UndoRefused unless the slot stands as the change has it; _Lost when it never will again."""
    if change.before is None:
        return
    if held is not None and held.slot.revision == change.revision_before:
        return
    who = await _who_changed(change.slot, step.conference, actor)
    if held is None:
        told = _("%(who)s has deleted this since. Not changed: %(step)s") % {"who": who, "step": label}
        if any(_may_come_back(change.slot, other) for other in steps):
            raise UndoRefused(told)
        raise _Lost(step.id, told)
    if step.undone_at is None and any(
        other.id > step.id and other.organiser == actor.id and other.undone_at is None and change.slot in other.changes
        for other in steps
    ):  # fmt: skip
        raise UndoRefused(
            _("You have changed this again since. Undo that first. Not undone: %(step)s") % {"step": label}
        )
    words = {"who": who, "step": label, "move": label}
    if step.undone_at is None:
        raise UndoRefused(_("%(who)s has changed this since. Not undone: %(move)s") % words)
    raise UndoRefused(_("%(who)s has changed this since. Not redone: %(step)s") % words)


def _may_come_back(slot: str, step: ScheduleStep) -> bool:
    """Whether undoing or redoing the step would make the slot again."""
    if slot not in step.changes:
        return False
    return any(
        change.slot == slot and (change.after if step.undone_at is None else change.before) is None
        for change in changes_of(step.changes)
    )


async def _who_changed(code: str, conference_id: int, actor: SignedInOrganiser) -> str:
    """Who last changed the slot, as the audit log has it."""
    entry = (
        await AuditEntry.select(AuditEntry.organiser, AuditEntry.actor)
        .where((AuditEntry.conference == conference_id) & (AuditEntry.subject == f"slot:{code}"))
        .order_by(AuditEntry.id, ascending=False)
        .first()
    )
    if entry is None or entry["organiser"] == actor.id:
        # Not by the editor: the session's own form writes under the session's name.
        return _("Someone")
    return str(entry["actor"])


async def _refuse_published(conference: Conference, removed: Sequence[Held], *, since: datetime) -> None:
    """What has been published since it was made stays."""
    if not removed or not await Release.exists().where(
        (Release.conference == conference.id) & (Release.released_at >= since)
    ):
        return
    for held in removed:
        if await was_released(conference.id, held.slot.code):
            raise UndoRefused(
                _(
                    "This slot has been published, and people may hold seats in it. Leave it off the schedule instead."
                )
            )


async def _make_session(conference_id: int, stored: Mapping[str, Any]) -> None:
    row = dict(stored)
    if row.get("track") and not await Track.exists().where(Track.id == row["track"]):
        row["track"] = None
    session = Session(**row | {"conference": conference_id})
    await session.save()


async def _session_to_remove(removed: Sequence[Held], label: str) -> dict[str, Any]:
    """The row of the session that goes with its slots. Raises UndoRefused when it is more by now than the step made."""
    session_id = removed[0].slot.session
    session = await Session.objects().where(Session.id == session_id).first()
    slots = await Slot.count().where(Slot.session == session_id)
    if (
        session is None
        or slots > len(removed)
        or await Appearance.exists().where(Appearance.session == session_id)
    ):
        raise UndoRefused(
            _("It has got speakers or further slots since. Not undone: %(move)s") % {"move": label}
        )
    return plain_session(session)


async def _new_slots(conference: Conference, changes: Sequence[Change], label: str) -> list[NewSlot]:
    """The rows of slots to be made again, with the codes they had."""
    if not changes:
        return []
    codes = sorted({change.session for change in changes})
    rows = await Session.select(Session.id, Session.code).where(
        (Session.conference == conference.id) & Session.code.is_in(codes)
    )
    sessions = {row["code"]: row["id"] for row in rows}
    made = []
    for change in changes:
        if change.session not in sessions or change.after is None:
            raise UndoRefused(
                _("The session has been deleted since. Not changed: %(step)s") % {"step": label}
            )
        slot = new_slot(
            conference,
            sessions[change.session],
            change.slot,
            change.after,
            fold=change.after.fold,
            **change.row,
        )
        slot.revision = change.revision_after + 1
        made.append(NewSlot(slot, change.session))
    return made
