"""What taking a file into a conference's draft would change, before anything is written. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from conference import texts
from sessions.imports.columns import (
    Columns,
    changed_columns,
    room_columns,
    rules_columns,
    session_columns,
    speaker_columns,
    track_columns,
)
from sessions.imports.matching import Draft, Matches, Row, match
from sessions.imports.writing import once_each, placing_of
from sessions.interchange.model import AppearanceFacts, Doubts, ProgrammeFile, SessionFacts, SlotFacts
from sessions.tables import AppearanceState


class Action(StrEnum):
    """What becomes of something."""

    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"  # a speaker taken out of a session


@dataclass(frozen=True)
class Line:
    """One thing that would change. ``subject`` is "room", "session" …, ``name`` what people call it; ``changes`` are
    (column, before, after) as plain text."""

    action: Action
    subject: str
    name: str
    changes: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Update:
    """A row to be changed. ``room`` and ``track`` among the columns are the file's keys: their rows may be new."""

    subject: str
    id: int
    columns: Columns


@dataclass(frozen=True)
class Plan:
    """Everything that would change. ``same`` counts what the file and the draft agree on, ``left`` what only the draft
    has, by subject; the latter stays as it is."""

    matches: Matches
    lines: tuple[Line, ...] = ()
    updates: tuple[Update, ...] = ()
    slots: tuple[tuple[SessionFacts, SlotFacts, int], ...] = ()
    appearances: tuple[tuple[int, AppearanceFacts, int], ...] = ()
    gone: tuple[int, ...] = ()
    same: Mapping[str, int] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not self.lines

    @property
    def digest(self) -> str:
        """What tells two plans apart: somebody may change the draft between looking and doing."""
        told = [[line.action, line.subject, line.name, line.changes] for line in self.lines]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def plan_import(file: ProgrammeFile, draft: Draft, *, zone: str, language: str, doubts: Doubts) -> Plan:
    """The changes that would make the draft say what the file says, and nothing else.

    What the file does not mention stays; a file that is silent about a matter changes nothing of it. The file must have been
    through ``with_named_rooms``. Raises ImportRefused for a length that no session has.
    """
    return _Planning(file, draft, zone, language, doubts).plan()


