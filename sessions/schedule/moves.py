"""Moves of the schedule editor as plain values: where a slot stood and stands, and the sentence that names the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conference.i18n import _


@dataclass(frozen=True)
class SlotState:
    """Where a slot stands. ``room`` (row id) and ``local_start`` (ISO wall clock of the conference) are None off the grid.

    ``fold`` tells the second of two equal hours, on the day clocks go back.
    """

    room: int | None
    local_start: str | None
    fold: int
    length_minutes: int

    @classmethod
    def from_plain(cls, stored: Mapping[str, Any]) -> SlotState:
        """The state from its JSON; unknown keys are passed over."""
        return cls(**{name: stored[name] for name in cls.__dataclass_fields__ if name in stored})

    def as_words(self, room_names: Mapping[int | None, str]) -> dict[str, Any]:
        """The state as the audit log and a stale edit show it."""
        return {
            "room": room_names.get(self.room, ""),
            "start": (self.local_start or "").replace("T", " "),
            "length_minutes": self.length_minutes,
        }


@dataclass(frozen=True)
class MoveFacts:
    """What a move's name is made of: the session's title, both states, and the names of their rooms ("" for none)."""

    title: str
    before: SlotState
    after: SlotState
    room_before_name: str = ""
    room_after_name: str = ""

    @property
    def room_before(self) -> int | None:
        """The row id of the room it left."""
        return self.before.room

    @property
    def room_after(self) -> int | None:
        """The row id of the room it went to."""
        return self.after.room


def move_label(move: MoveFacts) -> str:
    """The move in a sentence of the reader's language: “Moved “Fundraising” to Workshop room B, 14:00”.

    The date is said when it changed.
    """
    names = {"title": move.title, "room": move.room_after_name, "minutes": move.after.length_minutes}
    if move.after.local_start is None:
        if move.before.local_start is None:
            return _("Gave “%(title)s” %(minutes)s minutes") % names
        return _("Took “%(title)s” off the schedule") % names
    names["time"] = _when(move.before.local_start, move.after.local_start)
    if move.before.local_start is None:
        return _("Placed “%(title)s” in %(room)s, %(time)s") % names
    if (move.before.local_start, move.before.room) == (move.after.local_start, move.after.room):
        return _("Gave “%(title)s” %(minutes)s minutes") % names
    return _("Moved “%(title)s” to %(room)s, %(time)s") % names


def _when(before: str | None, after: str) -> str:
    wall = datetime.fromisoformat(after)
    clock = f"{wall:%H:%M}"
    if before is not None and datetime.fromisoformat(before).date() == wall.date():
        return clock
    return f"{wall:%Y-%m-%d} {clock}"
