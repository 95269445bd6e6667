"""What is done with several slots at once: typed into a plain form, or sent by the editor's script."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from conference.forms import Typed, whole_number
from conference.i18n import _
from sessions.schedule.together import FARTHEST, Distance, Seen

MOST_SLOTS = 1000
"""Slots of one step."""


class Action(StrEnum):
    """What is done with them."""

    MOVE = "move"
    UNSCHEDULE = "unschedule"
    SWAP = "swap"
    SHIFT = "shift"
    COPY_BREAK = "copy-break"
    REPEAT = "repeat"
    REMOVE = "remove"


_HOW_MANY = {Action.SWAP: 2, Action.COPY_BREAK: 1, Action.REPEAT: 1, Action.REMOVE: 1}


@dataclass
class TogetherForm:
    """``since`` is naive, of the conference's clock; ``room`` a code, "" for every room. ``values`` is what was typed.

    ``page`` says which plain form it came from: "" the page of several slots, "shift", or the code of a slot.
    """

    values: dict[str, str]
    action: Action | None = None
    seen: tuple[Seen, ...] = ()
    by: Distance = field(default_factory=Distance)
    since: datetime | None = None
    room: str = ""
    page: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_post(
        cls, values: Mapping[str, str], slots: Sequence[str], rooms: Collection[str]
    ) -> TogetherForm:
        """From a plain form: fields action, minutes, days, rooms, from, room, page; ``slots`` are "code:revision"."""
        typed = Typed(values)
        form = cls(dict(values), page=typed.raw("page")[:12])
        action = typed.choice("action", set(Action))
        form.action = Action(action) if action else None
        form.seen = tuple(_seen(slots, typed))
        form._read_distance(typed)
        if form.action is Action.SHIFT:
            form.since = typed.wall_clock("from")
            form.room = typed.choice("room", rooms, required=False)
        wanted = _HOW_MANY.get(form.action) if form.action else None
        if form.action is not None and form.action is not Action.SHIFT and not form.seen:
            typed.errors.setdefault("slots", _("Please choose at least one session."))
        elif wanted == 2 and len(form.seen) != 2:
            typed.errors.setdefault("slots", _("Please choose two sessions."))
        elif wanted == 1 and len(form.seen) != 1:
            typed.errors.setdefault("slots", _("Please choose one session."))
        form.errors = typed.errors
        return form

    @classmethod
    def from_json(cls, body: Any, rooms: Collection[str]) -> TogetherForm:
        """From the script: ``slots`` is a list of {"code", "revision"}; the other fields are named alike."""
        sent: Mapping[str, Any] = body if isinstance(body, dict) else {}
        values = {
            name: str(value)
            for name, value in sent.items()
            if isinstance(value, (str, int)) and not isinstance(value, bool)
        }
        slots = sent.get("slots")
        told = [
            f"{one.get('code')}:{one.get('revision')}" if isinstance(one, dict) else ""
            for one in (slots[: MOST_SLOTS + 1] if isinstance(slots, list) else [])
        ]
        return cls.from_post(values, told, rooms)

    def _read_distance(self, typed: Typed) -> None:
        most = {"minutes": FARTHEST * 24 * 60, "days": FARTHEST, "rooms": MOST_SLOTS}
        if self.action is Action.MOVE:
            self.by = Distance(**{name: _signed(typed, name, limit) for name, limit in most.items()})
        elif self.action is Action.SHIFT:
            self.by = Distance(minutes=_signed(typed, "minutes", most["minutes"]))

    @property
    def is_valid(self) -> bool:
        """Whether every field could be read."""
        return not self.errors


def _signed(typed: Typed, name: str, most: int) -> int:
    """A whole number that may be negative, also with a true minus sign; nothing typed is 0."""
    text = typed.raw(name).strip().replace("−", "-").removeprefix("+")
    if not text:
        return 0
    number = whole_number(text.removeprefix("-"))
    if number is None or number > most:
        typed.errors[name] = _("Please give a whole number from %(least)s to %(most)s.") % {
            "least": -most,
            "most": most,
        }
        return 0
    return -number if text.startswith("-") else number


def _seen(slots: Sequence[str], typed: Typed) -> list[Seen]:
    """The slots named, each once. What cannot be read is an error rather than passed over."""
    found: dict[str, Seen] = {}
    for told in slots:
        if not told:
            continue
        read = re.fullmatch(r"([A-Za-z0-9_-]{1,12}):([0-9]{1,9})", told)
        if read is None or len(found) >= MOST_SLOTS:
            typed.errors["slots"] = _("This request could not be read.")
            return []
        found[read[1]] = Seen(read[1], int(read[2]))
    return list(found.values())
