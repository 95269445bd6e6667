"""The form that places a slot: typed by a person, or sent by the editor's script."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from conference.forms import Typed
from conference.i18n import _
from sessions.schedule.placing import LONGEST, SHORTEST


@dataclass
class PlacingForm:
    """Where a slot shall stand. ``local_start`` is naive, of the conference's zone; ``fold`` None = not asked.

    ``values`` is what was typed, field by field, to show it again.
    """

    values: dict[str, str]
    room: str = ""
    local_start: datetime | None = None
    length_minutes: int = 0
    fold: int | None = None
    revision: int = 0
    is_taken_off: bool = False
    asks_which_hour: bool = False
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_post(cls, values: Mapping[str, str], rooms: Collection[str]) -> PlacingForm:
        """From the plain form: fields day, time, room, length, fold, revision, and ``unschedule`` (a button)."""
        typed = Typed(values)
        form = cls(dict(values), is_taken_off=typed.ticked("unschedule"))
        form.revision = typed.whole_number("revision", required=True) or 0
        if not form.is_taken_off:
            form.room = typed.choice("room", rooms)
            day = typed.day("day")
            clock = _clock(typed, "time")
            if day and clock is not None:
                form.local_start = datetime(day.year, day.month, day.day, *clock)  # noqa: DTZ001 - a wall clock
            form.length_minutes = (
                typed.whole_number("length", required=True, least=SHORTEST, most=LONGEST) or 0
            )
            form.fold = {"0": 0, "1": 1}.get(typed.raw("fold"))
        form.errors = typed.errors
        return form

    @classmethod
    def from_json(cls, body: Any, rooms: Collection[str]) -> PlacingForm:
        """From the script: ``room`` (None: off the grid), ``start`` (ISO wall clock), ``length``, ``revision``, ``fold``."""
        sent: Mapping[str, Any] = body if isinstance(body, dict) else {}
        plain = {name: str(value) for name, value in sent.items() if isinstance(value, (str, int))}
        start = plain.get("start", "")
        values = {
            "day": start[:10],
            "time": start[11:16] if start[10:11] == "T" else "",
            **{name: plain.get(name, "") for name in ("room", "length", "fold", "revision")},
        }
        if "room" in sent and sent["room"] is None:
            values["unschedule"] = "yes"
        return cls.from_post(values, rooms)

    @property
    def is_valid(self) -> bool:
        """Whether every field could be read."""
        return not self.errors


def _clock(typed: Typed, name: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])", typed.raw(name))
    if found is None:
        typed.errors[name] = _("Please give a time of day, such as 14:30.")
        return None
    return int(found[1]), int(found[2])
