"""The rows of an organiser's steps: written, listed, and kept true while undo and redo bring old states back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from conference.db import locking
from conference.viewer import SignedInOrganiser
from sessions.schedule.moves import SlotState, StepFacts, step_label
from sessions.tables import ScheduleStep

MOST_STEPS = 50
"""Steps kept per organiser and conference."""


@dataclass(frozen=True)
class Change:
    """What a step did to one slot. A state of None: there was no such slot. ``row`` is what its place does not say.

    The revisions name the two states: while the slot has ``revision_after``, nobody has changed it since.
    """

    slot: str
    session: str
    before: SlotState | None
    after: SlotState | None
    revision_before: int
    revision_after: int
    row: Mapping[str, Any] = field(default_factory=dict)

    def as_plain(self) -> dict[str, Any]:
        """The change as JSON holds it."""
        return {
            "slot": self.slot,
            "session": self.session,
            "before": self.before.__dict__ if self.before else None,
            "after": self.after.__dict__ if self.after else None,
            "revision_before": self.revision_before,
            "revision_after": self.revision_after,
            "row": dict(self.row),
        }

    @classmethod
    def from_plain(cls, stored: Mapping[str, Any]) -> Change:
        """The change from its JSON."""
        return cls(
            stored["slot"],
            stored["session"],
            SlotState.from_plain(stored["before"]) if stored["before"] else None,
            SlotState.from_plain(stored["after"]) if stored["after"] else None,
            stored["revision_before"],
            stored["revision_after"],
            stored.get("row", {}),
        )


@dataclass(frozen=True)
class Step:
    """A step as its organiser sees it: named in the reader's language."""

    id: int
    kind: str
    label: str
    at: datetime
    is_undone: bool


@dataclass(frozen=True)
class Steps:
    """An organiser's steps, newest first, and which of them undo and redo would take."""

    history: tuple[Step, ...] = ()

    @property
    def undo(self) -> Step | None:
        """The last step that is not undone."""
        return next((step for step in self.history if not step.is_undone), None)

    @property
    def redo(self) -> Step | None:
        """The earliest step that is undone: it was undone last."""
        return next((step for step in reversed(self.history) if step.is_undone), None)


def changes_of(stored: str) -> list[Change]:
    """The changes a row holds."""
    return [Change.from_plain(change) for change in json.loads(stored)]


async def steps_of(conference_id: int, organiser_id: int) -> Steps:
    """What this organiser did in the editor, what can be undone and what redone. One query."""
    rows = (
        await ScheduleStep.select(
            ScheduleStep.id, ScheduleStep.kind, ScheduleStep.facts, ScheduleStep.at, ScheduleStep.undone_at
        )
        .where((ScheduleStep.conference == conference_id) & (ScheduleStep.organiser == organiser_id))
        .order_by(ScheduleStep.id, ascending=False)
        .limit(MOST_STEPS)
    )
    return Steps(
        tuple(
            Step(
                row["id"],
                row["kind"],
                step_label(row["kind"], StepFacts.from_plain(json.loads(row["facts"]))),
                row["at"],
                row["undone_at"] is not None,
            )
            for row in rows
        )
    )


async def record_step(
    conference_id: int,
    kind: str,
    facts: Mapping[str, Any],
    changes: Sequence[Change],
    *,
    actor: SignedInOrganiser,
    now: datetime,
) -> int:
    """Write a step. What could be redone is dropped, and so is what is older than the last fifty."""
    mine = (ScheduleStep.conference == conference_id) & (ScheduleStep.organiser == actor.id)
    older = await locking(
        ScheduleStep.select(ScheduleStep.id, ScheduleStep.undone_at).where(mine).order_by(ScheduleStep.id)
    )
    kept = [row["id"] for row in older if row["undone_at"] is None][-(MOST_STEPS - 1) :]
    dropped = [row["id"] for row in older if row["id"] not in kept]
    if dropped:
        await ScheduleStep.delete().where(ScheduleStep.id.is_in(dropped))
    step = ScheduleStep(
        conference=conference_id,
        organiser=actor.id,
        kind=kind,
        facts=json.dumps(facts, ensure_ascii=False),
        changes=json.dumps([change.as_plain() for change in changes], ensure_ascii=False),
        at=now,
    )
    await step.save()
    return int(step.id)


async def hold_steps(conference_id: int) -> list[ScheduleStep]:
    """Inside a transaction: every step of the conference, whoever's, kept from others. Slots are held before."""
    return list(
        await locking(
            ScheduleStep.objects().where(ScheduleStep.conference == conference_id).order_by(ScheduleStep.id)
        )
    )


async def rename_states(steps: Sequence[ScheduleStep], renamed: Mapping[tuple[str, int], int]) -> None:
    """Give states that stand again their new revision, in every step that led to or from them.

    ``renamed`` maps (slot, revision it had when it last stood so) to the revision it has now. Without this the step
    before the one undone would look as if somebody had changed its slot since.
    """
    slots = {slot for slot, _revision in renamed}
    for step in steps:
        stored = json.loads(step.changes) if any(slot in step.changes for slot in slots) else []
        is_touched = False
        for change in stored:
            for name in ("revision_before", "revision_after"):
                revision = renamed.get((change["slot"], change[name]))
                if revision is not None:
                    change[name], is_touched = revision, True
        if is_touched:
            step.changes = json.dumps(stored, ensure_ascii=False)
            await ScheduleStep.update({ScheduleStep.changes: step.changes}).where(ScheduleStep.id == step.id)
