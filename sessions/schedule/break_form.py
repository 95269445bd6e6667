"""The small form that makes a break or a blocker: typed by a person, or sent by the editor's script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conference.forms import Typed
from conference.i18n import _
from sessions.schedule.copies import MADE_HERE, BreakFacts
from sessions.schedule.placing_form import PlacingForm
from sessions.tables import SessionKind


@dataclass
class BreakForm:
    """Fields kind, title, day, time, length, fold, and ``room`` once for each. ``facts`` is None while anything is wrong."""

    values: dict[str, str]
    room_codes: tuple[str, ...] = ()
    facts: BreakFacts | None = None
    asks_which_hour: bool = False
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_post(
        cls, values: Mapping[str, str], chosen: Sequence[str], rooms: Mapping[str, int]
    ) -> BreakForm:
        """From the plain form; ``rooms`` are the conference's, code to row id."""
        form = cls(dict(values), tuple(dict.fromkeys(chosen)))
        typed = Typed(values)
        kind = typed.choice("kind", {kind.value for kind in MADE_HERE})
        title = typed.line("title", most=200)
        known = [room for room in form.room_codes if room in rooms]
        # Where and when are read as for any slot; the one room stands for all of them.
        where = {**values, "room": known[0] if known else "", "revision": "0"}
        placing = PlacingForm.from_post({k: v for k, v in where.items() if k != "unschedule"}, rooms)
        form.errors = {**typed.errors, **placing.errors}
        if len(known) < len(form.room_codes) or not known:
            form.errors["room"] = _("Please choose at least one room.")
        if not form.errors and placing.local_start is not None:
            form.facts = BreakFacts(
                SessionKind(kind),
                title or (_("Kept free") if kind == SessionKind.BLOCKER else _("Break")),
                tuple(rooms[room] for room in known),
                placing.local_start,
                placing.length_minutes,
                placing.fold,
            )
        return form

    @classmethod
    def from_json(cls, body: Any, rooms: Mapping[str, int]) -> BreakForm:
        """From the script: ``kind``, ``title``, ``rooms`` (codes), ``start`` (ISO wall clock), ``length``, ``fold``."""
        sent: Mapping[str, Any] = body if isinstance(body, dict) else {}
        plain = {name: str(value) for name, value in sent.items() if isinstance(value, (str, int))}
        start = plain.get("start", "")
        plain |= {"day": start[:10], "time": start[11:16] if start[10:11] == "T" else ""}
        chosen = sent.get("rooms")
        codes = [str(code)[:12] for code in chosen] if isinstance(chosen, list) else []
        return cls.from_post(plain, codes[:1000], rooms)