class _Planning:
    def __init__(self, file: ProgrammeFile, draft: Draft, zone: str, language: str, doubts: Doubts) -> None:
        self.file = file
        self.draft = draft
        self.zone = zone
        self.language = language
        self.doubts = doubts
        self.matches = match(file, draft)
        self.lines: list[Line] = []
        self.updates: list[Update] = []
        self.same: dict[str, int] = defaultdict(int)
        self.room_names = {row["id"]: self._name(row["name"]) for row in draft.rooms}
        self.room_keys = {facts.key: self._name(facts.name) for facts in file.rooms}

    def plan(self) -> Plan:
        matches = self.matches
        self._keyed("room", self.file.rooms, matches.rooms, self.draft.rooms, room_columns)
        self._keyed("track", self.file.tracks, matches.tracks, self.draft.tracks, track_columns)
        self._keyed(
            "speaker",
            self.file.speakers,
            matches.speakers,
            self.draft.speakers,
            lambda facts: speaker_columns(facts, self.doubts),
        )
        slots, appearances, gone = self._sessions()
        self._rules()
        self._doors()
        for pack in self.file.packs:
            if pack.key not in matches.packs:
                self.lines.append(Line(Action.NEW, "pack", self._name(pack.title)))
        left = {
            subject: len(rows) - len(set(found.values()))
            for subject, rows, found in (
                ("room", self.draft.rooms, matches.rooms),
                ("track", self.draft.tracks, matches.tracks),
                ("speaker", self.draft.speakers, matches.speakers),
                ("session", self.draft.sessions, matches.sessions),
            )
        }
        return Plan(
            matches,
            tuple(self.lines),
            tuple(self.updates),
            tuple(slots),
            tuple(appearances),
            tuple(gone),
            dict(self.same),
            left,
        )

    def _keyed(
        self,
        subject: str,
        told: Sequence[Any],
        found: Mapping[str, int],
        rows: Iterable[Row],
        columns_of: Any,
    ) -> None:
        by_id = {row["id"]: row for row in rows}
        for facts in told:
            name = facts.name if isinstance(facts.name, str) else self._name(facts.name)
            if facts.key not in found:
                self.lines.append(Line(Action.NEW, subject, name))
                continue
            row = by_id[found[facts.key]]
            self._changed(subject, name, row, changed_columns(columns_of(facts), row))

    def _changed(
        self, subject: str, name: str, row: Row, columns: Columns, said: Columns | None = None
    ) -> bool:
        """Note a change of a row; ``said`` has values that read better than the columns' own."""
        if not columns:
            self.same[subject] += 1
            return False
        changes = []
        for column, value in columns.items():
            if column in ("start", "end", "zone"):
                continue  # said by the wall clock
            before, after = (said or {}).get(column, (row[column], value))
            changes.append((column, self._words(before), self._words(after)))
        self.lines.append(Line(Action.CHANGED, subject, name, tuple(changes)))
        self.updates.append(Update(subject, row["id"], columns))
        return True

    def _sessions(
        self,
    ) -> tuple[list[tuple[SessionFacts, SlotFacts, int]], list[tuple[int, AppearanceFacts, int]], list[int]]:
        rows = {row["id"]: row for row in self.draft.sessions}
        tracks = {row["id"]: self._name(row["name"]) for row in self.draft.tracks}
        track_names = {facts.key: self._name(facts.name) for facts in self.file.tracks}
        of_session = _grouped(self.draft.slots)
        there = _grouped(self.draft.appearances)
        slots: list[tuple[SessionFacts, SlotFacts, int]] = []
        appearances: list[tuple[int, AppearanceFacts, int]] = []
        gone: list[int] = []
        for facts in self.file.sessions:
            name = self._name(facts.title)
            if facts.key not in self.matches.sessions:
                self.lines.append(Line(Action.NEW, "session", name))
                for (
                    slot
                ) in facts.slots:  # a length that no session has is refused now, not when it is written
                    placing_of(facts, slot, self.zone, self.language, self.doubts)
                continue
            row = rows[self.matches.sessions[facts.key]]
            columns = changed_columns(session_columns(facts), row)
            if not row["language"] and columns.get("language") == self.language:
                del columns["language"]  # said aloud, and understood before
            said: Columns = {}
            if facts.track is not None and self.matches.tracks.get(facts.track, -1) != row["track"]:
                columns["track"] = facts.track
                said["track"] = (tracks.get(row["track"], ""), track_names[facts.track])
            self._changed("session", name, row, columns, said)
            slots += self._slots(facts, name, of_session[row["id"]])
            more, fewer = self._appearances(facts, name, row["id"], there[row["id"]])
            appearances += more
            gone += fewer
        return slots, appearances, gone

    def _slots(
        self, facts: SessionFacts, name: str, rows: list[Row]
    ) -> list[tuple[SessionFacts, SlotFacts, int]]:
        by_guid = {row["guid"]: row for row in rows}
        others = [row for row in rows if row["guid"] not in {slot.guid for slot in facts.slots}]
        more: list[tuple[SessionFacts, SlotFacts, int]] = []
        for slot in facts.slots:
            row = by_guid.get(slot.guid) if slot.guid else None
            if row is None and others:
                row = others.pop(0)
            placing = placing_of(facts, slot, self.zone, self.language, self.doubts)
            if row is None:
                self.lines.append(Line(Action.NEW, "slot", name))
                more.append((facts, slot, len(rows) + len(more)))
                continue
            columns: Columns = {}
            said: Columns = {}
            if slot.length_minutes != row["length_minutes"]:
                columns["length_minutes"] = slot.length_minutes
            if slot.seats is not None and slot.seats != row["seats"]:
                columns["seats"] = slot.seats
            if slot.is_cancelled and not row["is_cancelled"]:
                columns["is_cancelled"] = True
            if placing is not None:
                if self.matches.rooms.get(placing.room, -1) != row["room"]:
                    columns["room"] = placing.room
                    said["room"] = (self.room_names.get(row["room"], ""), self.room_keys[placing.room])
                if (placing.local_start, placing.start) != (row["local_start"], row["start"]):
                    columns["local_start"] = placing.local_start
                if columns.keys() & {"local_start", "length_minutes", "room"}:
                    columns |= {"start": placing.start, "end": placing.end, "zone": self.zone}
                    columns.setdefault("local_start", placing.local_start)
                    said.setdefault("local_start", (row["local_start"], placing.local_start))
            elif "length_minutes" in columns and row["start"] is not None:
                del columns["length_minutes"]  # it has its place already, and the file none to measure it by
            self._changed("slot", name, row, columns, said)
        return more

    def _appearances(
        self, facts: SessionFacts, name: str, session: int, rows: list[Row]
    ) -> tuple[list[tuple[int, AppearanceFacts, int]], list[int]]:
        if not facts.appearances:
            return [], []
        names = {row["id"]: row["name"] for row in self.draft.speakers}
        told_names = {speaker.key: speaker.name for speaker in self.file.speakers}
        wanted = once_each(facts.appearances)
        here = {(row["speaker"], row["role"]): row for row in rows}
        seen = set()
        more: list[tuple[int, AppearanceFacts, int]] = []
        for told in wanted:
            key = (self.matches.speakers.get(told.speaker, -1), told.role.value)
            seen.add(key)
            if key not in here:
                more.append((session, told, len(rows) + len(more)))
                self.lines.append(Line(Action.NEW, "appearance", f"{told_names[told.speaker]} – {name}"))
        gone = []
        for key, row in here.items():
            # Whoever has been asked is not taken out behind their back.
            if key not in seen and row["state"] == AppearanceState.PLANNED.value:
                gone.append(row["id"])
                self.lines.append(
                    Line(Action.GONE, "appearance", f"{names.get(row['speaker'], '')} – {name}")
                )
        return more, gone

    def _rules(self) -> None:
        if self.file.rules is None:
            return
        if self.draft.rules is None:
            self.lines.append(Line(Action.NEW, "rules", ""))
        else:
            told = rules_columns(self.file.rules)
            self._changed("rules", "", self.draft.rules, changed_columns(told, self.draft.rules))

    def _doors(self) -> None:
        if self.file.doors is None:
            return
        if self.draft.doors is None:
            self.lines.append(Line(Action.NEW, "doors", ""))
        else:
            told = self.file.doors.as_columns()
            self._changed("doors", "", self.draft.doors, changed_columns(told, self.draft.doors))

    def _name(self, name: Any) -> str:
        return texts.pick(name, self.language)

    def _words(self, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M}"
        if isinstance(value, str) and value.startswith("{"):
            return self._name(value)
        return str(value)


def _grouped(rows: Iterable[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["session"]].append(row)
    return found
