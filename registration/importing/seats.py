"""Which seats a row of a sheet asks for: by the code of a slot, by a session's title, or as exports write them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from conference import texts
from registration.importing.cells import folded, is_yes, parts
from registration.importing.columns import SLOT, SeatColumn
from registration.importing.reasons import Reason
from registration.seating.allocation import overlap
from registration.seating.seats import placing
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSlot

Pair = tuple[ReleasedSession, ReleasedSlot]
_AT = re.compile(r"(.+) \((\d{4}-\d\d-\d\d \d\d:\d\d)Z\)", re.DOTALL)


def seat_columns(programme: ReleasedProgramme | None) -> list[SeatColumn]:
    """The slots with seats, in order of the programme."""
    pairs = _seated(programme)
    return [
        SeatColumn(slot.code, session.title, sum(other is session for other, _slot in pairs) == 1)
        for session, slot in pairs
    ]


def _seated(programme: ReleasedProgramme | None) -> list[Pair]:
    return [pair for pair in (programme.placings if programme else ()) if pair[1].seats is not None]


class SeatFinder:
    """Finds the slots that cells mean. ``now`` decides which have begun."""

    def __init__(self, programme: ReleasedProgramme | None, now: datetime) -> None:
        self._now = now
        self._by_code: dict[str, Pair] = {}
        self._by_name: dict[str, list[Pair]] = {}
        for session, slot in _seated(programme):
            self._by_code[slot.code] = (session, slot)
            for name in {session.code, *session.title.values()}:
                self._by_name.setdefault(folded(name), []).append((session, slot))

    def wanted(self, said: Mapping[str, Sequence[str]], remarks: list[Reason]) -> tuple[ReleasedSlot, ...]:
        """The slots in which the row asks for a seat; what cannot be had is said in ``remarks``."""
        found: list[Pair] = []
        for cell in said.get("seats", ()):
            for value in parts(cell):
                for one in self._parted(value):
                    self._add(found, self._named(one), one, remarks)
        for target, cells in said.items():
            if target.startswith(SLOT) and is_yes(cells[0]) is not False:
                pairs = [self._by_code[code]] if (code := target.removeprefix(SLOT)) in self._by_code else []
                if is_yes(cells[0]) is None:
                    pairs = []  # neither yes nor no: said, not guessed
                self._add(found, pairs, cells[0], remarks)
        return tuple(slot for _session, slot in found)

    def _parted(self, value: str) -> list[str]:
        """A title may hold a comma; only what is none is parted at its commas."""
        pieces = [piece.strip() for piece in value.split(",")]
        return pieces if not self._named(value) and any(map(self._named, pieces)) else [value]

    def _named(self, value: str) -> list[Pair]:
        if value in self._by_code:
            return [self._by_code[value]]
        if pairs := self._by_name.get(folded(value)):
            return pairs
        if told := _AT.fullmatch(value):
            try:
                start = datetime.strptime(told[2], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
            except ValueError:
                return []
            return [pair for pair in self._by_name.get(folded(told[1]), ()) if pair[1].start == start]
        return []

    def _add(self, found: list[Pair], pairs: Sequence[Pair], value: str, remarks: list[Reason]) -> None:
        value = texts.clean_line(value)[:100]
        if not pairs:
            remarks.append(Reason("bad-seat", {"value": value}))
            return
        open_ones = [pair for pair in pairs if self._is_open(pair)]
        if len(open_ones) != 1:
            remarks.append(Reason("which-seat" if open_ones else "seat-over", {"value": value}))
            return
        session, slot = open_ones[0]
        for other, other_slot in found:
            if other_slot is slot:
                return
            if other is session or overlap(placing(session, slot), placing(other, other_slot)):
                names = {"value": texts.pick(session.title, ""), "other": texts.pick(other.title, "")}
                remarks.append(Reason("seat-clash", names))
                return
        found.append((session, slot))

    def _is_open(self, pair: Pair) -> bool:
        session, slot = pair
        return not (session.is_cancelled or slot.is_cancelled) and slot.start > self._now
